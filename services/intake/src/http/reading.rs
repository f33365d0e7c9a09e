//! Reading what is handed in.

use fengqiao_proto::json_misfits::{self, Unfit};
use prost::Name;
use serde_json::Value;

use crate::{domain::validation::Violation, error::IntakeError};

/// Reads a message from its JSON form.
///
/// # Errors
/// Every part of it that does not fit, by its path.
pub(super) fn read<M: Name + Default>(value: Value) -> Result<M, IntakeError> {
    json_misfits::read(value).map_err(|unfit| match unfit {
        Unfit::Parts(parts) => {
            let violations = parts.into_iter().map(|misfit| Violation::new(misfit.field, misfit.right));
            IntakeError::Invalid(violations.collect())
        }
        Unfit::Whole => IntakeError::invalid("", format!("must be the JSON form of {}", M::NAME)),
    })
}
