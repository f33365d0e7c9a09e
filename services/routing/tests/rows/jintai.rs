//! S0, Jintai: 双通报双反馈.

use fengqiao_proto::{
    notification::v1::ReceiptKind,
    routing::v1::{ListCasesRequest, routing_service_server::RoutingService as _},
    types::v1::{FormKind, PartyRole, PushSubject, Source},
};
use fengqiao_routing::{
    directory::Rank,
    domain::{
        acts::{
            Act,
            closing::Settlement,
            major::MajorAct,
            mediation::{MediationAct, SessionResult},
            returns::ReturnAct,
            revisits::RevisitOutcome,
        },
        case::State,
        duty::DutyKind,
        history::HistoryKind,
        level::Level,
        standing::{Outcome, StandingKind},
    },
};
use jiff::SignedDuration;

use crate::{
    office,
    story::{Actor, Story, Told, asked, duty, new_duty, owed, shown},
};

const CHIEF: Actor = ("leader-qian", "station-chief");
const OFFICER: Actor = ("officer-sun", "community-officer");
const DISPATCHER: Actor = ("dispatcher-zheng", "centre-dispatcher");
const DIRECTOR: Actor = ("director-wu", "centre-director");
const COMMUNITY: &str = "610303004006";

fn property(narrative: &str) -> Told {
    Told::of(Source::Hotline12345, COMMUNITY, "property", narrative)
}

fn resolve() -> Act {
    Act::Resolve(Settlement { words: "双方和解".into(), ..Settlement::default() })
}

#[tokio::test]
async fn s0_01_one_case_gives_three_report_forms_and_one_notice() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&property("无物业小区，多人围堵要求通水，四十人聚集")).await;
    assert!(case.level.pushes());
    let reports = story.told(case.id, FormKind::ReportForm).await;
    assert_eq!(reports, ["housing", "town-610303004", "justice-610303004"]);
    assert_eq!(story.told(case.id, FormKind::NoticeForm).await, ["community-610303004006"]);
    // Four receipts of their own: one that fails is known of alone.
    for agency in ["housing", "justice-610303004", "community-610303004006"] {
        story.receipt(case.id, agency, ReceiptKind::Signed).await;
    }
    story.receipt(case.id, "town-610303004", ReceiptKind::Parked).await;
    let signed = story.history(case.id).await;
    let count = |kind: HistoryKind| signed.iter().filter(|entry| entry.kind == kind.code()).count();
    assert_eq!((count(HistoryKind::PushSigned), count(HistoryKind::PushParked)), (3, 1));
    shown("S0-01", "住建、街道、司法得报告单3份，社区得告知单1份；各自签收，1份未达单独可见");
}

#[tokio::test]
async fn s0_02_two_revisits_after_seven_days_stand_before_the_archive() {
    let story = Story::begin("jintai", "2026-03-01 10:00").await;
    let mut told = property("楼上漏水，双方争吵，多次沟通无果，四十人聚集");
    told.people = vec![PartyRole::Reporter];
    let case = story.report(&told).await;
    let resolved = story.done(DISPATCHER, case.id, resolve()).await;
    let due = story.local("2026-03-09 00:00");
    let tasks: Vec<(Rank, bool)> =
        resolved.docket.revisits.iter().map(|task| (task.by, task.due_at == due)).collect();
    assert_eq!(tasks, [(Rank::Leader, true), (Rank::Officer, true)]);
    let whose: Vec<Option<&str>> = resolved
        .docket
        .duties
        .iter()
        .filter(|duty| duty.kind == DutyKind::Revisit)
        .map(|duty| duty.holder.post.as_deref())
        .collect();
    assert_eq!(whose, [Some("station-chief"), Some("community-officer")]);
    story.until("2026-03-07 23:59").await;
    assert_eq!(story.refused(CHIEF, case.id, asked(1, RevisitOutcome::Stable)).await, "REVISIT_TOO_EARLY");
    let close = || Act::Close { words: "满意".into() };
    story.until("2026-03-08 23:30").await;
    story.done(CHIEF, case.id, asked(1, RevisitOutcome::Stable)).await;
    assert_eq!(story.refused(DISPATCHER, case.id, close()).await, "REVISITS_OWED");
    story.done(OFFICER, case.id, asked(2, RevisitOutcome::Stable)).await;
    let closed = story.done(DISPATCHER, case.id, close()).await;
    assert_eq!(closed.state, State::Closed);
    shown(
        "S0-02",
        "3月1日化解，所领导与民警的回访各在其清单，均于3月8日24时到期，不得提前；只做一项时归档被拒",
    );
}

