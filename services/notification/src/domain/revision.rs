//! What routing says of pushes that were asked for before: an agency has nothing to do with a case any more, or its limits
//! have moved.

use jiff::Timestamp;
use uuid::Uuid;

/// What does not hold any more as it was pushed, of all pushes of a case to an agency until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    /// The case.
    pub case_id: Uuid,
    /// The agency.
    pub agency: String,
    /// When. What was requested later is as it should be.
    pub at: Timestamp,
    /// What holds now.
    pub now: Revision,
}

/// What holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// Nothing is owed of it: it is taken back.
    Recalled {
        /// Why, without personal data.
        reason: String,
    },
    /// Its limits have moved.
    Limits {
        /// By when the agency owes its signature; none where it owes none, or its clock stands still.
        sign_by: Option<Timestamp>,
        /// By when the agency owes the result; as `sign_by`.
        answer_by: Option<Timestamp>,
    },
}

/// Of each case and agency the last limits that are said; recalls all.
#[must_use]
pub fn last_said(told: Vec<Revised>) -> Vec<Revised> {
    let is_limit = |one: &Revised| matches!(one.now, Revision::Limits { .. });
    let mut kept: Vec<Revised> = Vec::with_capacity(told.len());
    for one in told {
        if is_limit(&one) {
            kept.retain(|earlier| {
                !(is_limit(earlier) && earlier.case_id == one.case_id && earlier.agency == one.agency)
            });
        }
        kept.push(one);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_limits_the_last_hold_and_every_recall_counts() {
        let said = |case: u128, seconds: i64, now: Revision| Revised {
            case_id: Uuid::from_u128(case),
            agency: "police".into(),
            at: Timestamp::from_second(seconds).unwrap(),
            now,
        };
        let limits = || Revision::Limits { sign_by: None, answer_by: None };
        let recalled = || Revision::Recalled { reason: String::new() };
        let told = vec![
            said(1, 1, limits()),
            said(1, 2, recalled()),
            said(2, 3, limits()),
            said(1, 4, limits()),
            said(1, 5, recalled()),
        ];
        let kept: Vec<_> = last_said(told).iter().map(|one| one.at.as_second()).collect();
        assert_eq!(kept, [2, 3, 4, 5]);
    }
}
