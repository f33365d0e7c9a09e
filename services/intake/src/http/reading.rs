//! Reading what is handed in.

use fengqiao_proto::{json::from_json, json_misfits::misfits};
use prost::Name;
use serde_json::Value;

use crate::{domain::validation::Violation, error::IntakeError};

/// Reads a message from its JSON form.
///
/// # Errors
/// Every part of it that does not fit, by its path.
pub(super) fn read<M: Name + Default>(value: Value) -> Result<M, IntakeError> {
    let unreadable = || IntakeError::invalid("", format!("must be the JSON form of {}", M::NAME));
    let wrong = misfits::<M>(&value).map_err(|_| unreadable())?;
    if !wrong.is_empty() {
        let violation = wrong.into_iter().map(|misfit| Violation::new(misfit.field, misfit.right));
        return Err(IntakeError::Invalid(violation.collect()));
    }
    from_json(value).map_err(|_| unreadable())
}
