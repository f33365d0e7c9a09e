//! What a mapping may set, by the contract.

use fengqiao_proto::{
    intake::v1::{PoliceDispatch, PoliceFeedback, PoliceTaking, Report},
    json::descriptors,
};
use prost::Name as _;
use prost_reflect::{Kind, MessageDescriptor};

use super::RecordKind;

/// What kind of value a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A text.
    Text,
    /// One of several texts: the field is a list, and what is set is one entry of it.
    TextOfList,
    /// Yes or no.
    Truth,
    /// A whole number.
    Whole,
    /// A number with a fraction.
    Number,
    /// A moment.
    Time,
}

/// What the rest of a mapping sets; so it is not set by path.
const SET_OTHERWISE: &[&str] = &["areaCode", "category", "county", "source"];

/// The kind of value at a path of JSON names.
///
/// # Errors
/// What would be right.
pub(super) fn kind_at(record: RecordKind, path: &str) -> Result<TargetKind, String> {
    if SET_OTHERWISE.contains(&path) {
        return Err(format!("{path} is not set here but by its own part of the file"));
    }
    let mut message = descriptor_of(record).ok_or("the contract cannot be read")?;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let field = message
            .get_field_by_json_name(name)
            .ok_or_else(|| format!("{path} is no field of {}", message.name()))?;
        let last = names.peek().is_none();
        return match field.kind() {
            Kind::Message(inner) if !last && !field.is_list() => {
                message = inner;
                continue;
            }
            Kind::Message(inner) if last && !field.is_list() && inner.full_name() == TIMESTAMP => {
                Ok(TargetKind::Time)
            }
            Kind::String if last && field.is_list() => Ok(TargetKind::TextOfList),
            Kind::String if last => Ok(TargetKind::Text),
            Kind::Bool if last => Ok(TargetKind::Truth),
            Kind::Int32 if last => Ok(TargetKind::Whole),
            Kind::Double if last => Ok(TargetKind::Number),
            _ => Err(format!("{path} cannot be set by a mapping")),
        };
    }
    Err("a field must be named".to_owned())
}

/// Whether the message of a record has this field.
pub(super) fn has(record: RecordKind, name: &str) -> bool {
    descriptor_of(record).is_some_and(|message| message.get_field_by_json_name(name).is_some())
}

const TIMESTAMP: &str = "google.protobuf.Timestamp";

fn descriptor_of(record: RecordKind) -> Option<MessageDescriptor> {
    let name = match record {
        RecordKind::Report => Report::full_name(),
        RecordKind::PoliceTaking => PoliceTaking::full_name(),
        RecordKind::PoliceDispatch => PoliceDispatch::full_name(),
        RecordKind::PoliceFeedback => PoliceFeedback::full_name(),
    };
    descriptors().ok()?.get_message_by_name(&name)
}
