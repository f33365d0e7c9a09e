//! gRPC errors with the standard details. Nothing here repeats what a caller sent.

use std::{error::Error, time::Duration};

use fengqiao_proto::types::v1::{FieldViolation as ToldViolation, Refusal};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

const DOMAIN: &str = "fengqiao";

/// One wrong field: its JSON path, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in JSON names, for instance `parties[1].phone`.
    pub field: String,
    /// What would be right; never the value.
    pub description: String,
}

impl Violation {
    /// A violation.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// `INVALID_ARGUMENT` with each wrong field.
#[must_use]
pub fn invalid(violations: Vec<Violation>) -> Status {
    let message = match violations.as_slice() {
        [one] => format!("{}: {}", one.field, one.description),
        many => format!("{} fields are not as they must be", many.len()),
    };
    with_violations(Code::InvalidArgument, message, violations)
}

/// Any code with each field that is to blame.
#[must_use]
pub fn with_violations(code: Code, message: impl Into<String>, violations: Vec<Violation>) -> Status {
    let violations: Vec<FieldViolation> =
        violations.into_iter().map(|v| FieldViolation::new(v.field, v.description)).collect();
    Status::with_error_details(code, message, ErrorDetails::with_bad_request(violations))
}

/// A status in the contract's words.
#[must_use]
pub fn refusal_of(status: &Status) -> Refusal {
    let details = status.get_error_details();
    let violations = details.bad_request().map_or_else(Vec::new, |bad| {
        bad.field_violations
            .iter()
            .map(|one| ToldViolation { field: one.field.clone(), description: one.description.clone() })
            .collect()
    });
    let wait = details.retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
    Refusal {
        code: status.code().into(),
        message: status.message().to_owned(),
        violations,
        retry_after_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX),
    }
}

/// `NOT_FOUND`, also for what is not the caller's.
#[must_use]
pub fn not_found(what: &str) -> Status {
    with_reason(Code::NotFound, format!("no such {what}"), "NOT_FOUND")
}

/// `FAILED_PRECONDITION`; `reason` is a stable word in capitals, `needed` says what would have to be true.
#[must_use]
pub fn failed_precondition(reason: &str, needed: impl Into<String>) -> Status {
    with_reason(Code::FailedPrecondition, needed, reason)
}

/// `ABORTED`: the thing has changed since the caller saw it.
#[must_use]
pub fn aborted(message: impl Into<String>) -> Status {
    with_reason(Code::Aborted, message, "CHANGED_SINCE")
}

/// `RESOURCE_EXHAUSTED` with how long to wait.
#[must_use]
pub fn exhausted(message: impl Into<String>, retry_after: Duration) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(retry_after));
    details.set_error_info("FULL", DOMAIN, [] as [(String, String); 0]);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// `UNAVAILABLE` with how long to wait: a store is not there now.
#[must_use]
pub fn unavailable(operation: &str, error: &(dyn Error + 'static)) -> Status {
    tracing::warn!(operation, error, "a store is unavailable");
    let mut details = ErrorDetails::with_retry_info(Some(Duration::from_millis(500)));
    details.set_error_info("STORE_UNAVAILABLE", DOMAIN, [] as [(String, String); 0]);
    Status::with_error_details(Code::Unavailable, format!("{operation} is not possible now"), details)
}

/// `INTERNAL`: our own fault. The cause is logged; the caller learns which operation failed.
#[must_use]
pub fn internal(operation: &str, error: &(dyn Error + 'static)) -> Status {
    tracing::error!(operation, error, "an operation failed");
    with_reason(Code::Internal, format!("{operation} failed"), "INTERNAL")
}

/// A database error as a status: `UNAVAILABLE` where trying again can help, `INVALID_ARGUMENT` for a character
/// that no text of ours can hold, else `INTERNAL`.
#[must_use]
pub fn database(operation: &str, error: &sqlx::Error) -> Status {
    if is_a_character(error) {
        return invalid(vec![Violation::new("request", "must hold no NUL character")]);
    }
    if is_transient(error) { unavailable(operation, error) } else { internal(operation, error) }
}

/// Postgres keeps no NUL in a text, and says so with this code.
fn is_a_character(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| code == "22021"))
}

/// Whether the same statement can succeed later: the connection broke, the server restarts, a lock was busy.
#[must_use]
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_) => true,
        // 08 connection, 40 rollback, 53 resources, 55P03 lock, 57 operator (shutdown, timeout), 58 system.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "55P03"
        }),
        _ => false,
    }
}

fn with_reason(code: Code, message: impl Into<String>, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, [] as [(String, String); 0]);
    Status::with_error_details(code, message, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_in_the_details() {
        let status = invalid(vec![
            Violation::new("title", "1 to 100 characters"),
            Violation::new("source", "is needed"),
        ]);
        assert_eq!(status.code(), Code::InvalidArgument);
        let fields: Vec<_> =
            status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect();
        assert_eq!(fields, ["title", "source"]);
    }

    #[test]
    fn exhaustion_says_how_long_to_wait() {
        let status = exhausted("full", Duration::from_millis(20));
        assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_millis(20)));
    }
}
