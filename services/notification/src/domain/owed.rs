//! What an agency still owes of a push, and how late it is.

use fengqiao_proto::notification::v1::{FeedbackOutcome, ReceiptState};
use jiff::{SignedDuration, Timestamp};

/// So long a returned push is counted and listed.
pub const RETURNED_SHOWN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What an agency owes of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// To sign it.
    Signature,
    /// To say what became of it; what was said until now is not the end.
    Result,
    /// Nothing more.
    Nothing,
}

/// What is owed of a push in a state, after this last feedback.
#[must_use]
pub const fn owed(receipt: ReceiptState, last: FeedbackOutcome) -> Owed {
    match (receipt, last) {
        (ReceiptState::Unspecified | ReceiptState::Unsigned, _) => Owed::Signature,
        (ReceiptState::Signed, _) | (ReceiptState::Answered, FeedbackOutcome::InProgress) => Owed::Result,
        (ReceiptState::Returned | ReceiptState::Answered | ReceiptState::Recalled, _) => Owed::Nothing,
    }
}

/// How near the end of a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// Not today, or without a limit.
    Later,
    /// Before the end of today.
    Today,
    /// Over.
    Late,
}

/// How near a limit is now; `tomorrow` is the first moment of the county's next day.
#[must_use]
pub fn nearness(due: Option<Timestamp>, now: Timestamp, tomorrow: Timestamp) -> Nearness {
    match due {
        Some(due) if due <= now => Nearness::Late,
        Some(due) if due < tomorrow => Nearness::Today,
        _ => Nearness::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_owed_until_its_end_is_said() {
        assert_eq!(owed(ReceiptState::Unsigned, FeedbackOutcome::Unspecified), Owed::Signature);
        assert_eq!(owed(ReceiptState::Signed, FeedbackOutcome::Unspecified), Owed::Result);
        assert_eq!(owed(ReceiptState::Answered, FeedbackOutcome::InProgress), Owed::Result);
        for last in [FeedbackOutcome::Done, FeedbackOutcome::Cannot, FeedbackOutcome::Unspecified] {
            assert_eq!(owed(ReceiptState::Answered, last), Owed::Nothing);
        }
        assert_eq!(owed(ReceiptState::Returned, FeedbackOutcome::InProgress), Owed::Nothing);
        assert_eq!(owed(ReceiptState::Recalled, FeedbackOutcome::InProgress), Owed::Nothing);
    }

    #[test]
    fn late_begins_with_the_limit_itself_and_tomorrow_is_not_today() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (now, tomorrow) = (at("2026-11-27T09:00:00Z"), at("2026-11-27T16:00:00Z"));
        assert_eq!(nearness(Some(now), now, tomorrow), Nearness::Late);
        assert_eq!(nearness(Some(at("2026-11-27T09:00:01Z")), now, tomorrow), Nearness::Today);
        assert_eq!(nearness(Some(tomorrow), now, tomorrow), Nearness::Later);
        assert_eq!(nearness(None, now, tomorrow), Nearness::Later);
    }
}
