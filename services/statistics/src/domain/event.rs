//! What happened, as statistics keeps it: the events of the other services without what is personal, each with an
//! identity of its own, so that one that comes twice is one.
//!
//! Streams are trimmed and outboxes emptied, and whoever asks for events again would need the other services up. So
//! statistics keeps what it received: facts are made of it, and can be made of it anew.

use fengqiao_proto::{
    intake::v1::{ActivityRecorded, CallsRepeated, ReportAccepted},
    notification::v1::{DeliveredPush, PushLimitsMoved, PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, CaseDuty, CaseProgress, PushRequested},
    types::v1::PushSubject,
};
use fengqiao_serving::time::from_proto;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::area::significant;

/// An event that no fact can be made of: what is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub &'static str);

/// What an event is about. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Entity {
    /// A report.
    Report = 1,
    /// A case, with its duties.
    Case = 2,
    /// A push.
    Push = 3,
    /// An activity.
    Activity = 4,
}

impl Entity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Report, Self::Case, Self::Push, Self::Activity];

    /// The number by which the store knows it.
    pub const fn code(self) -> i16 {
        self as i16
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The report, case, push or activity.
    pub id: Uuid,
    /// Another thing that it names and that is part of its identity; nil where there is none.
    pub other: Uuid,
    /// Which of its kind: a revision, a version, a time in microseconds.
    pub ordinal: i64,
    /// When it happened.
    pub happened_at: Timestamp,
    /// What happened.
    pub told: Told,
}

/// An event and when statistics learned of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// The event.
    pub event: Event,
    /// When it was received first. Of all events of a batch the same, and later than that of any batch before.
    pub known_at: Timestamp,
}

/// What happened. The stored form outlives the code: fields are only ever added, each with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Told {
    /// A report was accepted, or a new revision of it.
    Accepted(Accepted),
    /// A report came into the other thing, a case.
    Joined,
    /// A report that was accepted as the first of its kind turned out to be a repeat call.
    Repeated,
    /// A case changed.
    Changed(Box<Changed>),
    /// The same people's next case, the other thing, was opened after this one was over.
    Followed,
    /// A push was asked for.
    Requested(Requested),
    /// Something became of a push.
    Became(Became),
    /// A push is owed by other times.
    Moved(Moved),
    /// An activity was recorded, or a new revision of it.
    Acted(Acted),
}

/// A report as a revision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The contract's number of the door.
    pub source: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// Whether it was a repeat call.
    pub repeat: bool,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// Whether it is an exercise.
    #[serde(default)]
    pub drill: bool,
}

/// A case as a change left it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The contract's number of the state.
    pub state: i16,
    /// The contract's number of the level.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of its first report.
    pub source: i16,
    /// The agency that has to act.
    pub agency: String,
    /// When its first report was accepted.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When the lead agency signed.
    pub signed_at: Option<Timestamp>,
    /// When people were last asked again.
    pub revisited_at: Option<Timestamp>,
    /// How many reports it has.
    pub reports: i32,
    /// Whether its reports are another case's as long as it is merged.
    pub merged: bool,
    /// Whether it is an exercise.
    #[serde(default)]
    pub drill: bool,
    /// What was done so far; none of a routing that did not say it.
    #[serde(default)]
    pub progress: Option<Progress>,
}

/// What was done in a case so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Mediation sessions.
    pub sessions: i32,
    /// When the agreement was signed.
    pub agreed_at: Option<Timestamp>,
    /// When mediation failed, where it ended so.
    pub failed_at: Option<Timestamp>,
    /// By when the last performance is due.
    pub perform_due_at: Option<Timestamp>,
    /// Whether all was performed.
    pub performed: bool,
    /// How often it was given back.
    pub returns: i32,
    /// How often more time was granted.
    pub extensions: i32,
    /// How often someone was pressed.
    pub supervisions: i32,
    /// Times that people were asked again and reached.
    pub revisits_effective: i32,
    /// Those who said that it is settled.
    pub revisits_solved: i32,
    /// Those who said how content they are.
    pub revisits_rated: i32,
    /// Those who are content.
    pub revisits_content: i32,
    /// Those who are mostly content.
    pub revisits_mostly_content: i32,
    /// The contract's number of where it was settled.
    pub settled_place: i16,
    /// The contract's number of the way of settling.
    pub method: i16,
    /// Whether a residents' body or volunteer gets the credit.
    pub residents_credited: bool,
    /// When a criminal case first came of it.
    pub criminal_at: Option<Timestamp>,
    /// When a public order case first came of it.
    pub public_order_at: Option<Timestamp>,
    /// Whether it is or was a major event.
    pub major: bool,
    /// What is owed now, and what ended with this change.
    pub duties: Vec<DutyTold>,
}

