//! Areas that come, end and change while the service runs: told to the other services, seen by all processes, and never
//! taken away under a case.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::{collections::BTreeSet, time::Duration};

use fengqiao_proto::{
    intake::v1::ReportAccepted,
    routing::v1::{
        ActOnCaseRequest, AreasActivated, GetSettingRequest, RejectAct, SettingKind,
        act_on_case_request::Act, routing_service_server::RoutingService as _,
        settings_service_server::SettingsService as _,
    },
};
use fengqiao_routing::{
    counties::RoutingCounties,
    settings::{AREAS_ACTIVATED, Files as StoredFiles, SettingVersions, digest},
    store::{KeptText, NewSetting, activate_setting},
};
use jiff::Timestamp;
use office::{
    COMMUNITY, COUNTY, Office, asked,
    desk::{Files, desk, director, directory, fields, one, read},
    officer,
};
use tonic::Code;
use uuid::Uuid;

/// The new town of these tests, and its community.
const NEW_TOWN: &str = "421181199000";
const NEW_COMMUNITY: &str = "421181199201";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Changes one file of a directory.
fn edit(files: &mut Files, name: &str, change: impl FnOnce(String) -> String) {
    let text = files.remove(name).unwrap_or_default();
    files.insert(name.to_owned(), change(text));
}

/// Adds the new town with its community, their agencies, and who answers there.
fn grow(files: &mut Files) {
    let areas = format!("{NEW_TOWN},town,新镇,421181000000\n{NEW_COMMUNITY},community,新村,{NEW_TOWN}\n");
    edit(files, "areas.csv", |text| text + &areas);
    let agencies = format!(
        "town-new,新镇人民政府,town,{NEW_TOWN}\njustice-new,新镇司法所,justice,{NEW_TOWN}\n\
         community-new,新村村民委员会,community,{NEW_COMMUNITY}\n"
    );
    edit(files, "agencies.csv", |text| text + &agencies);
    edit(files, "responsibility.csv", |text| text + &format!("{NEW_TOWN},property,town-new\n"));
}

/// Adds rows to the changes of areas.
fn ending(files: &mut Files, rows: &str) {
    edit(files, "area_changes.csv", |_| format!("code,valid_from,valid_to,successor\n{rows}"));
}

fn report_from(office: &Office, area_code: &str) -> ReportAccepted {
    ReportAccepted { area_code: area_code.into(), ..office.report(Uuid::now_v7(), "对方持刀") }
}

fn name(counties: &RoutingCounties, code: &str) -> String {
    counties.get(COUNTY).unwrap().county.areas.now().name_path(code)
}

/// The agencies that pushes of the last case went to.
async fn told_of_last(office: &Office) -> BTreeSet<String> {
    let case = office.changes().await.pop().unwrap().case_id;
    office.pushes().await.into_iter().filter(|push| push.case_id == case).map(|push| push.agency).collect()
}

async fn told(office: &Office) -> Vec<AreasActivated> {
    office.events(AREAS_ACTIVATED).await
}

#[tokio::test]
async fn new_areas_hold_in_all_processes_and_the_other_services_are_told() {
    let office = Office::open().await;
    let here = desk(&office, &office.counties).await;
    let other = office.another_face();
    let there = desk(&office, &other.counties).await;
    let running = tokio::spawn(there.watch.clone().run(office.stop.clone()));
    here.activate(SettingKind::Directory, directory(grow), 0).await.unwrap();
    assert_eq!(name(&office.counties, NEW_COMMUNITY), "新镇新村");
    let seen = async {
        while name(&other.counties, NEW_COMMUNITY).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), seen).await.unwrap();
    let events = told(&office).await;
    assert_eq!((events.len(), events[0].version), (1, 1));
    assert!(events[0].areas.contains("新镇") && events[0].area_changes.is_none());
    // A directory that is given without areas leaves them as they are, and is whole all the same.
    let people = directory(|files| {
        grow(files);
        files.remove("areas.csv");
        edit(files, "people.csv", |text| text + "zhao,赵某,centre-deputy,2026-01-01,,,\n");
    });
    there.activate(SettingKind::Directory, people, 1).await.unwrap();
    assert_eq!(name(&other.counties, NEW_COMMUNITY), "新镇新村");
    let events = told(&office).await;
    assert_eq!((events.len(), events[1].version, &events[1].areas), (2, 2, &events[0].areas));
    // A process that starts later has them before it serves.
    let late = office.another_face();
    desk(&office, &late.counties).await;
    assert_eq!(name(&late.counties, NEW_COMMUNITY), "新镇新村");
    // What is no directory is nobody else's business.
    let calendar = one("calendar.csv", "date,kind,name\n2026-12-25,holiday,县庆\n");
    here.activate(SettingKind::Calendar, calendar, 0).await.unwrap();
    assert_eq!(told(&office).await.len(), 2);
    office.stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_report_that_is_ahead_of_its_process_still_finds_its_agency() {
    let office = Office::open().await;
    let other = office.another_face();
    let there = desk(&office, &other.counties).await;
    there.activate(SettingKind::Directory, directory(grow), 0).await.unwrap();
    assert_eq!(name(&office.counties, NEW_COMMUNITY), "", "this process has not looked yet");
    office.take(&[report_from(&office, NEW_COMMUNITY)]).await.unwrap();
    let case = office.changes().await.pop().unwrap();
    assert_eq!((case.lead_agency.as_str(), case.area_code.as_str()), ("town-new", NEW_COMMUNITY));
    assert!(told_of_last(&office).await.contains("community-new"));
    let shown = office.case(&case.case_id).await.unwrap();
    assert_eq!(shown.area_name, "新镇新村");
}

