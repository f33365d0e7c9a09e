//! A duty besides cases whose time comes: it is near, it is over, it is chased. Who owes it gets a reminder (提示函),
//! and the next of the ladder is told, as with what is owed in a case; each thing is said once, since what was said
//! stands in the duty itself.

use jiff::Timestamp;
use uuid::Uuid;

use super::Office;
use crate::domain::{
    chasing::{holder_name, next_above, reminded, said, said_above},
    duty::{Duty, DutyKind, Firing, Passed},
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
    /// The county's own word for what it is about; of a form its title and number.
    pub topic: String,
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

    /// What is owed, as far as a reminder may say so.
    fn told_what(&self) -> String {
        match self.duty.kind {
            _ if self.restricted => RESTRICTED.to_owned(),
            DutyKind::SignForm => format!("{}签收", self.topic),
            DutyKind::AnswerForm => format!("{}答复", self.topic),
            kind => kind.name().to_owned(),
        }
    }
}

/// What became of what a duty is about, when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Nothing that the clock has to know.
    Nothing,
    /// Its area told something in its time, so that it owes no zero report (S4-02).
    Told,
    /// Nobody owes it any more, and nobody said so: the case that a form tells of is over.
    Settled,
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

/// The time of a duty has come.
#[must_use]
pub fn time_passed(due: &DueDuty, meanwhile: Meanwhile, now: Timestamp, office: Office<'_>) -> Chased {
    let mut duty = due.duty.clone();
    let ended = match meanwhile {
        Meanwhile::Told if now >= duty.due_at => Some((duty.due_at, true)),
        Meanwhile::Settled => Some((now, false)),
        Meanwhile::Nothing | Meanwhile::Told => None,
    };
    if let Some((at, met)) = ended {
        duty.end(at, met);
        return Chased { duty, firing: None, reminders: Vec::new(), tellings: Vec::new() };
    }
    let passed = duty.pass(now, office.practice.terms(duty.kind));
    let (reminders, tellings) = match passed.filter(|_| meanwhile == Meanwhile::Nothing) {
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
    let what = due.told_what();
    let text = said(holder_name(directory, holder), &what, passed);
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
        what: what.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        duty::{Holder, Stage},
        standing::limit_between,
    };

    #[test]
    fn a_form_is_named_and_what_is_restricted_is_not() {
        let told = |kind, restricted| {
            let at = Timestamp::UNIX_EPOCH;
            let duty = Duty {
                no: 0,
                kind,
                holder: Holder::agency("housing"),
                about: 0,
                limit: limit_between(at, at),
                started_at: at,
                due_at: at,
                pauses: Vec::new(),
                stage: Stage::Running,
                next_at: None,
                ending: None,
            };
            let topic = "督办函 麻综督〔2026〕第0012号".to_owned();
            DueDuty { id: Uuid::nil(), area_code: String::new(), topic, restricted, duty }.told_what()
        };
        assert_eq!(told(DutyKind::SignForm, false), "督办函 麻综督〔2026〕第0012号签收");
        assert_eq!(told(DutyKind::AnswerForm, false), "督办函 麻综督〔2026〕第0012号答复");
        assert_eq!(told(DutyKind::Rectify, false), "整改");
        assert_eq!(told(DutyKind::Visit, true), RESTRICTED);
    }
}
