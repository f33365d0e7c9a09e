//! The pages: what each takes and answers. What it does the contract's comment on its method says.

use fengqiao_proto::json::descriptors;
use serde_json::{Map, Value, json};

use super::{comments::comment, schemas::Schemas};
use crate::http::{BATCH_BYTES, BATCH_REPORTS};

const PACKAGE: &str = "fengqiao.intake.v1";
const LINES: &str = "application/x-ndjson";

/// One page with one method.
struct Operation {
    path: &'static str,
    method: &'static str,
    id: &'static str,
    /// The method of the contract that it stands for.
    rpc: &'static str,
    words: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    answer: Value,
}

/// All pages.
pub(super) fn paths(schemas: &mut Schemas) -> Value {
    let mut message = |name: &str| schemas.message(&format!("{PACKAGE}.{name}"));
    let as_json = |schema: Value| json!({ "application/json": { "schema": schema } });
    let (report, accepted) = (message("Report"), message("AcceptedReport"));
    let (activity, recorded) = (message("Activity"), message("SubmitActivityResponse"));
    let (outcome, changes) = (message("SubmitReportsResponse"), message("ListChangesResponse"));
    let many = |of: &Value| json!({ "type": "array", "items": of, "maxItems": BATCH_REPORTS });
    let both = |of: &Value| json!({ "application/json": { "schema": many(of) }, LINES: { "schema": of } });
    let operations = [
        Operation {
            path: "/v1/reports",
            method: "post",
            id: "submitReport",
            rpc: "IntakeService.SubmitReport",
            words: String::new(),
            parameters: vec![idempotency_key()],
            body: Some(as_json(report.clone())),
            answer: as_json(message("SubmitReportResponse")),
        },
        Operation {
            path: "/v1/reports",
            method: "get",
            id: "getReportByReference",
            rpc: "IntakeService.GetReport",
            words: "By the source's own number.".to_owned(),
            parameters: vec![
                query("source", "The door it came through.", true),
                query("ref", "The source's own number for it.", true),
                county(),
                purpose(),
            ],
            body: None,
            answer: as_json(accepted.clone()),
        },
        Operation {
            path: "/v1/reports/{reportId}",
            method: "get",
            id: "getReport",
            rpc: "IntakeService.GetReport",
            words: "By intake's id.".to_owned(),
            parameters: vec![
                json!({
                    "name": "reportId", "in": "path", "required": true,
                    "description": "Intake's id of the report.",
                    "schema": { "type": "string", "format": "uuid" },
                }),
                county(),
                purpose(),
            ],
            body: None,
            answer: as_json(accepted),
        },
        Operation {
            path: "/v1/reports:batch",
            method: "post",
            id: "submitReports",
            rpc: "IntakeService.SubmitReports",
            words: format!(
                "At most {BATCH_REPORTS} reports and {BATCH_BYTES} bytes, as a JSON array or a line for each. The \
                 mark of an outcome is the report's place, from 1."
            ),
            parameters: vec![idempotency_key()],
            body: Some(both(&report)),
            answer: both(&outcome),
        },
        Operation {
            path: "/v1/activities",
            method: "post",
            id: "submitActivity",
            rpc: "ActivityService.SubmitActivity",
            words: String::new(),
            parameters: vec![idempotency_key()],
            body: Some(as_json(activity)),
            answer: as_json(recorded),
        },
        Operation {
            path: "/v1/changes",
            method: "get",
            id: "listChanges",
            rpc: "ChangeService.ListChanges",
            words: String::new(),
            parameters: vec![
                query(
                    "cursor",
                    "The `nextCursor` of the answer before; without it, from the oldest on.",
                    false,
                ),
                query("source", "Whose reports; a source may leave it out.", false),
                number("pageSize", "At most so many; 100 where not given.", 500),
                number("waitSeconds", "How long to wait for the first change.", 20),
                county(),
            ],
            body: None,
            answer: as_json(changes),
        },
        Operation {
            path: "/openapi.json",
            method: "get",
            id: "getDocument",
            rpc: "",
            words: "This document. Anyone may read it.".to_owned(),
            parameters: Vec::new(),
            body: None,
            answer: as_json(json!({ "type": "object" })),
        },
    ];
    let mut paths = Map::new();
    for operation in operations {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method;
        item[method] = described(operation);
    }
    Value::Object(paths)
}

fn described(operation: Operation) -> Value {
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let refused =
        |words: &str| json!({ "description": words, "content": { "application/problem+json": problem } });
    let of_rpc = rpc_comment(operation.rpc);
    let words: Vec<&str> =
        [of_rpc.as_str(), operation.words.as_str()].into_iter().filter(|words| !words.is_empty()).collect();
    let mut described = json!({
        "operationId": operation.id,
        "description": words.join(" "),
        "responses": {
            "200": { "description": "It is done.", "content": operation.answer },
            "default": refused("It was refused. 429 and 503 say in Retry-After when to come again."),
        },
    });
    if !operation.parameters.is_empty() {
        described["parameters"] = Value::Array(operation.parameters);
    }
    if let Some(body) = operation.body {
        described["requestBody"] = json!({ "required": true, "content": body });
    }
    if operation.rpc.is_empty() {
        described["security"] = json!([]);
    }
    described
}

fn rpc_comment(rpc: &str) -> String {
    let find = || {
        let (service, method) = rpc.split_once('.')?;
        let pool = descriptors().ok()?;
        let service = pool.get_service_by_name(&format!("{PACKAGE}.{service}"))?;
        let method = service.methods().find(|one| one.name() == method)?;
        Some(comment(&service.parent_file(), method.path()))
    };
    find().unwrap_or_default()
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Makes sending again safe for a day: the same key with the same body gets the same answer, with \
            another body 422, while the first is being worked on 409. A report is safe to send again without it too, by \
            its sourceRef.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
    })
}

fn query(name: &str, words: &str, required: bool) -> Value {
    json!({
        "name": name, "in": "query", "required": required, "description": words,
        "schema": { "type": "string" },
    })
}

fn number(name: &str, words: &str, most: i32) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": words,
        "schema": { "type": "integer", "minimum": 0, "maximum": most },
    })
}

fn county() -> Value {
    query("county", "The county's 6-digit code; the caller's own where not given.", false)
}

fn purpose() -> Value {
    query(
        "purpose",
        "Why it is read; needed by an officer for what a confidential or protected report says, and kept. At most 200 \
         characters.",
        false,
    )
}
