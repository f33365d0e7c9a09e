//! Merging cases, undoing it, and splitting one.

use clap::Args;
use fengqiao_proto::routing::v1::{
    Case, MergeCasesRequest, SplitCaseRequest, UndoMergeRequest, routing_service_client::RoutingServiceClient,
};
use serde_json::json;

use super::{Guard, Named, request_id};
use crate::{
    connection::{Connection, Session},
    errors::CommandError,
    output::Output,
    timeline,
};

/// A case that goes into another.
#[derive(Debug, Args)]
pub struct MergeOptions {
    #[command(flatten)]
    named: Named,
    /// The case that it goes into, by its number or id.
    #[arg(long, value_name = "CASE")]
    into: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    guard: Guard,
}

/// A case that comes back.
#[derive(Debug, Args)]
pub struct UnmergeOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    guard: Guard,
}

/// Reports that become a case of their own.
#[derive(Debug, Args)]
pub struct SplitOptions {
    #[command(flatten)]
    named: Named,
    /// The reports that go; `fengqiao case show --json` lists their ids.
    #[arg(long = "report", value_name = "ID", required = true, num_args = 1..)]
    reports: Vec<String>,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    guard: Guard,
}

impl SplitOptions {
    #[cfg(test)]
    pub(super) fn reports(&self) -> &[String] {
        &self.reports
    }
}

/// Why, and in which capacity.
#[derive(Debug, Args)]
struct Why {
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// The post in whose name you act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
}

/// Merges.
///
/// # Errors
/// Where the call fails.
pub async fn merge(
    options: MergeOptions,
    mut client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let MergeOptions { named: Named { case }, into, why, guard } = options;
    let failed = CommandError::call(format!("case {case}"));
    let request = session.request(MergeCasesRequest {
        county: session.county(),
        case,
        into,
        request_id: request_id(guard.request_id),
        etag: guard.etag,
        capacity: why.capacity,
        reason: why.reason,
    });
    let answer = client.merge_cases(request).await.map_err(failed)?.into_inner();
    both(answer.case, answer.into, output)
}

/// Undoes a merger.
///
/// # Errors
/// Where the call fails.
pub async fn unmerge(
    options: UnmergeOptions,
    mut client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let UnmergeOptions { named: Named { case }, why, guard } = options;
    let failed = CommandError::call(format!("case {case}"));
    let request = session.request(UndoMergeRequest {
        county: session.county(),
        case,
        request_id: request_id(guard.request_id),
        etag: guard.etag,
        capacity: why.capacity,
        reason: why.reason,
    });
    let answer = client.undo_merge(request).await.map_err(failed)?.into_inner();
    both(answer.case, answer.from, output)
}

/// Splits.
///
/// # Errors
/// Where the call fails.
pub async fn split(
    options: SplitOptions,
    mut client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let SplitOptions { named: Named { case }, reports, why, guard } = options;
    let failed = CommandError::call(format!("case {case}"));
    let request = session.request(SplitCaseRequest {
        county: session.county(),
        case,
        report_ids: reports,
        request_id: request_id(guard.request_id),
        etag: guard.etag,
        capacity: why.capacity,
        reason: why.reason,
    });
    let answer = client.split_case(request).await.map_err(failed)?.into_inner();
    both(answer.case, answer.new_case, output)
}

fn both(case: Option<Case>, other: Option<Case>, output: &Output) -> Result<(), CommandError> {
    let (case, other) = (case.unwrap_or_default(), other.unwrap_or_default());
    if output.json {
        let document = json!({
            "case": fengqiao_proto::json::to_json(&case)?,
            "other": fengqiao_proto::json::to_json(&other)?,
        });
        return output.line(&format!("{document:#}"));
    }
    output.text(&timeline::heading(&case, output))?;
    output.text(&timeline::heading(&other, output))
}
