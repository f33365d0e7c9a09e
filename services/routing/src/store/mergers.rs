//! Reports and pushes that go from one case to another. Everything here is read and written while the county's
//! turn is held: see [`Attempt`](super::Attempt).

use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{bounded, rows};
use crate::error::RoutingError;

/// A report that may become a case of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovableReport {
    /// Intake's id.
    pub report_id: Uuid,
    /// The newest revision.
    pub revision: i32,
    /// The door.
    pub source: Source,
    /// When it was committed.
    pub accepted_at: Timestamp,
    /// Whether it was a repeat call.
    pub repeat: bool,
    /// The case that it goes back to where a merger is undone; none while it is there.
    pub home_case: Option<Uuid>,
    /// Its area; none of a report from before that was kept, as the rest.
    pub area_code: Option<String>,
    /// Its canonical category.
    pub category: Option<String>,
    /// Who took it.
    pub received_by: Option<String>,
    /// Who and what, sealed.
    pub sealed_matter: Option<Vec<u8>>,
}

/// A merger that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    /// The case that everything is in now.
    pub goes_to: Uuid,
    /// The merged case, and what had been merged into it.
    pub belonging: Vec<Uuid>,
}

/// What goes where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Everything of a case into another one, where the reports of its cluster go from now on.
    Merge {
        /// From there.
        from: Uuid,
        /// To here.
        into: Uuid,
        /// The cluster of the first.
        cluster_id: Uuid,
    },
    /// What belongs to a case back to it.
    Undo {
        /// The case.
        case: Uuid,
        /// Its merger.
        merger: Merger,
    },
    /// Some reports into a case of their own.
    Split {
        /// From there.
        from: Uuid,
        /// To here.
        new: Uuid,
        /// Which.
        report_ids: Vec<Uuid>,
    },
}

impl Move {
    /// Moves reports and pushes, in a transaction that holds the county's turn, and remembers how to undo it.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn write(
        &self,
        conn: &mut PgConnection,
        county: &str,
        turn: i64,
        at: Timestamp,
    ) -> Result<(), RoutingError> {
        let statement = match self {
            Self::Merge { from, into, cluster_id } => sqlx::query(include_str!("sql/merge_case.sql"))
                .bind(county)
                .bind(from)
                .bind(into)
                .bind(cluster_id)
                .bind(turn)
                .bind(to_sql(at)),
            Self::Undo { case, merger } => sqlx::query(include_str!("sql/undo_merger.sql"))
                .bind(county)
                .bind(case)
                .bind(merger.goes_to)
                .bind(&merger.belonging)
                .bind(to_sql(at)),
            Self::Split { from, new, report_ids } => sqlx::query(include_str!("sql/split_reports.sql"))
                .bind(county)
                .bind(from)
                .bind(new)
                .bind(report_ids),
        };
        bounded("move reports between cases", statement.execute(conn)).await?;
        Ok(())
    }
}

/// A case's reports with what they say, in the order in which they came.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn reports_to_move(
    conn: &mut PgConnection,
    county: &str,
    case_id: Uuid,
) -> Result<Vec<MovableReport>, RoutingError> {
    let operation = "read the reports of a case";
    let statement =
        sqlx::query(include_str!("sql/reports_to_move.sql")).bind(county).bind(case_id).fetch_all(conn);
    let read = |row: &sqlx::postgres::PgRow| -> Result<MovableReport, sqlx::Error> {
        Ok(MovableReport {
            report_id: row.try_get("report_id")?,
            revision: row.try_get("revision")?,
            source: rows::source(row.try_get("source")?),
            accepted_at: rows::moment(row, "accepted_at")?,
            repeat: row.try_get("repeat")?,
            home_case: row.try_get("home_case")?,
            area_code: row.try_get("area_code")?,
            category: row.try_get("category")?,
            received_by: row.try_get("received_by")?,
            sealed_matter: row.try_get("sealed_matter")?,
        })
    };
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, read)
}

/// The merger that holds of a case.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn find_merger(
    conn: &mut PgConnection,
    county: &str,
    case_id: Uuid,
) -> Result<Option<Merger>, RoutingError> {
    let operation = "find a merger";
    let statement =
        sqlx::query(include_str!("sql/find_merger.sql")).bind(county).bind(case_id).fetch_optional(conn);
    let row = bounded(operation, statement).await?;
    row.map(|row| Ok(Merger { goes_to: row.try_get("goes_to")?, belonging: row.try_get("belonging")? }))
        .transpose()
        .map_err(|source| RoutingError::Database { operation, source })
}

/// The number of another case of a cluster that takes its reports.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn another_live_case(
    conn: &mut PgConnection,
    county: &str,
    cluster_id: Uuid,
    than: Uuid,
) -> Result<Option<String>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/another_live_case.sql"))
        .bind(county)
        .bind(cluster_id)
        .bind(than)
        .fetch_optional(conn);
    bounded("look for another case of a cluster", statement).await
}

/// The last running number of a day; 0 where there is none yet.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn last_number(conn: &mut PgConnection, county: &str, day: &str) -> Result<i32, RoutingError> {
    let statement =
        sqlx::query_scalar(include_str!("sql/last_number.sql")).bind(county).bind(day).fetch_optional(conn);
    Ok(bounded("read a day's last number", statement).await?.unwrap_or(0))
}

/// The case that a request id's answer names.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn answered_case(
    conn: &mut PgConnection,
    county: &str,
    principal: &str,
    request_id: &str,
) -> Result<Option<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/answered_case.sql"))
        .bind(county)
        .bind(principal)
        .bind(request_id)
        .fetch_optional(conn);
    bounded("read what a request was answered", statement).await
}
