//! S4, Macheng: 民事村了.

use std::collections::BTreeSet;

use fengqiao_proto::{
    routing::v1::{
        GetCaseRequest, ListMeetingReportsRequest, MeetingKind, OpenMeetingRequest,
        meeting_service_server::MeetingService as _, routing_service_server::RoutingService as _,
    },
    types::v1::Source,
};
use fengqiao_routing::domain::{
    acts::{
        Act,
        closing::Settlement,
        handling::HandlingAct,
        mediation::{MediationAct, Method, SessionResult},
        revisits::RevisitOutcome,
        whistles::WhistleAct,
    },
    case::State,
    duty::DutyKind,
    history::HistoryKind,
    level::Level,
    standing::{NewDuty, StandingKind},
};
use jiff::SignedDuration;

use crate::{
    office,
    story::{Actor, Story, Told, asked, new_duty, owed, shown},
};

const DISPATCHER: Actor = ("dispatcher-zhou", "centre-dispatcher");
const DIRECTOR: Actor = ("director-li", "centre-director");
const VILLAGE: &str = "421181105202";

fn told(source: Source, narrative: &str) -> Told {
    Told::of(source, VILLAGE, "neighbourhood", narrative)
}

#[tokio::test]
async fn s4_05_visit_call_and_help_together_are_a_focus() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let petition = told(Source::Petition, "邻里排水");
    let first = story.report(&petition).await;
    for source in [Source::Police110, Source::Hotline12345] {
        let again = Told { cluster: petition.cluster, repeat: true, ..told(source, "邻里排水") };
        story.report(&again).await;
    }
    let case = story.case(first.id).await;
    assert!(case.docket.tags.contains("focus"), "{:?}", case.docket.tags);
    assert!(case.level >= Level::Orange);
    // Each of the three opens its own record.
    let dispatcher = story.officer("dispatcher-zhou");
    let seen = GetCaseRequest { case: case.id.to_string(), ..Default::default() };
    let seen = story.office.face.get_case(office::asked(&dispatcher, seen)).await.unwrap().into_inner();
    let reports = seen.case.unwrap().reports;
    let sources: Vec<Source> = reports.iter().map(|report| report.source()).collect();
    assert_eq!(sources, [Source::Petition, Source::Police110, Source::Hotline12345]);
    assert!(reports.iter().all(|report| !report.source_ref.is_empty() && report.occurred_at.is_some()));
    shown("S4-05", "上过访、报过警、求过助俱全，列入重点，等级不低于橙色");
}

#[tokio::test]
async fn s4_06_no_clue_is_ownerless() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    for (area, category) in [(VILLAGE, "other"), ("421181", "other"), ("421181000000", "neighbourhood")] {
        let case = story.report(&Told::of(Source::Grid, area, category, "线索")).await;
        assert!(!case.first_receiver.is_empty() && !case.lead_agency.is_empty());
        assert_eq!(case.docket.handlers.len(), 1);
    }
    shown("S4-06", "逐条首办：每条线索都有首办人和主办单位，无人负责的归综治中心");
}

