//! What is wrong with a line.

use fengqiao_proto::{
    intake::v1::Report,
    json_misfits::{self, Unfit},
};
use serde_json::Value;

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

/// The report of a JSON form.
///
/// # Errors
/// Every part of it that does not fit, by its path, as the service says it over HTTP; never the value.
pub fn report_of(form: Value) -> Result<Report, Vec<Fault>> {
    json_misfits::read(form).map_err(|unfit| match unfit {
        Unfit::Parts(parts) => {
            parts.into_iter().map(|misfit| Fault::new(misfit.field, misfit.right)).collect()
        }
        Unfit::Whole => {
            vec![Fault::new(
                "",
                "does not fit the JSON form of a report: see `fengqiao report submit --help`",
            )]
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_type_or_word_is_told_by_its_field() {
        let wrong = json!({
            "source": "TELEGRAPH", "sourceRef": 7, "titel": "x", "occurredAt": "gestern",
            "parties": [{"role": "CALLER", "phone": 13_800_000_000_u64}],
        });
        let faults = report_of(wrong).unwrap_err();
        let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            ["occurredAt", "parties[0].phone", "parties[0].role", "source", "sourceRef", "titel"]
        );
        assert!(faults.iter().all(|fault| !fault.reason.contains("13800000000") && !fault.reason.is_empty()));
        assert_eq!(report_of(json!(["x"])).unwrap_err()[0].field, "");
        assert_eq!(report_of(json!({"source": "GRID", "sourceRef": "7"})).unwrap().source_ref, "7");
    }
}
