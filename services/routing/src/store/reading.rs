//! Reading cases and their histories.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{
    bounded,
    rows::{self, StoredEntry, StoredPush, StoredReport},
    seeing,
};
use crate::{
    domain::{
        case::{CaseFile, State},
        case_number::CaseName,
        level::Level,
    },
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// A case lists at most so many reports, and so many pushes.
const MOST_PARTS: i64 = 1_000;

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only what this agency may see.
    pub visible_to: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// Only this level.
    pub level: Option<Level>,
    /// Only areas whose code begins so.
    pub area_prefix: Option<String>,
    /// Only what this agency leads.
    pub lead_agency: Option<String>,
    /// Only this category.
    pub category: Option<String>,
    /// Only what this principal received first, and that is not over.
    pub first_receiver: Option<String>,
}

/// The last case of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    /// Its level's number, twice, and one more in the fast lane.
    pub urgency: i32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// A case of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCase {
    /// Its place in the list.
    pub place: ListPlace,
    /// The case, or that it cannot be read.
    pub case: Result<CaseFile, UnreadableCase>,
}

/// What belongs to a case beside its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseRest {
    /// Its reports, in the order in which they came.
    pub reports: Vec<StoredReport>,
    /// Its pushes, in the order in which they were requested.
    pub pushes: Vec<StoredPush>,
}

/// One case. With an agency, only one that it may see.
///
/// # Errors
/// [`RoutingError::NotFound`], [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn find_case(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    name: &CaseName,
    agency: Option<&str>,
) -> Result<CaseFile, RoutingError> {
    let operation = "read a case";
    let statement = sqlx::query(seeing::GET_CASE)
        .bind(county)
        .bind(name.id())
        .bind(name.number())
        .bind(agency)
        .fetch_optional(pool);
    let row = bounded(operation, statement).await?.ok_or(RoutingError::NotFound)?;
    rows::case_file(&row, county, keyring).map_err(|source| RoutingError::Database { operation, source })
}

/// A case's reports and pushes.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn case_rest(pool: &PgPool, county: &str, case_id: Uuid) -> Result<CaseRest, RoutingError> {
    let reports = sqlx::query(include_str!("sql/list_reports.sql"))
        .bind(county)
        .bind(case_id)
        .bind(MOST_PARTS)
        .fetch_all(pool);
    let pushes = sqlx::query(include_str!("sql/list_pushes.sql"))
        .bind(county)
        .bind(case_id)
        .bind(MOST_PARTS)
        .fetch_all(pool);
    Ok(CaseRest {
        reports: rows::read_all(
            "read a case's reports",
            &bounded("read a case's reports", reports).await?,
            rows::report,
        )?,
        pushes: rows::read_all(
            "read a case's pushes",
            &bounded("read a case's pushes", pushes).await?,
            rows::push,
        )?,
    })
}

/// A page of cases after a place. One that cannot be read has its place as well.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn list_cases(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    filter: &CaseFilter,
    limit: i64,
    after: Option<ListPlace>,
) -> Result<Vec<ListedCase>, RoutingError> {
    let operation = "list cases";
    let text = if filter.first_receiver.is_some() { seeing::LIST_RECEIVED_CASES } else { seeing::LIST_CASES };
    let statement = sqlx::query(text)
        .bind(county)
        .bind(&filter.visible_to)
        .bind(filter.state.map(State::code))
        .bind(filter.level.map(Level::code))
        .bind(&filter.area_prefix)
        .bind(&filter.lead_agency)
        .bind(&filter.category)
        .bind(limit)
        .bind(after.map(|place| place.urgency))
        .bind(after.map(|place| to_sql(place.opened_at)))
        .bind(after.map(|place| place.id.to_string()));
    let statement = match &filter.first_receiver {
        Some(receiver) => statement.bind(receiver),
        None => statement,
    };
    rows::read_all(operation, &bounded(operation, statement.fetch_all(pool)).await?, |row| {
        let case = rows::case_if_readable(row, county, keyring)?;
        Ok(ListedCase { place: list_place(row)?, case })
    })
}

/// By the plain columns that a list is ordered by: see `list_cases_order.sql`.
fn list_place(row: &PgRow) -> Result<ListPlace, sqlx::Error> {
    let (level, fast_lane): (i16, bool) = (row.try_get("level")?, row.try_get("fast_lane")?);
    Ok(ListPlace {
        urgency: i32::from(level) * 2 + i32::from(fast_lane),
        opened_at: rows::moment(row, "opened_at")?,
        id: row.try_get("id")?,
    })
}

/// A page of a case's history after an entry.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn list_history(
    pool: &PgPool,
    county: &str,
    case_id: Uuid,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEntry>, RoutingError> {
    let operation = "read a case's history";
    let statement = sqlx::query(include_str!("sql/list_history.sql"))
        .bind(county)
        .bind(case_id)
        .bind(after)
        .bind(limit)
        .fetch_all(pool);
    rows::read_all(operation, &bounded(operation, statement).await?, rows::entry)
}
