//! What the centre takes back, and limits that move after a push.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{collections::HashSet, time::Duration};

use fengqiao_messaging::Envelope;
use fengqiao_notification::{
    domain::receipt::Forbidden,
    error::NotificationError,
    events::{PUSH_LIMITS_MOVED, PUSHES_REVISED},
    store::Act,
};
use fengqiao_proto::{
    notification::v1::{AnswerKind, FeedbackOutcome, PushLimitsMoved, ReceiptKind, ReceiptState},
    routing::v1::{PushRequested, PushesRevised},
    types::v1::{
        FormKind,
        Level::{Red, Yellow},
    },
};
use fengqiao_serving::time::{now, to_proto};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use uuid::Uuid;
use world::{COUNTY, World, answer, feedback, give_back, quick};

/// What routing says of all pushes of a case to an agency until now.
fn revised(like: &Envelope, case_id: Uuid, agency: &str, told: PushesRevised) -> Envelope {
    let told = PushesRevised {
        case_id: case_id.to_string(),
        agency: agency.into(),
        at: Some(to_proto(now())),
        ..told
    };
    Envelope { kind: PUSHES_REVISED.into(), payload: told.encode_to_vec(), ..like.clone() }
}

fn recalled() -> PushesRevised {
    PushesRevised { recalled: true, reason: "改由市公安局办理".into(), ..PushesRevised::default() }
}

#[tokio::test]
async fn what_is_recalled_is_brought_no_more_and_cannot_be_signed() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let case_id = Uuid::now_v7();
    let (first, asked) = world.request_of("housing", Yellow, case_id);
    let (other, of_other) = world.request_of("police", Yellow, case_id);
    let (elsewhere, of_elsewhere) = world.request_of("housing", Yellow, Uuid::now_v7());
    let (whistle, called) = world.request_of("housing", Yellow, case_id);
    let of_whistle = PushRequested {
        form: FormKind::WhistleForm.into(),
        ..PushRequested::decode(called.payload.as_slice()).unwrap()
    };
    let called = Envelope { payload: of_whistle.encode_to_vec(), ..called };
    world.apply(&process, &[asked.clone(), of_other, of_elsewhere, called]).await;
    world.apply(&process, &[revised(&asked, case_id, "housing", recalled())]).await;
    let mut agency = process.open("housing", 10);
    let mut came = HashSet::new();
    for _ in 0..2 {
        let push = agency.next().await;
        agency.acknowledge(&push);
        came.insert(push.push_id);
    }
    let wanted = [elsewhere, whistle].map(|id| id.to_string());
    assert_eq!(came, wanted.into(), "what was recalled does not come any more; a whistle stands for itself");
    agency.nothing_for(Duration::from_millis(200)).await;
    agency.close().await;
    let state = async |push_id| store.push(COUNTY, push_id).await.unwrap().receipt;
    assert_eq!(state(first).await, ReceiptState::Recalled);
    assert_eq!(state(other).await, ReceiptState::Unsigned);
    assert_eq!(state(elsewhere).await, ReceiptState::Unsigned);
    for act in [Act::Sign, give_back(), feedback("1", FeedbackOutcome::Done)] {
        let refused = store.answer(&answer(first, "housing", act)).await.unwrap_err();
        assert!(matches!(refused, NotificationError::Forbidden(Forbidden::Recalled)), "{refused}");
    }
    let given = store.given_answers(COUNTY, first, Some("housing")).await.unwrap();
    let [told] = given.as_slice() else { panic!("{given:?}") };
    assert_eq!((told.kind, told.actor.as_str()), (AnswerKind::Recalled, "system"));
    let why = world.keyring.open(&told.sealed_text, COUNTY.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(why).unwrap(), "改由市公安局办理");
    let receipts = world.receipts().await;
    let of_first: Vec<_> = receipts.iter().filter(|one| one.push_id == first.to_string()).collect();
    assert_eq!(of_first.iter().map(|one| one.kind()).collect::<Vec<_>>(), [ReceiptKind::Recalled]);
    process.end().await;
}

