//! One-key calls on the whole stack (S4-10): how soon the first contact has it, and that nobody is left out when
//! processes are killed while it rings.

use std::{
    fs,
    time::{Duration, Instant},
};

use fengqiao_proto::{
    intake::v1::{Details, Report, SubmitReportRequest},
    notification::v1::Push,
    routing::v1::{AcceptCallAct, ActOnCaseRequest, ArriveAct, act_on_case_request::Act},
    types::v1::{Level, Source},
};
use fengqiao_scenarios::{
    people,
    receiving::StreamingAgency,
    shared::{County, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::{services::Service, test_county::write_sample_county};
use sqlx::PgPool;

const YUANLIN: &str = "community-421181001001";
const PLATFORM: &str = "source-one_key_call";

/// All that a device's platform knows: which one was pressed, and when.
fn press(device: &str) -> Report {
    Report {
        source: Source::OneKeyCall.into(),
        source_ref: format!("K-{}-{}", std::process::id(), people::unique()),
        occurred_at: Some(prost_types::Timestamp { seconds: jiff::Timestamp::now().as_second(), nanos: 0 }),
        details: Some(Details { device: device.into(), ..Details::default() }),
        ..Report::default()
    }
}

async fn submit(county: &County, report: &Report) -> String {
    let mut intake = county.calls().intake(PLATFORM).unwrap();
    let request = SubmitReportRequest { report: Some(report.clone()), ..Default::default() };
    intake.submit_report(request).await.unwrap().into_inner().report_id
}

/// The pushes of calls to an agency that name this contact.
fn rung(agency: &StreamingAgency, contact: &str) -> Vec<Push> {
    let pushes = agency.by_id().into_values().map(|(push, _)| push);
    pushes.filter(|push| push.reason.contains("一键呼叫") && push.reason.contains(contact)).collect()
}

fn asks(case_id: &str, request_id: &str, act: Act) -> ActOnCaseRequest {
    ActOnCaseRequest {
        case: case_id.to_owned(),
        request_id: request_id.to_owned(),
        act: Some(act),
        ..Default::default()
    }
}

#[test]
fn the_first_contact_has_a_press_within_five_seconds_and_accepts_it() {
    run(|county| async move {
        let heads = StreamingAgency::start(county.calls(), YUANLIN);
        let report = press("YL-0101");
        let began = Instant::now();
        let report_id = submit(county, &report).await;
        let push =
            until("the building head is called", USUAL, async || rung(&heads, "楼栋长").into_iter().next())
                .await;
        let waited = began.elapsed();
        println!("from SubmitReport to the first contact's stream: {waited:?}");
        assert!(waited <= Duration::from_secs(5), "{waited:?}");
        assert_eq!(push.level(), Level::Red);
        // Who and where stands in it, though the press said neither.
        let matter = push.matter.unwrap();
        assert!(matter.address.contains("1栋1单元101") && matter.parties[0].name == "程奶奶", "{matter:?}");
        let case = county.case_of(&report_id).await;
        let mut head = county.calls().routing(YUANLIN).unwrap();
        let accept = asks(&case.case_id, "accept", Act::AcceptCall(AcceptCallAct { no: 0 }));
        for _ in 0..2 {
            // On a weak network it is sent twice.
            let accepted = head.act_on_case(accept.clone()).await.unwrap().into_inner().case.unwrap();
            let calls = accepted.docket.unwrap().calls;
            assert_eq!((calls.len(), calls[0].contacts.len()), (1, 1));
            assert!(calls[0].accepted_at.is_some() && calls[0].accepted_by == YUANLIN);
        }
        let arrive = asks(&case.case_id, "arrive", Act::Arrive(ArriveAct { no: 1 }));
        let there = head.act_on_case(arrive).await.unwrap().into_inner().case.unwrap();
        assert!(there.docket.unwrap().calls[0].arrived_at.is_some());
        // The platform sends again: it is the same press, and nobody is called.
        assert_eq!(submit(county, &report).await, report_id);
        assert_eq!(county.case(&case.case_id).await.docket.unwrap().calls.len(), 1);
    });
}

#[test]
fn a_call_rings_on_when_everything_is_killed() {
    run(|_| async move {
        let folder = tempfile::tempdir().unwrap();
        write_sample_county(folder.path()).unwrap();
        let file = folder.path().join("county.toml");
        let quick = fs::read_to_string(&file).unwrap().replace("answer_seconds = 180", "answer_seconds = 6");
        fs::write(&file, quick).unwrap();
        let county = County::start(|plan| plan.county_folder = folder.path().to_owned()).await;
        let second = county.stack.second(Service::Routing).await.unwrap();
        let heads = StreamingAgency::start(county.calls(), YUANLIN);
        let centre = StreamingAgency::start(county.calls(), "centre");
        let report_id = submit(&county, &press("YL-0101")).await;
        // Acknowledged, and everybody who should do something about it is killed.
        for service in [Service::Intake, Service::Routing, Service::Notification] {
            county.stack.service(service).kill();
        }
        second.kill();
        until("the building head", USUAL, async || rung(&heads, "楼栋长").into_iter().next()).await;
        county.stack.service(Service::Routing).kill();
        until("the grid head", USUAL, async || rung(&heads, "网格长").into_iter().next()).await;
        second.kill();
        county.stack.service(Service::Notification).kill();
        until("the secretary", USUAL, async || rung(&heads, "书记").into_iter().next()).await;
        until("the centre", USUAL, async || rung(&centre, "应答").into_iter().next()).await;
        let case = county.case_of(&report_id).await;
        let calls = case.docket.unwrap().calls;
        let posts: Vec<&str> = calls[0].contacts.iter().map(|contact| contact.post.as_str()).collect();
        assert_eq!(posts, ["building-head", "grid-head", "community-secretary", ""]);
        assert_eq!(twice(&county.pool).await, 0, "each contact is called once");
        let mut officer = county.calls().routing("officer").unwrap();
        let accept = asks(&case.case_id, "accept", Act::AcceptCall(AcceptCallAct { no: 1 }));
        officer.act_on_case(accept).await.unwrap();
        second.stop().await;
        county.stack.stop().await;
    });
}

/// How many things a call's chain said more than once.
async fn twice(pool: &PgPool) -> i64 {
    let sql = "SELECT count(*) FROM (SELECT FROM routing.case_history WHERE text LIKE '%应答，%秒内'
        GROUP BY county, case_id, kind, text HAVING count(*) > 1) AS twice";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}
