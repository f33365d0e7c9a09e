//! Pushes over webhooks, on a real Postgres and Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::HashSet,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use fengqiao_notification::store::{Fitting, ResendWhich};
use fengqiao_proto::{
    json::from_json,
    notification::v1::{Push, ReceiptKind},
    types::v1::Level::{Orange, Red, Yellow},
};
use fengqiao_webhook::Secret;
use uuid::Uuid;
use world::{COUNTY, SECRET, World, quick, sink::Sink, until};

#[tokio::test]
async fn a_webhook_is_signed_and_traced_and_carries_the_form() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(204, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    let ids = world.arrive(&process, &[("court", Red)]).await;
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let got = endpoint.got().pop().unwrap();
    let (headers, body) = (got.headers, got.body);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("webhook-id"), ids[0].to_string());
    let timestamp: i64 = header("webhook-timestamp").parse().unwrap();
    let signature = Secret::read(SECRET).unwrap().sign(&header("webhook-id"), timestamp, &body);
    assert_eq!(header("webhook-signature"), signature);
    assert_eq!(header("content-type"), "application/json");
    assert!(header("traceparent").starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    let push: Push = from_json(serde_json::from_slice(&body).unwrap()).unwrap();
    assert_eq!(push.matter.unwrap().narrative, "楼上漏水");
    let attempts = process.delivery.store.attempts(COUNTY, ids[0]).await.unwrap();
    assert_eq!((attempts[0].channel.as_str(), attempts[0].http_status), ("webhook", 204));
    process.end().await;
}

#[tokio::test]
async fn a_failing_endpoint_is_tried_again_parked_and_resent() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    // A redirect is a failure like any other and leads nowhere.
    let endpoint = Sink::start(307, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    let ids = world.arrive(&process, &[("court", Orange)]).await;
    until("it is parked", async || world.in_state(3).await == 1).await;
    assert_eq!(endpoint.got().len(), 3);
    let attempts = process.delivery.store.attempts(COUNTY, ids[0]).await.unwrap();
    assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(attempts.iter().all(|a| a.error == "the endpoint answered 307" && !a.delivered));
    let parked = process
        .delivery
        .store
        .list_parked(COUNTY, Some("court"), &fengqiao_notification::store::Place::start(), 10)
        .await
        .unwrap();
    assert_eq!(parked.iter().map(|p| p.push_id).collect::<Vec<_>>(), ids);
    assert_eq!(world.receipts().await.last().unwrap().kind(), ReceiptKind::Parked);

    endpoint.status.store(200, SeqCst);
    let which = ResendWhich::Fitting(Fitting { agency: Some("court".into()), ..Fitting::default() });
    let resent = process.delivery.store.resend(COUNTY, &which, 500).await.unwrap();
    assert_eq!(resent.len(), 1);
    process.delivery.queues.enqueue(COUNTY, &resent).await.unwrap();
    until("it is delivered", async || world.in_state(2).await == 1).await;
    assert!(process.delivery.store.resend(COUNTY, &which, 500).await.unwrap().is_empty());
    let push = process.delivery.store.push(COUNTY, ids[0]).await.unwrap();
    assert_eq!((push.attempts, push.last_error.as_str(), push.parked_at), (4, "", None));
    assert!(endpoint.ids().iter().all(|id| *id == ids[0].to_string()));
    process.end().await;
}

#[tokio::test]
async fn a_hanging_endpoint_delays_nobody_and_gets_few_requests_at_once() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let hanging = Sink::start(200, Duration::from_secs(60)).await;
    let well = Sink::start(200, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &hanging.url("court"));
    process.webhook(folder.path(), "housing", &well.url("housing"));
    world.arrive(&process, &[("court", Red); 40]).await;
    let began = Instant::now();
    world.arrive(&process, &[("housing", Yellow); 40]).await;
    until("all of the one that is well", async || well.got().len() == 40).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    until("they are delivered", async || world.in_state(2).await == 40).await;
    assert!(hanging.got().len() <= 4 * 10, "{}", hanging.got().len());
    process.end().await;
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_a_failure_without_its_address() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    process.webhook(folder.path(), "court", "http://127.0.0.1:1/secret-path");
    let ids = world.arrive(&process, &[("court", Red)]).await;
    until("it is parked", async || world.in_state(3).await == 1).await;
    let push = process.delivery.store.push(COUNTY, ids[0]).await.unwrap();
    assert_eq!(push.last_error, "no connection");
    process.end().await;
}

