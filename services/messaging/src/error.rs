//! What can go wrong with events.

use std::error::Error;

/// A fault of the stores or of what lies in them.
#[derive(Debug, thiserror::Error)]
pub enum MessagingError {
    /// Postgres.
    #[error("the database did not {operation}")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// Redis.
    #[error("Redis did not {operation}")]
    Redis {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: redis::RedisError,
    },
    /// The receiver's own work failed and is tried again.
    #[error("a batch could not be applied")]
    Apply(#[source] Box<dyn Error + Send + Sync>),
    /// A stream entry is not one of ours.
    #[error("entry {0} of a stream is malformed")]
    Entry(String),
}

impl MessagingError {
    pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    pub(crate) fn redis(operation: &'static str) -> impl FnOnce(redis::RedisError) -> Self {
        move |source| Self::Redis { operation, source }
    }
}

/// Why a batch was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Something outside the events; the same batch comes again, with backoff, for ever.
    #[error("the batch comes again")]
    Retry(#[source] Box<dyn Error + Send + Sync>),
    /// One event can never be applied: it is parked in view, the others are not held up.
    #[error("the event at {position} cannot be applied: {reason}")]
    Refuse {
        /// Its position.
        position: i64,
        /// Why, without personal data.
        reason: String,
    },
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Retry(Box::new(error))
    }
}

impl From<MessagingError> for ApplyError {
    fn from(error: MessagingError) -> Self {
        Self::Retry(Box::new(error))
    }
}