/// What an agency owes or owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyTold {
    /// Counts from 1 within the case.
    pub no: i16,
    /// The contract's number of the kind.
    pub kind: i16,
    /// Which agency.
    pub agency: String,
    /// Since when.
    pub started_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it was done.
    pub met: bool,
}

/// A push as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Its case.
    pub case_id: Uuid,
    /// To whom.
    pub agency: String,
    /// The contract's number of the document.
    pub form: i16,
    /// The contract's number of the level.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of the case's first report.
    pub source: i16,
    /// By when it has to be pushed.
    pub due_at: Option<Timestamp>,
    /// By when the agency has to sign.
    #[serde(default)]
    pub sign_due_at: Option<Timestamp>,
    /// By when it has to say what it did.
    #[serde(default)]
    pub feedback_due_at: Option<Timestamp>,
    /// Whether it is an exercise.
    #[serde(default)]
    pub drill: bool,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// The contract's number of what it was.
    pub kind: i16,
    /// The contract's number of how far the agency is, with feedback.
    pub outcome: i16,
}

/// By when a push is owed from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// By when the agency has to sign; none where it does not owe that any more, or its clock stands still.
    pub sign_due_at: Option<Timestamp>,
    /// By when it has to say what it did; as `sign_due_at`.
    pub feedback_due_at: Option<Timestamp>,
}

/// An activity as a revision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The contract's number of the door.
    pub source: i16,
    /// The contract's number of the kind.
    pub kind: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The agency that did it; may be empty.
    pub agency: String,
    /// How long it took, in whole minutes.
    pub minutes: i32,
    /// How many: households, people, hazards, by the kind.
    pub count: i32,
}

impl Told {
    /// What it is about.
    pub const fn entity(&self) -> Entity {
        match self {
            Self::Accepted(_) | Self::Joined | Self::Repeated => Entity::Report,
            Self::Changed(_) | Self::Followed => Entity::Case,
            Self::Requested(_) | Self::Became(_) | Self::Moved(_) => Entity::Push,
            Self::Acted(_) => Entity::Activity,
        }
    }

    /// The number by which the store tells kinds apart: events of the same thing, kind and ordinal are the same.
    pub const fn code(&self) -> i16 {
        match self {
            Self::Accepted(_) => 1,
            Self::Joined => 2,
            Self::Changed(_) => 3,
            Self::Followed => 4,
            Self::Requested(_) => 5,
            // Two things may become of a push at the same time.
            Self::Became(became) => 100 + became.kind * 10 + became.outcome,
            Self::Acted(_) => 7,
            Self::Repeated => 8,
            Self::Moved(_) => 9,
        }
    }
}

impl Event {
    fn new(id: Uuid, ordinal: i64, happened_at: Timestamp, told: Told) -> Self {
        Self { id, other: Uuid::nil(), ordinal, happened_at, told }
    }

