//! Loading what a batch or a command may change, with the turn in which it is so.

use std::collections::HashMap;

use fengqiao_messaging::Turn;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{bounded, rows};
use crate::{
    domain::{
        arrivals::{CasesAtHand, KnownReport, ReceivedReport},
        case::CaseFile,
        case_number::CaseName,
    },
    error::RoutingError,
};

/// A push that a receipt speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldPush {
    /// Its case.
    pub case_id: Uuid,
    /// To whom it went.
    pub agency: String,
}

/// The pushes that receipts speak of, and their cases, by id.
#[derive(Debug, Default)]
pub struct ToldPushes {
    /// The pushes.
    pub pushes: HashMap<Uuid, ToldPush>,
    /// Their cases.
    pub cases: HashMap<Uuid, CaseFile>,
}

/// The case of a command.
#[derive(Debug)]
pub struct CommandCase {
    /// The case.
    pub case: CaseFile,
    /// The digest of the command that the request id already stands for.
    pub answered: Option<Vec<u8>>,
    /// The turn in which it is so.
    pub turn: Turn,
}

/// Loads everything that a batch of reports may change, in one round trip. `days` are the days of the
/// reports in the county's zone, `window` how long ago a report still counts.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_reports(
    conn: &mut PgConnection,
    county: &str,
    reports: &[&ReceivedReport],
    days: &[String],
    window: SignedDuration,
) -> Result<(CasesAtHand, Turn), RoutingError> {
    let operation = "load the cases of a batch";
    let report_ids: Vec<Uuid> = reports.iter().map(|report| report.report_id).collect();
    let clusters: Vec<Uuid> = reports.iter().map(|report| report.cluster_id).collect();
    let earliest = reports.iter().map(|report| report.occurred_at).min().unwrap_or(Timestamp::MAX);
    let since = earliest.checked_sub(window).unwrap_or(Timestamp::MIN);
    let statement = sqlx::query(include_str!("sql/load_for_reports.sql"))
        .bind(county)
        .bind(report_ids)
        .bind(clusters)
        .bind(days)
        .bind(to_sql(since))
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<(CasesAtHand, Turn), sqlx::Error> {
        let mut hand = CasesAtHand::default();
        let mut turn = Turn(0);
        for row in &found {
            turn = Turn(row.try_get("turn")?);
            let days: Option<Vec<String>> = row.try_get("days")?;
            let lasts: Option<Vec<i32>> = row.try_get("lasts")?;
            for (day, last) in days.unwrap_or_default().into_iter().zip(lasts.unwrap_or_default()) {
                hand.set_series(day, last);
            }
            let Some(case_id) = row.try_get::<Option<Uuid>, _>("id")? else { continue };
            let recent: Option<Vec<OffsetDateTime>> = row.try_get("recent")?;
            hand.add_case(
                rows::case_file(row)?,
                recent.unwrap_or_default().into_iter().map(from_sql).collect(),
            );
            let held: Option<Vec<Uuid>> = row.try_get("report_ids")?;
            let revisions: Option<Vec<i32>> = row.try_get("revisions")?;
            for (report_id, revision) in
                held.unwrap_or_default().into_iter().zip(revisions.unwrap_or_default())
            {
                hand.add_report(report_id, KnownReport { case_id, revision });
            }
        }
        Ok((hand, turn))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// Loads the cases of the pushes that receipts speak of.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_receipts(
    conn: &mut PgConnection,
    county: &str,
    push_ids: &[Uuid],
) -> Result<(ToldPushes, Turn), RoutingError> {
    let operation = "load the cases of receipts";
    let statement =
        sqlx::query(include_str!("sql/load_for_receipts.sql")).bind(county).bind(push_ids).fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let mut told = ToldPushes::default();
        let mut turn = Turn(0);
        for row in &found {
            turn = Turn(row.try_get("turn")?);
            let Some(push_id) = row.try_get::<Option<Uuid>, _>("push_id")? else { continue };
            let case = rows::case_file(row)?;
            let agency = row.try_get("push_agency")?;
            told.pushes.insert(push_id, ToldPush { case_id: case.id, agency });
            told.cases.insert(case.id, case);
        }
        Ok((told, turn))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// Loads the case of a command. With an agency, only a case that it may see.
///
/// # Errors
/// [`RoutingError::NotFound`], [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_command(
    conn: &mut PgConnection,
    county: &str,
    name: &CaseName,
    agency: Option<&str>,
    principal: &str,
    request_id: &str,
) -> Result<CommandCase, RoutingError> {
    let operation = "load the case of a command";
    let statement = sqlx::query(include_str!("sql/load_for_command.sql"))
        .bind(county)
        .bind(name.id())
        .bind(name.number())
        .bind(agency)
        .bind(principal)
        .bind(request_id)
        .fetch_optional(conn);
    let row = bounded(operation, statement).await?.ok_or(RoutingError::NotFound)?;
    let read = || -> Result<CommandCase, sqlx::Error> {
        Ok(CommandCase {
            case: rows::case_file(&row)?,
            answered: row.try_get("answered")?,
            turn: Turn(row.try_get("turn")?),
        })
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}
