//! Recording what came of a duty, and what follows from it: a hazard is to be put right, what was put right is
//! looked at again, what is not right yet is to be put right once more (S0-10).

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Office, Outcome, Record, StandingDuty, StandingKind, Stay, Subject};
use crate::domain::{duty::Holder, history::Occasion, refusal::Refusal};

/// Nobody visits longer at a stretch.
const LONGEST_STAY: SignedDuration = SignedDuration::from_hours(16);

/// What someone says of a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// What came of it.
    pub outcome: Outcome,
    /// In words; may be empty.
    pub words: String,
    /// Of a visit: who, from when to when.
    pub stay: Option<Stay>,
    /// What was found that has to be put right.
    pub hazards: Vec<Hazard>,
    /// When to visit next, where it goes on.
    pub next_at: Option<Timestamp>,
}

/// Something that has to be put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Its class, the county's own word.
    pub topic: String,
    /// What it is.
    pub words: String,
    /// Who has to put it right.
    pub holder: Holder,
    /// By when; by the practice's limit where not given.
    pub due_at: Option<Timestamp>,
}

/// A duty after it was recorded, and what is owed because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The duty.
    pub duty: StandingDuty,
    /// What follows.
    pub follows: Vec<StandingDuty>,
}

/// Records what came of a duty. `ids` gives the ids of what follows.
///
/// # Errors
/// [`Refusal`]
pub fn record(
    before: &StandingDuty,
    recording: Recording,
    occasion: &Occasion,
    office: Office<'_>,
    mut ids: impl FnMut() -> Uuid,
) -> Result<Recorded, Refusal> {
    check(before, &recording, occasion)?;
    let mut duty = before.clone();
    let mut next =
        |kind, holder: Holder, due_at: Option<Timestamp>, topic: Option<String>, subject| StandingDuty {
            id: ids(),
            kind,
            group: before.group.clone(),
            period: None,
            area_code: before.area_code.clone(),
            place: before.place,
            topic: topic.unwrap_or_else(|| before.topic.clone()),
            restricted: before.restricted,
            parent: Some(before.id),
            subject,
            created_at: occasion.at,
            created_by: occasion.actor.clone(),
            duty: office.owed(kind, holder, occasion.at, due_at),
            record: None,
        };
    let holder = &before.duty.holder;
    let mut follows = Vec::new();
    for hazard in &recording.hazards {
        let subject = Subject {
            words: hazard.words.clone(),
            found_by: Some(holder.agency.clone()),
            rectified_by: None,
        };
        let topic = Some(hazard.topic.clone());
        follows.push(next(StandingKind::Rectify, hazard.holder.clone(), hazard.due_at, topic, subject));
    }
    match (before.kind, recording.outcome) {
        (StandingKind::Rectify, _) => {
            let finder = before.subject.found_by.clone();
            let finder = finder.unwrap_or_else(|| office.directory.desk().to_owned());
            let subject = Subject { rectified_by: Some(holder.agency.clone()), ..before.subject.clone() };
            follows.push(next(StandingKind::Recheck, Holder::agency(&finder), None, None, subject));
        }
        (StandingKind::Recheck, Outcome::Failed) => {
            let again = before.subject.rectified_by.clone().unwrap_or_else(|| holder.agency.clone());
            let subject = Subject {
                found_by: Some(holder.agency.clone()),
                rectified_by: None,
                ..before.subject.clone()
            };
            follows.push(next(StandingKind::Rectify, Holder::agency(&again), None, None, subject));
        }
        (StandingKind::Screening, Outcome::FollowUp) => {
            let subject = before.subject.clone();
            follows.push(next(StandingKind::Visit, holder.clone(), recording.next_at, None, subject));
        }
        (StandingKind::Visit, _) if recording.next_at.is_some() => {
            let subject = before.subject.clone();
            follows.push(next(StandingKind::Visit, holder.clone(), recording.next_at, None, subject));
        }
        _ => {}
    }
    duty.duty.end(occasion.at, true);
    duty.record = Some(Record {
        outcome: recording.outcome,
        words: recording.words,
        stay: recording.stay,
        hazards: u32::try_from(recording.hazards.len()).unwrap_or(u32::MAX),
        at: occasion.at,
        by: occasion.actor.clone(),
        capacity: occasion.capacity.clone(),
    });
    Ok(Recorded { duty, follows })
}

