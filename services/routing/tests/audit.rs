//! What the database's owner could do to the histories without the key: each of it is found and named.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::sync::Arc;

use fengqiao_access::Principal;
use fengqiao_proto::{
    notification::v1::ReceiptKind,
    routing::v1::{
        AuditFault, AuditFinding, CommentCaseRequest, GetAnchorRequest, GetCaseRequest,
        ListCaseHistoryRequest, ListReadingsRequest, Reading, VerifyHistoryRequest, VerifySummary,
        WatchCaseRequest, audit_service_server::AuditService as _,
        routing_service_server::RoutingService as _, verify_history_response::Step,
    },
};
use fengqiao_routing::{
    commands::Command,
    domain::{acts::Act, case_number::CaseName, history::Occasion},
    grpc::AuditFace,
    store::SEALED_COLUMNS,
};
use fengqiao_sealing::{KeyFileChange, change};
use fengqiao_serving::{
    resealing::Resealing,
    time::{Clock, now},
};
use futures::StreamExt as _;
use office::{COUNTY, Office, agency, asked, officer};
use sqlx::Executor as _;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

const FIRST: &str = "(SELECT id FROM case_file ORDER BY number LIMIT 1)";
const SECOND: &str = "(SELECT id FROM case_file ORDER BY number LIMIT 1 OFFSET 1)";

fn audit(office: &Office) -> AuditFace {
    AuditFace::new(
        office.pool.clone(),
        Arc::clone(&office.counties),
        Arc::clone(&office.keyring),
        Clock::system(),
    )
}

async fn verify(office: &Office, since: &str) -> (Vec<AuditFinding>, VerifySummary) {
    let request = VerifyHistoryRequest { since: since.into(), ..Default::default() };
    let answer = audit(office).verify_history(asked(&officer(), request)).await.unwrap();
    let (mut findings, mut summary) = (Vec::new(), None);
    let mut steps = answer.into_inner();
    while let Some(step) = steps.next().await {
        match step.unwrap().step.unwrap() {
            Step::Progress(progress) => assert!(progress.entries >= 0),
            Step::Finding(finding) => findings.push(finding),
            Step::Summary(end) => summary = Some(end),
        }
    }
    (findings, summary.unwrap())
}

async fn faults(office: &Office) -> Vec<AuditFault> {
    verify(office, "").await.0.iter().map(AuditFinding::fault).collect()
}

async fn anchor(office: &Office) -> String {
    let request = asked(&officer(), GetAnchorRequest::default());
    audit(office).get_anchor(request).await.unwrap().into_inner().anchor
}

async fn comment(office: &Office, case: &str) {
    let request = CommentCaseRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        text: "已约谈双方".into(),
        ..Default::default()
    };
    office.face.comment_case(asked(&officer(), request)).await.unwrap();
}

/// Cases with some history.
async fn with_cases(count: usize) -> Office {
    let office = Office::open().await;
    // Every other one is pushed.
    let told = |no| if no % 2 == 0 { "邻居持刀威胁" } else { "漏水" };
    let reports: Vec<_> = (0..count).map(|no| office.report(Uuid::now_v7(), told(no))).collect();
    for part in reports.chunks(50) {
        office.take(part).await.unwrap();
    }
    let pushes = office.pushes().await;
    for part in pushes.chunks(50) {
        let receipts: Vec<_> = part.iter().map(|push| Office::receipt(push, ReceiptKind::Signed)).collect();
        office.hear(&receipts).await.unwrap();
    }
    for case in office.changes().await.iter().take(4) {
        comment(&office, &case.case_id).await;
        comment(&office, &case.case_id).await;
    }
    office
}

/// What the owner of the tables can do: the triggers are switched off for it, and on again.
async fn as_owner(office: &Office, statements: &[String]) {
    for table in ["case_history", "case_reading"] {
        office
            .pool
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ALTER TABLE {table} DISABLE TRIGGER USER"))))
            .await
            .unwrap();
    }
    for statement in statements {
        let done = office.pool.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }
    for table in ["case_history", "case_reading"] {
        office
            .pool
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ALTER TABLE {table} ENABLE TRIGGER USER"))))
            .await
            .unwrap();
    }
}

async fn number_of(office: &Office, case: &str) -> String {
    let number = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!(
        "SELECT number FROM case_file WHERE id = {case}"
    )));
    number.fetch_one(&office.pool).await.unwrap()
}

