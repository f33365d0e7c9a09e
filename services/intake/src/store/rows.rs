//! How domain values stand in rows.

use fengqiao_proto::intake::v1::{Evidence, LinkSubject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::{Json, Uuid};

use super::StoreError;
use crate::domain::linkage::{Linkage, Reason, Scores};

/// A reason in the column `link_reasons`. The names outlive the code that wrote them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReasonRow {
    evidence: String,
    report_id: Uuid,
    at: Timestamp,
    /// Before there were weights, a reason was of a case and had none.
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    bits: f32,
}

/// The column `link_reasons`: since there are weights, what they said; before, the reasons alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum LinkRow {
    Reasons(Vec<ReasonRow>),
    Weighed {
        reasons: Vec<ReasonRow>,
        /// Person, household, case.
        scores: [f32; 3],
        weights: String,
    },
}

/// The column `link_reasons`, null where nothing came before.
pub(super) type LinkColumn = Option<Json<LinkRow>>;

pub(super) fn link_column(linkage: &Linkage) -> LinkColumn {
    let row = |reason: &Reason| ReasonRow {
        evidence: evidence_name(reason.evidence).to_owned(),
        report_id: reason.earlier_report_id,
        at: reason.earlier_at,
        subject: Some(subject_name(reason.subject).to_owned()),
        bits: reason.bits,
    };
    let Scores { person, household, case } = linkage.scores;
    (!linkage.reasons.is_empty()).then(|| {
        Json(LinkRow::Weighed {
            reasons: linkage.reasons.iter().map(row).collect(),
            scores: [person, household, case],
            weights: linkage.weights.clone(),
        })
    })
}

/// Puts a linkage together from its columns; `clusters` are person, household and case.
pub(super) fn linkage(
    clusters: (Uuid, Uuid, Uuid),
    repeat: bool,
    column: LinkColumn,
    follows: Option<Uuid>,
) -> Result<Linkage, StoreError> {
    let (reasons, scores, weights) = match column.map(|json| json.0) {
        None => (Vec::new(), [0.0; 3], String::new()),
        Some(LinkRow::Reasons(reasons)) => (reasons, [0.0; 3], String::new()),
        Some(LinkRow::Weighed { reasons, scores, weights }) => (reasons, scores, weights),
    };
    let read = |row: ReasonRow| {
        let subject = row.subject.as_deref().map_or(Some(LinkSubject::Case), subject_of);
        Ok(Reason {
            subject: subject.ok_or(StoreError::Malformed("unknown subject"))?,
            evidence: evidence_of(&row.evidence).ok_or(StoreError::Malformed("unknown evidence"))?,
            bits: row.bits,
            earlier_report_id: row.report_id,
            earlier_at: row.at,
        })
    };
    let (person_id, household_id, cluster_id) = clusters;
    let [person, household, case] = scores;
    Ok(Linkage {
        cluster_id,
        person_id,
        household_id,
        repeat,
        reasons: reasons.into_iter().map(read).collect::<Result<_, _>>()?,
        scores: Scores { person, household, case },
        weights,
        follows,
    })
}

fn subject_name(subject: LinkSubject) -> &'static str {
    subject.as_str_name().trim_start_matches("LINK_SUBJECT_")
}

fn subject_of(name: &str) -> Option<LinkSubject> {
    LinkSubject::from_str_name(&format!("LINK_SUBJECT_{name}"))
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
        let before = Linkage {
            repeat: true,
            reasons: vec![Reason {
                subject: LinkSubject::Household,
                evidence: Evidence::IdNumber,
                bits: 12.5,
                earlier_report_id: Uuid::from_u128(1),
                earlier_at: Timestamp::from_microsecond(1_795_500_000_123_456).unwrap(),
            }],
            scores: Scores { person: 1.0, household: 12.5, case: -3.0 },
            weights: "1".into(),
            ..Linkage::alone(Uuid::from_u128(7))
        };
        let own = Uuid::from_u128(7);
        let written = serde_json::to_string(&link_column(&before).unwrap().0).unwrap();
        let column = Some(Json(serde_json::from_str(&written).unwrap()));
        assert_eq!(linkage((own, own, own), true, column, None).unwrap(), before);
        assert!(link_column(&Linkage::alone(own)).is_none());
    }

    /// Rows outlive the code that wrote them.
    #[test]
    fn the_stored_forms_are_still_read() {
        let first = r#"[{"evidence":"PHONE","report_id":"00000000-0000-0000-0000-000000000001","at":"2026-11-24T06:00:00Z"}]"#;
        let weighed = format!(
            r#"{{"reasons":[{},"subject":"PERSON","bits":9.5}}],"scores":[9.5,0,0],"weights":"1"}}"#,
            first.trim_start_matches('[').trim_end_matches("}]")
        );
        for (stored, subject) in [(first, LinkSubject::Case), (weighed.as_str(), LinkSubject::Person)] {
            let column = Some(Json(serde_json::from_str(stored).unwrap()));
            let linkage = linkage((Uuid::nil(), Uuid::nil(), Uuid::nil()), true, column, None).unwrap();
            let reason = linkage.reasons[0];
            assert_eq!((reason.evidence, reason.subject), (Evidence::Phone, subject));
            assert_eq!(reason.earlier_report_id, Uuid::from_u128(1));
        }
    }
}
