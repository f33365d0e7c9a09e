//! Messages and enums of the contract as JSON schemas.

use std::collections::BTreeMap;

use fengqiao_proto::json::{descriptors, short_name};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{comments::comment, limits};

/// The schemas that are needed, each once.
#[derive(Default)]
pub(super) struct Schemas {
    made: Map<String, Value>,
    wanted: BTreeMap<String, Wanted>,
}

enum Wanted {
    Message(MessageDescriptor),
    Enum(EnumDescriptor),
}

impl Schemas {
    /// A reference to the schema of a message, by its full name.
    pub(super) fn message(&mut self, full_name: &str) -> Value {
        let found = descriptors().ok().and_then(|pool| pool.get_message_by_name(full_name));
        match found {
            Some(descriptor) => self.reference(Wanted::Message(descriptor)),
            None => json!({}),
        }
    }

    /// All schemas, those too that others need.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        while let Some((name, wanted)) = self.wanted.pop_first() {
            let schema = match wanted {
                Wanted::Message(descriptor) => self.of_message(&descriptor),
                Wanted::Enum(descriptor) => of_enum(&descriptor),
            };
            self.made.insert(name, schema);
        }
        self.made
    }

    fn reference(&mut self, wanted: Wanted) -> Value {
        let name = match &wanted {
            Wanted::Message(descriptor) => descriptor.name().to_owned(),
            Wanted::Enum(descriptor) => descriptor.name().to_owned(),
        };
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        // Marked as made before it is, since a message may hold itself.
        if !self.made.contains_key(&name) {
            self.made.insert(name.clone(), Value::Null);
            self.wanted.insert(name, wanted);
        }
        reference
    }

    fn of_message(&mut self, descriptor: &MessageDescriptor) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in descriptor.fields() {
            properties.insert(field.json_name().to_owned(), self.of_field(descriptor, &field));
            if limits::is_required(descriptor.name(), field.name()) {
                required.push(json!(field.json_name()));
            }
        }
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        let words = comment(&descriptor.parent_file(), descriptor.path());
        schema.insert("description".to_owned(), json!(words));
        schema.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        limits::add_conditions(descriptor, &mut schema);
        // What nobody knows is refused.
        schema.insert("additionalProperties".to_owned(), json!(false));
        Value::Object(schema)
    }

    fn of_field(&mut self, message: &MessageDescriptor, field: &FieldDescriptor) -> Value {
        let one = self.of_kind(field);
        let mut schema = Map::new();
        if field.is_list() {
            schema.insert("type".to_owned(), json!("array"));
            schema.insert("items".to_owned(), one);
        } else if let Value::Object(own) = one {
            schema = own;
        }
        limits::add(message.name(), field.name(), &mut schema);
        let mut words = comment(&field.parent_file(), field.path());
        if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            words.push_str(&format!(" At most one of the fields of `{}` is given.", oneof.name()));
        }
        schema.insert("description".to_owned(), json!(words));
        Value::Object(schema)
    }

    fn of_kind(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
                json!({ "type": "string", "format": "date-time" })
            }
            Kind::Message(inner) => self.reference(Wanted::Message(inner)),
            Kind::Enum(inner) => self.reference(Wanted::Enum(inner)),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Float | Kind::Double => json!({ "type": "number" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => {
                json!({ "type": "integer" })
            }
            // JSON's numbers are too short for these: they are written as texts.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "pattern": "^-?[0-9]+$" })
            }
        }
    }
}

/// The values with what each means. Answers have their full names; in what is sent those without the enum's prefix are
/// taken too.
fn of_enum(descriptor: &EnumDescriptor) -> Value {
    let file = descriptor.parent_file();
    let values: Vec<_> = descriptor.values().collect();
    let meanings = values.iter().map(|value| format!("{}: {}", value.name(), comment(&file, value.path())));
    let words = std::iter::once(comment(&file, descriptor.path())).chain(meanings);
    let none = descriptor.default_value();
    let full = values.iter().map(|value| value.name());
    let given = values.iter().filter(|value| value.number() != none.number());
    let short = given.map(|value| short_name(value.name(), none.name()));
    json!({
        "type": "string",
        "description": words.collect::<Vec<_>>().join("\n"),
        "enum": full.chain(short).collect::<Vec<_>>(),
    })
}
