//! Where sealed values lie, so that they are sealed anew when the keys change. A new column has its line here; a test
//! holds this against the schema.

use fengqiao_serving::resealing::SealedColumn;

const PUSH: &[(&str, &str)] = &[("push_id", "uuid")];
const FORM: &[(&str, &str)] = &[("form_id", "uuid")];
const FEEDBACK: &[(&str, &str)] = &[("push_id", "uuid"), ("request_id", "text")];
const RECORDED: &[(&str, &str)] = &[("push_id", "uuid"), ("kind", "smallint"), ("request_id", "text")];
const ATTACHMENT: &[(&str, &str)] = &[("push_id", "uuid"), ("attachment_id", "uuid")];

const MESSAGE: &[(&str, &str)] = &[("message_id", "uuid")];
const PROGRESS: &[(&str, &str)] = &[("case_id", "uuid")];
const ATTEMPT: &[(&str, &str)] = &[("push_id", "uuid"), ("number", "integer")];
const ENDPOINT: &[(&str, &str)] = &[("agency", "text"), ("made_at", "timestamptz")];

/// The columns of sealed values.
pub const SEALED_COLUMNS: &[SealedColumn] = &[
    SealedColumn::of_county("push", "sealed_matter", PUSH),
    SealedColumn::of_county("push", "return_text", PUSH),
    SealedColumn::of_county("push", "return_evidence", PUSH),
    SealedColumn::of_county("push", "recall_text", PUSH),
    SealedColumn::of_county("form", "sealed_content", FORM),
    SealedColumn::of_county("form_paper", "sealed_pdf", FORM),
    SealedColumn::of_county("attachment", "sealed_name", ATTACHMENT),
    // Its content is sealed with this key, and stays as it is.
    SealedColumn::of_county("attachment_content", "sealed_key", &[("content", "bytea")]),
    SealedColumn::of_county("feedback", "sealed_text", FEEDBACK),
    SealedColumn::of_county("recorded_answer", "sealed_teller", RECORDED),
    SealedColumn::of_county("delivery_attempt", "sealed_answer", ATTEMPT),
    SealedColumn::of_county("person_message", "sealed_address", MESSAGE),
    SealedColumn::of_county("person_message", "sealed_text", MESSAGE),
    SealedColumn::of_county("case_progress", "sealed_code", PROGRESS),
    SealedColumn::of_county("staff_in_force", "sealed_staff", &[]),
    SealedColumn::of_county("endpoint_secret", "sealed_secret", ENDPOINT),
];
