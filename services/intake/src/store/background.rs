//! What someone's badge is made of. Each look is a bounded walk in an index, however many reports there are.

use std::collections::HashMap;

use fengqiao_linkage::Traits;
use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::from_sql;
use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection, types::Uuid};
use time::OffsetDateTime;

use super::{StoreError, known::traits};
use crate::domain::background::Made;

/// Whose reports to look at.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// A person's.
    Person(Uuid),
    /// A household's.
    Household(Uuid),
}

/// What a report says, sealed.
#[derive(Debug, sqlx::FromRow)]
pub struct SealedLine {
    /// The report.
    pub report_id: Uuid,
    /// The canonical category.
    pub category: String,
    /// Whether its source keeps it confidential.
    pub confidential: bool,
    /// The sealed matter.
    pub sealed_matter: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Row {
    report_id: Uuid,
    source: i16,
    occurred_at: OffsetDateTime,
    cluster_id: Uuid,
    person_id: Uuid,
    household_id: Uuid,
}

const OPERATION: &str = "look who was here before";

/// A connection for the several looks of one question.
///
/// # Errors
/// [`StoreError`]
pub async fn to_look(pool: &PgPool) -> Result<PoolConnection<Postgres>, StoreError> {
    pool.acquire().await.map_err(StoreError::database(OPERATION))
}

/// The newest reports, so many at most.
///
/// # Errors
/// [`StoreError`]
pub async fn walk(
    conn: &mut PgConnection,
    county: &str,
    whose: Whose,
    at_most: usize,
) -> Result<Vec<Made>, StoreError> {
    let query = match whose {
        Whose::Person(person) => {
            sqlx::query_as(include_str!("sql/background/walk_person.sql")).bind(county).bind(person)
        }
        Whose::Household(household) => {
            sqlx::query_as(include_str!("sql/background/walk_household.sql")).bind(county).bind(household)
        }
    };
    let rows: Vec<Row> = query
        .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    rows.into_iter().map(Row::made).collect()
}

/// A report that keys of linkage found.
#[derive(Debug)]
pub struct ByKey {
    /// The report.
    pub made: Made,
    /// What linkage kept of it, by each lookup key.
    pub traits: Vec<Traits>,
}

/// The newest reports that are found by any of these keys of linkage, so many at most.
///
/// # Errors
/// [`StoreError`]
pub async fn walk_keys(
    conn: &mut PgConnection,
    county: &str,
    keys: &[i64],
    at_most: usize,
) -> Result<Vec<ByKey>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Found {
        #[sqlx(flatten)]
        row: Row,
        traits: Vec<u8>,
        next_traits: Option<Vec<u8>>,
    }
    let found: Vec<Found> = sqlx::query_as(include_str!("sql/background/walk_keys.sql"))
        .bind(county)
        .bind(keys)
        .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    let read = |Found { row, traits: by_this, next_traits }: Found| {
        let mut known = vec![traits(Some(&by_this))?];
        if let Some(by_next) = next_traits {
            known.push(traits(Some(&by_next))?);
        }
        Ok(ByKey { made: row.made()?, traits: known })
    };
    found.into_iter().map(read).collect()
}

/// Who made a report; none where it is not there, or has nobody any more.
///
/// # Errors
/// [`StoreError`]
pub async fn maker_of(
    conn: &mut PgConnection,
    county: &str,
    report_id: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    sqlx::query_scalar(include_str!("sql/background/maker_of.sql"))
        .bind(county)
        .bind(report_id)
        .fetch_optional(conn)
        .await
        .map_err(StoreError::database(OPERATION))
}

/// How many reports a household has, counted up to so many.
///
/// # Errors
/// [`StoreError`]
pub async fn count_household(
    conn: &mut PgConnection,
    county: &str,
    household: Uuid,
    at_most: usize,
) -> Result<usize, StoreError> {
    let count: i64 = sqlx::query_scalar(include_str!("sql/background/count_household.sql"))
        .bind(county)
        .bind(household)
        .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
        .fetch_one(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// The sources' own numbers of a few reports.
///
/// # Errors
/// [`StoreError`]
pub async fn names_of(
    conn: &mut PgConnection,
    county: &str,
    reports: &[Uuid],
) -> Result<HashMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(include_str!("sql/background/names_of.sql"))
        .bind(county)
        .bind(reports)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    Ok(rows.into_iter().collect())
}

/// What a few reports say.
///
/// # Errors
/// [`StoreError`]
pub async fn lines_of(
    conn: &mut PgConnection,
    county: &str,
    reports: &[Uuid],
) -> Result<Vec<SealedLine>, StoreError> {
    sqlx::query_as(include_str!("sql/background/lines_of.sql"))
        .bind(county)
        .bind(reports)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))
}

impl Row {
    fn made(self) -> Result<Made, StoreError> {
        Ok(Made {
            report_id: self.report_id,
            source: Source::try_from(i32::from(self.source))
                .map_err(|_| StoreError::Malformed("unknown source"))?,
            at: from_sql(self.occurred_at),
            cluster_id: self.cluster_id,
            person_id: self.person_id,
            household_id: self.household_id,
        })
    }
}
