//! Pushes over streams, on a real Postgres and Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use fengqiao_messaging::InStepStatement;
use fengqiao_notification::{
    settings::DeliverySettings,
    store::{Act, Answer, ArrivedPlace, SEALED_COLUMNS, STATEMENTS, STATEMENTS_IN_STEP},
};
use fengqiao_proto::{
    notification::v1::ReceiptKind,
    types::v1::{
        Level::{self, Orange, Red, Yellow},
        Matter, PushSubject,
    },
};
use fengqiao_serving::{ServiceName, planning, time::now};
use fengqiao_stack::plans::detours;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};
use uuid::Uuid;
use world::{Agency, COUNTY, Process, World, quick, until};

/// The statements that take a receiver's step, for each kind of step.
fn in_step() -> impl Iterator<Item = (&'static str, String)> {
    STATEMENTS_IN_STEP
        .iter()
        .flat_map(|(name, rest)| InStepStatement::new(rest).into_texts().map(|text| (*name, text)))
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let world = World::new(quick()).await;
    for (name, sql) in STATEMENTS {
        let statement = AssertSqlSafe((*sql).to_owned()).into_sql_str();
        world.pool.prepare(statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    for (name, text) in in_step() {
        let statement = AssertSqlSafe(text).into_sql_str();
        world.pool.prepare(statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[tokio::test]
async fn no_statement_goes_through_a_county_for_what_a_key_leads_to() {
    let world = World::new(quick()).await;
    let mut conn = world.pool.acquire().await.unwrap();
    let alone = STATEMENTS.iter().map(|(name, sql)| (*name, (*sql).to_owned()));
    let settings = planning(ServiceName::Notification);
    let found = detours(&mut conn, &settings, alone.chain(in_step())).await.unwrap();
    assert!(found.is_empty(), "{found:#?}");
}

/// Whoever adds a column of sealed values adds its line.
#[tokio::test]
async fn every_column_of_sealed_values_is_sealed_anew() {
    let world = World::new(quick()).await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.table_name::text, c.column_name::text
         FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
         WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE'
             AND c.data_type = 'bytea' AND c.column_name LIKE 'sealed%'",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert!(!columns.is_empty());
    for (table, column) in &columns {
        let listed = SEALED_COLUMNS.iter().any(|one| (one.table, one.column) == (table, column));
        assert!(listed, "{table}.{column} is not listed");
    }
}

#[tokio::test]
async fn a_push_is_delivered_when_the_agency_has_acknowledged_it() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let mut police = process.open("police", 10);
    let ids = world.arrive(&process, &[("police", Red)]).await;
    let push = police.next().await;
    assert_eq!(push.push_id, ids[0].to_string());
    assert_eq!(push.matter.clone().unwrap().title, "邻里漏水");
    assert_eq!(world.in_state(2).await, 0);
    police.acknowledge(&push);
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let receipts = world.receipts().await;
    assert_eq!(receipts.len(), 1);
    assert_eq!((receipts[0].kind(), receipts[0].actor.as_str()), (ReceiptKind::Delivered, "system"));
    // The same event again changes nothing.
    let attempts = process.delivery.store.attempts(COUNTY, ids[0]).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].delivered, attempts[0].channel.as_str()), (1, true, "stream"));
    police.close().await;
    process.end().await;
}

#[tokio::test]
async fn a_reminder_of_a_duty_says_what_it_speaks_of_on_its_way_and_in_its_receipts() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let (id, envelope) = world.reminder("police");
    let mut police = process.open("police", 10);
    world.apply(&process, &[envelope]).await;
    let push = police.next().await;
    assert_eq!((push.subject(), push.case_number.as_str()), (PushSubject::Duty, ""));
    assert_eq!(push.matter, Some(Matter::default()));
    police.acknowledge(&push);
    until("it is delivered", async || world.in_state(2).await == 1).await;
    let sign = Answer {
        county: COUNTY.into(),
        push_id: id,
        agency: "police".into(),
        actor: "li".into(),
        capacity: "police".into(),
        act: Act::Sign,
        at: now(),
        recorded: None,
    };
    let (signed, _) = process.delivery.store.answer(&sign).await.unwrap();
    assert_eq!((signed.subject, signed.case_id.to_string()), (PushSubject::Duty, push.case_id.clone()));
    let receipts = world.receipts().await;
    let told: Vec<_> = receipts.iter().map(|r| (r.kind(), r.subject(), r.case_id.as_str())).collect();
    let case_id = push.case_id.as_str();
    assert_eq!(
        told,
        [
            (ReceiptKind::Delivered, PushSubject::Duty, case_id),
            (ReceiptKind::Signed, PushSubject::Duty, case_id)
        ]
    );
    // All others speak of cases.
    world.arrive(&process, &[("police", Red)]).await;
    assert_eq!(police.next().await.subject(), PushSubject::Case);
    police.close().await;
    process.end().await;
}