#[tokio::test]
async fn what_was_answered_or_returned_stays_and_what_is_pushed_later_is_owed() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let case_id = Uuid::now_v7();
    let mut ids = Vec::new();
    let mut batch = Vec::new();
    for _ in 0..4 {
        let (id, asked) = world.request_of("housing", Yellow, case_id);
        ids.push(id);
        batch.push(asked);
    }
    world.apply(&process, &batch).await;
    store.answer(&answer(ids[0], "housing", give_back())).await.unwrap();
    for (id, outcome) in [(ids[1], FeedbackOutcome::Done), (ids[2], FeedbackOutcome::InProgress)] {
        store.answer(&answer(id, "housing", Act::Sign)).await.unwrap();
        store.answer(&answer(id, "housing", feedback("1", outcome))).await.unwrap();
    }
    // In one batch: a push, that all until then are recalled, and one more.
    let (at_once, asked) = world.request_of("housing", Red, case_id);
    let recall = revised(&asked, case_id, "housing", recalled());
    let (later, asked_later) = world.request_of("housing", Yellow, case_id);
    world.apply(&process, &[asked, recall.clone(), asked_later]).await;
    let state = async |push_id| store.push(COUNTY, push_id).await.unwrap().receipt;
    let all = [ids[0], ids[1], ids[2], ids[3], at_once, later];
    let wanted = || {
        use ReceiptState::{Answered, Recalled, Returned, Unsigned};
        [Returned, Answered, Recalled, Recalled, Recalled, Unsigned]
    };
    for (id, wanted) in all.into_iter().zip(wanted()) {
        assert_eq!(state(id).await, wanted);
    }
    // Told once more it changes nothing and is not told on.
    let told = world.receipts().await.len();
    world.apply(&process, &[recall]).await;
    assert_eq!(world.receipts().await.len(), told);
    for (id, wanted) in all.into_iter().zip(wanted()) {
        assert_eq!(state(id).await, wanted);
    }
    let mut agency = process.open("housing", 10);
    assert_eq!(agency.next().await.push_id, later.to_string());
    agency.nothing_for(Duration::from_millis(200)).await;
    agency.close().await;
    process.end().await;
}

#[tokio::test]
async fn limits_follow_what_routing_grants() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let case_id = Uuid::now_v7();
    let (id, asked) = world.request_of("housing", Yellow, case_id);
    world.apply(&process, std::slice::from_ref(&asked)).await;
    let until = |days: i64| {
        let at = now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        Timestamp::from_microsecond(at.as_microsecond()).unwrap()
    };
    let (sign, answer_by) = (until(1), until(10));
    let limits = |sign: Option<Timestamp>, settle: Option<Timestamp>| PushesRevised {
        sign_due_at: sign.map(to_proto),
        feedback_due_at: settle.map(to_proto),
        ..PushesRevised::default()
    };
    let first = revised(&asked, case_id, "housing", limits(Some(until(2)), Some(until(3))));
    let second = revised(&asked, case_id, "housing", limits(Some(sign), Some(answer_by)));
    world.apply(&process, &[first, second]).await;
    let limits_of = async || {
        let push = store.push(COUNTY, id).await.unwrap();
        (push.sign_by, push.answer_by)
    };
    assert_eq!(limits_of().await, (Some(sign), Some(answer_by)), "of two the later holds");
    world.apply(&process, &[revised(&asked, case_id, "housing", limits(None, None))]).await;
    assert_eq!(limits_of().await, (None, None), "the clock stands still");
    world.apply(&process, &[revised(&asked, case_id, "housing", limits(None, Some(answer_by)))]).await;
    assert_eq!(limits_of().await, (None, Some(answer_by)));
    world.apply(&process, &[revised(&asked, case_id, "police", limits(None, None))]).await;
    assert_eq!(limits_of().await, (None, Some(answer_by)), "another agency's are its own");
    let told: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT payload FROM outbox_event WHERE kind = $1 ORDER BY position")
            .bind(PUSH_LIMITS_MOVED)
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|payload| PushLimitsMoved::decode(payload.as_slice()).unwrap())
        .map(|moved| (moved.push_id, moved.sign_due_at, moved.feedback_due_at))
        .collect();
    let of = |sign: Option<Timestamp>, settle: Option<Timestamp>| {
        (id.to_string(), sign.map(to_proto), settle.map(to_proto))
    };
    let wanted = [of(Some(sign), Some(answer_by)), of(None, None), of(None, Some(answer_by))];
    assert_eq!(told, wanted, "whoever counts what is in time hears of it");
    process.end().await;
}
