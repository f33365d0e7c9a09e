//! Clusters that turned out to be one.

use fengqiao_linkage::{Join, Kind};
use sqlx::PgConnection;

use super::{StoreError, known::number_of};

/// Moves the reports of each absorbed cluster, in this order, and what officers said of it.
///
/// # Errors
/// [`StoreError`]
pub(super) async fn join_clusters(
    conn: &mut PgConnection,
    county: &str,
    joins: &[Join],
) -> Result<(), StoreError> {
    for join in joins {
        let moves = match join.kind {
            Kind::Person => include_str!("sql/join_person.sql"),
            Kind::Household => include_str!("sql/join_household.sql"),
            Kind::Case => include_str!("sql/join_case.sql"),
        };
        sqlx::query(moves)
            .bind(county)
            .bind(join.absorbed)
            .bind(join.kept)
            .execute(&mut *conn)
            .await
            .map_err(StoreError::database("join clusters"))?;
        sqlx::query(include_str!("sql/join_apart.sql"))
            .bind(county)
            .bind(number_of(join.kind))
            .bind(join.absorbed)
            .bind(join.kept)
            .execute(&mut *conn)
            .await
            .map_err(StoreError::database("join clusters"))?;
    }
    Ok(())
}
