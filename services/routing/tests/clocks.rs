//! The clocks of several counties in one process, and of one whose system clock is set back and forth.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;
mod story;

use std::{path::Path, sync::Arc, time::Duration};

use fengqiao_county::Counties;
use fengqiao_proto::types::v1::Source;
use fengqiao_routing::{
    clock_worker::ClockWorker,
    counties::RoutingCounties,
    domain::{case::CaseFile, duty::DutyKind, history::HistoryKind},
};
use fengqiao_serving::time::now;
use jiff::SignedDuration;
use office::Office;
use story::{Story, Told, duty};
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
    let held = first.alone().await;
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

const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How much was said of a case, and how much was pushed for it.
async fn said_so_far(story: &Story, case: Uuid) -> (usize, usize) {
    (story.history(case).await.len(), story.pushes(case).await.len())
}

/// What clocks said of signing, in order.
async fn said_of_signing(story: &Story, case: Uuid) -> Vec<(HistoryKind, String)> {
    let kinds = [HistoryKind::DutyNear, HistoryKind::DutyOver, HistoryKind::DutyChased];
    let entries = story.history(case).await.into_iter();
    entries
        .filter(|entry| entry.text.contains("签收"))
        .filter_map(|entry| {
            let kind = kinds.into_iter().find(|kind| kind.code() == entry.kind)?;
            Some((kind, entry.text))
        })
        .collect()
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_and_forward_again_says_each_thing_once() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let told = Told::of(Source::Grid, "421181105202", "neighbourhood", "排水");
    let case = story.report(&Told { repeat: true, ..told }).await.id;
    let next = |case: &CaseFile| duty(case, DutyKind::Sign).next_at;
    let mut spoke = 0;
    while let Some(at) = next(&story.case(case).await) {
        let before = at.checked_sub(SignedDuration::from_secs(1)).unwrap();
        let after = at.checked_add(SignedDuration::from_secs(1)).unwrap();
        story.office.pass_until(before).await;
        assert_eq!(said_of_signing(&story, case).await.len(), spoke, "a second early nothing is said");
        story.office.pass_until(at).await;
        spoke += 1;
        assert_eq!(said_of_signing(&story, case).await.len(), spoke, "now it is");
        let said = said_so_far(&story, case).await;
        for moment in [at.checked_sub(AN_HOUR).unwrap(), before, at, before, after] {
            // By two processes, of which each has seen another time before.
            story.office.pass_until(moment).await;
            story.office.another_clock().fire_all(story.place(), &story.office.stop).await.unwrap();
            assert_eq!(said_so_far(&story, case).await, said, "at {moment} nothing is said again");
        }
    }
    let kinds: Vec<HistoryKind> = said_of_signing(&story, case).await.iter().map(|one| one.0).collect();
    let chased = [HistoryKind::DutyChased; 3];
    assert_eq!(kinds, [&[HistoryKind::DutyNear, HistoryKind::DutyOver][..], &chased].concat());
    for (_, text) in said_of_signing(&story, case).await {
        let reminders = story.pushes(case).await;
        let holder = reminders.iter().filter(|push| push.agency == "justice" && push.reason == text);
        assert_eq!(holder.count(), 1, "{text}");
    }
}
