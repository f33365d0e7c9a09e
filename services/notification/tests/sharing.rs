//! Several processes share the agencies that have webhooks: killed, added, overtaken.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use fengqiao_notification::{
    domain::{
        outcome::{Channel, Ending, Outcome, Tried},
        push::{Push, RequestedPush},
        retry::Next,
    },
    error::NotificationError,
    store::Settlements,
};
use fengqiao_proto::types::v1::Level::{Red, Yellow};
use fengqiao_serving::time::now;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use world::{COUNTY, Process, World, quick, sink::Sink, until};

/// A process in a runtime of its own, so that it can be killed.
struct Killable {
    runtime: Runtime,
    _process: Process,
}

async fn start(world: &Arc<World>, folder: &Path, agencies: &[(String, String)]) -> Killable {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (world, folder, agencies) = (Arc::clone(world), folder.to_path_buf(), agencies.to_vec());
    let started = runtime.spawn(async move {
        let process = world.process_on(world.connect().await).await;
        process.webhooks(&folder, &agencies);
        process
    });
    Killable { _process: started.await.unwrap(), runtime }
}

impl Killable {
    /// As `kill -9` would: nothing is said, nothing is finished.
    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// A first try by an owner with this token, or by whoever claimed the push.
fn tried(push: &Push, token: Option<i64>, ending: Ending) -> Outcome {
    Outcome {
        county: COUNTY.into(),
        push: Tried::of(push),
        attempt: 1,
        token,
        channel: if token.is_some() { Channel::Webhook } else { Channel::Stream },
        began_at: now(),
        took: Duration::from_millis(5),
        ending,
        http_status: if token.is_some() { 200 } else { 0 },
        error: String::new(),
        sealed_answer: Vec::new(),
        trace: None,
    }
}

async fn owners(world: &World) -> HashMap<String, Uuid> {
    let rows: Vec<(String, Uuid)> =
        sqlx::query_as("SELECT agency, owner FROM queue_owner WHERE until > now()")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    rows.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_share_the_agencies_and_killing_and_adding_some_loses_nothing() {
    let world = Arc::new(World::new(quick()).await);
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(200, Duration::from_millis(3)).await;
    let names: Vec<String> = (0..12).map(|n| format!("agency-{n}")).collect();
    let agencies: Vec<(String, String)> = names.iter().map(|name| (name.clone(), sink.url(name))).collect();
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(start(&world, folder.path(), &agencies).await);
    }
    // That one of the three draws none of twelve happens in one of forty runs.
    until("the agencies are shared", async || {
        let owners = owners(&world).await;
        owners.len() == 12 && owners.values().collect::<HashSet<_>>().len() >= 2
    })
    .await;
    let wanted: Vec<_> =
        (0..720).map(|n| (names[n % 12].as_str(), if n % 5 == 0 { Red } else { Yellow })).collect();
    // They arrive at one process, whoever owns the queue.
    let arrives = world.process().await;
    let mut sent = HashSet::new();
    for (round, part) in wanted.chunks(120).enumerate() {
        sent.extend(world.arrive(&arrives, part).await.iter().map(Uuid::to_string));
        match round {
            1 => processes.remove(0).kill(),
            3 => processes.push(start(&world, folder.path(), &agencies).await),
            4 => processes.remove(0).kill(),
            _ => {}
        }
    }
    until("all are delivered", async || world.in_state(2).await == 720).await;
    assert_eq!(sink.at_once.load(SeqCst), 0, "no push is sent twice at once");
    let ids = sink.ids();
    assert_eq!(ids.iter().cloned().collect::<HashSet<_>>(), sent);
    // What the two that were killed had sent and not written down comes twice; nothing else does.
    let twice = ids.len() - sent.len();
    assert!(twice <= 720 / 4, "{twice} came twice");
    assert_eq!(world.receipts().await.len(), 720, "each is told once");
    for left in processes {
        left.kill();
    }
    arrives.end().await;
}

#[tokio::test]
async fn a_process_that_ends_in_order_hands_over_at_once() {
    let world = World::new(Default::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(200, Duration::ZERO).await;
    let agencies = [("court".to_owned(), sink.url("court"))];
    let one = world.process().await;
    one.webhooks(folder.path(), &agencies);
    until("it has an owner", async || owners(&world).await.len() == 1).await;
    one.end().await;
    let two = world.process().await;
    two.webhooks(folder.path(), &agencies);
    let began = std::time::Instant::now();
    world.arrive(&two, &[("court", Red)]).await;
    until("it is delivered", async || world.in_state(2).await == 1).await;
    // The lease is six seconds.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    two.end().await;
}

#[tokio::test]
async fn a_token_that_was_overtaken_changes_nothing_and_its_try_is_kept() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let push_id = world.arrive(&process, &[("court", Red)]).await[0];
    let store = &process.delivery.store;
    let settlements = Settlements::beside(store);
    let court = ["court".to_owned()];
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let hold = async |process, millis| {
        store.hold_queues(COUNTY, process, &court, Duration::from_millis(millis)).await.unwrap()
    };
    assert_eq!(hold(first, 60_000).await, [("court".to_owned(), 1)]);
    assert_eq!(hold(first, 60_000).await, [("court".to_owned(), 1)], "renewing changes no token");
    assert!(hold(second, 60_000).await.is_empty(), "one owner at a time");
    store.let_queues_go(COUNTY, first, &court).await.unwrap();
    assert_eq!(hold(second, 60_000).await, [("court".to_owned(), 2)]);
    // And what an owner has, no stream claims.
    assert!(store.claim(COUNTY, "court", &[push_id], Duration::from_secs(1)).await.unwrap().is_empty());
    let tried = |token, ending| {
        let push = RequestedPush::blank(COUNTY, push_id, "court", now()).claimed();
        tried(&push, Some(token), ending)
    };
    let overtaken = tried(1, Ending::Failed(Next::Park));
    assert!(settlements.settle(COUNTY, &[overtaken]).await.unwrap().is_empty());
    assert_eq!(world.in_state(1).await, 1);
    assert_eq!(store.attempts(COUNTY, push_id).await.unwrap().len(), 1);
    let delivered = [tried(2, Ending::Delivered)];
    assert_eq!(settlements.settle(COUNTY, &delivered).await.unwrap().len(), 1);
    assert_eq!(world.in_state(2).await, 1);
    // Settled once more, since it was not known whether it was.
    assert!(settlements.settle(COUNTY, &delivered).await.unwrap().is_empty());
    let attempts = store.attempts(COUNTY, push_id).await.unwrap();
    let kept: Vec<_> = attempts.iter().map(|one| (one.number, one.delivered)).collect();
    assert_eq!(kept, [(2, true), (1, false)], "neither try took the other's number");
    let push = store.push(COUNTY, push_id).await.unwrap();
    assert_eq!((push.delivered_at, push.attempts), (Some(delivered[0].ended_at()), 2));
    // What comes later changes nothing of that either.
    assert!(settlements.settle(COUNTY, &[tried(2, Ending::Delivered)]).await.unwrap().is_empty());
    let push = store.push(COUNTY, push_id).await.unwrap();
    assert_eq!((push.delivered_at, push.attempts), (Some(delivered[0].ended_at()), 3));
    process.end().await;
}

#[tokio::test]
async fn a_claimed_try_that_failed_and_brought_its_push_after_all_is_written_once_and_holds_up_no_other() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let ids = world.arrive(&process, &[("court", Red), ("court", Red)]).await;
    let store = &process.delivery.store;
    let settlements = Settlements::beside(store);
    let claimed = store.claim(COUNTY, "court", &ids, Duration::from_secs(60)).await.unwrap();
    let tried = |push_id, ending| {
        let push = claimed.iter().find(|push| push.push_id == push_id).unwrap();
        tried(push, None, ending)
    };
    let failed = [tried(ids[0], Ending::Failed(Next::After(Duration::from_secs(60))))];
    assert_eq!(settlements.settle(COUNTY, &failed).await.unwrap().len(), 1);
    // Settled once more, since it was not known whether it was: it counts once.
    assert!(settlements.settle(COUNTY, &failed).await.unwrap().is_empty());
    assert_eq!(store.push(COUNTY, ids[0]).await.unwrap().failures, 1);
    // The agency's word was late; in the same batch another push is delivered.
    let delivered = [tried(ids[0], Ending::Delivered), tried(ids[1], Ending::Delivered)];
    assert_eq!(settlements.settle(COUNTY, &delivered).await.unwrap().len(), 2);
    assert_eq!(world.in_state(2).await, 2);
    let attempts = store.attempts(COUNTY, ids[0]).await.unwrap();
    let kept: Vec<_> = attempts.iter().map(|one| (one.number, one.delivered)).collect();
    assert_eq!(kept, [(1, true)]);
    let push = store.push(COUNTY, ids[0]).await.unwrap();
    assert_eq!((push.delivered_at, push.attempts), (Some(delivered[0].ended_at()), 1));
    assert_eq!(world.receipts().await.len(), 2);
    process.end().await;
}

