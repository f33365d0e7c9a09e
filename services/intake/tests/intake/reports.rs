//! Reports taken, known, revised, listed and refused.

use std::{collections::HashMap, time::Duration};

use crate::world::{Client, World, by, client, events, one, report, submit};
use fengqiao_intake::{config::CommitSettings, store};
use fengqiao_messaging::InTurnStatement;
use fengqiao_proto::{
    intake::v1::{
        GetReportRequest, ListReportsRequest, Report, SubmitReportRequest, SubmitReportsRequest,
        submit_reports_response::Outcome,
    },
    types::v1::Source,
};
use fengqiao_serving::{ServiceName, planning};
use fengqiao_stack::{plans::detours, test_county::write_county_with_codes};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqlSafeStr as _};
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;

/// The statements in the county's turn, for each kind of step and for none.
fn in_turn() -> impl Iterator<Item = (&'static str, String)> {
    store::STATEMENTS_IN_TURN
        .iter()
        .flat_map(|(name, rest)| InTurnStatement::new(rest).into_texts().map(|text| (*name, text)))
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let world = World::new().await;
    for (name, statement) in store::STATEMENTS.iter() {
        let prepared = world.pool.prepare(AssertSqlSafe(*statement).into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
    for (name, text) in in_turn() {
        let whole = AssertSqlSafe(text).into_sql_str();
        let prepared = world.pool.prepare(whole).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
    world.end().await;
}

#[tokio::test]
async fn no_statement_goes_through_a_county_for_what_a_key_leads_to() {
    let world = World::new().await;
    let mut connection = world.pool.acquire().await.unwrap();
    let alone = store::STATEMENTS.iter().map(|(name, statement)| (*name, (*statement).to_owned()));
    let found =
        detours(&mut connection, &planning(ServiceName::Intake), alone.chain(in_turn())).await.unwrap();
    assert!(found.is_empty(), "{found:#?}");
    drop(connection);
    world.end().await;
}

#[tokio::test]
async fn a_report_is_committed_known_and_revised() {
    let (world, mut client) = one().await;
    let first = submit(&mut client, report("GD-1", 1, 1)).await.unwrap();
    assert_eq!((first.revision, first.known), (1, false));
    let mut again = report("GD-1", 1, 1);
    again.occurred_at = submitted_at(&mut client, &first.report_id).await;
    let known = submit(&mut client, again.clone()).await.unwrap();
    assert_eq!((known.revision, known.known, &known.report_id), (1, true, &first.report_id));
    again.title = "邻里纠纷（补充）".into();
    let revised = submit(&mut client, again).await.unwrap();
    assert_eq!((revised.revision, revised.known), (2, false));
    assert_eq!(revised.linkage, first.linkage);

    let held = client
        .get_report(GetReportRequest {
            source: Source::Hotline12345.into(),
            source_ref: "GD-1".into(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner()
        .report
        .unwrap();
    assert_eq!((held.revision, held.canonical_category.as_str()), (2, "neighbourhood"));
    assert_eq!(held.report.unwrap().title, "邻里纠纷（补充）");
    assert_eq!(world.count("SELECT count(*) FROM report_revision").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM report_link").await, 1);
    let events = events(&world).await;
    assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(events[0].received_by, "officer-1");
    world.end().await;
}

#[tokio::test]
async fn a_category_that_nobody_knows_is_kept_without_what_says_who() {
    let (world, mut client) = one().await;
    let mut known = report("GD-1", 1, 1);
    known.parties[0].name = "王铁蛋".into();
    let unknown =
        Report { category: "投诉王铁蛋13812345678".into(), source_ref: "GD-2".into(), ..known.clone() };
    for (said, kept) in [(known, "邻里"), (unknown, "投诉王某〔电话〕")] {
        let accepted = submit(&mut client, said).await.unwrap();
        let request = GetReportRequest { report_id: accepted.report_id, ..Default::default() };
        let held = client.get_report(request).await.unwrap().into_inner().report.unwrap();
        assert_eq!(held.report.unwrap().category, kept);
    }
    let in_clear =
        "SELECT count(*) FROM report WHERE source_category LIKE '%138%' OR source_category LIKE '%铁蛋%'";
    assert_eq!(world.count(in_clear).await, 0);
    world.end().await;
}

async fn submitted_at(client: &mut Client, id: &str) -> Option<prost_types::Timestamp> {
    let request = GetReportRequest { report_id: id.into(), ..Default::default() };
    client.get_report(request).await.unwrap().into_inner().report.unwrap().report.unwrap().occurred_at
}

#[tokio::test]
async fn nothing_personal_is_stored_in_the_clear() {
    let (world, mut client) = one().await;
    submit(&mut client, report("GD-1", 12_345_678, 1)).await.unwrap();
    for table in ["report", "report_link", "link_key", "outbox_event"] {
        let text: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {table} t")))
                .fetch_all(&world.pool)
                .await
                .unwrap();
        let text = text.concat();
        for personal in ["13812345678", "王女士", "3133383132333435363738", "漏水", "e78e8be5a5b3e5a3ab"]
        {
            assert!(!text.contains(personal), "{personal} in {table}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn each_wrong_field_is_named_and_nothing_is_written() {
    let (world, mut client) = one().await;
    let mut wrong = report("GD-1", 1, 1);
    wrong.area_code = "421181999999".into();
    wrong.parties[1].phone = "1380000".into();
    wrong.parties[0].id_number = "110105194912310021".into();
    let status = submit(&mut client, wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields: Vec<String> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect();
    assert_eq!(fields, ["areaCode", "parties[0].idNumber", "parties[1].phone"]);
    let mut crowd = report("GD-2", 1, 1);
    crowd.parties = vec![crowd.parties[0].clone(); 10_000];
    let status = submit(&mut client, crowd).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let mut huge = report("GD-3", 1, 1);
    huge.narrative = "x".repeat(5 * 1024 * 1024);
    assert_eq!(submit(&mut client, huge).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(world.count("SELECT count(*) FROM report").await, 0);
    world.end().await;
}

#[tokio::test]
async fn an_area_is_known_by_the_police_s_code_too_and_stored_under_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write_county_with_codes(folder.path()).unwrap();
    let mut world = World::of(folder.path()).await;
    let mut client = client(&world.process(CommitSettings::default()).await).await;
    let named = |reference: &str, code: &str| Report { area_code: code.into(), ..report(reference, 1, 1) };
    let mut areas = Vec::new();
    for (reference, code, held) in [
        ("GD-1", "421181105900001", "421181105204"),
        ("GD-2", "421181105204", "421181105204"),
        ("GD-3", "421181111900005", "421181111203"),
        ("GD-4", "421181111205", "421181111203"),
        // Over without a successor: what it lay in.
        ("GD-5", "421181111206", "421181111000"),
    ] {
        let taken = submit(&mut client, named(reference, code)).await.unwrap();
        let get = GetReportRequest { report_id: taken.report_id, ..Default::default() };
        let found = client.get_report(get).await.unwrap().into_inner().report.unwrap().report.unwrap();
        assert_eq!(found.area_code, held, "{reference}");
        areas.push(held);
    }
    let told = events(&world).await;
    assert_eq!(told.iter().map(|event| event.area_code.as_str()).collect::<Vec<_>>(), areas);
    let again = |phone: u32, code: &str| Report { area_code: code.into(), ..report("", phone, 77) };
    let by_police = Report { source_ref: "GD-7".into(), ..again(7, "421181105900001") };
    let neighbour = Report { source_ref: "GD-8".into(), ..again(8, "421181105204") };
    let first = submit(&mut client, by_police).await.unwrap().linkage.unwrap();
    let second = submit(&mut client, neighbour).await.unwrap().linkage.unwrap();
    assert_eq!(second.cluster_id, first.cluster_id, "the same house, however its area is named");
    // Of the police's form but known to nobody: never cut to the town or village that it begins with.
    let status = submit(&mut client, named("GD-6", "421181105900002")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "areaCode");
    let listed = |code: &str| ListReportsRequest { area_code: code.into(), ..Default::default() };
    let found = client.list_reports(listed("421181111900003")).await.unwrap().into_inner().reports;
    assert_eq!(found.len(), 2, "a list is asked for by any code too");
    let unknown = client.list_reports(listed("421181105900002")).await.unwrap_err();
    assert_eq!(unknown.get_details_bad_request().unwrap().field_violations[0].field, "areaCode");
    world.end().await;
}

#[tokio::test]
async fn a_source_brings_and_sees_its_own_only() {
    let (world, mut client) = one().await;
    let request = SubmitReportRequest { report: Some(report("GD-1", 1, 1)), ..Default::default() };
    let status = client.submit_report(by("police_110", request.clone())).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "source");
    let taken = client.submit_report(by("hotline_12345", request)).await.unwrap().into_inner();

    let get = GetReportRequest { report_id: taken.report_id.clone(), ..Default::default() };
    assert!(client.get_report(by("hotline_12345", get.clone())).await.is_ok());
    assert_eq!(client.get_report(by("police_110", get.clone())).await.unwrap_err().code(), Code::NotFound);
    let other_county = GetReportRequest { county: "330681".into(), ..get };
    assert_eq!(client.get_report(other_county).await.unwrap_err().code(), Code::NotFound);
    let list = ListReportsRequest::default();
    assert_eq!(
        client.list_reports(by("hotline_12345", list.clone())).await.unwrap().into_inner().reports.len(),
        1
    );
    assert!(client.list_reports(by("police_110", list)).await.unwrap().into_inner().reports.is_empty());
    world.end().await;
}

#[tokio::test]
async fn pages_show_everything_once_newest_first() {
    let (world, mut client) = one().await;
    let mut sent = Vec::new();
    for n in 0..25_u32 {
        let mut one = report(&format!("GD-{n}"), n % 20, n % 20);
        if n % 2 == 0 {
            one.area_code = "421181105000".into();
        }
        sent.push(submit(&mut client, one).await.unwrap().report_id);
    }
    let mut seen = Vec::new();
    let mut ask = ListReportsRequest { page_size: 10, ..Default::default() };
    loop {
        let page = client.list_reports(ask.clone()).await.unwrap().into_inner();
        assert!(page.reports.len() <= 10);
        seen.extend(page.reports.into_iter().map(|one| one.report_id));
        if page.next_page_token.is_empty() {
            break;
        }
        ask.page_token = page.next_page_token;
    }
    sent.reverse();
    assert_eq!(seen, sent);
    let repeats = ListReportsRequest { repeats_only: true, ..Default::default() };
    assert_eq!(client.list_reports(repeats).await.unwrap().into_inner().reports.len(), 5);
    let community = ListReportsRequest { area_code: "421181105204".into(), ..Default::default() };
    assert_eq!(client.list_reports(community).await.unwrap().into_inner().reports.len(), 12);
    let forged = ListReportsRequest { page_token: "forged".into(), ..Default::default() };
    assert_eq!(client.list_reports(forged).await.unwrap_err().code(), Code::InvalidArgument);
    world.end().await;
}

/// Two processes, many callers, every reference sent several times: one report each, one event each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reference_is_one_report_from_wherever_it_comes() {
    let mut world = World::new().await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let address = world.process(CommitSettings { batch_reports: 7, ..CommitSettings::default() }).await;
        clients.push(client(&address).await);
    }
    let mut calls = JoinSet::new();
    let reports: Vec<_> = (0..40_u32).map(|n| report(&format!("GD-{n}"), n % 10, n)).collect();
    for turn in 0..4 {
        for one in &reports {
            let (mut client, one) = (clients[turn % 2].clone(), one.clone());
            calls.spawn(async move { (one.source_ref.clone(), submit(&mut client, one).await.unwrap()) });
        }
    }
    let mut ids: HashMap<String, Vec<(String, bool)>> = HashMap::new();
    while let Some(answer) = calls.join_next().await {
        let (reference, answer) = answer.unwrap();
        assert_eq!(answer.revision, 1);
        ids.entry(reference).or_default().push((answer.report_id, answer.known));
    }
    for (reference, answers) in ids {
        assert!(answers.iter().all(|(id, _)| *id == answers[0].0), "{reference}");
        assert_eq!(answers.iter().filter(|(_, known)| !known).count(), 1, "{reference}");
    }
    assert_eq!(world.count("SELECT count(*) FROM report").await, 40);
    assert_eq!(world.count("SELECT count(DISTINCT cluster_id) FROM report").await, 10);
    assert_eq!(events(&world).await.len(), 40);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_row_never_costs_its_neighbours() {
    let (world, client) = one().await;
    world.pool.execute("ALTER TABLE report ADD CHECK (source_ref <> 'GD-13')").await.unwrap();
    let mut calls = JoinSet::new();
    for n in 0..60_u32 {
        let mut client = client.clone();
        calls.spawn(async move { (n, submit(&mut client, report(&format!("GD-{n}"), n, n)).await) });
    }
    while let Some(answer) = calls.join_next().await {
        let (n, answer) = answer.unwrap();
        assert_eq!(
            answer.as_ref().err().map(tonic::Status::code),
            (n == 13).then_some(Code::Internal),
            "{n}"
        );
    }
    assert_eq!(events(&world).await.len(), 59);
    world.end().await;
}

#[tokio::test]
async fn a_lost_connection_is_replaced_unseen() {
    let (world, mut client) = one().await;
    submit(&mut client, report("GD-1", 1, 1)).await.unwrap();
    for turn in 2..5_u32 {
        let mut other = PgConnection::connect_with(&world.pool.connect_options()).await.unwrap();
        other
            .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
            .await
            .unwrap();
        drop(other);
        tokio::time::sleep(Duration::from_millis(50)).await;
        submit(&mut client, report(&format!("GD-{turn}"), turn, turn)).await.unwrap();
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_intake_says_when_to_come_again() {
    let mut world = World::new().await;
    let settings = CommitSettings { queue_reports: 2, batch_reports: 1, ..CommitSettings::default() };
    let address = world.process(settings).await;
    let mut lock = world.pool.acquire().await.unwrap();
    lock.execute("BEGIN; SELECT pg_advisory_xact_lock(26990, 421181)").await.unwrap();
    let client = client(&address).await;
    let mut calls = JoinSet::new();
    for n in 0..20_u32 {
        let mut client = client.clone();
        calls.spawn(async move { submit(&mut client, report(&format!("GD-{n}"), n, n)).await });
    }
    let refused = loop {
        let answer = calls.join_next().await.unwrap().unwrap();
        if let Err(status) = answer {
            break status;
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    lock.execute("COMMIT").await.unwrap();
    drop(lock);
    calls.shutdown().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_answers_each_message_on_its_own() {
    let (world, mut client) = one().await;
    let messages = (0..3000_u64).map(|mark| {
        let mut one = report(&format!("GD-{mark}"), mark as u32, mark as u32);
        if mark % 10 == 3 {
            one.title.clear();
        }
        SubmitReportsRequest { mark, report: Some(one), ..Default::default() }
    });
    let mut answers = client.submit_reports(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let (mut accepted, mut refused) = (0, 0);
    while let Some(answer) = answers.message().await.unwrap() {
        match answer.outcome.unwrap() {
            Outcome::Accepted(_) => accepted += 1,
            Outcome::Refused(refusal) => {
                assert_eq!(answer.mark % 10, 3);
                assert_eq!((refusal.code, refusal.violations[0].field.as_str()), (3, "title"));
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (2700, 300));
    assert_eq!(world.count("SELECT count(*) FROM report").await, 2700);
    assert_eq!(events(&world).await.len(), 2700);
    world.end().await;
}

#[tokio::test]
async fn what_is_no_number_is_kept_as_it_was_said_where_that_is_wanted() {
    let mut world = World::new().await;
    let mut client = client(&world.process(CommitSettings::default()).await).await;
    let told = |reference: &str, caller: u32, phone: &str, id: &str| {
        let mut told = report(reference, caller, caller);
        told.parties[0].name = "王桂兰".into();
        told.parties[0].phone = phone.into();
        told.parties[0].id_number = id.into();
        told
    };
    let submit_as_said = |report: Report| SubmitReportRequest { report: Some(report), numbers_as_said: true };
    let right = submit(&mut client, told("GD-1", 1, "13800000001", "11010519491231002X")).await.unwrap();
    // A digit of the check sign is wrong, the telephone is hidden.
    let wrong = told("GD-2", 2, "138****0001", "110105194912310021");
    let refused = submit(&mut client, wrong.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let taken = client.submit_report(submit_as_said(wrong)).await.unwrap().into_inner();
    assert_eq!(
        taken.linkage.unwrap().person_id,
        right.linkage.unwrap().person_id,
        "evidence as far as it is right"
    );
    let asked = GetReportRequest { report_id: taken.report_id, ..Default::default() };
    let held = client.get_report(asked).await.unwrap().into_inner().report.unwrap().report.unwrap();
    let party = &held.parties[0];
    assert_eq!((party.phone.as_str(), party.phone_as_said.as_str()), ("", "138****0001"));
    assert_eq!((party.id_number.as_str(), party.id_number_as_said.as_str()), ("", "110105194912310021"));
    world.end().await;
}
