//! What a query may not do, and what it may not take.

use fengqiao_analysts::{AnalystsError, config::Limits, engine::Caller};
use tonic::{Code, Status};

use crate::world::{COUNTY, LIMITS, World, analyst, report};

async fn code(world: &World, query: &str) -> Code {
    Status::from(world.ask(&analyst(None), query).await.unwrap_err()).code()
}

#[test]
fn only_one_select_is_run() {
    // On the threads of the process.
    let runtime = fengqiao_analysts::runtime().unwrap();
    runtime.block_on(async { tokio::spawn(only_selects()).await.unwrap() });
}

async fn only_selects() {
    let world = World::new().await;
    world.apply(&[report(1, "421181105", "other", "2026-11-02", false)]).await;
    world.keep().await;
    for query in [
        "DROP TABLE reports",
        "CREATE TABLE x AS SELECT 1",
        "CREATE EXTERNAL TABLE passwords STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO reports SELECT * FROM reports",
        "COPY reports TO '/tmp/analysts.csv' STORED AS CSV",
        "SET datafusion.execution.target_partitions = 64",
        "EXPLAIN SELECT * FROM reports",
        "EXPLAIN ANALYZE SELECT * FROM reports",
        "DESCRIBE reports",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM fact_report",
        "SELECT report_id FROM reports",
        "SELEC",
    ] {
        assert_eq!(code(&world, query).await, Code::InvalidArgument, "{query}");
    }
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    assert_eq!(code(&world, &long).await, Code::InvalidArgument);
    // Where the stack ends the process would.
    let deep = format!("SELECT {}1", "1 + ".repeat(8_000));
    let nested = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    for query in [deep, nested] {
        assert_eq!(code(&world, &query).await, Code::InvalidArgument);
    }
    let wide = format!("SELECT {} AS sum", (0..250).map(|n| n.to_string()).collect::<Vec<_>>().join(" + "));
    assert_eq!(world.ask(&analyst(None), &wide).await.unwrap(), ["31125"]);
    assert_eq!(world.ask(&analyst(None), "SELECT count(*) FROM reports").await.unwrap(), ["1"]);
}

/// Waits until a query has a place: one that is given up ends a little later.
async fn free(world: &World) {
    for _ in 0..200 {
        match world.ask(&analyst(None), "SELECT 1").await {
            Ok(rows) => return assert_eq!(rows, ["1"]),
            Err(error) => assert!(matches!(error, AnalystsError::Busy(_)), "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the place is never free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_memory_rows_and_places_are_bounded() {
    let limits = Limits { query_seconds: 1, query_mib: 16, result_rows: 1_000, queries_each: 1, ..LIMITS };
    let world = World::within(limits).await;
    world.apply(&[report(1, "421181105", "other", "2026-11-02", false)]).await;
    world.keep().await;
    let rows = "SELECT * FROM generate_series(1, 1001)";
    assert_eq!(code(&world, rows).await, Code::ResourceExhausted);
    free(&world).await;
    let memory =
        "SELECT value % 1000000, count(*) FROM generate_series(1, 1000000) GROUP BY 1 ORDER BY 2 LIMIT 3";
    assert_eq!(code(&world, memory).await, Code::ResourceExhausted);
    free(&world).await;
    let time = "SELECT sum(a.value * b.value) FROM generate_series(1, 1000000) AS a \
                CROSS JOIN generate_series(1, 1000000) AS b";
    assert_eq!(code(&world, time).await, Code::DeadlineExceeded);
    free(&world).await;
    // Nobody reads it: it stays.
    let held = "SELECT * FROM generate_series(1, 100000000)";
    let held = world.engine.run(&Caller::of(&analyst(None)), held).await.unwrap();
    assert_eq!(code(&world, "SELECT 1").await, Code::ResourceExhausted, "one at once");
    drop(held);
    free(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_before_something_was_read() {
    let world = World::new().await;
    let error = world.ask(&analyst(None), "SELECT count(*) FROM reports").await.unwrap_err();
    assert!(matches!(error, AnalystsError::Preparing));
    assert_eq!(Status::from(error).code(), Code::Unavailable);
    let mut other = Caller::of(&analyst(None));
    assert_eq!(other.county, COUNTY);
    other.county = "110101".into();
    assert!(matches!(world.engine.run(&other, "SELECT 1").await, Err(AnalystsError::UnknownCounty)));
}
