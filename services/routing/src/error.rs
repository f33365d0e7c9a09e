//! What can go wrong in routing, and what callers and receivers are told of it.

use fengqiao_messaging::{ApplyError, MessagingError};
use fengqiao_sealing::SealError;
use fengqiao_serving::status::{self, Violation};
use std::time::Duration;
use tonic::Status;

use crate::domain::transition::Refusal;

/// A fault or a refusal.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// No such case, or not one that the caller may see.
    #[error("no such case")]
    NotFound,
    /// No such thing of another kind, or not one that the caller may see.
    #[error("no such {0}")]
    NoSuch(&'static str),
    /// Fields of a request are wrong.
    #[error("{} fields are not as they must be", .0.len())]
    Invalid(Vec<Violation>),
    /// The case's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The case has changed since the caller saw it.
    #[error("the case has changed since")]
    ChangedSince,
    /// Too many commands wait.
    #[error("too many commands wait")]
    TooManyCommands,
    /// What befell a batch befell each command of it.
    #[error(transparent)]
    Shared(std::sync::Arc<RoutingError>),
    /// Too many cases are watched.
    #[error("too many watchers")]
    TooManyWatchers,
    /// The process is ending.
    #[error("the process is ending")]
    Ending,
    /// Another transaction changed a row first; the same work can succeed when it is done again.
    #[error("another transaction was faster")]
    Overtaken,
    /// Postgres.
    #[error("the database did not {operation}")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// Postgres did not answer in time.
    #[error("the database did not {operation} in time")]
    TimedOut {
        /// What was tried.
        operation: &'static str,
    },
    /// The outbox.
    #[error(transparent)]
    Messaging(#[from] MessagingError),
    /// Sealed data does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Stored data is not in its form.
    #[error("{0} is not in its form")]
    Malformed(&'static str),
}

impl RoutingError {
    /// One wrong field.
    #[must_use]
    pub fn invalid(field: &str, description: &str) -> Self {
        Self::Invalid(vec![Violation::new(field, description)])
    }

    /// The same request id once more, with something else.
    #[must_use]
    pub fn another_command() -> Self {
        Self::invalid("requestId", "was used for another command")
    }

    /// Whether the database refuses the data itself, class 22 (data exception) or 23 (integrity constraint): what
    /// is in it, and not how the database is.
    #[must_use]
    pub fn is_of_the_data(&self) -> bool {
        let source = match self {
            Self::Database { source, .. } | Self::Messaging(MessagingError::Database { source, .. }) => {
                source
            }
            Self::Shared(error) => return error.is_of_the_data(),
            _ => return false,
        };
        let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    }

    /// The word in metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotFound | Self::NoSuch(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Refused(_) => "refused",
            Self::ChangedSince => "changed_since",
            Self::TooManyWatchers | Self::TooManyCommands => "exhausted",
            Self::Shared(error) => error.word(),
            Self::Ending => "ending",
            _ => "failed",
        }
    }
}

/// The one place where an error becomes a status.
impl From<RoutingError> for Status {
    fn from(error: RoutingError) -> Self {
        Self::from(&error)
    }
}

impl From<&RoutingError> for Status {
    fn from(error: &RoutingError) -> Self {
        const WORK: &str = "the work on the case";
        match error {
            RoutingError::Shared(shared) => Self::from(shared.as_ref()),
            RoutingError::TooManyCommands => {
                status::exhausted("too many commands wait here", Duration::from_secs(1))
            }
            RoutingError::NotFound => status::not_found("case"),
            RoutingError::NoSuch(what) => status::not_found(what),
            RoutingError::Invalid(violations) => status::invalid(violations.clone()),
            RoutingError::Refused(refusal) => {
                status::failed_precondition(refusal.reason, refusal.to_string())
            }
            RoutingError::ChangedSince => {
                status::aborted("the case has changed since; read it and try again")
            }
            RoutingError::TooManyWatchers => {
                status::exhausted("too many cases are watched here", Duration::from_secs(5))
            }
            RoutingError::Ending => {
                Self::unavailable("the service is ending; watch again from the last entry")
            }
            RoutingError::Database { operation, source } => status::database(operation, source),
            RoutingError::Overtaken | RoutingError::TimedOut { .. } => status::unavailable(WORK, error),
            RoutingError::Messaging(MessagingError::Database { operation, source }) => {
                status::database(operation, source)
            }
            RoutingError::Messaging(_) | RoutingError::Seal(_) | RoutingError::Malformed(_) => {
                status::internal(WORK, error)
            }
        }
    }
}

/// Within the application of events everything of the stores comes again; what an event itself makes
/// impossible is refused where it is found.
impl From<RoutingError> for ApplyError {
    fn from(error: RoutingError) -> Self {
        Self::Retry(Box::new(error))
    }
}
