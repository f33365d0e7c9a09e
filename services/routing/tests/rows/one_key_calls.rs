//! S4-10 and S4-11, Macheng: 按“1”楼栋长就到.

use fengqiao_proto::{routing::v1::PushRequested, types::v1::Source};
use fengqiao_routing::domain::{
    acts::{Act, calls::CallAct},
    case::CaseFile,
    duty::DutyKind,
    happening::Happening,
    history::HistoryKind,
};
use fengqiao_serving::time::from_proto;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::story::{Actor, Story, Told, duty, owed, red, shown};

const YUANLIN_GRID: &str = "421181001001001";
const YUANLIN: &str = "community-421181001001";
const BUILDING_HEAD: Actor = ("building-zhu", "building-head");
const GRID_HEAD: Actor = ("head-yang", "grid-head");
const VILLAGE_SECRETARY: Actor = ("secretary-chu", "village-secretary");
const DISPATCHER: Actor = ("dispatcher-zhou", "centre-dispatcher");
const ANSWER_TIME: SignedDuration = SignedDuration::from_secs(180);

fn press(area: &'static str, first_contact: &'static str) -> Told {
    Told { first_contact, ..Told::of(Source::OneKeyCall, area, "other", "按键求助") }
}

const fn accept() -> Act {
    Act::Call(CallAct::Accept { no: 0 })
}

/// What was pushed for calls, in order.
async fn rung(story: &Story, case: Uuid) -> Vec<PushRequested> {
    story.pushes(case).await.into_iter().filter(|push| push.reason.contains("一键呼叫")).collect()
}

/// The posts or agencies that the last call reached, in order.
fn contacts(case: &CaseFile) -> Vec<&str> {
    let call = case.docket.calls.last().unwrap();
    call.contacts.iter().map(|one| one.holder.post.as_deref().unwrap_or(&one.holder.agency)).collect()
}

#[tokio::test]
async fn s4_10_who_does_not_answer_is_passed_over_and_the_centre_is_the_last() {
    let story = Story::begin("macheng", "2026-06-01 02:00").await;
    let case = story.report(&press(YUANLIN_GRID, "building-head")).await;
    let first = rung(&story, case.id).await.remove(0);
    assert_eq!((first.agency.as_str(), first.level()), (YUANLIN, red()), "before all else in the queue");
    assert!(first.reason.contains("楼栋长"), "{}", first.reason);
    let reach =
        from_proto(&first.due_at.unwrap()).unwrap() - from_proto(&first.requested_at.unwrap()).unwrap();
    assert_eq!(reach.as_secs(), 5);
    assert_eq!(duty(&case, DutyKind::AnswerCall).holder.post.as_deref(), Some("building-head"));
    let other = story.office.another_clock();
    for (n, agency) in [(2, YUANLIN), (3, YUANLIN), (4, "centre")] {
        let due = duty(&story.case(case.id).await, DutyKind::AnswerCall).due_at;
        story.office.pass_until(due.checked_sub(SignedDuration::from_secs(1)).unwrap()).await;
        assert_eq!(rung(&story, case.id).await.len(), n - 1, "a second early nobody else is called");
        story.office.set_clock(due);
        // Two processes fire at once.
        story.office.fire_beside(&other).await;
        let told = rung(&story, case.id).await;
        assert_eq!((told.len(), told[n - 1].agency.as_str()), (n, agency), "once, by one of the two");
    }
    let last = story.case(case.id).await;
    assert_eq!(contacts(&last), ["building-head", "grid-head", "community-secretary", "centre"]);
    assert_eq!(owed(&last, DutyKind::AnswerCall), 1);
    // After the centre there is nobody: it is called again, and it is owed on.
    story.pass(ANSWER_TIME).await;
    story.pass(ANSWER_TIME).await;
    let again = rung(&story, case.id).await;
    assert!(again.len() >= 6 && again[4..].iter().all(|push| push.agency == "centre"), "{}", again.len());
    assert!(again[4].reason.contains("无人应答"), "{}", again[4].reason);
    story.pass(SignedDuration::from_hours(2)).await;
    let late = story.case(case.id).await;
    assert!(duty(&late, DutyKind::AnswerCall).is_late(story.office.now()));
    let accepted = story.done(DISPATCHER, case.id, accept()).await;
    assert_eq!(owed(&accepted, DutyKind::AnswerCall), 0);
    shown("S4-10", "按键即呼楼栋长（红色、5秒），3分钟不应呼网格长，再书记，最后综治中心；两个进程只呼一次");
}

