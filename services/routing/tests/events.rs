//! Reports and receipts, as the other services tell them, change cases exactly once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_messaging::{ApplyError, InTurnStatement};
use fengqiao_proto::{
    intake::v1::{CallsRepeated, ReportsExpired},
    notification::v1::{
        DeliveredPush, FeedbackOutcome, PushReceipt, PushesDelivered, ReceiptKind, ReturnReason,
    },
    routing::v1::{
        CaseExpired, HistoryKind, ListCaseHistoryRequest, routing_service_server::RoutingService as _,
    },
    types::v1::{CaseState, FormKind, Level, Source},
};
use fengqiao_routing::{CASE_EXPIRED, domain::duty::DutyKind};
use fengqiao_serving::{ServiceName, planning};
use fengqiao_stack::plans::detours;
use office::{COUNTY, Office, asked, officer};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _};
use uuid::Uuid;

#[tokio::test]
async fn a_batch_of_reports_makes_cases_histories_pushes_and_events() {
    let office = Office::open().await;
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let reports =
        [office.report(one, "楼上漏水"), office.report(two, "邻居持刀威胁"), office.report(one, "又漏水")];
    office.take(&reports).await.unwrap();
    let changes = office.changes().await;
    assert_eq!(changes.len(), 3, "one for each report");
    for (change, report) in changes.iter().zip(&reports) {
        assert_eq!(change.report_id, report.report_id);
        assert_eq!(change.cluster_id, report.linkage.as_ref().unwrap().cluster_id);
    }
    assert_eq!(changes[0].case_id, changes[2].case_id);
    assert_eq!((changes[0].version, changes[2].version), (1, 2));
    assert_eq!(changes[1].level(), Level::Red);
    let pushes = office.pushes().await;
    let red: Vec<_> = pushes.iter().filter(|push| push.case_id == changes[1].case_id).collect();
    assert_eq!(red.len(), 4);
    assert_eq!(red.iter().filter(|push| push.form() == FormKind::NoticeForm).count(), 1);
    assert!(red[0].area_name.contains("阎家河镇"));
    let case = office.case(&changes[2].number).await.unwrap();
    assert_eq!((case.reports.len(), case.level()), (2, Level::Yellow));
    assert_eq!(case.matter.unwrap().narrative, "又漏水");
    assert_eq!(case.pushes.len(), 4);
    assert_eq!(case.level_reason.unwrap().facts["reports_30d"], "2");
}

#[tokio::test]
async fn what_comes_again_changes_nothing() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let mut report = office.report(cluster, "漏水");
    office.take(&[report.clone(), report.clone()]).await.unwrap();
    office.take(std::slice::from_ref(&report)).await.unwrap();
    assert_eq!(office.changes().await.len(), 1);
    report.revision = 2;
    office.reseal(&mut report, "对方持刀");
    office.take(&[report.clone(), report.clone()]).await.unwrap();
    let changes = office.changes().await;
    assert_eq!(changes.len(), 2);
    assert_eq!((changes[1].report_count, changes[1].level()), (1, Level::Red));
    let case = office.case(&changes[0].case_id).await.unwrap();
    assert_eq!((case.reports.len(), case.reports[0].revision), (1, 2));
    assert_eq!(case.matter.unwrap().title, "更正");
}

