//! Analysts' free SQL over so many facts of two years: ours through Flight SQL, and DuckDB on the same Parquet files.
//!
//! `tests/bench sql [FACTS] [ROUNDS]`: a million facts and 15 rounds where not said otherwise.

use std::{path::Path, process::Command};

use fengqiao_benchmarks::{
    callers::Failure,
    duckdb::{self, Answers},
    figure,
};
use fengqiao_stack::{Stack, StackPlan, description::StackDescription};
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Facts of two years: towns, categories, levels and doors as often as in a county, by the hash of their number.
const FACTS: &str = "INSERT INTO statistics.fact_report (county, generation, id, part, seq, known_from, case_id, source, \
      area_code, category, repeat, drill, occurred_at, accepted_at) \
    SELECT '421181', 1, md5(n::text)::uuid, 0, 1, now(), md5('c' || n / 10)::uuid, 1 + abs(hashint8(n)) % 10, \
      '421181' || (100 + abs(hashint8(n * 3)) % 28)::text || (200 + abs(hashint8(n * 5)) % 20)::text, \
      'category-' || abs(hashint8(n * 7)) % 18, abs(hashint8(n * 11)) % 8 = 0, false, at, at \
    FROM generate_series($1::int8, $2::int8) AS n \
    CROSS JOIN LATERAL (SELECT timestamptz '2024-12-31T16:00:00Z' + make_interval(secs => abs(hashint8extended(n, 1)) % 63072000)) AS t (at)";
/// Their cases, one of ten reports: three in a hundred red, twelve orange, 45 yellow, the rest blue.
const CASES: &str = "INSERT INTO statistics.fact_case (county, generation, id, part, seq, known_from, valid_from, state, level, \
      area_code, category, source, agency, merged, drill, opened_at, performed, residents_credited, major, settled_place, method, \
      reports, sessions, returns, extensions, supervisions, reopened, revisits_effective, revisits_solved, revisits_rated, \
      revisits_content, revisits_mostly_content) \
    SELECT '421181', 1, md5('c' || n)::uuid, 0, 1, now(), at, 1, \
      CASE WHEN share < 3 THEN 4 WHEN share < 15 THEN 3 WHEN share < 60 THEN 2 ELSE 1 END, \
      '421181' || (100 + abs(hashint8(n * 3)) % 28)::text || (200 + abs(hashint8(n * 5)) % 20)::text, \
      'category-' || abs(hashint8(n * 7)) % 18, 1 + abs(hashint8(n)) % 10, 'agency-' || abs(hashint8(n * 13)) % 40, \
      false, false, at, false, false, false, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    FROM generate_series($1::int8, $2::int8) AS n \
    CROSS JOIN LATERAL (SELECT abs(hashint8(n * 17)) % 100, \
      timestamptz '2024-12-31T16:00:00Z' + make_interval(secs => abs(hashint8extended(n, 1)) % 63072000)) AS t (share, at)";
/// A part of them at a time.
const PART: i64 = 250_000;

/// What analysts ask, in words that both engines understand.
const QUESTIONS: [(&str, &str); 5] = [
    (
        "one month by town and level",
        "SELECT town_code, level, count(*) AS n FROM reports WHERE month = DATE '2026-06-01' GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "two years by month",
        "SELECT month, count(*) AS n, count(*) FILTER (WHERE repeat) AS r FROM reports GROUP BY 1 ORDER BY 1",
    ),
    (
        "town by category",
        "SELECT town_code, category, count(*) AS n FROM reports GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "red repeat calls by category",
        "SELECT category, count(*) AS n FROM reports WHERE level = 'RED' AND repeat GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    (
        "days of two towns",
        "SELECT day, count(*) AS n FROM reports WHERE town_code IN ('421181105', '421181106') GROUP BY 1 ORDER BY 1",
    ),
];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let facts: i64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(15), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let mut plan = StackPlan::new(folder.path().join("stack"), StackPlan::sample_county());
    plan.analysts = true;
    let stack = Stack::start(plan, |part| eprintln!("starting {part}")).await?;
    let url = stack.postgres().ok_or("no Postgres")?.url().to_owned();
    let mut connection = PgConnection::connect(&url).await?;
    // The roll-ups' triggers name their tables as the service sees them.
    connection.execute("SET search_path TO statistics").await?;
    sqlx::query(CASES).bind(0_i64).bind(facts / 10).execute(&mut connection).await?;
    for first in (1..=facts).step_by(usize::try_from(PART)?) {
        let last = (first + PART - 1).min(facts);
        sqlx::query(FACTS).bind(first).bind(last).execute(&mut connection).await?;
        eprintln!("{last} facts");
    }
    connection.execute("ANALYZE statistics.fact_report, statistics.fact_case").await?;
    // Only now there is something to be read.
    connection
        .execute("INSERT INTO statistics.generation (county, current, known_at) VALUES ('421181', 1, now())")
        .await?;
    let asked = folder.path().join("ours.json");
    let questions: Vec<String> = QUESTIONS.iter().map(|(_, question)| (*question).to_owned()).collect();
    std::fs::write(&asked, json!({ "rounds": rounds, "questions": questions }).to_string())?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(here.join("../scenarios/analysts/run"));
    program
        .arg(here.join("sql/ours.py"))
        .arg(StackDescription::path(stack.folder()))
        .arg(facts.to_string())
        .arg(&asked);
    let ours = duckdb::told(&mut program)?;
    let segments = stack.folder().join("analysts/421181/reports/*.parquet");
    let view = format!("CREATE VIEW reports AS SELECT * FROM read_parquet('{}')", segments.display());
    let baseline = duckdb::ask(folder.path(), &[view], &questions, rounds)?;
    for (((name, _), ours), baseline) in QUESTIONS.iter().zip(&ours).zip(&baseline) {
        if ours.0 != baseline.0 {
            return Err(format!("the engines differ on {name}").into());
        }
        println!("{name}: {} rows, the same of both", ours.0.len());
        figure::print_rounds("ours", &ours.1, "ms");
        figure::print_rounds("DuckDB", &baseline.1, "ms");
    }
    figure::print_less_is_better("sql", mean(&ours), mean(&baseline), "ms");
    stack.stop().await;
    Ok(())
}

/// The geometric mean of the questions' medians: each counts alike, however long it takes.
fn mean(answers: &Answers) -> f64 {
    let logarithms = answers.iter().map(|answer| figure::median(answer.1.clone()).ln());
    (logarithms.sum::<f64>() / answers.len() as f64).exp()
}
