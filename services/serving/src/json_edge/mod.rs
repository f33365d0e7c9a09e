//! What the HTTP/JSON edges have in common: answers, refusals as problem details, and one bound, trace and measure for
//! each request. Which pages there are is each service's own matter.

mod problem;
mod reply;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request},
    http::{Extensions, HeaderMap, header::CONTENT_TYPE},
    middleware::Next,
    response::Response,
};
use fengqiao_access::{AccessLayer, Principal};
use fengqiao_telemetry::trace;
use tokio::time::timeout;
use tracing::Instrument as _;

pub use self::{problem::Problem, reply::Reply};
use crate::PeerCertificate;

/// How long a request may take, its body included. Asking for changes may wait most of it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Who calls, where it may call the method (`fengqiao.intake.v1.IntakeService/SubmitReport`) that a page stands for.
///
/// # Errors
/// Why it may not.
pub fn caller(
    gate: &AccessLayer,
    method: &str,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Arc<Principal>, Problem> {
    let shown = || extensions.get::<PeerCertificate>().map(|peer| peer.0.to_vec());
    gate.admit_call(&format!("/{method}"), headers, shown).map_err(Problem::from)
}

/// Whether the body says to be of this type; parameters such as a charset do not matter.
#[must_use]
pub fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// Bounds a request in time, continues its trace, counts and times it.
pub async fn observed(request: Request, next: Next) -> Response {
    let began = std::time::Instant::now();
    // The route, not the path: a path is of a stranger's making.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let parent = request.headers().get(trace::TRACEPARENT).and_then(|value| value.to_str().ok());
    let parent = parent.map(str::to_owned);
    let span = trace::child_span("http", parent.as_deref());
    let answering = trace::carry(parent.as_deref(), timeout(REQUEST_TIMEOUT, next.run(request)));
    let response = match answering.instrument(span).await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Problem::too_slow().reply()),
    };
    let status = response.status().as_u16().to_string();
    metrics::counter!("fengqiao_http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("fengqiao_http_request_seconds", "route" => route)
        .record(began.elapsed().as_secs_f64());
    response
}
