//! Whom a clock tells, and in which words: of what is owed in a case, and of what is owed besides cases.

use super::duty::{Firing, Holder, Passed};
use crate::directory::{Directory, Post};

/// What a clock says, for people; and how many steps it does not say any more, since nobody looked when they came.
pub(super) fn said(whose: &str, what: &str, passed: Passed) -> String {
    let said = match passed.firing {
        Firing::Near => format!("{whose}{what}时限将到"),
        Firing::Over => format!("{whose}{what}逾期"),
        Firing::Chase(times) => format!("{whose}{what}逾期，第{times}次催办"),
    };
    match passed.skipped {
        0 => said,
        skipped => format!("{said}（此前{skipped}次提醒未能按时发出，不再补发）"),
    }
}

/// The name of who owes: the post where one is meant, the contact, the agency.
pub(super) fn holder_name<'a>(directory: &'a Directory, holder: &'a Holder) -> &'a str {
    let post = holder.post.as_deref().and_then(|code| directory.post(code));
    match (post, directory.contact(&holder.agency)) {
        (Some(post), _) => &post.name,
        (None, Some(contact)) => &contact.name,
        (None, None) => directory.name(&holder.agency),
    }
}

/// The agency that gets a holder's reminders. A contact has no queue of forms; the centre's desk is told for it.
pub(super) fn reminded<'a>(directory: &'a Directory, holder: &'a Holder) -> &'a str {
    if directory.agency(&holder.agency).is_some() { &holder.agency } else { directory.desk() }
}

/// The next of an agency's ladder, counted from 1: after the agency's leader its superior, at the end the centre's
/// director, never nobody. None where that is the agency itself, which is told anyway.
pub(super) fn next_above<'a>(directory: &'a Directory, agency: &str, step: u8) -> Option<&'a Post> {
    let ladder = directory.ladder(agency);
    let post = ladder.get(usize::from(step.saturating_sub(1))).copied();
    Some(post.unwrap_or_else(|| directory.director())).filter(|post| post.agency != agency)
}

/// What the next of a ladder is told.
pub(super) fn said_above(text: &str, above: &Post) -> String {
    format!("{text}，报{}", above.name)
}
