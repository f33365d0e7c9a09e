//! Duties besides cases that are late: each stage is said once, whoever looks, and what becomes of a reminder changes
//! nothing of its duty.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;
mod story;

use std::{collections::BTreeMap, path::Path};

use fengqiao_messaging::ApplyError;
use fengqiao_proto::{
    notification::v1::{PushReceipt, ReceiptKind, ReturnReason},
    types::v1::{PushSubject, Source},
};
use fengqiao_routing::domain::{
    duty::{Duty, DutyKind, Firing, Holder, Stage},
    practice::Practice,
    standing::{
        Office as StandingOffice, StandingKind,
        chasing::{Chased, DueDuty, Meanwhile, time_passed},
        limit_between,
    },
};
use jiff::{SignedDuration, Timestamp};
use office::Office;
use story::{Actor, Story, Told, new_duty};
use uuid::Uuid;

const DISPATCHER: Actor = ("dispatcher-zhou", "centre-dispatcher");
const VILLAGE: &str = "421181105202";

/// Makes hazards that someone has to put right; the shipped practice warns a day before and chases after one and three
/// days.
async fn hazards(story: &Story, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for n in 1..=count {
        let due = story.local("2026-06-05 18:00");
        let new = new_duty(StandingKind::Rectify, "housing", VILLAGE, due, &format!("第{n}处"));
        ids.push(story.owe(DISPATCHER, new).await.id);
    }
    ids
}

/// How often each agency was reminded in which words.
async fn told(story: &Story) -> BTreeMap<(String, String), usize> {
    let mut told = BTreeMap::new();
    for push in story.office.pushes().await {
        *told.entry((push.agency, push.reason)).or_default() += 1;
    }
    told
}

/// What the village owes.
fn village_duty(kind: DutyKind, begun: Timestamp, due: Timestamp) -> Duty {
    Duty {
        no: 0,
        kind,
        holder: Holder::agency("community-421181105202"),
        about: 0,
        limit: limit_between(begun, due),
        started_at: begun,
        due_at: due,
        pauses: Vec::new(),
        stage: Stage::Running,
        next_at: Some(due),
        ending: None,
    }
}

fn due_duty(restricted: bool, duty: Duty) -> DueDuty {
    DueDuty { id: Uuid::nil(), area_code: VILLAGE.into(), topic: String::new(), restricted, duty }
}

fn said(chased: &Chased) -> Vec<String> {
    chased.reminders.iter().map(|push| push.reason.clone()).collect()
}

/// What must be true of all pushes, whatever they speak of.
async fn check_pushes(story: &Story) {
    let pool = &story.office.pool;
    let astray: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM case_push WHERE case_id NOT IN (SELECT id FROM case_file))
            + (SELECT count(*) FROM duty_push WHERE duty_id NOT IN (SELECT id FROM standing_duty))",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(astray, 0, "a push of a case points at a case, a reminder of a duty at a duty");
    let kept: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM case_push) + (SELECT count(*) FROM duty_push)")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(usize::try_from(kept).unwrap(), story.office.pushes().await.len());
}

#[tokio::test]
async fn two_processes_say_each_stage_of_a_late_duty_once() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let ids = hazards(&story, 40).await;
    story.report(&Told::of(Source::Grid, VILLAGE, "neighbourhood", "排水")).await;
    let other = story.office.another_clock();
    let of_duties = async || {
        let pushes = story.office.pushes().await;
        pushes.into_iter().filter(|push| push.subject() == PushSubject::Duty).collect::<Vec<_>>()
    };
    for (time, all) in [
        ("2026-06-04 18:00", 40),
        // Who would watch over a card is told from now on: the bureau names no superior, so the centre's director.
        ("2026-06-05 18:00", 120),
        ("2026-06-06 18:00", 200),
        ("2026-06-08 18:00", 280),
        ("2026-07-08 18:00", 280),
    ] {
        story.office.set_clock(story.local(time));
        for _ in 0..2 {
            story.office.fire_beside(&other).await;
        }
        assert_eq!(of_duties().await.len(), all, "by {time}");
    }
    for id in ids {
        let pushes = story.pushes(id).await;
        assert_eq!(pushes.iter().filter(|push| push.agency == "housing").count(), 4);
        assert_eq!(pushes.iter().filter(|push| push.agency == "centre").count(), 3);
    }
    check_pushes(&story).await;
}

#[tokio::test]
async fn what_passed_while_nobody_looked_is_said_once_at_its_gravest() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    hazards(&story, 1).await;
    story.until("2026-06-20 10:00").await;
    let bureau = "麻城市住房和城乡建设局整改逾期，第2次催办（此前2次提醒未能按时发出，不再补发）";
    let expected = [
        (("centre".to_owned(), format!("{bureau}，报综治中心主任")), 1),
        (("housing".to_owned(), bureau.to_owned()), 1),
    ];
    assert_eq!(told(&story).await, BTreeMap::from(expected));
}