#[tokio::test]
async fn a_county_that_nobody_touched_is_sound() {
    let office = with_cases(300).await;
    let kept = anchor(&office).await;
    comment(&office, &office.changes().await[0].case_id).await;
    let (findings, summary) = verify(&office, &kept).await;
    assert_eq!(findings, []);
    assert_eq!((summary.cases, summary.unsealed_entries, summary.findings), (300, 0, 0));
    assert!(summary.entries > 900);
    // The summary's anchor is as good as one that was asked for.
    assert_eq!(verify(&office, &summary.anchor).await.0, []);
    for wrong in ["x", &kept.replace(":421181:", ":330681:"), &kept[..kept.len() - 1]] {
        let request = VerifyHistoryRequest { since: (*wrong).into(), ..Default::default() };
        let refused = audit(&office).verify_history(asked(&officer(), request)).await.err().unwrap();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "since");
    }
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_a_history() {
    let office = with_cases(1).await;
    for statement in [
        "UPDATE case_history SET text = 'x'",
        "DELETE FROM case_history",
        "TRUNCATE case_history",
        "UPDATE case_reading SET purpose = 'x'",
        "DELETE FROM case_reading",
    ] {
        let refused = office.pool.execute(statement).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn a_changed_row_is_found_in_each_of_its_columns() {
    let office = with_cases(3).await;
    let number = number_of(&office, FIRST).await;
    let place = format!("WHERE case_id = {FIRST} AND sequence = 2");
    for (column, value) in [
        ("at", "at + interval '1 microsecond'"),
        ("kind", "(kind + 1)::smallint"),
        ("actor", "actor || '.'"),
        ("capacity", "capacity || '.'"),
        ("text", "text || '。'"),
        ("sealed_remark", "'\\x00'::bytea"),
        ("trace_id", "'ffffffffffffffffffffffffffffffff'"),
        ("batch", "batch + 1"),
    ] {
        office
            .pool
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
                "CREATE TABLE kept AS SELECT * FROM case_history {place}"
            ))))
            .await
            .unwrap();
        as_owner(&office, &[format!("UPDATE case_history SET {column} = {value} {place}")]).await;
        let (findings, summary) = verify(&office, "").await;
        assert_eq!(findings.len(), 1, "{column}: {findings:?}");
        assert_eq!((findings[0].fault(), findings[0].sequence), (AuditFault::Changed, 2), "{column}");
        assert_eq!((&findings[0].number, summary.findings), (&number, 1));
        assert_eq!(summary.anchor, "", "what is unsound is not to be remembered as sound");
        let back = format!(
            "UPDATE case_history SET {column} = kept.{column} FROM kept WHERE case_history.case_id = kept.case_id AND case_history.sequence = 2"
        );
        as_owner(&office, &[back]).await;
        office.pool.execute("DROP TABLE kept").await.unwrap();
    }
    assert_eq!(verify(&office, "").await.0, []);
}

#[tokio::test]
async fn a_removed_row_is_found() {
    let office = with_cases(3).await;
    as_owner(&office, &[format!("DELETE FROM case_history WHERE case_id = {FIRST} AND sequence = 2")]).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!((findings[0].fault(), findings[0].sequence), (AuditFault::Missing, 3));
    assert_eq!(findings[0].number, number_of(&office, FIRST).await);
    assert_eq!(findings[1].fault(), AuditFault::Total);
}

#[tokio::test]
async fn an_inserted_row_is_found() {
    let office = with_cases(3).await;
    let columns = "at, kind, actor, capacity, text, sealed_remark, trace_id, seal, batch";
    let copy = format!(
        "INSERT INTO case_history (county, case_id, sequence, {columns})
         SELECT county, case_id, sequence + 1, {columns} FROM case_history AS h
         WHERE case_id = {FIRST} AND sequence = (SELECT max(sequence) FROM case_history WHERE case_id = h.case_id)"
    );
    // The rest is moved up, so that there is room in the middle.
    let room =
        format!("UPDATE case_history SET sequence = -sequence WHERE case_id = {SECOND} AND sequence > 1");
    let close =
        format!("UPDATE case_history SET sequence = 1 - sequence WHERE case_id = {SECOND} AND sequence < 0");
    let between = format!(
        "INSERT INTO case_history (county, case_id, sequence, {columns})
         SELECT county, case_id, 2, {columns} FROM case_history WHERE case_id = {SECOND} AND sequence = 1"
    );
    office
        .pool
        .execute("ALTER TABLE case_history DROP CONSTRAINT case_history_sequence_check")
        .await
        .unwrap();
    as_owner(&office, &[copy, room, close, between]).await;
    let count =
        format!("UPDATE case_file SET history_count = history_count + 1 WHERE id IN ({FIRST}, {SECOND})");
    as_owner(&office, &[count]).await;
    let (findings, _) = verify(&office, "").await;
    let of = async |case| {
        let number = number_of(&office, case).await;
        findings.iter().filter(|found| found.number == number).map(AuditFinding::fault).collect::<Vec<_>>()
    };
    assert!(of(FIRST).await.contains(&AuditFault::Changed), "{findings:?}");
    assert!(of(SECOND).await.contains(&AuditFault::Changed), "{findings:?}");
}

