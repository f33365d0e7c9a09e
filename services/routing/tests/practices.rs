//! The five counties' practices: in each, one matter goes its whole way, from the report to the closed case, by the
//! county's own folder and with a clock that the test moves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;
mod story;

use fengqiao_proto::{
    notification::v1::ReceiptKind,
    types::v1::{FormKind, Source},
};
use fengqiao_routing::domain::{
    acts::{
        Act,
        closing::Settlement,
        handling::HandlingAct,
        mediation::{MediationAct, Method, SessionResult},
        revisits::RevisitOutcome,
        supervision::SupervisionAct,
        whistles::WhistleAct,
    },
    case::{CaseFile, State},
    duty::DutyKind,
    history::HistoryKind,
};
use jiff::SignedDuration;
use story::{Actor, Story, Told, asked};
use uuid::Uuid;

fn session(story: &Story, mediator: &str, result: SessionResult) -> Act {
    Act::Mediation(MediationAct::HoldSession {
        at: story.office.now(),
        mediators: vec![mediator.into()],
        present: vec![1, 2],
        result,
        minutes: 60,
        words: "调解".into(),
    })
}

fn resolve(words: &str) -> Act {
    Act::Resolve(Settlement { words: words.into(), ..Settlement::default() })
}

/// A closed case owes nothing but to sort its repeat calls (S3-02), and its history explains it from the first entry to the last.
async fn is_over(story: &Story, case: Uuid) -> CaseFile {
    let closed = story.case(case).await;
    assert_eq!(closed.state, State::Closed);
    assert!(closed.docket.duties.iter().all(|duty| duty.kind == DutyKind::Classify));
    let history = story.history(case).await;
    assert_eq!(history.first().unwrap().kind, HistoryKind::Opened.code());
    assert_eq!(history.last().unwrap().kind, HistoryKind::Closed.code());
    assert!(history.windows(2).all(|two| two[0].at <= two[1].at && two[0].sequence + 1 == two[1].sequence));
    let owed: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM duty WHERE subject_id = $1 AND ended_at IS NULL AND kind <> $2",
    )
    .bind(case)
    .bind(DutyKind::Classify.code())
    .fetch_one(&story.office.pool)
    .await
    .unwrap();
    assert_eq!(owed, 0);
    // Whatever time passes, no clock of it says anything any more.
    let entries = history.len();
    story.pass(SignedDuration::from_hours(24 * 90)).await;
    assert_eq!(story.history(case).await.len(), entries);
    closed
}

#[tokio::test]
async fn jintai_tells_twice_and_asks_twice() {
    const DISPATCHER: Actor = ("dispatcher-zheng", "centre-dispatcher");
    const CHIEF: Actor = ("leader-qian", "station-chief");
    let story = Story::begin("jintai", "2026-03-02 09:00").await;
    let told = Told {
        repeat: true,
        ..Told::of(Source::Police110, "610303004006", "property", "无物业小区停水争吵")
    };
    let case = story.report(&told).await.id;
    assert_eq!(story.told(case, FormKind::ReportForm).await.len(), 3);
    assert_eq!(story.told(case, FormKind::NoticeForm).await.len(), 1);
    for agency in ["housing", "town-610303004", "justice-610303004", "community-610303004006"] {
        story.receipt(case, agency, ReceiptKind::Signed).await;
    }
    for _ in 0..12 {
        story.pass(SignedDuration::from_hours(5)).await;
        story.done(DISPATCHER, case, session(&story, "baoping-people", SessionResult::Adjourned)).await;
    }
    story.done(DISPATCHER, case, session(&story, "baoping-people", SessionResult::Agreed)).await;
    story.receipt(case, "housing", ReceiptKind::Feedback).await;
    story.settle(DISPATCHER, CHIEF, case).await;
    let closed = is_over(&story, case).await;
    assert_eq!(closed.docket.mediation.sessions.len(), 13);
}

#[tokio::test]
async fn chengjiang_pushes_watches_and_resolves_twice() {
    const STATION: Actor = ("leader-zhou", "station-chief");
    const WATCHER: Actor = ("officer-qian", "centre-watcher");
    let story = Story::begin("chengjiang", "2026-03-02 21:00").await;
    let told = Told::of(Source::Police110, "530481001001", "neighbourhood", "邻居夜间噪音");
    let case = story.report(&told).await.id;
    for _ in 0..2 {
        story.pass(SignedDuration::from_hours(20)).await;
        let again = Told::of(Source::Police110, "530481001001", "neighbourhood", "又吵起来了");
        story.report(&Told { repeat: true, cluster: told.cluster, ..again }).await;
    }
    for agency in ["police-530481001", "centre"] {
        story.receipt(case, agency, ReceiptKind::Signed).await;
    }
    let conclude = |agency: &str| {
        Act::Handling(HandlingAct::Conclude { agency: agency.into(), words: "双方和解".into() })
    };
    story.done(STATION, case, conclude("police-530481001")).await;
    assert_eq!(story.case(case).await.docket.conclusions(), Some((1, 2)));
    story.done(WATCHER, case, conclude("centre")).await;
    story.settle(WATCHER, WATCHER, case).await;
    is_over(&story, case).await;
}

