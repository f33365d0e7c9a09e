//! Waits after wrong tries at something that is no account, such as a code that opens a page.

use jiff::Timestamp;
use sqlx::PgPool;

use crate::{SignInError, store::Store};

/// Holds up who guesses, as at the door: the first tries are free, and then the wait doubles.
#[derive(Debug, Clone)]
pub struct Lockout {
    store: Store,
    /// Before each name, so that what is guessed at is no account's.
    of: &'static str,
}

impl Lockout {
    /// Over these things. `of` says which; it ends with a character that stands in no account's name.
    #[must_use]
    pub const fn new(pool: PgPool, of: &'static str) -> Self {
        Self { store: Store::new(pool), of }
    }

    /// Counts a try before it is looked at.
    ///
    /// # Errors
    /// [`SignInError::Waiting`] where it is too early for one, or of the database.
    pub async fn count_try(&self, county: &str, name: &str, now: Timestamp) -> Result<(), SignInError> {
        self.store.count_try(county, &format!("{}{name}", self.of), now).await
    }

    /// The try was right: those before it are forgotten. What fails is swept after a day.
    ///
    /// # Errors
    /// Of the database.
    pub async fn forgive(&self, county: &str, name: &str) -> Result<(), SignInError> {
        self.store.forgive(county, &format!("{}{name}", self.of)).await
    }
}
