//! Reading alerts by tier: each is owed an acknowledgement, by which it is found; what it is stands in its case.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{
    bounded,
    rows::{self, moment},
};
use crate::{
    domain::{case::CaseFile, duty::DutyKind},
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// Which alerts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only those to this agency.
    pub agency: Option<String>,
    /// Only those that are still to be acknowledged.
    pub open: bool,
}

/// The last alert of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertPlace {
    /// When it was raised.
    pub at: Timestamp,
    /// Its case.
    pub case_id: Uuid,
    /// The number of what is owed for it.
    pub no: i32,
}

/// An alert of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAlert {
    /// Its place in the list.
    pub place: AlertPlace,
    /// Its number in the case.
    pub alert: u32,
    /// The case, or that it cannot be read.
    pub case: Result<CaseFile, UnreadableCase>,
}

/// A page of alerts, the newest first.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn list_alerts(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    filter: &AlertFilter,
    limit: i64,
    after: Option<AlertPlace>,
) -> Result<Vec<ListedAlert>, RoutingError> {
    let operation = "list alerts";
    let statement = sqlx::query(include_str!("sql/list_alerts.sql"))
        .bind(county)
        .bind(DutyKind::Acknowledge.code())
        .bind(&filter.agency)
        .bind(filter.open)
        .bind(after.map(|after| to_sql(after.at)))
        .bind(after.map(|after| after.case_id))
        .bind(after.map(|after| after.no))
        .bind(limit)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| listed(row, county, keyring))
}

fn listed(row: &PgRow, county: &str, keyring: &Keyring) -> Result<ListedAlert, sqlx::Error> {
    let about: i32 = row.try_get("alert_no")?;
    Ok(ListedAlert {
        place: AlertPlace {
            at: moment(row, "alerted_at")?,
            case_id: row.try_get("id")?,
            no: row.try_get("duty_no")?,
        },
        alert: u32::try_from(about).unwrap_or_default(),
        case: rows::case_if_readable(row, county, keyring)?,
    })
}
