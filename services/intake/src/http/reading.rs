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
    // What is wrong as a whole is called by its own name.
    let whole = || M::NAME.to_lowercase();
    json_misfits::read(value).map_err(|unfit| match unfit {
        Unfit::Parts(parts) => {
            let violations = parts.into_iter().map(|misfit| {
                let field = if misfit.field.is_empty() { whole() } else { misfit.field };
                Violation::new(field, misfit.right)
            });
            IntakeError::Invalid(violations.collect())
        }
        Unfit::Whole => IntakeError::invalid(whole(), format!("must be the JSON form of {}", M::NAME)),
    })
}
