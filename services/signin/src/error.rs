//! What can go wrong at the door.

use fengqiao_sealing::SealError;
use jiff::Timestamp;

/// Why someone is not let in, or an account cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Postgres.
    #[error("the database did not {operation}")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// Something took longer than it may.
    #[error("it took too long to {0}")]
    Late(&'static str),
    /// Too many people sign in at once.
    #[error("too many sign in at once")]
    Busy,
    /// The name or the password is wrong; which of them is not said.
    #[error("name or password is wrong")]
    Wrong,
    /// After wrong passwords no try is looked at for a while.
    #[error("no try is looked at before {0}")]
    Waiting(Timestamp),
    /// The person holds no post of the agency any more.
    #[error("the county's directory does not know the person in this post today")]
    NoPost,
    /// There is no such account.
    #[error("no such account")]
    NoSuchAccount,
    /// There is one of this name or this subject already.
    #[error("there is an account of this name or subject already")]
    Taken,
    /// A name is not in its form.
    #[error("a name has 2 to 64 small letters, digits, `-`, `.` or `_`")]
    WrongName,
    /// A password is not strong enough.
    #[error(transparent)]
    Password(#[from] crate::password::TooWeak),
    /// A stored hash cannot be read, or none can be made.
    #[error("a password's hash is not in its form")]
    Hash,
    /// A way through the provider was begun elsewhere, too long ago, or not at all.
    #[error("the way through the provider was not begun here, or too long ago")]
    Stray,
    /// The provider does not answer as it should. Says nothing of what it answered.
    #[error("the OpenID Connect provider did not {0}")]
    Provider(&'static str),
    /// A sealed value does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
}

impl SignInError {
    /// For `map_err` on a statement.
    pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }
}
