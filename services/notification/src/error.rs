//! What can go wrong in this service. The gRPC face turns it into a status in one place.

use std::borrow::Cow;

use fengqiao_messaging::MessagingError;
use fengqiao_proto::json::JsonError;
use fengqiao_sealing::SealError;
use fengqiao_signin::SignInError;

use crate::domain::{receipt::Forbidden, recording::OwnWay};

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongField {
    /// Its path in its JSON name.
    pub field: &'static str,
    /// What would be right. Never repeats the value.
    pub description: Cow<'static, str>,
}

/// A fault of this service or of a call.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
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
    /// Something took longer than it may.
    #[error("it took too long to {0}")]
    Late(&'static str),
    /// The outbox.
    #[error(transparent)]
    Messaging(#[from] MessagingError),
    /// A matter does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A matter is sealed but not in its form.
    #[error("a matter is not in its form")]
    Matter(#[from] prost::DecodeError),
    /// A push has no JSON form. Cannot happen within one build.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// There is no such form, or it is another agency's.
    #[error("no such form")]
    NoSuchForm,
    /// The county's term of what it says is over.
    #[error("the term of what the form says is over, and its paper was removed")]
    TermOver,
    /// A request id was used before, for a form or a feedback that says something else.
    #[error("the request id was used before, for something else")]
    Repeated,
    /// A version of a template was another text before.
    #[error(
        "county {county}: the template of {kind} has changed, and its version {version} has not: forms of that version \
         stay as they were, so the new text needs a new template_version"
    )]
    TemplateChanged {
        /// The county.
        county: String,
        /// The kind of form, as the county's file names it.
        kind: String,
        /// The version.
        version: String,
    },
    /// A form cannot be printed.
    #[error("the form cannot be printed")]
    Paper(#[from] fengqiao_paper::PaperError),
    /// The machine has no Chinese fonts.
    #[error("the machine would have to have the fonts of Debian's fonts-noto-cjk")]
    NoFonts,
    /// A push of a case is not taken back by itself.
    #[error("the form is a case's own: it is recalled with the case, by assigning that to another agency")]
    OfCase,
    /// There is no such push, or it is another agency's.
    #[error("no such push")]
    NoSuchPush,
    /// There is no such message to a person.
    #[error("no such message")]
    NoSuchMessage,
    /// There is no such case, or nothing of it may be shown to residents.
    #[error("no such case that residents may see")]
    NoSuchProgress,
    /// There is no case with this number, or its term is over.
    #[error("no such case")]
    NoSuchCase,
    /// The push was not tried so often.
    #[error("no such attempt")]
    NoSuchAttempt,
    /// The agency has no webhook.
    #[error("no such endpoint")]
    NoSuchEndpoint,
    /// The agency's pushes go to its webhook, and nowhere else.
    #[error("the agency gets its pushes by webhook: its endpoint has to go before it opens a stream")]
    HasWebhook,
    /// The push's state does not allow the command.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// An officer enters nothing for an agency that can do it itself.
    #[error(transparent)]
    DoesItself(#[from] OwnWay),
    /// Who can sign in to the desk was not found out.
    #[error(transparent)]
    Accounts(#[from] SignInError),
    /// A request is wrong, field by field.
    #[error("the request has {} wrong fields", .0.len())]
    Invalid(Vec<WrongField>),
    /// There is no such file, or its push is another agency's.
    #[error("no such file")]
    NoSuchFile,
    /// The push has as many files as it may.
    #[error("the push has as many files as it may have")]
    TooManyFiles,
    /// A file is larger than the county takes.
    #[error("a file has at most {most} bytes")]
    FileTooLarge {
        /// The most, in bytes.
        most: u64,
    },
    /// A file's content is of no kind that is taken.
    #[error("a file is a photo, a scan or document, or a recording; this one is none, whatever its name")]
    FileKind,
    /// Too many files are taken at once.
    #[error("too many files are taken at once")]
    FilesBusy,
    /// The object store.
    #[error("the object store did not {operation}")]
    Objects {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: Box<object_store::Error>,
    },
    /// A file lies in an object store, and none is configured.
    #[error("a file lies in the object store, and none is configured")]
    NoObjectStore,
    /// The agency has as many open streams as it may.
    #[error("the agency has too many open streams")]
    TooManyStreams,
    /// The process ends; another takes over.
    #[error("the service is stopping")]
    Stopping,
}

impl NotificationError {
    /// One wrong field, and what would be right.
    #[must_use]
    pub fn wrong(field: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(vec![WrongField { field, description: description.into() }])
    }

    /// For `map_err` on a statement.
    pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    /// For `map_err` on a Redis command.
    pub(crate) fn redis(operation: &'static str) -> impl FnOnce(redis::RedisError) -> Self {
        move |source| Self::Redis { operation, source }
    }
}
