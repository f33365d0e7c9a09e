//! Statistics is killed again and again while reports arrive: its figures are exact in the end, what it adds up for the
//! board too, and how far it lags behind can be seen.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fengqiao_proto::{intake::v1::SubmitReportRequest, statistics::v1::QueryIndicatorsRequest};
use fengqiao_scenarios::{
    people::yellow_report,
    shared::{County, HOTLINE, run},
    truth::{at_rest, wrong_figures},
    waiting::{USUAL, until},
};
use fengqiao_stack::services::Service;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;

const CALLERS: usize = 8;
const REPORTS_OF_A_CALLER: usize = 100;
/// Times that statistics is killed while they come.
const KILLS: usize = 5;
/// Once it has taken in what came, it is no further behind than this.
const LAG: f64 = 2.0;

/// All that is added up, as text.
async fn added_up(pool: &PgPool) -> Vec<String> {
    let mut all = Vec::new();
    for table in ["rolled_report", "rolled_case_level", "rolled_case_category", "rolled_push"] {
        let sql = format!("SELECT to_jsonb(one)::text FROM statistics.{table} AS one ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{table} {row}")));
    }
    all
}

/// How far the figures lag behind, in seconds, as an answer says; none where statistics does not answer now.
async fn lag(county: &County) -> Option<f64> {
    let now = jiff::Timestamp::now();
    let second = |second| Some(prost_types::Timestamp { seconds: second, nanos: 0 });
    let question = QueryIndicatorsRequest {
        indicators: vec!["reports".into()],
        from: second(now.as_second() - 86_400),
        before: second(now.as_second() + 86_400),
        ..Default::default()
    };
    let answer = county.calls().statistics("analyst").unwrap().query_indicators(question).await.ok()?;
    let as_of = answer.into_inner().as_of?;
    let as_of = as_of.seconds as f64 + f64::from(as_of.nanos) / 1e9;
    Some(now.as_millisecond() as f64 / 1e3 - as_of)
}

#[test]
fn a_dashboard_asks_where_the_stack_says_what_the_readme_says() {
    let readme = include_str!("../../../README.md");
    let asked = readme.split_once("/v1/indicators:query\" \\\n    --json '").unwrap().1;
    let asked = asked.split_once('\'').unwrap().0;
    run(|county| async move {
        let described = county.stack.description();
        let client = county.https().build().unwrap();
        let answer = client
            .post(format!("{}/v1/indicators:query", described.http["statistics"]))
            .bearer_auth(described.token("analyst").unwrap())
            .header("content-type", "application/json")
            .body(asked)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let total = answer["rows"].as_array().unwrap().iter().rfind(|row| row["kind"] == "ROW_KIND_TOTAL");
        assert_eq!(total.unwrap()["indicator"], "repeat_rate");
    });
}

#[test]
fn killed_again_and_again_under_arriving_events_statistics_counts_exactly() {
    run(|county| async move {
        let rolled = "SELECT county FROM statistics.rolled_county";
        until("facts are added up", USUAL, async || {
            sqlx::query_scalar::<_, String>(rolled).fetch_optional(&county.pool).await.unwrap()
        })
        .await;
        let mut callers = JoinSet::new();
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..CALLERS {
            let (mut intake, is_over) = (county.calls().intake(HOTLINE).unwrap(), Arc::clone(&is_over));
            callers.spawn(async move {
                let mut sent = 0;
                // They go on until statistics was killed often enough.
                while sent < REPORTS_OF_A_CALLER || !is_over.load(Ordering::Relaxed) {
                    let request = SubmitReportRequest { report: Some(yellow_report()), ..Default::default() };
                    intake.submit_report(request).await.unwrap();
                    sent += 1;
                }
                sent
            });
        }
        let statistics = county.stack.service(Service::Statistics);
        let counted = "SELECT count(*) FROM statistics.fact_report";
        for kill in 0..KILLS {
            // In the middle of it: something was counted since the last time.
            let before: i64 = sqlx::query_scalar(counted).fetch_one(&county.pool).await.unwrap();
            until("reports are counted", USUAL, async || {
                let now: i64 = sqlx::query_scalar(counted).fetch_one(&county.pool).await.unwrap();
                (now > before).then_some(())
            })
            .await;
            assert!(statistics.kill(), "kill {kill}");
            statistics.ready().await.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        let sent: usize = callers.join_all().await.into_iter().sum();
        at_rest(&county.pool, Duration::from_secs(60)).await;
        let behind =
            until("statistics has taken in all", USUAL, async || lag(county).await.filter(|lag| *lag < LAG))
                .await;
        eprintln!("{sent} reports, killed {KILLS} times, {behind:.1} s behind in the end");
        assert_eq!(wrong_figures(&county.pool, &county.calls()).await, Vec::<String>::new());

        // What was added up meanwhile is what is added up at once.
        let meanwhile = added_up(&county.pool).await;
        assert!(meanwhile.len() > 4);
        let mut tx = county.pool.begin().await.unwrap();
        for sql in [
            "SET LOCAL search_path = statistics",
            "SELECT roll_up_county(county, time_zone) FROM rolled_county",
        ] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(added_up(&county.pool).await, meanwhile);

        // The lag is a metric, too.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        until("the lag is shown", USUAL, async || {
            let address = format!("{}/metrics", statistics.operations_url());
            let metrics = client.get(address).send().await.ok()?.text().await.ok()?;
            let name = "fengqiao_statistics_as_of_age_seconds";
            let line = metrics.lines().find(|line| line.starts_with(name))?;
            line.rsplit(' ').next()?.parse::<f64>().ok().filter(|lag| *lag < 15.0)
        })
        .await;
    });
}
