//! Domain values in the contract's words.

use fengqiao_proto::{intake::v1 as proto, types::v1::Matter};
use fengqiao_serving::time::to_proto;

use crate::{
    domain::{
        decision::{Change, Decision},
        linkage::{Linkage, Reason},
    },
    store::StoredReport,
};

/// What a report says; the rest of it is nowhere in what was sealed.
#[must_use]
pub fn content(matter: Matter, details: Option<proto::Details>) -> proto::Report {
    proto::Report {
        address: matter.address,
        title: matter.title,
        narrative: matter.narrative,
        parties: matter.parties,
        need: matter.need,
        safe_contact_time: matter.safe_contact_time,
        details,
        ..proto::Report::default()
    }
}

/// A report as it is stored, with what was sealed of it.
#[must_use]
pub fn held(
    county: &str,
    stored: &StoredReport,
    matter: Matter,
    details: Option<proto::Details>,
) -> proto::Report {
    proto::Report {
        county: county.to_owned(),
        source: stored.source.into(),
        source_ref: stored.source_ref.clone(),
        occurred_at: Some(to_proto(stored.occurred_at)),
        area_code: stored.area_code.clone(),
        category: stored.source_category.clone(),
        confidential: stored.confidential,
        ..content(matter, details)
    }
}

/// Where a report belongs.
#[must_use]
pub fn linkage(linkage: &Linkage) -> proto::Linkage {
    proto::Linkage {
        cluster_id: linkage.cluster_id.to_string(),
        repeat: linkage.repeat,
        reasons: linkage.reasons.iter().map(reason).collect(),
        follows_cluster_id: linkage.follows.map(|cluster| cluster.to_string()).unwrap_or_default(),
        person_id: linkage.person_id.to_string(),
        household_id: linkage.household_id.to_string(),
        scores: Some(proto::LinkScores {
            person_bits: linkage.scores.person,
            household_bits: linkage.scores.household,
            case_bits: linkage.scores.case,
            weights: linkage.weights.clone(),
        }),
    }
}

/// Why a report belongs to an earlier one.
#[must_use]
pub fn reason(reason: &Reason) -> proto::LinkReason {
    proto::LinkReason {
        subject: reason.subject.into(),
        evidence: reason.evidence.into(),
        bits: reason.bits,
        earlier_report_id: reason.earlier_report_id.to_string(),
        earlier_at: Some(to_proto(reason.earlier_at)),
    }
}

/// The acknowledgement of a committed report.
#[must_use]
pub fn acknowledgement(decision: &Decision) -> proto::SubmitReportResponse {
    proto::SubmitReportResponse {
        report_id: decision.report_id.to_string(),
        revision: decision.revision,
        known: decision.change == Change::Nothing,
        linkage: Some(linkage(&decision.linkage)),
        ..proto::SubmitReportResponse::default()
    }
}
