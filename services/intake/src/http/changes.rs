//! What became of reports.

use axum::{
    extract::{RawQuery, State},
    http::{Extensions, HeaderMap},
};
use fengqiao_proto::intake::v1::ListChangesRequest;
use fengqiao_serving::json_edge::{Problem, Reply};
use tonic::Status;

use super::{Edge, reports::Query};

/// `GET /v1/changes?cursor=…`
pub(super) async fn list(
    State(edge): State<Edge>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Reply, Reply> {
    listed(&edge, query.as_deref(), &headers, &extensions).await.map_err(Problem::reply)
}

async fn listed(
    edge: &Edge,
    query: Option<&str>,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Reply, Problem> {
    let who = edge.caller("ChangeService/ListChanges", headers, extensions)?;
    let query = Query::read(query, &["cursor", "source", "county", "pageSize", "waitSeconds"])?;
    let asked = ListChangesRequest {
        county: query.text("county"),
        source: query.source()?,
        cursor: query.text("cursor"),
        page_size: query.number("pageSize")?,
        wait_seconds: query.number("waitSeconds")?,
    };
    let changes = edge.intake.list_changes(&who, asked).await.map_err(Status::from)?;
    Ok(Reply::message(&changes))
}
