//! The OpenAPI document, made of the contract: its messages and enums, their comments, and the limits that are checked.

mod comments;
mod limits;
mod operations;
mod schemas;

use serde_json::{Value, json};

use self::{operations::paths, schemas::Schemas};

/// The version of OpenAPI that the document follows.
const OPENAPI: &str = "3.1.0";

/// The document that `/openapi.json` serves.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::default();
    let paths = paths(&mut schemas);
    let mut components = schemas.finish();
    components.insert("Problem".to_owned(), problem());
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": "Fengqiao intake (枫桥 诉求接入)",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Reports and activities in, and what became of reports out. The same as the gRPC services of \
                fengqiao.intake.v1, as JSON. Enums may be written without their prefix.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "certificate": { "type": "mutualTLS" },
            },
        },
        "security": [{ "token": [] }, { "certificate": [] }],
    })
}

fn problem() -> Value {
    let text = |words: &str| json!({ "type": "string", "description": words });
    json!({
        "type": "object",
        "description": "Why a request was refused (RFC 9457). Holds no value that was sent.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text("Always about:blank: the status and the code say what it is."),
            "title": text("The status in words."),
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": text("What was wrong, for people."),
            "code": text("A stable word in capitals: INVALID_ARGUMENT, RESOURCE_EXHAUSTED, NOT_JSON …"),
            "violations": {
                "type": "array",
                "description": "What was wrong, field by field.",
                "items": {
                    "type": "object",
                    "required": ["field", "description"],
                    "properties": {
                        "field": text(
                            "The field's path, for instance parties[1].phone; report, reports or activity where \
                             one is wrong as a whole.",
                        ),
                        "description": text("What would be right."),
                    },
                },
            },
            "retryAfterMs": {
                "type": "integer",
                "description": "How long to wait before sending it again, in milliseconds.",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fengqiao_proto::json::descriptors;

    use super::*;

    /// Every value below a key of this name.
    fn gather<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get(name));
                fields.values().for_each(|inner| gather(inner, name, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| gather(inner, name, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = document();
        let mut references = Vec::new();
        gather(&document, "$ref", &mut references);
        let mut used = BTreeSet::new();
        for reference in references {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            used.insert(pointer.rsplit('/').next().unwrap().to_owned());
        }
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let unused: Vec<_> = schemas.keys().filter(|name| !used.contains(*name)).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn every_field_and_value_of_the_contract_is_there_with_its_comment() {
        let document = document();
        let report = descriptors().unwrap().get_message_by_name("fengqiao.intake.v1.Report").unwrap();
        let schema = &document["components"]["schemas"]["Report"];
        for field in report.fields() {
            let held = &schema["properties"][field.json_name()];
            assert!(held.is_object(), "{}", field.json_name());
            assert!(held["description"].as_str().is_some_and(|words| !words.is_empty()), "{held}");
        }
        assert_eq!(schema["additionalProperties"], json!(false));
        let source = &document["components"]["schemas"]["Source"];
        assert!(source["enum"].as_array().unwrap().contains(&json!("SOURCE_HOTLINE_12345")));
        assert!(source["description"].as_str().unwrap().contains("12345"), "{source}");
        let ticket = &document["components"]["schemas"]["HotlineTicket"]["properties"];
        assert!(ticket["channel"]["description"].as_str().unwrap().contains("渠道"));
        assert_eq!(ticket["stages"]["maxItems"], json!(100));
    }

    #[test]
    fn what_may_be_left_out_or_written_shorter_is_said() {
        let document = document();
        let report = &document["components"]["schemas"]["Report"];
        assert_eq!(report["required"], json!(["source", "sourceRef", "occurredAt"]));
        assert_eq!(
            report["if"]["properties"]["source"]["enum"],
            json!(["SOURCE_ONE_KEY_CALL", "ONE_KEY_CALL"])
        );
        assert_eq!(report["else"]["required"], json!(["areaCode", "title"]));
        assert!(report["properties"]["title"].get("minLength").is_none());
        for (name, short, long) in [
            ("Source", "HOTLINE_12345", "SOURCE_HOTLINE_12345"),
            ("PartyRole", "REPORTER", "PARTY_ROLE_REPORTER"),
            ("TicketFinding", "NO", "TICKET_FINDING_NO"),
        ] {
            let names = document["components"]["schemas"][name]["enum"].as_array().unwrap();
            assert!(names.contains(&json!(short)) && names.contains(&json!(long)), "{name}");
            assert!(!names.contains(&json!("UNSPECIFIED")), "{name}");
        }
        for path in ["/v1/reports", "/v1/reports/{reportId}"] {
            let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == "purpose"), "{path}");
        }
    }

    #[test]
    fn operations_have_what_openapi_asks_for() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
                assert!(
                    operation["responses"].as_object().is_some_and(|all| !all.is_empty()),
                    "{method} {path}"
                );
                let named: BTreeSet<&str> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|parameter| parameter["in"] == "path")
                    .map(|parameter| parameter["name"].as_str().unwrap())
                    .collect();
                let wanted: BTreeSet<&str> = path
                    .split(['{', '}'])
                    .enumerate()
                    .filter(|(at, _)| at % 2 == 1)
                    .map(|(_, name)| name)
                    .collect();
                assert_eq!(named, wanted, "{path}");
            }
        }
        assert_eq!(ids.len(), 7);
    }
}
