//! The county board's questions, against DuckDB and an indexed Postgres over the same facts: a month by town and level, two
//! years by month, town by category over two years. All three engines must answer the same.

use std::{
    path::Path,
    str::FromStr as _,
    time::{Duration, Instant},
};

use fengqiao_benchmarks::{
    callers::Failure,
    duckdb::{self, Answers},
    figure,
    ground::Ground,
};
use fengqiao_scenarios::{
    drawn_facts::{Drawing, draw},
    waiting::until,
};
use fengqiao_stack::services::Service;
use fengqiao_statistics::{domain::board::Span, store::BoardCounts};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::io::AsyncWriteExt as _;

const COUNTY: &str = "421181";
const ZONE: &str = "Asia/Shanghai";
const FACTS: i64 = 10_000_000;
const DAYS: i32 = 730;
const ROUNDS: usize = 9;
const WARM_UP: usize = 2;
/// What both baselines hold: times as the county has them, so that neither has to reckon with zones.
const TABLE: &str =
    "CREATE TABLE facts (opened timestamp, town text, level smallint, category text, settled boolean)";

/// The windows of the questions.
struct Windows {
    month: (Date, Date),
    years: (Date, Date),
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let facts = facts_asked()?;
    let ground = Ground::start().await?;
    let url = ground.database_url()?;
    let pool = PgPool::connect(&url).await?;
    until("facts are added up", Duration::from_secs(60), async || {
        let rolled = "SELECT county FROM statistics.rolled_county";
        sqlx::query_scalar::<_, String>(rolled).fetch_optional(&pool).await.ok().flatten()
    })
    .await;
    for service in Service::ALL {
        ground.stack.service(service).stop().await;
    }
    let began = Instant::now();
    let drawing = Drawing { county: COUNTY, days: DAYS, cases: facts, reports: 0, pushes: 0 };
    draw(&pool, &drawing).await?;
    println!("  {facts} facts written and added up in {:.0} s", began.elapsed().as_secs_f64());
    statement(&pool, "VACUUM ANALYZE").await?;

    let today = TimeZone::get(ZONE)?.to_datetime(Timestamp::now()).date();
    let this_month = today.first_of_month();
    let windows = Windows {
        month: (this_month.checked_sub(1.month())?, this_month),
        years: (this_month.checked_sub(23.months())?, today.tomorrow()?),
    };
    let questions = questions(&windows);
    let ours = ours(&url, &windows).await?;
    let postgres = postgres(&pool, &questions).await?;
    let duckdb = by_duckdb(&pool, ground.folder(), &questions).await?;
    for (number, name) in
        ["month by town and level", "two years by month", "town by category"].iter().enumerate()
    {
        if ours[number].0 != duckdb[number].0 || ours[number].0 != postgres[number].0 {
            return Err(format!("the engines differ on {name}").into());
        }
        println!("{name}: {} rows, the same of all three", ours[number].0.len());
        figure::print_rounds("ours", &ours[number].1, "ms");
        figure::print_rounds("DuckDB", &duckdb[number].1, "ms");
        figure::print_rounds("Postgres", &postgres[number].1, "ms");
    }
    let slowest = ours.iter().map(|answer| figure::median(answer.1.clone())).fold(0.0, f64::max);
    println!("  the slowest of ours: {slowest:.2} ms (goal: under 5)");
    figure::print_less_is_better("board@duckdb", mean(&ours), mean(&duckdb), "ms");
    figure::print_less_is_better("board@postgres", mean(&ours), mean(&postgres), "ms");
    pool.close().await;
    ground.stop().await;
    Ok(())
}

/// `--facts N`
fn facts_asked() -> Result<i64, Failure> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(FACTS),
        (Some("--facts"), Some(number)) => Ok(number.parse()?),
        _ => Err("board [--facts N]".into()),
    }
}

/// The mean of the questions' medians.
fn mean(answers: &Answers) -> f64 {
    answers.iter().map(|answer| figure::median(answer.1.clone())).sum::<f64>() / answers.len() as f64
}

