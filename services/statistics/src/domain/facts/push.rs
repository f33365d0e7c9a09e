//! A push: as it was asked for, and when what first became of it.

use fengqiao_proto::notification::v1::{FeedbackOutcome, ReceiptKind};
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::event::{KnownEvent, Moved, Told};

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFact {
    /// Its case.
    pub case_id: Option<Uuid>,
    /// To whom.
    pub agency: String,
    /// The contract's number of the document.
    pub form: i16,
    /// The contract's number of the level when it was asked for.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of the case's first report.
    pub source: i16,
    /// Whether it is an exercise.
    pub drill: bool,
    /// When it was asked for.
    pub requested_at: Option<Timestamp>,
    /// By when it has to be pushed.
    pub due_at: Option<Timestamp>,
    /// By when the agency has or had to sign, as it stood when it did; none where it was recalled before, unsigned.
    pub sign_due_at: Option<Timestamp>,
    /// By when it has or had to say what it did, as it stood when it did; none where it was recalled before, unanswered.
    pub feedback_due_at: Option<Timestamp>,
    /// When it reached the agency's system.
    pub delivered_at: Option<Timestamp>,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it was returned.
    pub returned_at: Option<Timestamp>,
    /// When it was first answered.
    pub feedback_at: Option<Timestamp>,
    /// When it was first answered with what was done, or that it cannot be: not that someone is still at it.
    pub answered_at: Option<Timestamp>,
}

pub(super) fn fact(events: &[&KnownEvent]) -> Option<PushFact> {
    let (at, asked) = events.iter().find_map(|known| match &known.event.told {
        Told::Requested(asked) => Some((known.event.happened_at, asked)),
        _ => None,
    })?;
    let first = |kind: ReceiptKind, outcomes: &[FeedbackOutcome]| {
        let fits = |known: &&&KnownEvent| match known.event.told {
            Told::Became(became) => {
                i32::from(became.kind) == i32::from(kind)
                    && (outcomes.is_empty()
                        || outcomes.iter().any(|one| i32::from(*one) == i32::from(became.outcome)))
            }
            _ => false,
        };
        events.iter().filter(fits).map(|known| known.event.happened_at).min()
    };
    let mut moves: Vec<(Timestamp, Moved)> = events
        .iter()
        .filter_map(|known| match known.event.told {
            Told::Moved(moved) => Some((known.event.happened_at, moved)),
            _ => None,
        })
        .collect();
    moves.sort_by_key(|(at, _)| *at);
    let signed_at = first(ReceiptKind::Signed, &[]);
    let answered_at = first(ReceiptKind::Feedback, &[FeedbackOutcome::Done, FeedbackOutcome::Cannot]);
    // More time that was given before it was done counts; what is said later says nothing of it. What was late already when
    // it was said that nothing is owed now was late.
    let in_force =
        |asked: Option<Timestamp>, now: fn(&Moved) -> Option<Timestamp>, done: Option<Timestamp>| {
            let before = moves.iter().filter(|(at, _)| done.is_none_or(|done| *at < done));
            before.fold(asked, |due, (at, moved)| now(moved).or(due.filter(|due| due <= at)))
        };
    // What was not done before it was recalled is not owed.
    let recalled_at = first(ReceiptKind::Recalled, &[]);
    let owed = |due: Option<Timestamp>, done: Option<Timestamp>| {
        due.filter(|due| done.is_some() || recalled_at.is_none_or(|recalled| recalled > *due))
    };
    Some(PushFact {
        case_id: Some(asked.case_id),
        agency: asked.agency.clone(),
        form: asked.form,
        level: asked.level,
        area_code: asked.area_code.clone(),
        category: asked.category.clone(),
        source: asked.source,
        drill: asked.drill,
        requested_at: Some(at),
        due_at: asked.due_at,
        sign_due_at: owed(in_force(asked.sign_due_at, |now| now.sign_due_at, signed_at), signed_at),
        feedback_due_at: owed(
            in_force(asked.feedback_due_at, |now| now.feedback_due_at, answered_at),
            answered_at,
        ),
        delivered_at: first(ReceiptKind::Delivered, &[]),
        signed_at,
        returned_at: first(ReceiptKind::Returned, &[]),
        feedback_at: first(ReceiptKind::Feedback, &[]),
        answered_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Became, Event, Requested};

    fn known(seconds: i64, told: Told) -> KnownEvent {
        let at = second(seconds);
        let event = Event { id: Uuid::nil(), other: Uuid::nil(), ordinal: seconds, happened_at: at, told };
        KnownEvent { event, known_at: at }
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// A push that is to be signed by second 10 and answered by second 20, and when it is so after what happened.
    fn dues(happened: &[(i64, Told)]) -> (Option<i64>, Option<i64>) {
        let asked = Requested {
            case_id: Uuid::nil(),
            agency: "police".into(),
            form: 1,
            level: 2,
            area_code: String::new(),
            category: String::new(),
            source: 2,
            due_at: None,
            sign_due_at: Some(second(10)),
            feedback_due_at: Some(second(20)),
            drill: false,
        };
        let mut events = vec![known(0, Told::Requested(asked))];
        events.extend(happened.iter().map(|(at, told)| known(*at, told.clone())));
        let fact = fact(&events.iter().collect::<Vec<_>>()).unwrap();
        (fact.sign_due_at.map(Timestamp::as_second), fact.feedback_due_at.map(Timestamp::as_second))
    }

    fn moved(sign: Option<i64>, answer: Option<i64>) -> Told {
        Told::Moved(Moved { sign_due_at: sign.map(second), feedback_due_at: answer.map(second) })
    }

    fn became(kind: ReceiptKind, outcome: FeedbackOutcome) -> Told {
        Told::Became(Became { kind: kind as i16, outcome: outcome as i16 })
    }

    #[test]
    fn more_time_counts_where_it_was_given_before_it_was_done() {
        let signed = || became(ReceiptKind::Signed, FeedbackOutcome::Unspecified);
        let done = || became(ReceiptKind::Feedback, FeedbackOutcome::Done);
        assert_eq!(dues(&[(5, moved(Some(15), Some(40)))]), (Some(15), Some(40)));
        // Signed: its signature is not owed any more, and was by second 10.
        assert_eq!(dues(&[(4, signed()), (5, moved(None, Some(40)))]), (Some(10), Some(40)));
        assert_eq!(dues(&[(4, signed()), (6, done()), (7, moved(None, Some(40)))]), (Some(10), Some(20)));
        // The last one counts, in whatever order they come.
        assert_eq!(dues(&[(8, moved(Some(9), Some(60))), (6, moved(Some(12), Some(50)))]).1, Some(60));
    }

    #[test]
    fn what_stands_still_is_not_owed_but_what_was_late_before_was_late() {
        assert_eq!(dues(&[(5, moved(None, None))]), (None, None));
        assert_eq!(dues(&[(12, moved(None, None))]), (Some(10), None));
        assert_eq!(dues(&[(5, moved(None, None)), (9, moved(Some(14), Some(30)))]), (Some(14), Some(30)));
    }

    #[test]
    fn what_was_recalled_before_it_was_due_is_not_owed() {
        let recalled = || became(ReceiptKind::Recalled, FeedbackOutcome::Unspecified);
        assert_eq!(dues(&[(12, recalled())]), (Some(10), None));
        assert_eq!(dues(&[(5, moved(Some(15), None)), (12, recalled())]), (None, None));
    }
}
