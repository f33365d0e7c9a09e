//! Notification: brings pushes to agencies and takes what they answer.
//!
//! * [`domain`]: what a push is and what may become of it; no I/O.
//! * [`store`]: the truth, in Postgres. The claim there decides who delivers a push.
//! * [`queue`]: one queue an agency in Redis, red first. May be lost at any time.
//! * [`delivery`]: arrivals, streams, webhooks, retries, the sweeper.
//! * [`forms`]: what recipients see, numbers and paper.
//! * [`people`]: officers, contacts and residents are told by SMS, voice or WeChat.
//! * [`answering`], [`attachments`]: what agencies answer, by whichever way.
//! * [`readings`]: who reads what was pushed of a protected case says why.
//! * [`grpc`]: the contract's face; [`desk`]: the pages for agencies without a system.

pub mod answer_rules;
pub mod answering;
pub mod attachments;
pub mod bulletin_events;
pub mod delivery;
pub mod desk;
pub mod domain;
pub mod endpoints;
pub mod error;
pub mod events;
pub mod forms;
pub mod grpc;
pub mod outgoing;
pub mod people;
pub mod queue;
pub mod readings;
pub mod recording;
mod run;
pub mod settings;
pub mod staff;
pub mod store;
pub mod wire;

pub use run::{Options, run};

/// The tables of this service.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