#[tokio::test]
async fn s4_09_the_centre_whistles_and_a_talk_with_residents_is_a_source() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&Told { repeat: true, ..told(Source::Grid, "河道堆物，多次反映") }).await.id;
    let blow = WhistleAct::Blow {
        called: vec!["housing".into(), "natural_resources".into()],
        spot: "凉亭村三组河边".into(),
        photos: Vec::new(),
        words: "请到场会同处置".into(),
    };
    story.done(DISPATCHER, case, Act::Whistle(blow)).await;
    for agency in ["housing", "natural_resources"] {
        assert!(story.reminded(case, agency, "吹哨报到").await, "{agency}");
    }
    story.pass(SignedDuration::from_mins(20)).await;
    let report_in = WhistleAct::ReportIn { no: 1, code: "housing".into() };
    story.done(("liaison-he", "housing-liaison"), case, Act::Whistle(report_in)).await;
    story.pass(SignedDuration::from_mins(10)).await;
    let late = story.case(case).await;
    let pressed: Vec<&str> = late.docket.supervisions.iter().map(|one| one.agency.as_str()).collect();
    assert_eq!((pressed, owed(&late, DutyKind::ReportIn)), (vec!["natural_resources"], 1));

    // 警民恳谈会: what is told there is traced back to it.
    let dispatcher = story.officer("dispatcher-zhou");
    let open = OpenMeetingRequest {
        request_id: "talk".into(),
        kind: MeetingKind::Residents.into(),
        title: "警民恳谈会".into(),
        ..Default::default()
    };
    let face = &story.office.face;
    let meeting = face.open_meeting(office::asked(&dispatcher, open)).await.unwrap().into_inner().meeting;
    let meeting_id = meeting.unwrap().meeting_id;
    let mut cases = Vec::new();
    for (n, matter) in ["路灯不亮", "养犬扰民", "水渠淤塞"].into_iter().enumerate() {
        let source_ref = format!("{meeting_id}/{}", n + 1);
        cases.push(story.report(&Told { source_ref, ..told(Source::Meeting, matter) }).await.id.to_string());
    }
    let list = ListMeetingReportsRequest { meeting_id, ..Default::default() };
    let reports =
        face.list_meeting_reports(office::asked(&dispatcher, list)).await.unwrap().into_inner().reports;
    assert_eq!(reports.into_iter().map(|report| report.case_id).collect::<Vec<_>>(), cases);
    shown("S4-09", "中心吹哨两部门：到者报到，未到者督办；警民恳谈会的诉求件件可追溯到该次会议");
}

#[tokio::test]
async fn s4_12_a_way_of_settling_and_the_leader_in_charge() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&Told { repeat: true, ..told(Source::Grid, "多年积怨") }).await;
    let method = |leader: Option<&str>| {
        Act::Mediation(MediationAct::ChooseMethod {
            method: Method::LeaderInCharge,
            leader: leader.map(str::to_owned),
        })
    };
    assert_eq!(story.refused(DISPATCHER, case.id, method(None)).await, "LEADER_MISSING");
    assert_eq!(story.refused(DISPATCHER, case.id, method(Some("nobody"))).await, "LEADER_UNKNOWN");
    let chosen = story.done(DISPATCHER, case.id, method(Some("town-secretary"))).await;
    assert_eq!(chosen.docket.mediation.leader.as_deref(), Some("town-secretary"));
    assert!(story.tells(case.id, HistoryKind::MethodChosen, "包案领导：阎家河镇党委书记").await);
    shown("S4-12", "五个一批的方式与包案领导随案记录");
}

#[tokio::test]
async fn s4_13_resolved_is_not_over_until_people_were_asked() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&Told { repeat: true, ..told(Source::Grid, "排水") }).await;
    let resolve = Act::Resolve(Settlement { words: "和解".into(), ..Settlement::default() });
    let resolved = story.done(DISPATCHER, case.id, resolve).await;
    assert_eq!((resolved.state, resolved.closed_at), (State::Resolved, None));
    story.pass(SignedDuration::from_hours(7 * 24)).await;
    for revisit in resolved.docket.revisits {
        story.done(DIRECTOR, case.id, asked(revisit.no, RevisitOutcome::Stable)).await;
    }
    let closed = story.done(DIRECTOR, case.id, Act::Close { words: "和好".into() }).await;
    assert_eq!(closed.state, State::Closed);
    shown("S4-13", "案结（办结）与事了（回访通过后归档）分两步");
}

#[tokio::test]
async fn s4_16_a_case_that_grows_old_is_in_its_bucket() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&told(Source::Grid, "排水")).await;
    for (day, bucket) in [
        ("2026-06-08 10:00", "ageing_7"),
        ("2026-06-16 10:00", "ageing_15"),
        ("2026-07-01 10:00", "ageing_30"),
    ] {
        story.until(day).await;
        let now = story.case(case.id).await;
        let buckets: Vec<&String> = now.docket.tags.iter().filter(|tag| tag.starts_with("ageing_")).collect();
        assert_eq!(buckets, [bucket]);
    }
    assert!(story.reminded(case.id, "centre", "30天").await);
    shown("S4-16", "立案满7、15、30天逐档提醒，满30天报综治中心");
}

