//! Statistics: facts without personal data, and the indicators that are counted from them.
//!
//! Events of intake, routing and notification are kept and become facts ([`receiver`], [`store`]); a question is checked
//! against a closed grammar and counted by definitions that are data ([`domain`], [`answering`]) and answered over gRPC
//! ([`grpc`]) and HTTP/JSON ([`http`]). [`board`] shows the county's numbers on one page.

pub mod after_start;
pub mod answering;
pub mod board;
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

use std::sync::Arc;

pub use error::StatisticsError;
use fengqiao_county::Counties;
use fengqiao_messaging::{Apply, Topic};
use fengqiao_pages::{Entrance, providers};
use fengqiao_paper::Press;
use fengqiao_proto::notification::v1::account_service_server::AccountServiceServer;
use fengqiao_proto::statistics::v1::{
    analysis_service_server::AnalysisServiceServer, bulletin_service_server::BulletinServiceServer,
    facts_service_server::FactsServiceServer, statistics_service_server::StatisticsServiceServer,
    watch_service_server::WatchServiceServer,
};
use fengqiao_serving::{Foundation, MAX_MESSAGE_BYTES, ServiceName, StartError, time::Clock};
use fengqiao_signin::{AccountFace, Door};
use tonic::service::Routes;
use uuid::Uuid;

use crate::{
    answering::Answers,
    board::{Board, BoardOptions},
    bulletins::{BulletinCounties, making::Maker, scheduling::Scheduler},
    config::StatisticsSettings,
    counties::CountedCounties,
    grpc::{AnalysisFace, BulletinFace, FactsFace, StatisticsFace, WatchFace},
    receiver::FactReceiver,
    store::{Alerts, BoardCounts, Bulletins, Exclusions, Figures},
    watching::{WatchedCounties, Watcher},
};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] where it cannot start or a part of it failed.
pub async fn run(settings: &StatisticsSettings) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &fengqiao_signin::MIGRATIONS, &store::MIGRATIONS];
    let foundation = Foundation::start(&settings.serving, ServiceName::Statistics, &migrations).await?;
    fengqiao_areas::follow(&foundation).await?;
    let figures = Figures::new(foundation.pool.clone());
    let counties = Arc::clone(&foundation.counties);
    let codes = counties.codes();
    let answers = Arc::new(Answers::new(figures.clone(), CountedCounties::load(Arc::clone(&counties))?));
    let stop = &foundation.stop;
    spawn_after_start(&foundation, codes.clone());
    let door = Door::open(&foundation)?;
    serve_board(&settings.board, &foundation, &door, &answers).await?;
    let stopped = stop.clone().cancelled_owned();
    foundation.tasks.spawn("freshness", freshness::measure(figures, codes, stopped));
    let clock = Clock::system();
    let watching = watch(&foundation, &counties, &answers, &clock)?;
    let bulletins = make_bulletins(&foundation, &counties, &answers, &clock, settings)?;
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
    let accounts =
        AccountServiceServer::new(AccountFace::new(door)).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let routes = Routes::new(statistics)
        .add_service(analysis)
        .add_service(rebuilding)
        .add_service(watching)
        .add_service(bulletins)
        .add_service(accounts);
    foundation.serve(routes, receivers).await
}

/// What is done once, while questions are answered already.
fn spawn_after_start(foundation: &Foundation, codes: Vec<String>) {
    let (pool, stop) = (foundation.pool.clone(), foundation.stop.clone());
    foundation.tasks.spawn(
        "older facts",
        after_start::once("taking over older facts", stop, async move || {
            taking_over::take_over(&pool, &codes).await
        }),
    );
    let (pool, stop) = (foundation.pool.clone(), foundation.stop.clone());
    let counties = Arc::clone(&foundation.counties);
    foundation.tasks.spawn(
        "rolling up",
        after_start::once("adding up facts", stop, async move || {
            for county in counties.iter() {
                let zone = county.time_zone.iana_name().unwrap_or("UTC");
                if store::roll_up(&pool, &county.code, zone, store::ROLLED_AT_A_TIME).await? {
                    tracing::info!(county = county.code, zone, "facts are added up");
                }
            }
            Ok(())
        }),
    );
}

/// Serves the county board where it is wanted.
async fn serve_board(
    options: &BoardOptions,
    foundation: &Foundation,
    door: &Door,
    answers: &Arc<Answers>,
) -> Result<(), StartError> {
    let Some(listen) = options.board_listen else { return Ok(()) };
    let providers = providers(options.sign_in_file.as_deref(), options.board_address.as_deref())?;
    let (counties, keyring) = (&foundation.counties, Arc::clone(&foundation.keyring));
    let entrance = Entrance::new(&board::SITE, door.clone(), Arc::clone(counties), keyring, providers);
    let counts = BoardCounts::new(foundation.pool.clone());
    let stop = foundation.stop.clone();
    let bulletins = Bulletins::new(foundation.pool.clone(), foundation.outbox.clone());
    let board = Board::new(entrance, counts, Arc::clone(answers), bulletins, Arc::clone(counties), stop)?;
    foundation.serve_http(listen, board.router()).await
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
    settings: &StatisticsSettings,
) -> Result<BulletinServiceServer<BulletinFace>, StartError> {
    let counties = Arc::new(BulletinCounties::load(counties, answers)?);
    let press = Press::new(&settings.font_folder).map(Arc::new);
    let press = press.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "bulletins are not made");
    });
    let store = Bulletins::new(foundation.pool.clone(), foundation.outbox.clone());
    let address = settings.board.board_listen.and(settings.board.board_address.clone());
    let maker = Arc::new(Maker::new(Arc::clone(answers), counties, press.ok(), store, address));
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
