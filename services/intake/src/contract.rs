//! Domain values in the contract's words.

use fengqiao_proto::intake::v1 as proto;
use fengqiao_serving::time::to_proto;

use crate::domain::{
    decision::{Change, Decision},
    linkage::Linkage,
};

/// Where a report belongs.
#[must_use]
pub fn linkage(linkage: &Linkage) -> proto::Linkage {
    proto::Linkage {
        cluster_id: linkage.cluster_id.to_string(),
        repeat: linkage.is_repeat(),
        reasons: linkage
            .reasons
            .iter()
            .map(|reason| proto::LinkReason {
                evidence: reason.evidence.into(),
                earlier_report_id: reason.earlier_report_id.to_string(),
                earlier_at: Some(to_proto(reason.earlier_at)),
                ..proto::LinkReason::default()
            })
            .collect(),
        follows_cluster_id: linkage.follows.map(|cluster| cluster.to_string()).unwrap_or_default(),
        ..proto::Linkage::default()
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
    }
}
