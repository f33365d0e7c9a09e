//! The clocks of several counties in one process.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::{path::Path, sync::Arc, time::Duration};

use fengqiao_county::Counties;
use fengqiao_routing::{clock_worker::ClockWorker, counties::RoutingCounties};
use fengqiao_serving::time::now;
use jiff::SignedDuration;
use office::Office;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[tokio::test]
async fn a_county_whose_turn_is_held_does_not_hold_up_the_others() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    office.set_clock(now() + SignedDuration::from_hours(24 * 30));
    let folders = ["xiqing", "macheng"]
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(name));
    let counties = Arc::new(RoutingCounties::load(&Counties::load(&folders).unwrap(), now()).unwrap());
    let first = counties.iter().next().unwrap();
    assert_eq!(first.county.code, "120111");
    let held = first.turn.clone().lock_owned().await;
    let clocks = ClockWorker { counties, ..office.clocks.clone() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(clocks.run(stop.clone()));
    let left = async || {
        let due = "SELECT count(*) FROM duty WHERE next_at <= $1";
        let at = fengqiao_serving::time::to_sql(office.now());
        sqlx::query_scalar::<_, i64>(due).bind(at).fetch_one(&office.pool).await.unwrap()
    };
    let fired = async {
        while left().await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), fired).await.expect("the other county's clocks are fired");
    stop.cancel();
    drop(held);
    running.await.unwrap().unwrap();
}