#[tokio::test]
async fn s0_03_a_push_limit_is_natural_time_and_blue_is_watched() {
    // Spring Festival's eve of 2026 is 16 February.
    let story = Story::begin("jintai", "2026-02-16 20:00").await;
    let orange = story.report(&Told { repeat: true, ..property("30人聚集堵门，拉横幅") }).await;
    assert_eq!(orange.level, Level::Orange);
    let due = story.pushes(orange.id).await[0].due_at.unwrap().seconds;
    assert_eq!(due, story.local("2026-02-17 20:00").as_second());
    let blue = story.report(&property("咨询物业费缴纳")).await;
    assert_eq!((blue.level, story.pushes(blue.id).await.len()), (Level::Blue, 0));
    assert_eq!(duty(&blue, DutyKind::Watch).holder.agency, "community-610303004006");
    shown("S0-03", "除夕20时橙色，次日20时到期，不因放假顺延；蓝色不推送，列1项日常关注");
}

#[tokio::test]
async fn s0_04_a_raise_pushes_at_once_and_lowering_lengthens_nothing() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("邻里漏水再次反映") }).await;
    assert_eq!(case.level, Level::Yellow);
    let before = duty(&case, DutyKind::Handle).due_at;
    story.pass(SignedDuration::from_hours(8)).await;
    let pushed = story.pushes(case.id).await.len();
    let level = |level| Act::Relevel { level, words: "研判".into() };
    let red = story.done(DISPATCHER, case.id, level(Level::Red)).await;
    let new = story.pushes(case.id).await;
    assert!(new.len() > pushed && new[pushed..].iter().all(|push| push.due_at == push.requested_at));
    let pulled = duty(&red, DutyKind::Handle).due_at;
    assert!(pulled < before);
    let lowered = story.done(DISPATCHER, case.id, level(Level::Yellow)).await;
    assert_eq!(duty(&lowered, DutyKind::Handle).due_at, pulled);
    assert!(story.tells(case.id, HistoryKind::Leveled, "已计时限不延长").await);
    shown("S0-04", "黄色尚有40小时升红，立即推送、时限提前；降级不延长时限，并在记录中写明");
}

#[tokio::test]
async fn s0_05_who_took_the_first_report_never_changes() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("物业再次停水") }).await;
    for agency in ["urban_management", "petition"] {
        let assign = Act::Assign { agency: agency.into(), person: None, words: String::new() };
        story.done(DISPATCHER, case.id, assign).await;
    }
    let after = story.case(case.id).await;
    assert_eq!((after.first_receiver.as_str(), after.lead_agency.as_str()), ("窗口受理员", "petition"));
    let others = Told { taken_by: "officer-sun", ..property("停车纠纷") };
    story.report(&others).await;
    let dispatcher = story.officer("dispatcher-zheng");
    let mine = ListCasesRequest { first_receiver: "窗口受理员".into(), ..Default::default() };
    let held =
        story.office.face.list_cases(office::asked(&dispatcher, mine)).await.unwrap().into_inner().cases;
    assert_eq!(held.iter().map(|one| one.case_id.clone()).collect::<Vec<_>>(), [case.id.to_string()]);
    shown("S0-05", "两次转办后首接人不变；首接台账按人可查");
}

