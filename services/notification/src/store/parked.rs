//! Sending parked pushes again.

use fengqiao_proto::types::v1::{FormKind, Level};
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
    /// All that fit.
    Fitting(Fitting),
}

/// Which parked pushes; what is not said does not choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fitting {
    /// Only this agency's.
    pub agency: Option<String>,
    /// Only those parked before this.
    pub parked_before: Option<Timestamp>,
    /// Only those parked then or later.
    pub parked_since: Option<Timestamp>,
    /// Only those of this level.
    pub level: Option<Level>,
    /// Only those of this kind of form.
    pub form: Option<FormKind>,
}

impl Store {
    /// Lets parked pushes wait for delivery again, at most `page` of those that fit. Returns them as they are
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
            ResendWhich::Fitting(_) => include_str!("sql/resend_fitting.sql"),
        };
        Self::within(OPERATION, async {
            let query = sqlx::query(statement).bind(county);
            let query = match which {
                ResendWhich::Named(push_ids) => query.bind(push_ids).bind(millis(QUEUED_BY_THEN)),
                ResendWhich::Fitting(fitting) => query
                    .bind(&fitting.agency)
                    .bind(millis(QUEUED_BY_THEN))
                    .bind(fitting.parked_before.map(to_sql))
                    .bind(i64::from(page))
                    .bind(fitting.parked_since.map(to_sql))
                    .bind(fitting.level.map(|level| level as i16))
                    .bind(fitting.form.map(|form| form as i16)),
            };
            let found = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            rows::queued(&found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
