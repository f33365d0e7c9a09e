//! Statistics: facts without personal data, and the indicators that are counted from them.
//!
//! Events of intake, routing and notification are kept and become facts ([`receiver`], [`store`]); a question is checked
//! against a closed grammar and counted by definitions that are data ([`domain`], [`answering`]) and answered over gRPC
//! ([`grpc`]) and HTTP/JSON ([`http`]).

pub mod answering;
pub mod config;
pub mod counties;
pub mod domain;
mod error;
pub mod freshness;
pub mod grpc;
pub mod http;
pub mod leagues;
pub mod receiver;
pub mod store;
pub mod taking_over;

use std::sync::Arc;

pub use error::StatisticsError;
use fengqiao_messaging::{Apply, Topic};
use fengqiao_proto::statistics::v1::{
    analysis_service_server::AnalysisServiceServer, facts_service_server::FactsServiceServer,
    statistics_service_server::StatisticsServiceServer,
};
use fengqiao_serving::{Foundation, MAX_MESSAGE_BYTES, ServiceName, StartError, time::Clock};
use tonic::service::Routes;

use crate::{
    answering::Answers,
    config::StatisticsSettings,
    counties::CountedCounties,
    grpc::{AnalysisFace, FactsFace, StatisticsFace},
    receiver::FactReceiver,
    store::{Exclusions, Figures},
};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] where it cannot start or a part of it failed.
pub async fn run(settings: &StatisticsSettings) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &store::MIGRATIONS];
    let foundation = Foundation::start(&settings.serving, ServiceName::Statistics, &migrations).await?;
    fengqiao_areas::follow(&foundation).await?;
    let figures = Figures::new(foundation.pool.clone());
    let counties = Arc::clone(&foundation.counties);
    let codes = counties.codes();
    let answers = Arc::new(Answers::new(figures.clone(), CountedCounties::load(counties)?));
    let stop = &foundation.stop;
    let taking_over = taking_over::take_over(foundation.pool.clone(), codes.clone(), stop.clone());
    foundation.tasks.spawn("older facts", taking_over);
    let stopped = stop.clone().cancelled_owned();
    foundation.tasks.spawn("freshness", freshness::measure(figures, codes, stopped));
    let clock = Clock::system();
    let exclusions = Exclusions::new(foundation.pool.clone());
    let statistics = Arc::new(StatisticsFace::new(Arc::clone(&answers), clock.clone()));
    let analysis = Arc::new(AnalysisFace::new(answers, exclusions, clock));
    let router = http::router(Arc::clone(&statistics), Arc::clone(&analysis), foundation.gate());
    foundation.serve_http(settings.http_listen, router).await?;
    let statistics =
        StatisticsServiceServer::from_arc(statistics).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let analysis = AnalysisServiceServer::from_arc(analysis).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let rebuilding = FactsServiceServer::new(FactsFace::new(foundation.pool.clone()))
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let facts: Arc<dyn Apply> = Arc::new(FactReceiver);
    let receivers = [Topic::Intake, Topic::Routing, Topic::Notification]
        .map(|topic| (topic, Arc::clone(&facts)))
        .to_vec();
    let routes = Routes::new(statistics).add_service(analysis).add_service(rebuilding);
    foundation.serve(routes, receivers).await
}
