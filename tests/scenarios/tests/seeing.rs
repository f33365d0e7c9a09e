//! Seeing it run: one trace from the hotline's call to the receipt, metrics, and no personal data in logs,
//! traces, metrics, queues or tables.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use fengqiao_proto::{
    intake::v1::{Report, SubmitReportRequest},
    notification::v1::{
        FeedbackOutcome, FeedbackPushRequest, ReturnPushRequest, ReturnReason, SignPushRequest,
    },
    routing::v1::{CommentCaseRequest, RelevelCaseRequest},
    types::v1::{Level, Party, PartyRole},
};
use fengqiao_scenarios::{
    collector::{Collector, ways},
    people::red_report,
    receiving::StreamingAgency,
    shared::{County, HOTLINE},
    waiting::{USUAL, until},
    webhook_agency::WebhookAgency,
};
use fengqiao_stack::services::Service;
use sqlx::{AssertSqlSafe, Row as _};
use tokio::time::sleep;

/// The trace that the hotline began, and its own span in it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const HOTLINE_SPAN: &str = "00f067aa0ba902b7";
/// Takes its pushes by webhook; the reports' justice office.
const BY_WEBHOOK: &str = "justice-421181105";

/// Words that stand for a person; none of them may be seen outside the record itself.
const PERSONAL: &[&str] = &[
    "欧阳雪莹",
    "司徒长风",
    "19988877766",
    "11010519491231002X",
    "持刀闯入欧阳家",
    "古城村七组九十九号",
    "欧阳家的家务事",
    "已上门见到欧阳雪莹",
    "欧阳雪莹来电说明",
    "不归我们管的欧阳",
    "司徒已经道歉",
];

