//! How many events a second statistics takes in, against `COPY` of the rows that come of them.
//!
//! `tests/bench ingest [CASES]`: each case is a report, a case in two versions, two pushes and what became of them.

use std::{str::FromStr as _, time::Instant};

use fengqiao_benchmarks::{
    callers::Failure,
    case_events::Life,
    figure::{print_more_is_better, print_rounds},
};
use fengqiao_messaging::{Applied, Apply as _, Envelope, Event, Step, Topic};
use fengqiao_proto::notification::v1::ReceiptKind;
use fengqiao_stack::test_database::TestDatabase;
use fengqiao_statistics::{receiver::FactReceiver, store::MIGRATIONS};
use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

const COUNTY: &str = "421181";
/// Events that are taken in one transaction, as the receiver does when it is busy.
const BATCH: usize = 500;
const ROUNDS: u64 = 3;
const TABLES: [&str; 5] = ["event", "fact_report", "fact_case", "fact_push", "fact_duty"];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let cases: u128 = std::env::args().nth(1).map_or(Ok(10_000), |given| given.parse())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (applied, empty) = (schema().await?, schema().await?);
        let events = events(cases);
        let batches = events.len().div_ceil(BATCH);
        let began = Instant::now();
        let mut connection = applied.1.acquire().await?;
        for batch in events.chunks(BATCH) {
            let step = Step::on_the_spot(&mut connection, COUNTY, Topic::Intake).await?;
            if FactReceiver.apply(&mut connection, &step, batch).await? != Applied::Done {
                return Err("a batch was not taken in".into());
            }
        }
        ours.push(per_second(events.len(), began));
        let rows = rows(&applied.1).await?;
        let began = Instant::now();
        copy(empty.0.url(), &rows, batches).await?;
        theirs.push(per_second(events.len(), began));
        eprintln!("round {} of {ROUNDS}", round + 1);
    }
    print_rounds("ours", &ours, "events/s");
    print_rounds("COPY of the same rows", &theirs, "events/s");
    let median = fengqiao_benchmarks::figure::median;
    print_more_is_better("ingest", median(ours), median(theirs), "/s");
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_second(events: usize, began: Instant) -> f64 {
    events as f64 / began.elapsed().as_secs_f64()
}

/// A database with the tables of statistics.
async fn schema() -> Result<(TestDatabase, PgPool), Failure> {
    let database = TestDatabase::create().await?;
    let options = PgConnectOptions::from_str(database.url())?.options([("search_path", "statistics")]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
    pool.execute("CREATE SCHEMA statistics").await?;
    for migrations in [&fengqiao_messaging::MIGRATIONS, &fengqiao_areas::MIGRATIONS, &MIGRATIONS] {
        let migrator = sqlx::migrate::Migrator {
            migrations: migrations.migrations.clone(),
            ignore_missing: true,
            ..sqlx::migrate::Migrator::DEFAULT
        };
        migrator.run(&pool).await?;
    }
    Ok((database, pool))
}

/// What happens to so many cases: first all reports, then all cases, and so on, as a day's work comes.
fn events(cases: u128) -> Vec<Envelope> {
    let envelope = |event: Event| Envelope {
        county: COUNTY.to_owned(),
        topic: Topic::Intake,
        position: 1,
        kind: event.kind.to_owned(),
        payload: event.payload,
        trace: None,
    };
    let life = Life { begins: 1_764_000_000, towns: 28 };
    let mut events: Vec<Event> = (0..cases).map(|n| life.report(n)).collect();
    events.extend((0..cases).map(|n| life.case(n, 1)));
    events.extend((0..cases).flat_map(|n| [life.push(n, 0), life.push(n, 1)]));
    events.extend((0..cases).map(|n| life.receipt(n, ReceiptKind::Delivered)));
    events.extend((0..cases).map(|n| life.receipt(n, ReceiptKind::Signed)));
    events.extend((0..cases).map(|n| life.case(n, 2)));
    events.into_iter().map(envelope).collect()
}

/// The rows of each table, as lines.
async fn rows(pool: &PgPool) -> Result<Vec<(&'static str, Vec<String>)>, Failure> {
    use futures::TryStreamExt as _;
    let mut all = Vec::new();
    for table in TABLES {
        let mut connection = pool.acquire().await?;
        let text: Vec<_> =
            connection.copy_out_raw(&format!("COPY {table} TO STDOUT")).await?.try_collect().await?;
        let text = String::from_utf8(text.concat())?;
        all.push((table, text.lines().map(|line| format!("{line}\n")).collect()));
    }
    Ok(all)
}

/// Copies them in so many transactions.
async fn copy(url: &str, rows: &[(&'static str, Vec<String>)], batches: usize) -> Result<(), Failure> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("SET search_path = statistics").await?;
    for batch in 0..batches {
        let mut tx = connection.begin().await?;
        for (table, lines) in rows {
            let part = lines.len().div_ceil(batches);
            let text: String = lines.iter().skip(batch * part).take(part).map(String::as_str).collect();
            if text.is_empty() {
                continue;
            }
            let mut copy = tx.copy_in_raw(&format!("COPY {table} FROM STDIN")).await?;
            copy.send(text.into_bytes()).await?;
            copy.finish().await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
