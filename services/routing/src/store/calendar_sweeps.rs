//! How far a county's calendar was applied to the limits that run.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{CountyTurn, bounded, rows, standing::standing_clock};
use crate::{
    domain::{case::CaseFile, duty::Duty},
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// Who works on a county's calendar, and until when nobody else does.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The worker.
    pub by: Uuid,
    /// Now.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Only what was begun by then.
    pub begun_by: Timestamp,
}

/// The next cases and duties besides cases to be looked at.
#[derive(Debug, Default)]
pub struct SweptCases {
    /// The cases in which something is owed.
    pub cases: Vec<CaseFile>,
    /// Those that cannot be read.
    pub unreadable: Vec<UnreadableCase>,
    /// The duties besides cases of working days that are owed, by id.
    pub standing: Vec<(Uuid, Duty)>,
    /// How far they reach; none at the end.
    pub edge: Option<Uuid>,
}

/// Says that a calendar is to be applied; nothing where it is already, or a newer one is. `version` is that of the
/// setting, 0 for one of the folder.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn begin_calendar_sweep(
    conn: &mut PgConnection,
    county: &str,
    version: i32,
    calendar: &str,
    at: Timestamp,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/begin_calendar_sweep.sql"))
        .bind(county)
        .bind(version)
        .bind(calendar)
        .bind(to_sql(at))
        .bind(Uuid::nil())
        .execute(conn);
    bounded("begin with a calendar", statement).await.map(|_| ())
}

/// Takes up the work on a calendar: the last case or duty besides cases that is done; none where there is nothing to do, or another does it.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn claim_calendar_sweep(
    conn: &mut PgConnection,
    county: &str,
    calendar: &str,
    claim: Claim,
) -> Result<Option<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/claim_calendar_sweep.sql"))
        .bind(county)
        .bind(calendar)
        .bind(claim.by)
        .bind(to_sql(claim.at))
        .bind(to_sql(claim.until))
        .bind(to_sql(claim.begun_by))
        .fetch_optional(conn);
    bounded("take up the work on a calendar", statement).await
}

/// Everything up to a case or a duty besides cases is done, and so many of them were changed; `ended_at` where that was all.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn advance_calendar_sweep(
    conn: &mut PgConnection,
    county: &str,
    calendar: &str,
    cursor: Uuid,
    moved: i64,
    ended_at: Option<Timestamp>,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/advance_calendar_sweep.sql"))
        .bind(county)
        .bind(calendar)
        .bind(cursor)
        .bind(moved)
        .bind(ended_at.map(to_sql))
        .execute(conn);
    bounded("go on with a calendar", statement).await.map(|_| ())
}

/// Loads the next cases after one in which something is owed, and duties besides cases, looking at up to so many duties.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_swept_cases(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    after: Uuid,
    at_most: i64,
) -> Result<(SweptCases, CountyTurn), RoutingError> {
    let operation = "load cases for a calendar";
    let statement = sqlx::query(include_str!("sql/calendar_sweep_cases.sql"))
        .bind(county)
        .bind(after)
        .bind(at_most)
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let turn = CountyTurn::of(&found, county, keyring)?;
        let mut swept = SweptCases::default();
        for row in &found {
            swept.edge = row.try_get("edge")?;
            if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
                match rows::case_if_readable(row, county, keyring)? {
                    Ok(case) => swept.cases.push(case),
                    Err(case) => swept.unreadable.push(case),
                }
            }
            if let Some(id) = row.try_get::<Option<Uuid>, _>("subject_id")? {
                swept.standing.push((id, standing_clock(row)?));
            }
        }
        Ok((swept, turn))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}
