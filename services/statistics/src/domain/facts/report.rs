//! A report: as its newest revision says, in the case that it came into last; a repeat call also where that was shown later.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::event::{KnownEvent, Told};

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFact {
    /// Its case; none as long as it is not known.
    pub case_id: Option<Uuid>,
    /// The contract's number of the door.
    pub source: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// Whether it was a repeat call, or was shown to be one later.
    pub repeat: bool,
    /// Whether it is an exercise.
    pub drill: bool,
    /// When it happened or was told.
    pub occurred_at: Option<Timestamp>,
    /// When its first revision was committed: a later one does not move it into another window.
    pub accepted_at: Option<Timestamp>,
}

pub(super) fn fact(events: &[&KnownEvent]) -> Option<ReportFact> {
    let revisions = || {
        events.iter().filter_map(|known| match &known.event.told {
            Told::Accepted(accepted) => Some((&known.event, accepted)),
            _ => None,
        })
    };
    // Once shown, it is one whatever a revision says: intake's own word does not change back either.
    let shown = events.iter().any(|known| known.event.told == Told::Repeated);
    let (_, newest) = revisions().max_by_key(|(event, _)| event.ordinal)?;
    // Undoing a merger is a later change of the case that gets its reports back.
    let joined = events.iter().map(|known| &known.event).filter(|event| event.told == Told::Joined);
    let joined = joined.max_by_key(|event| (event.happened_at, event.ordinal, event.other));
    Some(ReportFact {
        case_id: joined.map(|event| event.other),
        source: newest.source,
        area_code: newest.area_code.clone(),
        category: newest.category.clone(),
        repeat: newest.repeat || shown,
        drill: newest.drill,
        occurred_at: Some(newest.occurred_at),
        accepted_at: revisions().map(|(event, _)| event.happened_at).min(),
    })
}
