//! What is wrong with a line.

use fengqiao_proto::json::JsonError;

/// What is wrong with a field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field by its JSON path, or the column; empty for the line as a whole.
    pub field: String,
    /// What would be right.
    pub reason: String,
}

impl Fault {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// What is wrong with a JSON form. Its text may quote what stands in the field, so only the field's name is told of
/// it.
pub fn faults_of_form(error: &JsonError) -> Vec<Fault> {
    let JsonError::Form(form) = error else { return vec![Fault::new("", error.to_string())] };
    let said = form.to_string();
    let quoted = said.split('\'').nth(1).or_else(|| said.split('`').nth(1)).unwrap_or_default();
    if said.contains("unrecognized field name") {
        return vec![Fault::new(quoted, "is no field of a report")];
    }
    vec![Fault::new("", "does not fit the JSON form of a report: see `fengqiao report submit --help`")]
}