#[tokio::test]
async fn an_event_that_comes_twice_is_one_push() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let (_, envelope) = world.request("police", Orange);
    let mut police = process.open("police", 10);
    world.apply(&process, std::slice::from_ref(&envelope)).await;
    let push = police.next().await;
    police.acknowledge(&push);
    world.apply(&process, std::slice::from_ref(&envelope)).await;
    police.nothing_for(Duration::from_millis(800)).await;
    assert_eq!(world.in_state(2).await, 1);
    process.end().await;
}

#[tokio::test]
async fn a_late_red_overtakes_a_long_backlog() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let backlog: Vec<(&str, Level)> = vec![("police", Yellow); 400];
    world.arrive(&process, &backlog).await;
    let mut police = process.open("police", 20);
    for _ in 0..50 {
        let push = police.next().await;
        assert_eq!(push.level(), Yellow);
        police.acknowledge(&push);
    }
    let red = world.arrive(&process, &[("police", Orange), ("police", Red)]).await[1];
    let mut before = 0;
    loop {
        let push = police.next().await;
        police.acknowledge(&push);
        if push.push_id == red.to_string() {
            break;
        }
        before += 1;
    }
    // No more than what was claimed already and what lay between session and transport.
    assert!(before <= 40, "{before} came before the red one");
    assert_eq!(police.next().await.level(), Orange);
    process.end().await;
}

#[tokio::test]
async fn what_a_broken_stream_did_not_acknowledge_comes_at_once_over_the_next() {
    let world = World::new(fengqiao_notification::settings::DeliverySettings::default()).await;
    let process = world.process().await;
    world.arrive(&process, &[("police", Red), ("police", Red)]).await;
    let mut police = process.open("police", 10);
    let (first, second) = (police.next().await, police.next().await);
    police.acknowledge(&first);
    until("the first is delivered", async || world.in_state(2).await == 1).await;
    police.close().await;
    let began = Instant::now();
    let mut police = process.open("police", 10);
    let again = police.next().await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!((&again.push_id, again.attempts), (&second.push_id, 2));
    police.acknowledge(&again);
    until("both are delivered", async || world.in_state(2).await == 2).await;
    process.end().await;
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_and_is_parked_in_the_end() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let mut police = process.open("police", 10);
    let ids = world.arrive(&process, &[("police", Red)]).await;
    for attempt in 1..=3 {
        let push = police.next().await;
        assert_eq!((push.push_id.clone(), push.attempts), (ids[0].to_string(), attempt));
    }
    until("it is parked", async || world.in_state(3).await == 1).await;
    let push = process.delivery.store.push(COUNTY, ids[0]).await.unwrap();
    assert!(push.last_error.contains("not acknowledged"), "{}", push.last_error);
    assert_eq!(world.receipts().await.last().unwrap().kind(), ReceiptKind::Parked);
    process.end().await;
}

