//! Facts of a large county without its events: drawn, the same ones each time, and written into statistics' tables as the
//! service writes them. For pages and benchmarks that need years of figures at once.

use sqlx::{AssertSqlSafe, PgPool};

/// So many rows in a statement.
const AT_ONCE: i64 = 250_000;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Drawing {
    /// The county's code.
    pub county: &'static str,
    /// The days over which it is spread; they end now.
    pub days: i32,
    /// Cases.
    pub cases: i64,
    /// Reports.
    pub reports: i64,
    /// Pushes.
    pub pushes: i64,
}

/// Draws facts into the schema `statistics`.
///
/// # Errors
/// What Postgres says.
pub async fn draw(pool: &PgPool, drawing: &Drawing) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO statistics.generation (county, current, known_at) VALUES ($1, 1, now()) ON CONFLICT DO NOTHING",
    )
    .bind(drawing.county)
    .execute(pool)
    .await?;
    let all = [
        (include_str!("drawn_facts/cases.sql"), drawing.cases),
        (include_str!("drawn_facts/reports.sql"), drawing.reports),
        (include_str!("drawn_facts/pushes.sql"), drawing.pushes),
    ];
    for (statement, rows) in all {
        for from in (0..rows).step_by(AT_ONCE as usize) {
            let mut tx = pool.begin().await?;
            // Triggers and functions of the service name its tables without their schema.
            for setting in ["SET LOCAL search_path = statistics", "SET LOCAL statement_timeout = 0"] {
                sqlx::query(AssertSqlSafe(setting)).execute(&mut *tx).await?;
            }
            sqlx::query(statement)
                .bind(drawing.county)
                .bind(from)
                .bind((from + AT_ONCE).min(rows) - 1)
                .bind(drawing.days)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
    }
    // What was received is newer now.
    sqlx::query("UPDATE statistics.generation SET known_at = now() WHERE county = $1")
        .bind(drawing.county)
        .execute(pool)
        .await?;
    Ok(())
}