#[tokio::test]
async fn s4_17_a_residents_body_mediates_and_is_credited() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&told(Source::Grid, "两家为田埂争吵")).await;
    assert!(case.docket.tags.contains("five_small"));
    let session = MediationAct::HoldSession {
        at: story.office.now(),
        mediators: vec!["elders-harmony".into()],
        present: vec![1, 2],
        result: SessionResult::Agreed,
        minutes: 60,
        words: "各让一步".into(),
    };
    story.done(DISPATCHER, case.id, Act::Mediation(session)).await;
    let resolve = Act::Resolve(Settlement { words: "和解".into(), ..Settlement::default() });
    let resolved = story.done(DISPATCHER, case.id, resolve).await;
    assert_eq!(resolved.docket.mediation.credited.as_deref(), Some("elders-harmony"));
    assert!(story.tells(case.id, HistoryKind::SessionHeld, "五老和谐会").await);
    shown("S4-17", "“五小”由规则标注；五老和谐会主持调解成功，化解记其名下");
}

#[tokio::test]
async fn what_is_not_signed_for_is_chased_up_the_ladder_and_never_silently() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let case = story.report(&Told { repeat: true, ..told(Source::Grid, "排水") }).await;
    let lead = case.lead_agency.clone();
    story.until("2026-06-01 22:00").await;
    assert!(story.tells(case.id, HistoryKind::DutyOver, "签收逾期").await);
    story.until("2026-06-02 10:00").await;
    assert!(story.reminded(case.id, &lead, "第1次催办").await);
    story.until("2026-06-04 22:00").await;
    // The justice bureau names no superior: the centre's director is told.
    assert!(story.reminded(case.id, "centre", "报综治中心主任").await);
    let sign = Act::Handling(HandlingAct::Sign { agency: Some(lead.clone()) });
    let signed = story.done(DISPATCHER, case.id, sign).await;
    assert!(signed.docket.handler(&lead).unwrap().signed_at.is_some());
    let before = story.history(case.id).await.len();
    story.until("2026-06-04 23:00").await;
    assert_eq!(story.history(case.id).await.len(), before);
}

#[tokio::test]
async fn s4_01_who_answers_for_a_grid_is_told_that_it_was_not_swept() {
    let story = Story::begin("macheng", "2026-06-01 08:00").await;
    assert_eq!(story.make_series().await, 108, "54 grids, a sweep and a zero report each");
    story.until("2026-06-07 23:59").await;
    assert!(story.office.pushes().await.is_empty(), "a missing zero report stands on the list (S4-02)");
    story.until("2026-06-08 00:00").await;
    let told = story.office.pushes().await;
    let grids: BTreeSet<&str> = told.iter().map(|push| push.area_code.as_str()).collect();
    assert_eq!((told.len(), grids.len()), (54, 54), "each grid once");
    let swept = told.iter().find(|push| push.area_code == "421181105202001").unwrap();
    assert_eq!(swept.agency, "community-421181105202");
    assert!(swept.area_name.contains("凉亭村") && swept.reason.ends_with("摸排逾期"), "{}", swept.reason);
    assert_eq!(story.office.fire().await, 0);
    shown("S4-01", "周日二十四时未摸排的网格，逐格提示其村（社区）");
}

#[tokio::test]
async fn s4_14_a_missed_meeting_is_chased_and_keeps_its_secret() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let due = story.local("2026-06-08 18:00");
    let met = NewDuty { restricted: true, ..new_duty(StandingKind::Visit, "police", VILLAGE, due, "张某") };
    let id = story.owe(DISPATCHER, met).await.id;
    story.until("2026-06-08 18:00").await;
    let told = story.pushes(id).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].reason.as_str(), told[0].area_name.as_str()), ("麻城市公安局受限职责逾期", ""));
    shown("S4-14", "定期见面逾期即催其单位，提示函不写人、不写地、不写事");
}