#[tokio::test]
async fn an_emptied_redis_heals_by_itself() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    // Nobody serves the agency yet: what waits lies in Redis and Postgres.
    world.arrive(&process, &[("police", Red); 50]).await;
    world.empty_redis().await;
    // And some that died between commit and queue.
    let lost: Vec<_> = (0..5).map(|_| world.request("police", Red).1).collect();
    world.apply_without_queueing(&process, &lost).await;
    let mut police = process.open("police", 100);
    let mut seen = HashSet::new();
    while seen.len() < 20 {
        let push = police.next().await;
        police.acknowledge(&push);
        seen.insert(push.push_id);
    }
    world.empty_redis().await;
    while seen.len() < 55 {
        let push = police.next().await;
        police.acknowledge(&push);
        seen.insert(push.push_id);
    }
    until("all are delivered", async || world.in_state(2).await == 55).await;
    assert_eq!(world.receipts().await.len(), 55);
    process.end().await;
}

#[tokio::test]
async fn each_process_learns_that_redis_was_emptied() {
    let world = World::new(fengqiao_notification::settings::DeliverySettings::default()).await;
    let (one, two) = (world.process().await, world.process().await);
    let (mut police, mut court) = (one.open("police", 1), two.open("court", 1));
    world.arrive(&one, &[("police", Red), ("police", Red), ("court", Red), ("court", Red)]).await;
    let held = [police.next().await, court.next().await];
    world.empty_redis().await;
    let began = Instant::now();
    police.acknowledge(&held[0]);
    court.acknowledge(&held[1]);
    for agency in [&mut police, &mut court] {
        let push = agency.next().await;
        agency.acknowledge(&push);
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    until("all are delivered", async || world.in_state(2).await == 4).await;
    one.end().await;
    two.end().await;
}

#[tokio::test]
async fn processes_and_streams_share_an_agencys_queue_without_doubles() {
    let world = World::new(fengqiao_notification::settings::DeliverySettings::default()).await;
    let (one, two) = (world.process().await, world.process().await);
    let mut agencies = [one.open("police", 50), one.open("police", 50), two.open("police", 50)];
    for _ in 0..10 {
        world.arrive(&one, &[("police", Yellow); 30]).await;
        world.arrive(&two, &[("police", Red); 10]).await;
    }
    let mut seen = Vec::new();
    let end = Instant::now() + Duration::from_secs(15);
    while seen.len() < 400 && Instant::now() < end {
        for agency in &mut agencies {
            while let Ok(push) = tokio::time::timeout(Duration::from_millis(5), agency.next()).await {
                agency.acknowledge(&push);
                seen.push(push.push_id);
            }
        }
    }
    assert_eq!(seen.len(), 400);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 400);
    until("all are delivered", async || world.in_state(2).await == 400).await;
    one.end().await;
    two.end().await;
}

#[tokio::test]
async fn a_slow_agency_delays_nobody() {
    let world = World::new(fengqiao_notification::settings::DeliverySettings::default()).await;
    let process = world.process().await;
    // Takes nothing at all.
    let _court = process.open("court", 1000);
    let mut police = process.open("police", 10);
    world.arrive(&process, &[("court", Red); 300]).await;
    let began = Instant::now();
    world.arrive(&process, &[("police", Yellow)]).await;
    let push = police.next().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    police.acknowledge(&push);
    until("it is delivered", async || world.in_state(2).await == 1).await;
    process.end().await;
}

#[tokio::test]
async fn an_ending_process_frees_what_it_holds() {
    let world = World::new(fengqiao_notification::settings::DeliverySettings::default()).await;
    let (one, two) = (world.process().await, world.process().await);
    let mut police = one.open("police", 10);
    world.arrive(&one, &[("police", Red)]).await;
    let held = police.next().await;
    one.end().await;
    let mut police = two.open("police", 10);
    assert_eq!(police.next().await.push_id, held.push_id);
    two.end().await;
}

