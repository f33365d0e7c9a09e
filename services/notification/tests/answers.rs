//! What agencies do with their pushes, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::time::Duration;

use fengqiao_notification::{
    domain::{
        outcome::{Channel, Ending, Outcome, Tried},
        push::Push,
        receipt::Forbidden,
    },
    error::NotificationError,
    store::{Act, Answer, Bucket, Place, Settlements, Which},
};
use fengqiao_proto::{
    notification::v1::{
        CannotReason, DeliveryState, FeedbackOutcome, ReceiptKind, ReceiptState, ReturnReason,
    },
    types::v1::Level::{Orange, Red, Yellow},
};
use fengqiao_serving::time::now;
use jiff::SignedDuration;
use uuid::Uuid;
use world::{COUNTY, World, answer, quick};

fn feedback(request_id: &str) -> Act {
    Act::Feedback {
        request_id: request_id.into(),
        outcome: FeedbackOutcome::Done,
        cannot_reason: CannotReason::Unspecified,
        substantive: true,
        attachments: Vec::new(),
        sealed_text: b"sealed".to_vec(),
    }
}

fn give_back() -> Act {
    Act::Return {
        reason: ReturnReason::NotOurDuty,
        sealed_text: b"sealed".to_vec(),
        sealed_evidence: Vec::new(),
    }
}

#[tokio::test]
async fn signing_straight_from_the_inbox_counts_as_delivered_and_twice_as_once() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let id = world.arrive(&process, &[("community-421181105201", Yellow)]).await[0];
    let sign = answer(id, "community-421181105201", Act::Sign);
    let (push, changed) = store.answer(&sign).await.unwrap();
    assert!(changed);
    assert_eq!((push.delivery, push.receipt), (DeliveryState::Delivered, ReceiptState::Signed));
    let (again, changed) = store.answer(&Answer { at: now(), ..sign }).await.unwrap();
    assert!(!changed);
    assert_eq!(again, push);
    let receipts = world.receipts().await;
    let kinds: Vec<_> = receipts.iter().map(|r| (r.kind(), r.actor.as_str())).collect();
    assert_eq!(kinds, [(ReceiptKind::Delivered, "li"), (ReceiptKind::Signed, "li")]);
    process.end().await;
}

#[tokio::test]
async fn what_is_signed_while_it_is_on_its_way_is_delivered_once() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let ids = world.arrive(&process, &[("police", Yellow), ("police", Yellow)]).await;
    let claimed = store.claim(COUNTY, "police", &ids, Duration::from_secs(60)).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let delivered = |push: &Push| Outcome {
        county: COUNTY.into(),
        push: Tried::of(push),
        attempt: push.attempts,
        token: None,
        channel: Channel::Stream,
        // Ended by now: a try that ends after the signing counts as ended with it.
        began_at: now() - Duration::from_millis(5),
        took: Duration::from_millis(5),
        ending: Ending::Delivered,
        http_status: 0,
        error: String::new(),
        sealed_answer: Vec::new(),
        trace: None,
    };
    // The one is signed before it is known that it came, the other after it.
    let (signed, _) = store.answer(&answer(ids[0], "police", Act::Sign)).await.unwrap();
    assert_eq!((signed.delivery, signed.delivered_at), (DeliveryState::Delivered, signed.signed_at));
    let outcomes: Vec<_> = claimed.iter().map(delivered).collect();
    let settlements = Settlements::beside(store);
    let settled = settlements.settle(COUNTY, &outcomes).await.unwrap();
    assert_eq!(settled.iter().map(|one| one.push.push_id).collect::<Vec<_>>(), [ids[1]]);
    let (later, _) = store.answer(&answer(ids[1], "police", Act::Sign)).await.unwrap();
    let came = outcomes.iter().find(|one| one.push.push_id == ids[1]).unwrap().ended_at();
    assert_eq!((later.delivered_at, later.attempts), (Some(came), 1));
    for id in ids {
        let push = store.push(COUNTY, id).await.unwrap();
        assert_eq!((push.delivery, push.receipt), (DeliveryState::Delivered, ReceiptState::Signed));
        assert_eq!(store.attempts(COUNTY, id).await.unwrap().len(), 1, "the try is kept");
        assert!(push.delivered_at <= push.signed_at);
    }
    let told = world.receipts().await;
    assert_eq!(told.iter().filter(|receipt| receipt.kind() == ReceiptKind::Delivered).count(), 2);
    process.end().await;
}

#[tokio::test]
async fn another_agencys_push_does_not_exist() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    for (agency, id) in [("court", id), ("police", Uuid::now_v7())] {
        for act in [Act::Sign, give_back(), feedback("1")] {
            let refused = store.answer(&answer(id, agency, act)).await.unwrap_err();
            assert!(matches!(refused, NotificationError::NoSuchPush), "{refused:?}");
        }
    }
    assert!(world.receipts().await.is_empty());
    process.end().await;
}

#[tokio::test]
async fn feedback_is_repeatable_and_more_than_one_is_fine() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let early = store.answer(&answer(id, "police", feedback("1"))).await.unwrap_err();
    assert!(matches!(early, NotificationError::Forbidden(Forbidden::Unsigned)));
    store.answer(&answer(id, "police", Act::Sign)).await.unwrap();
    let before = world.receipts().await.len();
    for (request, changes) in [("1", true), ("1", false), ("2", true), ("1", false)] {
        let (push, changed) = store.answer(&answer(id, "police", feedback(request))).await.unwrap();
        assert_eq!((push.receipt, changed), (ReceiptState::Answered, changes));
    }
    let receipts = world.receipts().await;
    assert_eq!(receipts.len(), before + 2);
    assert_eq!(receipts[before].outcome(), FeedbackOutcome::Done);
    assert_eq!(receipts[before].sealed_text, b"sealed");
    let back = store.answer(&answer(id, "police", give_back())).await.unwrap_err();
    assert!(matches!(back, NotificationError::Forbidden(Forbidden::Answered)));
    process.end().await;
}

