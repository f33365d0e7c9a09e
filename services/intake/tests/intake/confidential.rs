//! Confidential tickets (保密) and protected cases: who sees what, and that nothing personal lies in the clear.

use fengqiao_proto::{
    intake::v1::{AcceptedReport, AskedBy, Details, GetReportRequest, ListReportsRequest, OwnField, Report},
    routing::v1::CaseChanged,
    types::v1::CaseState,
};
use sqlx::{AssertSqlSafe, Row as _};
use tonic::Code;

use crate::world::{Client, by, case_changed, one, report, submit, tell};

fn confidential(reference: &str) -> Report {
    let own_fields = vec![OwnField { name: "工号".into(), value: "A07".into() }];
    let details = Details { own_fields, ..Details::default() };
    Report { confidential: true, details: Some(details), ..report(reference, 1, 1) }
}

async fn get(client: &mut Client, caller: &str, id: &str, purpose: &str) -> AcceptedReport {
    let request = GetReportRequest { report_id: id.into(), purpose: purpose.into(), ..Default::default() };
    client.get_report(by(caller, request)).await.unwrap().into_inner().report.unwrap()
}

/// Nothing of who and what.
fn says_nothing(found: &AcceptedReport) -> bool {
    let report = found.report.as_ref().unwrap();
    report.narrative.is_empty()
        && report.parties.is_empty()
        && report.address.is_empty()
        && report.details.is_none()
        && (found.reduced && report.title == "保密" || found.removed_at.is_some() && report.title.is_empty())
}

#[tokio::test]
async fn only_its_source_and_who_says_why_see_what_a_confidential_report_says() {
    let (world, mut client) = one().await;
    let id = submit(&mut client, confidential("GD-1")).await.unwrap().report_id;
    let own = get(&mut client, "hotline_12345", &id, "").await;
    assert_eq!((own.reduced, own.report.unwrap().title.as_str()), (false, "邻里纠纷"));
    let reduced = get(&mut client, "officer", &id, " ").await;
    assert!(says_nothing(&reduced));
    let known = reduced.report.unwrap();
    assert_eq!((known.source_ref.as_str(), known.area_code.as_str()), ("GD-1", "421181105204"));
    assert_eq!(world.count("SELECT count(*) FROM background_reading").await, 0);
    let whole = get(&mut client, "officer", &id, "领导交办").await;
    assert_eq!(whole.report.unwrap().parties[0].name, "王女士");
    let kept = sqlx::query("SELECT asked_by, purpose_words FROM background_reading");
    let kept = kept.fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept.get::<i16, _>(0), AskedBy::ReportItself as i16);
    assert_eq!(kept.get::<&str, _>(1), "领导交办");
    // A source that must not know hears that there is none, as of a report that is none.
    for reference in [id.as_str(), "01939f2a-0000-7000-8000-000000000000"] {
        let request =
            GetReportRequest { report_id: reference.into(), purpose: "x".into(), ..Default::default() };
        let status = client.get_report(by("grid", request)).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "no such report"));
    }
    world.end().await;
}

#[tokio::test]
async fn a_list_shows_confidential_reports_whole_to_their_source_only() {
    let (world, mut client) = one().await;
    submit(&mut client, confidential("GD-1")).await.unwrap();
    submit(&mut client, report("GD-2", 2, 2)).await.unwrap();
    for (caller, shown) in [("officer", [false, true]), ("hotline_12345", [false, false])] {
        let listed = client.list_reports(by(caller, ListReportsRequest::default())).await.unwrap();
        let reports = listed.into_inner().reports;
        assert_eq!(reports.iter().map(says_nothing).collect::<Vec<_>>(), shown, "{caller}");
    }
    world.end().await;
}

#[tokio::test]
async fn s2_06_reports_of_a_protected_case_are_shown_as_confidential_ones() {
    let (world, mut client) = one().await;
    let taken = submit(&mut client, report("GD-1", 1, 1)).await.unwrap();
    let cluster = taken.linkage.unwrap().cluster_id;
    assert!(!get(&mut client, "officer", &taken.report_id, "").await.reduced);
    let changed = case_changed(5, "20261127-0001", &cluster, CaseState::Open, None);
    tell(&world, &CaseChanged { version: 3, protected: true, ..changed.clone() }).await;
    assert!(says_nothing(&get(&mut client, "officer", &taken.report_id, "").await));
    // What comes late changes nothing.
    tell(&world, &CaseChanged { version: 2, ..changed.clone() }).await;
    assert!(get(&mut client, "officer", &taken.report_id, "").await.reduced);
    // A report that was moved is as its new case.
    tell(&world, &CaseChanged { version: 4, protected: true, ..changed.clone() }).await;
    let moved = case_changed(6, "20261127-0002", &uuid_of(77), CaseState::Open, None);
    tell(&world, &CaseChanged { moved_report_ids: vec![taken.report_id.clone()], ..moved }).await;
    assert!(!get(&mut client, "officer", &taken.report_id, "").await.reduced);
    world.end().await;
}

fn uuid_of(number: u128) -> String {
    sqlx::types::Uuid::from_u128(number).to_string()
}

/// Whatever table is added: each text, JSON and byte column of intake's schema is searched.
#[tokio::test]
async fn nothing_personal_lies_in_the_clear_in_any_column() {
    let (world, mut client) = one().await;
    let canary = |title: &str| Report {
        title: title.into(),
        narrative: "金丝雀叙述漏水".into(),
        address: "金丝雀小区5号楼3单元501室".into(),
        ..confidential("GD-1")
    };
    let mut first = canary("金丝雀标题甲");
    first.parties[0].name = "金丝雀姓名".into();
    first.parties[0].phone = "13812345678".into();
    first.parties[0].id_number = "11010519491231002X".into();
    let taken = submit(&mut client, first.clone()).await.unwrap();
    submit(&mut client, Report { title: "金丝雀标题乙".into(), ..first }).await.unwrap();
    let cluster = taken.linkage.unwrap().cluster_id;
    tell(&world, &case_changed(5, "20261127-0001", &cluster, CaseState::Open, None)).await;
    get(&mut client, "officer", &taken.report_id, "查").await;

    let columns = sqlx::query(
        "SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'intake' AND data_type IN ('text', 'bytea', 'jsonb', 'json', 'character varying', 'ARRAY')",
    );
    let columns = columns.fetch_all(&world.pool).await.unwrap();
    assert!(columns.len() > 40, "{} columns", columns.len());
    let secrets = ["金丝雀", "13812345678", "11010519491231002X", "A07"];
    for column in columns {
        let (table, column): (String, String) = (column.get(0), column.get(1));
        // As bytes, so that what lies in a message or in JSON is found as well.
        let all = format!(
            "SELECT CASE WHEN pg_typeof(\"{column}\")::text = 'bytea' THEN \"{column}\"::text::bytea
                    ELSE convert_to(\"{column}\"::text, 'UTF8') END
             FROM intake.\"{table}\" WHERE \"{column}\" IS NOT NULL"
        );
        let values: Vec<Vec<u8>> =
            sqlx::query_scalar(AssertSqlSafe(all)).fetch_all(&world.pool).await.unwrap();
        for secret in secrets {
            let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for value in &values {
                let text = String::from_utf8_lossy(value);
                assert!(
                    !text.contains(secret) && !text.contains(&hexadecimal),
                    "{secret} in {table}.{column}"
                );
            }
        }
    }
    world.end().await;
}