#[tokio::test]
async fn s4_11_who_accepts_stops_the_chain_and_says_when_there() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&press(YUANLIN_GRID, "building-head")).await.id;
    let arrive = || Act::Call(CallAct::Arrive { no: 1 });
    assert_eq!(story.refused(BUILDING_HEAD, case, arrive()).await, "CALL_NOT_ACCEPTED");
    assert_eq!(story.refused(VILLAGE_SECRETARY, case, accept()).await, "NOT_CALLED");
    let none = Act::Call(CallAct::Accept { no: 2 });
    assert_eq!(story.refused(BUILDING_HEAD, case, none).await, "NO_SUCH_CALL");
    story.pass(SignedDuration::from_secs(200)).await;
    story.pass(SignedDuration::from_secs(40)).await;
    // The one who was passed over may still come.
    let accepted = story.done(BUILDING_HEAD, case, accept()).await;
    let call = &accepted.docket.calls[0];
    let taken = call.accepted.as_ref().unwrap();
    assert_eq!((taken.by.as_str(), taken.at.duration_since(call.called_at).as_secs()), ("building-zhu", 240));
    assert!(story.tells(case, HistoryKind::CallAccepted, "呼叫后240秒").await);
    assert_eq!(story.refused(GRID_HEAD, case, accept()).await, "CALL_ACCEPTED");
    let so_far = rung(&story, case).await.len();
    story.pass(SignedDuration::from_hours(1)).await;
    assert_eq!(rung(&story, case).await.len(), so_far, "nobody is called any more");
    story.done(BUILDING_HEAD, case, arrive()).await;
    assert!(story.tells(case, HistoryKind::CallArrived, "到场").await);
    assert_eq!(story.refused(BUILDING_HEAD, case, arrive()).await, "ARRIVED_ALREADY");
    // What statistics makes p50 and p90 of: one duty for the call, from the press to the answer, whoever was called last.
    let told = story.office.changes().await.into_iter().filter(|change| change.case_id == case.to_string());
    let duties: Vec<_> = told
        .flat_map(|change| change.duties)
        .filter(|duty| duty.kind() == fengqiao_proto::routing::v1::DutyKind::AnswerCall)
        .collect();
    assert!(duties.iter().all(|duty| duty.no == duties[0].no), "a call that is passed on is one call");
    let met: Vec<_> = duties.iter().filter(|duty| duty.met).collect();
    let took = |duty: &&fengqiao_proto::routing::v1::CaseDuty| {
        from_proto(&duty.ended_at.unwrap()).unwrap() - from_proto(&duty.started_at.unwrap()).unwrap()
    };
    assert_eq!(met.iter().map(took).map(|took| took.as_secs()).collect::<Vec<_>>(), [240]);
    shown(
        "S4-11",
        "应答即止；呼叫至应答、至到场的秒数记入经过；呼叫至应答的用时整次呼叫只计一次，供p50、p90统计",
    );
}

#[tokio::test]
async fn a_press_that_no_device_explains_reaches_the_grid_the_community_or_the_centre() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let places = [
        ("421181105202003", "", "grid-head-3"),
        ("421181105202003", "a-post-that-is-gone", "grid-head-3"),
        ("421181105202", "", "community-421181105202"),
        ("421181105", "", "town-421181105"),
        ("421181", "", "centre"),
    ];
    for (area, first_contact, reached) in places {
        let case = story.report(&press(area, first_contact)).await;
        assert_eq!(contacts(&case), [reached], "{area}");
        assert_eq!(rung(&story, case.id).await.len(), 1);
    }
    // An agency as a whole that does not answer is followed by its leader, and whoever is above.
    let case = story.report(&press("421181105202", "")).await.id;
    for _ in 0..4 {
        story.pass(ANSWER_TIME).await;
    }
    let called = story.case(case).await;
    let expected = ["community-421181105202", "village-secretary", "town-law", "town-secretary", "centre"];
    assert_eq!(contacts(&called), expected);
}

#[tokio::test]
async fn who_presses_again_is_told_on_and_after_an_answer_calls_anew() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let first = press(YUANLIN_GRID, "building-head");
    let case = story.report(&first).await.id;
    let again = || Told { cluster: first.cluster, repeat: true, ..press(YUANLIN_GRID, "building-head") };
    story.pass(SignedDuration::from_secs(60)).await;
    let twice = story.report(&again()).await;
    assert_eq!((twice.id, twice.docket.calls.len(), owed(&twice, DutyKind::AnswerCall)), (case, 1, 1));
    assert_eq!(rung(&story, case).await.len(), 2);
    let started = duty(&twice, DutyKind::AnswerCall).started_at;
    assert_eq!(story.office.now().duration_since(started).as_secs(), 60, "the first press's time goes on");
    story.done(GRID_HEAD, case, accept()).await;
    let anew = story.report(&again()).await;
    assert_eq!((anew.docket.calls.len(), contacts(&anew)), (2, vec!["building-head"]));
    assert_eq!(owed(&anew, DutyKind::AnswerCall), 1);
}

#[tokio::test]
async fn a_ringing_call_goes_with_its_case() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let ringing = story.report(&press(YUANLIN_GRID, "building-head")).await;
    let other = story.report(&press(YUANLIN_GRID, "building-head")).await;
    let held = fengqiao_routing::domain::happening::Held { reports: 2, sealed_matter: None };
    let took_in = Happening::TookIn { other: Box::new(ringing.clone()), held };
    let rulebook = story.place().rulebook();
    let occasion = fengqiao_routing::domain::history::Occasion::of_system(story.office.now());
    let into = rulebook.change(&story.place().county, &other, &took_in, &occasion).unwrap().case;
    assert_eq!(into.docket.calls.iter().map(|call| call.no).collect::<Vec<_>>(), [1, 2]);
    let about: Vec<u32> = into
        .docket
        .duties
        .iter()
        .filter(|one| one.kind == DutyKind::AnswerCall)
        .map(|one| one.about)
        .collect();
    assert_eq!(about, [1, 2]);
}