fn check(duty: &StandingDuty, recording: &Recording, occasion: &Occasion) -> Result<(), Refusal> {
    let refuse = |reason, needs| Err(Refusal::new(reason, needs));
    if duty.kind == StandingKind::Meeting {
        return refuse("MEETING_RECORDED_ELSEWHERE", "the week's meeting itself would have to be recorded");
    }
    if matches!(duty.kind, StandingKind::SignForm | StandingKind::AnswerForm) {
        return refuse("FORM_ANSWERED_ELSEWHERE", "the form itself would have to be signed or answered");
    }
    if duty.record.is_some() || !duty.duty.is_open() {
        return refuse("RECORDED_ALREADY", "the duty would have to be still owed");
    }
    if occasion.agency.as_ref().is_some_and(|agency| *agency != duty.duty.holder.agency) {
        return refuse("NOT_THE_HOLDER", "the caller's agency would have to be the one that owes it");
    }
    if !outcomes(duty.kind).contains(&recording.outcome) {
        return refuse("OUTCOME_NOT_OF_KIND", "the outcome would have to be one of the duty's kind");
    }
    let against_a_word = match duty.kind {
        StandingKind::Merging => Some("why the cases are not of one dispute would have to be said"),
        StandingKind::Splitting => Some("why the reports stay in their case would have to be said"),
        _ => None,
    };
    if let Some(needs) = against_a_word
        && recording.words.trim().is_empty()
    {
        return refuse("REASON_MISSING", needs);
    }
    let may_find = matches!(duty.kind, StandingKind::Visit | StandingKind::Sweep);
    if !recording.hazards.is_empty() && !may_find {
        return refuse("NO_HAZARDS_HERE", "hazards would have to be found in a visit or a sweep");
    }
    let may_go_on = matches!(duty.kind, StandingKind::Visit | StandingKind::Screening);
    if recording.next_at.is_some() && !may_go_on {
        return refuse("NO_NEXT_VISIT_HERE", "a next visit would have to follow a visit or a screening");
    }
    let due = recording.hazards.iter().filter_map(|hazard| hazard.due_at).chain(recording.next_at);
    if due.into_iter().any(|due_at| due_at <= occasion.at) {
        return refuse("DUE_IN_THE_PAST", "what follows would have to be due later than now");
    }
    if duty.restricted && duty.kind == StandingKind::Visit {
        // Only that people met, and when next: no track of anybody is kept (S4-14).
        let tracks = recording.stay.is_some() || !recording.words.is_empty() || !recording.hazards.is_empty();
        return if tracks {
            refuse("KEEPS_NO_TRACK", "a restricted visit would have to be recorded without time and words")
        } else {
            Ok(())
        };
    }
    match (duty.kind, &recording.stay) {
        (StandingKind::Visit, None) => {
            refuse("VISIT_WITHOUT_TIME", "a visit would have to say from when to when it was")
        }
        (StandingKind::Visit, Some(stay)) => {
            let lasted = stay.left_at.duration_since(stay.begun_at);
            if lasted <= SignedDuration::ZERO || lasted > LONGEST_STAY || stay.left_at > occasion.at {
                return refuse(
                    "VISIT_TIME_IMPOSSIBLE",
                    "the visit would have to be over, and to have lasted between a moment and 16 hours",
                );
            }
            Ok(())
        }
        (_, Some(_)) => refuse("NOT_A_VISIT", "only a visit would say from when to when it was"),
        (_, None) => Ok(()),
    }
}

/// What can come of a kind.
const fn outcomes(kind: StandingKind) -> &'static [Outcome] {
    match kind {
        StandingKind::Sweep | StandingKind::Inquiry => &[Outcome::Nothing, Outcome::Found],
        StandingKind::ZeroReport => &[Outcome::Nothing],
        StandingKind::Visit
        | StandingKind::Rectify
        | StandingKind::Meeting
        | StandingKind::Patrol
        | StandingKind::Publicity => &[Outcome::Done],
        StandingKind::Recheck => &[Outcome::Passed, Outcome::Failed],
        StandingKind::Screening => &[Outcome::Cleared, Outcome::FollowUp],
        StandingKind::Merging => &[Outcome::Apart],
        StandingKind::Splitting => &[Outcome::Together],
        StandingKind::SignForm | StandingKind::AnswerForm => &[],
    }
}
