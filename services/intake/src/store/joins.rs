//! Moving reports from one person, household or case cluster to another.

use fengqiao_linkage::{Join, Kind};
use jiff::Timestamp;
use sqlx::{PgConnection, types::Uuid};

use super::{
    StoreError,
    known::number_of,
    link_decisions::{LinkAct, NewDecision, add_decision},
};

/// Who decides where later evidence joins two clusters.
const MACHINE: &str = "machine";

/// Moves the reports of each absorbed cluster, in this order, and what officers said of it; each is kept as a decision
/// of the machine, with this id.
///
/// # Errors
/// [`StoreError`]
pub(super) async fn join_clusters(
    conn: &mut PgConnection,
    county: &str,
    joins: impl Iterator<Item = (&Join, Uuid)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (join, decision_id) in joins {
        let report_ids = join_two(conn, county, join).await?;
        // Both were made by one batch: nobody has seen the other one.
        if report_ids.is_empty() {
            continue;
        }
        let decision = NewDecision {
            decision_id,
            kind: join.kind,
            act: LinkAct::Join,
            cluster_id: join.kept,
            other_id: Some(join.absorbed),
            report_ids: &report_ids,
            decided_by: MACHINE,
            reason: "",
            decided_at: now,
            request_id: None,
        };
        add_decision(conn, county, &decision).await?;
    }
    Ok(())
}

/// All reports of one cluster belong to the other from now on, and so does what officers said of it. Returns which
/// these are.
///
/// # Errors
/// [`StoreError`]
pub async fn join_two(conn: &mut PgConnection, county: &str, join: &Join) -> Result<Vec<Uuid>, StoreError> {
    let moves = match join.kind {
        Kind::Person => include_str!("sql/join_person.sql"),
        Kind::Household => include_str!("sql/join_household.sql"),
        Kind::Case => include_str!("sql/join_case.sql"),
    };
    let moved = sqlx::query_scalar(moves)
        .bind(county)
        .bind(join.absorbed)
        .bind(join.kept)
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::database("join clusters"))?;
    sqlx::query(include_str!("sql/join_apart.sql"))
        .bind(county)
        .bind(number_of(join.kind))
        .bind(join.absorbed)
        .bind(join.kept)
        .execute(conn)
        .await
        .map_err(StoreError::database("join clusters"))?;
    Ok(moved)
}

/// Of these reports, those that belong to one cluster belong to the other from now on. Returns which these are.
///
/// # Errors
/// [`StoreError`]
pub async fn move_reports(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    from: Uuid,
    to: Uuid,
    reports: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    let moves = match kind {
        Kind::Person => include_str!("sql/move_person.sql"),
        Kind::Household => include_str!("sql/move_household.sql"),
        Kind::Case => include_str!("sql/move_case.sql"),
    };
    sqlx::query_scalar(moves)
        .bind(county)
        .bind(from)
        .bind(to)
        .bind(reports)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("move reports"))
}
