//! Reading the requests of duties besides cases, and writing their messages.

use fengqiao_proto::routing::v1::{
    CountDutiesRequest, CreateDutiesRequest, DutyRecord, ListDutiesRequest, NewDuty as NewDutyMessage,
    RecordDutyRequest, Reward as RewardMessage, StandingDuty as StandingDutyMessage,
};
use fengqiao_serving::{
    paging,
    time::{from_proto, to_proto},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::requests::{self, area, code, given, optional_code};
use crate::{
    counties::RoutingCounty,
    domain::{
        duty::Holder,
        history::Occasion,
        standing::{
            NewDuty, Outcome, PlaceKind, StandingDuty, StandingKind, Stay,
            recording::{Hazard, Recording},
            rewards::{Reward, RewardState},
        },
    },
    error::RoutingError,
    store::{Progress, StandingFilter},
};

const MOST_DUTIES: usize = 500;
const MOST_HAZARDS: usize = 50;
const WORDS: usize = 1_000;
const RESULT: usize = 2_000;
const TOPIC: usize = 32;
const GROUP: usize = 64;
const NAME: usize = 100;
/// Nothing is owed for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 3_650);

/// The last row of a page, as its token holds it.
#[derive(Serialize, Deserialize)]
pub(super) struct StandingKey {
    /// Microseconds since 1970.
    at: i64,
    id: Uuid,
}

impl StandingKey {
    pub(super) fn of(at: Timestamp, id: Uuid) -> String {
        paging::write(&Self { at: at.as_microsecond(), id })
    }

    pub(super) fn token(duty: &StandingDuty) -> String {
        Self::of(duty.duty.due_at, duty.id)
    }
}

/// Where a list goes on.
pub(super) fn place_after(token: &str) -> Result<Option<(Timestamp, Uuid)>, RoutingError> {
    requests::page_token::<StandingKey>(token)?
        .map(|key| {
            let at = Timestamp::from_microsecond(key.at)
                .map_err(|_| RoutingError::invalid("pageToken", "not a page token of this method"))?;
            Ok((at, key.id))
        })
        .transpose()
}

pub(super) fn id(field: &str, text: &str) -> Result<Uuid, RoutingError> {
    Uuid::try_parse(text).map_err(|_| RoutingError::invalid(field, "must be an id"))
}

pub(super) fn moment_if(
    field: &str,
    time: Option<&prost_types::Timestamp>,
) -> Result<Option<Timestamp>, RoutingError> {
    let read = |time| from_proto(time).ok_or_else(|| RoutingError::invalid(field, "must be a time"));
    time.map(read).transpose()
}

/// A time by which something is due.
fn due(
    field: &str,
    time: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, RoutingError> {
    let due_at = moment_if(field, time)?;
    if due_at.is_some_and(|due_at| due_at.duration_since(now) > LONGEST) {
        return Err(RoutingError::invalid(field, "must be within ten years"));
    }
    Ok(due_at)
}

pub(super) fn agency(field: &str, code: &str, place: &RoutingCounty) -> Result<String, RoutingError> {
    match place.rulebook().directory.agency(code) {
        Some(agency) => Ok(agency.code.clone()),
        None => Err(RoutingError::invalid(field, "must be an agency of the directory")),
    }
}

pub(super) fn new_duties(
    asked: &CreateDutiesRequest,
    place: &RoutingCounty,
    now: Timestamp,
) -> Result<Vec<NewDuty>, RoutingError> {
    requests::length("group", &asked.group, 0, GROUP)?;
    if asked.duties.is_empty() || asked.duties.len() > MOST_DUTIES {
        return Err(RoutingError::invalid("duties", "1 to 500"));
    }
    let practice = &place.rulebook().practice;
    if practice.series.iter().any(|series| series.code == asked.group) {
        return Err(RoutingError::invalid("group", "must not be the code of a series"));
    }
    asked.duties.iter().enumerate().map(|(n, new)| new_duty(n, new, &asked.group, place, now)).collect()
}

fn new_duty(
    n: usize,
    new: &NewDutyMessage,
    group: &str,
    place: &RoutingCounty,
    now: Timestamp,
) -> Result<NewDuty, RoutingError> {
    let field = |name: &str| format!("duties[{n}].{name}");
    requests::length(&field("topic"), &new.topic, 0, TOPIC)?;
    requests::length(&field("subject"), &new.subject, 0, WORDS)?;
    requests::length(&field("person"), &new.person, 0, NAME)?;
    let holder_agency = agency(&field("agency"), &new.agency, place)?;
    let rulebook = place.rulebook();
    let known = rulebook.directory.post(&new.post).is_some_and(|post| post.agency == holder_agency);
    if !new.post.is_empty() && !known {
        return Err(RoutingError::invalid(&field("post"), "must be a post of the agency"));
    }
    Ok(NewDuty {
        kind: code(new.kind, &field("kind"), StandingKind::from_code)?,
        holder: Holder { agency: holder_agency, post: given(&new.post), person: given(&new.person) },
        group: group.to_owned(),
        area_code: area(&field("areaCode"), &new.area_code, place)?,
        place: optional_code(new.place, &field("place"), PlaceKind::from_code)?,
        topic: new.topic.clone(),
        restricted: new.restricted,
        due_at: due(&field("dueAt"), new.due_at.as_ref(), now)?,
        words: new.subject.clone(),
    })
}

pub(super) fn recording(
    asked: &RecordDutyRequest,
    actor: &Occasion,
    place: &RoutingCounty,
) -> Result<Recording, RoutingError> {
    requests::length("text", &asked.text, 0, RESULT)?;
    requests::length("visitor", &asked.visitor, 0, NAME)?;
    let begun_at = moment_if("begunAt", asked.begun_at.as_ref())?;
    let left_at = moment_if("leftAt", asked.left_at.as_ref())?;
    let stay = match (begun_at, left_at) {
        (None, None) => None,
        (Some(begun_at), Some(left_at)) => Some(Stay {
            visitor: given(&asked.visitor).unwrap_or_else(|| actor.actor.clone()),
            begun_at,
            left_at,
        }),
        (Some(_), None) => return Err(RoutingError::invalid("leftAt", "is needed with begunAt")),
        (None, Some(_)) => return Err(RoutingError::invalid("begunAt", "is needed with leftAt")),
    };
    if asked.hazards.len() > MOST_HAZARDS {
        return Err(RoutingError::invalid("hazards", "at most 50"));
    }
    let hazards = asked
        .hazards
        .iter()
        .enumerate()
        .map(|(n, hazard)| {
            let field = |name: &str| format!("hazards[{n}].{name}");
            requests::length(&field("topic"), &hazard.topic, 1, TOPIC)?;
            requests::length(&field("text"), &hazard.text, 1, WORDS)?;
            Ok(Hazard {
                topic: hazard.topic.clone(),
                words: hazard.text.clone(),
                holder: Holder::agency(&agency(&field("agency"), &hazard.agency, place)?),
                due_at: due(&field("dueAt"), hazard.due_at.as_ref(), actor.at)?,
            })
        })
        .collect::<Result<Vec<_>, RoutingError>>()?;
    Ok(Recording {
        outcome: code(asked.outcome, "outcome", Outcome::from_code)?,
        words: asked.text.clone(),
        stay,
        hazards,
        next_at: due("nextAt", asked.next_at.as_ref(), actor.at)?,
    })
}

pub(super) fn list_filter(
    asked: &ListDutiesRequest,
    place: &RoutingCounty,
) -> Result<StandingFilter, RoutingError> {
    Ok(StandingFilter {
        kind: optional_code(asked.kind, "kind", StandingKind::from_code)?,
        group: given(&asked.group),
        area_prefix: given(&asked.area_code).map(|code| area("areaCode", &code, place)).transpose()?,
        place: optional_code(asked.place, "place", PlaceKind::from_code)?,
        agency: given(&asked.agency),
        due_from: moment_if("dueFrom", asked.due_from.as_ref())?,
        due_before: moment_if("dueBefore", asked.due_before.as_ref())?,
        progress: optional_code(asked.progress, "progress", Progress::from_code)?,
        ..StandingFilter::default()
    })
}

pub(super) fn count_filter(
    asked: &CountDutiesRequest,
    place: &RoutingCounty,
) -> Result<StandingFilter, RoutingError> {
    Ok(StandingFilter {
        kind: optional_code(asked.kind, "kind", StandingKind::from_code)?,
        group: given(&asked.group),
        area_prefix: given(&asked.area_code).map(|code| area("areaCode", &code, place)).transpose()?,
        place: optional_code(asked.place, "place", PlaceKind::from_code)?,
        due_from: moment_if("dueFrom", asked.due_from.as_ref())?,
        due_before: moment_if("dueBefore", asked.due_before.as_ref())?,
        ..StandingFilter::default()
    })
}

/// A duty with all that it says.
pub(super) fn whole(duty: &StandingDuty, place: &RoutingCounty, now: Timestamp) -> StandingDutyMessage {
    let mut message = brief(duty, place, now);
    message.subject.clone_from(&duty.subject.words);
    if let (Some(told), Some(record)) = (&mut message.record, &duty.record) {
        told.text.clone_from(&record.words);
    }
    message
}

/// A duty without whom it is about and what was said of it.
pub(super) fn brief(duty: &StandingDuty, place: &RoutingCounty, now: Timestamp) -> StandingDutyMessage {
    let owed = &duty.duty;
    StandingDutyMessage {
        duty_id: duty.id.to_string(),
        kind: duty.kind.code().into(),
        // A family's group is nobody's to follow it by.
        group: if duty.kind == StandingKind::Screening { String::new() } else { duty.group.clone() },
        period: duty.period.map(|day| day.to_string()).unwrap_or_default(),
        area_code: duty.area_code.clone(),
        area_name: place.county.areas.now().name_path(&duty.area_code),
        place: duty.place.map_or(0, PlaceKind::code).into(),
        topic: duty.topic.clone(),
        restricted: duty.restricted,
        parent_id: duty.parent.map(|id| id.to_string()).unwrap_or_default(),
        subject: String::new(),
        agency: owed.holder.agency.clone(),
        post: owed.holder.post.clone().unwrap_or_default(),
        person: owed.holder.person.clone().unwrap_or_default(),
        started_at: Some(to_proto(owed.started_at)),
        due_at: Some(to_proto(owed.due_at)),
        late: owed.is_late(now),
        done_at: owed.ending.as_ref().filter(|ending| ending.met).map(|ending| to_proto(ending.at)),
        record: duty.record.as_ref().map(|record| DutyRecord {
            outcome: record.outcome.code().into(),
            text: String::new(),
            visitor: record.stay.as_ref().map(|stay| stay.visitor.clone()).unwrap_or_default(),
            begun_at: record.stay.as_ref().map(|stay| to_proto(stay.begun_at)),
            left_at: record.stay.as_ref().map(|stay| to_proto(stay.left_at)),
            hazards: i32::try_from(record.hazards).unwrap_or(i32::MAX),
            recorded_at: Some(to_proto(record.at)),
            recorded_by: record.by.clone(),
            capacity: record.capacity.clone(),
        }),
    }
}

/// A reward.
pub(super) fn reward(reward: &Reward) -> RewardMessage {
    let decided = match &reward.state {
        RewardState::Asked => None,
        RewardState::Approved { at, by } | RewardState::Refused { at, by } => Some((*at, by.clone())),
    };
    RewardMessage {
        reward_id: reward.id.to_string(),
        case_id: reward.case_id.to_string(),
        person: reward.person.clone(),
        amount_fen: i32::try_from(reward.amount_fen).unwrap_or(i32::MAX),
        text: reward.words.clone(),
        state: reward.state.code().into(),
        asked_at: Some(to_proto(reward.asked_at)),
        asked_by: reward.asked_by.clone(),
        decided_at: decided.as_ref().map(|(at, _)| to_proto(*at)),
        decided_by: decided.map(|(_, by)| by).unwrap_or_default(),
    }
}