#[tokio::test]
async fn numbers_go_on_through_batches_and_days_are_the_countys() {
    let office = Office::open().await;
    for _ in 0..3 {
        let reports: Vec<_> = (0..4).map(|_| office.report(Uuid::now_v7(), "x")).collect();
        office.take(&reports).await.unwrap();
    }
    let mut running: Vec<u32> = office
        .changes()
        .await
        .iter()
        .map(|change| change.number.split_once('-').unwrap().1.parse().unwrap())
        .collect();
    running.sort_unstable();
    assert_eq!(running, (1..=12).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_kept_of_a_turn_holds_until_somebody_else_writes() {
    let office = Office::open().await;
    let take = async || office.take(&[office.first_report()]).await.unwrap();
    take().await;
    // Outside of any turn, which nothing does: it shows whether the number is read.
    let series = async |last: i32| {
        let moved = sqlx::query("UPDATE case_number_series SET last = $1").bind(last).execute(&office.pool);
        assert_eq!(moved.await.unwrap().rows_affected(), 1);
    };
    series(100).await;
    take().await;
    // Another process, a command, and a report of a case that is here already.
    let other = office.another_intake();
    office.tell_process(&other, &[office.first_report()]).await.unwrap();
    take().await;
    take().await;
    series(200).await;
    office.reject(&office.changes().await[0].case_id).await;
    take().await;
    series(300).await;
    let mut joins = office.first_report();
    joins.linkage.as_mut().unwrap().cluster_id = office.changes().await[1].cluster_id.clone();
    office.take(&[joins, office.first_report()]).await.unwrap();
    // A report of which an older revision is here is looked for, whatever is kept.
    let mut report = office.first_report();
    office.take(std::slice::from_ref(&report)).await.unwrap();
    report.revision = 2;
    office.take(&[report, office.first_report()]).await.unwrap();
    let changes = office.changes().await;
    let opened = changes.iter().filter(|change| change.version == 1);
    let numbers: Vec<u32> = opened.map(|c| c.number.split_once('-').unwrap().1.parse().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 201, 301, 302, 303]);
    assert_eq!(changes.iter().filter(|change| change.version == 2).count(), 3);
}

#[tokio::test]
async fn an_event_that_cannot_be_is_refused_and_the_batch_undone() {
    let office = Office::open().await;
    let good = office.report(Uuid::now_v7(), "x");
    let spoilt = |spoil: fn(&mut fengqiao_proto::intake::v1::ReportAccepted)| {
        let mut report = office.report(Uuid::now_v7(), "x");
        spoil(&mut report);
        report
    };
    for bad in [
        spoilt(|report| report.report_id = "nonsense".into()),
        spoilt(|report| report.linkage = None),
        spoilt(|report| report.occurred_at = None),
        spoilt(|report| report.source = 99),
        spoilt(|report| *report.sealed_matter.last_mut().unwrap() ^= 1),
    ] {
        let refused = office.take(&[good.clone(), bad]).await.unwrap_err();
        assert!(matches!(refused, ApplyError::Refuse { position: 2, .. }), "{refused}");
    }
    let mut foreign_key = office.report(Uuid::now_v7(), "x");
    foreign_key.sealed_matter[0] = 77;
    assert!(matches!(office.take(&[foreign_key]).await.unwrap_err(), ApplyError::Retry(_)));
    assert!(office.changes().await.is_empty());
}

#[tokio::test]
async fn that_a_push_arrived_changes_no_case() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    let changes = office.changes().await.len();
    let push_id = office.pushes().await[0].push_id.clone();
    let told = PushesDelivered { pushes: vec![DeliveredPush { push_id, ..Default::default() }] };
    office.hear(&[told]).await.unwrap();
    assert_eq!(office.changes().await.len(), changes);
}

