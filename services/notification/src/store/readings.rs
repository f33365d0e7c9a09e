//! Which cases are protected, and who read what of them.

use std::collections::HashMap;

use fengqiao_proto::notification::v1::ReadPart;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, rows};
use crate::{
    domain::reading::{Protection, Reader},
    error::NotificationError,
};

/// Someone who is about to read something of a protected case.
#[derive(Debug, Clone, Copy)]
pub struct NewReading<'a> {
    /// The county.
    pub county: &'a str,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub reader: Reader<'a>,
    /// The push, or the form that has none.
    pub push_id: Uuid,
    /// Its case.
    pub case_id: Uuid,
    /// What of it.
    pub part: ReadPart,
    /// Why, without names.
    pub purpose: &'a str,
}

/// A reading by which someone opened a push, when something more of it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Opened<'a> {
    /// The county.
    pub county: &'a str,
    /// The reading.
    pub id: Uuid,
    /// The push; a reading of another opens nothing.
    pub push_id: Uuid,
    /// Who looks; another's reading opens nothing.
    pub reader: Reader<'a>,
    /// A reading from before this opens nothing any more.
    pub since: Timestamp,
}

/// A reading, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// In what capacity.
    pub capacity: String,
    /// Of which agency; empty where the centre read.
    pub agency: String,
    /// The push, or the form that has none.
    pub push_id: Uuid,
    /// What of it.
    pub part: ReadPart,
    /// Why.
    pub purpose: String,
}

/// A place in the list of readings, the newest first, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingPlace {
    /// When the last reading seen was.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Its id.
    #[serde(rename = "i")]
    pub id: Uuid,
}

impl ReadingPlace {
    /// Before everything.
    #[must_use]
    pub fn start() -> Self {
        // Ten thousand years on; what Postgres and the contract can both say.
        let at = Timestamp::from_second(250_000_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { at, id: Uuid::max() }
    }

    /// At this reading.
    #[must_use]
    pub const fn at(reading: &Reading) -> Self {
        Self { at: reading.at, id: reading.id }
    }
}

/// Keeps that cases are protected. No case stands there twice. Doing it again changes nothing.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn keep_protected(
    conn: &mut PgConnection,
    county: &str,
    protected: &[Protection],
) -> Result<(), NotificationError> {
    const OPERATION: &str = "keep which cases are protected";
    let query = sqlx::query(include_str!("sql/protected/cases.sql"))
        .bind(county)
        .bind(protected.iter().map(|one| one.case_id).collect::<Vec<_>>())
        .bind(protected.iter().map(|one| one.version).collect::<Vec<_>>());
    Store::within(OPERATION, async {
        query.execute(conn).await.map_err(NotificationError::database(OPERATION)).map(drop)
    })
    .await
}

impl Store {
    /// Those of these pushes and forms that speak of a protected case, with the case.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn protected_of(
        &self,
        county: &str,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Uuid>, NotificationError> {
        const OPERATION: &str = "read which cases are protected";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = sqlx::query_as(include_str!("sql/protected/of.sql")).bind(county).bind(ids);
        Self::within(OPERATION, async {
            let found: Vec<(Uuid, Uuid)> =
                query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(found.into_iter().collect())
        })
        .await
    }

    /// Keeps a reading. Returns its id.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; nothing may be shown then.
    pub async fn keep_reading(&self, reading: NewReading<'_>) -> Result<Uuid, NotificationError> {
        const OPERATION: &str = "keep who reads a protected case";
        let id = Uuid::now_v7();
        let query = sqlx::query(include_str!("sql/protected/keep.sql"))
            .bind(reading.county)
            .bind(id)
            .bind(to_sql(reading.at))
            .bind(reading.reader.actor)
            .bind(reading.reader.capacity)
            .bind(reading.reader.agency)
            .bind(reading.push_id)
            .bind(reading.case_id)
            .bind(reading.part as i16)
            .bind(reading.purpose);
        Self::within(OPERATION, async {
            query.execute(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(id)
        })
        .await
    }

    /// Keeps that whoever opened a push reads another part of it, for the same purpose. False where it is not open to the
    /// reader: nothing is kept, and nothing may be shown.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; nothing may be shown then.
    pub async fn keep_part(
        &self,
        opened: Opened<'_>,
        part: ReadPart,
        at: Timestamp,
    ) -> Result<bool, NotificationError> {
        const OPERATION: &str = "keep who reads a protected case";
        let query = sqlx::query(include_str!("sql/protected/keep_part.sql"))
            .bind(opened.county)
            .bind(Uuid::now_v7())
            .bind(to_sql(at))
            .bind(opened.id)
            .bind(opened.push_id)
            .bind(opened.reader.actor)
            .bind(opened.reader.agency)
            .bind(to_sql(opened.since))
            .bind(part as i16);
        Self::within(OPERATION, async {
            let kept =
                query.fetch_optional(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(kept.is_some())
        })
        .await
    }

    /// Whether a push is open to the reader.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn is_open(&self, opened: Opened<'_>) -> Result<bool, NotificationError> {
        const OPERATION: &str = "read who opened a push";
        let query = sqlx::query_scalar(include_str!("sql/protected/holds.sql"))
            .bind(opened.county)
            .bind(opened.id)
            .bind(opened.push_id)
            .bind(opened.reader.actor)
            .bind(opened.reader.agency)
            .bind(to_sql(opened.since));
        Self::within(OPERATION, async {
            query.fetch_one(&self.pool).await.map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// A page of who read what of a case, the newest first.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn readings(
        &self,
        county: &str,
        case_id: Uuid,
        after: &ReadingPlace,
        limit: i64,
    ) -> Result<Vec<Reading>, NotificationError> {
        const OPERATION: &str = "list who read a protected case";
        let query = sqlx::query(include_str!("sql/protected/list.sql"))
            .bind(county)
            .bind(case_id)
            .bind(to_sql(after.at))
            .bind(after.id)
            .bind(limit);
        Self::within(OPERATION, async {
            let found = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            found
                .iter()
                .map(reading)
                .collect::<Result<_, _>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// The case with a number.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchCase`], or of the database.
    pub async fn case_of_number(&self, county: &str, number: &str) -> Result<Uuid, NotificationError> {
        const OPERATION: &str = "find a case";
        let query =
            sqlx::query_scalar(include_str!("sql/protected/case_of_number.sql")).bind(county).bind(number);
        Self::within(OPERATION, async {
            query
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchCase)
        })
        .await
    }
}

fn reading(row: &PgRow) -> Result<Reading, sqlx::Error> {
    Ok(Reading {
        id: row.try_get("id")?,
        at: rows::time(row, "at")?,
        actor: row.try_get("actor")?,
        capacity: row.try_get("capacity")?,
        agency: row.try_get("agency")?,
        push_id: row.try_get("push_id")?,
        part: rows::known(row, "what", ReadPart::try_from)?,
        purpose: row.try_get("purpose")?,
    })
}
