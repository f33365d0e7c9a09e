//! Analysts' free SQL over so many facts of two years: ours through Flight SQL, and DuckDB on the same Parquet files.
//!
//! `tests/bench sql [FACTS] [ROUNDS]`: a million facts and 15 rounds where not said otherwise.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use fengqiao_benchmarks::callers::Failure;
use fengqiao_stack::{Stack, StackPlan, description::StackDescription};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Facts of two years: towns, categories, levels and doors as often as in a county, by the hash of their number.
const FACTS: &str = "INSERT INTO statistics.fact_report (county, generation, id, part, seq, known_from, case_id, source, \
      area_code, category, repeat, drill, occurred_at, accepted_at) \
    SELECT '421181', 1, md5(n::text)::uuid, 0, 1, now(), md5('c' || n)::uuid, 1 + abs(hashint8(n)) % 10, \
      '421181' || (100 + abs(hashint8(n * 3)) % 28)::text || (200 + abs(hashint8(n * 5)) % 20)::text, \
      'category-' || abs(hashint8(n * 7)) % 18, abs(hashint8(n * 11)) % 8 = 0, false, at, at \
    FROM generate_series($1::int8, $2::int8) AS n \
    CROSS JOIN LATERAL (SELECT timestamptz '2024-12-31T16:00:00Z' + make_interval(secs => abs(hashint8extended(n, 1)) % 63072000)) AS t (at)";
/// A part of them at a time.
const PART: i64 = 250_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let facts: i64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let rounds = arguments.next().unwrap_or_else(|| "15".to_owned());
    let folder = tempfile::tempdir()?;
    let mut plan = StackPlan::new(folder.path().join("stack"), StackPlan::sample_county());
    plan.analysts = true;
    let stack = Stack::start(plan, |part| eprintln!("starting {part}")).await?;
    let url = stack.postgres().ok_or("no Postgres")?.url().to_owned();
    let mut connection = PgConnection::connect(&url).await?;
    for first in (1..=facts).step_by(usize::try_from(PART)?) {
        let last = (first + PART - 1).min(facts);
        sqlx::query(FACTS).bind(first).bind(last).execute(&mut connection).await?;
        eprintln!("{last} facts");
    }
    connection.execute("ANALYZE statistics.fact_report").await?;
    // Only now there is something to be read.
    connection
        .execute("INSERT INTO statistics.generation (county, current, known_at) VALUES ('421181', 1, now())")
        .await?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = Command::new(here.join("../scenarios/analysts/run"))
        .arg(here.join("sql/compare.py"))
        .arg(StackDescription::path(stack.folder()))
        .arg(stack.folder().join("analysts/421181"))
        .args([facts.to_string(), rounds])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(said.stdout)?;
    print!("{text}");
    stack.stop().await;
    let ratio = text.lines().find_map(|line| line.strip_prefix("ratio ")).ok_or("no ratio was said")?;
    println!("sql ratio={ratio} facts={facts}");
    Ok(())
}
