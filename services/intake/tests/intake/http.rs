//! The HTTP face: the same answers as over gRPC.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use fengqiao_access::{AccessLayer, Policy, Principal, TokenSigner, TokenVerifier};
use fengqiao_intake::{
    Intake,
    config::CommitSettings,
    http::{BATCH_REPORTS, IdempotentAnswers, openapi, router},
};
use fengqiao_proto::{json::to_json, routing::v1::CaseChanged, types::v1::CaseState};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    changes::{bring, told},
    world::{COUNTY, World, report, tell, until},
};

struct Edge {
    world: World,
    intake: Arc<Intake>,
    router: Router,
    signer: TokenSigner,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn fields(&self) -> Vec<String> {
        let json = self.json();
        let violations = json["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl Edge {
    async fn start() -> Self {
        Self::with(CommitSettings::default()).await
    }

    async fn with(settings: CommitSettings) -> Self {
        let mut world = World::new().await;
        let intake = world.intake(&settings);
        let (private, public) = TokenSigner::generate().unwrap();
        let gate =
            AccessLayer::new(Policy::from_contract().unwrap(), TokenVerifier::from_pem(&public).unwrap());
        let answers = IdempotentAnswers::new(world.pool.clone(), Arc::clone(&world.keyring));
        let activities = world.activities(&intake);
        let router = router(Arc::clone(&intake), activities, gate, answers);
        Self { world, intake, router, signer: TokenSigner::from_pem(&private).unwrap() }
    }

    fn token(&self, role: &str, scope: Option<&str>) -> String {
        let who = Principal::new(&format!("{role}-1"), COUNTY, role, scope).unwrap();
        self.signer.sign(&who, SystemTime::now() + std::time::Duration::from_secs(600)).unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    async fn get(&self, path: &str) -> Answer {
        let token = self.token("source", Some("hotline_12345"));
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let token = self.token("source", Some("hotline_12345"));
        let mut request = Request::post(path).header("authorization", format!("Bearer {token}"));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json; charset=utf-8");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }
}

fn form(reference: &str, number: u32) -> Value {
    let mut form = to_json(&report(reference, number, number)).unwrap();
    // The same each time.
    form["occurredAt"] = json!("2026-01-05T08:00:00+08:00");
    form
}

#[tokio::test]
async fn a_report_is_taken_and_read_back() {
    let edge = Edge::start().await;
    let mut short = form("GD-1", 1);
    short["source"] = json!("HOTLINE_12345");
    let taken = edge.post("/v1/reports", &[], short.to_string()).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.json());
    assert_eq!(taken.json()["revision"], 1);
    let id = taken.json()["reportId"].as_str().unwrap().to_owned();
    let by_id = edge.get(&format!("/v1/reports/{id}")).await.json();
    assert_eq!(by_id["report"]["title"], "邻里纠纷");
    assert_eq!(edge.get(&format!("/v1/reports/{id}?purpose=case&county=421181")).await.json(), by_id);
    assert_eq!(edge.get(&format!("/v1/reports/{id}?why=case")).await.fields(), ["why"]);
    for source in ["HOTLINE_12345", "source_hotline_12345"] {
        assert_eq!(edge.get(&format!("/v1/reports?source={source}&ref=GD-1")).await.json(), by_id);
    }
    let again = edge.post("/v1/reports", &[], short.to_string()).await;
    assert_eq!(again.json()["known"], true);
    edge.world.end().await;
}

#[tokio::test]
async fn an_activity_comes_through_the_same_door() {
    let edge = Edge::start().await;
    let form = json!({
        "source": "HOTLINE_12345", "sourceRef": "HD-1", "kind": "PUBLICITY", "areaCode": "421181105",
        "begunAt": "2026-01-05T08:00:00+08:00", "endedAt": "2026-01-05T09:00:00+08:00", "count": 40,
    });
    let taken = edge.post("/v1/activities", &[], form.to_string()).await;
    assert_eq!((taken.status, taken.json()["revision"].as_i64()), (StatusCode::OK, Some(1)));
    let again = edge.post("/v1/activities", &[], form.to_string()).await.json();
    assert_eq!((&again["known"], &again["activityId"]), (&json!(true), &taken.json()["activityId"]));
    let mut wrong = form.clone();
    (wrong["kind"], wrong["count"], wrong["who"]) = (json!("PARTY"), json!("many"), json!(1));
    let refused = edge.post("/v1/activities", &[], wrong.to_string()).await;
    let mut fields = refused.fields();
    fields.sort();
    assert_eq!(
        (refused.status, fields),
        (StatusCode::BAD_REQUEST, vec!["count".into(), "kind".into(), "who".into()])
    );
    let mut wrong = form;
    wrong["areaCode"] = json!("999999");
    assert_eq!(edge.post("/v1/activities", &[], wrong.to_string()).await.fields(), ["areaCode"]);
    wrong["source"] = json!("GRID");
    wrong["areaCode"] = json!("421181105");
    let others = edge.post("/v1/activities", &[], wrong.to_string()).await;
    assert_eq!(others.status, StatusCode::FORBIDDEN);
    assert_eq!(edge.world.count("SELECT count(*) FROM activity").await, 1);
    edge.world.end().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_as_problem_details_and_no_value_repeated() {
    let edge = Edge::start().await;
    let mut wrong = form("GD-1", 1);
    wrong["sourceReference"] = json!("x");
    wrong["parties"][0]["phone"] = json!(13_800_000_000_u64);
    let refused = edge.post("/v1/reports", &[], wrong.to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let mut fields = refused.fields();
    fields.sort();
    assert_eq!(fields, ["parties[0].phone", "sourceReference"]);
    let mut wrong = form("GD-1", 1);
    (wrong["areaCode"], wrong["parties"][0]["phone"]) = (json!("999999"), json!("12345678901234"));
    let refused = edge.post("/v1/reports", &[], wrong.to_string()).await;
    assert_eq!(refused.fields(), ["areaCode", "parties[0].phone"]);
    assert!(!String::from_utf8_lossy(&refused.bytes).contains("12345678901234"));

    let no_json = edge.post("/v1/reports", &[], "{\n  \"title\": x\n}").await;
    assert_eq!(
        (no_json.status, no_json.json()["code"].as_str().unwrap()),
        (StatusCode::BAD_REQUEST, "NOT_JSON")
    );
    assert!(no_json.json()["detail"].as_str().unwrap().contains("line 2 column 12"), "{}", no_json.json());

    let large = edge.post("/v1/reports", &[], vec![b' '; 3 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let typed = edge.post("/v1/reports", &[("content-type", "text/xml")], "<x/>").await;
    assert_eq!(typed.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let parameter = edge.get("/v1/reports?source=hotline_12345&reference=GD-1").await;
    assert_eq!(parameter.fields(), ["reference"]);
    assert_eq!(edge.get("/v1/reports?source=hotline_12345").await.fields(), ["ref"]);
    assert_eq!(edge.get("/v1/reports/7").await.fields(), ["reportId"]);
    let gone = edge.get(&format!("/v1/reports/{}", uuid::Uuid::nil())).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(edge.get("/v2/reports").await.json()["code"], "NO_SUCH_PAGE");
    let method = edge.post("/v1/changes", &[], "").await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    edge.world.end().await;
}

#[tokio::test]
async fn the_same_may_call_as_over_grpc() {
    let edge = Edge::start().await;
    let post = |token: Option<String>| {
        let mut request = Request::post("/v1/reports").header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.body(Body::from(form("GD-1", 1).to_string())).unwrap()
    };
    assert_eq!(edge.send(post(None)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(edge.send(post(Some("x".into()))).await.status, StatusCode::UNAUTHORIZED);
    let analyst = edge.token("analyst", None);
    assert_eq!(edge.send(post(Some(analyst))).await.status, StatusCode::FORBIDDEN);
    let police = edge.token("source", Some("police_110"));
    let refused = edge.send(post(Some(police))).await;
    assert_eq!((refused.status, refused.fields()), (StatusCode::FORBIDDEN, vec!["source".to_owned()]));
    // The document is for everyone.
    let document = edge.send(Request::get("/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(document.json(), openapi::document());
    edge.world.end().await;
}

#[tokio::test]
async fn a_batch_answers_each_report_on_its_own() {
    let edge = Edge::start().await;
    let mut wrong = form("GD-2", 2);
    wrong["title"] = json!("");
    let array = json!([form("GD-1", 1), wrong, {"x": 1}, form("GD-3", 3)]);
    let answer = edge.post("/v1/reports:batch", &[], array.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let outcomes = answer.json();
    let marks: Vec<_> =
        outcomes.as_array().unwrap().iter().map(|one| one["mark"].as_str().unwrap()).collect();
    assert_eq!(marks, ["1", "2", "3", "4"]);
    assert!(outcomes[0]["accepted"]["reportId"].is_string() && outcomes[3]["accepted"].is_object());
    assert_eq!(outcomes[1]["refused"]["violations"][0]["field"], "title");
    assert_eq!(outcomes[2]["refused"]["violations"][0]["field"], "x");

    let lines = format!("{}\n\nnonsense\n{}\n", form("GD-4", 4), form("GD-4", 4));
    let answer = edge.post("/v1/reports:batch", &[("content-type", "application/x-ndjson")], lines).await;
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let outcomes: Vec<Value> = String::from_utf8(answer.bytes)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(outcomes[0]["accepted"].is_object());
    assert_eq!(outcomes[1]["refused"]["code"], 3);
    assert_eq!(outcomes[1]["refused"]["violations"][0]["field"], "report");
    assert_eq!(outcomes[2]["accepted"]["known"], true, "the same report twice in one batch");
    let many = Value::Array(vec![json!({}); BATCH_REPORTS + 1]);
    let refused = edge.post("/v1/reports:batch", &[], many.to_string()).await;
    assert_eq!((refused.status, refused.fields()), (StatusCode::BAD_REQUEST, vec!["reports".to_owned()]));
    assert_eq!(refused.json()["code"], "INVALID_ARGUMENT");
    assert_eq!(refused.json()["detail"], format!("reports: must be at most {BATCH_REPORTS}"));
    let none = edge.post("/v1/reports:batch", &[], "[7]").await.json();
    assert_eq!(none[0]["refused"]["violations"][0]["field"], "report");
    assert_eq!(edge.post("/v1/reports", &[], "7").await.fields(), ["report"]);
    edge.world.end().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer() {
    let edge = Edge::start().await;
    let key = [("idempotency-key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"")];
    let first = edge.post("/v1/reports", &key, form("GD-1", 1).to_string()).await;
    let again = edge.post("/v1/reports", &key, form("GD-1", 1).to_string()).await;
    assert_eq!(
        (again.status, &again.bytes),
        (StatusCode::OK, &first.bytes),
        "not `known`: the first one's answer"
    );
    let other = edge.post("/v1/reports", &key, form("GD-2", 2).to_string()).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A refusal is an answer too.
    let key = [("idempotency-key", "k2")];
    for _ in 0..2 {
        assert_eq!(edge.post("/v1/reports", &key, "{}").await.status, StatusCode::BAD_REQUEST);
    }
    let wrong = edge.post("/v1/reports", &[("idempotency-key", "\"\"")], "{}").await;
    assert_eq!(wrong.json()["code"], "WRONG_IDEMPOTENCY_KEY");
    // As a process would leave it that is at work, or was killed at it.
    sqlx::query("UPDATE idempotent_answer SET status = NULL").execute(&edge.world.pool).await.unwrap();
    let flying = edge.post("/v1/reports", &key, "{}").await;
    assert_eq!(
        (flying.status, &flying.headers["retry-after"]),
        (StatusCode::CONFLICT, &"1".parse().unwrap())
    );
    let long_ago = "UPDATE idempotent_answer SET begun_at = begun_at - interval '2 minutes'";
    sqlx::query(long_ago).execute(&edge.world.pool).await.unwrap();
    assert_eq!(edge.post("/v1/reports", &key, "{}").await.status, StatusCode::BAD_REQUEST, "it is done anew");
    // After a day the key is free.
    let yesterday = "UPDATE idempotent_answer SET begun_at = begun_at - interval '25 hours'";
    sqlx::query(yesterday).execute(&edge.world.pool).await.unwrap();
    let free = edge.post("/v1/reports", &key, form("GD-3", 3).to_string()).await;
    assert_eq!(free.status, StatusCode::OK);
    edge.world.end().await;
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one_request() {
    let edge = Arc::new(Edge::start().await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let edge = Arc::clone(&edge);
        calls.spawn(async move {
            let key = [("idempotency-key", "one")];
            edge.post("/v1/reports", &key, form("GD-1", 1).to_string()).await.status.as_u16()
        });
    }
    let statuses = calls.join_all().await;
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    until("the answer is kept", async || {
        edge.world.count("SELECT count(*) FROM idempotent_answer WHERE status = 200").await == 1
    })
    .await;
    assert_eq!(edge.world.count("SELECT count(*) FROM report").await, 1);
    let edge = Arc::into_inner(edge).unwrap();
    edge.world.end().await;
}

#[tokio::test]
async fn what_has_to_be_sent_again_is_not_kept_as_an_answer() {
    let edge = Edge::with(CommitSettings { queue_reports: 1, ..CommitSettings::default() }).await;
    // Nobody writes while this lock is held, so the queue stays full.
    let mut held = edge.world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE report IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let edge = Arc::new(edge);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..40_u32 {
        let edge = Arc::clone(&edge);
        calls.spawn(async move {
            let name = format!("k{number}");
            let body = form(&format!("GD-{number}"), number).to_string();
            (name.clone(), edge.post("/v1/reports", &[("idempotency-key", &name)], body).await)
        });
    }
    let (name, refused) = loop {
        let (name, answer) = calls.join_next().await.unwrap().unwrap();
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break (name, answer);
        }
    };
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.json()["retryAfterMs"], 200);
    held.rollback().await.unwrap();
    while calls.join_next().await.is_some() {}
    let number: u32 = name[1..].parse().unwrap();
    let body = form(&format!("GD-{number}"), number).to_string();
    let again = edge.post("/v1/reports", &[("idempotency-key", &name)], body).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.json());
    Arc::into_inner(edge).unwrap().world.end().await;
}

#[tokio::test]
async fn a_source_reads_what_became_of_its_reports() {
    let edge = Edge::start().await;
    let id = bring(&edge.intake, report("GD-1", 1, 1)).await;
    tell(&edge.world, &CaseChanged { report_id: id, ..told(1, 1, CaseState::Open) }).await;
    let first = edge.get("/v1/changes").await.json();
    assert_eq!(first["changes"][0]["kind"], "CHANGE_KIND_OPENED");
    assert_eq!(first["changes"][0]["standing"]["caseNumber"], "20261127-0001");
    tell(&edge.world, &told(1, 2, CaseState::Rejected)).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = edge.get(&format!("/v1/changes?cursor={cursor}&waitSeconds=5")).await.json();
    assert_eq!(second["changes"][0]["position"], "2");
    let wrong = edge.get("/v1/changes?waitSeconds=21&pageSize=x").await;
    assert_eq!(wrong.fields(), ["pageSize"]);
    edge.world.end().await;
}
