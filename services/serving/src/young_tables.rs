//! Statistics for the planner on tables that have just begun to grow.
//!
//! Plans are kept (see the foundation), and one that was made for an empty table may take any index that
//! begins with the county: all look equally good, and soon the wrong one walks through every row. New
//! statistics make all connections plan anew. Postgres gathers them by itself, but only looks once a minute.

use std::{convert::Infallible, time::Duration};

use sqlx::{AssertSqlSafe, PgPool};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Larger tables are left to Postgres: what has changed of them by then is a small part.
const YOUNG: i64 = 1_000_000;

/// Tables that have at least doubled since their last statistics.
const DOUBLED: &str = "SELECT quote_ident(known.relname) FROM pg_stat_user_tables AS known \
    JOIN pg_class ON pg_class.oid = known.relid \
    WHERE known.schemaname = current_schema() AND n_mod_since_analyze >= 100 \
      AND n_mod_since_analyze > reltuples AND reltuples < $1";

/// How large a table is, and roughly what stands in it, is seen in a tenth of the usual sample; the usual one takes a core
/// for a third of a second, and whoever waits for a push feels it. Holds for the statements that are sent along with it.
const SMALL_SAMPLE: &str = "SET LOCAL default_statistics_target = 10";

/// Gathers statistics of the schema's young tables until told to stop. A failure only costs time.
///
/// # Errors
/// None.
pub(crate) async fn watch(pool: PgPool, stop: CancellationToken) -> Result<(), Infallible> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = sleep(LOOK_EVERY) => {}
        }
        if let Err(error) = look(&pool).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "tables are looked at later");
        }
    }
}

/// Gathers statistics where they are missing or far too old.
async fn look(pool: &PgPool) -> Result<(), sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(DOUBLED).bind(YOUNG as f32).fetch_all(pool).await?;
    for table in tables {
        // Another process may be at it.
        let statement = AssertSqlSafe(format!("{SMALL_SAMPLE}; ANALYZE (SKIP_LOCKED) {table}"));
        sqlx::raw_sql(statement).execute(pool).await?;
        tracing::debug!(table, "the planner knows how large it is");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fengqiao_stack::test_database::TestDatabase;
    use sqlx::Executor as _;
    use tokio::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn a_table_that_has_begun_to_grow_gets_statistics() {
        let database = TestDatabase::create().await.unwrap();
        let pool = PgPool::connect(database.url()).await.unwrap();
        pool.execute("CREATE TABLE young (id bigint); CREATE TABLE empty (id bigint)").await.unwrap();
        pool.execute("INSERT INTO young SELECT generate_series(1, 500)").await.unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            look(&pool).await.unwrap();
            let known: f32 = sqlx::query_scalar("SELECT reltuples FROM pg_class WHERE relname = 'young'")
                .fetch_one(&pool)
                .await
                .unwrap();
            if known == 500.0 {
                break;
            }
            assert!(Instant::now() < until, "{known}");
            sleep(Duration::from_millis(100)).await;
        }
        let empty: f32 = sqlx::query_scalar("SELECT reltuples FROM pg_class WHERE relname = 'empty'")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(empty, -1.0, "there is nothing to know");
        pool.close().await;
    }
}