    /// An accepted report.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn report_accepted(event: &ReportAccepted) -> Result<Vec<Self>, Unusable> {
        let accepted = Accepted {
            source: small(event.source)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            repeat: event.linkage.as_ref().is_some_and(|linkage| linkage.repeat),
            occurred_at: required(event.occurred_at.as_ref())?,
            drill: event.drill,
        };
        let at = required(event.accepted_at.as_ref())?;
        Ok(vec![Self::new(id(&event.report_id)?, event.revision.into(), at, Told::Accepted(accepted))])
    }

    /// Reports that turned out to be repeat calls. Of each it is one event, however often that is shown.
    ///
    /// # Errors
    /// [`Unusable`] where an id or the time is missing.
    pub fn calls_repeated(event: &CallsRepeated) -> Result<Vec<Self>, Unusable> {
        let at = required(event.shown_at.as_ref())?;
        event.report_ids.iter().map(|report| Ok(Self::new(id(report)?, 0, at, Told::Repeated))).collect()
    }

    /// An activity.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn activity_recorded(event: &ActivityRecorded) -> Result<Vec<Self>, Unusable> {
        let begun_at = required(event.begun_at.as_ref())?;
        let lasted = required(event.ended_at.as_ref())?.duration_since(begun_at).as_mins();
        let acted = Acted {
            source: small(event.source)?,
            kind: small(event.kind)?,
            area_code: significant(&event.area_code).to_owned(),
            agency: event.agency.clone(),
            minutes: i32::try_from(lasted).map_err(|_| Unusable("it ends too long after it began"))?,
            count: event.count,
        };
        Ok(vec![Self::new(id(&event.activity_id)?, event.revision.into(), begun_at, Told::Acted(acted))])
    }

    /// A changed case, and which reports came into it with the change.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn case_changed(event: &CaseChanged) -> Result<Vec<Self>, Unusable> {
        let case_id = id(&event.case_id)?;
        let opened_at = required(event.opened_at.as_ref())?;
        let (resolved_at, closed_at) =
            (optional(event.resolved_at.as_ref())?, optional(event.closed_at.as_ref())?);
        let changed = Changed {
            state: small(event.state)?,
            level: small(event.level)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            source: small(event.first_source)?,
            agency: event.lead_agency.clone(),
            opened_at,
            resolved_at,
            closed_at,
            signed_at: optional(event.lead_signed_at.as_ref())?,
            revisited_at: optional(event.revisited_at.as_ref())?,
            reports: event.report_count,
            merged: !event.merged_into.is_empty(),
            drill: event.drill,
            progress: event.progress.as_ref().map(|told| progress(told, &event.duties)).transpose()?,
        };
        // An older routing does not say when; it was not before what it tells of.
        let told_of = opened_at.max(resolved_at.unwrap_or(opened_at)).max(closed_at.unwrap_or(opened_at));
        let at = optional(event.changed_at.as_ref())?.unwrap_or(told_of);
        let version = event.version;
        let mut events = vec![Self::new(case_id, version, at, Told::Changed(Box::new(changed)))];
        let joined = Some(&event.report_id).filter(|report_id| !report_id.is_empty());
        for report_id in joined.into_iter().chain(&event.moved_report_ids) {
            events.push(Self { other: case_id, ..Self::new(id(report_id)?, version, at, Told::Joined) });
        }
        if let Some(earlier) = event.progress.as_ref().filter(|told| !told.follows.is_empty()) {
            let earlier = id(&earlier.follows)?;
            // Each version says it; it is one event.
            events.push(Self { other: case_id, ..Self::new(earlier, 0, opened_at, Told::Followed) });
        }
        Ok(events)
    }

    /// A requested push of a case. Indicators count what becomes of cases, not of what else is pushed.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn push_requested(event: &PushRequested) -> Result<Vec<Self>, Unusable> {
        if !is_of_a_case(event.subject) {
            return Ok(Vec::new());
        }
        let requested = Requested {
            case_id: id(&event.case_id)?,
            agency: event.agency.clone(),
            form: small(event.form)?,
            level: small(event.level)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            source: small(event.first_source)?,
            due_at: optional(event.due_at.as_ref())?,
            sign_due_at: optional(event.sign_due_at.as_ref())?,
            feedback_due_at: optional(event.feedback_due_at.as_ref())?,
            drill: event.drill,
        };
        let at = required(event.requested_at.as_ref())?;
        Ok(vec![Self::new(id(&event.push_id)?, 0, at, Told::Requested(requested))])
    }

    /// What became of a push of a case. Parking is none of it: a parked push is only late.
    ///
    /// # Errors
    /// [`Unusable`] where the id or time is missing.
    pub fn push_receipt(event: &PushReceipt) -> Result<Vec<Self>, Unusable> {
        let at = required(event.at.as_ref())?;
        let push_id = id(&event.push_id)?;
        let kind = event.kind();
        if matches!(kind, ReceiptKind::Parked | ReceiptKind::Unspecified) || !is_of_a_case(event.subject) {
            return Ok(Vec::new());
        }
        let became = Became { kind: small(event.kind)?, outcome: small(event.outcome)?.clamp(0, 9) };
        Ok(vec![Self::became(push_id, at, became)])
    }

    /// That a try brought a push; nothing where it is not of a case.
    ///
    /// # Errors
    /// [`Unusable`] where the id or time is missing.
    pub fn push_delivered(push: &DeliveredPush) -> Result<Option<Self>, Unusable> {
        let at = required(push.at.as_ref())?;
        let push_id = id(&push.push_id)?;
        let became = Became { kind: small(ReceiptKind::Delivered.into())?, outcome: 0 };
        Ok(is_of_a_case(push.subject).then(|| Self::became(push_id, at, became)))
    }

    /// That a push of a case is owed by other times.
    ///
    /// # Errors
    /// [`Unusable`] where the id or time is missing.
    pub fn push_limits_moved(event: &PushLimitsMoved) -> Result<Vec<Self>, Unusable> {
        let at = required(event.at.as_ref())?;
        let moved = Moved {
            sign_due_at: optional(event.sign_due_at.as_ref())?,
            feedback_due_at: optional(event.feedback_due_at.as_ref())?,
        };
        Ok(vec![Self::new(id(&event.push_id)?, at.as_microsecond(), at, Told::Moved(moved))])
    }

    fn became(push_id: Uuid, at: Timestamp, became: Became) -> Self {
        Self::new(push_id, at.as_microsecond(), at, Told::Became(became))
    }
}

