//! Towns are merged while the services run: what comes next belongs to the new area in all services, two processes of
//! each, also in one that was down meanwhile; what was before keeps its name.

use std::collections::HashMap;

use fengqiao_proto::{
    intake::v1::{Report, SubmitReportRequest, SubmitReportResponse},
    routing::v1::{ActivateSettingRequest, SettingKind, settings_service_client::SettingsServiceClient},
    statistics::v1::{AreaLevel, Dimension, QueryIndicatorsRequest},
};
use fengqiao_scenarios::{
    people::red_report,
    shared::{County, HOTLINE},
    waiting::{USUAL, until},
};
use fengqiao_stack::{
    clients::Connections,
    services::{Service, ServiceProcess},
};
use tonic::{Code, Status};

const OLD: &str = "421181105202";
const NEW_TOWN: &str = "421181199";
const NEW: &str = "421181199201";

/// Connections that lead to another process of a service.
fn beside(county: &County, service: Service, process: &ServiceProcess) -> Connections {
    let mut description = county.stack.description();
    description.services.insert(service.name().to_owned(), process.url());
    Connections::to(&description).unwrap()
}

fn report_from(area_code: &str) -> Report {
    Report { area_code: area_code.to_owned(), ..red_report() }
}

async fn submit(calls: &Connections, report: Report) -> Result<SubmitReportResponse, Status> {
    let request = SubmitReportRequest { report: Some(report), ..Default::default() };
    Ok(calls.intake(HOTLINE).unwrap().submit_report(request).await?.into_inner())
}

/// Gives the county a new town with a community, into which an old community goes as of today.
async fn merge_areas(county: &County) {
    let yesterday = county.stack.county.day(jiff::Timestamp::now()).yesterday().unwrap();
    let read = |name: &str| std::fs::read_to_string(county.stack.county.folder.join(name)).unwrap();
    let mut files: HashMap<String, String> =
        ["areas", "agencies", "responsibility", "posts", "people", "mediators", "grids"]
            .map(|name| format!("{name}.csv"))
            .map(|name| (name.clone(), read(&name)))
            .into();
    let mut add = |name: &str, rows: String| *files.entry(name.to_owned()).or_default() += &rows;
    add("areas.csv", format!("{NEW_TOWN}000,town,新镇,421181000000\n{NEW},community,新村,{NEW_TOWN}000\n"));
    let agencies =
        format!("town-new,新镇人民政府,town,{NEW_TOWN}\ncommunity-new,新村村民委员会,community,{NEW}\n");
    add("agencies.csv", agencies);
    add("responsibility.csv", format!("{NEW_TOWN},*,town-new\n"));
    add("area_changes.csv", format!("code,valid_from,valid_to,successor\n{OLD},,{yesterday},{NEW}\n"));
    let request = ActivateSettingRequest {
        kind: SettingKind::Directory.into(),
        files,
        request_id: "merge".into(),
        capacity: "centre-deputy".into(),
        words: "撤村并镇".into(),
        ..Default::default()
    };
    let officer = county.calls().caller(Service::Routing, "officer").unwrap();
    SettingsServiceClient::new(officer).activate_setting(request).await.unwrap();
}

/// The reports of a town as statistics count them, with its name; none where it does not know the area yet.
async fn reports_of(calls: &Connections, town: &str) -> Option<(String, i64)> {
    let now = jiff::Timestamp::now().as_second();
    let question = QueryIndicatorsRequest {
        indicators: vec!["reports".into()],
        group_by: vec![Dimension::Area.into()],
        area_level: AreaLevel::Town.into(),
        from: Some(prost_types::Timestamp { seconds: now - 3600, nanos: 0 }),
        before: Some(prost_types::Timestamp { seconds: now + 3600, nanos: 0 }),
        area_code: town.into(),
        ..Default::default()
    };
    match calls.statistics("analyst").unwrap().query_indicators(question).await {
        Ok(answer) => {
            let row = answer.into_inner().rows.into_iter().next()?;
            Some((row.labels[0].clone(), row.numerator))
        }
        Err(unknown) => {
            assert_eq!(unknown.code(), Code::InvalidArgument, "{unknown:?}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_area_takes_reports_in_all_services_and_an_old_case_keeps_its_name() {
    let county = County::start(|_| {}).await;
    let stack = &county.stack;
    let (intake, routing, statistics) = (
        stack.second(Service::Intake).await.unwrap(),
        stack.second(Service::Routing).await.unwrap(),
        stack.second(Service::Statistics).await.unwrap(),
    );
    let other_intake = beside(&county, Service::Intake, &intake);
    let other_statistics = beside(&county, Service::Statistics, &statistics);
    let old = county.open(&report_from(OLD)).await;
    assert_eq!(old.area_name, "阎家河镇凉亭村村民委员会");
    let unknown = submit(&county.calls(), report_from(NEW)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidArgument);
    // All of statistics is down when it changes.
    stack.service(Service::Statistics).stop().await;
    statistics.stop().await;
    merge_areas(&county).await;
    for calls in [county.calls(), other_intake] {
        let accepted = until("intake takes reports of the new area", USUAL, async || {
            submit(&calls, report_from(NEW)).await.ok()
        })
        .await;
        let case = county.case_of(&accepted.report_id).await;
        assert_eq!((case.lead_agency.as_str(), case.area_name.as_str()), ("town-new", "新镇新村"));
        assert!(case.pushes.iter().any(|push| push.agency == "community-new"));
    }
    let successor = county.open(&report_from(OLD)).await;
    assert_eq!((successor.area_code.as_str(), successor.lead_agency.as_str()), (NEW, "town-new"));
    assert_eq!(county.case(&old.case_id).await.area_name, old.area_name);
    let there = beside(&county, Service::Routing, &routing);
    let request = fengqiao_proto::routing::v1::GetCaseRequest {
        case: successor.case_id.clone(),
        purpose: "核对".into(),
        ..Default::default()
    };
    let seen = until("the other process of routing knows the area", USUAL, async || {
        let case = there.routing("officer").unwrap().get_case(request.clone()).await.unwrap();
        case.into_inner().case.filter(|case| !case.area_name.is_empty())
    });
    assert_eq!(seen.await.area_name, "新镇新村");
    // Back again, both processes know what happened, and count it where it belongs.
    stack.service(Service::Statistics).restart().await.unwrap();
    statistics.restart().await.unwrap();
    for calls in [county.calls(), other_statistics] {
        until("statistics count the new town", USUAL, async || {
            reports_of(&calls, NEW_TOWN).await.filter(|counted| *counted == ("新镇".to_owned(), 3))
        })
        .await;
        assert_eq!(reports_of(&calls, "421181105").await, Some(("阎家河镇".to_owned(), 1)), "as it was");
    }
    // Who starts anew has it before the first report.
    stack.service(Service::Intake).restart().await.unwrap();
    submit(&county.calls(), report_from(NEW)).await.unwrap();
}
