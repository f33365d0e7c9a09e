//! What is told of case clusters: that two are one dispute, or that one is two. Routing, which has a case of each, lets an
//! officer decide what becomes of the cases.

use fengqiao_linkage::Kind;
use fengqiao_messaging::Event;
use fengqiao_proto::intake::v1::{CallsRepeated, ClustersJoined, ClustersParted};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use uuid::Uuid;

use crate::{
    contract,
    domain::decision::JoinFound,
    store::{LinkAct, LinkDecision},
};

const JOINED: &str = "fengqiao.intake.v1.ClustersJoined";
const REPEATED: &str = "fengqiao.intake.v1.CallsRepeated";
/// The most calls that one event tells of.
const MOST_CALLS: usize = 1_000;
const PARTED: &str = "fengqiao.intake.v1.ClustersParted";

/// Calls that a join has shown to be repeats.
pub(crate) fn calls_repeated(reports: &[Uuid], at: Timestamp) -> Vec<Event> {
    debug_assert_eq!(CallsRepeated::full_name(), REPEATED);
    let told = |reports: &[Uuid]| {
        let report_ids = reports.iter().map(Uuid::to_string).collect();
        let message = CallsRepeated { report_ids, shown_at: Some(to_proto(at)) };
        let trace = fengqiao_telemetry::trace::current();
        Event { kind: REPEATED, payload: message.encode_to_vec(), trace }
    };
    reports.chunks(MOST_CALLS).map(told).collect()
}

/// A join that later evidence showed.
pub(crate) struct FoundJoin<'a> {
    /// The decision that it is kept as.
    pub decision_id: Uuid,
    /// Which, and why.
    pub found: &'a JoinFound,
    /// When.
    pub at: Timestamp,
    /// The trace of the report that showed it.
    pub trace: Option<String>,
}

/// Later evidence joined two clusters.
pub(crate) fn joined_by_evidence(join: &FoundJoin<'_>) -> Event {
    let FoundJoin { decision_id, found, at, trace } = join;
    let message = ClustersJoined {
        decision_id: decision_id.to_string(),
        kept_cluster_id: found.join.kept.to_string(),
        absorbed_cluster_id: found.join.absorbed.to_string(),
        joined_at: Some(to_proto(*at)),
        decided_by: String::new(),
        report_id: found.report_id.to_string(),
        score_bits: found.score,
        reasons: found.reasons.iter().map(contract::reason).collect(),
    };
    joined(&message, trace.clone())
}

/// What an officer's decision says of case clusters; nothing where it is of persons or households, or confirms.
pub(crate) fn decided(decision: &LinkDecision) -> Option<Event> {
    let about = About::of(decision)?;
    let told = (decision.decided_at, decision.decided_by.as_str());
    Some(match decision.act {
        LinkAct::Split => about.parted(told, Some(&decision.report_ids)),
        LinkAct::Join | LinkAct::Confirm => about.joined(told),
    })
}

/// What it says of case clusters that a join was taken back; `cluster` is what the one that stayed is now.
pub(crate) fn join_taken_back(decision: &LinkDecision, cluster: Uuid) -> Option<Event> {
    let undone = decision.undone.as_ref()?;
    let about = About { cluster, ..About::of(decision)? };
    Some(about.parted((undone.at, undone.by.as_str()), None))
}

/// What it says of case clusters that a split was taken back; `cluster` is what the one that reports were taken out of is
/// now.
pub(crate) fn split_taken_back(decision: &LinkDecision, cluster: Uuid) -> Option<Event> {
    let undone = decision.undone.as_ref()?;
    let about = About { cluster, ..About::of(decision)? };
    Some(about.joined((undone.at, undone.by.as_str())))
}

/// Two case clusters that a decision is about.
struct About {
    decision_id: Uuid,
    cluster: Uuid,
    other: Uuid,
}

impl About {
    fn of(decision: &LinkDecision) -> Option<Self> {
        let other = decision.other_id.filter(|_| decision.kind == Kind::Case)?;
        Some(Self { decision_id: decision.decision_id, cluster: decision.cluster_id, other })
    }

    fn joined(&self, (at, by): (Timestamp, &str)) -> Event {
        let message = ClustersJoined {
            decision_id: self.decision_id.to_string(),
            kept_cluster_id: self.cluster.to_string(),
            absorbed_cluster_id: self.other.to_string(),
            joined_at: Some(to_proto(at)),
            decided_by: by.to_owned(),
            ..ClustersJoined::default()
        };
        joined(&message, fengqiao_telemetry::trace::current())
    }

    /// `split` are the reports that a split took out; none where a join is taken back.
    fn parted(&self, (at, by): (Timestamp, &str), split: Option<&[Uuid]>) -> Event {
        debug_assert_eq!(ClustersParted::full_name(), PARTED);
        let message = ClustersParted {
            decision_id: self.decision_id.to_string(),
            cluster_id: self.cluster.to_string(),
            other_cluster_id: self.other.to_string(),
            parted_at: Some(to_proto(at)),
            decided_by: by.to_owned(),
            takes_back: split.is_none(),
            report_ids: split.unwrap_or_default().iter().map(Uuid::to_string).collect(),
        };
        Event { kind: PARTED, payload: message.encode_to_vec(), trace: fengqiao_telemetry::trace::current() }
    }
}

fn joined(message: &ClustersJoined, trace: Option<String>) -> Event {
    debug_assert_eq!(ClustersJoined::full_name(), JOINED);
    Event { kind: JOINED, payload: message.encode_to_vec(), trace }
}
