//! Telling an event that the database can never take from a database that is not well.

use std::error::Error;

/// Whether somewhere in the chain Postgres refuses the data itself: class 22 (data exception) or 23
/// (integrity constraint). Trying again helps only where a constraint was hit by a race.
pub(crate) fn is_of_the_data(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(here) = next {
        if let Some(sqlx::Error::Database(refusal)) = here.downcast_ref::<sqlx::Error>() {
            return refusal.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
        }
        next = here.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MessagingError;

    #[test]
    fn a_broken_connection_is_not_of_the_data() {
        let error = MessagingError::Database { operation: "x", source: sqlx::Error::PoolTimedOut };
        assert!(!is_of_the_data(&error));
    }
}
