//! Intake as its callers see it, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod activities;
mod areas;
mod joining;
mod records;
mod reports;
mod undecodable;
mod world;
