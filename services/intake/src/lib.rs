//! Intake: takes every report from every source, fast and durably, and says which belong together.
//!
//! A report's way: [`grpc`] decodes it, [`reception`] checks, hashes and seals it, [`committer`] commits it
//! with its neighbours, [`domain`] decides what it is, [`store`] writes it with its event. A record in its source's own
//! form becomes reports in [`records`]; those of the police are kept and [folded](folding) first.
//! What people did that is no report comes by [`activities`].

pub mod activities;
pub mod background;
pub mod changes;
pub mod clue_keys;
mod cluster_news;
pub mod committer;
pub mod config;
mod contract;
pub mod county_weights;
pub mod domain;
pub mod error;
pub mod folding;
mod foreseeing;
pub mod grpc;
pub mod http;
mod intake;
pub mod learning;
pub mod linking;
pub mod lookup_keys;
pub mod reception;
pub mod records;
pub mod rehashing;
pub mod retention;
pub mod routing_events;
pub mod sources;
pub mod store;
mod sums;
mod unmapped;

pub use activities::Activities;
pub use intake::Intake;
pub use records::Records;
pub use store::{MIGRATIONS, STATEMENTS};

use std::{convert::Infallible, future::Future, sync::Arc};

use fengqiao_messaging::{Apply, Topic};
use fengqiao_proto::intake::v1::{
    background_service_server::BackgroundServiceServer, change_service_server::ChangeServiceServer,
    weights_service_server::WeightsServiceServer,
};
use fengqiao_serving::{
    Foundation, MAX_MESSAGE_BYTES, ServiceName, StartError, on_own_thread, rehashing::hash_anew, time::Clock,
};
use fengqiao_webhook::Poster;
use jiff::SignedDuration;

use crate::{
    changes::{ChangeFeed, ChangeWebhook, forget_old_changes},
    county_weights::CountyWeights,
    http::{IdempotentAnswers, forget_old_answers},
    learning::Learning,
    sources::SourceWebhooks,
};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] says why it cannot start, or what ended it.
pub async fn run(settings: config::IntakeSettings) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &store::MIGRATIONS];
    let mut foundation = Foundation::start(&settings.serving, ServiceName::Intake, &migrations).await?;
    foundation.sealed_columns = store::SEALED_COLUMNS;
    fengqiao_areas::follow(&foundation).await?;
    let weights = CountyWeights::load(&foundation.counties)?;
    let (intake, work) = Intake::new(
        &foundation.pool,
        &foundation.outbox,
        &foundation.counties,
        &weights,
        Arc::clone(&foundation.keyring),
        &settings.committing,
        &foundation.stop,
    );
    let committing = on_own_thread("committers", work, foundation.stop.clone())
        .map_err(|error| StartError::Serve(Box::new(error)))?;
    foundation.tasks.spawn("committer", committing);
    let (pool, counties) = (foundation.pool.clone(), Arc::clone(&foundation.counties));
    let removing = retention::Retention::new(pool, counties, foundation.outbox.clone(), Clock::system());
    foundation.tasks.spawn("retention", removing.run(foundation.stop.clone()));
    let backgrounds = background::Backgrounds::new(
        foundation.pool.clone(),
        Arc::clone(&foundation.counties),
        Arc::clone(&foundation.keyring),
        Clock::system(),
    );
    let backgrounds = grpc::BackgroundFace::new(Arc::new(backgrounds));
    let intake = Arc::new(intake);
    spawn_doors(&foundation, &settings.doors)?;
    let answers = IdempotentAnswers::new(foundation.pool.clone(), Arc::clone(&foundation.keyring));
    let (activities, more_work) =
        Activities::new(Arc::clone(&intake), &foundation.outbox, &foundation.counties);
    let activities = Arc::new(activities);
    let router = http::router(Arc::clone(&intake), Arc::clone(&activities), foundation.gate(), answers);
    foundation.serve_http(settings.doors.http_listen, router).await?;
    let rehashing = rehashing::Rehashing::new(Arc::clone(&intake), Clock::system());
    let (keyring, progress) = (Arc::clone(&foundation.keyring), foundation.lookup_progress());
    foundation.tasks.spawn("hashing anew", hash_anew(rehashing, keyring, progress, foundation.stop.clone()));
    let changes = ChangeServiceServer::new(grpc::ChangeFace::new(Arc::clone(&intake)))
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let (records, work) = Records::new(Arc::clone(&intake), Arc::clone(&activities), &foundation.counties);
    for working in work.into_iter().chain(more_work) {
        spawn(&foundation, "records", working);
    }
    let routes = tonic::service::Routes::new(grpc::IntakeFace::new(Arc::clone(&intake)))
        .add_service(changes)
        .add_service(grpc::LinkageFace::new(Arc::clone(&intake), foundation.outbox.clone()).into_server())
        .add_service(WeightsServiceServer::new(grpc::WeightsFace::new(
            intake,
            Learning::new(foundation.pool.clone(), weights),
        )))
        .add_service(BackgroundServiceServer::new(backgrounds))
        .add_service(grpc::RecordFace::new(Arc::new(records)))
        .add_service(grpc::ActivityFace::new(activities));
    let receivers: Vec<(Topic, Arc<dyn Apply>)> =
        vec![(Topic::Routing, Arc::new(routing_events::RoutingEvents))];
    foundation.serve(routes, receivers).await
}

/// Webhooks of sources, and forgetting what was kept long enough.
fn spawn_doors(foundation: &Foundation, settings: &config::DoorSettings) -> Result<(), StartError> {
    let webhooks = SourceWebhooks::load(&foundation.counties, &settings.sources_file)?;
    let feed = ChangeFeed::new(foundation.pool.clone(), Arc::clone(&foundation.keyring));
    let poster = Poster::new()
        .map_err(|error| StartError::Configuration(format!("webhooks cannot be sent over TLS: {error}")))?;
    for webhook in webhooks.iter() {
        tracing::info!(
            county = webhook.county,
            source = webhook.source.as_str_name(),
            "a source has a webhook"
        );
        let worker =
            ChangeWebhook::new(foundation.pool.clone(), feed.clone(), webhook.clone(), poster.clone());
        spawn(foundation, "source's webhook", worker.run(foundation.stop.clone()));
    }
    let (pool, counties) = (foundation.pool.clone(), Arc::clone(&foundation.counties));
    let kept_for = SignedDuration::from_hours(24 * i64::from(settings.changes_days));
    let changes = forget_old_changes(pool.clone(), Arc::clone(&counties), kept_for, foundation.stop.clone());
    spawn(foundation, "old changes", changes);
    spawn(foundation, "old answers", forget_old_answers(pool, counties, foundation.stop.clone()));
    Ok(())
}

fn spawn(foundation: &Foundation, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
    foundation.tasks.spawn(name, async move {
        task.await;
        Ok::<(), Infallible>(())
    });
}
