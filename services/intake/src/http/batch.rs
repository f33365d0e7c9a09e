//! Many reports in one request, each answered on its own: a JSON array, or a line for each.

use axum::extract::{Request, State};
use fengqiao_access::Principal;
use fengqiao_proto::{
    intake::v1::{SubmitReportsResponse, submit_reports_response::Outcome},
    json::to_json,
};
use fengqiao_serving::json_edge::{Problem, Reply, is_of_type};
use futures::future::join_all;
use serde_json::Value;

use super::{BATCH_BYTES, BATCH_REPORTS, Edge, reading::read};
use crate::{
    domain::validation::Violation,
    error::{IntakeError, refusal},
};

/// How the reports stand in the body, and the outcomes in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One JSON array.
    Array,
    /// A JSON document on each line; empty lines do not count.
    Lines,
}

const LINES: &str = "application/x-ndjson";

/// `POST /v1/reports:batch`
pub(super) async fn submit(State(edge): State<Edge>, request: Request) -> Result<Reply, Reply> {
    submitted(edge, request).await.map_err(Problem::reply)
}

async fn submitted(edge: Edge, request: Request) -> Result<Reply, Problem> {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    let who = edge.caller("IntakeService/SubmitReports", headers, &head.extensions)?;
    let form = match (is_of_type(headers, "application/json"), is_of_type(headers, LINES)) {
        (true, _) => Form::Array,
        (_, true) => Form::Lines,
        _ => return Err(Problem::wrong_content_type("application/json or application/x-ndjson")),
    };
    let (body, room) = edge.whole(headers, body, BATCH_BYTES).await?;
    let (answers, key) = (edge.answers.clone(), edge.answers.key(headers, &who, "SubmitReports", &body)?);
    answers
        .once(key, async move {
            let _room = room;
            match items(&body, form) {
                Ok(items) => {
                    let outcomes =
                        items.into_iter().zip(1..).map(|(item, mark)| one(&edge, &who, mark, item));
                    reply(&join_all(outcomes).await, form)
                }
                Err(problem) => problem.reply(),
            }
        })
        .await
}

/// The reports of a body, each for itself readable or not.
fn items(body: &[u8], form: Form) -> Result<Vec<Result<Value, IntakeError>>, Problem> {
    let items: Vec<Result<Value, IntakeError>> = match form {
        Form::Array => {
            let items: Vec<Value> =
                serde_json::from_slice(body).map_err(|error| Problem::not_json(&error))?;
            items.into_iter().map(Ok).collect()
        }
        Form::Lines => body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            // One more shows that there are too many; the rest is not looked at.
            .take(BATCH_REPORTS + 1)
            .map(|line| {
                serde_json::from_slice(line).map_err(|error| {
                    let right = format!("must be JSON; at column {} it is not", error.column());
                    IntakeError::invalid("report", right)
                })
            })
            .collect(),
    };
    if items.len() > BATCH_REPORTS {
        let wrong = Violation::new("reports", format!("must be at most {BATCH_REPORTS}"));
        return Err(tonic::Status::from(IntakeError::Invalid(vec![wrong])).into());
    }
    Ok(items)
}

async fn one(
    edge: &Edge,
    who: &Principal,
    mark: u64,
    item: Result<Value, IntakeError>,
) -> SubmitReportsResponse {
    let taken = match item.and_then(read) {
        Ok(report) => edge.intake.submit(who, Some(report)).await,
        Err(error) => Err(error),
    };
    let outcome = match taken {
        Ok(taken) => Outcome::Accepted(taken),
        Err(error) => Outcome::Refused(refusal(error)),
    };
    SubmitReportsResponse { mark, outcome: Some(outcome) }
}

fn reply(outcomes: &[SubmitReportsResponse], form: Form) -> Reply {
    let outcomes: Result<Vec<Value>, _> = outcomes.iter().map(to_json).collect();
    match (outcomes, form) {
        (Ok(outcomes), Form::Array) => Reply::json(Value::Array(outcomes).to_string().into_bytes()),
        (Ok(outcomes), Form::Lines) => {
            let lines: String = outcomes.iter().map(|outcome| format!("{outcome}\n")).collect();
            Reply { content_type: LINES.to_owned(), ..Reply::json(lines.into_bytes()) }
        }
        (Err(error), _) => Problem::internal(&error).reply(),
    }
}