#[tokio::test]
async fn a_case_whose_last_entries_are_gone_is_found_however_well_it_is_made_to_fit() {
    let office = with_cases(3).await;
    let case = office.changes().await[0].case_id.clone();
    office.pool.execute("CREATE TABLE older AS SELECT * FROM case_file").await.unwrap();
    let kept = anchor(&office).await;
    comment(&office, &case).await;
    let newest = anchor(&office).await;
    let last = format!(
        "DELETE FROM case_history AS h USING older WHERE h.case_id = '{case}' AND h.case_id = older.id AND h.sequence > older.history_count"
    );
    as_owner(&office, &[last]).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!(findings[0].fault(), AuditFault::End);
    // Now with count and seal from before, but today's docket.
    let fit = format!(
        "UPDATE case_file SET history_count = older.history_count, history_seal = older.history_seal
         FROM older WHERE case_file.id = older.id AND older.id = '{case}'"
    );
    as_owner(&office, &[fit]).await;
    assert_eq!(faults(&office).await, [AuditFault::Docket, AuditFault::Total]);
    // Now the whole case is what it was before, docket included.
    let back = format!(
        "UPDATE case_file SET sealed_docket = older.sealed_docket, version = older.version
         FROM older WHERE case_file.id = older.id AND older.id = '{case}'"
    );
    as_owner(&office, &[back]).await;
    assert_eq!(faults(&office).await, [AuditFault::Total]);
    let told: Vec<_> = verify(&office, &newest).await.0.iter().map(AuditFinding::fault).collect();
    assert_eq!(told, [AuditFault::Total, AuditFault::Anchor]);
    // What was there at the older anchor is there still, and work that goes on heals nothing.
    comment(&office, &case).await;
    let told: Vec<_> = verify(&office, &kept).await.0.iter().map(AuditFinding::fault).collect();
    assert_eq!(told, [AuditFault::Total]);
}

#[tokio::test]
async fn a_case_that_was_taken_out_as_a_whole_is_found_by_its_number() {
    let office = with_cases(4).await;
    let number = number_of(&office, SECOND).await;
    let mut statements = vec![format!("CREATE TABLE gone AS SELECT id FROM case_file WHERE id = {SECOND}")];
    for table in ["case_history", "case_report"] {
        statements.push(format!("DELETE FROM {table} WHERE case_id IN (SELECT id FROM gone)"));
    }
    statements.push("DELETE FROM case_file WHERE id IN (SELECT id FROM gone)".to_owned());
    as_owner(&office, &statements).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!(
        findings.iter().map(AuditFinding::fault).collect::<Vec<_>>(),
        [AuditFault::Total, AuditFault::NoNumber]
    );
    assert_eq!(findings[1].number, number);
    // Where the next case takes its number, the total still tells.
    let number = format!(
        "UPDATE case_file SET number = '{number}' WHERE number = (SELECT max(number) FROM case_file)"
    );
    let series = "UPDATE case_number_series SET last = last - 1".to_owned();
    as_owner(&office, &[number, series]).await;
    assert_eq!(faults(&office).await, [AuditFault::Total]);
}

#[tokio::test]
async fn entries_of_a_case_that_is_gone_are_found() {
    let office = with_cases(3).await;
    let case = office.changes().await[0].case_id.clone();
    as_owner(&office, &[format!("DELETE FROM case_file WHERE id = '{case}'")]).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!((findings[0].fault(), &findings[0].case_id), (AuditFault::NoCase, &case));
}

