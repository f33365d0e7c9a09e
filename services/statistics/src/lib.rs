//! Statistics: facts without personal data, and the indicators that are counted from them.
//!
//! Events of intake, routing and notification are kept and become facts ([`receiver`], [`store`]); a question is checked
//! against a closed grammar and counted by definitions that are data ([`domain`], [`answering`]) and answered over gRPC
//! ([`grpc`]) and HTTP/JSON ([`http`]).

pub mod answering;
pub mod bulletins;
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
pub mod watching;

use std::{path::Path, sync::Arc};

pub use error::StatisticsError;
use fengqiao_county::Counties;
use fengqiao_messaging::{Apply, Topic};
use fengqiao_paper::Press;
use fengqiao_proto::statistics::v1::{
    analysis_service_server::AnalysisServiceServer, bulletin_service_server::BulletinServiceServer,
    facts_service_server::FactsServiceServer, statistics_service_server::StatisticsServiceServer,
    watch_service_server::WatchServiceServer,
};
use fengqiao_serving::{Foundation, MAX_MESSAGE_BYTES, ServiceName, StartError, time::Clock};
use tonic::service::Routes;
use uuid::Uuid;

use crate::{
    answering::Answers,
    bulletins::{BulletinCounties, making::Maker, scheduling::Scheduler},
    config::StatisticsSettings,
    counties::CountedCounties,
    grpc::{AnalysisFace, BulletinFace, FactsFace, StatisticsFace, WatchFace},
    receiver::FactReceiver,
    store::{Alerts, Bulletins, Exclusions, Figures},
    watching::{WatchedCounties, Watcher},
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
    let answers = Arc::new(Answers::new(figures.clone(), CountedCounties::load(Arc::clone(&counties))?));
    let stop = &foundation.stop;
    let taking_over = taking_over::take_over(foundation.pool.clone(), codes.clone(), stop.clone());
    foundation.tasks.spawn("older facts", taking_over);
    let stopped = stop.clone().cancelled_owned();
    foundation.tasks.spawn("freshness", freshness::measure(figures, codes, stopped));
    let clock = Clock::system();
    let watching = watch(&foundation, &counties, &answers, &clock)?;
    let bulletins = make_bulletins(&foundation, &counties, &answers, &clock, &settings.font_folder)?;
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
    let routes = Routes::new(statistics)
        .add_service(analysis)
        .add_service(rebuilding)
        .add_service(watching)
        .add_service(bulletins);
    foundation.serve(routes, receivers).await
}

/// Begins to watch. Says what is watched, and what was raised.
fn watch(
    foundation: &Foundation,
    counties: &Counties,
    answers: &Arc<Answers>,
    clock: &Clock,
) -> Result<WatchServiceServer<WatchFace>, StartError> {
    let counties = Arc::new(WatchedCounties::load(counties, answers)?);
    let alerts = Alerts::new(foundation.pool.clone(), foundation.outbox.clone());
    let watcher = Watcher {
        id: Uuid::now_v7(),
        pool: foundation.pool.clone(),
        answers: Arc::clone(answers),
        counties: Arc::clone(&counties),
        alerts: alerts.clone(),
        clock: clock.clone(),
    };
    foundation.tasks.spawn("watching", watcher.run(foundation.stop.clone()));
    let (pool, answers, clock) = (foundation.pool.clone(), Arc::clone(answers), clock.clone());
    let face = WatchFace { pool, answers, counties, alerts, clock };
    Ok(WatchServiceServer::new(face).max_decoding_message_size(MAX_MESSAGE_BYTES))
}

/// Begins to make bulletins. Lists them and hands them out.
fn make_bulletins(
    foundation: &Foundation,
    counties: &Counties,
    answers: &Arc<Answers>,
    clock: &Clock,
    font_folder: &Path,
) -> Result<BulletinServiceServer<BulletinFace>, StartError> {
    let counties = Arc::new(BulletinCounties::load(counties, answers)?);
    let press = Press::new(font_folder).map(Arc::new);
    let press = press.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "bulletins are not made");
    });
    let store = Bulletins::new(foundation.pool.clone(), foundation.outbox.clone());
    let maker = Arc::new(Maker::new(Arc::clone(answers), counties, press.ok(), store));
    let scheduler = Scheduler {
        id: Uuid::now_v7(),
        pool: foundation.pool.clone(),
        maker: Arc::clone(&maker),
        clock: clock.clone(),
    };
    foundation.tasks.spawn("bulletins", scheduler.run(foundation.stop.clone()));
    let face = BulletinFace { maker, clock: clock.clone() };
    Ok(BulletinServiceServer::new(face).max_decoding_message_size(MAX_MESSAGE_BYTES))
}
