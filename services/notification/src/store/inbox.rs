//! Reading pushes: one, an agency's, a case's, the county's, the parked ones.

use fengqiao_proto::notification::v1::ReceiptState;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, rows};
use crate::{domain::push::Push, error::NotificationError};

/// Among so many pushes that arrived before one it is looked for such as were brought behind it.
const LOOKED_BACK: i64 = 20_000;
/// At most so many attempts are shown of one push.
const ATTEMPTS_SHOWN: i64 = 50;

/// Which pushes to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    /// Only this agency's.
    pub agency: Option<String>,
    /// Only this case's.
    pub case_id: Option<Uuid>,
    /// Only those in this receipt state.
    pub receipt: Option<ReceiptState>,
}

/// A place in a list's order, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The level of the last push seen; unused for parked ones.
    #[serde(rename = "l")]
    pub level: i16,
    /// Its time: requested, or parked.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Its id.
    #[serde(rename = "i")]
    pub push_id: String,
}

impl Place {
    /// Before everything.
    #[must_use]
    pub fn start() -> Self {
        Self { level: i16::MAX, at: Timestamp::UNIX_EPOCH, push_id: Uuid::nil().to_string() }
    }

    /// At this push in the inbox order.
    #[must_use]
    pub fn in_inbox(push: &Push) -> Self {
        Self { level: push.level as i16, at: push.requested_at, push_id: push.push_id.to_string() }
    }

    /// At this push in the order of the parked.
    #[must_use]
    pub fn in_parked(push: &Push) -> Self {
        Self {
            level: push.level as i16,
            at: push.parked_at.unwrap_or(Timestamp::UNIX_EPOCH),
            push_id: push.push_id.to_string(),
        }
    }

    pub(super) fn id(&self) -> Uuid {
        Uuid::parse_str(&self.push_id).unwrap_or_default()
    }
}

/// A place in the order of arrival, after which a page begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivedPlace {
    /// The number of the last push seen.
    #[serde(rename = "a")]
    pub arrival: i64,
}

/// From where an agency gets again what it got behind a push that it has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumePlace {
    /// The push.
    pub kept: Uuid,
    /// Everything behind it lies after this place in the order of arrival.
    pub after: ArrivedPlace,
    /// When the push was brought; none where it was not, and then all that arrived behind it counts.
    pub brought_at: Option<Timestamp>,
}

/// One try to deliver a push, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub number: i32,
    /// When it began.
    pub at: Timestamp,
    /// `stream`, `webhook` or `replay`.
    pub channel: String,
    /// Whether the agency's system took it.
    pub delivered: bool,
    /// The HTTP status, or 0.
    pub http_status: i32,
    /// What went wrong.
    pub error: String,
    /// How long it took.
    pub duration_ms: i32,
    /// What the endpoint said, its first 4 KB, sealed; none where it said nothing.
    pub sealed_answer: Option<Vec<u8>>,
}

