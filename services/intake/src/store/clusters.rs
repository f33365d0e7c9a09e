//! Which clusters may still be joined, as routing tells.

use fengqiao_serving::time::to_sql;
use sqlx::{PgConnection, types::Uuid};
use time::OffsetDateTime;

use crate::domain::case_news::ClusterNews;

/// Remembers the last word on each cluster. Each cluster occurs once.
///
/// # Errors
/// The database's.
pub async fn apply_cluster_news(
    conn: &mut PgConnection,
    county: &str,
    news: &[ClusterNews],
) -> Result<(), sqlx::Error> {
    let (over, open): (Vec<&ClusterNews>, Vec<&ClusterNews>) = news.iter().partition(|word| word.was_over);
    if !over.is_empty() {
        let (clusters, opened_at) = columns(&over);
        let still_open: Vec<bool> = over.iter().map(|word| word.last.joinable.is_open()).collect();
        let until: Vec<Option<OffsetDateTime>> =
            over.iter().map(|word| word.last.joinable.until().map(to_sql)).collect();
        sqlx::query(include_str!("sql/cluster_over.sql"))
            .bind(county)
            .bind(clusters)
            .bind(opened_at)
            .bind(still_open)
            .bind(until)
            .execute(&mut *conn)
            .await?;
    }
    if !open.is_empty() {
        let (clusters, opened_at) = columns(&open);
        sqlx::query(include_str!("sql/cluster_open.sql"))
            .bind(county)
            .bind(clusters)
            .bind(opened_at)
            .execute(conn)
            .await?;
    }
    Ok(())
}

fn columns(news: &[&ClusterNews]) -> (Vec<Uuid>, Vec<OffsetDateTime>) {
    news.iter().map(|word| (word.last.cluster_id, to_sql(word.last.opened_at))).unzip()
}