#[tokio::test]
async fn after_its_last_day_an_areas_cases_go_to_its_successor_and_keep_their_name() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    office.set_clock(at("2026-12-31T10:00:00+08:00"));
    let merged = directory(|files| {
        grow(files);
        ending(files, &format!("{COMMUNITY},,2026-12-31,{NEW_COMMUNITY}\n"));
    });
    desk.activate(SettingKind::Directory, merged, 0).await.unwrap();
    office.take(&[report_from(&office, COMMUNITY)]).await.unwrap();
    let old = office.changes().await.pop().unwrap().case_id;
    assert!(told_of_last(&office).await.contains(&format!("community-{COMMUNITY}")));
    office.set_clock(at("2027-01-01T10:00:00+08:00"));
    // Intake has not heard of it: the code is the old one.
    office.take(&[report_from(&office, COMMUNITY)]).await.unwrap();
    let agencies = told_of_last(&office).await;
    assert!(agencies.contains("community-new") && agencies.contains("town-new"), "{agencies:?}");
    assert!(!agencies.contains(&format!("community-{COMMUNITY}")), "{agencies:?}");
    assert_eq!(office.case(&old).await.unwrap().area_name, "阎家河镇凉亭村村民委员会");
}

#[tokio::test]
async fn an_area_stays_as_long_as_a_case_is_in_it() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let town = "421181105000";
    office.take(&[report_from(&office, COMMUNITY), report_from(&office, town)]).await.unwrap();
    let cases = office.changes().await;
    // Without all that names the area, and the people of its posts.
    let without = |code: &'static str| {
        directory(move |files| {
            let keep = |text: &str, fits: &dyn Fn(&str) -> bool| {
                text.lines().filter(|line| fits(line)).fold(String::new(), |all, line| all + line + "\n")
            };
            for text in files.values_mut() {
                *text = keep(text, &|line| !line.contains(code));
            }
            let posts = files["posts.csv"].clone();
            let of_post = |line: &str| line.split(',').nth(2).unwrap_or_default().to_owned() + ",";
            edit(files, "people.csv", |text| {
                keep(&text, &|line| {
                    line.starts_with("person,") || posts.contains(&format!("\n{}", of_post(line)))
                })
            });
        })
    };
    let found = desk.mistakes(SettingKind::Directory, without(COMMUNITY)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let said = format!("areas.csv:0: {COMMUNITY} would have to stay, since the case {} ", cases[0].number);
    assert!(found[0].starts_with(&said), "{found:?}");
    let found = desk.mistakes(SettingKind::Directory, without("421181105")).await;
    assert_eq!(found.len(), 2, "also the town, whose code is filled up in cases: {found:?}");
    // One without a case may go.
    assert_eq!(desk.mistakes(SettingKind::Directory, without("421181105203")).await, [""; 0]);
    // To end is not enough where the case is not over, also where only the successor ends.
    let rows = format!(
        "# 撤并\n{town},,2026-12-31,\n{COMMUNITY},,2026-12-31,421181105203\n421181105203,,2099-12-31,\n"
    );
    let ended = directory(|files| ending(files, &rows));
    let mut found = desk.mistakes(SettingKind::Directory, ended.clone()).await;
    found.sort();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("area_changes.csv:3: 421181105 would have to have a successor"),
        "{found:?}"
    );
    assert!(found[1].starts_with(&format!("area_changes.csv:4: {COMMUNITY} would")), "{found:?}");
    assert!(found[1].contains(&cases[0].number), "{found:?}");
    let refused = desk.activate(SettingKind::Directory, ended.clone(), 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(fields(&refused).contains(&"area_changes.csv:3".to_owned()), "{refused:?}");
    assert!(told(&office).await.is_empty());
    for case in &cases {
        let request = ActOnCaseRequest {
            case: case.case_id.clone(),
            request_id: Uuid::now_v7().to_string(),
            act: Some(Act::Reject(RejectAct { words: "依法途径".into() })),
            ..Default::default()
        };
        office.face.act_on_case(asked(&officer(), request)).await.unwrap();
    }
    desk.activate(SettingKind::Directory, ended, 0).await.unwrap();
    assert_eq!(office.case(&cases[0].case_id).await.unwrap().area_name, "阎家河镇凉亭村村民委员会");
    // What had ended before is no obstacle later on.
    let people = directory(|files| {
        files.remove("areas.csv");
        edit(files, "people.csv", |text| text + "zhao,赵某,centre-deputy,2026-01-01,,,\n");
    });
    desk.activate(SettingKind::Directory, people, 1).await.unwrap();
}

