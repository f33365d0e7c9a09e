//! The 12345 hotline's whole way: tickets by HTTP/JSON, and what became of them back, by asking and by webhook.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "intake_doors/early_refusals.rs"]
mod early_refusals;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use fengqiao_proto::{
    intake::v1::{ChangeKind, ListChangesRequest, Report, ReportChange},
    json::{from_json, to_json},
    notification::v1::{FeedbackOutcome, FeedbackPushRequest, ListPushesRequest, SignPushRequest},
    routing::v1::{Case, RelevelCaseRequest, ResolveCaseRequest},
    types::v1::Level,
};
use fengqiao_scenarios::{
    people::{unique, yellow_report},
    shared::{County, HOTLINE, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::services::Service;
use reqwest::{Client, Identity};
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An HTTP client that believes the stack's authority, and shows a certificate with its key where given.
fn client(county: &County, shown: Option<String>) -> Client {
    let mut builder = county.https();
    if let Some(shown) = shown {
        builder = builder.identity(Identity::from_pem(shown.as_bytes()).unwrap());
    }
    builder.build().unwrap()
}

fn page(county: &County, path: &str) -> String {
    format!("{}{path}", county.stack.description().http["intake"])
}

fn form(report: &Report) -> Value {
    let mut form = to_json(report).unwrap();
    form["details"] = json!({ "hotlineTicket": {
        "updatedAt": "2026-11-24T08:00:00+08:00", "channel": "电话", "requestKind": "求助",
        "handlers": [{ "unit": "阎家河镇", "role": "LEAD", "expiresDays": 5 }],
        "stages": [{ "kind": "TAKEN", "at": "2026-11-24T08:00:00+08:00", "words": "已受理" }],
    }});
    form
}

async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// The lead signs, says what it did, and the centre resolves.
async fn handled(county: &County, case: &Case, between: impl AsyncFn()) {
    let lead = case.lead_agency.as_str();
    let mut inbox = county.calls().notification(lead).unwrap();
    let request = ListPushesRequest { case_id: case.case_id.clone(), ..Default::default() };
    let push = until("the lead has its push", USUAL, async || {
        inbox.clone().list_pushes(request.clone()).await.unwrap().into_inner().pushes.into_iter().next()
    })
    .await;
    inbox.sign_push(SignPushRequest { push_id: push.push_id.clone(), ..Default::default() }).await.unwrap();
    between().await;
    let feedback = FeedbackPushRequest {
        push_id: push.push_id,
        request_id: "1".into(),
        outcome: FeedbackOutcome::Done.into(),
        text: "已上门调解，联系电话13800000001".into(),
        ..Default::default()
    };
    inbox.feedback_push(feedback).await.unwrap();
    let mut officer = county.calls().routing("officer").unwrap();
    let relevel = RelevelCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("relevel-{}", unique()),
        level: Level::Red.into(),
        reason: "现场核实".into(),
        ..Default::default()
    };
    // What the agency said comes to routing first.
    county
        .until_case(&case.case_id, "routing has the feedback", |case| {
            case.pushes.iter().any(|push| push.feedback_at.is_some())
        })
        .await;
    officer.relevel_case(relevel).await.unwrap();
    let resolve = ResolveCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("resolve-{}", unique()),
        outcome: "双方和解".into(),
        ..Default::default()
    };
    officer.resolve_case(resolve).await.unwrap();
}

/// All that became of a report until it was resolved, in order.
async fn until_resolved(county: &County, source_ref: &str) -> Vec<ReportChange> {
    let mut feed = county.calls().changes(HOTLINE).unwrap();
    let (mut cursor, mut seen) = (String::new(), Vec::<ReportChange>::new());
    while !seen.iter().any(|one| one.source_ref == source_ref && one.kind() == ChangeKind::Resolved) {
        let request = ListChangesRequest { cursor, wait_seconds: 10, page_size: 3, ..Default::default() };
        let answer = feed.list_changes(request).await.unwrap().into_inner();
        seen.extend(answer.changes);
        cursor = answer.next_cursor;
    }
    assert!(seen.iter().zip(1..).all(|(change, place)| change.position == place), "no gap and no double");
    seen.into_iter().filter(|change| change.source_ref == source_ref).collect()
}

