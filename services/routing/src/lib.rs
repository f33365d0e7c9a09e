//! The routing service: makes one case of what belongs together, says how dangerous it is and who has to
//! act, and keeps its whole history.

pub mod alert_events;
mod alone;
mod announcements;
pub mod calendar_worker;
pub mod clock_worker;
pub mod cluster_suggestions;
pub mod commands;
pub mod counties;
pub mod directory;
pub mod domain;
mod drills;
pub mod error;
mod form_events;
pub mod grpc;
pub mod intake_events;
mod ledger;
pub mod linking;
pub mod meetings;
pub mod receipt_events;
pub mod retention;
pub mod rulebook;
mod sealed_matters;
pub mod series_worker;
mod service;
pub mod settings;
pub mod standing;
pub mod store;
pub mod unreadable;
pub mod watchers;

pub use announcements::{CASE_CHANGED, CASE_EXPIRED, PUSH_REQUESTED};
pub use service::run;

/// The migrations of routing's tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
