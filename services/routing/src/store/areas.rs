//! Which areas cases are in.

use fengqiao_county::{Loss, LostArea};
use sqlx::{PgPool, Row as _};

use super::{bounded, rows};
use crate::error::RoutingError;

/// A case of an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseInArea {
    /// The shortest code of the area.
    pub area_code: String,
    /// The number of the case.
    pub number: String,
}

/// One case for each of these areas that has any: for one that would only end, one that is not over.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn cases_in_areas(
    pool: &PgPool,
    county: &str,
    areas: &[LostArea],
) -> Result<Vec<CaseInArea>, RoutingError> {
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let operation = "look for cases in areas";
    let codes: Vec<&str> = areas.iter().map(|area| area.code.as_str()).collect();
    // Intake writes the code of a town with the zeros that fill it up.
    let filled: Vec<String> = areas.iter().map(|area| format!("{:0<12}", area.code)).collect();
    let only_open: Vec<bool> = areas.iter().map(|area| area.loss == Loss::Ended).collect();
    let statement = sqlx::query(include_str!("sql/cases_in_areas.sql"))
        .bind(county)
        .bind(codes)
        .bind(filled)
        .bind(only_open)
        .fetch_all(pool);
    rows::read_all(operation, &bounded(operation, statement).await?, |row| {
        Ok(CaseInArea { area_code: row.try_get("area_code")?, number: row.try_get("number")? })
    })
}
