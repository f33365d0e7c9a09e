//! What is wrong with bytes that are no message: which fields, and the mark by which they are answered.

use fengqiao_proto::json::descriptors;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::domain::validation::Violation;

/// Bytes that are no message of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// The number in field 1, where one could be read: a stream's message is answered by it.
    pub mark: u64,
    /// What is wrong; never empty.
    pub violations: Vec<Violation>,
}

const MARK: u32 = 1;
const VARINT: u8 = 0;
const EIGHT_BYTES: u8 = 1;
const LENGTH: u8 = 2;
const FOUR_BYTES: u8 = 5;
/// Enough to see what is wrong; a broken message may have thousands.
const MOST_VIOLATIONS: usize = 50;
const DEEPEST: usize = 16;
const NOT_UTF_8: &str = "must be UTF-8";
const BROKEN: &str = "must be a well-formed message of the contract";

impl Undecodable {
    /// Looks through bytes that did not decode as the message of this name.
    #[must_use]
    pub fn examine(message: &str, bytes: &[u8]) -> Self {
        let mut violations = Vec::new();
        let descriptor = descriptors().ok().and_then(|pool| pool.get_message_by_name(message));
        if let Some(descriptor) = descriptor {
            walk(&descriptor, bytes, "", 0, &mut violations);
        }
        if violations.is_empty() {
            violations.push(Violation::new("", BROKEN));
        }
        for violation in &mut violations {
            // Paths are those of the report, as in every other violation.
            if let Some(inner) = violation.field.strip_prefix("report.") {
                violation.field = inner.to_owned();
            }
        }
        Self { mark: mark(bytes), violations }
    }

    /// Bytes that are more than a message may have.
    #[must_use]
    pub fn too_large(bytes: &[u8]) -> Self {
        Self { mark: mark(bytes), violations: vec![Violation::new("report", "must have at most 1 MiB")] }
    }
}

/// One field as it stands on the wire.
enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

fn mark(mut bytes: &[u8]) -> u64 {
    while let Some((number, value, rest)) = next_field(bytes) {
        if let (MARK, Value::Varint(mark)) = (number, value) {
            return mark;
        }
        bytes = rest;
    }
    0
}

fn walk(message: &MessageDescriptor, mut bytes: &[u8], path: &str, depth: usize, wrong: &mut Vec<Violation>) {
    let mut seen: Vec<(u32, usize)> = Vec::new();
    while !bytes.is_empty() && wrong.len() < MOST_VIOLATIONS {
        let Some((number, value, rest)) = next_field(bytes) else {
            wrong.push(Violation::new(path, BROKEN));
            return;
        };
        bytes = rest;
        let Some(field) = message.get_field(number) else { continue };
        let at = match seen.iter_mut().find(|(held, _)| *held == number) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                seen.push((number, 0));
                0
            }
        };
        check(&field, &value, &path_of(path, &field, at), depth, wrong);
    }
}

fn check(field: &FieldDescriptor, value: &Value<'_>, path: &str, depth: usize, wrong: &mut Vec<Violation>) {
    match (field.kind(), value) {
        (Kind::String, Value::Bytes(text)) if std::str::from_utf8(text).is_err() => {
            wrong.push(Violation::new(path, NOT_UTF_8));
        }
        (Kind::Message(inner), Value::Bytes(bytes)) if depth < DEEPEST => {
            walk(&inner, bytes, path, depth + 1, wrong)
        }
        (Kind::String | Kind::Bytes | Kind::Message(_), Value::Varint(_) | Value::Fixed) => {
            wrong.push(Violation::new(path, BROKEN));
        }
        // Numbers: a list of them may stand packed in bytes.
        (
            Kind::Enum(_) | Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64,
            Value::Bytes(_),
        ) if !field.is_list() => {
            wrong.push(Violation::new(path, BROKEN));
        }
        _ => {}
    }
}

fn path_of(path: &str, field: &FieldDescriptor, at: usize) -> String {
    let dot = if path.is_empty() { "" } else { "." };
    let index = if field.is_list() { format!("[{at}]") } else { String::new() };
    format!("{path}{dot}{}{index}", field.json_name())
}

/// The next field and what follows it; none where the bytes are cut off or no field.
fn next_field(bytes: &[u8]) -> Option<(u32, Value<'_>, &[u8])> {
    let (key, rest) = varint(bytes)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0)?;
    match (key & 7) as u8 {
        VARINT => varint(rest).map(|(value, rest)| (number, Value::Varint(value), rest)),
        EIGHT_BYTES => rest.get(8..).map(|rest| (number, Value::Fixed, rest)),
        FOUR_BYTES => rest.get(4..).map(|rest| (number, Value::Fixed, rest)),
        LENGTH => {
            let (length, rest) = varint(rest)?;
            let (inner, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((number, Value::Bytes(inner), rest))
        }
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::{
        intake::v1::{Report, SubmitReportsRequest},
        types::v1::Party,
    };
    use proptest::prelude::*;
    use prost::{Message as _, Name as _};

    use super::*;

    fn message() -> SubmitReportsRequest {
        let party =
            |name: &str| Party { name: name.into(), phone: "13800000000".into(), ..Default::default() };
        SubmitReportsRequest {
            mark: 77,
            report: Some(Report {
                title: "TITLE".into(),
                parties: vec![party("FIRST"), party("SECOND")],
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    /// The message with each given word made invalid UTF-8.
    fn spoiled(words: &[&str]) -> Vec<u8> {
        let mut bytes = message().encode_to_vec();
        for word in words {
            let at = bytes.windows(word.len()).position(|window| window == word.as_bytes()).unwrap();
            bytes[at] = 0xff;
        }
        assert!(SubmitReportsRequest::decode(bytes.as_slice()).is_err());
        bytes
    }

    fn fields(bytes: &[u8]) -> Vec<String> {
        let found = Undecodable::examine(&SubmitReportsRequest::full_name(), bytes);
        assert_eq!(found.mark, 77);
        found.violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn each_text_that_is_not_utf_8_is_named() {
        assert_eq!(fields(&spoiled(&["TITLE", "SECOND"])), ["title", "parties[1].name"]);
    }

    #[test]
    fn a_message_that_is_cut_off_is_still_answered_by_its_mark() {
        let whole = message().encode_to_vec();
        assert_eq!(fields(&whole[..whole.len() - 3]), [""]);
    }

    #[test]
    fn a_field_of_another_kind_is_named() {
        // Field 2 of the report, the source, as text.
        let bytes = [0x08, 77, 0x12, 3, 0x12, 1, b'x'];
        assert_eq!(fields(&bytes), ["source"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let found = Undecodable::examine(&SubmitReportsRequest::full_name(), &bytes);
            prop_assert!(!found.violations.is_empty() && found.violations.len() <= MOST_VIOLATIONS + DEEPEST);
        }
    }
}
