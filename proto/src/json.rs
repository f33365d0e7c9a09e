//! The proto3 JSON form of the contract's messages.
//!
//! Reading accepts enum names without their prefix too: `"POLICE_110"` is `SOURCE_POLICE_110`.

use std::sync::LazyLock;

use prost::Name;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    SerializeOptions,
};
use serde_json::Value;

use crate::FILE_DESCRIPTOR_SET;

/// Why a JSON text is not the message that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON, or does not fit the message. The message names the field.
    #[error("not the expected JSON form: {0}")]
    Form(#[from] serde_json::Error),
    /// The contract does not know the message. Cannot happen with generated types.
    #[error("the contract has no message {0}")]
    UnknownMessage(String),
    /// The generated type and the descriptor differ. Cannot happen within one build.
    #[error("the generated type differs from the contract: {0}")]
    Contract(String),
}

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|e| e.to_string()));

/// The contract's descriptors, custom method options included.
///
/// # Errors
/// [`JsonError::Contract`] if the embedded descriptor set is damaged.
pub fn descriptors() -> Result<&'static DescriptorPool, JsonError> {
    POOL.as_ref().map_err(|e| JsonError::Contract(e.clone()))
}

pub(crate) fn descriptor_of<M: Name>() -> Result<MessageDescriptor, JsonError> {
    let name = M::full_name();
    descriptors()?.get_message_by_name(&name).ok_or(JsonError::UnknownMessage(name))
}

/// Reads a message from its proto3 JSON form. Unknown fields are refused, so that a misspelt field is
/// not silently lost.
///
/// # Errors
/// [`JsonError::Form`] where the value does not fit; its text names the field or the line.
pub fn from_json<M: Name + Default>(mut value: Value) -> Result<M, JsonError> {
    let descriptor = descriptor_of::<M>()?;
    lengthen_enums(&mut value, &descriptor);
    let message = DynamicMessage::deserialize(descriptor, value)?;
    message.transcode_to().map_err(|e| JsonError::Contract(e.to_string()))
}

/// Writes a message in its proto3 JSON form. Enums carry their full names; empty fields are left out.
///
/// # Errors
/// [`JsonError`] only if the build's own contract is inconsistent.
pub fn to_json<M: Name>(message: &M) -> Result<Value, JsonError> {
    Ok(dynamic(message)?.serialize_with_options(serde_json::value::Serializer, &options())?)
}

/// The same as text.
///
/// # Errors
/// As of [`to_json`].
pub fn to_json_text<M: Name>(message: &M) -> Result<Vec<u8>, JsonError> {
    let mut text = Vec::with_capacity(2 * message.encoded_len());
    dynamic(message)?.serialize_with_options(&mut serde_json::Serializer::new(&mut text), &options())?;
    Ok(text)
}

fn dynamic<M: Name>(message: &M) -> Result<DynamicMessage, JsonError> {
    let mut dynamic = DynamicMessage::new(descriptor_of::<M>()?);
    dynamic.transcode_from(message).map_err(|e| JsonError::Contract(e.to_string()))?;
    Ok(dynamic)
}

fn options() -> SerializeOptions {
    SerializeOptions::new().stringify_64_bit_integers(true)
}

/// Replaces short enum names by full ones, in place, wherever the descriptor has an enum.
fn lengthen_enums(value: &mut Value, message: &MessageDescriptor) {
    let Value::Object(fields) = value else { return };
    for (name, inner) in fields.iter_mut() {
        let Some(field) = message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
        else {
            continue;
        };
        match inner {
            Value::Array(items) if field.is_list() => {
                items.iter_mut().for_each(|item| lengthen_one(item, &field));
            }
            Value::Object(entries) if field.is_map() => {
                if let Kind::Message(entry) = field.kind() {
                    let held = entry.map_entry_value_field();
                    entries.values_mut().for_each(|v| lengthen_one(v, &held));
                }
            }
            other => lengthen_one(other, &field),
        }
    }
}

fn lengthen_one(value: &mut Value, field: &FieldDescriptor) {
    match field.kind() {
        Kind::Enum(kind) => {
            if let Value::String(short) = value
                && kind.get_value_by_name(short).is_none()
                && let Some(full) = full_enum_name(&kind, short)
            {
                *value = Value::String(full);
            }
        }
        Kind::Message(inner) => lengthen_enums(value, &inner),
        _ => {}
    }
}

/// The full name of a value that was given without the enum's prefix.
pub(crate) fn full_enum_name(kind: &EnumDescriptor, short: &str) -> Option<String> {
    let zero = kind.default_value();
    let prefix = zero.name().strip_suffix("UNSPECIFIED")?;
    let full = format!("{prefix}{short}");
    kind.get_value_by_name(&full).map(|value| value.name().to_owned())
}

/// The name of an enum value without its prefix, for people and metrics.
pub fn short_name<'a>(full: &'a str, unspecified: &str) -> &'a str {
    unspecified.strip_suffix("UNSPECIFIED").and_then(|prefix| full.strip_prefix(prefix)).unwrap_or(full)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        intake::v1::Report,
        types::v1::{PartyRole, Source},
    };

    #[test]
    fn reads_the_documented_report_form_with_short_enum_names() {
        let report: Report = from_json(json!({
            "source": "HOTLINE_12345", "sourceRef": "GD-1", "occurredAt": "2026-11-24T08:00:00+08:00",
            "areaCode": "421181105", "address": "金丰小区3号楼", "title": "邻里纠纷", "narrative": "漏水",
            "category": "邻里",
            "parties": [{"role": "REPORTER", "name": "王女士", "phone": "13800000000", "idNumber": ""}]
        }))
        .unwrap();
        assert_eq!(report.source(), Source::Hotline12345);
        assert_eq!(report.parties[0].role(), PartyRole::Reporter);
        assert_eq!(report.occurred_at.unwrap().seconds, 1_795_478_400);
    }

    #[test]
    fn writes_and_reads_back() {
        let report = Report { source: 1, source_ref: "x".into(), ..Default::default() };
        let value = to_json(&report).unwrap();
        let text: Value = serde_json::from_slice(&to_json_text(&report).unwrap()).unwrap();
        assert_eq!(text, value);
        assert_eq!(value["source"], "SOURCE_POLICE_110");
        assert_eq!(from_json::<Report>(value).unwrap(), report);
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let error = from_json::<Report>(json!({"sourceReference": "x"})).unwrap_err();
        assert!(error.to_string().contains("sourceReference"), "{error}");
    }
}