#[tokio::test]
async fn s0_06_a_major_event_owes_progress_and_a_leader_closes() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&property("三十余人围堵小区大门")).await;
    story.done(DISPATCHER, case.id, Act::Major(MajorAct::Declare { words: "群体性".into() })).await;
    let told = story.told(case.id, FormKind::ReportForm).await;
    for agency in ["party_committee", "government", "housing"] {
        assert!(told.iter().any(|one| one == agency), "{agency}");
    }
    story.done(DISPATCHER, case.id, Act::Major(MajorAct::Progress { words: "已到场".into() })).await;
    story.until("2026-03-03 10:01").await;
    let late = story.case(case.id).await;
    assert_eq!(late.docket.supervisions.len(), 1, "a day without progress is supervised");
    assert!(story.tells(case.id, HistoryKind::Supervised, "督办").await);
    let watcher = &late.docket.supervisions[0].supervisor;
    let rulebook = story.place().rulebook();
    let leader = rulebook.directory.post(watcher).unwrap();
    assert!(leader.rank >= Rank::Leader, "{watcher} watches it");
    assert!(story.reminded(case.id, &leader.agency, "督办").await, "and is told");
    story.done(DISPATCHER, case.id, Act::Major(MajorAct::Progress { words: "已散去".into() })).await;
    story.done(DISPATCHER, case.id, resolve()).await;
    story.pass(SignedDuration::from_hours(7 * 24)).await;
    for revisit in story.case(case.id).await.docket.revisits {
        story.done(DIRECTOR, case.id, asked(revisit.no, RevisitOutcome::Stable)).await;
    }
    let close = || Act::Close { words: "平息".into() };
    assert_eq!(story.refused(DISPATCHER, case.id, close()).await, "MAJOR_EVENT_NOT_CALM");
    let calm = || Act::Major(MajorAct::Calm { words: "平息".into() });
    assert_eq!(story.refused(DISPATCHER, case.id, calm()).await, "RANK_TOO_LOW");
    story.done(DIRECTOR, case.id, calm()).await;
    assert_eq!(story.refused(DISPATCHER, case.id, close()).await, "RANK_TOO_LOW");
    assert_eq!(story.done(DIRECTOR, case.id, close()).await.state, State::Closed);
    shown("S0-06", "即报党委、政府和部门；24小时无进展即督办；民警不能自行归档，领导同意后归档");
}

#[tokio::test]
async fn s0_07_thirteen_sessions_are_shown() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("物业纠纷反复") }).await;
    for no in 1..=13 {
        let session = MediationAct::HoldSession {
            at: story.office.now(),
            mediators: vec!["baoping-people".into()],
            present: vec![PartyRole::Reporter.into(), PartyRole::Respondent.into()],
            result: if no == 13 { SessionResult::Agreed } else { SessionResult::Adjourned },
            minutes: 90,
            words: "调解".into(),
        };
        story.done(DISPATCHER, case.id, Act::Mediation(session)).await;
        story.pass(SignedDuration::from_hours(20)).await;
    }
    let sessions = story.case(case.id).await.docket.mediation.sessions;
    assert_eq!(sessions.iter().map(|session| session.no).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    assert!(story.tells(case.id, HistoryKind::SessionHeld, "第13次调解：达成协议").await);
    shown("S0-07", "十三次调解逐次在案：时间、调解人、到场人、结果");
}

#[tokio::test]
async fn s0_08_a_history_has_no_gap_and_the_database_refuses_to_change_it() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("楼道堆物") }).await;
    story.receipt(case.id, "housing", ReceiptKind::Signed).await;
    story.settle(DISPATCHER, DIRECTOR, case.id).await;
    let history = story.history(case.id).await;
    let sequences: Vec<i64> = history.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, (1..=i64::try_from(history.len()).unwrap()).collect::<Vec<_>>());
    assert!(history.iter().all(|entry| !entry.actor.is_empty() && !entry.capacity.is_empty()));
    for change in ["UPDATE case_history SET text = 'x'", "DELETE FROM case_history"] {
        let refused = sqlx::query(change).execute(&story.office.pool).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    shown("S0-08", "每步都有人、身份、时间，序号无缺；数据库拒绝修改和删除");
}

#[tokio::test]
async fn s0_09_the_same_person_acts_in_two_capacities() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("楼道堆物再次反映") }).await;
    for post in ["station-chief", "town-committee"] {
        story.done(("leader-qian", post), case.id, Act::Comment { words: "已阅".into() }).await;
    }
    let capacities: Vec<String> = story
        .history(case.id)
        .await
        .into_iter()
        .filter(|entry| entry.actor == "leader-qian")
        .map(|entry| entry.capacity)
        .collect();
    assert_eq!(capacities, ["station-chief", "town-committee"]);
    shown("S0-09", "同一人先以派出所所长、后以街道党工委委员批注，记录分得清");
}

