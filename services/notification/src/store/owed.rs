//! What is owed and has no clock in routing is told in time.

use fengqiao_messaging::append;
use fengqiao_proto::{notification::v1::ReceiptState, types::v1::FormKind};
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};

use super::{Store, rows};
use crate::{domain::limit::NearLimit, error::NotificationError, events::push_owed};

impl Store {
    /// Tells of at most so many limits whose time to be told of has come, each once whoever looks. Returns how many were
    /// looked at: as many as asked for where more may wait.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then nothing is told.
    pub async fn tell_owed(
        &self,
        county: &str,
        now: Timestamp,
        at_most: i64,
    ) -> Result<usize, NotificationError> {
        const OPERATION: &str = "tell what is owed";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            let found = sqlx::query(include_str!("sql/owed.sql"))
                .bind(county)
                .bind(to_sql(now))
                .bind(at_most)
                .fetch_all(&mut *tx)
                .await
                .map_err(database())?;
            if found.is_empty() {
                return Ok(0);
            }
            let near = found.iter().map(near_limit).collect::<Result<Vec<_>, _>>().map_err(database())?;
            let events: Vec<_> = near.into_iter().filter_map(push_owed).collect();
            let first = append(&mut tx, county, &events).await?;
            tx.commit().await.map_err(database())?;
            self.outbox.sent(county, first, events);
            Ok(found.len())
        })
        .await
    }
}

fn near_limit(row: &PgRow) -> Result<NearLimit, sqlx::Error> {
    Ok(NearLimit {
        push_id: row.try_get("push_id")?,
        subject: rows::subject(row)?,
        case_id: row.try_get("case_id")?,
        agency: row.try_get("agency")?,
        form: rows::known(row, "form", FormKind::try_from)?,
        form_title: row.try_get::<Option<String>, _>("form_title")?.unwrap_or_default(),
        form_number: row.try_get("form_number")?,
        level: rows::level(row)?.into(),
        area_code: row.try_get("area_code")?,
        requested_at: rows::time(row, "requested_at")?,
        receipt: rows::known(row, "receipt", ReceiptState::try_from)?,
        signed_at: rows::maybe_time(row, "signed_at")?,
        sign_by: rows::maybe_time(row, "sign_by")?,
        answer_by: rows::maybe_time(row, "answer_by")?,
        trace: row.try_get("traceparent")?,
    })
}
