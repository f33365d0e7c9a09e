//! Who was here before: the badge, by purpose, kept, and not too often.

use std::time::{Duration, Instant};

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{
    intake::v1::{
        AskedBy, ContactKind, GetBackgroundRequest, GetBackgroundResponse, ListBackgroundReadingsRequest,
        ReadingPurpose, Report, SaidAddress, background_service_client::BackgroundServiceClient,
        get_background_request::Asked,
    },
    routing::v1::CaseChanged,
    types::v1::{CaseState, Source},
};
use fengqiao_stack::StackPlan;
use sqlx::Executor as _;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::world::{Client, World, by, case_changed, channel, client, report, submit, tell};

type Background = BackgroundServiceClient<Channel>;

async fn ask(client: &mut Background, asked: Asked) -> Result<GetBackgroundResponse, Status> {
    let request = GetBackgroundRequest {
        asked: Some(asked),
        purpose: ReadingPurpose::Reception.into(),
        purpose_words: "窗口来访".into(),
        ..Default::default()
    };
    client.get_background(request).await.map(tonic::Response::into_inner)
}

/// Says whose a report is, whatever linkage has found.
async fn set_person(world: &World, reference: &str, person: u128) {
    sqlx::query(
        "UPDATE report_link SET person_id = $2, household_id = $3
         FROM report WHERE report.report_id = report_link.report_id AND report.source_ref = $1",
    )
    .bind(reference)
    .bind(sqlx::types::Uuid::from_u128(person))
    .bind(sqlx::types::Uuid::from_u128(900))
    .execute(&world.pool)
    .await
    .unwrap();
}

async fn began() -> (World, Client, Background) {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let background = BackgroundServiceClient::new(channel(&address).await);
    (world, client(&address).await, background)
}

#[tokio::test]
async fn s4_05_who_petitioned_called_the_police_and_asked_for_help_is_someone_to_look_after() {
    let (world, mut intake, mut background) = began().await;
    let through = |source: Source, reference: &str, title: &str| Report {
        source: source.into(),
        title: title.into(),
        ..report(reference, 1, 1)
    };
    let mut clusters = Vec::new();
    for (source, reference, title) in [
        (Source::Police110, "JJ-1", "王小芳电话13800000001报警"),
        (Source::Petition, "XF-1", "反映邻居李某"),
        (Source::WalkIn, "LF-1", "求助"),
        (Source::Police110, "JJ-2", "又被13900000002骚扰，车鄂J12345"),
    ] {
        let taken = submit(&mut intake, through(source, reference, title)).await.unwrap();
        clusters.push(taken.linkage.unwrap().cluster_id);
    }
    for reference in ["JJ-1", "XF-1", "LF-1", "JJ-2"] {
        set_person(&world, reference, 7).await;
    }
    tell(&world, &case_changed(50, "20261127-0001", &clusters[0], CaseState::Open, None)).await;

    let found = ask(&mut background, Asked::Phone("+86 138 0000 0001".into())).await.unwrap();
    let counts: Vec<_> = found.contacts.iter().map(|one| (one.kind(), one.reports.unwrap().count)).collect();
    assert_eq!(
        counts,
        [(ContactKind::Petitioned, 1), (ContactKind::CalledPolice, 2), (ContactKind::AskedForHelp, 1)]
    );
    assert!(found.all_three);
    assert_eq!(found.person_id, sqlx::types::Uuid::from_u128(7).to_string());
    assert_eq!(
        found.contacts[1].names.iter().map(|n| n.source_ref.as_str()).collect::<Vec<_>>(),
        ["JJ-2", "JJ-1"]
    );
    assert_eq!(found.household_reports.unwrap().count, 4);
    assert_eq!(
        found.open_cases.iter().map(|case| case.number.as_str()).collect::<Vec<_>>(),
        ["20261127-0001"]
    );
    let titles: Vec<_> = found.last_lines.iter().map(|line| line.title.as_str()).collect();
    assert_eq!(titles, ["又被〔电话〕骚扰，车〔车牌〕", "求助", "反映邻居李某"]);
    assert_eq!(found.last_lines[0].category, "neighbourhood");

    // Nobody is an empty answer, and is kept too.
    let nobody = ask(&mut background, Asked::Phone("13800000009".into())).await.unwrap();
    assert_eq!((nobody.reports.unwrap().count, nobody.all_three), (0, false));
    let closed = CaseChanged {
        version: 2,
        state: CaseState::Closed.into(),
        ..case_changed(50, "20261127-0001", &clusters[0], CaseState::Open, None)
    };
    tell(&world, &closed).await;
    let person = Asked::PersonId(found.person_id.clone());
    assert!(ask(&mut background, person).await.unwrap().open_cases.is_empty());

    let listed = background.list_background_readings(ListBackgroundReadingsRequest::default()).await.unwrap();
    let readings = listed.into_inner().readings;
    let told: Vec<_> = readings.iter().map(|one| (one.asked_by(), one.shown)).collect();
    assert_eq!(told, [(AskedBy::Person, 4), (AskedBy::Phone, 0), (AskedBy::Phone, 4)]);
    assert_eq!((readings[0].reader.as_str(), readings[0].purpose_words.as_str()), ("officer-1", "窗口来访"));
    assert!(readings.iter().all(|one| one.asked_hash.len() == 32 && !one.asked_hash.contains("138000")));
    assert!(world.pool.execute("DELETE FROM background_reading").await.is_err(), "append-only");
    world.end().await;
}

