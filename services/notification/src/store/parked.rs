//! Sending parked pushes again.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use uuid::Uuid;

use super::{QUEUED_BY_THEN, Store, millis, rows};
use crate::{domain::queued::Queued, error::NotificationError};

/// Which parked pushes to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResendWhich {
    /// These.
    Named(Vec<Uuid>),
    /// An agency's.
    OfAgency {
        /// Whose.
        agency: String,
        /// Only those parked before this.
        parked_before: Option<Timestamp>,
    },
}

impl Store {
    /// Lets parked pushes wait for delivery again, at most `page` of an agency's. Returns them as they are
    /// to be queued.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn resend(
        &self,
        county: &str,
        which: &ResendWhich,
        page: u32,
    ) -> Result<Vec<Queued>, NotificationError> {
        const OPERATION: &str = "resend pushes";
        let statement = match which {
            ResendWhich::Named(_) => include_str!("sql/resend_named.sql"),
            ResendWhich::OfAgency { .. } => include_str!("sql/resend_of_agency.sql"),
        };
        Self::within(OPERATION, async {
            let query = sqlx::query(statement).bind(county);
            let query = match which {
                ResendWhich::Named(push_ids) => query.bind(push_ids).bind(millis(QUEUED_BY_THEN)),
                ResendWhich::OfAgency { agency, parked_before } => query
                    .bind(agency)
                    .bind(millis(QUEUED_BY_THEN))
                    .bind(parked_before.map(to_sql))
                    .bind(i64::from(page)),
            };
            let found = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            rows::queued(&found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
