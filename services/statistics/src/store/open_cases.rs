//! Cases that are open now, for the board's lists: ids, levels and ages, nothing of people.

use fengqiao_proto::types::v1::Level;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::board::{BoardCounts, counting, in_time, level};
use crate::error::StatisticsError;

/// A case that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// The case.
    pub id: Uuid,
    /// Its level.
    pub level: Level,
    /// The significant digits of its area.
    pub area_code: String,
    /// Its canonical category.
    pub category: String,
    /// Who has to act.
    pub agency: String,
    /// When its first report was accepted.
    pub opened_at: Timestamp,
    /// By when it has to be settled.
    pub handle_due_at: Option<Timestamp>,
}

/// Which open cases. What is empty is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhichOpen {
    /// Of this level.
    pub level: Level,
    /// Only those over their limit.
    pub late: bool,
    /// Of this town.
    pub town: String,
    /// With this agency in the lead.
    pub agency: String,
    /// Of this category.
    pub category: String,
}

/// The last case of a page.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct AfterCase {
    level: i16,
    opened_at: Timestamp,
    id: Uuid,
}

impl AfterCase {
    /// That is this one.
    #[must_use]
    pub fn of(case: &OpenCase) -> Self {
        let level = i16::try_from(i32::from(case.level)).unwrap_or_default();
        Self { level, opened_at: case.opened_at, id: case.id }
    }
}

impl BoardCounts {
    /// What is open with an agency in the lead, by level: all, and what is over its limit.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub async fn open_of_agency(
        &self,
        county: &str,
        agency: &str,
        now: Timestamp,
    ) -> Result<Vec<(Level, i64, i64)>, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let rows = sqlx::query(include_str!("sql/board/open_of_agency.sql"))
                .bind(county)
                .bind(at.snapshot.generation)
                .bind(to_sql(now))
                .bind(agency)
                .fetch_all(at.snapshot.connection()?)
                .await
                .map_err(counting)?;
            at.snapshot.end().await?;
            let read = |row: &PgRow| Ok((level(row)?, row.try_get("cases")?, row.try_get("late")?));
            rows.iter().map(read).collect::<Result<_, _>>().map_err(counting)
        })
        .await
    }

    /// Open cases after another one, at most so many: the most dangerous first, of a level the oldest first.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub async fn open_cases(
        &self,
        county: &str,
        which: &WhichOpen,
        now: Timestamp,
        after: Option<AfterCase>,
        most: i64,
    ) -> Result<Vec<OpenCase>, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let rows = sqlx::query(include_str!("sql/board/open_cases.sql"))
                .bind(county)
                .bind(at.snapshot.generation)
                .bind(to_sql(now))
                .bind(i16::try_from(i32::from(which.level)).unwrap_or_default())
                .bind(which.late)
                .bind(&which.town)
                .bind(&which.agency)
                .bind(&which.category)
                .bind(after.map(|after| after.level))
                .bind(after.map(|after| to_sql(after.opened_at)))
                .bind(after.map(|after| after.id))
                .bind(most)
                .fetch_all(at.snapshot.connection()?)
                .await
                .map_err(counting)?;
            at.snapshot.end().await?;
            rows.iter().map(open_case).collect::<Result<_, _>>().map_err(counting)
        })
        .await
    }
}

fn open_case(row: &PgRow) -> Result<OpenCase, sqlx::Error> {
    let due: Option<OffsetDateTime> = row.try_get("handle_due_at")?;
    Ok(OpenCase {
        id: row.try_get("id")?,
        level: level(row)?,
        area_code: row.try_get("area_code")?,
        category: row.try_get("category")?,
        agency: row.try_get("agency")?,
        opened_at: from_sql(row.try_get("opened_at")?),
        handle_due_at: due.map(from_sql),
    })
}
