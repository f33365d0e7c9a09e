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
}

impl NewMessage {
    /// What must not be told twice within minutes: who, of which case, what.
    fn thing(&self) -> ([u8; 16], Uuid, TellingKind, String) {
        (self.recipient, self.case_id, self.kind, self.what.clone())
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
            sealed_address: Vec::new(),
            channels: vec![Channel::Sms],
            version: "1".into(),
            sealed_text: Vec::new(),
            requested_at: at.parse().unwrap(),
            again_minutes: 10,
            repeated: false,
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
}
