//! The test console of webhooks: samples, what was sent and answered, replays, secrets that change.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{sync::Arc, time::Duration};

use fengqiao_messaging::Envelope;
use fengqiao_notification::{
    delivery::Console, error::NotificationError, store::Fitting, store::ResendWhich,
};
use fengqiao_proto::{
    json::from_json,
    notification::v1::Push,
    routing::v1::PushRequested,
    types::v1::{
        Level::{Orange, Red, Yellow},
        Matter, Party,
    },
};
use fengqiao_webhook::{ANSWER_BYTES, Poster, Secret};
use prost::Message as _;
use world::{COUNTY, Process, SECRET, World, endpoints, quick, sink::Sink, until};

/// A process that knows the court's endpoint, and its console.
async fn with_court(world: &World, sink: &Sink) -> (Process, Console, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let agencies = [("court".to_owned(), sink.url("court"))];
    let process = world.process_with(world.pool.clone(), endpoints(folder.path(), &agencies)).await;
    process.webhooks(folder.path(), &agencies);
    let console = Console::new(Arc::clone(&process.delivery), Poster::new().unwrap());
    (process, console, folder)
}

fn signed_by(secret: &str, got: &world::sink::Got) -> bool {
    let at = got.headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    let right = Secret::read(secret).unwrap().sign(&got.id, at, &got.body);
    got.headers["webhook-signature"].to_str().unwrap().split(' ').any(|one| one == right)
}

#[tokio::test]
async fn a_sample_is_signed_like_a_push_and_nothing_is_kept_of_it() {
    let world = World::new(quick()).await;
    let sink = Sink::start(200, Duration::ZERO).await;
    let (process, console, _folder) = with_court(&world, &sink).await;
    let exchange = console.sample(COUNTY, "court").await.unwrap();
    assert!(exchange.answered.delivered);
    assert_eq!(exchange.answered.answer, vec![b'x'; ANSWER_BYTES]);
    let got = sink.got().pop().unwrap();
    assert!(signed_by(SECRET, &got));
    assert_eq!(exchange.sent.signature, got.headers["webhook-signature"]);
    assert_eq!(exchange.sent.body, got.body);
    let push: Push = from_json(serde_json::from_slice(&got.body).unwrap()).unwrap();
    assert_eq!(push.case_number, "SAMPLE");
    assert_eq!(world.in_state(1).await + world.in_state(2).await, 0);
    let nobody = console.sample(COUNTY, "police").await.unwrap_err();
    assert!(matches!(nobody, NotificationError::NoSuchEndpoint));
    process.end().await;
}

#[tokio::test]
async fn each_try_is_kept_with_its_answer_is_shown_as_it_was_sent_and_can_be_replayed() {
    let world = World::new(quick()).await;
    let sink = Sink::start(500, Duration::ZERO).await;
    let (process, console, _folder) = with_court(&world, &sink).await;
    let push_id = world.arrive(&process, &[("court", Red)]).await[0];
    let store = &process.delivery.store;
    until("it is tried", async || !store.attempts(COUNTY, push_id).await.unwrap().is_empty()).await;
    sink.status.store(200, std::sync::atomic::Ordering::SeqCst);
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let push = store.push(COUNTY, push_id).await.unwrap();
    let attempts = store.attempts(COUNTY, push_id).await.unwrap();
    assert_eq!((attempts.last().unwrap().http_status, attempts[0].http_status), (500, 200));
    let address = console.address(COUNTY, "court").await.unwrap();
    for (attempt, got) in attempts.iter().rev().zip(sink.got()) {
        // Nothing of this push is masked.
        let request = console.request_of(&address, &push, attempt, true).unwrap();
        assert_eq!(request.body, got.body, "try {}", attempt.number);
        assert_eq!(request.signature, got.headers["webhook-signature"]);
        let sealed = attempt.sealed_answer.as_ref().unwrap();
        let answer = process.delivery.keyring.open(sealed, COUNTY.as_bytes()).unwrap();
        assert_eq!(answer, vec![b'x'; ANSWER_BYTES]);
        let without = console.request_of(&address, &push, attempt, false).unwrap();
        assert!(!String::from_utf8_lossy(&without.body).contains("漏水"));
    }
    let (replay, number) = console.replay(COUNTY, push_id, 1).await.unwrap();
    assert_eq!(replay.sent.body, sink.got()[0].body);
    assert_eq!(number, i32::try_from(attempts.len()).unwrap() + 1);
    let replayed = &store.attempts(COUNTY, push_id).await.unwrap()[0];
    assert_eq!((replayed.channel.as_str(), replayed.number, replayed.delivered), ("replay", number, true));
    assert_eq!(world.receipts().await.len(), 1, "a replay is no second delivery");
    // At once they do not take each other's numbers.
    let (one, other) = tokio::join!(console.replay(COUNTY, push_id, 1), console.replay(COUNTY, push_id, 1));
    let mut numbers = [one.unwrap().1, other.unwrap().1];
    numbers.sort_unstable();
    assert_eq!(numbers, [number + 1, number + 2]);
    let after = store.push(COUNTY, push_id).await.unwrap();
    assert_eq!((after.delivered_at, after.attempts), (push.delivered_at, number + 2));
    assert!(matches!(
        console.replay(COUNTY, push_id, 99).await.unwrap_err(),
        NotificationError::NoSuchAttempt
    ));
    process.end().await;
}