/// Its only connection may wait for something that never comes: nobody waits for it longer than for a statement.
#[tokio::test]
async fn a_settler_gives_up_a_connection_that_does_not_answer() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("court", Red)]).await[0];
    let store = &process.delivery.store;
    let settlements = Settlements::beside(store);
    let claimed = store.claim(COUNTY, "court", &[id], Duration::from_secs(60)).await.unwrap();
    let delivered = [tried(&claimed[0], None, Ending::Delivered)];
    let mut held = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE delivery_attempt IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let late = settlements.settle(COUNTY, &delivered).await.unwrap_err();
    assert!(matches!(late, NotificationError::Late(_)), "{late}");
    // The one that waits is left to itself; what comes next goes over another.
    let next = async { settlements.settle(COUNTY, &delivered).await };
    let (settled, ()) = tokio::join!(next, async { held.rollback().await.unwrap() });
    assert_eq!(settled.unwrap().len(), 1, "what was given up has written nothing");
    assert_eq!(store.attempts(COUNTY, id).await.unwrap().len(), 1);
    process.end().await;
}

#[tokio::test]
async fn what_became_of_tries_is_written_while_the_owners_leases_are_renewed() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let settlements = Settlements::beside(store);
    // In the keeper's order, which is not that of what became of their pushes.
    let agencies: Vec<String> = ["court", "housing", "justice", "police"].map(str::to_owned).into();
    let owner = Uuid::from_u128(1);
    let renewed = async || store.hold_queues(COUNTY, owner, &agencies, Duration::from_secs(60)).await;
    renewed().await.unwrap();
    let done = CancellationToken::new();
    let renewing = async {
        while !done.is_cancelled() {
            renewed().await.unwrap();
        }
    };
    let settling = async {
        for _ in 0..60 {
            let ids = world
                .arrive(&process, &[("police", Red), ("justice", Red), ("housing", Red), ("court", Red)])
                .await;
            let outcomes: Vec<_> = ids
                .iter()
                .zip(["police", "justice", "housing", "court"])
                .enumerate()
                .map(|(place, (id, agency))| {
                    let push = RequestedPush::blank(COUNTY, *id, agency, now()).claimed();
                    let ending = if place % 2 == 0 { Ending::Delivered } else { Ending::Failed(Next::Park) };
                    tried(&push, Some(1), ending)
                })
                .collect();
            assert_eq!(settlements.settle(COUNTY, &outcomes).await.unwrap().len(), 4);
        }
        done.cancel();
    };
    // Postgres would end a deadlock at the cost of one of the two.
    tokio::join!(renewing, settling);
    process.end().await;
}
