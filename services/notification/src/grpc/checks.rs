//! What a request must be like. All wrong fields are named at once.

use std::borrow::Cow;

use uuid::Uuid;

use crate::error::{NotificationError, WrongField};

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub(super) struct Checks(Vec<WrongField>);

impl Checks {
    /// Notes a wrong field.
    pub(super) fn wrong(&mut self, field: &'static str, description: impl Into<Cow<'static, str>>) {
        self.0.push(WrongField { field, description: description.into() });
    }

    /// Notes a field that does not hold to a condition.
    pub(super) fn hold(&mut self, holds: bool, field: &'static str, description: &'static str) {
        if !holds {
            self.wrong(field, description);
        }
    }

    /// A push's or case's id.
    pub(super) fn uuid(&mut self, text: &str, field: &'static str) -> Uuid {
        Uuid::parse_str(text).unwrap_or_else(|_| {
            self.wrong(field, "must be a UUID");
            Uuid::nil()
        })
    }

    /// All is well, or all that is not.
    pub(super) fn done(self) -> Result<(), NotificationError> {
        if self.0.is_empty() { Ok(()) } else { Err(NotificationError::Invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_wrong_fields_are_named() {
        let mut checks = Checks::default();
        checks.uuid("x", "pushId");
        checks.hold(false, "text", "1 to 4,000 characters");
        let Err(NotificationError::Invalid(fields)) = checks.done() else { panic!() };
        assert_eq!(fields.iter().map(|f| f.field).collect::<Vec<_>>(), ["pushId", "text"]);
    }
}
