//! What officers split off a cluster, and which cases the desk is asked about because of it.

use fengqiao_serving::time::to_sql;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{bounded, merge_suggestions::DecisionRange, rows};
use crate::{
    domain::{
        merge_suggestions::{ClusterSplit, PairedCase},
        split_suggestions::MixedCase,
    },
    error::RoutingError,
};

/// Keeps that reports were split off.
pub(super) async fn keep_split(
    conn: &mut PgConnection,
    county: &str,
    split: &ClusterSplit,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/split_suggestions/keep_split.sql"))
        .bind(county)
        .bind(split.decision_id)
        .bind(split.cluster)
        .bind(split.went_to)
        .bind(to_sql(split.parted_at))
        .bind(&split.decided_by)
        .bind(&split.report_ids)
        .execute(conn);
    bounded("keep that reports were split off", statement).await.map(|_| ())
}

/// Cases that the desk is to be asked about and is not.
///
/// # Errors
/// [`RoutingError`]
pub async fn mixed_to_suggest(
    conn: &mut PgConnection,
    county: &str,
    range: DecisionRange,
    limit: i64,
) -> Result<Vec<MixedCase>, RoutingError> {
    let operation = "look for cases of two disputes";
    let statement = sqlx::query(include_str!("sql/split_suggestions/wanted.sql"))
        .bind(county)
        .bind(range.after)
        .bind(range.last)
        .bind(limit)
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        Ok(MixedCase {
            decision_id: row.try_get("decision_id")?,
            decided_by: row.try_get("decided_by")?,
            case: PairedCase { id: row.try_get("case_id")?, number: row.try_get("number")? },
            area_code: row.try_get("area_code")?,
            report_ids: row.try_get("report_ids")?,
        })
    })
}

/// Keeps of which cases the desk is asked, by the ids of its duties.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_split_suggestions(
    conn: &mut PgConnection,
    county: &str,
    asked: &[(Uuid, MixedCase)],
) -> Result<(), RoutingError> {
    let all = || asked.iter();
    let statement = sqlx::query(include_str!("sql/split_suggestions/keep.sql"))
        .bind(county)
        .bind(all().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(all().map(|(_, mixed)| mixed.case.id).collect::<Vec<_>>())
        .bind(all().map(|(_, mixed)| mixed.decision_id).collect::<Vec<_>>())
        .execute(conn);
    bounded("keep suggestions to split", statement).await.map(|_| ())
}
