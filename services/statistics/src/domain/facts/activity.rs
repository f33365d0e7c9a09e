//! An activity: as its newest revision says.

use jiff::Timestamp;

use crate::domain::event::{KnownEvent, Told};

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityFact {
    /// The contract's number of the door.
    pub source: i16,
    /// The contract's number of the kind.
    pub kind: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The agency that did it; may be empty.
    pub agency: String,
    /// Always 0: it has no level.
    pub level: i16,
    /// Always empty: it has no category.
    pub category: String,
    /// When it began.
    pub begun_at: Option<Timestamp>,
    /// How long it took, in whole minutes.
    pub minutes: i32,
    /// How many: households, people, hazards, by the kind.
    pub number: i32,
    /// Whether it is an exercise.
    pub drill: bool,
}

pub(super) fn fact(events: &[&KnownEvent]) -> Option<ActivityFact> {
    let revisions = events.iter().filter_map(|known| match &known.event.told {
        Told::Acted(acted) => Some((&known.event, acted)),
        _ => None,
    });
    let (event, acted) = revisions.max_by_key(|(event, _)| event.ordinal)?;
    Some(ActivityFact {
        source: acted.source,
        kind: acted.kind,
        area_code: acted.area_code.clone(),
        agency: acted.agency.clone(),
        level: 0,
        category: String::new(),
        begun_at: Some(event.happened_at),
        minutes: acted.minutes,
        number: acted.count,
        drill: false,
    })
}