#[tokio::test]
async fn what_becomes_of_a_reminder_changes_nothing_and_parks_nothing() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let id = hazards(&story, 1).await[0];
    let case =
        story.report(&Told { repeat: true, ..Told::of(Source::Grid, VILLAGE, "labour", "欠薪") }).await;
    story.until("2026-06-04 18:00").await;
    let reminder = story.pushes(id).await.remove(0);
    let duties = async || {
        let rows = "SELECT stage, next_at::text, ended_at::text FROM duty WHERE subject_id = $1";
        sqlx::query_as::<_, (i16, Option<String>, Option<String>)>(rows)
            .bind(id)
            .fetch_all(&story.office.pool)
            .await
            .unwrap()
    };
    let before = duties().await;
    let returned = PushReceipt {
        return_reason: ReturnReason::NotOurDuty.into(),
        ..Office::receipt(&reminder, ReceiptKind::Returned)
    };
    let signed = Office::receipt(&reminder, ReceiptKind::Signed);
    let of_case = story.pushes(case.id).await.remove(0);
    let of_case = Office::receipt(&of_case, ReceiptKind::Signed);
    // By themselves, and among those of cases, which are heard.
    story.office.hear(&[signed.clone(), Office::receipt(&reminder, ReceiptKind::Parked)]).await.unwrap();
    story.office.hear(&[signed, of_case, returned]).await.unwrap();
    assert_eq!(duties().await, before);
    let heard: i64 = sqlx::query_scalar("SELECT count(*) FROM case_push WHERE signed_at IS NOT NULL")
        .fetch_one(&story.office.pool)
        .await
        .unwrap();
    assert_eq!(heard, 1);
    let unknown = PushReceipt {
        push_id: Uuid::now_v7().to_string(),
        ..Office::receipt(&reminder, ReceiptKind::Signed)
    };
    let refused = story.office.hear(&[unknown]).await.unwrap_err();
    assert!(matches!(refused, ApplyError::Refuse { position: 1, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_grid_that_told_something_is_neither_warned_nor_late_and_what_is_not_to_be_chased_is_not() {
    let story = Story::begin("macheng", "2026-06-01 00:00").await;
    let rulebook = story.place().rulebook();
    let practice = |terms: &str| {
        let text = format!("version = \"1\"\n[terms.zero_report]\nany = \"24h\"\n{terms}\n");
        Practice::parse(Path::new("practice.toml"), &text, &rulebook.directory).unwrap()
    };
    let reminding = practice("warn_before = \"2h\"\nchase_after = [\"1h\"]");
    let silent = practice("warn_before = \"2h\"\non_breach = \"nothing\"");
    let [begun, near, over] =
        ["2026-06-01 00:00", "2026-06-01 22:00", "2026-06-02 00:00"].map(|time| story.local(time));
    let passed = |practice: &Practice, told: bool, at| {
        let office = StandingOffice { practice, ..rulebook.office(&story.place().county) };
        let duty = Duty { next_at: Some(near), ..village_duty(DutyKind::ZeroReport, begun, over) };
        let due = due_duty(false, duty);
        time_passed(&due, if told { Meanwhile::Told } else { Meanwhile::Nothing }, at, office)
    };
    let warned = passed(&reminding, false, near);
    assert_eq!(
        (warned.firing, said(&warned)),
        (Some(Firing::Near), vec!["凉亭村村民委员会零报告时限将到".to_owned()])
    );
    let late = passed(&reminding, false, over);
    assert_eq!(said(&late), ["凉亭村村民委员会零报告逾期"]);
    assert_eq!(late.duty.next_at, over.checked_add(SignedDuration::from_hours(1)).ok());
    assert!(passed(&reminding, true, near).reminders.is_empty());
    let told = passed(&reminding, true, over);
    assert!(
        told.reminders.is_empty() && told.duty.ending.is_some_and(|ending| ending.met && ending.at == over)
    );
    assert!(passed(&silent, false, over).reminders.is_empty());
}

#[tokio::test]
async fn the_ladder_of_what_is_restricted_is_the_centre_alone() {
    let story = Story::begin("macheng", "2026-06-01 00:00").await;
    let rulebook = story.place().rulebook();
    let text = "version = \"1\"\n[terms.visit]\nany = \"7d\"\nchase_after = [\"1h\", \"2h\"]\n";
    let practice = Practice::parse(Path::new("practice.toml"), text, &rulebook.directory).unwrap();
    let begun = story.local("2026-06-01 00:00");
    let over = story.local("2026-06-08 00:00");
    let told_at = |restricted: bool, hours: i64| {
        let office = StandingOffice { practice: &practice, ..rulebook.office(&story.place().county) };
        let duty = village_duty(DutyKind::Visit, begun, over);
        let due = due_duty(restricted, duty);
        let at = over.checked_add(SignedDuration::from_hours(hours)).unwrap();
        let chased = time_passed(&due, Meanwhile::Nothing, at, office);
        chased.reminders.into_iter().map(|push| push.recipient.agency).collect::<Vec<_>>()
    };
    let village = "community-421181105202";
    assert_eq!(told_at(false, 0), [village]);
    assert_eq!(told_at(false, 1), [village], "its own secretary heads the ladder");
    assert_eq!(told_at(false, 2), [village, "town-421181105"]);
    assert_eq!(told_at(true, 0), [village]);
    assert_eq!(told_at(true, 2), [village, "centre"]);
}