#[tokio::test]
async fn red_goes_first_and_a_case_one_after_the_other_also_when_tries_fail() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(200, Duration::from_millis(5)).await;
    let cases: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
    let of_cases: Vec<_> = (0..40).map(|n| world.request_of("court", Yellow, cases[n % 4])).collect();
    let batch: Vec<_> = of_cases.iter().map(|(_, envelope)| envelope.clone()).collect();
    world.apply(&process, &batch).await;
    let red = world.arrive(&process, &[("court", Red); 3]).await;
    // The first tries are refused, as by a receiver that knows no such case yet.
    endpoint.status.store(422, SeqCst);
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    until("some have failed", async || endpoint.got().len() > 6).await;
    endpoint.status.store(200, SeqCst);
    until("all are delivered", async || world.in_state(2).await == 43).await;
    let ids = endpoint.ids();
    // Red first, though the yellow ones were there before.
    let first: HashSet<String> = ids[..3].iter().cloned().collect();
    assert_eq!(first, red.iter().map(Uuid::to_string).collect());
    // The last time that each came is when it was taken: in the order of its case.
    for case in 0..4 {
        let of_case = of_cases.iter().skip(case).step_by(4).map(|(id, _)| id.to_string());
        let places: Vec<_> = of_case.map(|id| ids.iter().rposition(|one| *one == id).unwrap()).collect();
        assert!(places.is_sorted(), "case {case}: {places:?}");
    }
    process.end().await;
}

#[tokio::test]
async fn a_late_red_overtakes_a_long_queue() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(200, Duration::from_millis(2)).await;
    world.arrive(&process, &vec![("court", Yellow); 1_000]).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    until("it is under way", async || endpoint.got().len() > 50).await;
    let red = world.arrive(&process, &[("court", Red)]).await[0].to_string();
    // From when it is here: to store it takes its time on a busy machine.
    let before = endpoint.got().len();
    until("the red one came", async || endpoint.ids().contains(&red)).await;
    let place = endpoint.ids().iter().position(|id| *id == red).unwrap();
    assert!(place < before + 30, "the red one came as {place}. of {before} when it was here");
    process.end().await;
}

#[tokio::test]
async fn a_dead_endpoint_is_left_alone_and_its_pushes_keep_their_tries() {
    let settings = fengqiao_notification::settings::DeliverySettings {
        retry: fengqiao_notification::domain::retry::RetrySchedule { tries: 100, ..quick().retry },
        ..quick()
    };
    let world = World::new(settings).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(503, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    world.arrive(&process, &[("court", Red); 200]).await;
    until("it is tried", async || endpoint.got().len() >= 6).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    // 200 pushes at 4 a time would have been some hundred requests by now.
    let tried = endpoint.got().len();
    assert!(tried < 30, "{tried}");
    endpoint.status.store(200, SeqCst);
    until("all are delivered", async || world.in_state(2).await == 200).await;
    process.end().await;
}

/// Two tries that wait for the sweeper are a second apart; by themselves they wait some fifty and a hundred milliseconds.
/// What else the machine does only adds: one round of some is enough.
#[tokio::test]
async fn a_push_is_tried_again_when_its_wait_is_over_and_not_when_the_sweeper_comes() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(422, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    until("it has an owner", async || process.delivery.bells.owned(COUNTY).len() == 1).await;
    let mut took = Vec::new();
    for round in 1..=4 {
        let began = Instant::now();
        world.arrive(&process, &[("court", Red)]).await;
        until("it is parked", async || world.in_state(3).await == round).await;
        took.push(began.elapsed());
    }
    assert!(took.iter().min().unwrap() < &Duration::from_millis(700), "{took:?}");
    process.end().await;
}

#[tokio::test]
async fn what_is_due_goes_out_while_redis_is_away() {
    let world = World::new(quick()).await;
    let process = world.process_without_redis().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(200, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url("court"));
    until("it has an owner", async || process.delivery.bells.owned(COUNTY).len() == 1).await;
    // Its bell rings when it begins; that is over when this one is delivered.
    world.arrive(&process, &[("court", Red)]).await;
    until("the first is delivered", async || world.in_state(2).await == 1).await;
    // Another process stored one and died.
    let other = world.process().await;
    let (_, asked) = world.request("court", Red);
    world.apply_without_queueing(&other, &[asked]).await;
    other.end().await;
    sqlx::query("UPDATE push_delivery SET queue_at = now()").execute(&world.pool).await.unwrap();
    until("it is delivered", async || world.in_state(2).await == 2).await;
    process.end().await;
}
