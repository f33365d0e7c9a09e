//! What people did that is no report: the same activities as over gRPC.

use axum::extract::{Request, State};
use fengqiao_proto::intake::v1::Activity;
use fengqiao_serving::json_edge::{Problem, Reply, is_of_type};
use tonic::Status;

use super::{ACTIVITY_BYTES, Edge, reading::read};
use crate::intake::WhenFull;

/// `POST /v1/activities`
pub(super) async fn submit(State(edge): State<Edge>, request: Request) -> Result<Reply, Reply> {
    submitted(edge, request).await.map_err(Problem::reply)
}

async fn submitted(edge: Edge, request: Request) -> Result<Reply, Problem> {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    let who = edge.caller("ActivityService/SubmitActivity", headers, &head.extensions)?;
    if !is_of_type(headers, "application/json") {
        return Err(Problem::wrong_content_type("application/json"));
    }
    let (body, room) = edge.whole(headers, body, ACTIVITY_BYTES).await?;
    let (answers, key) = (edge.answers.clone(), edge.answers.key(headers, &who, "SubmitActivity", &body)?);
    answers
        .once(key, async move {
            let _room = room;
            let activity = match serde_json::from_slice(&body) {
                Ok(value) => read::<Activity>(value),
                Err(error) => return Problem::not_json(&error).reply(),
            };
            let begun = match activity {
                Ok(activity) => edge.activities.begin(&who, Some(activity), WhenFull::Refuse).await,
                Err(error) => Err(error),
            };
            let taken = match begun {
                Ok(begun) => begun.committed().await,
                Err(error) => Err(error),
            };
            match taken {
                Ok(taken) => Reply::message(&taken),
                Err(error) => Problem::from(Status::from(error)).reply(),
            }
        })
        .await
}
