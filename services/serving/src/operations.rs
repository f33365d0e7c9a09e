//! What operators and Prometheus ask over HTTP: `/metrics`, `/healthz` (alive), `/readyz` (can answer).

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _, routing::get};
use serde_json::json;

use crate::health::Health;

pub(crate) fn router(
    service: &'static str,
    health: Health,
    metrics: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> Router {
    Router::new()
        .route(
            "/metrics",
            get(move || {
                let text = metrics();
                async move { text }
            }),
        )
        .route("/healthz", get(|| async { "alive" }))
        .route(
            "/readyz",
            get(move || {
                let (ready, parts) = health.look();
                let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                let body = json!({ "service": service, "ready": ready, "parts": parts });
                async move { (code, Json(body)).into_response() }
            }),
        )
}
