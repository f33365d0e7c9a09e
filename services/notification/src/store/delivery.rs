//! Claims, and what belongs on a queue.

use std::time::Duration;

use uuid::Uuid;

use super::{Store, millis, rows};
use crate::{
    domain::{lane::Lane, push::Push, queued::Queued},
    error::NotificationError,
};

/// How long a queued push may stay untaken before the sweeper queues it once more. Doubles are harmless.
const QUEUED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How much more one lane's queue can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRoom {
    /// Whose queue.
    pub agency: String,
    /// Which lane.
    pub lane: Lane,
    /// For so many.
    pub room: usize,
}

impl Store {
    /// Claims those of an agency's pushes that wait and nobody else delivers, for one try each. Returned
    /// most dangerous first. Correct with any number of processes.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn claim(
        &self,
        county: &str,
        agency: &str,
        push_ids: &[Uuid],
        lease: Duration,
    ) -> Result<Vec<Push>, NotificationError> {
        const OPERATION: &str = "claim pushes";
        if push_ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/claim.sql"))
                .bind(county)
                .bind(agency)
                .bind(push_ids)
                .bind(millis(lease))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let mut pushes = found
                .iter()
                .map(|row| rows::push(county, row))
                .collect::<Result<Vec<_>, _>>()
                .map_err(NotificationError::database(OPERATION))?;
            Push::sort_for_delivery(&mut pushes);
            Ok(pushes)
        })
        .await
    }

    /// Which of these agencies have something that should be on their queue.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn due_agencies(
        &self,
        county: &str,
        reachable: &[String],
    ) -> Result<Vec<String>, NotificationError> {
        const OPERATION: &str = "look for due pushes";
        Self::within(OPERATION, async {
            sqlx::query_scalar(include_str!("sql/due_agencies.sql"))
                .bind(county)
                .bind(reachable)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// What is due for these lanes' queues, as much as each has room for; with `lost`, also what was
    /// queued before and may have been lost.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn requeue(
        &self,
        county: &str,
        lanes: &[LaneRoom],
        lost: bool,
    ) -> Result<Vec<Queued>, NotificationError> {
        const OPERATION: &str = "queue due pushes";
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/requeue.sql"))
                .bind(county)
                .bind(lanes.iter().map(|l| l.agency.as_str()).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| l.lane.levels().0 as i16).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| l.lane.levels().1 as i16).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| i64::try_from(l.room).unwrap_or(0)).collect::<Vec<_>>())
                .bind(lost)
                .bind(millis(QUEUED_AGAIN_AFTER))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            rows::queued(&found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Ends the waits of an agency that has just come, at most `page` of them. Returns how many.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn make_due(&self, county: &str, agency: &str, page: u32) -> Result<u64, NotificationError> {
        const OPERATION: &str = "make pushes due";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/make_due.sql"))
                .bind(county)
                .bind(agency)
                .bind(i64::from(page))
                .execute(&self.pool)
                .await
                .map(|done| done.rows_affected())
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
