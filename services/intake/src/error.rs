//! Everything that can go wrong in intake, and what a caller is told.

use std::sync::Arc;

use fengqiao_proto::types::v1::Refusal;
use fengqiao_sealing::SealError;
use fengqiao_serving::status::{self, refusal_of};
use tonic::{Code, Status};

use crate::{config::FULL_RETRY_AFTER, domain::validation::Violation, store::StoreError};

/// Why intake did not do what it was asked. Shared by all who waited for the same commit.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IntakeError {
    /// Fields of the message are wrong.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<Violation>),
    /// A source may only bring its own reports.
    #[error("the caller may not use this source")]
    NotItsSource,
    /// The caller's county is another one, or is not served here.
    #[error("no such county")]
    NoSuchCounty,
    /// The county has no mapping of this name.
    #[error("no such mapping")]
    NoSuchMapping,
    /// There is no such report, or it is not the caller's.
    #[error("no such report")]
    NoSuchReport,
    /// Changes after the cursor are no longer kept, or this database never had them.
    #[error("changes after the cursor are not kept")]
    CursorTooOld,
    /// There is no such decision of who came before.
    #[error("no such decision")]
    NoSuchDecision,
    /// It was taken back already.
    #[error("the decision was taken back already")]
    AlreadyUndone,
    /// Nothing is as the decision made it: others have moved, joined or confirmed all of it since.
    #[error("nothing of the decision is left to be taken back")]
    NothingToUndo,
    /// Someone has read of more people within an hour than the county allows; how long until the next may follow.
    #[error("more readings than the county allows")]
    TooManyReadings(std::time::Duration),
    /// More reports wait than may.
    #[error("intake is full")]
    Full,
    /// Other states of the same ticket kept coming in between.
    #[error("the ticket changed in between, again and again")]
    Overtaken,
    /// The process ends.
    #[error("intake is ending")]
    Ending,
    /// No answer came in time.
    #[error("no answer in time")]
    NoAnswerInTime,
    /// The call did not come through the gate.
    #[error("the call has no principal")]
    NoPrincipal,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stored personal data cannot be opened.
    #[error("a stored report cannot be opened")]
    Sealed(#[source] Arc<SealError>),
    /// Opened personal data is not in its form.
    #[error("a stored report is not in its form")]
    Matter(#[source] prost::DecodeError),
}

impl IntakeError {
    /// One wrong field (its path in JSON names), and what would be right.
    pub(crate) fn invalid(field: impl Into<String>, right: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(field, right)])
    }
}

impl From<IntakeError> for Status {
    fn from(error: IntakeError) -> Self {
        match &error {
            IntakeError::Invalid(violations) => status::invalid(violations.iter().map(for_caller).collect()),
            IntakeError::NotItsSource => status::with_violations(
                Code::PermissionDenied,
                "a source may only bring its own reports",
                vec![status::Violation::new("source", "must be the caller's own source")],
            ),
            IntakeError::NoSuchCounty => status::not_found("county"),
            IntakeError::NoSuchMapping => status::with_violations(
                Code::NotFound,
                "the county has no such mapping",
                vec![status::Violation::new(
                    "mapped.mapping",
                    "must be the name of one of the county's mappings",
                )],
            ),
            IntakeError::NoSuchReport => status::not_found("report"),
            IntakeError::CursorTooOld => status::failed_precondition(
                "CURSOR_TOO_OLD",
                "the changes after the cursor would have to be kept still; begin again with an empty cursor",
            ),
            IntakeError::NoSuchDecision => status::not_found("decision"),
            IntakeError::AlreadyUndone => Status::failed_precondition("the decision was taken back already"),
            IntakeError::NothingToUndo => status::failed_precondition(
                "NOTHING_TO_TAKE_BACK",
                "some of its reports would have to be where the decision put them still, and not confirmed there since",
            ),
            IntakeError::TooManyReadings(wait) => {
                status::exhausted("read of more people within an hour than the county allows", *wait)
            }
            IntakeError::Full => status::exhausted("intake is full", FULL_RETRY_AFTER),
            IntakeError::Ending | IntakeError::Overtaken => status::unavailable("taking a report", &error),
            IntakeError::NoAnswerInTime => Status::deadline_exceeded("no answer in time; send it again"),
            IntakeError::NoPrincipal => Status::unauthenticated("no principal"),
            IntakeError::Store(store) => of_store(store),
            IntakeError::Sealed(_) | IntakeError::Matter(_) => status::internal("reading a report", &error),
        }
    }
}

fn for_caller(violation: &Violation) -> status::Violation {
    status::Violation::new(violation.field.clone(), violation.description.clone())
}

fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Database { operation, source } => status::database(operation, source),
        StoreError::Events(messaging) => match messaging.as_ref() {
            fengqiao_messaging::MessagingError::Database { source, .. } => {
                status::database("write events", source)
            }
            _ => status::internal("write events", error),
        },
        StoreError::TooSlow { operation } => status::unavailable(operation, error),
        StoreError::Malformed(_) => status::internal("reading a report", error),
    }
}

/// What one message of a stream is told; it says what the call's status would say.
#[must_use]
pub fn refusal(error: IntakeError) -> Refusal {
    refusal_of(&Status::from(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_status_says() {
        let wrong =
            refusal(IntakeError::Invalid(vec![Violation::new("parties[1].phone", "must be a number")]));
        assert_eq!(wrong.code, Code::InvalidArgument as i32);
        assert_eq!(wrong.violations[0].field, "parties[1].phone");
        assert_eq!(wrong.retry_after_ms, 0);
        let full = refusal(IntakeError::Full);
        assert_eq!((full.code, full.retry_after_ms), (Code::ResourceExhausted as i32, 200));
        assert_eq!(refusal(IntakeError::NotItsSource).violations[0].field, "source");
    }
}