#[tokio::test]
async fn the_telephone_of_many_stands_for_itself_and_says_who_it_may_be() {
    let (world, mut intake, mut background) = began().await;
    let people = [("GD-1", 1), ("GD-2", 2), ("GD-3", 2)];
    for (reference, _) in people {
        submit(&mut intake, report(reference, 5, 1)).await.unwrap();
    }
    for (reference, person) in people {
        set_person(&world, reference, person).await;
    }
    let found = ask(&mut background, Asked::Phone("13800000005".into())).await.unwrap();
    assert!(found.person_id.is_empty());
    let people: Vec<_> = found.people.iter().map(|one| one.reports).collect();
    assert_eq!((people, found.reports.unwrap().count), (vec![2, 1], 3));
    let said = SaidAddress { text: "五组1号".into(), area_code: "421181105204".into() };
    let house = ask(&mut background, Asked::Address(said)).await.unwrap();
    assert_eq!(house.household_reports.unwrap().count, 3);
    assert!(!house.household_id.is_empty());
    world.end().await;
}

#[tokio::test]
async fn whom_a_report_is_against_is_not_who_made_it() {
    let (world, mut intake, mut background) = began().await;
    let mut told = report("JJ-1", 1, 1);
    told.source = Source::Police110.into();
    told.parties[1].phone = "13900000099".into();
    told.parties[1].id_number = "11010519491231002X".into();
    submit(&mut intake, told).await.unwrap();
    for asked in [Asked::Phone("13900000099".into()), Asked::IdNumber("110105491231002".into())] {
        let found = ask(&mut background, asked).await.unwrap();
        assert_eq!((found.reports.unwrap().count, found.person_id.as_str()), (0, ""), "of a respondent");
        assert!(found.last_lines.is_empty() && found.people.is_empty());
    }
    assert_eq!(
        ask(&mut background, Asked::Phone("13800000001".into())).await.unwrap().reports.unwrap().count,
        1
    );
    world.end().await;
}

#[tokio::test]
async fn a_house_is_not_the_house_of_that_number_elsewhere() {
    let (world, mut intake, mut background) = began().await;
    for (number, area, address) in [
        (1, "421181105204", "喻家楼村5组12号"),
        (2, "421181105204", "喻家楼村6组12号"),
        (3, "421181105203", "罗家铺村5组12号"),
    ] {
        let told = Report {
            area_code: area.into(),
            address: address.into(),
            ..report(&format!("GD-{number}"), number, 1)
        };
        submit(&mut intake, told).await.unwrap();
    }
    let said =
        |text: &str| Asked::Address(SaidAddress { text: text.into(), area_code: "421181105204".into() });
    let house = ask(&mut background, said("5组12号")).await.unwrap();
    assert_eq!(house.reports.unwrap().count, 1);
    assert_eq!(house.contacts.len(), 3);
    // Without the group it may be either of the village, and is none of them.
    let some = ask(&mut background, said("喻家楼村12号")).await.unwrap();
    assert_eq!((some.reports.unwrap().count, some.household_id.as_str()), (2, ""));
    world.end().await;
}

