//! Limits that have no clock in routing: of each it is told once that it nears, whoever looks and whatever came between.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::sync::Arc;

use fengqiao_access::Principal;
use fengqiao_messaging::Envelope;
use fengqiao_notification::{
    events::{CASE_EXPIRED, PUSH_OWED, PUSHES_REVISED},
    grpc::FormFace,
    store::Act,
};
use fengqiao_proto::{
    notification::v1::{
        FeedbackOutcome, FormField, IssueFormRequest, PushDebt, PushOwed, RecallFormRequest,
        form_service_server::FormService as _,
    },
    routing::v1::{CaseExpired, PushRequested, PushesRevised},
    types::v1::{FormKind, Level::Yellow, PushSubject},
};
use fengqiao_serving::time::{now, to_proto};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use tonic::Request;
use uuid::Uuid;
use world::{COUNTY, Process, World, answer, feedback, give_back, quick};

const TOWN: &str = "town-421181105";

/// So many hours from a moment on.
fn after(moment: Timestamp, hours: i64) -> Timestamp {
    moment.checked_add(SignedDuration::from_hours(hours)).unwrap()
}

/// What routing would ask for.
fn asked(world: &World, agency: &str, change: impl FnOnce(&mut PushRequested)) -> (Uuid, Envelope) {
    let (id, envelope) = world.request(agency, Yellow);
    let mut message = PushRequested::decode(envelope.payload.as_slice()).unwrap();
    change(&mut message);
    (id, Envelope { payload: message.encode_to_vec(), ..envelope })
}

/// What was told so far.
async fn owed(world: &World) -> Vec<PushOwed> {
    let events: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT payload FROM outbox_event WHERE kind = $1 ORDER BY position")
            .bind(PUSH_OWED)
            .fetch_all(&world.pool)
            .await
            .unwrap();
    events.iter().map(|payload| PushOwed::decode(payload.as_slice()).unwrap()).collect()
}

/// A process looks at a moment; of which pushes it was told in all, and what is owed of each.
async fn told_by(world: &World, process: &Process, moment: Timestamp) -> Vec<(String, PushDebt)> {
    while process.delivery.store.tell_owed(COUNTY, moment, 2).await.unwrap() > 0 {}
    owed(world).await.into_iter().map(|owed| (owed.push_id.clone(), owed.debt())).collect()
}

fn by_officer<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new("wang", COUNTY, "officer", None).unwrap()));
    request
}

/// A supervision letter by hand (督办函): four hours to sign it.
fn letter(request_id: &str, drill: bool) -> IssueFormRequest {
    IssueFormRequest {
        request_id: request_id.into(),
        kind: FormKind::SupervisionReminder.into(),
        agency: "housing".into(),
        reason: "物业纠纷增多".into(),
        fields: vec![FormField {
            key: "body".into(), text: "请限期办理。".into(), ..Default::default()
        }],
        drill,
        ..Default::default()
    }
}