#[tokio::test]
async fn xiqing_whistles_and_those_called_report_in() {
    const OFFICER: Actor = ("officer-zhao", "stationed-officer-1");
    const ENFORCEMENT: Actor = ("leader-shen", "enforcement-head");
    const DISPATCHER: Actor = ("dispatcher-sun", "centre-dispatcher");
    let story = Story::begin("xiqing", "2026-11-24 09:00").await;
    let told = Told::of(Source::Grid, "120111105002", "environment", "油烟扰民，多户反映");
    let case = story.report(&Told { repeat: true, ..told }).await.id;
    story.receipt(case, "enforcement-120111105", ReceiptKind::Signed).await;
    let blow = WhistleAct::Blow {
        called: vec!["enforcement-120111105".into(), "safety-120111105".into()],
        spot: "龙居花园底商".into(),
        photos: vec!["p1".into()],
        words: "请到场".into(),
    };
    story.done(OFFICER, case, Act::Whistle(blow)).await;
    for (code, actor) in
        [("enforcement-120111105", ENFORCEMENT), ("safety-120111105", ("leader-han", "safety-head"))]
    {
        story.pass(SignedDuration::from_mins(15)).await;
        story.done(actor, case, Act::Whistle(WhistleAct::ReportIn { no: 1, code: code.into() })).await;
        let finish = WhistleAct::Finish {
            no: 1,
            code: code.into(),
            photos: vec!["p2".into()],
            words: "已整改".into(),
        };
        story.done(actor, case, Act::Whistle(finish)).await;
    }
    story.settle(DISPATCHER, DISPATCHER, case).await;
    let closed = is_over(&story, case).await;
    assert!(closed.docket.supervisions.is_empty());
}

#[tokio::test]
async fn wuwei_finds_tells_and_resolves_early() {
    const DISPATCHER: Actor = ("dispatcher-li", "centre-dispatcher");
    const STATION: Actor = ("leader-wu", "station-chief");
    let story = Story::begin("wuwei", "2026-05-06 09:00").await;
    let told = Told::of(
        Source::Police110,
        "620602001003",
        "marriage_family",
        "夫妻分居闹离婚，男方失业欠债，扬言同归于尽",
    );
    let case = story.report(&told).await.id;
    for (actor, agency) in [
        (STATION, "police-620602001"),
        (("leader-qian", "county-duty"), "police"),
        (("leader-zhao", "city-duty"), "police_city"),
    ] {
        let acknowledge = SupervisionAct::Acknowledge { agency: agency.into() };
        story.done(actor, case, Act::Supervision(acknowledge)).await;
    }
    let assign = Act::Assign {
        agency: "womens_federation".into(),
        person: Some("liaison-you".into()),
        words: "请对接".into(),
    };
    story.done(DISPATCHER, case, assign).await;
    let claim = Act::Handling(HandlingAct::Claim { agency: "womens_federation".into() });
    story.done(("liaison-you", "womens-federation-liaison"), case, claim).await;
    story.receipt(case, "womens_federation", ReceiptKind::Signed).await;
    story.done(DISPATCHER, case, session(&story, "volunteer-marriage", SessionResult::Agreed)).await;
    story.done(DISPATCHER, case, resolve("和好")).await;
    story.pass(SignedDuration::from_hours(7 * 24)).await;
    let tasks = story.case(case).await.docket.revisits;
    story.done(DISPATCHER, case, asked(tasks[0].no, RevisitOutcome::Unstable)).await;
    // An unstable answer is asked for once more before the case can be closed.
    story.done(DISPATCHER, case, asked(tasks[1].no, RevisitOutcome::Stable)).await;
    assert_eq!(story.refused(DISPATCHER, case, Act::Close { words: "x".into() }).await, "REVISITS_OWED");
    story.pass(SignedDuration::from_hours(7 * 24)).await;
    let again = story.case(case).await.docket.revisits.len();
    story.done(DISPATCHER, case, asked(u32::try_from(again).unwrap(), RevisitOutcome::Stable)).await;
    story.done(DISPATCHER, case, Act::Close { words: "双方稳定".into() }).await;
    is_over(&story, case).await;
}

#[tokio::test]
async fn macheng_settles_the_peoples_matters_in_the_village() {
    const DISPATCHER: Actor = ("dispatcher-zhou", "centre-dispatcher");
    const DIRECTOR: Actor = ("director-li", "centre-director");
    let story = Story::begin("macheng", "2026-06-01 09:00").await;
    let petition = Told::of(Source::Petition, "421181105202", "neighbourhood", "邻里为排水沟争执多年");
    let case = story.report(&petition).await.id;
    for source in [Source::Police110, Source::Hotline12345] {
        story.pass(SignedDuration::from_hours(30)).await;
        let again = Told::of(source, "421181105202", "neighbourhood", "又吵了");
        story.report(&Told { repeat: true, cluster: petition.cluster, ..again }).await;
    }
    let lead = story.case(case).await.lead_agency;
    story.receipt(case, &lead, ReceiptKind::Signed).await;
    let method =
        MediationAct::ChooseMethod { method: Method::LeaderInCharge, leader: Some("town-secretary".into()) };
    story.done(DISPATCHER, case, Act::Mediation(method)).await;
    story.done(DISPATCHER, case, session(&story, "elders-harmony", SessionResult::Agreed)).await;
    let agree = MediationAct::Agree {
        reference: "麻调〔2026〕12号".into(),
        terms: "共修排水沟，费用各半".into(),
        performances: vec![(
            "修沟".into(),
            story.office.now().checked_add(SignedDuration::from_hours(72)).unwrap(),
        )],
    };
    story.done(DISPATCHER, case, Act::Mediation(agree)).await;
    story.pass(SignedDuration::from_hours(72)).await;
    let check = MediationAct::CheckPerformance { no: 1, done: true, words: "沟已修好".into() };
    story.done(DISPATCHER, case, Act::Mediation(check)).await;
    story.settle(DISPATCHER, DIRECTOR, case).await;
    let closed = is_over(&story, case).await;
    assert_eq!(closed.docket.mediation.credited.as_deref(), Some("elders-harmony"));
}