#[tokio::test]
async fn receipts_are_told_by_the_case_and_a_return_goes_to_the_desk() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    let pushes = office.pushes().await;
    let to = |agency: &str| pushes.iter().find(|push| push.agency.starts_with(agency)).unwrap().clone();
    let returned = PushReceipt {
        return_reason: ReturnReason::NotOurDuty.into(),
        sealed_text: office.keyring.seal("请交公安".as_bytes(), COUNTY.as_bytes()),
        ..Office::receipt(&to("housing"), ReceiptKind::Returned)
    };
    let answered = PushReceipt {
        outcome: FeedbackOutcome::Done.into(),
        ..Office::receipt(&to("town"), ReceiptKind::Feedback)
    };
    office
        .hear(&[
            Office::receipt(&to("town"), ReceiptKind::Delivered),
            Office::receipt(&to("town"), ReceiptKind::Signed),
            answered,
            returned,
            Office::receipt(&to("community"), ReceiptKind::Parked),
        ])
        .await
        .unwrap();
    let case = office.case(&pushes[0].case_id).await.unwrap();
    assert_eq!((case.lead_agency.as_str(), case.state()), ("centre", CaseState::Open));
    let town = case.pushes.iter().find(|push| push.agency.starts_with("town")).unwrap();
    assert!(town.signed_at.is_some() && town.feedback_at.is_some() && town.returned_at.is_none());
    let desk = office.pushes().await.into_iter().find(|push| push.agency == "centre").unwrap();
    assert!(desk.reason.contains("非本单位职责"), "{}", desk.reason);
    let kinds: Vec<i16> = sqlx::query("SELECT kind FROM case_history ORDER BY sequence")
        .fetch_all(&office.pool)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("kind"))
        .collect();
    let later: Vec<HistoryKind> =
        kinds[4..].iter().map(|kind| HistoryKind::try_from(i32::from(*kind)).unwrap()).collect();
    assert_eq!(
        later,
        [
            HistoryKind::PushSigned,
            HistoryKind::Feedback,
            HistoryKind::PushReturned,
            HistoryKind::Assigned,
            HistoryKind::PushRequested,
            HistoryKind::PushParked
        ]
    );
}

#[tokio::test]
async fn a_return_shows_its_evidence_where_its_words_stand() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    let push = office.pushes().await.into_iter().find(|push| push.agency == "housing").unwrap();
    let sealed = |text: &str| office.keyring.seal(text.as_bytes(), COUNTY.as_bytes());
    let returned = PushReceipt {
        return_reason: ReturnReason::NotOurDuty.into(),
        sealed_text: sealed("请交公安"),
        sealed_evidence: sealed("photo-1.jpg\n三定方案第五条"),
        ..Office::receipt(&push, ReceiptKind::Returned)
    };
    let spoilt = PushReceipt { sealed_evidence: vec![1, 2, 3], ..returned.clone() };
    assert!(office.hear(&[spoilt]).await.is_err());
    office.hear(&[returned]).await.unwrap();
    let docket = office.case(&push.case_id).await.unwrap().docket.unwrap();
    assert_eq!(docket.returns[0].evidence, ["photo-1.jpg", "三定方案第五条"]);
    let request = ListCaseHistoryRequest { case: push.case_id.clone(), ..Default::default() };
    let told = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner().entries;
    let entry = told.iter().find(|entry| entry.kind() == HistoryKind::PushReturned).unwrap();
    assert!(entry.text.ends_with("非本单位职责（附证明材料2件）"), "{}", entry.text);
    assert_eq!(entry.remark, "请交公安\n证明材料：photo-1.jpg、三定方案第五条");
    let plain: i64 = sqlx::query_scalar("SELECT count(*) FROM case_history WHERE text LIKE '%photo%'")
        .fetch_one(&office.pool)
        .await
        .unwrap();
    assert_eq!(plain, 0, "they may be personal");
}

/// A reminder letter (提示函) is signed and comes back by itself: the case is neither signed nor given back by it.
#[tokio::test]
async fn a_letter_that_is_signed_or_comes_back_leaves_the_case_where_it_is() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    let report = office.pushes().await.into_iter().find(|push| push.agency == "housing").unwrap();
    sqlx::query("UPDATE case_push SET form = 3 WHERE push_id = $1::uuid")
        .bind(&report.push_id)
        .execute(&office.pool)
        .await
        .unwrap();
    let before = office.case(&report.case_id).await.unwrap();
    let returned = PushReceipt {
        return_reason: ReturnReason::NotOurDuty.into(),
        ..Office::receipt(&report, ReceiptKind::Returned)
    };
    office.hear(&[Office::receipt(&report, ReceiptKind::Signed), returned]).await.unwrap();
    let after = office.case(&report.case_id).await.unwrap();
    assert_eq!((&after.lead_agency, &after.sub_state), (&before.lead_agency, &before.sub_state));
    assert_eq!((&after.handlers, &after.docket), (&before.handlers, &before.docket));
    let push = after.pushes.iter().find(|push| push.push_id == report.push_id).unwrap();
    assert!(push.signed_at.is_some() && push.returned_at.is_some());
    let kinds: Vec<i16> = sqlx::query_scalar("SELECT kind FROM case_history ORDER BY sequence DESC LIMIT 2")
        .fetch_all(&office.pool)
        .await
        .unwrap();
    assert_eq!(kinds, [HistoryKind::PushReturned as i16, HistoryKind::PushSigned as i16]);
}

