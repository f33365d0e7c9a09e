//! The limits that reports are checked by, by the field that they hold for.

use fengqiao_proto::{json::short_name, types::v1::Source};
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value, json};

use crate::domain::{
    activity,
    details::{MOST_OWN_FIELDS, OWN_NAME_LENGTH, OWN_VALUE_LENGTH, hotline_ticket as ticket},
    ticket_states::{MOST_STAGES, MOST_TRANSFERS},
    validation as report,
};

/// How much a field holds.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// Characters; what has to be given has at least one.
    Characters(usize),
    /// Items of a list.
    Items(usize),
    /// A number from 0 on.
    UpTo(i32),
}

use Limit::{Characters, Items, UpTo};

const LIMITS: &[(&str, Limit)] = &[
    ("Report.source_ref", Characters(report::SOURCE_REF_LENGTH)),
    ("Report.address", Characters(report::ADDRESS_LENGTH)),
    ("Report.title", Characters(report::TITLE_LENGTH)),
    ("Report.narrative", Characters(report::NARRATIVE_LENGTH)),
    ("Report.need", Characters(report::NEED_LENGTH)),
    ("Report.safe_contact_time", Characters(report::SAFE_CONTACT_LENGTH)),
    ("Report.category", Characters(report::CATEGORY_LENGTH)),
    ("Report.parties", Items(report::MOST_PARTIES)),
    ("Activity.source_ref", Characters(report::SOURCE_REF_LENGTH)),
    ("Activity.count", UpTo(activity::MOST_COUNT)),
    ("Activity.agency", Characters(activity::AGENCY_LENGTH)),
    ("Activity.person", Characters(activity::PERSON_LENGTH)),
    ("Activity.subject", Characters(activity::SUBJECT_LENGTH)),
    ("Activity.text", Characters(activity::TEXT_LENGTH)),
    ("Party.name", Characters(report::NAME_LENGTH)),
    ("Details.own_fields", Items(MOST_OWN_FIELDS)),
    ("OwnField.name", Characters(OWN_NAME_LENGTH)),
    ("OwnField.value", Characters(OWN_VALUE_LENGTH)),
    ("HotlineTicket.channel", Characters(ticket::SHORT_LENGTH)),
    ("HotlineTicket.request_kind", Characters(ticket::SHORT_LENGTH)),
    ("HotlineTicket.taken_by", Characters(ticket::SHORT_LENGTH)),
    ("HotlineTicket.handlers", Items(ticket::MOST_HANDLERS)),
    ("HotlineTicket.stages", Items(MOST_STAGES)),
    ("HotlineTicket.unsolved_reason", Characters(ticket::REASON_LENGTH)),
    ("HotlineTicket.handling", Characters(ticket::LONG_LENGTH)),
    ("HotlineTicket.public_reply", Characters(ticket::LONG_LENGTH)),
    ("HotlineTicket.transfers", Items(MOST_TRANSFERS)),
    ("HotlineTicket.application_kind", Characters(ticket::SHORT_LENGTH)),
    ("HotlineTicket.attachments", Items(ticket::MOST_ATTACHMENTS)),
    ("TicketHandler.unit", Characters(ticket::UNIT_LENGTH)),
    ("TicketHandler.expires_days", UpTo(ticket::LONGEST_DAYS)),
    ("TicketStage.words", Characters(ticket::WORDS_LENGTH)),
    ("TicketTransfer.from", Characters(ticket::UNIT_LENGTH)),
    ("TicketTransfer.to", Characters(ticket::UNIT_LENGTH)),
    ("TicketTransfer.by", Characters(report::NAME_LENGTH)),
    ("TicketTransfer.words", Characters(ticket::WORDS_LENGTH)),
    ("TicketAttachment.name", Characters(ticket::ATTACHMENT_NAME_LENGTH)),
    ("TicketAttachment.kind", Characters(ticket::SHORT_LENGTH)),
    ("TicketAttachment.size_kib", UpTo(ticket::LARGEST_KIB)),
    ("TicketAttachment.location", Characters(ticket::LOCATION_LENGTH)),
];

/// What has to be given.
const REQUIRED: &[&str] = &[
    "Report.source",
    "Report.source_ref",
    "Report.occurred_at",
    "Activity.source",
    "Activity.source_ref",
    "Activity.kind",
    "Activity.area_code",
    "Activity.begun_at",
    "Party.role",
    "OwnField.name",
    "TicketHandler.unit",
    "TicketHandler.role",
    "TicketStage.kind",
    "TicketStage.at",
    "TicketTransfer.at",
    "TicketAttachment.name",
];

/// What has to be given besides, unless the county's devices say it: of every report but a one-key call.
const REQUIRED_BUT_OF_A_PRESS: &[&str] = &["area_code", "title"];
const PRESS: Source = Source::OneKeyCall;

/// Adds to the schema of a message what has to be given by what else it says.
pub(super) fn add_conditions(descriptor: &MessageDescriptor, schema: &mut Map<String, Value>) {
    if descriptor.name() != "Report" {
        return;
    }
    let long = PRESS.as_str_name();
    let names = [long, short_name(long, Source::Unspecified.as_str_name())];
    let needed = REQUIRED_BUT_OF_A_PRESS.iter().filter_map(|name| descriptor.get_field_by_name(name));
    let needed: Vec<String> = needed.map(|field| field.json_name().to_owned()).collect();
    let given: Map<String, Value> =
        needed.iter().map(|field| (field.clone(), json!({ "minLength": 1 }))).collect();
    let press = json!({ "required": ["source"], "properties": { "source": { "enum": names } } });
    schema.insert("if".to_owned(), press);
    schema.insert("else".to_owned(), json!({ "required": needed, "properties": given }));
}

/// Whether the field of a message has to be given.
pub(super) fn is_required(message: &str, field: &str) -> bool {
    REQUIRED.contains(&format!("{message}.{field}").as_str())
}

/// Adds the limit of a field to its schema.
pub(super) fn add(message: &str, field: &str, schema: &mut Map<String, Value>) {
    let name = format!("{message}.{field}");
    match LIMITS.iter().find(|(known, _)| *known == name).map(|(_, limit)| *limit) {
        Some(Characters(most)) => {
            schema.insert("maxLength".to_owned(), json!(most));
            if is_required(message, field) {
                schema.insert("minLength".to_owned(), json!(1));
            }
        }
        Some(Items(most)) => {
            schema.insert("maxItems".to_owned(), json!(most));
        }
        Some(UpTo(most)) => {
            schema.insert("minimum".to_owned(), json!(0));
            schema.insert("maximum".to_owned(), json!(most));
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::json::descriptors;

    use super::*;

    #[test]
    fn every_limit_is_of_a_field_of_the_contract() {
        let pool = descriptors().unwrap();
        let of = |message: &str| {
            ["fengqiao.intake.v1", "fengqiao.type.v1"]
                .iter()
                .find_map(|package| pool.get_message_by_name(&format!("{package}.{message}")))
        };
        for name in LIMITS.iter().map(|(name, _)| *name).chain(REQUIRED.iter().copied()) {
            let (message, field) = name.split_once('.').unwrap();
            assert!(of(message).unwrap().get_field_by_name(field).is_some(), "{name}");
        }
    }
}
