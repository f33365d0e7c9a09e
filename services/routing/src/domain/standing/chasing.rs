//! A duty besides cases whose time comes: it is near, it is over, it is chased. Who owes it gets a reminder (提示函),
//! and the next of the ladder is told, as with what is owed in a case; each thing is said once, since what was said
//! stands in the duty itself.

use jiff::Timestamp;
use uuid::Uuid;

use super::Office;
use crate::domain::{
    chasing::{holder_name, next_above, reminded, said, said_above},
    duty::{Duty, Firing},
    level::Level,
    practice::OnBreach,
    push::{Form, PushOrder, Recipient, due_at},
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
    /// Who is told of it.
    pub reminders: Vec<PushOrder>,
}

/// The time of a duty has come. `told`: its area told something in its time, so that it owes no zero report (S4-02).
#[must_use]
pub fn time_passed(due: &DueDuty, told: bool, now: Timestamp, office: Office<'_>) -> Chased {
    let mut duty = due.duty.clone();
    if told && now >= duty.due_at {
        let in_time = duty.due_at;
        duty.end(in_time, true);
        return Chased { duty, firing: None, reminders: Vec::new() };
    }
    let firing = duty.pass(now, office.practice.terms(duty.kind));
    let reminders = match firing.filter(|_| !told) {
        Some(firing) => reminders(due, firing, now, office),
        None => Vec::new(),
    };
    Chased { duty, firing, reminders }
}

fn reminders(due: &DueDuty, firing: Firing, now: Timestamp, office: Office<'_>) -> Vec<PushOrder> {
    let (directory, holder) = (office.directory, &due.duty.holder);
    let on_breach = office.practice.terms(due.duty.kind).on_breach;
    if on_breach == OnBreach::Nothing {
        return Vec::new();
    }
    let what = if due.restricted { RESTRICTED } else { due.duty.kind.name() };
    let text = said(holder_name(directory, holder), what, firing);
    let agency = reminded(directory, holder);
    let above = step_above(firing, on_breach).and_then(|step| match due.restricted {
        false => next_above(directory, agency, step),
        // Agencies between the holder and the centre may not know of it.
        true => Some(directory.director()).filter(|director| director.agency != agency),
    });
    let mut told = vec![(agency, text.clone())];
    told.extend(above.map(|post| (post.agency.as_str(), said_above(&text, post))));
    told.into_iter()
        .map(|(agency, reason)| PushOrder {
            recipient: Recipient { agency: agency.to_owned(), form: Form::Reminder },
            level: LEVEL,
            requested_at: now,
            due_at: due_at(LEVEL, now, office.limits),
            reason,
        })
        .collect()
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