#[tokio::test]
async fn a_receipt_of_an_unknown_push_is_refused() {
    let office = Office::open().await;
    let unknown = PushReceipt {
        push_id: Uuid::now_v7().to_string(),
        ..Office::receipt(&Default::default(), ReceiptKind::Signed)
    };
    assert!(matches!(office.hear(&[unknown]).await.unwrap_err(), ApplyError::Refuse { position: 1, .. }));
}

#[tokio::test]
async fn nothing_personal_is_at_rest_or_in_events_in_the_clear() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "张某持刀")]).await.unwrap();
    let all: Vec<String> = sqlx::query_scalar(
        "SELECT row_to_json(t)::text FROM case_file t UNION ALL SELECT row_to_json(t)::text FROM case_history t
         UNION ALL SELECT row_to_json(t)::text FROM case_report t
         UNION ALL SELECT encode(payload, 'escape') FROM outbox_event",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert!(all.len() > 5);
    let hidden = |text: &str| {
        let escaped: String = text.bytes().map(|b| format!("\\{b:03o}")).collect();
        !all.iter().any(|row| row.contains(text) || row.contains(&escaped))
    };
    assert!(hidden("张某") && hidden("王女士") && hidden("13900000000") && hidden("某路1号"));
}

#[tokio::test]
async fn who_and_what_of_a_case_is_removed_when_the_term_of_its_last_report_is_over() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let reports = [office.report(cluster, "楼上漏水"), office.report(cluster, "又漏水")];
    let other = office.report(Uuid::now_v7(), "噪音");
    office.take(&[reports[0].clone(), reports[1].clone(), other]).await.unwrap();
    let number = office.changes().await[0].number.clone();
    let expire = |report: &str| ReportsExpired { report_ids: vec![report.into(), Uuid::nil().to_string()] };
    office.tell(&[expire(&reports[1].report_id)]).await.unwrap();
    let narrative = async || office.case(&number).await.unwrap().matter.unwrap().narrative;
    assert_eq!(narrative().await, "又漏水", "the other report is in its term");
    office.tell(&[expire(&reports[0].report_id)]).await.unwrap();
    assert_eq!(narrative().await, "");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM case_report WHERE sealed_matter IS NOT NULL")
        .fetch_one(&office.pool)
        .await
        .unwrap();
    assert_eq!(left, 1, "that of another case");
    let told: Vec<CaseExpired> = office.events(CASE_EXPIRED).await;
    assert_eq!(told, [CaseExpired { case_id: office.changes().await[0].case_id.clone() }]);
}