/// The questions in words that both baselines understand: one text a row.
fn questions(windows: &Windows) -> [String; 3] {
    let counts = "count(*), count(*) FILTER (WHERE settled)";
    let within = |(from, before): (Date, Date)| {
        format!("opened >= TIMESTAMP '{from} 00:00:00' AND opened < TIMESTAMP '{before} 00:00:00'")
    };
    let ask = |key: &str, window| {
        format!("SELECT concat_ws('|', {key}, {counts}) FROM facts WHERE {} GROUP BY {key}", within(window))
    };
    [
        ask("town, level", windows.month),
        ask("CAST(date_trunc('month', opened) AS date)", windows.years),
        ask("town, category", windows.years),
    ]
}

/// As the board asks.
async fn ours(url: &str, windows: &Windows) -> Result<Answers, Failure> {
    let options = PgConnectOptions::from_str(url)?.options([("search_path", "statistics"), ("jit", "off")]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
    let board = BoardCounts::new(pool.clone());
    let mut answers = vec![(Vec::new(), Vec::new()); 3];
    for round in 0..ROUNDS + WARM_UP {
        for (number, (rows, milliseconds)) in answers.iter_mut().enumerate() {
            let began = Instant::now();
            let mut found: Vec<String> = match number {
                0 => board
                    .town_levels(COUNTY, windows.month)
                    .await?
                    .into_iter()
                    .map(|one| format!("{}|{}|{}|{}", one.town, i32::from(one.key), one.opened, one.settled))
                    .collect(),
                1 => board
                    .periods(COUNTY, Span::Month, windows.years, "")
                    .await?
                    .into_iter()
                    .map(|(month, period)| format!("{month}|{}|{}", period.opened, period.settled))
                    .collect(),
                _ => board
                    .town_categories(COUNTY, windows.years, "")
                    .await?
                    .into_iter()
                    .map(|one| format!("{}|{}|{}|{}", one.town, one.key, one.opened, one.settled))
                    .collect(),
            };
            if round >= WARM_UP {
                milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            found.sort_unstable();
            *rows = found;
        }
    }
    pool.close().await;
    Ok(answers)
}

/// A table of its own with what the questions need, indexed for each of them.
async fn postgres(pool: &PgPool, questions: &[String; 3]) -> Result<Answers, Failure> {
    statement(pool, TABLE).await?;
    let rows = format!(
        "INSERT INTO facts SELECT opened_at AT TIME ZONE '{ZONE}', left(area_code, 9), level, category, \
         settled_at IS NOT NULL FROM statistics.fact_case WHERE valid_until IS NULL ORDER BY opened_at"
    );
    for one in [
        rows.as_str(),
        "CREATE INDEX ON facts (opened) INCLUDE (town, level, settled)",
        "CREATE INDEX ON facts (town, category, opened) INCLUDE (settled)",
        "VACUUM ANALYZE facts",
    ] {
        statement(pool, one).await?;
    }
    let mut answers = Vec::new();
    for question in questions {
        let (mut rows, mut milliseconds) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS + WARM_UP {
            let began = Instant::now();
            rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(question.clone())).fetch_all(pool).await?;
            if round >= WARM_UP {
                milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        rows.sort_unstable();
        answers.push((rows, milliseconds));
    }
    Ok(answers)
}

/// The same rows in DuckDB, in a process of its own.
async fn by_duckdb(pool: &PgPool, folder: &Path, questions: &[String; 3]) -> Result<Answers, Failure> {
    let csv = folder.join("facts.csv");
    let mut file = tokio::fs::File::create(&csv).await?;
    let mut connection = pool.acquire().await?;
    let mut rows = connection.copy_out_raw("COPY facts TO STDOUT (FORMAT csv)").await?;
    while let Some(piece) = futures::StreamExt::next(&mut rows).await {
        file.write_all(&piece?).await?;
    }
    file.flush().await?;
    // In the order of their times, so that what a window does not touch can be skipped.
    let prepare = [TABLE.to_owned(), format!("COPY facts FROM '{}' (header false)", csv.display())];
    duckdb::ask(folder, &prepare, questions, ROUNDS)
}

async fn statement(pool: &PgPool, sql: &str) -> Result<(), Failure> {
    let mut connection = pool.acquire().await?;
    for one in ["SET statement_timeout = 0", sql] {
        sqlx::query(AssertSqlSafe(one.to_owned())).execute(&mut *connection).await?;
    }
    Ok(())
}