impl Store {
    /// One push.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`], or of the database.
    pub async fn push(&self, county: &str, push_id: Uuid) -> Result<Push, NotificationError> {
        const OPERATION: &str = "read a push";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/get_push.sql"))
                .bind(county)
                .bind(push_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchPush)?;
            rows::push(county, &row).map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// The attempts of a push, newest first, at most 50.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn attempts(&self, county: &str, push_id: Uuid) -> Result<Vec<Attempt>, NotificationError> {
        const OPERATION: &str = "read attempts";
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/list_attempts.sql"))
                .bind(county)
                .bind(push_id)
                .bind(ATTEMPTS_SHOWN)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            found
                .iter()
                .map(attempt)
                .collect::<Result<_, _>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// A page of pushes, most dangerous first, then oldest.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn list(
        &self,
        county: &str,
        which: &Which,
        after: &Place,
        limit: i64,
    ) -> Result<Vec<Push>, NotificationError> {
        const OPERATION: &str = "list pushes";
        // Each has its own index; one statement for all would leave the choice to a generic plan.
        let statement = match (&which.agency, which.case_id) {
            (_, Some(_)) => include_str!("sql/list_of_case.sql"),
            (Some(_), None) => include_str!("sql/list_of_agency.sql"),
            (None, None) => include_str!("sql/list_of_county.sql"),
        };
        Self::within(OPERATION, async {
            let found = sqlx::query(statement)
                .bind(county)
                .bind(&which.agency)
                .bind(which.case_id)
                .bind(which.receipt.map(|receipt| receipt as i16))
                .bind(after.level)
                .bind(to_sql(after.at))
                .bind(after.id())
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            pushes(county, &found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// A page of one agency's pushes in the order of arrival, and the place behind it.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn arrivals(
        &self,
        county: &str,
        agency: &str,
        after: ArrivedPlace,
        limit: i64,
    ) -> Result<(Vec<Push>, ArrivedPlace), NotificationError> {
        self.arrived(county, agency, after, None, limit).await
    }

    /// A page of those that the agency got behind a push that it has kept, in the order of arrival, and where to go on.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn got_behind(
        &self,
        county: &str,
        agency: &str,
        place: ResumePlace,
        limit: i64,
    ) -> Result<(Vec<Push>, ResumePlace), NotificationError> {
        let (pushes, after) = self.arrived(county, agency, place.after, Some(place), limit).await?;
        Ok((pushes, ResumePlace { after, ..place }))
    }

    async fn arrived(
        &self,
        county: &str,
        agency: &str,
        after: ArrivedPlace,
        behind: Option<ResumePlace>,
        limit: i64,
    ) -> Result<(Vec<Push>, ArrivedPlace), NotificationError> {
        const OPERATION: &str = "list pushes as they arrived";
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/list_arrivals.sql"))
                .bind(county)
                .bind(agency)
                .bind(after.arrival)
                .bind(limit)
                .bind(behind.is_some())
                .bind(behind.and_then(|place| place.brought_at).map(to_sql))
                .bind(behind.map(|place| place.kept))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let behind = found.last().map_or(Ok(after.arrival), |row| row.try_get("arrival"));
            let behind = ArrivedPlace { arrival: behind.map_err(NotificationError::database(OPERATION))? };
            let pushes = pushes(county, &found).map_err(NotificationError::database(OPERATION))?;
            Ok((pushes, behind))
        })
        .await
    }

    /// From where an agency gets again what it got behind a push that it has kept.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`], or of the database.
    pub async fn resume_place(
        &self,
        county: &str,
        push_id: Uuid,
        agency: &str,
    ) -> Result<ResumePlace, NotificationError> {
        const OPERATION: &str = "find a push's place";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/arrival_of.sql"))
                .bind(county)
                .bind(push_id)
                .bind(agency)
                .bind(LOOKED_BACK)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchPush)?;
            let read = || {
                let after = ArrivedPlace { arrival: row.try_get("arrival")? };
                Ok(ResumePlace { kept: push_id, after, brought_at: rows::maybe_time(&row, "delivered_at")? })
            };
            read().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// A page of parked pushes, longest parked first.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn list_parked(
        &self,
        county: &str,
        agency: Option<&str>,
        after: &Place,
        limit: i64,
    ) -> Result<Vec<Push>, NotificationError> {
        const OPERATION: &str = "list parked pushes";
        let statement = match agency {
            Some(_) => include_str!("sql/list_parked_of_agency.sql"),
            None => include_str!("sql/list_parked.sql"),
        };
        Self::within(OPERATION, async {
            let mut query =
                sqlx::query(statement).bind(county).bind(to_sql(after.at)).bind(after.id()).bind(limit);
            if let Some(agency) = agency {
                query = query.bind(agency);
            }
            let found = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            pushes(county, &found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}

fn pushes(county: &str, found: &[PgRow]) -> Result<Vec<Push>, sqlx::Error> {
    found.iter().map(|row| rows::push(county, row)).collect()
}

fn attempt(row: &PgRow) -> Result<Attempt, sqlx::Error> {
    Ok(Attempt {
        number: row.try_get("number")?,
        at: rows::time(row, "at")?,
        channel: row.try_get("channel")?,
        delivered: row.try_get("delivered")?,
        http_status: row.try_get("http_status")?,
        error: row.try_get("error")?,
        duration_ms: row.try_get("duration_ms")?,
        sealed_answer: row.try_get("sealed_answer")?,
    })
}
