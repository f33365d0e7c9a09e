//! What an officer of the centre enters for an agency that can say it by no way of its own (代录): the form went out as paper
//! or was read out on the phone.

use fengqiao_proto::notification::v1::RecordedMeans;
use jiff::{SignedDuration, Timestamp};

use super::push::Push;

/// So far a clock may go before ours.
const CLOCK_ERROR: SignedDuration = SignedDuration::from_mins(5);

/// Who at an agency did something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Teller {
    /// By name.
    pub name: String,
    /// In what capacity, in words.
    pub capacity: String,
}

impl Teller {
    /// As it is kept: a line each.
    #[must_use]
    pub fn lines(&self) -> String {
        format!("{}\n{}", self.name, self.capacity)
    }

    /// As it was kept; empty where the term of it is over.
    #[must_use]
    pub fn of_lines(lines: &str) -> Self {
        let (name, capacity) = lines.split_once('\n').unwrap_or((lines, ""));
        Self { name: name.to_owned(), capacity: capacity.to_owned() }
    }
}

/// That an officer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who at the agency did it.
    pub teller: Teller,
    /// How the centre learned of it.
    pub means: RecordedMeans,
    /// When it was done.
    pub done_at: Timestamp,
    /// When it is entered.
    pub at: Timestamp,
}

/// A way by which an agency says itself what it does, so that nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnWay {
    /// A system of it has taken the push.
    #[error("the agency's system has taken the push: it signs, returns and answers there")]
    System,
    /// It has a webhook.
    #[error("the agency gets its pushes by webhook: it signs, returns and answers by its system")]
    Webhook,
    /// Somebody of it can sign in to the agency desk.
    #[error("the agency has an account at the agency desk: it signs, returns and answers there")]
    Desk,
}

impl OwnWay {
    /// A short code for `google.rpc.ErrorInfo`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "AGENCY_HAS_SYSTEM",
            Self::Webhook => "AGENCY_HAS_WEBHOOK",
            Self::Desk => "AGENCY_HAS_ACCOUNT",
        }
    }
}

/// Whether something can have been done at a time, as of now.
///
/// # Errors
/// What would be right.
pub fn is_over(done_at: Timestamp, now: Timestamp) -> Result<(), &'static str> {
    if done_at.duration_since(now) > CLOCK_ERROR { Err("must not be in the future") } else { Ok(()) }
}

/// Whether something can have been done with a push at a time: after it was asked for, and after what was done with it until
/// then, since each answer builds on those before it.
///
/// # Errors
/// What would be right.
pub fn follows(push: &Push, done_at: Timestamp) -> Result<(), &'static str> {
    if done_at < push.requested_at {
        return Err("must not be before the push was asked for");
    }
    if push.signed_at.max(push.feedback_at).is_some_and(|before| done_at < before) {
        return Err("must not be before what was done with the push until then");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::push::RequestedPush;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + n * 60).unwrap()
    }

    #[test]
    fn it_is_not_done_before_it_is_asked_for_or_before_what_was_done() {
        let push = RequestedPush::blank("421181", Uuid::nil(), "housing", minute(10)).waiting();
        assert!(follows(&push, minute(9)).unwrap_err().ends_with("asked for"));
        assert_eq!(follows(&push, minute(10)), Ok(()));
        let signed = Push { signed_at: Some(minute(20)), ..push.clone() };
        assert!(follows(&signed, minute(19)).unwrap_err().ends_with("until then"));
        assert_eq!(follows(&signed, minute(20)), Ok(()), "signature and answer on one paper");
        let answered = Push { feedback_at: Some(minute(30)), ..signed };
        assert!(follows(&answered, minute(29)).is_err());
        assert_eq!(follows(&answered, minute(30)), Ok(()));
    }

    #[test]
    fn it_is_not_done_in_the_future_but_for_the_clocks_error() {
        assert_eq!(is_over(minute(5), minute(0)), Ok(()));
        assert_eq!(is_over(minute(6), minute(0)), Err("must not be in the future"));
    }

    #[test]
    fn who_told_it_is_read_as_it_was_kept() {
        let teller = Teller { name: "周大明".into(), capacity: "村党支部书记".into() };
        assert_eq!(Teller::of_lines(&teller.lines()), teller);
        assert_eq!(Teller::of_lines(""), Teller::default());
    }
}
