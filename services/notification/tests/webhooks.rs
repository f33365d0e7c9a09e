//! Pushes over webhooks, on a real Postgres and Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use fengqiao_notification::store::ResendWhich;
use fengqiao_proto::{
    json::from_json,
    notification::v1::{Push, ReceiptKind},
    types::v1::Level::{Orange, Red, Yellow},
};
use fengqiao_webhook::Secret;
use tokio::net::TcpListener;
use world::{COUNTY, SECRET, World, quick, until};

/// An agency's endpoint that answers as it is told.
struct Endpoint {
    url: String,
    answer: Arc<AtomicUsize>,
    /// Headers and body of each request.
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Endpoint {
    async fn start(answer: usize, slow: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/push", listener.local_addr().unwrap());
        let (answer, got) = (Arc::new(AtomicUsize::new(answer)), Arc::new(Mutex::new(Vec::new())));
        let (answers, gets) = (Arc::clone(&answer), Arc::clone(&got));
        let router = Router::new().route(
            "/push",
            post(move |headers: HeaderMap, body: Bytes| async move {
                gets.lock().unwrap().push((headers, body));
                tokio::time::sleep(slow).await;
                let status = StatusCode::from_u16(answers.load(SeqCst) as u16).unwrap();
                (status, [("retry-after", "0"), ("location", "http://127.0.0.1:1/")], "x".repeat(100_000))
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, answer, got }
    }

    fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.got.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_webhook_is_signed_and_traced_and_carries_the_form() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::start(204, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url);
    let ids = world.arrive(&process, &[("court", Red)]).await;
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let (headers, body) = endpoint.requests().pop().unwrap();
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
    let endpoint = Endpoint::start(307, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &endpoint.url);
    let ids = world.arrive(&process, &[("court", Orange)]).await;
    until("it is parked", async || world.in_state(3).await == 1).await;
    assert_eq!(endpoint.requests().len(), 3);
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

    endpoint.answer.store(200, SeqCst);
    let which = ResendWhich::OfAgency { agency: "court".into(), parked_before: None };
    let resent = process.delivery.store.resend(COUNTY, &which, 500).await.unwrap();
    assert_eq!(resent.len(), 1);
    process.delivery.queues.enqueue(COUNTY, &resent).await.unwrap();
    until("it is delivered", async || world.in_state(2).await == 1).await;
    assert!(process.delivery.store.resend(COUNTY, &which, 500).await.unwrap().is_empty());
    let push = process.delivery.store.push(COUNTY, ids[0]).await.unwrap();
    assert_eq!((push.attempts, push.last_error.as_str(), push.parked_at), (4, "", None));
    let ids_sent: Vec<_> = endpoint.requests().iter().map(|(h, _)| h["webhook-id"].clone()).collect();
    assert!(ids_sent.iter().all(|id| id == ids[0].to_string().as_str()));
    process.end().await;
}

#[tokio::test]
async fn a_hanging_endpoint_delays_nobody_and_gets_few_requests_at_once() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    let hanging = Endpoint::start(200, Duration::from_secs(60)).await;
    let well = Endpoint::start(200, Duration::ZERO).await;
    process.webhook(folder.path(), "court", &hanging.url);
    process.webhook(folder.path(), "housing", &well.url);
    world.arrive(&process, &[("court", Red); 40]).await;
    let began = Instant::now();
    world.arrive(&process, &[("housing", Yellow); 40]).await;
    until("all of the one that is well", async || well.requests().len() == 40).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    until("they are delivered", async || world.in_state(2).await == 40).await;
    assert!(hanging.requests().len() <= 4 * 10, "{}", hanging.requests().len());
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