fn progress(told: &CaseProgress, duties: &[CaseDuty]) -> Result<Progress, Unusable> {
    let duty = |duty: &CaseDuty| {
        Ok(DutyTold {
            no: small(duty.no)?,
            kind: small(duty.kind)?,
            agency: duty.agency.clone(),
            started_at: required(duty.started_at.as_ref())?,
            due_at: required(duty.due_at.as_ref())?,
            ended_at: optional(duty.ended_at.as_ref())?,
            met: duty.met,
        })
    };
    Ok(Progress {
        sessions: told.sessions,
        agreed_at: optional(told.agreed_at.as_ref())?,
        failed_at: optional(told.failed_at.as_ref())?,
        perform_due_at: optional(told.perform_due_at.as_ref())?,
        performed: told.performed,
        returns: told.returns,
        extensions: told.extensions,
        supervisions: told.supervisions,
        revisits_effective: told.revisits_effective,
        revisits_solved: told.revisits_solved,
        revisits_rated: told.revisits_rated,
        revisits_content: told.revisits_content,
        revisits_mostly_content: told.revisits_mostly_content,
        settled_place: small(told.settled_at)?,
        method: small(told.method)?,
        residents_credited: told.residents_credited,
        criminal_at: optional(told.criminal_at.as_ref())?,
        public_order_at: optional(told.public_order_at.as_ref())?,
        major: told.major,
        duties: duties.iter().map(duty).collect::<Result<_, Unusable>>()?,
    })
}

/// Whether a push speaks of a case. A subject that only a newer sender knows is none.
fn is_of_a_case(subject: i32) -> bool {
    matches!(PushSubject::try_from(subject), Ok(PushSubject::Unspecified | PushSubject::Case))
}

fn id(text: &str) -> Result<Uuid, Unusable> {
    Uuid::try_parse(text).map_err(|_| Unusable("an id is not a UUID"))
}

fn small(number: i32) -> Result<i16, Unusable> {
    i16::try_from(number).map_err(|_| Unusable("a number is out of range"))
}

