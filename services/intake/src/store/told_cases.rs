//! Cases as routing told them, and how reports stand by them.

use std::collections::HashMap;

use fengqiao_proto::types::v1::CaseState;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, types::Uuid};
use time::OffsetDateTime;

use super::StoreError;
use crate::domain::told_case::{ToldCase, ToldCases};

/// How a report stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether its case is protected.
    pub protected: bool,
    /// When its personal part was removed.
    pub removed_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct CaseRow {
    report_id: Uuid,
    case_id: Uuid,
    version: i64,
    number: String,
    state: i16,
    protected: bool,
    opened_at: OffsetDateTime,
    over_at: Option<OffsetDateTime>,
}

/// Remembers what was told of cases. Each case, cluster and report occurs once.
///
/// # Errors
/// The database's.
pub async fn tell_cases(conn: &mut PgConnection, county: &str, told: &ToldCases) -> Result<(), sqlx::Error> {
    let ToldCases { cases, clusters, reports } = told;
    if !cases.is_empty() {
        sqlx::query(include_str!("sql/told/tell_cases.sql"))
            .bind(county)
            .bind(cases.iter().map(|case| case.case_id).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| case.version).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| case.number.as_str()).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| case.state as i16).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| case.protected).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| to_sql(case.opened_at)).collect::<Vec<_>>())
            .bind(cases.iter().map(|case| case.over_at.map(to_sql)).collect::<Vec<_>>())
            .execute(&mut *conn)
            .await?;
    }
    if !clusters.is_empty() {
        sqlx::query(include_str!("sql/told/tell_clusters.sql"))
            .bind(county)
            .bind(clusters.iter().map(|(cluster, ..)| *cluster).collect::<Vec<_>>())
            .bind(clusters.iter().map(|(_, case, _)| *case).collect::<Vec<_>>())
            .bind(clusters.iter().map(|(.., opened_at)| to_sql(*opened_at)).collect::<Vec<_>>())
            .execute(&mut *conn)
            .await?;
    }
    if !reports.is_empty() {
        let (reports, cases): (Vec<Uuid>, Vec<Uuid>) = reports.iter().copied().unzip();
        sqlx::query(include_str!("sql/told/tell_moved.sql"))
            .bind(county)
            .bind(reports)
            .bind(cases)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// The case of each of these reports (with their clusters), as far as it was told.
///
/// # Errors
/// [`StoreError`]
pub async fn cases_of(
    conn: &mut PgConnection,
    county: &str,
    reports: &[(Uuid, Uuid)],
) -> Result<HashMap<Uuid, ToldCase>, StoreError> {
    let (reports, clusters): (Vec<Uuid>, Vec<Uuid>) = reports.iter().copied().unzip();
    let rows: Vec<CaseRow> = sqlx::query_as(include_str!("sql/told/cases_of.sql"))
        .bind(county)
        .bind(reports)
        .bind(clusters)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("look for the cases of reports"))?;
    rows.into_iter().map(|row| Ok((row.report_id, row.told()?))).collect()
}

/// How each of these reports (with their clusters) stands.
///
/// # Errors
/// [`StoreError`]
pub async fn standing_of(
    pool: &PgPool,
    county: &str,
    reports: impl Iterator<Item = (Uuid, Uuid)>,
) -> Result<HashMap<Uuid, Standing>, StoreError> {
    let (reports, clusters): (Vec<Uuid>, Vec<Uuid>) = reports.unzip();
    let rows: Vec<(Uuid, Option<OffsetDateTime>, bool)> =
        sqlx::query_as(include_str!("sql/told/standing_of.sql"))
            .bind(county)
            .bind(reports)
            .bind(clusters)
            .fetch_all(pool)
            .await
            .map_err(StoreError::database("look how reports stand"))?;
    let standing = |removed_at: Option<OffsetDateTime>, protected| Standing {
        protected,
        removed_at: removed_at.map(from_sql),
    };
    Ok(rows
        .into_iter()
        .map(|(report, removed_at, protected)| (report, standing(removed_at, protected)))
        .collect())
}

impl CaseRow {
    fn told(self) -> Result<ToldCase, StoreError> {
        Ok(ToldCase {
            case_id: self.case_id,
            version: self.version,
            number: self.number,
            state: CaseState::try_from(i32::from(self.state))
                .map_err(|_| StoreError::Malformed("unknown state of a case"))?,
            protected: self.protected,
            opened_at: from_sql(self.opened_at),
            over_at: self.over_at.map(from_sql),
        })
    }
}
