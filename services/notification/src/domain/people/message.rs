//! What somebody is told of, and the message that comes of it.

use std::collections::HashMap;

use fengqiao_proto::types::v1::{Level, PersonKind, PushSubject, TellingKind};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Channel;

/// What a message speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// A case, or a duty besides cases.
    pub subject: PushSubject,
    /// Its id.
    pub case_id: Uuid,
    /// The number that people say; empty of a duty.
    pub case_number: String,
    /// The area's name.
    pub area_name: String,
    /// The agency that owes, or that leads the case.
    pub agency_name: String,
    /// What is owed, in a word.
    pub what: String,
    /// By when it is due.
    pub due_at: Option<Timestamp>,
    /// Whether it is an exercise.
    pub drill: bool,
}

/// That a person, or whoever reported, has to be told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Routing's id of it.
    pub telling_id: Uuid,
    /// Of what.
    pub kind: TellingKind,
    /// Whom.
    pub person_kind: PersonKind,
    /// An officer's principal, a contact's code.
    pub person: String,
    /// How urgent it is.
    pub level: Level,
    /// What it speaks of.
    pub subject: Subject,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Of officers and contacts the telephone, sealed.
    pub sealed_telephone: Vec<u8>,
    /// Of residents the matter, sealed.
    pub sealed_matter: Vec<u8>,
}

/// A message to one person, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// By this a gateway knows it again.
    pub message_id: Uuid,
    /// Routing's id of what is told.
    pub telling_id: Uuid,
    /// Of what.
    pub kind: TellingKind,
    /// Whom.
    pub person_kind: PersonKind,
    /// An officer's principal, a contact's code.
    pub person: String,
    /// A case, or a duty besides cases.
    pub subject: PushSubject,
    /// Its id.
    pub case_id: Uuid,
    /// The number that people say.
    pub case_number: String,
    /// What is owed, in a word.
    pub what: String,
    /// How urgent it is.
    pub level: Level,
    /// Whether it is of an exercise.
    pub drill: bool,
    /// The keyed hash of the address.
    pub recipient: [u8; 16],
    /// The same by the older lookup key, while that changes.
    pub recipient_before: Option<[u8; 16]>,
    /// The address, sealed.
    pub sealed_address: Vec<u8>,
    /// By which channels, in their order; never empty.
    pub channels: Vec<Channel>,
    /// The version of the words.
    pub version: String,
    /// The words, sealed.
    pub sealed_text: Vec<u8>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Within so many minutes the same is not told again.
    pub again_minutes: u16,
    /// The same is told the same person by an earlier one of these.
    pub repeated: bool,
    /// A later one of these says how far it is by now.
    pub overtaken: bool,
}

/// Reminders that come late, after a long stop or a long night: they wait a little for a later step of the same, which then
/// takes their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Late is what was asked for longer ago.
    pub after_minutes: u16,
    /// So long it waits.
    pub wait_seconds: u16,
}

/// On which ladder a kind stands, and how far up: what someone owes is due soon, late, chased; who is above hears of it.
/// Of one thing only the highest step that is due is said. None of kinds that are each said.
#[must_use]
pub const fn step(kind: TellingKind) -> Option<(u8, u8)> {
    match kind {
        TellingKind::DueSoon => Some((1, 1)),
        TellingKind::Overdue => Some((1, 2)),
        TellingKind::Chased => Some((1, 3)),
        TellingKind::Reported => Some((2, 1)),
        _ => None,
    }
}

impl NewMessage {
    /// Whether a later one takes the place of this one: a step as high of the same ladder, for the same person and thing.
    fn is_overtaken_by(&self, later: &Self) -> bool {
        let (Some((ladder, height)), Some((of, higher))) = (step(self.kind), step(later.kind)) else {
            return false;
        };
        ladder == of
            && higher >= height
            && (self.recipient, self.case_id, &self.what) == (later.recipient, later.case_id, &later.what)
            && self.requested_at < later.requested_at
            && !later.repeated
    }

    /// What must not be told twice within minutes: who, of which case, what.
    fn thing(&self) -> ([u8; 16], Uuid, TellingKind, String) {
        (self.recipient, self.case_id, self.kind, self.what.clone())
    }
}

