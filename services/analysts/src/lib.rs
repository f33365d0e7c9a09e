//! Analysts: SQL over the facts of statistics, for standard tools, and exports of them.
//!
//! A process of its own beside statistics, so that the four services stay quick to build and small, and no analyst's query
//! takes memory or time from them. It reads facts from Postgres into segments on its disk and a tail in memory
//! ([`warehouse`]), answers SQL over both within limits ([`engine`]) by Arrow Flight SQL ([`flight`]), and writes exports
//! ([`exports`]). What a caller sees outside its own area is decided in one place with statistics:
//! [`fengqiao_statistics::domain::disclosure`].

pub mod catalogue;
pub mod config;
pub mod engine;
mod error;
pub mod exports;
pub mod flight;
pub mod keeper;
mod rows;
pub mod segments;
pub mod store;
mod tail;
pub mod warehouse;

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
pub use error::AnalystsError;
use fengqiao_proto::{statistics::v1::export_service_server::ExportServiceServer, types::v1::Role};
use fengqiao_serving::{Foundation, MAX_MESSAGE_BYTES, ServiceName, StartError, time::Clock};
use tokio::runtime::Handle;
use tonic::service::Routes;

use crate::{
    catalogue::Catalogue,
    config::AnalystsSettings,
    engine::Engine,
    exports::{Bounds, ExportFace, Exports},
    flight::FlightFace,
    warehouse::Warehouse,
};

/// Who may ask.
const ASK: &[Role] = &[Role::Analyst, Role::Officer];

/// Queries are trees that are walked by recursion: the stack of each thread, in bytes, of which only what is used is taken.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Threads to run on.
///
/// # Errors
/// The system's.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()
}

/// Runs the process until it is told to stop; queries on threads of their own.
///
/// # Errors
/// [`StartError`] where it cannot start or a part of it failed.
pub async fn run(settings: &AnalystsSettings, queries: Handle) -> Result<(), StartError> {
    let migrations = [&fengqiao_areas::MIGRATIONS, &fengqiao_statistics::store::MIGRATIONS];
    let mut foundation = Foundation::start(&settings.serving, ServiceName::Analysts, &migrations).await?;
    fengqiao_areas::follow(&foundation).await?;
    foundation.allow(flight::SERVICE, ASK);
    foundation.take_passwords_at(flight::HANDSHAKE);
    let unusable = |error: AnalystsError| StartError::Configuration(error.to_string());
    let catalogue = Arc::new(Catalogue::read().map_err(unusable)?);
    let counties = Arc::clone(&foundation.counties);
    let warehouse = Warehouse::new(&foundation.pool, &counties.codes(), &settings.folder, &catalogue);
    let engine = Engine::new(warehouse, catalogue, counties, settings.limits, Clock::system(), queries);
    let engine = Arc::new(engine.map_err(unusable)?);
    let keeping = keeper::keep(Arc::clone(&engine), foundation.health_report(), foundation.stop.clone());
    foundation.tasks.spawn("facts", keeping);
    let exports = Exports::open(settings.folder.join("exports"), Bounds::default(), Clock::system());
    let exports = exports.map_err(unusable)?;
    let writing = Arc::clone(&exports).run(Arc::clone(&engine), foundation.stop.clone());
    foundation.tasks.spawn("exports", writing);
    let exports =
        ExportServiceServer::new(ExportFace::new(exports)).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let flight = FlightFace::new(engine).map_err(|error| StartError::Configuration(error.to_string()))?;
    let flight = FlightServiceServer::new(flight).max_decoding_message_size(MAX_MESSAGE_BYTES);
    foundation.serve(Routes::new(flight).add_service(exports), Vec::new()).await
}