#[tokio::test]
async fn whoever_fetches_in_the_order_of_arrival_misses_nothing() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let first = world.arrive(&process, &[("police", Yellow); 5]).await;
    let fetch = async |after, size| store.arrivals(COUNTY, "police", after, size).await.unwrap();
    let (page, place) = fetch(ArrivedPlace::default(), 3).await;
    // A red one comes between two pages, and one of another agency.
    let red = world.arrive(&process, &[("court", Red), ("police", Red)]).await[1];
    let (rest, end) = fetch(place, 500).await;
    let fetched: Vec<_> = page.iter().chain(&rest).map(|push| push.push_id).collect();
    assert_eq!(fetched[..5].iter().collect::<HashSet<_>>(), first.iter().collect());
    assert_eq!(fetched[5..], [red]);
    let (nothing, same) = fetch(end, 500).await;
    assert!(nothing.is_empty() && same == end);
    let late = world.arrive(&process, &[("police", Yellow)]).await;
    assert_eq!(fetch(same, 500).await.0[0].push_id, late[0]);
    process.end().await;
}

#[tokio::test]
async fn an_agency_that_lost_its_last_hours_gets_them_again_from_a_push_that_it_kept() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let mut police = process.open("police", 10);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.extend(world.arrive(&process, &[("police", Yellow)]).await);
        let push = police.next().await;
        police.acknowledge(&push);
    }
    until("all are delivered", async || world.in_state(2).await == 4).await;
    police.close().await;
    let waiting = world.arrive(&process, &[("police", Red)]).await[0];
    let place = process.delivery.store.resume_place(COUNTY, ids[1], "police").await.unwrap();
    let mut police = process.open_after("police", 10, Some(place));
    for id in [ids[2], ids[3], waiting] {
        let push = police.next().await;
        assert_eq!(push.push_id, id.to_string());
        police.acknowledge(&push);
    }
    until("the waiting one is delivered", async || world.in_state(2).await == 5).await;
    assert_eq!(world.receipts().await.len(), 5, "each was told once");
    let others = process.delivery.store.resume_place(COUNTY, ids[1], "court").await;
    assert!(others.is_err(), "another agency's push is no place");
    process.end().await;
}

#[tokio::test]
async fn what_was_brought_behind_a_push_comes_again_though_it_arrived_before_it() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let ids = world.arrive(&process, &[("police", Yellow), ("police", Yellow)]).await;
    let red = world.arrive(&process, &[("police", Red)]).await[0];
    let mut police = process.open("police", 1);
    let mut brought = Vec::new();
    for _ in 0..3 {
        let push = police.next().await;
        police.acknowledge(&push);
        brought.push(push.push_id);
    }
    assert_eq!(brought[0], red.to_string(), "red overtakes");
    until("all are delivered", async || world.in_state(2).await == 3).await;
    police.close().await;
    // It lost all but the first that it got, which arrived last.
    let place = process.delivery.store.resume_place(COUNTY, red, "police").await.unwrap();
    let mut police = process.open_after("police", 10, Some(place));
    let again = [police.next().await.push_id, police.next().await.push_id];
    assert_eq!(again, ids.iter().map(Uuid::to_string).collect::<Vec<_>>()[..]);
    police.nothing_for(Duration::from_millis(200)).await;
    police.close().await;
    // What it got before comes no more, though it arrived later.
    let place = process.delivery.store.resume_place(COUNTY, ids[0], "police").await.unwrap();
    let mut police = process.open_after("police", 10, Some(place));
    assert_eq!(police.next().await.push_id, ids[1].to_string());
    police.nothing_for(Duration::from_millis(200)).await;
    police.close().await;
    process.end().await;
}

/// What fails is tried again after some seconds.
fn slow_to_try_again() -> DeliverySettings {
    let mut settings = quick();
    settings.retry.first = Duration::from_secs(4);
    settings.retry.longest = Duration::from_secs(4);
    settings
}

/// The ids of the next so many pushes; each is acknowledged as it comes.
async fn take(agency: &mut Agency, count: usize) -> Vec<String> {
    let mut came = Vec::new();
    for _ in 0..count {
        let push = agency.next().await;
        agency.acknowledge(&push);
        came.push(push.push_id);
    }
    came
}

async fn has_failed(process: &Process, push_id: Uuid) {
    until("its try has failed", async || {
        process.delivery.store.push(COUNTY, push_id).await.unwrap().failures == 1
    })
    .await;
}

async fn a_stream_waits(process: &Process) {
    until("the stream waits", async || process.delivery.bells.reserve(COUNTY, "police").is_some()).await;
}