#[tokio::test]
async fn a_record_of_tries_tells_of_nobody() {
    let world = World::new(quick()).await;
    let sink = Sink::start(200, Duration::ZERO).await;
    let (process, console, _folder) = with_court(&world, &sink).await;
    let party = Party { name: "王小芳".into(), phone: "13800000000".into(), ..Party::default() };
    let matter = Matter {
        title: "王小芳反映漏水".into(),
        narrative: "小芳称楼上漏水，来电１３８００００００００，车牌鄂J12345".into(),
        parties: vec![party],
        ..Matter::default()
    };
    let (push_id, envelope) = world.request("court", Red);
    let asked = PushRequested {
        sealed_matter: process.delivery.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
        ..PushRequested::decode(envelope.payload.as_slice()).unwrap()
    };
    world.apply(&process, &[Envelope { payload: asked.encode_to_vec(), ..envelope }]).await;
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let sent = String::from_utf8(sink.got()[0].body.to_vec()).unwrap();
    assert!(
        sent.contains("王小芳反映漏水") && sent.contains("１３８００００００００"),
        "the court acts on it"
    );
    let store = &process.delivery.store;
    let push = store.push(COUNTY, push_id).await.unwrap();
    let address = console.address(COUNTY, "court").await.unwrap();
    let attempt = store.attempts(COUNTY, push_id).await.unwrap().remove(0);
    let shown = console.request_of(&address, &push, &attempt, true).unwrap();
    let (replayed, _) = console.replay(COUNTY, push_id, 1).await.unwrap();
    assert_eq!(sink.got()[1].body, sink.got()[0].body, "a replay is posted whole");
    for body in [shown.body, replayed.sent.body] {
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(
            body.contains("王某反映漏水") && body.contains("某某称楼上漏水，来电〔电话〕，车牌〔车牌〕"),
            "{body}"
        );
        assert!(!body.contains("小芳") && !body.contains("13800000000"), "{body}");
    }
    let echo = console.shown_answer(&push, r#"{"echo":"王小芳 138-0000-0000"}"#.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(echo).unwrap(), r#"{"echo":"王某 〔电话〕"}"#);
    process.end().await;
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign_and_then_the_new_one_alone() {
    let world = World::new(quick()).await;
    let sink = Sink::start(200, Duration::ZERO).await;
    let (process, console, _folder) = with_court(&world, &sink).await;
    let (new, _) = console.rotate(COUNTY, "court", Duration::from_secs(3600), "op").await.unwrap();
    until("both sign", async || {
        world.arrive(&process, &[("court", Red)]).await;
        sink.got().last().is_some_and(|got| signed_by(SECRET, got) && signed_by(&new, got))
    })
    .await;
    let (newest, _) = console.rotate(COUNTY, "court", Duration::ZERO, "op").await.unwrap();
    until("the newest signs alone", async || {
        world.arrive(&process, &[("court", Red)]).await;
        sink.got()
            .last()
            .is_some_and(|got| signed_by(&newest, got) && !signed_by(&new, got) && !signed_by(SECRET, got))
    })
    .await;
    process.end().await;
}

#[tokio::test]
async fn parked_pushes_are_sent_again_by_what_they_are() {
    let world = World::new(quick()).await;
    let sink = Sink::start(422, Duration::ZERO).await;
    let (process, _console, _folder) = with_court(&world, &sink).await;
    world.arrive(&process, &[("court", Red), ("court", Orange), ("court", Yellow)]).await;
    until("all are parked", async || world.in_state(3).await == 3).await;
    sink.status.store(200, std::sync::atomic::Ordering::SeqCst);
    let store = &process.delivery.store;
    let resend =
        async |fitting| store.resend(COUNTY, &ResendWhich::Fitting(fitting), 100).await.unwrap().len();
    let nothing = Fitting { agency: Some("police".into()), ..Fitting::default() };
    assert_eq!(resend(nothing).await, 0);
    let long_ago = Fitting { parked_before: Some(jiff::Timestamp::UNIX_EPOCH), ..Fitting::default() };
    assert_eq!(resend(long_ago).await, 0);
    assert_eq!(resend(Fitting { level: Some(Red), ..Fitting::default() }).await, 1);
    until("the red one is delivered", async || world.in_state(2).await == 1).await;
    let since = Fitting { parked_since: Some(jiff::Timestamp::UNIX_EPOCH), ..Fitting::default() };
    assert_eq!(resend(since).await, 2);
    until("all are delivered", async || world.in_state(2).await == 3).await;
    process.end().await;
}
