//! Intake as its callers see it, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod activities;
mod areas;
mod background;
mod changes;
mod clusters;
mod confidential;
mod deciding;
mod foreseeing;
mod http;
mod joining;
mod lookup_keys;
mod older;
mod records;
mod remembering;
mod reports;
mod retention;
mod sealing;
mod tickets;
mod undecodable;
mod undoing;

mod webhooks;
mod weights;
mod world;