#[tokio::test]
async fn who_is_only_told_of_a_case_is_told_of_once_its_limit_nears() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let begun = now();
    // Twelve hours to sign a yellow form: it is told of after nine.
    let (report, of_report) = asked(&world, TOWN, |_| ());
    let (notice, of_notice) =
        asked(&world, "community-421181105202", |push| push.form = FormKind::NoticeForm.into());
    let pressed = |push: &mut PushRequested| {
        push.sign_due_at = Some(to_proto(after(begun, 12)));
        push.feedback_due_at = Some(to_proto(after(begun, 48)));
    };
    let (_, of_lead) = asked(&world, "housing", pressed);
    let (_, of_drill) = asked(&world, TOWN, |push| push.drill = true);
    let (_, of_warning) = asked(&world, TOWN, |push| push.form = FormKind::WarningLetter.into());
    let (_, of_reminder) = world.reminder(TOWN);
    // Many in one statement, and one by itself.
    world.apply(&process, &[of_report.clone(), of_lead, of_drill, of_warning, of_reminder]).await;
    world.apply(&process, &[of_notice]).await;
    assert_eq!(told_by(&world, &process, after(begun, 8)).await, []);
    assert_eq!(told_by(&world, &process, after(begun, 10)).await.len(), 2);
    let mut wanted = [report, notice].map(|id| (id.to_string(), PushDebt::Signature));
    wanted.sort();
    // Long after there is nothing that was not told.
    let mut told = told_by(&world, &process, after(begun, 24 * 60)).await;
    told.sort();
    assert_eq!(told, wanted);
    let of_town = owed(&world).await.into_iter().find(|owed| owed.push_id == report.to_string()).unwrap();
    let request = PushRequested::decode(of_report.payload.as_slice()).unwrap();
    let number = process.delivery.store.push(COUNTY, report).await.unwrap().form_number;
    assert!(!number.is_empty());
    let wanted = PushOwed {
        push_id: report.to_string(),
        case_id: request.case_id,
        agency: TOWN.into(),
        form: FormKind::ReportForm.into(),
        form_title: "报告单".into(),
        form_number: number,
        level: Yellow.into(),
        debt: PushDebt::Signature.into(),
        since: request.requested_at,
        due_at: request.requested_at.map(|at| prost_types::Timestamp { seconds: at.seconds + 43_200, ..at }),
        area_code: request.area_code,
        subject: PushSubject::Case.into(),
    };
    let micros = |at: Option<prost_types::Timestamp>| at.map(|at| (at.seconds, at.nanos / 1_000));
    assert_eq!(micros(of_town.since), micros(wanted.since));
    assert_eq!(micros(of_town.due_at), micros(wanted.due_at));
    assert_eq!(of_town, PushOwed { since: of_town.since, due_at: of_town.due_at, ..wanted });
    process.end().await;
}

#[tokio::test]
async fn two_processes_tell_of_each_once_and_do_not_wait_for_one_another() {
    let world = World::new(quick()).await;
    let [one, two] = [world.process().await, world.process().await];
    let ids = world.arrive(&one, &[(TOWN, Yellow); 60]).await;
    let moment = after(now(), 10);
    let look = async |process: &Process| {
        while process.delivery.store.tell_owed(COUNTY, moment, 5).await.unwrap() > 0 {}
    };
    // Another process is just telling of one of them.
    let mut tx = world.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM push WHERE push_id = $1 FOR UPDATE")
        .bind(ids[0])
        .execute(&mut *tx)
        .await
        .unwrap();
    tokio::join!(look(&one), look(&two));
    let mut told: Vec<String> = owed(&world).await.into_iter().map(|owed| owed.push_id).collect();
    told.sort();
    let mut wanted: Vec<String> = ids[1..].iter().map(Uuid::to_string).collect();
    wanted.sort();
    assert_eq!(told, wanted);
    tx.rollback().await.unwrap();
    look(&two).await;
    assert_eq!(owed(&world).await.last().unwrap().push_id, ids[0].to_string());
    one.end().await;
    two.end().await;
}

#[tokio::test]
async fn once_signed_the_answer_is_owed_until_it_is_there() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let begun = now();
    let (mut ids, mut batch) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let (id, envelope) = asked(&world, TOWN, |_| ());
        ids.push(id);
        batch.push(envelope);
    }
    let answer_pressed = |push: &mut PushRequested| push.feedback_due_at = Some(to_proto(after(begun, 48)));
    let (pressed, of_pressed) = asked(&world, TOWN, answer_pressed);
    batch.push(of_pressed);
    world.apply(&process, &batch).await;
    // The first is signed late, after it was told of.
    let first = (ids[0].to_string(), PushDebt::Signature);
    for id in &ids[1..] {
        store.answer(&answer(*id, TOWN, Act::Sign)).await.unwrap();
    }
    store.answer(&answer(pressed, TOWN, Act::Sign)).await.unwrap();
    assert_eq!(told_by(&world, &process, after(begun, 12)).await, std::slice::from_ref(&first));
    store.answer(&answer(ids[0], TOWN, Act::Sign)).await.unwrap();
    for (id, outcome) in [
        (ids[1], FeedbackOutcome::InProgress),
        (ids[2], FeedbackOutcome::Done),
        (ids[3], FeedbackOutcome::Cannot),
    ] {
        store.answer(&answer(id, TOWN, feedback("1", outcome))).await.unwrap();
    }
    // A day before the end of seven working days.
    let limit = store.push(COUNTY, ids[0]).await.unwrap().answer_by.unwrap();
    assert_eq!(told_by(&world, &process, after(limit, -25)).await, std::slice::from_ref(&first));
    let answer = |id: Uuid| (id.to_string(), PushDebt::Answer);
    let mut told = told_by(&world, &process, after(limit, -23)).await;
    told.sort();
    let mut wanted = [first, answer(ids[0]), answer(ids[1])];
    wanted.sort();
    assert_eq!(told, wanted, "and nothing of the one whose answer routing presses");
    process.end().await;
}

