//! The HTTP face: the same reports, callers and refusals as over gRPC, as JSON for those who would rather not make a
//! client.

mod activities;
mod batch;
mod caller;
mod changes;
mod idempotency;
pub mod openapi;
mod reading;
mod reports;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    middleware::from_fn,
    routing::{get, post},
};
use fengqiao_access::AccessLayer;
use fengqiao_serving::json_edge::{Problem, Reply, observed};
use tokio::sync::Semaphore;

pub use self::idempotency::{IdempotentAnswers, forget_old_answers};
use crate::{activities::Activities, intake::Intake};

/// The largest report, as JSON, in bytes: all fields of the contract filled to their limits fit.
pub const REPORT_BYTES: usize = 2 * 1024 * 1024;
/// The largest activity, as JSON, in bytes.
pub const ACTIVITY_BYTES: usize = 256 * 1024;
/// The largest batch, in bytes.
pub const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// The most reports in a batch.
pub const BATCH_REPORTS: usize = 500;
/// The most bodies at once, in KiB. What is read of them takes several times as much.
const BODIES_KIB: usize = 8 * 1024;

/// What every request needs.
#[derive(Clone)]
struct Edge {
    intake: Arc<Intake>,
    activities: Arc<Activities>,
    gate: AccessLayer,
    answers: IdempotentAnswers,
    document: Arc<Vec<u8>>,
    room: Arc<Semaphore>,
}

/// The routes. `gate` says who is calling and what they may.
pub fn router(
    intake: Arc<Intake>,
    activities: Arc<Activities>,
    gate: AccessLayer,
    answers: IdempotentAnswers,
) -> Router {
    let document = Arc::new(openapi::document().to_string().into_bytes());
    let room = Arc::new(Semaphore::new(BODIES_KIB));
    let edge = Edge { intake, activities, gate, answers, document, room };
    Router::new()
        .route("/v1/reports", post(reports::submit).get(reports::by_reference))
        .route("/v1/reports/{report_id}", get(reports::by_id))
        .route("/v1/reports:batch", post(batch::submit))
        .route("/v1/activities", post(activities::submit))
        .route("/v1/changes", get(changes::list))
        .route("/openapi.json", get(served_document))
        .fallback(|| async { Problem::no_such_page().reply() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method().reply() })
        .layer(from_fn(observed))
        .with_state(edge)
}

async fn served_document(State(edge): State<Edge>) -> Reply {
    Reply::json(edge.document.to_vec())
}
