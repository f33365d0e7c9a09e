//! A push: as it was asked for, and when what first became of it.

use fengqiao_proto::notification::v1::{FeedbackOutcome, ReceiptKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::event::{KnownEvent, Told};

/// A push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// By when the agency has to sign; none where it was recalled before, unsigned.
    pub sign_due_at: Option<Timestamp>,
    /// By when it has to say what it did; none where it was recalled before, unanswered.
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
    let signed_at = first(ReceiptKind::Signed, &[]);
    let answered_at = first(ReceiptKind::Feedback, &[FeedbackOutcome::Done, FeedbackOutcome::Cannot]);
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
        sign_due_at: owed(asked.sign_due_at, signed_at),
        feedback_due_at: owed(asked.feedback_due_at, answered_at),
        delivered_at: first(ReceiptKind::Delivered, &[]),
        signed_at,
        returned_at: first(ReceiptKind::Returned, &[]),
        feedback_at: first(ReceiptKind::Feedback, &[]),
        answered_at,
    })
}
