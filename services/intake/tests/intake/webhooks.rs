//! What became of reports, as a source's webhook is told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use fengqiao_intake::{
    Intake,
    changes::{ChangeFeed, ChangeWebhook},
    config::CommitSettings,
    sources::SourceWebhook,
};
use fengqiao_proto::{
    intake::v1::{ChangeKind, ReportChange},
    json::from_json,
    routing::v1::CaseChanged,
    types::v1::{CaseState, Source},
};
use fengqiao_webhook::{Address, Poster, Secret};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    changes::{bring, told},
    world::{COUNTY, World, report, tell, until},
};

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A hotline's receiver that answers as it is told.
struct Hotline {
    url: String,
    answer: Arc<AtomicUsize>,
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Hotline {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/changes", listener.local_addr().unwrap());
        let (answer, got) = (Arc::new(AtomicUsize::new(204)), Arc::new(Mutex::new(Vec::new())));
        let (answers, gets) = (Arc::clone(&answer), Arc::clone(&got));
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            let answer = answers.load(SeqCst);
            gets.lock().unwrap().push((headers, body));
            if answer == 0 {
                // Never: the worker is killed meanwhile.
                std::future::pending::<()>().await;
            }
            StatusCode::from_u16(answer as u16).unwrap()
        };
        let router = Router::new().route("/changes", post(handler));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, answer, got }
    }

    fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.got.lock().unwrap().clone()
    }

    fn changes(&self) -> Vec<ReportChange> {
        self.requests()
            .iter()
            .map(|(_, body)| from_json(serde_json::from_slice(body).unwrap()).unwrap())
            .collect()
    }

    /// A process's worker.
    fn worker(&self, world: &World) -> JoinHandle<()> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let secrets = [OLD, NEW].map(|text| Secret::read(text).unwrap()).to_vec();
        let address = Address { url: self.url.parse().unwrap(), secrets, allow_private: true };
        let webhook = SourceWebhook { county: COUNTY.into(), source: Source::Hotline12345, address };
        let feed = ChangeFeed::new(world.pool.clone(), Arc::clone(&world.keyring));
        let worker = ChangeWebhook::new(world.pool.clone(), feed, webhook, Poster::new().unwrap());
        tokio::spawn(worker.run(world.stop.clone()))
    }
}

async fn with_changes(count: i64) -> (World, Arc<Intake>, Hotline) {
    let mut world = World::new().await;
    let intake = world.intake(&CommitSettings::default());
    let id = bring(&intake, report("GD-1", 1, 1)).await;
    tell(&world, &CaseChanged { report_id: id, ..told(1, 1, CaseState::Open) }).await;
    for version in 2..=count {
        let state = if version % 2 == 0 { CaseState::Resolved } else { CaseState::Open };
        tell(&world, &told(1, version, state)).await;
    }
    (world, intake, Hotline::start().await)
}

fn positions(changes: &[ReportChange]) -> Vec<i64> {
    changes.iter().map(|change| change.position).collect()
}

async fn took(world: &World) -> i64 {
    world.count("SELECT COALESCE(max(position), 0) FROM change_webhook").await
}

#[tokio::test]
async fn each_change_comes_signed_by_both_secrets_and_in_order() {
    let (world, _intake, hotline) = with_changes(3).await;
    let worker = hotline.worker(&world);
    until("all are taken", async || took(&world).await == 3).await;
    let changes = hotline.changes();
    assert_eq!(positions(&changes), [1, 2, 3]);
    assert_eq!(changes[0].kind(), ChangeKind::Opened);
    let (headers, body) = hotline.requests().remove(1);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("webhook-id"), changes[1].change_id);
    let at: i64 = header("webhook-timestamp").parse().unwrap();
    let by = |secret: &str| Secret::read(secret).unwrap().sign(&changes[1].change_id, at, &body);
    assert_eq!(header("webhook-signature"), format!("{} {}", by(OLD), by(NEW)));
    world.end().await;
    worker.await.unwrap();
}

#[tokio::test]
async fn while_the_hotline_is_down_its_changes_wait_and_then_go_on_where_they_stopped() {
    let (world, _intake, hotline) = with_changes(2).await;
    hotline.answer.store(503, SeqCst);
    let worker = hotline.worker(&world);
    until("it was tried twice", async || hotline.requests().len() >= 2).await;
    tell(&world, &told(1, 3, CaseState::Open)).await;
    assert!(positions(&hotline.changes()).iter().all(|position| *position == 1), "nothing is skipped");
    let tried = hotline.requests().len();
    hotline.answer.store(200, SeqCst);
    until("all are taken", async || took(&world).await == 3).await;
    let after = positions(&hotline.changes()[tried..]);
    assert_eq!(after.iter().copied().filter(|position| *position > 1).collect::<Vec<_>>(), [2, 3]);
    world.end().await;
    worker.await.unwrap();
}

#[tokio::test]
async fn a_process_that_is_killed_in_the_middle_loses_nothing() {
    let (world, _intake, hotline) = with_changes(4).await;
    hotline.answer.store(0, SeqCst);
    let killed = hotline.worker(&world);
    until("the first is on its way", async || hotline.requests().len() == 1).await;
    killed.abort();
    hotline.answer.store(204, SeqCst);
    // As if its lease were over.
    sqlx::query("UPDATE change_webhook SET held_until = now()").execute(&world.pool).await.unwrap();
    let second = hotline.worker(&world);
    until("all are taken", async || took(&world).await == 4).await;
    assert_eq!(positions(&hotline.changes()), [1, 1, 2, 3, 4], "at least once, with the same id");
    assert_eq!(hotline.changes()[0].change_id, hotline.changes()[1].change_id);
    world.end().await;
    second.await.unwrap();
}

#[tokio::test]
async fn of_two_processes_one_at_a_time_delivers() {
    let (world, _intake, hotline) = with_changes(30).await;
    let workers = [hotline.worker(&world), hotline.worker(&world)];
    until("all are taken", async || took(&world).await == 30).await;
    assert_eq!(positions(&hotline.changes()), (1..=30).collect::<Vec<_>>(), "each once and in order");
    world.end().await;
    for worker in workers {
        worker.await.unwrap();
    }
}
