//! Loading, locked, what a batch or a command may change.

use std::collections::HashMap;

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
) -> Result<CasesAtHand, RoutingError> {
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
    let read = || -> Result<CasesAtHand, sqlx::Error> {
        let mut hand = CasesAtHand::default();
        for row in &found {
            let days: Vec<String> = row.try_get("days")?;
            let lasts: Vec<i32> = row.try_get("lasts")?;
            for (day, last) in days.into_iter().zip(lasts) {
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
        Ok(hand)
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// Loads the cases of the pushes that receipts speak of: the pushes by id, and their cases by id.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_receipts(
    conn: &mut PgConnection,
    county: &str,
    push_ids: &[Uuid],
) -> Result<(HashMap<Uuid, ToldPush>, HashMap<Uuid, CaseFile>), RoutingError> {
    let operation = "load the cases of receipts";
    let statement =
        sqlx::query(include_str!("sql/load_for_receipts.sql")).bind(county).bind(push_ids).fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let mut pushes = HashMap::new();
        let mut cases = HashMap::new();
        for row in &found {
            let case = rows::case_file(row)?;
            let agency = row.try_get("push_agency")?;
            pushes.insert(row.try_get("push_id")?, ToldPush { case_id: case.id, agency });
            cases.insert(case.id, case);
        }
        Ok((pushes, cases))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// Loads and locks the case of a command. With an agency, only a case that it may see.
///
/// # Errors
/// [`RoutingError::NotFound`], [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_command(
    conn: &mut PgConnection,
    county: &str,
    name: &CaseName,
    agency: Option<&str>,
) -> Result<CaseFile, RoutingError> {
    let operation = "load the case of a command";
    let statement = sqlx::query(include_str!("sql/load_for_command.sql"))
        .bind(county)
        .bind(name.id())
        .bind(name.number())
        .bind(agency)
        .fetch_optional(conn);
    let row = bounded(operation, statement).await?.ok_or(RoutingError::NotFound)?;
    rows::case_file(&row).map_err(|source| RoutingError::Database { operation, source })
}
