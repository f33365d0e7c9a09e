//! Intake: takes every report from every source, fast and durably, and says which belong together.
//!
//! A report's way: [`grpc`] decodes it, [`reception`] checks, hashes and seals it, [`committer`] commits it
//! with its neighbours, [`domain`] decides what it is, [`store`] writes it with its event.

pub mod committer;
pub mod config;
mod contract;
pub mod domain;
pub mod error;
pub mod grpc;
mod intake;
pub mod linking;
pub mod reception;
pub mod routing_events;
pub mod store;
mod sums;

pub use intake::Intake;
pub use store::{MIGRATIONS, STATEMENTS};

use std::sync::Arc;

use fengqiao_messaging::{Apply, Topic};
use fengqiao_serving::{Foundation, ServiceName, StartError, on_own_thread};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] says why it cannot start, or what ended it.
pub async fn run(settings: config::IntakeSettings) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &store::MIGRATIONS];
    let foundation = Foundation::start(&settings.serving, ServiceName::Intake, &migrations).await?;
    fengqiao_areas::follow(&foundation).await?;
    let (intake, work) = Intake::new(
        &foundation.pool,
        &foundation.outbox,
        &foundation.counties,
        Arc::clone(&foundation.keyring),
        &settings.committing,
        &foundation.stop,
    );
    let committing = on_own_thread("committers", work, foundation.stop.clone())
        .map_err(|error| StartError::Serve(Box::new(error)))?;
    foundation.tasks.spawn("committer", committing);
    let intake = Arc::new(intake);
    let routes = tonic::service::Routes::new(grpc::IntakeFace::new(Arc::clone(&intake)))
        .add_service(grpc::LinkageFace::new(intake).into_server());
    let receivers: Vec<(Topic, Arc<dyn Apply>)> =
        vec![(Topic::Routing, Arc::new(routing_events::RoutingEvents))];
    foundation.serve(routes, receivers).await
}
