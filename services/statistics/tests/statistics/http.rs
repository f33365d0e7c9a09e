//! The HTTP face says what the gRPC face says.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use fengqiao_access::{AccessLayer, Policy, Principal, TokenSigner, TokenVerifier};
use fengqiao_proto::json::to_json;
use fengqiao_serving::time::Clock;
use fengqiao_statistics::{grpc::StatisticsFace, http::router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    questions::face,
    world::{self, World, asking},
};

const COUNTY: &str = "421181";

/// What a page answers to someone of a role.
async fn post(world: &World, role: &str, path: &str, body: String) -> (StatusCode, String) {
    let (private, public) = TokenSigner::generate().unwrap();
    let gate = AccessLayer::new(Policy::from_contract().unwrap(), TokenVerifier::from_pem(&public).unwrap());
    let statistics = StatisticsFace::new(world.answers(), Clock::moved_by(world::now));
    let router = router(Arc::new(statistics), Arc::new(face(world)), gate);
    let who = Principal::new("someone", COUNTY, role, None).unwrap();
    let signer = TokenSigner::from_pem(&private).unwrap();
    let token = signer.sign(&who, SystemTime::now() + Duration::from_secs(600)).unwrap();
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn read(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap()
}

#[tokio::test]
async fn a_question_is_answered_as_over_grpc() {
    let world = World::with_the_day(COUNTY).await;
    let asked = asking(&["sign_rate", "reports"]);
    let told = world.answers().answer(COUNTY, &asked, world::now()).await.unwrap();
    let body = to_json(&asked).unwrap().to_string();
    let (status, answer) = post(&world, "analyst", "/v1/indicators:query", body).await;
    assert_eq!((status, read(&answer)), (StatusCode::OK, to_json(&told).unwrap()));
    let (status, answer) = post(&world, "analyst", "/v1/indicators:describe", "{}".into()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(read(&answer)["indicators"].as_array().unwrap().len() > 50);
}

#[tokio::test]
async fn a_long_answer_is_a_line_for_each_part() {
    let world = World::with_the_day(COUNTY).await;
    let body = json!({ "question": to_json(&asking(&["reports"])).unwrap() }).to_string();
    let (status, answer) = post(&world, "analyst", "/v1/indicators:stream", body).await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<_> = answer.lines().map(read).collect();
    assert_eq!(lines[0]["rows"][0]["numerator"], "4");
}

#[tokio::test]
async fn refusals_are_problems_and_name_the_field() {
    let world = World::new().await;
    let wrong = json!({ "indicators": ["divorces"], "top": -1 }).to_string();
    let (status, answer) = post(&world, "analyst", "/v1/indicators:query", wrong).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let violations = read(&answer)["violations"].as_array().unwrap().clone();
    let fields: Vec<_> = violations.iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect();
    assert_eq!(fields, ["indicators[0]", "top", "from", "before"]);
    let (status, answer) = post(&world, "analyst", "/v1/published:check", r#"{"percent": "1"}"#.into()).await;
    assert_eq!(
        (status, read(&answer)["violations"][0]["field"].clone()),
        (StatusCode::BAD_REQUEST, json!("percent"))
    );
    // An analyst does not open cases, and a source asks for no figures.
    let (status, _) = post(&world, "analyst", "/v1/figures:cases", "{}".into()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = post(&world, "analyst", "/v1/figures", "{}".into()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
