//! For how long a report says who and what: until its own term and that of its case are over.

use jiff::Timestamp;
use uuid::Uuid;

use super::told_case::ToldCase;

/// A report that may be old enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aged {
    /// Its id.
    pub report_id: Uuid,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// When its newest revision was accepted.
    pub accepted_at: Timestamp,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its personal part is removed.
    Removed,
    /// It stays as it is for now.
    Kept,
}

/// What becomes of a report. A case that is open keeps its reports, however old; so does one that was never told, since
/// every report has a case.
#[must_use]
pub fn fate(report: &Aged, case: Option<&ToldCase>, bound: Timestamp) -> Fate {
    let over = case.filter(|case| !case.is_open()).and_then(|case| case.over_at);
    if report.accepted_at < bound && over.is_some_and(|over| over < bound) {
        Fate::Removed
    } else {
        Fate::Kept
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_county::RetentionSettings;
    use fengqiao_proto::types::v1::CaseState;

    use super::*;

    #[test]
    fn a_report_stays_until_both_terms_are_over() {
        let at = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let case = |state, over: Option<i64>| ToldCase {
            case_id: Uuid::nil(),
            version: 1,
            number: String::new(),
            state,
            protected: false,
            opened_at: at(0),
            over_at: over.map(at),
        };
        let bound = RetentionSettings { report_days: Some(365) }.bound(at(1_000)).unwrap();
        assert_eq!(bound, at(635));
        let aged = |day| Aged { report_id: Uuid::nil(), cluster_id: Uuid::nil(), accepted_at: at(day) };
        for (accepted, case, becomes) in [
            (10, Some(case(CaseState::Closed, Some(634))), Fate::Removed),
            (10, Some(case(CaseState::Rejected, Some(634))), Fate::Removed),
            (10, Some(case(CaseState::Closed, Some(635))), Fate::Kept),
            (635, Some(case(CaseState::Closed, Some(634))), Fate::Kept),
            (10, Some(case(CaseState::Open, None)), Fate::Kept),
            // It was over once and is open again.
            (10, Some(case(CaseState::Resolved, Some(20))), Fate::Kept),
            (10, Some(case(CaseState::Closed, None)), Fate::Kept),
            (10, None, Fate::Kept),
        ] {
            assert_eq!(fate(&aged(accepted), case.as_ref(), bound), becomes, "{case:?}");
        }
    }
}