#[tokio::test]
async fn two_cases_that_swapped_rows_are_found() {
    let office = with_cases(3).await;
    let swap = |from: &str, to: &str| {
        format!("UPDATE case_history SET case_id = {to} WHERE case_id = {from} AND sequence = 2")
    };
    let aside = "'00000000-0000-0000-0000-000000000009'";
    as_owner(&office, &[swap(FIRST, aside), swap(SECOND, FIRST), swap(aside, SECOND)]).await;
    let (findings, _) = verify(&office, "").await;
    // The seals went along with the rows, so that the ones after them do not fit either.
    let places: Vec<_> = findings.iter().map(|found| (found.fault(), found.sequence)).collect();
    let expected = [2, 3, 2, 3].map(|sequence| (AuditFault::Changed, sequence));
    assert_eq!(places, expected, "{findings:?}");
    let numbers = [number_of(&office, FIRST).await, number_of(&office, SECOND).await];
    assert!(findings.iter().all(|found| numbers.contains(&found.number)));
}

#[tokio::test]
async fn seals_that_are_taken_off_are_found() {
    let office = with_cases(3).await;
    let one = format!("UPDATE case_history SET seal = NULL WHERE case_id = {FIRST} AND sequence = 2");
    as_owner(&office, &[one]).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!((findings[0].fault(), findings[0].sequence), (AuditFault::Unsealed, 2));
    assert_eq!(findings[0].number, number_of(&office, FIRST).await);
    // The whole case as if it were from before there were seals: first with its docket, then without.
    let all =
        format!("UPDATE case_history SET seal = NULL, batch = 0, text = '另一回事' WHERE case_id = {FIRST}");
    as_owner(&office, &[all, format!("UPDATE case_file SET history_seal = '' WHERE id = {FIRST}")]).await;
    let (findings, _) = verify(&office, "").await;
    assert_eq!(findings[0].fault(), AuditFault::Docket);
    assert_eq!(findings[0].number, number_of(&office, FIRST).await);
    as_owner(&office, &[format!("UPDATE case_file SET sealed_docket = NULL WHERE id = {FIRST}")]).await;
    assert_eq!(faults(&office).await, [AuditFault::Total, AuditFault::UnsealedTotal]);
}

#[tokio::test]
async fn a_total_that_is_gone_or_from_another_day_is_found() {
    let office = with_cases(3).await;
    let case = office.changes().await[0].case_id.clone();
    office.pool.execute("CREATE TABLE older AS SELECT * FROM history_head").await.unwrap();
    comment(&office, &case).await;
    as_owner(&office, &["UPDATE history_head SET sealed = older.sealed FROM older".to_owned()]).await;
    assert_eq!(faults(&office).await, [AuditFault::Total]);
    as_owner(&office, &["DELETE FROM history_head".to_owned()]).await;
    assert_eq!(faults(&office).await, [AuditFault::NoHead]);
    // Work goes on, with a total that begins anew: it never fits again.
    comment(&office, &case).await;
    assert_eq!(faults(&office).await, [AuditFault::Total]);
    as_owner(&office, &["UPDATE history_head SET sealed = '\\x01'".to_owned()]).await;
    assert_eq!(faults(&office).await, [AuditFault::NoHead]);
}

#[tokio::test]
async fn a_county_that_was_set_back_as_a_whole_is_found_by_a_kept_anchor() {
    let office = with_cases(3).await;
    let case = office.changes().await[0].case_id.clone();
    for table in ["case_file", "case_history", "history_head"] {
        office
            .pool
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
                "CREATE TABLE old_{table} AS SELECT * FROM {table}"
            ))))
            .await
            .unwrap();
    }
    comment(&office, &case).await;
    let kept = anchor(&office).await;
    let restore = ["case_file", "case_history", "history_head"].map(|table| {
        [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM old_{table}")]
    });
    as_owner(&office, restore.as_flattened()).await;
    // By itself it is as sound as it was that day: this is what a kept line is for.
    assert_eq!(faults(&office).await, []);
    let told = |findings: Vec<AuditFinding>| findings.iter().map(AuditFinding::fault).collect::<Vec<_>>();
    assert_eq!(told(verify(&office, &kept).await.0), [AuditFault::SetBack]);
    // Also where other things were written since.
    comment(&office, &case).await;
    comment(&office, &case).await;
    assert_eq!(faults(&office).await, []);
    assert_eq!(told(verify(&office, &kept).await.0), [AuditFault::Anchor]);
}