#[tokio::test]
async fn a_returned_push_is_over() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    store.answer(&answer(id, "police", Act::Sign)).await.unwrap();
    let (push, _) = store.answer(&answer(id, "police", give_back())).await.unwrap();
    assert_eq!((push.receipt, push.return_reason), (ReceiptState::Returned, ReturnReason::NotOurDuty));
    assert!(!store.answer(&answer(id, "police", give_back())).await.unwrap().1);
    for act in [Act::Sign, feedback("1")] {
        let refused = store.answer(&answer(id, "police", act)).await.unwrap_err();
        assert!(matches!(refused, NotificationError::Forbidden(Forbidden::Returned)));
    }
    let receipts = world.receipts().await;
    assert_eq!(receipts.last().unwrap().return_reason(), ReturnReason::NotOurDuty);
    process.end().await;
}

#[tokio::test]
async fn many_signers_at_once_make_one_receipt() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let mut signers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = process.delivery.store.clone();
        signers.spawn(async move { store.answer(&answer(id, "police", Act::Sign)).await.unwrap().1 });
    }
    let changed = signers.join_all().await.into_iter().filter(|changed| *changed).count();
    assert_eq!(changed, 1);
    assert_eq!(world.receipts().await.len(), 2);
    process.end().await;
}

#[tokio::test]
async fn an_inbox_is_listed_page_by_page_most_dangerous_first() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    for level in [Yellow, Red, Orange, Yellow, Red] {
        world.arrive(&process, &[("police", level), ("court", level)]).await;
    }
    let which = Which { agency: Some("police".into()), ..Which::default() };
    let (mut after, mut listed) = (Place::start(), Vec::new());
    loop {
        let page = store.list(COUNTY, &which, &after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Place::in_inbox(last);
        listed.extend(page);
    }
    let levels: Vec<_> = listed.iter().map(|p| p.level).collect();
    assert_eq!(levels, [Red, Red, Orange, Yellow, Yellow]);
    assert!(listed.iter().all(|p| p.agency == "police"));
    assert!(listed.windows(2).all(|w| w[0].level != w[1].level || w[0].requested_at <= w[1].requested_at));
    let of_case = Which { case_id: Some(listed[0].case_id), ..Which::default() };
    assert_eq!(store.list(COUNTY, &of_case, &Place::start(), 10).await.unwrap().len(), 1);
    assert_eq!(store.list(COUNTY, &Which::default(), &Place::start(), 50).await.unwrap().len(), 10);
    let signed = Which { receipt: Some(ReceiptState::Signed), ..Which::default() };
    assert!(store.list(COUNTY, &signed, &Place::start(), 50).await.unwrap().is_empty());
    assert!(store.list("330681", &Which::default(), &Place::start(), 50).await.unwrap().is_empty());
    process.end().await;
}

#[tokio::test]
async fn a_return_names_the_evidence_that_the_practice_wants() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let (id, asked) = world.request_with("police", Red, &[ReturnReason::NotOurDuty]);
    world.apply(&process, &[asked]).await;
    let refused = store.answer(&answer(id, "police", give_back())).await.unwrap_err();
    assert!(matches!(refused, NotificationError::Forbidden(Forbidden::EvidenceMissing)), "{refused:?}");
    assert!(refused.to_string().contains("would have to name evidence"));
    assert!(world.receipts().await.is_empty());
    let shown = Act::Return {
        reason: ReturnReason::NotOurDuty,
        sealed_text: Vec::new(),
        sealed_evidence: b"sealed references".to_vec(),
    };
    let (push, changed) = store.answer(&answer(id, "police", shown)).await.unwrap();
    assert!(changed && push.receipt == ReceiptState::Returned);
    let receipts = world.receipts().await;
    assert_eq!(receipts.last().unwrap().sealed_evidence, b"sealed references");
    // For another reason none is wanted.
    let (other, asked) = world.request_with("police", Red, &[ReturnReason::NotOurArea]);
    world.apply(&process, &[asked]).await;
    assert!(store.answer(&answer(other, "police", give_back())).await.unwrap().1);
    process.end().await;
}

#[tokio::test]
async fn what_is_late_is_counted_however_much_else_is_owed() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let of_agency = async |count| world.arrive(&process, &vec![("police", Yellow); count]).await;
    // More than is counted at most is owed in time, and was there before what is late.
    let in_time = of_agency(1_010).await;
    let late = of_agency(3).await;
    for id in [in_time[0], late[0]] {
        store.answer(&answer(id, "police", Act::Sign)).await.unwrap();
    }
    let due =
        "UPDATE push SET sign_by = now() + $2 * interval '1 hour', answer_by = now() + $2 * interval '1 hour'
               WHERE push_id = ANY($1)";
    for (ids, hours) in [(&in_time[..], 48), (&in_time[..2], 1), (&late[..], -1)] {
        sqlx::query(due).bind(ids).bind(hours).execute(&world.pool).await.unwrap();
    }
    let (at, tomorrow) = (now(), now() + SignedDuration::from_hours(12));
    let numbers = store.desk_numbers(COUNTY, "police", at, tomorrow).await.unwrap();
    assert_eq!((numbers.late, numbers.today, numbers.to_sign, numbers.returned), (3, 2, 1_000, 0));
    let start = Place::start();
    let list = store.desk_list((COUNTY, "police"), Bucket::Late, (at, tomorrow), &start, 10);
    assert_eq!(list.await.unwrap().len(), 3);
    process.end().await;
}