#[test]
fn a_ticket_comes_by_http_and_its_hotline_hears_what_became_of_it_over_a_kill() {
    run(|_| async move {
        let got: Arc<Mutex<Vec<ReportChange>>> = Arc::default();
        let gets = Arc::clone(&got);
        let take = move |body: Bytes| async move {
            gets.lock().unwrap().push(from_json(serde_json::from_slice(&body).unwrap()).unwrap());
            StatusCode::NO_CONTENT
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/changes", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/changes", post(take))).await });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), SECRET).unwrap();
        let sources = folder.path().join("sources.toml");
        let text = format!(
            "[[webhook]]\nsource = 'hotline_12345'\nurl = '{url}'\nsecret_files = ['secret']\nallow_private = true\n"
        );
        std::fs::write(&sources, text).unwrap();
        let county = County::start(|plan| {
            plan.environment.push(("FENGQIAO_SOURCES_FILE".into(), sources.display().to_string()));
        })
        .await;

        let token = county.stack.description().token(HOTLINE).unwrap();
        let report = yellow_report();
        let taken = client(&county, None)
            .post(page(&county, "/v1/reports"))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("idempotency-key", "\"the-first\"")
            .body(form(&report).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(taken.status(), 200);
        let id = json_of(taken).await["reportId"].as_str().unwrap().to_owned();
        let case = county.case_of(&id).await;
        handled(&county, &case, async || {
            assert!(county.stack.service(Service::Intake).kill());
            county.stack.service(Service::Intake).ready().await.unwrap();
        })
        .await;

        let changes = until_resolved(&county, &report.source_ref).await;
        let kinds: Vec<_> = changes.iter().map(ReportChange::kind).collect();
        let expected = [
            ChangeKind::Opened,
            ChangeKind::Signed,
            ChangeKind::Feedback,
            ChangeKind::Leveled,
            ChangeKind::Resolved,
        ];
        assert_eq!(kinds, expected);
        let feedback = &changes[2];
        let standing = feedback.standing.as_ref().unwrap();
        assert_eq!(standing.case_number, case.number);
        assert!(!standing.lead_agency_name.is_empty() && standing.signed_at.is_some());
        assert!(
            feedback.words.starts_with("已上门调解") && !feedback.words.contains("138"),
            "{}",
            feedback.words
        );
        assert_eq!(changes[4].words, "双方和解");
        until("the webhook has all of it", USUAL, async || {
            let got: std::collections::BTreeMap<i64, ReportChange> =
                got.lock().unwrap().iter().map(|change| (change.position, change.clone())).collect();
            (got.values().cloned().collect::<Vec<_>>() == changes).then_some(())
        })
        .await;
        county.stack.stop().await;
    });
}

#[test]
fn a_client_certificate_is_as_good_as_a_token_and_without_either_nobody_is_answered() {
    run(|county| async move {
        let who = county.stack.secrets.principal("hotline", "source", Some("hotline_12345")).unwrap();
        let own = county.stack.secrets.client_certificate(&who).unwrap();
        let certified = client(county, Some(format!("{}{}", own.certificate, own.key)));
        let report = yellow_report();
        let post = |client: &Client| {
            client
                .post(page(county, "/v1/reports"))
                .header("content-type", "application/json")
                .body(form(&report).to_string())
                .send()
        };
        let refused = post(&client(county, None)).await.unwrap();
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert_eq!(post(&certified).await.unwrap().status(), 200);
        let read = certified
            .get(page(county, &format!("/v1/reports?source=hotline_12345&ref={}", report.source_ref)))
            .send()
            .await
            .unwrap();
        let ticket = &json_of(read).await["report"]["details"]["hotlineTicket"];
        assert_eq!(ticket["stages"][0]["kind"], "TICKET_STAGE_KIND_TAKEN");
        let document = json_of(client(county, None).get(page(county, "/openapi.json")).send().await.unwrap());
        assert_eq!(document.await["openapi"], "3.1.0");
    });
}