#[tokio::test]
async fn the_old_form_of_an_id_number_is_the_same_person() {
    let (world, mut intake, mut background) = began().await;
    for (reference, caller, id) in [("GD-1", 1, "110105491231002"), ("GD-2", 2, "11010519491231002X")] {
        let mut told = report(reference, caller, caller);
        told.parties[0].id_number = id.into();
        submit(&mut intake, told).await.unwrap();
    }
    for id in ["110105491231002", "11010519491231002X"] {
        let found = ask(&mut background, Asked::IdNumber(id.into())).await.unwrap();
        assert_eq!(found.reports.unwrap().count, 2, "{id}");
        assert!(!found.person_id.is_empty());
    }
    world.end().await;
}

#[tokio::test]
async fn a_question_needs_a_purpose_and_someone_to_be_about() {
    let (world, _, mut background) = began().await;
    let fields = |status: Status| -> Vec<String> {
        assert_eq!(status.code(), Code::InvalidArgument);
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect()
    };
    let nothing = background.get_background(GetBackgroundRequest::default()).await.unwrap_err();
    assert_eq!(fields(nothing), ["asked", "purpose", "purposeWords"]);
    let hotline = ask(&mut background, Asked::Phone("12345".into())).await.unwrap_err();
    assert_eq!(fields(hotline), ["phone"]);
    let id = ask(&mut background, Asked::IdNumber("110105194912310021".into())).await.unwrap_err();
    assert_eq!(fields(id), ["idNumber"]);
    let unknown = Asked::ReportId(sqlx::types::Uuid::from_u128(1).to_string());
    assert_eq!(ask(&mut background, unknown).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(world.count("SELECT count(*) FROM background_reading").await, 0);
    world.end().await;
}

#[tokio::test]
async fn nobody_walks_through_the_county_s_people() {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(StackPlan::sample_county()).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    let settings = folder.path().join("county.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("readings_per_hour = 120", "readings_per_hour = 3")).unwrap();
    let mut world = World::of(folder.path()).await;
    let address = world.process(CommitSettings::default()).await;
    let mut background = BackgroundServiceClient::new(channel(&address).await);
    // At once, as a program would: no two of them may take the same place.
    let asking = (0..8_u32).map(|number| {
        let mut client = background.clone();
        async move { ask(&mut client, Asked::Phone(format!("138{number:08}"))).await }
    });
    let answers = futures::future::join_all(asking).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    let refused = answers.into_iter().find_map(Result::err).unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let wait = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::from_secs(3_500) && wait <= Duration::from_secs(3_600), "{wait:?}");
    // Someone else is not concerned.
    let request = GetBackgroundRequest {
        asked: Some(Asked::Phone("13800000001".into())),
        purpose: ReadingPurpose::Safety.into(),
        purpose_words: "x".into(),
        ..Default::default()
    };
    background.get_background(by("officer-2", request)).await.unwrap();
    world.end().await;
}

/// Prints how long a question takes with few and with many reports; the walks are bounded, so that it hardly differs.
#[tokio::test]
#[ignore = "a measurement: fills a million rows"]
async fn cost_does_not_grow_with_the_county() {
    let (world, _, mut background) = began().await;
    let mut took = Vec::new();
    for (from, to) in [(0, 10_000), (10_000, 1_000_000)] {
        world.fill(from, to).await;
        let mut times: Vec<Duration> = Vec::new();
        ask(&mut background, Asked::Phone("13800000001".into())).await.unwrap();
        for _ in 0..50 {
            let began = Instant::now();
            let found = ask(&mut background, Asked::Phone("13800000001".into())).await.unwrap();
            times.push(began.elapsed());
            assert!(found.reports.unwrap().at_least);
        }
        times.sort_unstable();
        println!("{to} reports: median {:?}", times[times.len() / 2]);
        took.push(times[times.len() / 2]);
    }
    assert!(took[1].as_secs_f64() <= 1.3 * took[0].as_secs_f64(), "{took:?}");
    world.end().await;
}
