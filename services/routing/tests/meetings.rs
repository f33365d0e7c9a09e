//! Meetings: the agenda from rules, decisions that become what agencies owe, missed weeks, reports of a meeting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;

use fengqiao_access::Principal;
use fengqiao_proto::{
    routing::v1::{
        AddToAgendaRequest, AgendaReason, Attendee, CountDutiesRequest, DutyProgress, FinishDecisionRequest,
        GetCaseRequest, GetMeetingRequest, ListDutiesRequest, ListMeetingReportsRequest, ListMeetingsRequest,
        ListWorkRequest, Meeting, MeetingDecision, MeetingKind, OpenMeetingRequest, RecordMeetingRequest,
        RelevelCaseRequest, StandingKind, duty_service_server::DutyService as _,
        meeting_service_server::MeetingService as _, routing_service_server::RoutingService as _,
        work_service_server::WorkService as _,
    },
    types::v1::{Level, Source},
};
use fengqiao_routing::series_worker::SeriesWorker;
use fengqiao_serving::time::{Clock, to_proto};
use jiff::{Timestamp, tz::TimeZone};
use office::{Office, asked};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

const XIQING: &str = "120111";
const COMMUNITY: &str = "120111105002";

fn local(text: &str) -> Timestamp {
    TimeZone::get("Asia/Shanghai").unwrap().to_timestamp(text.parse().unwrap()).unwrap()
}

fn shown(row: &str, what: &str) {
    println!("row\t{row}\t{what}");
}

fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

fn officer() -> Principal {
    Principal::new("officer-li", XIQING, "officer", None).unwrap()
}

fn agency(code: &str) -> Principal {
    Principal::new(&format!("clerk of {code}"), XIQING, "agency", Some(code)).unwrap()
}

async fn office_at(text: &str) -> Office {
    let office = Office::of("xiqing").await;
    office.set_clock(local(text));
    office
}

async fn make_series(office: &Office) -> u64 {
    let now = office.now();
    let worker = SeriesWorker {
        pool: office.pool.clone(),
        counties: office.counties.clone(),
        keyring: office.keyring.clone(),
        clock: Clock::moved_by(move || now),
    };
    worker.make_all(office.counties.iter().next().unwrap()).await.unwrap()
}

/// A case of a county, opened now.
async fn case(office: &Office, source: Source, source_ref: &str) -> String {
    let at = Some(to_proto(office.now()));
    let mut report = office.report(Uuid::now_v7(), "楼上漏水，协商不成");
    report.sealed_matter = {
        use prost::Message as _;
        let matter = fengqiao_proto::types::v1::Matter { title: "漏水".into(), ..Default::default() };
        office.keyring.seal(&matter.encode_to_vec(), XIQING.as_bytes())
    };
    report.source = source.into();
    report.source_ref = source_ref.into();
    report.area_code = COMMUNITY.into();
    report.occurred_at = at;
    report.accepted_at = at;
    office.take(&[report]).await.unwrap();
    office.changes().await.last().unwrap().case_id.clone()
}

async fn relevel(office: &Office, case: &str, level: Level) {
    let request = RelevelCaseRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        level: level.into(),
        reason: "研判".into(),
        ..Default::default()
    };
    office.face.relevel_case(asked(&officer(), request)).await.unwrap();
}

async fn open(office: &Office, kind: MeetingKind) -> Meeting {
    let request = OpenMeetingRequest {
        request_id: Uuid::now_v7().to_string(),
        kind: kind.into(),
        title: "周会商".into(),
        ..Default::default()
    };
    office.face.open_meeting(asked(&officer(), request)).await.unwrap().into_inner().meeting.unwrap()
}

fn held(office: &Office, meeting: &Meeting, decisions: Vec<MeetingDecision>) -> RecordMeetingRequest {
    RecordMeetingRequest {
        meeting_id: meeting.meeting_id.clone(),
        request_id: Uuid::now_v7().to_string(),
        held_at: Some(to_proto(office.now())),
        attendees: ["police", "justice"]
            .map(|agency| Attendee { agency: agency.into(), person: String::new() })
            .into(),
        minutes: "逐案会商，明确责任单位".into(),
        decisions,
        ..Default::default()
    }
}

async fn late_meetings(office: &Office) -> usize {
    let request = ListDutiesRequest {
        kind: StandingKind::Meeting.into(),
        progress: DutyProgress::Late.into(),
        ..Default::default()
    };
    office.face.list_duties(asked(&officer(), request)).await.unwrap().into_inner().duties.len()
}