#[tokio::test]
async fn the_history_cannot_be_changed() {
    let office = Office::open().await;
    office.take(&[office.report(Uuid::now_v7(), "x")]).await.unwrap();
    for change in ["UPDATE case_history SET text = ''", "DELETE FROM case_history", "TRUNCATE case_history"] {
        let refused = sqlx::query(change).execute(&office.pool).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

/// The statements in the county's turn, for each kind of step and for none.
fn in_turn() -> impl Iterator<Item = (&'static str, String)> {
    fengqiao_routing::store::STATEMENTS_IN_TURN
        .iter()
        .flat_map(|(name, rest)| InTurnStatement::new(rest).into_texts().map(|text| (*name, text)))
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let office = Office::open().await;
    let mut connection = office.pool.acquire().await.unwrap();
    for (name, statement) in fengqiao_routing::store::STATEMENTS {
        let prepared = sqlx::Executor::prepare(&mut *connection, sqlx::SqlStr::from_static(statement)).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
    for (name, text) in in_turn() {
        let whole = AssertSqlSafe(text).into_sql_str();
        let prepared = sqlx::Executor::prepare(&mut *connection, whole).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn no_statement_goes_through_a_county_for_what_a_key_leads_to() {
    let office = Office::open().await;
    let mut connection = office.pool.acquire().await.unwrap();
    let alone = fengqiao_routing::store::STATEMENTS.iter().chain(fengqiao_messaging::STATEMENTS);
    let alone = alone.map(|(name, one)| (*name, (*one).to_owned()));
    let found =
        detours(&mut connection, &planning(ServiceName::Routing), alone.chain(in_turn())).await.unwrap();
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_look_up_is_one_step_also_before_the_tables_have_statistics() {
    let office = Office::open().await;
    let mut connection = office.pool.acquire().await.unwrap();
    // What a foreign key asks, planned on an empty table and kept.
    for statement in [
        "SET plan_cache_mode = force_generic_plan",
        "PREPARE look_up (text, uuid) AS SELECT 1 FROM case_file WHERE county = $1 AND id = $2 FOR KEY SHARE",
    ] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let plan: Vec<String> =
        sqlx::query_scalar("EXPLAIN EXECUTE look_up ('421181', '00000000-0000-0000-0000-000000000000')")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert!(plan.iter().any(|line| line.contains("(id = $2)") && line.contains("Index Cond")), "{plan:#?}");
}

#[tokio::test]
async fn an_exercise_goes_the_whole_way_and_says_so() {
    let office = Office::open().await;
    let (drill, real) = (Uuid::now_v7(), Uuid::now_v7());
    let exercise = fengqiao_proto::intake::v1::ReportAccepted {
        drill: true,
        ..office.report(drill, "邻居持刀威胁")
    };
    office.take(&[exercise, office.report(real, "邻居持刀威胁")]).await.unwrap();
    let changes = office.changes().await;
    assert_eq!((changes[0].drill, changes[1].drill), (true, false));
    for push in office.pushes().await {
        assert_eq!(push.drill, push.case_id == changes[0].case_id);
        assert!(!push.agency_name.is_empty() && !push.agency_kind.is_empty(), "{}", push.agency);
    }
    let case = office.case(&changes[0].case_id).await.unwrap();
    assert!(case.pushes.len() > 2, "it is told as a real one is");
}

#[tokio::test]
async fn a_call_that_turns_out_to_be_a_repeat_is_on_the_day_s_list_once() {
    let office = Office::open().await;
    let mut call = office.report(Uuid::now_v7(), "隔壁又吵起来了");
    call.source = Source::Police110.into();
    let other = office.report(Uuid::now_v7(), "漏水");
    office.take(&[call.clone(), other.clone()]).await.unwrap();
    let owed = async || {
        let kind = DutyKind::Classify.code();
        let open = "SELECT count(*) FROM duty WHERE kind = $1 AND ended_at IS NULL";
        sqlx::query_scalar::<_, i64>(open).bind(kind).fetch_one(&office.pool).await.unwrap()
    };
    assert_eq!(owed().await, 0);
    let shown = CallsRepeated {
        report_ids: vec![call.report_id.clone(), Uuid::now_v7().to_string()],
        shown_at: call.accepted_at,
    };
    office.tell(std::slice::from_ref(&shown)).await.unwrap();
    assert_eq!(owed().await, 1);
    office.tell(&[shown]).await.unwrap();
    // Its next revision says so, too.
    call.revision = 2;
    call.linkage.as_mut().unwrap().repeat = true;
    office.take(std::slice::from_ref(&call)).await.unwrap();
    assert_eq!(owed().await, 1);
    let case = office.case(&office.changes().await[0].case_id).await.unwrap();
    assert!(case.reports[0].repeat);
}
