//! The board's queries while events arrive: 1,000 a second for half a minute at a running statistics, by the outbox and the
//! stream as routing sends them, over years of facts that are there. Says how long the queries take with the load and
//! without, and how far statistics was behind at most, by its own word.
//!
//! `tests/bench board-load [FACTS]`: a million facts where not said otherwise.

use std::{
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fengqiao_benchmarks::{
    callers::Failure,
    case_events::Life,
    figure::{median, print_less_is_better, print_rounds},
    ground::Ground,
};
use fengqiao_messaging::append;
use fengqiao_proto::{
    intake::v1::SubmitReportRequest,
    statistics::v1::{QueryIndicatorsRequest, statistics_service_client::StatisticsServiceClient},
};
use fengqiao_scenarios::{
    drawn_facts::{Drawing, draw},
    people::yellow_report,
    waiting::until,
};
use fengqiao_stack::{clients::Caller, services::Service};
use fengqiao_statistics::{
    domain::board::{Span, Windows},
    store::{BoardCounts, WhichOpen},
};
use jiff::{Timestamp, tz::TimeZone};
use sqlx::{
    Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{MissedTickBehavior, interval, sleep};

const COUNTY: &str = "421181";
const ZONE: &str = "Asia/Shanghai";
const DAYS: i32 = 730;
/// Events a second, and in one transaction of theirs.
const A_SECOND: u128 = 1_000;
const AT_ONCE: u128 = 100;
/// A case is opened, pushed twice, settled.
const EVENTS_OF_A_CASE: u128 = 4;
const LOAD: Duration = Duration::from_secs(30);
/// How long is asked without the load.
const REST: Duration = Duration::from_secs(10);
/// A page is asked for so often: more than a wall and a dozen desks do.
const PAGE_EVERY: Duration = Duration::from_millis(250);
const LAG_EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let facts: i64 = std::env::args().nth(1).map_or(Ok(1_000_000), |given| given.parse())?;
    let ground = Ground::start().await?;
    // One report goes the whole way: every topic has been received once.
    let first = SubmitReportRequest { report: Some(yellow_report()), ..Default::default() };
    ground.intake(1)?.remove(0).submit_report(first).await?;
    let statistics = ground.stack.connections()?.statistics("analyst")?;
    until("statistics knows how far it is", PATIENCE, async || lag(&mut statistics.clone()).await).await;
    // What does not count only shares the cores: routing stays, since its relay publishes.
    for service in [Service::Intake, Service::Notification] {
        ground.stack.service(service).stop().await;
    }
    let url = ground.database_url()?;
    let pool = PgPool::connect(&url).await?;
    let drawing = Drawing { county: COUNTY, days: DAYS, cases: facts, reports: facts / 5, pushes: facts / 5 };
    draw(&pool, &drawing).await?;
    sqlx::query("VACUUM ANALYZE").execute(&pool).await?;
    println!("  {facts} cases of two years are there");

    let board = Board::open(&url).await?;
    board.asked(Duration::from_secs(2)).await?;
    let without = board.asked(REST).await?;
    let before = cases(&pool).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let behind = tokio::spawn(watch(statistics.clone(), Arc::clone(&is_over)));
    let sending = tokio::spawn(async move { send(&url).await.map_err(|error| error.to_string()) });
    let with = board.asked(LOAD).await?;
    let (sent, took) = sending.await??;
    let expected = before + i64::try_from(sent / EVENTS_OF_A_CASE)?;
    until("every event is counted", PATIENCE, async || {
        let behind = lag(&mut statistics.clone()).await?;
        (cases(&pool).await.ok()? == expected && behind < 2.0).then_some(())
    })
    .await;
    is_over.store(true, Ordering::Relaxed);
    let most_behind = behind.await?;

    println!("  {sent} events in {took:.1} s: {:.0} a second, all counted", sent as f64 / took);
    print_rounds("the board without the load", &without, "ms");
    print_rounds("the board with the load", &with, "ms");
    println!("  statistics was at most {most_behind:.2} s behind (goal: under 2)");
    print_less_is_better("board-load", median(with), median(without), "ms");
    pool.close().await;
    ground.stop().await;
    Ok(())
}

/// What the board asks for.
struct Board {
    counts: BoardCounts,
    windows: Windows,
}

impl Board {
    async fn open(url: &str) -> Result<Self, Failure> {
        let options =
            PgConnectOptions::from_str(url)?.options([("search_path", "statistics"), ("jit", "off")]);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
        let today = TimeZone::get(ZONE)?.to_datetime(Timestamp::now()).date();
        Ok(Self { counts: BoardCounts::new(pool), windows: Windows::on(today) })
    }

    /// Asks for the page, a town's page and a list, again and again; how many milliseconds they took together.
    async fn asked(&self, during: Duration) -> Result<Vec<f64>, Failure> {
        let (began, mut taken) = (Instant::now(), Vec::new());
        let mut ticks = interval(PAGE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let year = (self.windows.months_from, self.windows.tomorrow());
        while began.elapsed() < during {
            ticks.tick().await;
            let (asked, now) = (Instant::now(), Timestamp::now());
            self.counts.picture(COUNTY, self.windows, now).await?;
            self.counts.periods(COUNTY, Span::Month, year, "421181105").await?;
            self.counts.town_categories(COUNTY, year, "421181105").await?;
            self.counts.open_cases(COUNTY, &WhichOpen::default(), now, None, 51).await?;
            taken.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        Ok(taken)
    }
}

/// Sends events as routing does; how many, and in how many seconds.
async fn send(url: &str) -> Result<(u128, f64), Failure> {
    let options = PgConnectOptions::from_str(url)?.options([("search_path", "routing")]);
    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
    let began = Instant::now();
    let mut ticks = interval(Duration::from_millis(u64::try_from(1_000 * AT_ONCE / A_SECOND)?));
    // What is late is made up for: it is so many a second.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = 0;
    while sent < A_SECOND * u128::from(LOAD.as_secs()) {
        ticks.tick().await;
        let life = Life { begins: Timestamp::now().as_second(), towns: 15 };
        let cases = sent / EVENTS_OF_A_CASE..(sent + AT_ONCE) / EVENTS_OF_A_CASE;
        let events: Vec<_> = cases
            .flat_map(|n| [life.case(n, 1), life.push(n, 0), life.push(n, 1), life.case(n, 2)])
            .collect();
        let mut tx = connection.begin().await?;
        append(&mut tx, COUNTY, &events).await?;
        tx.commit().await?;
        sent += AT_ONCE;
    }
    Ok((sent, began.elapsed().as_secs_f64()))
}

/// The most seconds that statistics is behind until it is over.
async fn watch(mut statistics: StatisticsServiceClient<Caller>, is_over: Arc<AtomicBool>) -> f64 {
    let mut most = 0_f64;
    while !is_over.load(Ordering::Relaxed) {
        most = most.max(lag(&mut statistics).await.unwrap_or(0.0));
        sleep(LAG_EVERY).await;
    }
    most
}

/// How many seconds the figures are behind, as an answer says.
async fn lag(statistics: &mut StatisticsServiceClient<Caller>) -> Option<f64> {
    let now = Timestamp::now();
    let second = |second| Some(prost_types::Timestamp { seconds: second, nanos: 0 });
    let question = QueryIndicatorsRequest {
        indicators: vec!["reports".into()],
        from: second(now.as_second() - 60),
        before: second(now.as_second() + 60),
        ..Default::default()
    };
    let as_of = statistics.query_indicators(question).await.ok()?.into_inner().as_of?;
    let now = Timestamp::now().as_microsecond() as f64 / 1e6;
    Some(now - as_of.seconds as f64 - f64::from(as_of.nanos) / 1e9)
}

/// The cases that count.
async fn cases(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let counted = "SELECT coalesce(sum(opened), 0)::int8 FROM statistics.rolled_case_level WHERE span = 3";
    sqlx::query_scalar(counted).fetch_one(pool).await
}
