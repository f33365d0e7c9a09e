//! The HTTP face: the same questions, callers and refusals as over gRPC, as JSON, for dashboards. A page is a method: its
//! body is the JSON form of the method's request, and it is answered by the same face.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::from_fn,
    response::{IntoResponse as _, Response},
    routing::post,
};
use fengqiao_access::{AccessLayer, Principal};
use fengqiao_proto::{
    json::to_json,
    json_misfits::{self, Unfit},
    statistics::v1::{
        StreamIndicatorsRequest, StreamIndicatorsResponse, analysis_service_server::AnalysisService,
        statistics_service_server::StatisticsService,
    },
};
use fengqiao_serving::{
    json_edge::{Problem, Reply, caller, is_of_type, observed},
    status::{self, Violation},
};
use futures::{Stream, StreamExt as _};
use prost::Name;
use serde_json::Value;
use tokio::time::timeout;
use tonic::Status;

use crate::grpc::{AnalysisFace, StatisticsFace};

/// The largest question, as JSON, in bytes: filters filled to their limits fit.
const QUESTION_BYTES: usize = 256 * 1024;
/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const STATISTICS: &str = "fengqiao.statistics.v1.StatisticsService";
const ANALYSIS: &str = "fengqiao.statistics.v1.AnalysisService";
const LINES: &str = "application/x-ndjson";

/// What every request needs.
#[derive(Clone)]
struct Edge {
    statistics: Arc<StatisticsFace>,
    analysis: Arc<AnalysisFace>,
    gate: AccessLayer,
}

/// The routes. `gate` says who is calling and what they may.
pub fn router(statistics: Arc<StatisticsFace>, analysis: Arc<AnalysisFace>, gate: AccessLayer) -> Router {
    macro_rules! page {
        ($face:ident, $service:expr, $name:literal, $method:ident) => {
            post(|State(edge): State<Edge>, request: Request| async move {
                let (who, asked) = question(&edge, $service, $name, request).await.map_err(Problem::reply)?;
                answer(edge.$face.$method(as_a(who, asked)).await)
            })
        };
    }
    Router::new()
        .route("/v1/indicators:query", page!(statistics, STATISTICS, "QueryIndicators", query_indicators))
        .route(
            "/v1/indicators:describe",
            page!(statistics, STATISTICS, "DescribeIndicators", describe_indicators),
        )
        .route("/v1/indicators:stream", post(stream))
        .route("/v1/figures:cases", page!(analysis, ANALYSIS, "ListFigureCases", list_figure_cases))
        .route("/v1/published:check", page!(analysis, ANALYSIS, "CheckPublished", check_published))
        .route("/v1/leagues:get", page!(analysis, ANALYSIS, "GetLeagueTable", get_league_table))
        .route("/v1/exclusions:exclude", page!(analysis, ANALYSIS, "ExcludeCase", exclude_case))
        .route("/v1/exclusions:include", page!(analysis, ANALYSIS, "IncludeCase", include_case))
        .route("/v1/exclusions:list", page!(analysis, ANALYSIS, "ListExclusions", list_exclusions))
        .fallback(|| async { Problem::no_such_page().reply() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method().reply() })
        .layer(from_fn(observed))
        .with_state(Edge { statistics, analysis, gate })
}

/// Who asks, and what. The body is only read for who may call.
async fn question<M: Name + Default>(
    edge: &Edge,
    service: &str,
    method: &str,
    request: Request,
) -> Result<(Arc<Principal>, M), Problem> {
    let (head, body) = request.into_parts();
    let who = caller(&edge.gate, &format!("{service}/{method}"), &head.headers, &head.extensions)?;
    if !is_of_type(&head.headers, "application/json") {
        return Err(Problem::wrong_content_type("application/json"));
    }
    let body =
        timeout(BODY_TIMEOUT, to_bytes(body, QUESTION_BYTES)).await.map_err(|_| Problem::too_slow())?;
    let body = body.map_err(|error| {
        let large = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if large { Problem::too_large(QUESTION_BYTES) } else { Problem::broken_body() }
    })?;
    let value: Value = serde_json::from_slice(&body).map_err(|error| Problem::not_json(&error))?;
    let message = json_misfits::read(value).map_err(|unfit| {
        let violations = match unfit {
            Unfit::Parts(parts) => {
                parts.into_iter().map(|misfit| Violation::new(misfit.field, misfit.right)).collect()
            }
            Unfit::Whole => vec![Violation::new("", "must be the JSON form of the request")],
        };
        Problem::from(status::invalid(violations))
    })?;
    Ok((who, message))
}

fn as_a<M>(who: Arc<Principal>, message: M) -> tonic::Request<M> {
    let mut request = tonic::Request::new(message);
    request.extensions_mut().insert(who);
    request
}

fn answer<M: Name>(answered: Result<tonic::Response<M>, Status>) -> Result<Reply, Reply> {
    let message = answered.map_err(|status| Problem::from(status).reply())?;
    Ok(Reply::message(message.get_ref()))
}

/// `POST /v1/indicators:stream`: a part of the answer on each line. What goes wrong on the way is a last line that is a
/// problem.
async fn stream(State(edge): State<Edge>, request: Request) -> Result<Response, Reply> {
    let asked = question::<StreamIndicatorsRequest>(&edge, ANALYSIS, "StreamIndicators", request).await;
    let (who, asked) = asked.map_err(Problem::reply)?;
    let opened = edge.analysis.stream_indicators(as_a(who, asked)).await;
    let parts = opened.map_err(|status| Problem::from(status).reply())?.into_inner();
    let mut response = Body::from_stream(lines(parts)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn lines(
    parts: impl Stream<Item = Result<StreamIndicatorsResponse, Status>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, Status>> + Send + 'static {
    parts.map(|part| {
        let mut line = match part {
            Ok(part) => match to_json(&part) {
                Ok(json) => json.to_string().into_bytes(),
                Err(error) => Problem::internal(&error).reply().body,
            },
            Err(status) => Problem::from(status).reply().body,
        };
        line.push(b'\n');
        Ok(Bytes::from(line))
    })
}