fn personal_report() -> Report {
    let person = |role: PartyRole, name: &str, phone: &str, id: &str| Party {
        role: role.into(),
        name: name.into(),
        phone: phone.into(),
        id_number: id.into(),
        ..Party::default()
    };
    Report {
        title: "欧阳家的家务事".into(),
        narrative: "司徒长风持刀闯入欧阳家，电话19988877766。".into(),
        address: "古城村七组九十九号".into(),
        parties: vec![
            person(PartyRole::Reporter, "欧阳雪莹", "19988877766", "11010519491231002X"),
            person(PartyRole::Respondent, "司徒长风", "", ""),
        ],
        ..red_report()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_reaches_from_the_call_to_the_receipt_and_shows_nobody() {
    let collector = Collector::start().await;
    let endpoint = WebhookAgency::start(None).await;
    let county = County::start(|plan| {
        plan.webhooks.push((BY_WEBHOOK.into(), endpoint.url()));
        plan.environment.extend([
            ("OTEL_EXPORTER_OTLP_ENDPOINT".into(), collector.endpoint()),
            ("OTEL_BSP_SCHEDULE_DELAY".into(), "200".into()),
            ("RUST_LOG".into(), "debug,h2=info,hyper=info".into()),
        ]);
    })
    .await;
    endpoint.expect(&county.stack.secrets.webhook_secret(BY_WEBHOOK).unwrap().1);
    let agency = StreamingAgency::start(county.calls(), "justice");
    let town = StreamingAgency::start(county.calls(), "town-421181105");

    // The whole life of one red report, with a trace that the hotline began.
    let mut request =
        tonic::Request::new(SubmitReportRequest { report: Some(personal_report()), ..Default::default() });
    let traceparent = format!("00-{TRACE}-{HOTLINE_SPAN}-01");
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    let mut intake = county.calls().intake(HOTLINE).unwrap();
    let accepted = intake.submit_report(request).await.unwrap().into_inner();
    let bad = Report { area_code: "1".into(), ..personal_report() };
    assert!(
        intake.submit_report(SubmitReportRequest { report: Some(bad), ..Default::default() }).await.is_err()
    );
    let case = county.case_of(&accepted.report_id).await;
    let push = until("the push", USUAL, async || agency.of_case(&case.case_id).into_iter().next()).await;
    let other =
        until("the town's push", USUAL, async || town.of_case(&case.case_id).into_iter().next()).await;
    assert_eq!(push.matter.as_ref().unwrap().parties[0].name, "欧阳雪莹", "the agency itself sees it");
    let mut justice = county.calls().notification("justice").unwrap();
    justice.sign_push(SignPushRequest { push_id: push.push_id.clone(), ..Default::default() }).await.unwrap();
    let feedback = FeedbackPushRequest {
        push_id: push.push_id,
        request_id: "1".into(),
        outcome: FeedbackOutcome::InProgress.into(),
        text: "已上门见到欧阳雪莹，司徒已经道歉".into(),
        ..Default::default()
    };
    justice.feedback_push(feedback).await.unwrap();
    let back = ReturnPushRequest {
        push_id: other.push_id,
        reason: ReturnReason::NotOurArea.into(),
        text: "不归我们管的欧阳".into(),
        ..Default::default()
    };
    county.calls().notification("town-421181105").unwrap().return_push(back).await.unwrap();
    let mut officer = county.calls().routing("officer").unwrap();
    let comment = CommentCaseRequest {
        case: case.case_id.clone(),
        request_id: "1".into(),
        text: "欧阳雪莹来电说明".into(),
        ..Default::default()
    };
    officer.comment_case(comment).await.unwrap();
    let lower = RelevelCaseRequest {
        case: case.case_id.clone(),
        request_id: "2".into(),
        level: Level::Orange.into(),
        reason: "司徒已经道歉".into(),
        ..Default::default()
    };
    officer.relevel_case(lower).await.unwrap();
    county
        .until_case(&case.case_id, "the receipts are in the case", |case| {
            case.pushes.iter().any(|push| push.feedback_at.is_some())
                && case.pushes.iter().any(|push| push.returned_at.is_some())
        })
        .await;

    sign_in_the_push_s_trace(&county, &endpoint, &case.case_id).await;
    one_trace_has_the_whole_way(&collector).await;

    let mut seen: Vec<(String, Vec<u8>)> = vec![("the traces".into(), collector.bytes())];
    for service in Service::ALL {
        let metrics = metrics(&county, service).await;
        assert!(metrics.contains("fengqiao_part_works"), "{metrics}");
        seen.push((format!("the metrics of {}", service.name()), metrics.into_bytes()));
    }
    seen.extend(logs(&county));
    seen.extend(redis_contents(&county).await);
    seen.extend(table_contents(&county).await);
    for (place, bytes) in &seen {
        for word in PERSONAL {
            assert!(!holds(bytes, word.as_bytes()), "{word} is in {place}");
            assert!(!holds(bytes, hex(word).as_bytes()), "{word} is in {place}, as bytes");
        }
    }
    county.stack.stop().await;
}

/// The agency that takes pushes by webhook goes on in the trace that its push came with; of the hotline it knows nothing.
async fn sign_in_the_push_s_trace(county: &County, endpoint: &WebhookAgency, case_id: &str) {
    let push_id = until("the push by webhook", USUAL, async || {
        let arrivals = endpoint.arrivals.lock().unwrap();
        arrivals.iter().find(|push| push.case_id == case_id).map(|push| push.push_id.clone())
    })
    .await;
    let traceparent = endpoint.trace_of(&push_id).unwrap();
    let mut sign = tonic::Request::new(SignPushRequest { push_id, ..Default::default() });
    sign.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    county.calls().notification(BY_WEBHOOK).unwrap().sign_push(sign).await.unwrap();
}

/// Each step of the way is a span under the one before it, from the hotline's to the case's that hears of the signature.
async fn one_trace_has_the_whole_way(collector: &Collector) {
    let taken = format!("{HOTLINE_SPAN} > intake: /fengqiao.intake.v1.IntakeService/SubmitReport");
    let case = format!("{taken} > routing: routing report");
    let pushed = format!("{case} > notification: push by webhook");
    let signed = format!("{pushed} > notification: /fengqiao.notification.v1.NotificationService/SignPush");
    // What an agency answers stays in the trace of the push itself, wherever the agency's own call belongs to.
    let heard = format!("{case} > routing: routing receipt");
    let wanted = BTreeSet::from([
        format!("{taken} > statistics: statistics takes in"),
        format!("{case} > statistics: statistics takes in"),
        format!("{case} > notification: push by stream"),
        format!("{pushed} > statistics: statistics takes in"),
        format!("{heard} > statistics: statistics takes in"),
        heard,
        taken,
        case,
        pushed,
        signed,
    ]);
    let end = Instant::now() + USUAL;
    loop {
        let held = ways(&collector.spans(TRACE));
        let missing: Vec<_> = wanted.difference(&held).collect();
        if missing.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "missing: {missing:#?}, there are: {held:#?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_say_what_operators_must_know() {
    let county = County::start(|_| {}).await;
    county.open(&red_report()).await;
    let wanted = [
        (
            Service::Intake,
            &["fengqiao_outbox_lag_events", "fengqiao_grpc_calls_total", "fengqiao_part_works"][..],
        ),
        (
            Service::Routing,
            &["fengqiao_outbox_lag_events", "fengqiao_events_applied_total", "fengqiao_events_parked"],
        ),
        (
            Service::Notification,
            &[
                "fengqiao_notification_oldest_undelivered_seconds",
                "fengqiao_notification_parked_pushes",
                "fengqiao_notification_queue_depth",
            ],
        ),
        (Service::Statistics, &["fengqiao_events_applied_total"]),
    ];
    for (service, names) in wanted {
        for name in names {
            until(&format!("{name} of {}", service.name()), USUAL, async || {
                metrics(&county, service).await.contains(name).then_some(())
            })
            .await;
        }
    }
    county.stack.stop().await;
}

async fn metrics(county: &County, service: Service) -> String {
    let address = format!("{}/metrics", county.stack.service(service).operations_url());
    reqwest::get(address).await.unwrap().text().await.unwrap()
}

fn logs(county: &County) -> Vec<(String, Vec<u8>)> {
    let folder = county.stack.folder().join("logs");
    let logs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    assert!(logs.iter().map(|(_, text)| text.len()).sum::<usize>() > 1000, "there are no logs to look at");
    logs
}

/// Everything that lies under the stack's prefix.
async fn redis_contents(county: &County) -> Vec<(String, Vec<u8>)> {
    let client = redis::Client::open(county.database.redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{}:*", county.database.redis_prefix()))
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(!keys.is_empty());
    let mut contents = Vec::new();
    for key in keys {
        // Uncompressed enough to search: streams and hashes keep their strings as they are.
        let dump: Option<Vec<u8>> = redis::cmd("DUMP").arg(&key).query_async(&mut redis).await.unwrap();
        contents.push((format!("the key {key}"), dump.unwrap_or_default()));
        contents.push(("the name of a key".to_owned(), key.into_bytes()));
    }
    contents
}

/// Every row of every table, as text.
async fn table_contents(county: &County) -> Vec<(String, Vec<u8>)> {
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('intake', 'routing', 'notification', 'statistics')",
    )
    .fetch_all(&county.pool)
    .await
    .unwrap();
    assert!(tables.len() > 20);
    let mut contents = Vec::new();
    for (schema, table) in tables {
        let sql = format!("SELECT t::text FROM {schema}.{table} AS t");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&county.pool).await.unwrap();
        let text: Vec<u8> = rows.iter().flat_map(|row| row.get::<String, _>(0).into_bytes()).collect();
        contents.push((format!("the table {schema}.{table}"), text));
    }
    contents
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn hex(word: &str) -> String {
    word.bytes().map(|byte| format!("{byte:02x}")).collect()
}