/// Marks the steps of a ladder that a later one of them takes the place of: after a long stop a person hears how far it is
/// by now, and not each step that passed.
pub fn mark_overtaken(messages: &mut [NewMessage]) {
    for at in 0..messages.len() {
        let overtaken = messages.iter().any(|later| messages[at].is_overtaken_by(later));
        messages[at].overtaken = overtaken;
    }
}

/// Marks those that tell a person the same as an earlier one of them, within its minutes. They stand in the order in
/// which they came.
pub fn mark_repeats(messages: &mut [NewMessage]) {
    let mut told: HashMap<_, (Uuid, Timestamp)> = HashMap::new();
    for message in messages {
        let thing = message.thing();
        let within = SignedDuration::from_mins(i64::from(message.again_minutes));
        if let Some((telling, at)) = told.get(&thing)
            && *telling != message.telling_id
            && message.requested_at.duration_since(*at) < within
        {
            message.repeated = true;
            continue;
        }
        told.insert(thing, (message.telling_id, message.requested_at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(recipient: u8, kind: TellingKind, at: &str) -> NewMessage {
        NewMessage {
            message_id: Uuid::now_v7(),
            telling_id: Uuid::now_v7(),
            kind,
            person_kind: PersonKind::Officer,
            person: "li".into(),
            subject: PushSubject::Case,
            case_id: Uuid::nil(),
            case_number: "20261124-0001".into(),
            what: "签收".into(),
            level: Level::Yellow,
            drill: false,
            recipient: [recipient; 16],
            recipient_before: None,
            sealed_address: Vec::new(),
            channels: vec![Channel::Sms],
            version: "1".into(),
            sealed_text: Vec::new(),
            requested_at: at.parse().unwrap(),
            again_minutes: 10,
            repeated: false,
            overtaken: false,
        }
    }

    #[test]
    fn nobody_is_told_twice_of_one_thing_within_minutes() {
        use TellingKind::{DueSoon, Overdue};
        let mut messages = [
            message(1, DueSoon, "2026-11-24T01:00:00Z"),
            message(1, DueSoon, "2026-11-24T01:09:59Z"),
            message(2, DueSoon, "2026-11-24T01:09:59Z"),
            message(1, Overdue, "2026-11-24T01:09:59Z"),
            // Ten minutes after the first one, which is the one that was told.
            message(1, DueSoon, "2026-11-24T01:10:00Z"),
        ];
        mark_repeats(&mut messages);
        assert_eq!(messages.map(|m| m.repeated), [false, true, false, false, false]);
    }

    #[test]
    fn of_the_steps_of_a_ladder_only_the_last_that_is_due_is_said() {
        let mut messages = [
            message(1, TellingKind::DueSoon, "2026-11-01T00:00:00Z"),
            message(1, TellingKind::Overdue, "2026-11-02T00:00:00Z"),
            message(1, TellingKind::Chased, "2026-11-03T00:00:00Z"),
            message(1, TellingKind::Chased, "2026-11-05T00:00:00Z"),
            // Another person, another ladder, another thing: each its own.
            message(2, TellingKind::Overdue, "2026-11-02T00:00:00Z"),
            message(1, TellingKind::Reported, "2026-11-03T00:00:00Z"),
            NewMessage { what: "办理".into(), ..message(1, TellingKind::DueSoon, "2026-11-01T00:00:00Z") },
            message(1, TellingKind::Called, "2026-11-01T00:00:00Z"),
        ];
        mark_overtaken(&mut messages);
        assert_eq!(
            messages.each_ref().map(|one| one.overtaken),
            [true, true, true, false, false, false, false, false]
        );
        // It began anew: a warning that comes after is none of the past.
        let mut anew = [
            message(1, TellingKind::Chased, "2026-11-05T00:00:00Z"),
            message(1, TellingKind::DueSoon, "2026-11-09T00:00:00Z"),
        ];
        mark_overtaken(&mut anew);
        assert!(!anew[0].overtaken && !anew[1].overtaken);
    }
}
