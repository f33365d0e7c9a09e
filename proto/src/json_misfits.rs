//! What is wrong with a JSON text that should be a message: every field that does not fit, by its path.

use prost::Name;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::json::{JsonError, descriptor_of, from_json, full_enum_name};

/// A part of a JSON text that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Its path in JSON names, for instance `parties[1].phone`; empty for the whole.
    pub field: String,
    /// What would be right; never the value.
    pub right: String,
}

/// Why a JSON text is no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// These parts of it do not fit.
    Parts(Vec<Misfit>),
    /// It is not the form of the message, and no part of it says why.
    Whole,
}

/// Reads a message from its JSON form.
///
/// # Errors
/// [`Unfit`]: every part that does not fit, by its path; never a value.
pub fn read<M: Name + Default>(value: Value) -> Result<M, Unfit> {
    let wrong = misfits::<M>(&value).map_err(|_| Unfit::Whole)?;
    if !wrong.is_empty() {
        return Err(Unfit::Parts(wrong));
    }
    from_json(value).map_err(|_| Unfit::Whole)
}

/// Enough to see what is wrong; a text may have thousands.
const MOST: usize = 50;
/// A name that nobody knows is given back only so far.
const NAME_LENGTH: usize = 64;

/// Every part of a value that does not fit the message, at most 50. A value without any is read by
/// [`from_json`](crate::json::from_json), but for what only the message's own reader knows, such as times.
///
/// # Errors
/// [`JsonError::UnknownMessage`] cannot happen with generated types.
pub fn misfits<M: Name>(value: &Value) -> Result<Vec<Misfit>, JsonError> {
    let mut found = Vec::new();
    message(value, &descriptor_of::<M>()?, "", &mut found);
    found.truncate(MOST);
    Ok(found)
}

fn message(value: &Value, descriptor: &MessageDescriptor, path: &str, found: &mut Vec<Misfit>) {
    if descriptor.full_name().starts_with("google.protobuf.") {
        return well_known(value, descriptor, path, found);
    }
    let Value::Object(fields) = value else { return say(found, path, "must be an object") };
    let mut chosen: Vec<String> = Vec::new();
    for (name, inner) in fields {
        if found.len() >= MOST {
            return;
        }
        let field = descriptor.get_field_by_json_name(name).or_else(|| descriptor.get_field_by_name(name));
        let Some(field) = field else {
            let known: String = name.chars().filter(|c| !c.is_control()).take(NAME_LENGTH).collect();
            say(found, &below(path, &known), "is not a field of the form");
            continue;
        };
        let at = below(path, field.json_name());
        if inner.is_null() {
            continue;
        }
        if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            if chosen.iter().any(|name| name == oneof.name()) {
                say(found, &at, "must be given alone: there is another of its kind");
            }
            chosen.push(oneof.name().to_owned());
        }
        match inner {
            Value::Array(items) if field.is_list() => {
                for (index, item) in items.iter().enumerate().take(MOST * 100) {
                    one(item, &field, &format!("{at}[{index}]"), found);
                }
            }
            _ if field.is_list() => say(found, &at, "must be a list"),
            other => one(other, &field, &at, found),
        }
    }
}

fn one(value: &Value, field: &FieldDescriptor, path: &str, found: &mut Vec<Misfit>) {
    if found.len() >= MOST {
        return;
    }
    let right = match field.kind() {
        Kind::Message(inner) => return message(value, &inner, path, found),
        Kind::Enum(kind) => (!is_of(&kind, value)).then(|| one_of(&kind)),
        Kind::String | Kind::Bytes => (!value.is_string()).then(|| "must be a text".to_owned()),
        Kind::Bool => (!value.is_boolean()).then(|| "must be true or false".to_owned()),
        Kind::Float | Kind::Double => {
            (!value.is_number() && !value.is_string()).then(|| "must be a number".to_owned())
        }
        _ => (!is_whole(value)).then(|| "must be a whole number".to_owned()),
    };
    if let Some(right) = right {
        say(found, path, &right);
    }
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => text.parse::<i128>().is_ok(),
        _ => false,
    }
}

fn is_of(kind: &EnumDescriptor, value: &Value) -> bool {
    match value {
        Value::String(name) => kind.get_value_by_name(name).is_some() || full_enum_name(kind, name).is_some(),
        // What number it is the receiver's own check says.
        Value::Number(number) => number.is_i64(),
        _ => false,
    }
}

fn one_of(kind: &EnumDescriptor) -> String {
    let default = kind.default_value();
    let short = |name: &str| crate::json::short_name(name, default.name()).to_owned();
    let names: Vec<String> =
        kind.values().filter(|value| value.number() != 0).map(|value| short(value.name())).collect();
    format!("must be one of {}", names.join(", "))
}

fn well_known(value: &Value, descriptor: &MessageDescriptor, path: &str, found: &mut Vec<Misfit>) {
    if descriptor.name() == "Timestamp" && !value.as_str().is_some_and(is_time) {
        say(found, path, "must be a time such as 2026-11-24T08:00:00+08:00");
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<prost_types::Timestamp>().is_ok()
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn say(found: &mut Vec<Misfit>, field: &str, right: &str) {
    found.push(Misfit { field: field.to_owned(), right: right.to_owned() });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::v1::Report;

    fn fields(value: Value) -> Vec<String> {
        misfits::<Report>(&value).unwrap().into_iter().map(|misfit| misfit.field).collect()
    }

    #[test]
    fn each_part_that_does_not_fit_is_named() {
        let wrong = json!({
            "source": "TELEGRAPH", "sourceReference": "x", "occurredAt": "yesterday", "title": 7,
            "parties": [{"role": "REPORTER", "phone": 13800000000_u64}, "王"],
            "confidential": "yes", "details": {"hotlineTicket": {"handlers": {}, "stages": [{"at": 5}]}},
        });
        let mut found = fields(wrong);
        found.sort();
        assert_eq!(
            found,
            [
                "confidential",
                "details.hotlineTicket.handlers",
                "details.hotlineTicket.stages[0].at",
                "occurredAt",
                "parties[0].phone",
                "parties[1]",
                "source",
                "sourceReference",
                "title",
            ]
        );
        assert_eq!(fields(json!([])), [""]);
    }

    #[test]
    fn what_fits_is_read() {
        let report = json!({
            "source": "HOTLINE_12345", "source_ref": "GD-1", "occurredAt": "2026-11-24T08:00:00+08:00",
            "areaCode": null, "parties": [{"role": 1}],
        });
        assert!(fields(report.clone()).is_empty());
        crate::json::from_json::<Report>(report).unwrap();
    }

    #[test]
    fn a_text_full_of_mistakes_is_answered_in_bounds() {
        let many: serde_json::Map<String, Value> = (0..10_000).map(|n| (format!("x{n}"), json!(1))).collect();
        assert_eq!(fields(Value::Object(many)).len(), MOST);
    }
}
