//! Each request bounded in time, counted and timed.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::time::timeout;

/// What one page may take.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Bounds a request's head in time, counts and times it, under the name of its site; `longer` says of routes that take
/// longer than a page how long they may.
pub async fn observed(
    site: &'static str,
    longer: fn(&str) -> Option<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let began = std::time::Instant::now();
    // The route, not the path: a path is of a stranger's making.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let at_most = longer(&route).unwrap_or(PAGE_TIMEOUT);
    let response = match timeout(at_most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    };
    let status = response.status().as_u16().to_string();
    metrics::counter!(format!("fengqiao_{site}_requests_total"), "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!(format!("fengqiao_{site}_request_seconds"), "route" => route)
        .record(began.elapsed().as_secs_f64());
    response
}