#[tokio::test]
async fn areas_are_checked_with_all_that_names_them() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let lines = |name: &str| read(name).lines().count() + 1;
    let stray = directory(|files| {
        edit(files, "agencies.csv", |text| text + "town-new,新镇,town,421181199000\n");
        edit(files, "responsibility.csv", |text| text + "421181199000,property,justice\n");
        edit(files, "areas.csv", |text| text + "421181198201,community,孤村,421181198000\n");
    });
    let found = desk.mistakes(SettingKind::Directory, stray).await;
    for place in ["agencies.csv", "responsibility.csv", "areas.csv"] {
        let line = format!("{place}:{}: ", lines(place));
        assert!(found.iter().any(|mistake| mistake.starts_with(&line)), "{line} in {found:?}");
    }
    let large = directory(|files| edit(files, "areas.csv", |text| text + &"#".repeat(2 * 1024 * 1024)));
    let found = desk.mistakes(SettingKind::Directory, large).await;
    assert!(found.len() == 1 && found[0].starts_with("areas.csv:0: "), "{found:?}");
    assert!(told(&office).await.is_empty());
}

#[tokio::test]
async fn the_same_request_is_known_again_with_and_without_areas() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let activate = async |files: Files, expected: i32, request: &str| {
        desk.activate_as(&director(), "centre-director", SettingKind::Directory, files, expected, request)
            .await
    };
    let people = |files: &mut Files| {
        files.remove("areas.csv");
        edit(files, "people.csv", |text| text + "zhao,赵某,centre-deputy,2026-01-01,,,\n");
    };
    activate(directory(people), 0, "a").await.unwrap();
    activate(directory(grow), 1, "b").await.unwrap();
    // What it was completed with is what held then.
    assert_eq!(activate(directory(people), 0, "a").await.unwrap().version, 1);
    assert_eq!(activate(directory(grow), 1, "b").await.unwrap().version, 2);
    assert_eq!(activate(directory(grow), 1, "a").await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(told(&office).await.len(), 2);
}

/// As a version of this program stored it that left the areas to the folder.
#[tokio::test]
async fn a_directory_that_was_stored_without_areas_has_those_of_the_folder() {
    let office = Office::open().await;
    let given = directory(|files| {
        edit(files, "people.csv", |text| text + "zhao,赵某,centre-deputy,2026-01-01,,,\n");
    });
    let files: StoredFiles = given.clone().into_iter().filter(|(name, _)| name != "areas.csv").collect();
    let kind = fengqiao_routing::settings::SettingKind::Directory;
    let text =
        KeptText { kind, digest: &digest(&files), name: "old", files: &files, at: Timestamp::UNIX_EPOCH };
    let new = NewSetting {
        text,
        before: SettingVersions::default(),
        after: SettingVersions::of([1, 0, 0, 0]),
        by: "director-li",
        capacity: "centre-director",
        words: "",
        request_id: "old",
        event: None,
    };
    assert!(activate_setting(&office.pool, &office.keyring, COUNTY, &new).await.unwrap());
    let desk = desk(&office, &office.counties).await;
    assert_eq!(name(&office.counties, COMMUNITY), "阎家河镇凉亭村村民委员会");
    let kind = SettingKind::Directory;
    let again = desk.activate_as(&director(), "centre-director", kind, given, 0, "old").await.unwrap();
    assert_eq!(again.version, 1, "the areas were not compared then");
    desk.activate(SettingKind::Directory, directory(grow), 1).await.unwrap();
    assert_eq!(name(&office.counties, NEW_COMMUNITY), "新镇新村");
    let request = GetSettingRequest { kind: SettingKind::Directory.into(), version: 2, ..Default::default() };
    let stored = desk.face.get_setting(asked(&officer(), request)).await.unwrap().into_inner();
    assert!(stored.files["areas.csv"].contains("新村"));
}