fn required(time: Option<&prost_types::Timestamp>) -> Result<Timestamp, Unusable> {
    optional(time)?.ok_or(Unusable("a time is missing"))
}

fn optional(time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Unusable> {
    time.map(|time| from_proto(time).ok_or(Unusable("a time is out of range"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 1_999 })
    }

    #[test]
    fn a_changed_case_tells_of_its_reports_and_of_the_case_that_it_follows() {
        let text = |number| Uuid::from_u128(number).to_string();
        let event = CaseChanged {
            case_id: text(8),
            version: 3,
            opened_at: at(5),
            report_id: text(1),
            moved_report_ids: vec![text(2)],
            progress: Some(CaseProgress { follows: text(7), ..Default::default() }),
            ..Default::default()
        };
        let events = Event::case_changed(&event).unwrap();
        let seen: Vec<_> = events.iter().map(|one| (one.told.code(), one.id, one.other)).collect();
        let [case, earlier, nil] = [8, 7, 0].map(Uuid::from_u128);
        let [first, second] = [1, 2].map(Uuid::from_u128);
        assert_eq!(seen, [(3, case, nil), (2, first, case), (2, second, case), (4, earlier, case)]);
        assert_eq!(events[0].happened_at, "1970-01-01T00:00:05.000001Z".parse().unwrap());
    }

    #[test]
    fn what_becomes_of_a_push_is_told_only_of_a_case_and_parking_is_nothing() {
        let told_of = |subject: i32, kind: ReceiptKind| {
            let push_id = Uuid::from_u128(3).to_string();
            let event = PushReceipt { push_id, kind: kind.into(), at: at(9), subject, ..Default::default() };
            Event::push_receipt(&event).unwrap().len()
        };
        let (case, duty) = (PushSubject::Case.into(), PushSubject::Duty.into());
        assert_eq!(told_of(0, ReceiptKind::Signed) + told_of(case, ReceiptKind::Signed), 2);
        // A duty, what only a newer routing pushes, and what says nothing.
        assert_eq!(told_of(duty, ReceiptKind::Signed) + told_of(9, ReceiptKind::Signed), 0);
        assert_eq!(told_of(case, ReceiptKind::Parked), 0);
    }

    #[test]
    fn a_delivery_is_the_same_event_whichever_way_it_is_told() {
        let push_id = Uuid::from_u128(3).to_string();
        let receipt = PushReceipt {
            push_id: push_id.clone(),
            kind: ReceiptKind::Delivered.into(),
            at: at(9),
            ..Default::default()
        };
        let delivered = DeliveredPush { push_id, at: at(9), ..Default::default() };
        let told = Event::push_delivered(&delivered).unwrap();
        assert_eq!(Event::push_receipt(&receipt).unwrap(), told.into_iter().collect::<Vec<_>>());
        let of_a_duty = DeliveredPush { subject: PushSubject::Duty.into(), ..delivered };
        assert_eq!(Event::push_delivered(&of_a_duty), Ok(None));
    }

    #[test]
    fn what_no_fact_can_be_made_of_is_refused() {
        assert!(Event::report_accepted(&ReportAccepted::default()).is_err());
        let timeless = ReportAccepted {
            report_id: Uuid::from_u128(1).to_string(),
            occurred_at: at(1),
            ..Default::default()
        };
        assert_eq!(Event::report_accepted(&timeless), Err(Unusable("a time is missing")));
    }

    #[test]
    fn a_stored_event_of_today_is_read_for_ever() {
        let stored = r#"{"what":"changed","state":1,"level":4,"area_code":"421181105","category":"other","source":2,
            "agency":"police","opened_at":"2026-11-24T07:00:00Z","resolved_at":null,"closed_at":null,
            "signed_at":null,"revisited_at":null,"reports":1,"merged":false}"#;
        let Told::Changed(changed) = serde_json::from_str(stored).unwrap() else {
            unreachable!("it is a change")
        };
        assert_eq!((changed.level, changed.drill, changed.progress), (4, false, None));
    }
}
