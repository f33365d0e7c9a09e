//! The JSON text of a push as it is posted to a webhook.
//!
//! It is the proto3 JSON form of [`wire::outgoing`], written straight from the push: the contract's general writer takes a
//! message apart field by field, which costs twice as much as opening and signing it.

use std::fmt::Display;

use fengqiao_proto::{
    notification::v1::{DeliveryState, ReceiptState},
    types::v1::{FormKind, Level, Matter, Party, PartyRole, PushSubject},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{domain::push::Push, error::NotificationError, wire};

/// What is posted to a webhook at a try: the push as it is while it waits, so that the same try has the same words
/// whenever it is looked at. Personal data.
///
/// # Errors
/// Where the matter does not open.
pub fn json(keyring: &Keyring, push: &Push, attempt: i32) -> Result<Vec<u8>, NotificationError> {
    written(push, &wire::open_matter(keyring, push)?, attempt)
}

/// The same as a record of tries shows it: its texts are masked, and without the people.
///
/// # Errors
/// As [`json`].
pub fn masked_json(keyring: &Keyring, push: &Push, attempt: i32) -> Result<Vec<u8>, NotificationError> {
    written(push, &wire::masked_matter(keyring, push)?, attempt)
}

fn written(push: &Push, matter: &Matter, attempt: i32) -> Result<Vec<u8>, NotificationError> {
    let mut text = Vec::with_capacity(1_024 + push.sealed_matter.len());
    serde_json::to_writer(&mut text, &Outgoing::of(push, matter, attempt))
        .map_err(fengqiao_proto::json::JsonError::from)?;
    Ok(text)
}

/// The fields that a push has while it waits, in the order of their numbers; what is empty is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    county: &'a str,
    #[serde(serialize_with = "as_text")]
    push_id: uuid::Uuid,
    #[serde(serialize_with = "as_text")]
    case_id: uuid::Uuid,
    #[serde(skip_serializing_if = "str::is_empty")]
    case_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    agency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    area_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    area_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    category: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    requested_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Time>,
    delivery: &'static str,
    receipt: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    attempts: i32,
    matter: OutgoingMatter<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    form_number: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    drill: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_by: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_by: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutgoingMatter<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    narrative: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    address: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parties: Vec<OutgoingParty<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    need: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    safe_contact_time: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutgoingParty<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    id_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone_as_said: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    id_number_as_said: &'a str,
}

/// A role by its name; one that this build does not know by its number.
#[derive(Serialize)]
#[serde(untagged)]
enum Role {
    Known(&'static str),
    Number(i32),
}

struct Time(Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&to_proto(self.0))
    }
}

impl<'a> Outgoing<'a> {
    fn of(push: &'a Push, matter: &'a Matter, attempt: i32) -> Self {
        Self {
            county: &push.county,
            push_id: push.push_id,
            case_id: push.case_id,
            case_number: &push.case_number,
            agency: &push.agency,
            form: Some(push.form)
                .filter(|form| *form != FormKind::Unspecified)
                .map(|form| form.as_str_name()),
            level: Some(push.level)
                .filter(|level| *level != Level::Unspecified)
                .map(|level| level.as_str_name()),
            area_code: &push.area_code,
            area_name: &push.area_name,
            category: &push.category,
            reason: &push.reason,
            requested_at: Time(push.requested_at),
            due_at: push.due_at.map(Time),
            delivery: DeliveryState::Waiting.as_str_name(),
            receipt: ReceiptState::Unsigned.as_str_name(),
            attempts: attempt,
            matter: OutgoingMatter::of(matter),
            subject: Some(push.subject)
                .filter(|subject| *subject != PushSubject::Unspecified)
                .map(|subject| subject.as_str_name()),
            form_number: &push.form_number,
            drill: push.drill,
            sign_by: push.sign_by.map(Time),
            answer_by: push.answer_by.map(Time),
        }
    }
}

impl<'a> OutgoingMatter<'a> {
    fn of(matter: &'a Matter) -> Self {
        Self {
            title: &matter.title,
            narrative: &matter.narrative,
            address: &matter.address,
            parties: matter.parties.iter().map(OutgoingParty::of).collect(),
            need: &matter.need,
            safe_contact_time: &matter.safe_contact_time,
        }
    }
}

impl<'a> OutgoingParty<'a> {
    fn of(party: &'a Party) -> Self {
        let role = match PartyRole::try_from(party.role) {
            Ok(PartyRole::Unspecified) => None,
            Ok(role) => Some(Role::Known(role.as_str_name())),
            Err(_) => Some(Role::Number(party.role)),
        };
        Self {
            role,
            name: &party.name,
            phone: &party.phone,
            id_number: &party.id_number,
            phone_as_said: &party.phone_as_said,
            id_number_as_said: &party.id_number_as_said,
        }
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As serde asks.
#[expect(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &i32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::json::to_json_text;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::push::RequestedPush;

    fn party() -> impl Strategy<Value = Party> {
        let role = prop_oneof![Just(0), Just(1), Just(2), Just(77)];
        let said = prop::array::uniform2("[0-9*]{0,6}");
        (role, ".{0,4}", "[0-9]{0,11}", "[0-9X]{0,18}", said).prop_map(
            |(role, name, phone, id_number, [phone_as_said, id_number_as_said])| Party {
                role,
                name,
                phone,
                id_number,
                phone_as_said,
                id_number_as_said,
            },
        )
    }

    fn matter() -> impl Strategy<Value = Matter> {
        let texts = (".{0,20}", "\\PC{0,60}", ".{0,9}", ".{0,9}", ".{0,9}");
        (texts, prop::collection::vec(party(), 0..3)).prop_map(
            |((title, narrative, address, need, safe_contact_time), parties)| Matter {
                title,
                narrative,
                address,
                parties,
                need,
                safe_contact_time,
            },
        )
    }

    /// Every field that a waiting push may have, there or not there.
    fn push() -> impl Strategy<Value = Push> {
        let kinds = (0..4, 0..5, 0..3);
        let texts = prop::array::uniform7(".{0,6}");
        let times = prop::array::uniform3(prop::option::of(0_i64..4_000_000_000_000_000));
        (kinds, texts, times, any::<bool>(), 0_i64..4_000_000_000_000_000).prop_map(
            |((form, level, subject), texts, times, drill, requested_at)| {
                let at = |micros| Timestamp::from_microsecond(micros).unwrap();
                let [case_number, area_code, area_name, category, reason, form_number, last_error] = texts;
                let [due_at, sign_by, answer_by] = times.map(|time| time.map(at));
                let blank = RequestedPush::blank("421181", Uuid::now_v7(), "police", at(requested_at));
                Push {
                    form: FormKind::try_from(form).unwrap(),
                    level: Level::try_from(level).unwrap(),
                    subject: PushSubject::try_from(subject).unwrap(),
                    case_number,
                    area_code,
                    area_name,
                    category,
                    reason,
                    form_number,
                    last_error,
                    due_at,
                    sign_by,
                    answer_by,
                    drill,
                    delivered_at: due_at,
                    signed_at: sign_by,
                    ..blank.waiting()
                }
            },
        )
    }

    proptest! {
        #[test]
        fn it_is_the_contracts_own_json_form(push in push(), matter in matter(), attempt in 0..3) {
            let written = serde_json::to_string(&Outgoing::of(&push, &matter, attempt)).unwrap();
            let contracts = to_json_text(&wire::outgoing(&push, Some(matter.clone()), attempt)).unwrap();
            prop_assert_eq!(written, String::from_utf8(contracts).unwrap());
        }
    }
}