#[tokio::test]
async fn rows_from_before_there_were_seals_stand_at_the_front_only() {
    let office = with_cases(3).await;
    // As an installation stands right after the upgrade.
    as_owner(
        &office,
        &[
            "UPDATE case_history SET seal = NULL, batch = 0".to_owned(),
            "UPDATE case_file SET history_seal = '', sealed_docket = NULL".to_owned(),
            "DELETE FROM history_head".to_owned(),
        ],
    )
    .await;
    assert_eq!(faults(&office).await, []);
    let case = office.changes().await[0].case_id.clone();
    comment(&office, &case).await;
    let (findings, summary) = verify(&office, "").await;
    assert_eq!(findings, []);
    assert!(summary.unsealed_entries > 0 && summary.unsealed_entries < summary.entries);
    // One more such row, wherever it is put.
    let columns = "at, kind, actor, capacity, text, sealed_remark, trace_id, seal, batch";
    let forge = |case: &str| {
        format!(
            "INSERT INTO case_history (county, case_id, sequence, {columns}) SELECT county, case_id,
             (SELECT max(sequence) + 1 FROM case_history WHERE case_id = {case}), at, kind, actor, capacity, text,
             sealed_remark, trace_id, NULL, 0 FROM case_history WHERE case_id = {case} AND sequence = 1"
        )
    };
    let count =
        |case: &str| format!("UPDATE case_file SET history_count = history_count + 1 WHERE id = {case}");
    as_owner(&office, &[forge(SECOND), count(SECOND)]).await;
    assert_eq!(faults(&office).await, [AuditFault::UnsealedTotal]);
    let sealed = format!("'{case}'");
    as_owner(&office, &[forge(&sealed), count(&sealed)]).await;
    assert!(faults(&office).await.contains(&AuditFault::Unsealed));
}

async fn protect(office: &Office, case: &str) {
    let place = office.counties.get(COUNTY).unwrap();
    let command = Command {
        actor: Occasion {
            actor: "officer-li".into(),
            capacity: "officer".into(),
            ..Occasion::of_system(now())
        },
        visible_to: None,
        case: CaseName::parse(case).unwrap(),
        request_id: Uuid::now_v7().to_string(),
        etag: String::new(),
        act: Act::Tag { add: vec!["minor".into()], remove: Vec::new() },
    };
    office.face.commands.run(place, command).await.unwrap();
}

async fn readings(office: &Office, case: &str) -> Vec<Reading> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListReadingsRequest { case: case.into(), page_size: 2, page_token, ..Default::default() };
        let page = audit(office).list_readings(asked(&officer(), request)).await.unwrap().into_inner();
        all.extend(page.readings);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn read(office: &Office, who: &Principal, case: &str, purpose: &str) -> Result<(), tonic::Status> {
    let request = GetCaseRequest { case: case.into(), purpose: purpose.into(), ..Default::default() };
    office.face.get_case(asked(who, request)).await.map(drop)
}

