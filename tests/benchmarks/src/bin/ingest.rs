//! How many events a second statistics takes in, against `COPY` of the rows that come of them.
//!
//! `tests/bench ingest [CASES]`: each case is a report, a case in two versions, two pushes and what became of them.

use std::{str::FromStr as _, time::Instant};

use fengqiao_benchmarks::{
    callers::Failure,
    figure::{print_more_is_better, print_rounds},
};
use fengqiao_messaging::{Applied, Apply as _, Envelope, Step, Topic};
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, PushRequested},
    types::v1::{CaseState, FormKind, Level, Source},
};
use fengqiao_stack::test_database::TestDatabase;
use fengqiao_statistics::{receiver::FactReceiver, store::MIGRATIONS};
use prost::{Message, Name};
use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

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

fn envelope<M: Message + Name>(event: &M) -> Envelope {
    Envelope {
        county: COUNTY.to_owned(),
        topic: Topic::Intake,
        position: 1,
        kind: M::full_name(),
        payload: event.encode_to_vec(),
        trace: None,
    }
}

/// What happens to so many cases: first all reports, then all cases, and so on, as a day's work comes.
fn events(cases: u128) -> Vec<Envelope> {
    let at = |second: i64| Some(prost_types::Timestamp { seconds: 1_764_000_000 + second, nanos: 0 });
    let area = |number: u128| format!("421181{}200", 100 + number % 28);
    let id = |kind: u128, number: u128| Uuid::from_u128((kind << 96) | number).to_string();
    let report = |number: u128| ReportAccepted {
        report_id: id(1, number),
        revision: 1,
        source: Source::Police110.into(),
        area_code: area(number),
        category: "neighbourhood".into(),
        occurred_at: at(0),
        accepted_at: at(1),
        linkage: Some(Linkage { repeat: number.is_multiple_of(8), ..Default::default() }),
        ..Default::default()
    };
    let case = |number: u128, version: i64| CaseChanged {
        case_id: id(2, number),
        version,
        state: if version == 1 { CaseState::Open } else { CaseState::Resolved }.into(),
        level: Level::Yellow.into(),
        area_code: area(number),
        category: "neighbourhood".into(),
        first_source: Source::Police110.into(),
        lead_agency: "police".into(),
        opened_at: at(1),
        resolved_at: if version == 1 { None } else { at(900) },
        changed_at: at(version * 10),
        report_id: id(1, number),
        ..Default::default()
    };
    let push = |number: u128, which: u128| PushRequested {
        push_id: id(3 + which, number),
        case_id: id(2, number),
        agency: "police".into(),
        form: FormKind::ReportForm.into(),
        level: Level::Yellow.into(),
        area_code: area(number),
        category: "neighbourhood".into(),
        first_source: Source::Police110.into(),
        requested_at: at(2),
        ..Default::default()
    };
    let receipt = |number: u128, kind: ReceiptKind| PushReceipt {
        push_id: id(3, number),
        case_id: id(2, number),
        kind: kind.into(),
        at: at(3),
        ..Default::default()
    };
    let mut events: Vec<_> = (0..cases).map(|n| envelope(&report(n))).collect();
    events.extend((0..cases).map(|n| envelope(&case(n, 1))));
    events.extend((0..cases).flat_map(|n| [envelope(&push(n, 0)), envelope(&push(n, 1))]));
    events.extend((0..cases).map(|n| envelope(&receipt(n, ReceiptKind::Delivered))));
    events.extend((0..cases).map(|n| envelope(&receipt(n, ReceiptKind::Signed))));
    events.extend((0..cases).map(|n| envelope(&case(n, 2))));
    events
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
