//! People are told, through the whole stack: who is called within seconds, who reported with a code, also where the process
//! that tells them is killed; and the page that the code opens.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use fengqiao_proto::{
    intake::v1::{Details, Report, SubmitReportRequest},
    routing::v1::Case,
    types::v1::{Party, PartyRole, Source},
};
use fengqiao_scenarios::{
    people::{report, unique, yellow_report},
    shared::County,
    waiting::{USUAL, until},
};
use fengqiao_stack::{services::Service, test_county::write_sample_county};
use reqwest::{Client, Url};

/// A message as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
struct Message {
    id: String,
    channel: String,
    telephone: String,
    text: String,
}

/// A stack whose county has no night: tests run at all hours.
async fn county(folder: &tempfile::TempDir) -> County {
    write_sample_county(folder.path()).unwrap();
    let file = folder.path().join("people.toml");
    let awake = fs::read_to_string(&file)
        .unwrap()
        .replace("\"22:00\"", "\"00:00\"")
        .replace("\"07:00\"", "\"00:00\"");
    fs::write(&file, awake).unwrap();
    County::start(|plan| plan.county_folder = folder.path().to_path_buf()).await
}

/// All messages in the folder of the channels, by their ids.
fn messages(county: &County) -> BTreeMap<String, Message> {
    let mut found = BTreeMap::new();
    for channel in ["sms", "voice"] {
        let folder = county.stack.folder().join("people/421181").join(channel);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                let message: Message =
                    serde_json::from_str(&fs::read_to_string(entry.path()).unwrap()).unwrap();
                assert_eq!((name, channel), (format!("{}.json", message.id), message.channel.as_str()));
                found.insert(message.id.clone(), message);
            }
        }
    }
    found
}

async fn message_to(county: &County, telephone: &str, says: &str) -> Message {
    until(says, USUAL, async || {
        messages(county).into_values().find(|one| one.telephone == telephone && one.text.contains(says))
    })
    .await
}

/// A yellow report of somebody with a mobile telephone.
fn reported() -> (Report, String) {
    let telephone = format!("154{:08}", 77_000_000 + unique());
    let reporter = Party {
        role: PartyRole::Reporter.into(),
        name: "秦女士".into(),
        phone: telephone.clone(),
        ..Default::default()
    };
    (Report { parties: vec![reporter], ..yellow_report() }, telephone)
}

struct Page {
    client: Client,
    address: String,
}

impl Page {
    fn of(county: &County) -> Self {
        let description = county.stack.description();
        Self {
            client: county.https().build().unwrap(),
            address: format!("{}/progress", description.desk.unwrap()),
        }
    }

    async fn look(&self, number: &str, code: &str) -> (u16, String) {
        let typed = [("county", "421181"), ("number", number), ("code", code)];
        let body = Url::parse_with_params("https://nowhere", typed).unwrap().query().unwrap().to_owned();
        let post =
            self.client.post(&self.address).header("content-type", "application/x-www-form-urlencoded");
        let answer = post.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

async fn officers_and_contacts_are_called_within_five_seconds(county: &County) {
    let began = Instant::now();
    // All that a device's platform knows: which one was pressed, and when.
    let press = Report {
        source: Source::OneKeyCall.into(),
        source_ref: format!("K-{}", unique()),
        occurred_at: report().occurred_at,
        details: Some(Details { device: "YL-0101".into(), ..Details::default() }),
        ..Report::default()
    };
    let mut platform = county.calls().intake("source-one_key_call").unwrap();
    platform.submit_report(SubmitReportRequest { report: Some(press), ..Default::default() }).await.unwrap();
    let called = until("somebody is called", USUAL, async || {
        messages(county).into_values().find(|one| one.text.contains("一键呼叫"))
    })
    .await;
    // The limit of the county: each contact is reached within five seconds of its turn.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(called.channel, "voice");
    assert!(!called.text.contains("15420050001"), "{called:?}");
}

async fn residents_have_a_code_also_where_the_process_is_killed(county: &County) -> (Case, String, String) {
    let mut told = Vec::new();
    for round in 0..6 {
        let (report, telephone) = reported();
        let case = county.open(&report).await;
        if round % 2 == 0 {
            assert!(county.stack.service(Service::Notification).kill());
        }
        told.push((case, telephone));
    }
    county.stack.service(Service::Notification).ready().await.unwrap();
    let mut codes = Vec::new();
    for (case, telephone) in &told {
        let message = message_to(county, telephone, &case.number).await;
        codes.push(message.text.split_once("查询码").unwrap().1[..8].to_owned());
        assert!(!message.text.contains("秦"), "{message:?}");
    }
    // Once each, however often the process died.
    let all = messages(county);
    for (_, telephone) in &told {
        assert_eq!(all.values().filter(|one| one.telephone == *telephone).count(), 1);
    }
    let (case, telephone) = told.swap_remove(0);
    (case, telephone, codes.swap_remove(0))
}

async fn the_page_shows_stage_and_days_and_locks_out_who_guesses(county: &County, case: &Case, code: &str) {
    let page = Page::of(county);
    let asked = page.client.get(&page.address).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    let (status, shown) = page.look(&case.number, code).await;
    assert_eq!(status, 200, "{shown}");
    assert!(shown.contains("当前进度：") && shown.contains("已受理") && shown.contains("0713-5550100"));
    // Nothing of who or what, nor who handles it.
    for hidden in ["秦", "争吵", "妇联", "妇女联合会", "154"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert!(shown.len() < 20_000 && shown.contains("width=device-width"));
    // Full-width digits, as a Chinese keyboard types them.
    let wide: String =
        code.chars().map(|digit| char::from_u32(digit as u32 - '0' as u32 + '０' as u32).unwrap()).collect();
    assert_eq!(page.look(&case.number, &wide).await.0, 200);
    // A number that there is, and one that there is not, are refused alike.
    let (status, of_wrong) = page.look(&case.number, &wrong(code)).await;
    assert_eq!(status, 422);
    assert_eq!(page.look("20010101-0001", code).await, (422, of_wrong));
    for _ in 0..10 {
        let (status, _) = page.look(&case.number, &wrong(code)).await;
        if status == 429 {
            assert_eq!(page.look(&case.number, code).await.0, 429, "the right code waits, too");
            return;
        }
    }
    panic!("nobody who guesses is held up");
}

#[test]
fn people_are_told_and_see_how_their_case_stands() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let county = county(&folder).await;
        officers_and_contacts_are_called_within_five_seconds(&county).await;
        let (case, telephone, code) = residents_have_a_code_also_where_the_process_is_killed(&county).await;
        the_page_shows_stage_and_days_and_locks_out_who_guesses(&county, &case, &code).await;
        // No log says whom or what was told.
        for entry in fs::read_dir(county.stack.folder().join("logs")).unwrap() {
            let log = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!log.contains(&telephone) && !log.contains(&code));
        }
        county.stack.stop().await;
    });
}
