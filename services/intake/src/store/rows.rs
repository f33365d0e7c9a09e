//! How domain values stand in rows.

use fengqiao_proto::intake::v1::Evidence;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::{Json, Uuid};

use super::StoreError;
use crate::domain::linkage::{Linkage, Reason};

/// A reason in the column `link_reasons`. The names outlive the code that wrote them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReasonRow {
    evidence: String,
    report_id: Uuid,
    at: Timestamp,
}

/// The column `link_reasons`.
pub(super) type ReasonsColumn = Option<Json<Vec<ReasonRow>>>;

pub(super) fn reasons_column(linkage: &Linkage) -> ReasonsColumn {
    linkage.is_repeat().then(|| {
        let row = |reason: &Reason| ReasonRow {
            evidence: evidence_name(reason.evidence).to_owned(),
            report_id: reason.earlier_report_id,
            at: reason.earlier_at,
        };
        Json(linkage.reasons.iter().map(row).collect())
    })
}

pub(super) fn linkage(
    cluster_id: Uuid,
    reasons: ReasonsColumn,
    follows: Option<Uuid>,
) -> Result<Linkage, StoreError> {
    let reasons = reasons.map(|json| json.0).unwrap_or_default();
    let read = |row: ReasonRow| {
        Ok(Reason {
            evidence: evidence_of(&row.evidence).ok_or(StoreError::Malformed("unknown evidence"))?,
            earlier_report_id: row.report_id,
            earlier_at: row.at,
        })
    };
    Ok(Linkage { cluster_id, reasons: reasons.into_iter().map(read).collect::<Result<_, _>>()?, follows })
}

fn evidence_name(evidence: Evidence) -> &'static str {
    evidence.as_str_name().trim_start_matches("EVIDENCE_")
}

fn evidence_of(name: &str) -> Option<Evidence> {
    Evidence::from_str_name(&format!("EVIDENCE_{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_written_and_read_back() {
        let linkage_before = Linkage {
            cluster_id: Uuid::from_u128(7),
            reasons: vec![Reason {
                evidence: Evidence::IdNumber,
                earlier_report_id: Uuid::from_u128(1),
                earlier_at: Timestamp::from_microsecond(1_795_500_000_123_456).unwrap(),
            }],
            follows: None,
        };
        let column = reasons_column(&linkage_before);
        assert_eq!(linkage(Uuid::from_u128(7), column, None).unwrap(), linkage_before);
        let alone = Linkage { cluster_id: Uuid::nil(), reasons: Vec::new(), follows: Some(Uuid::max()) };
        assert!(reasons_column(&alone).is_none());
    }

    /// Rows outlive the code that wrote them.
    #[test]
    fn the_stored_form_is_still_read() {
        let stored = r#"[{"evidence":"PHONE","report_id":"00000000-0000-0000-0000-000000000001","at":"2026-11-24T06:00:00Z"}]"#;
        let rows: Vec<ReasonRow> = serde_json::from_str(stored).unwrap();
        let linkage = linkage(Uuid::nil(), Some(Json(rows)), None).unwrap();
        assert_eq!(linkage.reasons[0].evidence, Evidence::Phone);
        assert_eq!(linkage.reasons[0].earlier_report_id, Uuid::from_u128(1));
    }
}
