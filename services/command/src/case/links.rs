//! Merging cases, undoing it, and splitting one.

use clap::Args;
use fengqiao_proto::routing::v1::{
    Case, MergeCasesRequest, SplitCaseRequest, UndoMergeRequest, routing_service_client::RoutingServiceClient,
};
use serde_json::json;

use super::act::{MaybeReason, Target};
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
    target: Target,
    /// The case that it goes into, by its number or id.
    #[arg(long, value_name = "CASE")]
    into: String,
    #[command(flatten)]
    why: MaybeReason,
}

/// A case that comes back.
#[derive(Debug, Args)]
pub struct UnmergeOptions {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    why: MaybeReason,
}

/// Reports that become a case of their own.
#[derive(Debug, Args)]
pub struct SplitOptions {
    #[command(flatten)]
    target: Target,
    /// The reports that go; `fengqiao case show --json` lists their ids.
    #[arg(long = "report", value_name = "ID", required = true, num_args = 1..)]
    reports: Vec<String>,
    #[command(flatten)]
    why: MaybeReason,
}

impl SplitOptions {
    #[cfg(test)]
    pub(super) fn reports(&self) -> &[String] {
        &self.reports
    }
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
    let MergeOptions { target, into, why } = options;
    let failed = CommandError::call(format!("case {}", target.case));
    let request = session.request(MergeCasesRequest {
        county: session.county(),
        case: target.case,
        into,
        request_id: target.request_id.or_new(),
        etag: target.etag,
        capacity: target.capacity,
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
    let UnmergeOptions { target, why } = options;
    let failed = CommandError::call(format!("case {}", target.case));
    let request = session.request(UndoMergeRequest {
        county: session.county(),
        case: target.case,
        request_id: target.request_id.or_new(),
        etag: target.etag,
        capacity: target.capacity,
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
    let SplitOptions { target, reports, why } = options;
    let failed = CommandError::call(format!("case {}", target.case));
    let request = session.request(SplitCaseRequest {
        county: session.county(),
        case: target.case,
        report_ids: reports,
        request_id: target.request_id.or_new(),
        etag: target.etag,
        capacity: target.capacity,
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