#[tokio::test]
async fn s2_02_the_agenda_is_made_from_rules_and_decisions_are_owed_by_their_agencies() {
    let office = office_at("2026-11-02T10:00").await;
    let old = case(&office, Source::Hotline12345, "1").await;
    relevel(&office, &old, Level::Yellow).await;
    office.set_clock(local("2026-11-25T10:00"));
    let grave = case(&office, Source::Hotline12345, "2").await;
    relevel(&office, &grave, Level::Orange).await;
    let chosen = case(&office, Source::Hotline12345, "3").await;
    relevel(&office, &chosen, Level::Yellow).await;
    assert_eq!(make_series(&office).await, 1);

    let meeting = open(&office, MeetingKind::Joint).await;
    let agenda: Vec<_> = meeting
        .agenda
        .iter()
        .map(|item| (item.case_id.as_str(), item.reasons().collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        agenda,
        [(grave.as_str(), vec![AgendaReason::Level]), (old.as_str(), vec![AgendaReason::OpenDays]),]
    );
    assert_eq!(open(&office, MeetingKind::Joint).await, meeting, "a week has one joint meeting");
    let add = AddToAgendaRequest {
        meeting_id: meeting.meeting_id.clone(),
        request_id: "add-1".into(),
        case: chosen.clone(),
        ..Default::default()
    };
    for _ in 0..2 {
        let added = office.face.add_to_agenda(asked(&officer(), add.clone())).await.unwrap().into_inner();
        assert_eq!(added.meeting.unwrap().agenda.len(), 3);
    }

    // Nothing of a meeting is kept where one of its decisions cannot be.
    let decision = |case: &str, agency: &str| MeetingDecision {
        case: case.into(),
        agency: agency.into(),
        due_at: Some(to_proto(local("2026-12-02T18:00"))),
        text: "上门核实并修缮".into(),
    };
    let stranger = case(&office, Source::Hotline12345, "4").await;
    relevel(&office, &stranger, Level::Yellow).await;
    let changes = office.changes().await.len();
    let wrong = held(&office, &meeting, vec![decision(&grave, "housing"), decision(&stranger, "housing")]);
    let refused = office.face.record_meeting(asked(&officer(), wrong)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "NOT_ON_AGENDA");
    assert_eq!(office.changes().await.len(), changes);

    let record = held(
        &office,
        &meeting,
        vec![decision(&grave, "housing"), decision(&grave, "justice"), decision(&chosen, "housing")],
    );
    let recorded = office.face.record_meeting(asked(&officer(), record.clone())).await.unwrap().into_inner();
    let again = office.face.record_meeting(asked(&officer(), record)).await.unwrap().into_inner();
    assert_eq!(again, recorded);
    let recorded = recorded.meeting.unwrap();
    assert_eq!(recorded.agenda.iter().map(|item| item.decisions).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!((recorded.attendees.len(), recorded.minutes.as_str()), (2, "逐案会商，明确责任单位"));

    // The decision stands in the list of its agency, was pushed to it, and is done there.
    let work = || async {
        let answer = office.face.list_work(asked(&agency("housing"), ListWorkRequest::default())).await;
        let items = answer.unwrap().into_inner().items;
        items.into_iter().filter(|item| item.duty.as_ref().unwrap().kind == 14).collect::<Vec<_>>()
    };
    assert_eq!(work().await.len(), 2);
    assert!(
        office.pushes().await.iter().any(|push| push.agency == "housing"
            && push.case_id == grave
            && push.reason == "联席会议决定交办")
    );
    let seen = GetCaseRequest { case: grave.clone(), ..Default::default() };
    assert!(office.face.get_case(asked(&agency("housing"), seen)).await.is_ok());
    let finish = |who: Principal, decision: i32| {
        let request = FinishDecisionRequest {
            case: grave.clone(),
            request_id: Uuid::now_v7().to_string(),
            decision,
            text: "已修缮".into(),
            ..Default::default()
        };
        let face = office.face.clone();
        async move { face.finish_decision(asked(&who, request)).await }
    };
    assert_eq!(reason_of(&finish(agency("housing"), 2).await.unwrap_err()), "NOT_THE_HOLDER");
    finish(agency("housing"), 1).await.unwrap();
    assert_eq!(reason_of(&finish(agency("housing"), 1).await.unwrap_err()), "DECISION_NOT_OWED");
    assert_eq!(reason_of(&finish(agency("housing"), 9).await.unwrap_err()), "DECISION_UNKNOWN");
    assert_eq!(work().await.len(), 1);

    // The week had its meeting.
    office.pass_until(local("2026-11-27T09:00")).await;
    assert_eq!(late_meetings(&office).await, 0);
    // What is not done in time is supervised.
    let before = office.pushes().await.len();
    office.pass_until(local("2026-12-02T18:00")).await;
    assert!(office.pushes().await.len() > before);
    shown("S2-02", "会商议程由规则生成，可手工添加；决定即成单位待办并限期；漏开之周报警");
}

#[tokio::test]
async fn s2_02_a_missed_week_alerts_and_the_next_week_has_its_own() {
    let office = office_at("2026-11-24T09:00").await;
    assert_eq!(make_series(&office).await, 1);
    office.pass_until(local("2026-11-27T08:59")).await;
    assert_eq!(late_meetings(&office).await, 0);
    assert_eq!(office.pass_until(local("2026-11-27T09:00")).await, 1);
    assert_eq!(late_meetings(&office).await, 1);
    let told: Vec<_> = office.pushes().await.into_iter().map(|push| (push.agency, push.reason)).collect();
    assert_eq!(told, [("centre".to_owned(), "西青区综治中心联席会议逾期".to_owned())]);
    let work = ListWorkRequest { bucket: 3, ..Default::default() };
    let late = office.face.list_work(asked(&officer(), work)).await.unwrap().into_inner();
    assert_eq!(late.items.len(), 1, "on the centre's list, late");
    assert_eq!(make_series(&office).await, 0);
    // Held late, it is still of its week.
    let meeting = open(&office, MeetingKind::Joint).await;
    assert_eq!(meeting.week, "2026-11-23");
    let record = held(&office, &meeting, Vec::new());
    office.face.record_meeting(asked(&officer(), record.clone())).await.unwrap();
    assert_eq!(late_meetings(&office).await, 0);
    let twice = RecordMeetingRequest { request_id: "another".into(), ..record };
    let refused = office.face.record_meeting(asked(&officer(), twice)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "MEETING_RECORDED");
    office.set_clock(local("2026-11-30T09:00"));
    assert_eq!(make_series(&office).await, 1);
    assert_ne!(open(&office, MeetingKind::Joint).await.meeting_id, meeting.meeting_id);
}

/// How many meetings were owed, were held, and were not held by their hour.
async fn counted(office: &Office) -> (i64, i64, i64) {
    let request = CountDutiesRequest { kind: StandingKind::Meeting.into(), ..Default::default() };
    let counted = office.face.count_duties(asked(&officer(), request)).await.unwrap().into_inner();
    (counted.owed, counted.met, counted.late)
}

#[tokio::test]
async fn a_meeting_that_is_held_by_its_hour_is_in_time_whenever_its_minutes_are_written() {
    let office = office_at("2026-11-24T09:00").await;
    make_series(&office).await;
    office.pass_until(local("2026-11-27T11:30")).await;
    assert_eq!(counted(&office).await, (1, 0, 1));
    let meeting = open(&office, MeetingKind::Joint).await;
    let record = RecordMeetingRequest {
        held_at: Some(to_proto(local("2026-11-27T09:00"))),
        ..held(&office, &meeting, Vec::new())
    };
    office.face.record_meeting(asked(&officer(), record)).await.unwrap();
    assert_eq!(counted(&office).await, (1, 1, 0));
}

#[tokio::test]
async fn a_week_in_which_nothing_ran_by_the_hour_of_its_meeting_is_missed_too() {
    let office = office_at("2026-11-27T10:00").await;
    assert_eq!(make_series(&office).await, 0, "the first meeting is the next week's");
    office.set_clock(local("2026-12-04T10:00"));
    assert_eq!(make_series(&office).await, 1, "no process ran in this week");
    office.fire().await;
    assert_eq!(counted(&office).await, (1, 0, 1));
}

#[tokio::test]
async fn s1_08_one_meeting_is_the_source_of_seven_reports() {
    let office = office_at("2026-11-25T20:00").await;
    let meeting = open(&office, MeetingKind::Residents).await;
    assert!(meeting.agenda.is_empty());
    for n in 1..=7 {
        case(&office, Source::Meeting, &format!("{}/{n}", meeting.meeting_id)).await;
    }
    case(&office, Source::Meeting, &format!("{}/1", Uuid::now_v7())).await;
    case(&office, Source::Hotline12345, &format!("{}/8", meeting.meeting_id)).await;
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListMeetingReportsRequest {
            meeting_id: meeting.meeting_id.clone(),
            page_size: 3,
            page_token,
            ..Default::default()
        };
        let page = office.face.list_meeting_reports(asked(&officer(), request)).await.unwrap().into_inner();
        found.extend(page.reports);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let refs: Vec<String> = (1..=7).map(|n| format!("{}/{n}", meeting.meeting_id)).collect();
    assert_eq!(found.iter().map(|report| report.source_ref.clone()).collect::<Vec<_>>(), refs);
    let decisions = vec![MeetingDecision {
        case: found[0].case_id.clone(),
        agency: "housing".into(),
        text: "办理".into(),
        due_at: None,
    }];
    let request = held(&office, &meeting, decisions);
    let refused = office.face.record_meeting(asked(&officer(), request)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "NO_AGENDA");
    office.face.record_meeting(asked(&officer(), held(&office, &meeting, Vec::new()))).await.unwrap();
    let get = GetMeetingRequest { meeting_id: meeting.meeting_id.clone(), ..Default::default() };
    let got = office.face.get_meeting(asked(&officer(), get)).await.unwrap().into_inner().meeting.unwrap();
    assert_eq!(got.minutes, "逐案会商，明确责任单位");
    let missing = GetMeetingRequest { meeting_id: Uuid::now_v7().to_string(), ..Default::default() };
    let missing = office.face.get_meeting(asked(&officer(), missing)).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let all = office.face.list_meetings(asked(&officer(), ListMeetingsRequest::default())).await.unwrap();
    let all = all.into_inner().meetings;
    assert_eq!((all.len(), all[0].minutes.as_str()), (1, ""));
    shown("S1-08", "一次院坝会产生七件事项，件件可追溯到该次会议");
}