#[tokio::test]
async fn s0_12_thirty_people_are_a_group_and_raise_the_level() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&property("30人围堵物业办公室")).await;
    assert!(case.level >= Level::Orange);
    assert_eq!(case.level_reason.facts.get("group_size").map(String::as_str), Some("30"));
    assert!(case.docket.tags.contains("group"), "by the county's scale: {:?}", case.docket.tags);
    shown("S0-12", "三十人聚集即列群体性规模，等级不低于橙色，并写明依据");
}

#[tokio::test]
async fn a_return_in_time_goes_to_the_desk_and_one_too_many_to_an_arbiter() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let case = story.report(&Told { repeat: true, ..property("停水") }).await;
    for agency in ["housing", "urban_management"] {
        story.receipt(case.id, agency, ReceiptKind::Returned).await;
        let back = story.case(case.id).await;
        assert_eq!(back.lead_agency, "centre");
        let next = if agency == "housing" { "urban_management" } else { "water" };
        let decide =
            Act::Return(ReturnAct::Decide { next: next.into(), person: None, words: "职责在此".into() });
        story.done(DISPATCHER, case.id, decide).await;
    }
    story.receipt(case.id, "water", ReceiptKind::Returned).await;
    let third = story.case(case.id).await;
    assert_eq!(third.lead_agency, "water", "it keeps the case until it is decided");
    assert_eq!(owed(&third, DutyKind::Arbitrate), 1);
    let decide = || {
        Act::Return(ReturnAct::Decide {
            next: "water".into(), person: None, words: "应由水利办理".into()
        })
    };
    assert_eq!(story.refused(DISPATCHER, case.id, decide()).await, "RANK_TOO_LOW");
    let decided = story.done(DIRECTOR, case.id, decide()).await;
    assert_eq!((decided.lead_agency.as_str(), owed(&decided, DutyKind::Handle)), ("water", 1));
    assert!(!duty(&decided, DutyKind::Handle).is_paused());
}

#[tokio::test]
async fn s0_10_a_hazard_that_is_not_put_right_is_pressed_up_the_ladder() {
    let story = Story::begin("jintai", "2026-03-02 10:00").await;
    let due = story.local("2026-03-06 18:00");
    let estate = "community-610303004006";
    let new = new_duty(StandingKind::Rectify, estate, COMMUNITY, due, "3号楼消防通道堵塞");
    let hazard = story.owe(DISPATCHER, new).await.id;
    story.until("2026-03-05 17:59").await;
    assert!(story.pushes(hazard).await.is_empty());
    for (time, words, all) in [
        ("2026-03-05 18:00", "整改时限将到", 1),
        ("2026-03-06 18:00", "整改逾期", 2),
        ("2026-03-07 18:00", "整改逾期，第1次催办", 4),
        ("2026-03-09 18:00", "整改逾期，第2次催办", 6),
    ] {
        story.until(time).await;
        assert!(story.reminded(hazard, estate, words).await, "{words}");
        assert_eq!(story.pushes(hazard).await.len(), all, "each stage is said once");
        assert_eq!(story.office.fire().await, 0);
    }
    // The community's own secretary heads its ladder; above stands the street.
    assert!(story.reminded(hazard, "town-610303004", "第1次催办，报群众路街道党工委委员").await);
    assert!(story.reminded(hazard, "town-610303004", "第2次催办，报群众路街道党工委书记").await);
    let told = story.pushes(hazard).await;
    assert!(told.iter().all(|push| push.subject() == PushSubject::Duty && push.case_number.is_empty()));
    assert!(told.iter().all(|push| push.area_code == COMMUNITY && !push.area_name.is_empty()));
    assert!(
        told.iter().all(|push| push.sealed_matter.is_empty()),
        "what was found is for those who may read it"
    );
    let recheck = story.record(DISPATCHER, hazard, Outcome::Done).await.remove(0);
    story.until("2026-03-30 18:00").await;
    assert_eq!(story.pushes(hazard).await.len(), told.len(), "what is put right is not chased");
    assert!(story.reminded(recheck.id, "centre", "复查逾期").await);
    shown("S0-10", "整改通知到期前提示、逾期即催、再逐级上报，每一步只发一次；整改后未复查同样催办");
}
