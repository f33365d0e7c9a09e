//! Reading and writing in one turn of a county.

use std::ops::{Deref, DerefMut};

use fengqiao_messaging::{Turn, hold_turn};
use fengqiao_sealing::Keyring;
use sqlx::{Connection as _, PgConnection, Postgres, Row as _, Transaction, postgres::PgRow};

use super::{bounded, changes::count_unsealed};
use crate::{domain::history_seals::HistoryHead, error::RoutingError};

/// A county's turn, and where its histories stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountyTurn {
    /// The turn.
    pub turn: Turn,
    /// Where the histories stand; none before the first write.
    pub head: Option<HistoryHead>,
}

impl CountyTurn {
    /// Of the columns `turn` and `history_head` of a loading statement, which are the same in all its rows.
    pub(super) fn of(found: &[PgRow], county: &str, keyring: &Keyring) -> Result<Self, sqlx::Error> {
        let first = found.first().ok_or(sqlx::Error::RowNotFound)?;
        let sealed: Option<Vec<u8>> = first.try_get("history_head")?;
        let head = sealed
            .map(|sealed| HistoryHead::open(&sealed, county, keyring))
            .transpose()
            // To begin anew would hide what became of it.
            .map_err(|error| sqlx::Error::ColumnDecode {
                index: "history_head".into(),
                source: error.into(),
            })?;
        Ok(Self { turn: Turn(first.try_get("turn")?), head })
    }

    /// Where the county's histories stand, also before the first write.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn head(&self, conn: &mut PgConnection, county: &str) -> Result<HistoryHead, RoutingError> {
        match self.head {
            Some(head) => Ok(head),
            None => {
                Ok(HistoryHead { unsealed: count_unsealed(conn, county).await?, ..HistoryHead::default() })
            }
        }
    }
}

/// Whether to hold the county's turn, try by try. The first does not: it finds at the end whether another
/// process came between. The second cannot be disturbed any more.
pub const HOLDING: [bool; 2] = [false, true];

/// One try to read something and to write what follows from it in the same turn of the county.
pub enum Attempt<'c> {
    /// Each statement by itself.
    Free(&'c mut PgConnection),
    /// In a transaction that holds the turn.
    Holding(Transaction<'c, Postgres>),
}

impl<'c> Attempt<'c> {
    /// Begins a try.
    ///
    /// # Errors
    /// [`RoutingError::Database`], [`RoutingError::TimedOut`] or [`RoutingError::Messaging`].
    pub async fn begin(
        conn: &'c mut PgConnection,
        county: &str,
        holding: bool,
    ) -> Result<Self, RoutingError> {
        if !holding {
            return Ok(Self::Free(conn));
        }
        let mut tx = bounded("begin", conn.begin()).await?;
        hold_turn(&mut tx, county).await?;
        Ok(Self::Holding(tx))
    }

    /// Ends a try that wrote.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn commit(self) -> Result<(), RoutingError> {
        match self {
            Self::Free(_) => Ok(()),
            Self::Holding(tx) => bounded("commit", tx.commit()).await,
        }
    }
}

impl Deref for Attempt<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Free(connection) => connection,
            Self::Holding(tx) => tx,
        }
    }
}

impl DerefMut for Attempt<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Free(connection) => connection,
            Self::Holding(tx) => tx,
        }
    }
}
