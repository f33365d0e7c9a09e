//! Cases as routing tells them: what a clerk is told of them, and when people's data of them may go.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::CaseState;
use jiff::Timestamp;
use uuid::Uuid;

/// What routing told last of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldCase {
    /// Its id.
    pub case_id: Uuid,
    /// Counts its changes.
    pub version: i64,
    /// The number that people say.
    pub number: String,
    /// Its state.
    pub state: CaseState,
    /// Whether its people are protected, or a report of it is confidential.
    pub protected: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was over; none while it is not.
    pub over_at: Option<Timestamp>,
}

impl ToldCase {
    /// Whether it is not over.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, CaseState::Open | CaseState::Resolved)
    }
}

/// One change of a case, with the clusters and the moved reports that are in it from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseTold {
    /// The case.
    pub case: ToldCase,
    /// The clusters whose reports are in it, with when the case that stood for each was opened; none of a merged case,
    /// which says nothing of its cluster.
    pub clusters: Vec<(Uuid, Timestamp)>,
    /// Reports that came from another case.
    pub moved: Vec<Uuid>,
}

/// What a batch of changes comes to; each case, cluster and report occurs once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ToldCases {
    /// The cases.
    pub cases: Vec<ToldCase>,
    /// For each cluster the case that its reports are in, with when the case that stood for it was opened.
    pub clusters: Vec<(Uuid, Uuid, Timestamp)>,
    /// For each moved report its case.
    pub reports: Vec<(Uuid, Uuid)>,
}

/// What changes of cases, in the order in which they were told, come to.
pub fn summed(told: impl IntoIterator<Item = CaseTold>) -> ToldCases {
    let mut cases: BTreeMap<Uuid, ToldCase> = BTreeMap::new();
    let mut clusters: BTreeMap<Uuid, (Uuid, Timestamp)> = BTreeMap::new();
    let mut reports: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for CaseTold { case, clusters: taken, moved } in told {
        let case_id = case.case_id;
        for (cluster, opened_at) in taken {
            let held = clusters.entry(cluster).or_insert((case_id, opened_at));
            if opened_at >= held.1 {
                *held = (case_id, opened_at);
            }
        }
        reports.extend(moved.into_iter().map(|report| (report, case_id)));
        match cases.get_mut(&case_id) {
            Some(held) if held.version > case.version => {}
            Some(held) => *held = case,
            None => drop(cases.insert(case_id, case)),
        }
    }
    ToldCases {
        cases: cases.into_values().collect(),
        clusters: clusters
            .into_iter()
            .map(|(cluster, (case, opened_at))| (cluster, case, opened_at))
            .collect(),
        reports: reports.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(case: u128, version: i64, opened: i64, clusters: &[u128], moved: &[u128]) -> CaseTold {
        let opened_at = Timestamp::from_second(opened).unwrap();
        CaseTold {
            case: ToldCase {
                case_id: Uuid::from_u128(case),
                version,
                number: format!("20261127-{case:04}"),
                state: CaseState::Open,
                protected: false,
                opened_at,
                over_at: None,
            },
            clusters: clusters.iter().map(|cluster| (Uuid::from_u128(*cluster), opened_at)).collect(),
            moved: moved.iter().map(|report| Uuid::from_u128(*report)).collect(),
        }
    }

    #[test]
    fn the_newest_version_of_a_case_and_the_last_place_of_a_report_tell() {
        let summed =
            summed([told(1, 1, 5, &[7], &[]), told(1, 3, 5, &[7], &[21]), told(2, 1, 9, &[7], &[21])]);
        assert_eq!(summed.cases.iter().map(|case| case.version).collect::<Vec<_>>(), [3, 1]);
        let id = Uuid::from_u128;
        assert_eq!(summed.clusters, [(id(7), id(2), Timestamp::from_second(9).unwrap())]);
        assert_eq!(summed.reports, [(id(21), id(2))]);
    }

    #[test]
    fn an_older_case_takes_no_cluster_from_a_newer_one() {
        let summed = summed([told(2, 1, 9, &[7], &[]), told(1, 4, 5, &[7], &[])]);
        assert_eq!(summed.clusters[0].1, Uuid::from_u128(2));
    }
}
