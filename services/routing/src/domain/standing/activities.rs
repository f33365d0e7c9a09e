//! What people did fulfils what they owed: a sweep, a zero report, a patrol, publicity, a visit that came in as an activity
//! need not be recorded once more.

use fengqiao_proto::intake::v1::ActivityKind;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Office, Outcome, StandingDuty, StandingKind, Stay,
    recording::{Recorded, Recording, record},
};
use crate::{
    directory::Rank,
    domain::{duty::Holder, history::Occasion},
};

/// What someone did, as intake tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: Uuid,
    /// Counts what its source said of it, from 1; the greatest holds.
    pub revision: i32,
    /// What was done.
    pub kind: ActivityKind,
    /// The duty that it names.
    pub duty_id: Option<Uuid>,
    /// Where.
    pub area_code: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How many were found, by the kind.
    pub count: i32,
    /// The agency that did it; empty where its source does not know it.
    pub agency: String,
    /// Who handed it in.
    pub received_by: String,
    /// Who did it: whom its source names, or else who handed it in.
    pub visitor: String,
}

impl Activity {
    /// Whether it is a visit, whose time is kept as its newest revision says it, whether a duty asked for it or not.
    #[must_use]
    pub fn is_visit(&self) -> bool {
        self.kind == ActivityKind::Visit
    }

    /// What is owed that it may fulfil: what its area owes, or a duty that it names.
    #[must_use]
    pub const fn fulfils(&self) -> Option<StandingKind> {
        match (self.kind, self.duty_id) {
            (ActivityKind::Sweep, _) => Some(StandingKind::Sweep),
            (ActivityKind::ZeroReport, _) => Some(StandingKind::ZeroReport),
            (ActivityKind::Patrol, _) => Some(StandingKind::Patrol),
            (ActivityKind::Publicity, _) => Some(StandingKind::Publicity),
            // Whom to visit and what to put right is said by the duty only.
            (ActivityKind::Visit, Some(_)) => Some(StandingKind::Visit),
            (ActivityKind::Hazard, Some(_)) => Some(StandingKind::Rectify),
            _ => None,
        }
    }
}

/// The duty after it was fulfilled, and what follows from it; nothing where the activity does not fulfil it. `ids` gives
/// the ids of what follows.
#[must_use]
pub fn fulfil(
    duty: &StandingDuty,
    activity: &Activity,
    office: Office<'_>,
    ids: impl FnMut() -> Uuid,
) -> Option<Recorded> {
    let holder: &Holder = &duty.duty.holder;
    let anothers = !activity.agency.is_empty() && activity.agency != holder.agency;
    if activity.fulfils() != Some(duty.kind) || (activity.duty_id.is_some() && anothers) {
        return None;
    }
    let outcome = match duty.kind {
        StandingKind::Sweep if activity.count > 0 => Outcome::Found,
        StandingKind::Sweep | StandingKind::ZeroReport => Outcome::Nothing,
        _ => Outcome::Done,
    };
    // No track of anybody is kept of a restricted visit (S4-14).
    let stay = (duty.kind == StandingKind::Visit && !duty.restricted).then(|| Stay {
        visitor: activity.visitor.clone(),
        begun_at: activity.begun_at,
        left_at: activity.ended_at,
    });
    let occasion = Occasion {
        // It was done then, whenever it came to be told.
        at: activity.ended_at,
        actor: activity.received_by.clone(),
        capacity: holder.agency.clone(),
        agency: None,
        rank: Rank::Officer,
    };
    let recording = Recording { outcome, words: String::new(), stay, hazards: Vec::new(), next_at: None };
    record(duty, recording, &occasion, office, ids).ok()
}