/// Who reads a protected case says why, and each reading is kept (S2-06).
#[tokio::test]
async fn readings_of_a_protected_case_are_kept_before_anything_is_shown() {
    let office = with_cases(2).await;
    let change = office.changes().await[0].clone();
    let case = change.case_id.as_str();
    read(&office, &officer(), case, "").await.unwrap();
    assert_eq!(readings(&office, case).await, []);
    protect(&office, case).await;
    let lead = sqlx::query_scalar::<_, String>("SELECT lead_agency FROM case_file WHERE id = $1::uuid")
        .bind(case)
        .fetch_one(&office.pool)
        .await
        .unwrap();
    for who in [officer(), agency(&lead)] {
        let refused = read(&office, &who, case, " ").await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "purpose");
    }
    assert_eq!(readings(&office, case).await, []);
    read(&office, &officer(), case, "研判").await.unwrap();
    read(&office, &agency(&lead), case, "上门前了解情况").await.unwrap();
    let history =
        ListCaseHistoryRequest { case: case.into(), purpose: "会商".into(), ..Default::default() };
    office.face.list_case_history(asked(&officer(), history)).await.unwrap();
    let watch = WatchCaseRequest { case: case.into(), purpose: "值守".into(), ..Default::default() };
    drop(office.face.watch_case(asked(&officer(), watch)).await.unwrap());
    let kept = readings(&office, case).await;
    let told: Vec<_> =
        kept.iter().rev().map(|one| (one.sequence, one.actor.as_str(), one.purpose.as_str())).collect();
    let clerk = format!("clerk of {lead}");
    let expected = [
        (1, "officer-li", "研判"),
        (2, clerk.as_str(), "上门前了解情况"),
        (3, "officer-li", "会商"),
        (4, "officer-li", "值守"),
    ];
    assert_eq!(told, expected);
    assert_eq!(kept[2].capacity, lead);
    // What cannot be kept is not shown.
    office.pool.execute("ALTER TABLE case_reading ADD CONSTRAINT none CHECK (sequence < 5)").await.unwrap();
    assert!(read(&office, &officer(), case, "研判").await.is_err());
    office.pool.execute("ALTER TABLE case_reading DROP CONSTRAINT none").await.unwrap();
    let (findings, summary) = verify(&office, "").await;
    assert_eq!((findings, summary.readings), (Vec::new(), 4));
    as_owner(&office, &["UPDATE case_reading SET actor = 'nobody' WHERE sequence = 2".to_owned()]).await;
    as_owner(&office, &["DELETE FROM case_reading WHERE sequence = 3".to_owned()]).await;
    let (findings, _) = verify(&office, "").await;
    let places: Vec<_> = findings.iter().map(|found| (found.fault(), found.sequence)).collect();
    assert_eq!(places, [(AuditFault::ReadingChanged, 2), (AuditFault::ReadingMissing, 4)]);
}

#[tokio::test]
async fn many_who_read_at_once_are_all_kept() {
    let office = with_cases(1).await;
    let case = office.changes().await[0].case_id.clone();
    protect(&office, &case).await;
    let reader = officer();
    let all = futures::future::join_all((0..8).map(|_| read(&office, &reader, &case, "研判"))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(readings(&office, &case).await.len(), 8);
    assert_eq!(verify(&office, "").await.0, []);
}

#[tokio::test]
async fn one_audit_of_a_county_runs_at_a_time() {
    let office = with_cases(1).await;
    let face = audit(&office);
    let ask = || asked(&officer(), VerifyHistoryRequest::default());
    let first = face.verify_history(ask()).await.unwrap();
    assert_eq!(face.verify_history(ask()).await.err().unwrap().code(), Code::ResourceExhausted);
    let steps: Vec<_> = first.into_inner().collect().await;
    assert!(steps.iter().all(Result::is_ok));
    assert!(face.verify_history(ask()).await.is_ok());
}

/// The keys change, and everything still proves what it did.
#[tokio::test]
async fn a_history_is_proved_as_before_after_its_case_was_sealed_anew() {
    let office = with_cases(6).await;
    let case = office.changes().await[0].case_id.clone();
    comment(&office, &case).await;
    let anchored = anchor(&office).await;
    change(office.keys.path(), KeyFileChange::Rotate).unwrap();
    assert!(office.keyring.reload().unwrap());
    let resealing =
        Resealing::new(office.pool.clone(), vec![COUNTY.into()], Arc::clone(&office.keyring), SEALED_COLUMNS);
    let stop = CancellationToken::new();
    assert!(resealing.look(&stop).await.unwrap() > 12);
    let old = resealing.counted().unwrap().old;
    assert_eq!(old[&1].waiting, 0, "{old:?}");
    assert!(old[&1].fixed >= 1, "what people wrote into the history stays as it was sealed: {old:?}");
    let (findings, _) = verify(&office, &anchored).await;
    assert_eq!(findings, []);
    // Life goes on with both.
    comment(&office, &case).await;
    let read = office.face.get_case(asked(&officer(), GetCaseRequest { case, ..Default::default() }));
    assert!(read.await.unwrap().into_inner().case.unwrap().matter.is_some());
    assert_eq!(verify(&office, &anchored).await.0, []);
}

/// Whoever adds a column of sealed values adds its line.
#[tokio::test]
async fn every_column_of_sealed_values_is_sealed_anew() {
    let office = Office::open().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = current_schema() AND data_type = 'bytea' AND column_name LIKE 'sealed%'",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert!(!columns.is_empty());
    for (table, column) in &columns {
        let listed = SEALED_COLUMNS.iter().any(|one| (one.table, one.column) == (table, column));
        assert!(listed, "{table}.{column} is not listed");
    }
}
