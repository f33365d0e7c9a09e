//! Statistics: facts without personal data, and the indicators that are counted from them.
//!
//! Events of intake, routing and notification become facts ([`receiver`], [`store`]); a question is
//! checked against a closed grammar and counted ([`domain`]) and answered over gRPC ([`grpc`]).

pub mod domain;
mod error;
pub mod freshness;
pub mod grpc;
pub mod receiver;
pub mod store;

use std::sync::Arc;

pub use error::StatisticsError;
use fengqiao_messaging::{Apply, Topic};
use fengqiao_proto::statistics::v1::statistics_service_server::StatisticsServiceServer;
use fengqiao_serving::{Foundation, MAX_MESSAGE_BYTES, ServiceName, Settings, StartError};
use tonic::service::Routes;

use crate::{grpc::StatisticsFace, receiver::FactReceiver, store::Figures};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] where it cannot start or a part of it failed.
pub async fn run(settings: &Settings) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &store::MIGRATIONS];
    let foundation = Foundation::start(settings, ServiceName::Statistics, &migrations).await?;
    fengqiao_areas::follow(&foundation).await?;
    let figures = Figures::new(foundation.pool.clone());
    let counties = Arc::clone(&foundation.counties);
    let stopped = foundation.stop.clone().cancelled_owned();
    foundation.tasks.spawn("freshness", freshness::measure(figures.clone(), counties.codes(), stopped));
    let face = StatisticsServiceServer::new(StatisticsFace::new(figures, counties))
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let facts: Arc<dyn Apply> = Arc::new(FactReceiver);
    let receivers = [Topic::Intake, Topic::Routing, Topic::Notification]
        .map(|topic| (topic, Arc::clone(&facts)))
        .to_vec();
    foundation.serve(Routes::new(face), receivers).await
}
