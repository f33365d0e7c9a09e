//! Who delivers an agency's pushes, and what waits for it.

use std::time::Duration;

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::Row as _;
use uuid::Uuid;

use super::{Store, millis, rows};
use crate::{
    domain::{
        push::Push,
        sharing::Alive,
        turns::{PAGE, ReadFrom},
    },
    error::NotificationError,
};

impl Store {
    /// Says that a process is alive for so long, and which agencies' endpoints it knows. Returns all that are alive.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn process_seen(
        &self,
        county: &str,
        process: Uuid,
        agencies: &[String],
        lasts: Duration,
    ) -> Result<Vec<Alive>, NotificationError> {
        const OPERATION: &str = "say that a process is alive";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            sqlx::query(include_str!("sql/process_seen.sql"))
                .bind(county)
                .bind(process)
                .bind(agencies)
                .bind(millis(lasts))
                .execute(&self.pool)
                .await
                .map_err(database())?;
            let found = sqlx::query(include_str!("sql/processes_alive.sql"))
                .bind(county)
                .fetch_all(&self.pool)
                .await
                .map_err(database())?;
            found
                .iter()
                .map(|row| Ok(Alive { process: row.try_get("process")?, agencies: row.try_get("agencies")? }))
                .collect::<Result<_, sqlx::Error>>()
                .map_err(database())
        })
        .await
    }

    /// A process ends.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then it is forgotten a little later.
    pub async fn process_gone(&self, county: &str, process: Uuid) -> Result<(), NotificationError> {
        const OPERATION: &str = "say that a process ends";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/process_gone.sql"))
                .bind(county)
                .bind(process)
                .execute(&self.pool)
                .await
                .map(|_| ())
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Takes or keeps the queues of these agencies for so long, those that nobody else holds. Returns them, each with
    /// its token.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn hold_queues(
        &self,
        county: &str,
        process: Uuid,
        agencies: &[String],
        lasts: Duration,
    ) -> Result<Vec<(String, i64)>, NotificationError> {
        const OPERATION: &str = "hold queues";
        if agencies.is_empty() {
            return Ok(Vec::new());
        }
        Self::within(OPERATION, async {
            sqlx::query_as(include_str!("sql/hold_queues.sql"))
                .bind(county)
                .bind(process)
                .bind(agencies)
                .bind(millis(lasts))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Lets go of queues, so that others need not wait for the end of their lease.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then they come free with their lease.
    pub async fn let_queues_go(
        &self,
        county: &str,
        process: Uuid,
        agencies: &[String],
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "let queues go";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/let_queues_go.sql"))
                .bind(county)
                .bind(process)
                .bind(agencies)
                .execute(&self.pool)
                .await
                .map(|_| ())
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Reads what waits for an agency: a page of each level that is wanted, in the order of levels and in that of each,
    /// without those that are `known`.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn backlog(
        &self,
        county: &str,
        agency: &str,
        wanted: &[ReadFrom],
        known: &[Uuid],
    ) -> Result<Vec<Push>, NotificationError> {
        const OPERATION: &str = "read what waits for an agency";
        let start = (Timestamp::UNIX_EPOCH, Uuid::nil());
        let places: Vec<_> = wanted.iter().map(|from| from.after.unwrap_or(start)).collect();
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/read_backlog.sql"))
                .bind(county)
                .bind(agency)
                .bind(wanted.iter().map(|from| from.level as i16).collect::<Vec<_>>())
                .bind(places.iter().map(|(at, _)| to_sql(*at)).collect::<Vec<_>>())
                .bind(places.iter().map(|(_, id)| *id).collect::<Vec<_>>())
                .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
                .bind(known)
                .fetch_all(&self.reading)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let mut waiting = found
                .iter()
                .map(|row| rows::waiting(county, agency, row))
                .collect::<Result<Vec<_>, _>>()
                .map_err(NotificationError::database(OPERATION))?;
            // As the pages are joined they are in order already, which the database does not promise.
            Push::sort_for_delivery(&mut waiting);
            Ok(waiting)
        })
        .await
    }
}