#[tokio::test]
async fn what_is_not_owed_any_more_is_not_told() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let begun = now();
    let (returned, of_returned) = asked(&world, TOWN, |_| ());
    let (_, of_recalled) = asked(&world, TOWN, |_| ());
    let (_, of_moved) = asked(&world, TOWN, |_| ());
    let (signed, of_signed) = asked(&world, TOWN, |_| ());
    let (_, of_expired) = asked(&world, TOWN, |_| ());
    let case_of = |envelope: &Envelope| PushRequested::decode(envelope.payload.as_slice()).unwrap().case_id;
    let revised = |like: &Envelope, told: PushesRevised| {
        let told =
            PushesRevised { case_id: case_of(like), agency: TOWN.into(), at: Some(to_proto(now())), ..told };
        Envelope { kind: PUSHES_REVISED.into(), payload: told.encode_to_vec(), ..like.clone() }
    };
    let all = [of_returned, of_recalled.clone(), of_moved.clone(), of_signed.clone(), of_expired.clone()];
    world.apply(&process, &all).await;
    store.answer(&answer(returned, TOWN, give_back())).await.unwrap();
    let recall =
        PushesRevised { recalled: true, reason: "改由市公安局办理".into(), ..Default::default() };
    // Routing has the clock of what it has said of.
    let limits = PushesRevised {
        sign_due_at: Some(to_proto(after(begun, 12))),
        feedback_due_at: Some(to_proto(after(begun, 48))),
        ..Default::default()
    };
    let moved = [&of_moved, &of_signed].map(|like| revised(like, limits.clone()));
    world.apply(&process, &moved).await;
    world.apply(&process, &[revised(&of_recalled, recall)]).await;
    let expired = CaseExpired { case_id: case_of(&of_expired) };
    let expired =
        Envelope { kind: CASE_EXPIRED.into(), payload: expired.encode_to_vec(), ..of_expired.clone() };
    world.apply(&process, &[expired]).await;
    store.answer(&answer(signed, TOWN, Act::Sign)).await.unwrap();
    assert_eq!(told_by(&world, &process, after(begun, 24 * 60)).await, []);
    process.end().await;
}

#[tokio::test]
async fn a_form_by_hand_is_told_of_unless_it_is_recalled_or_an_exercise() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = FormFace::new(Arc::clone(&process.delivery), Arc::clone(&process.forms));
    let begun = now();
    let issue = async |request_id: &str, drill: bool| {
        let issued = face.issue_form(by_officer(letter(request_id, drill))).await.unwrap();
        issued.into_inner().form.unwrap().form_id
    };
    let (form, recalled) = (issue("1", false).await, issue("2", false).await);
    issue("3", true).await;
    let recall =
        RecallFormRequest { form_id: recalled, reason: "误发".into(), ..RecallFormRequest::default() };
    face.recall_form(by_officer(recall)).await.unwrap();
    assert_eq!(told_by(&world, &process, after(begun, 2)).await, []);
    assert_eq!(told_by(&world, &process, after(begun, 24)).await, [(form.clone(), PushDebt::Signature)]);
    let told = owed(&world).await.remove(0);
    assert_eq!(
        (told.case_id.as_str(), told.subject(), told.form_title.as_str(), told.area_code.as_str()),
        (form.as_str(), PushSubject::Form, "督办函", "")
    );
    let id = Uuid::parse_str(&form).unwrap();
    process.delivery.store.answer(&answer(id, "housing", Act::Sign)).await.unwrap();
    let told = told_by(&world, &process, after(begun, 24 * 60)).await;
    assert_eq!(told[1..], [(form, PushDebt::Answer)]);
    process.end().await;
}
