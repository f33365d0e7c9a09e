//! What a mapping may set, by the contract.

use fengqiao_proto::{
    intake::v1::{Activity, PoliceDispatch, PoliceFeedback, PoliceTaking, Report},
    json::descriptors,
};
use prost::Name as _;
use prost_reflect::{EnumDescriptor, Kind, MessageDescriptor};

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
    /// One of the contract's own words: the value of an enum.
    Word,
}

/// What is at a path of the contract.
pub(super) struct Target {
    /// The kind of value that it takes.
    pub(super) kind: TargetKind,
    /// Where that is a word of the contract: of which.
    pub(super) words: Option<EnumDescriptor>,
}

impl From<TargetKind> for Target {
    fn from(kind: TargetKind) -> Self {
        Self { kind, words: None }
    }
}

/// What the rest of a mapping sets, or is made of several records; so it is not set by path.
const SET_OTHERWISE: &[&str] = &[
    "areaCode",
    "category",
    "county",
    "source",
    "parties",
    "ownFields",
    "details.ownFields",
    "details.sourceCategory",
    "details.policeCall",
];

/// What is at a path of JSON names in a record.
///
/// # Errors
/// What would be right.
pub(super) fn target_at(record: RecordKind, path: &str) -> Result<Target, String> {
    set_by_path(path)?;
    target_in(&descriptor_of(record).ok_or(UNREADABLE)?, path)
}

/// What one entry of the list at a path of JSON names in a record is.
///
/// # Errors
/// What would be right.
pub(super) fn entry_at(record: RecordKind, path: &str) -> Result<MessageDescriptor, String> {
    set_by_path(path)?;
    let mut message = descriptor_of(record).ok_or(UNREADABLE)?;
    let no_list = || format!("{path} is no list of {}", message_name(record));
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let field = message.get_field_by_json_name(name).ok_or_else(no_list)?;
        match field.kind() {
            Kind::Message(entry) if field.is_list() && names.peek().is_none() => return Ok(entry),
            Kind::Message(inner) if !field.is_list() => message = inner,
            _ => break,
        }
    }
    Err(no_list())
}

fn set_by_path(path: &str) -> Result<(), String> {
    let below =
        |held: &str| path.strip_prefix(held).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    match SET_OTHERWISE.iter().find(|held| below(held)) {
        Some(_) => Err(format!("{path} is not set here but by its own part of the file")),
        None => Ok(()),
    }
}

/// What is at a path of JSON names in a message.
///
/// # Errors
/// What would be right.
pub(super) fn target_in(message: &MessageDescriptor, path: &str) -> Result<Target, String> {
    let mut message = message.clone();
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
                Ok(TargetKind::Time.into())
            }
            Kind::String if last && field.is_list() => Ok(TargetKind::TextOfList.into()),
            _ if field.is_list() => Err(format!("{path} is a list: it is set by a [[list]]")),
            Kind::String if last => Ok(TargetKind::Text.into()),
            Kind::Bool if last => Ok(TargetKind::Truth.into()),
            Kind::Int32 if last => Ok(TargetKind::Whole.into()),
            Kind::Double if last => Ok(TargetKind::Number.into()),
            Kind::Enum(words) if last => Ok(Target { kind: TargetKind::Word, words: Some(words) }),
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

const UNREADABLE: &str = "the contract cannot be read";

fn descriptor_of(record: RecordKind) -> Option<MessageDescriptor> {
    descriptors().ok()?.get_message_by_name(&message_name(record))
}

fn message_name(record: RecordKind) -> String {
    match record {
        RecordKind::Report => Report::full_name(),
        RecordKind::PoliceTaking => PoliceTaking::full_name(),
        RecordKind::PoliceDispatch => PoliceDispatch::full_name(),
        RecordKind::PoliceFeedback => PoliceFeedback::full_name(),
        RecordKind::Activity => Activity::full_name(),
    }
}