/// Another stream of the police, which is the one left, and a push that the first did not bring.
async fn failed_by_another_stream(world: &World, process: &Process, case_id: Uuid) -> (Agency, Uuid) {
    let mut deaf = process.open("police", 10);
    a_stream_waits(process).await;
    let police = process.open("police", 10);
    let (first, asked) = world.request_of("police", Yellow, case_id);
    world.apply(process, &[asked]).await;
    assert_eq!(deaf.next().await.push_id, first.to_string());
    has_failed(process, first).await;
    deaf.close().await;
    (police, first)
}

#[tokio::test]
async fn an_idle_stream_gets_nothing_before_what_another_stream_failed_to_bring() {
    let world = World::new(slow_to_try_again()).await;
    let process = world.process().await;
    let case_id = Uuid::now_v7();
    let (mut police, first) = failed_by_another_stream(&world, &process, case_id).await;
    a_stream_waits(&process).await;
    let (second, asked) = world.request_of("police", Yellow, case_id);
    // Alone, and among others.
    world.apply(&process, &[asked]).await;
    let (third, asked) = world.request_of("police", Yellow, case_id);
    let (elsewhere, of_another_case) = world.request_of("police", Yellow, Uuid::now_v7());
    world.apply(&process, &[asked, of_another_case]).await;
    assert_eq!(take(&mut police, 4).await, [elsewhere, first, second, third].map(|id| id.to_string()));
    police.close().await;
    process.end().await;
}

#[tokio::test]
async fn nothing_passes_a_failed_push_of_its_case_whose_wait_is_over() {
    let world = World::new(slow_to_try_again()).await;
    let process = world.process().await;
    let case_id = Uuid::now_v7();
    let (mut police, first) = failed_by_another_stream(&world, &process, case_id).await;
    // Its next try is due, and nobody has taken it up.
    put_on_the_queue(&world, first, "now() + interval '1 hour'").await;
    a_stream_waits(&process).await;
    let (second, asked) = world.request_of("police", Yellow, case_id);
    let (elsewhere, of_another_case) = world.request_of("police", Yellow, Uuid::now_v7());
    // Brought by the arrival.
    world.apply(&process, &[asked, of_another_case]).await;
    assert_eq!(take(&mut police, 1).await, [elsewhere.to_string()]);
    // Taken from the queue.
    let claimed =
        process.delivery.store.claim(COUNTY, "police", &[second], Duration::from_secs(5)).await.unwrap();
    assert!(claimed.is_empty(), "{claimed:?}");
    put_on_the_queue(&world, first, "now()").await;
    assert_eq!(take(&mut police, 2).await, [first, second].map(|id| id.to_string()));
    police.close().await;
    process.end().await;
}

/// Ends a push's wait, and says when the sweeper puts it on the queue.
async fn put_on_the_queue(world: &World, push_id: Uuid, at: &str) {
    let statement = format!(
        "UPDATE notification.push_delivery SET next_attempt_at = now(), queue_at = {at} WHERE push_id = $1"
    );
    sqlx::query(AssertSqlSafe(statement)).bind(push_id).execute(&world.pool).await.unwrap();
}

#[tokio::test]
async fn what_follows_a_failed_push_of_its_case_comes_behind_it() {
    let world = World::new(slow_to_try_again()).await;
    let process = world.process().await;
    let mut police = process.open("police", 10);
    let case_id = Uuid::now_v7();
    let (first, asked) = world.request_of("police", Yellow, case_id);
    world.apply(&process, &[asked]).await;
    assert_eq!(police.next().await.push_id, first.to_string());
    // It is not acknowledged.
    has_failed(&process, first).await;
    let (second, asked) = world.request_of("police", Yellow, case_id);
    let (elsewhere, of_another_case) = world.request_of("police", Yellow, Uuid::now_v7());
    world.apply(&process, &[asked, of_another_case]).await;
    assert_eq!(take(&mut police, 3).await, [elsewhere, first, second].map(|id| id.to_string()));
    police.close().await;
    process.end().await;
}
