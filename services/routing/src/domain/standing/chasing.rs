//! A duty besides cases whose time comes: it is near, it is over, it is chased. Who owes it gets a reminder (提示函),
//! and the next of the ladder is told, as with what is owed in a case; each thing is said once, since what was said
//! stands in the duty itself.

use jiff::Timestamp;
use uuid::Uuid;

use super::Office;
use crate::domain::{
    chasing::{holder_name, next_above, reminded, said, said_above},
    duty::{Duty, Firing, Passed},
    level::Level,
    practice::OnBreach,
    push::{Form, PushOrder, Recipient, due_at},
    telling::{Telling, TellingKind, persons_above, persons_of},
};

/// A duty has no level. Its reminders go with the least urgent of what is pushed.
const LEVEL: Level = Level::Yellow;
/// What is restricted is not named: all of an agency read its forms, and only its officers may know of it (S4-14).
const RESTRICTED: &str = "受限职责";

/// A duty besides cases whose clock has something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDuty {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub area_code: String,
    /// Whether only its holder's officers and the centre may know of it.
    pub restricted: bool,
    /// By whom and by when it is owed.
    pub duty: Duty,
}

impl DueDuty {
    /// Where it is, as far as a reminder may say so.
    #[must_use]
    pub fn told_area(&self) -> &str {
        if self.restricted { "" } else { &self.area_code }
    }
}

/// A duty after its time came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chased {
    /// The duty.
    pub duty: Duty,
    /// What its clock said.
    pub firing: Option<Firing>,
    /// Which agencies are told of it.
    pub reminders: Vec<PushOrder>,
    /// Which persons are.
    pub tellings: Vec<Telling>,
}

/// The time of a duty has come. `told`: its area told something in its time, so that it owes no zero report (S4-02).
#[must_use]
pub fn time_passed(due: &DueDuty, told: bool, now: Timestamp, office: Office<'_>) -> Chased {
    let mut duty = due.duty.clone();
    if told && now >= duty.due_at {
        let in_time = duty.due_at;
        duty.end(in_time, true);
        return Chased { duty, firing: None, reminders: Vec::new(), tellings: Vec::new() };
    }
    let passed = duty.pass(now, office.practice.terms(duty.kind));
    let (reminders, tellings) = match passed.filter(|_| !told) {
        Some(passed) => said_of(due, passed, now, office),
        None => Default::default(),
    };
    let firing = passed.map(|passed| passed.firing);
    Chased { duty, firing, reminders, tellings }
}

/// What agencies and persons are told.
fn said_of(
    due: &DueDuty,
    passed: Passed,
    now: Timestamp,
    office: Office<'_>,
) -> (Vec<PushOrder>, Vec<Telling>) {
    let firing = passed.firing;
    let (directory, holder) = (office.directory, &due.duty.holder);
    let on_breach = office.practice.terms(due.duty.kind).on_breach;
    if on_breach == OnBreach::Nothing {
        return Default::default();
    }
    let what = if due.restricted { RESTRICTED } else { due.duty.kind.name() };
    let text = said(holder_name(directory, holder), what, passed);
    let agency = reminded(directory, holder);
    let above = step_above(firing, on_breach).and_then(|step| match due.restricted {
        false => next_above(directory, agency, step),
        // Agencies between the holder and the centre may not know of it.
        true => Some(directory.director()).filter(|director| director.agency != agency),
    });
    let local = office.clock.zone.to_datetime(now);
    let telling = |kind, whom| Telling {
        kind,
        whom,
        level: LEVEL,
        at: now,
        due_at: (kind != TellingKind::Reported).then_some(due.duty.due_at),
        agency: holder.agency.clone(),
        what: what.to_owned(),
    };
    let persons = persons_of(directory, holder, local).into_iter();
    let mut tellings: Vec<Telling> = persons.map(|whom| telling(firing.into(), whom)).collect();
    let persons = above.iter().flat_map(|post| persons_above(directory, post, local));
    tellings.extend(persons.map(|whom| telling(TellingKind::Reported, whom)));
    let mut told = vec![(agency, text.clone())];
    told.extend(above.map(|post| (post.agency.as_str(), said_above(&text, post))));
    let reminders = told
        .into_iter()
        .map(|(agency, reason)| PushOrder {
            recipient: Recipient { agency: agency.to_owned(), form: Form::Reminder },
            level: LEVEL,
            requested_at: now,
            due_at: due_at(LEVEL, now, office.limits),
            reason,
        })
        .collect();
    (reminders, tellings)
}

/// How far up the ladder it is told. What is supervised is told one step earlier: there is no case in which a card
/// could be given, but who would watch over the card is told all the same.
const fn step_above(firing: Firing, on_breach: OnBreach) -> Option<u8> {
    match (on_breach, firing) {
        (OnBreach::Nothing, _) | (_, Firing::Near) | (OnBreach::Remind, Firing::Over) => None,
        (OnBreach::Supervise, Firing::Over) => Some(1),
        (OnBreach::Remind, Firing::Chase(times)) => Some(times),
        (OnBreach::Supervise, Firing::Chase(times)) => Some(times.saturating_add(1)),
    }
}
