//! Intake as its callers see it, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod areas;
mod background;
mod confidential;
mod joining;
mod reports;
mod retention;
mod sealing;
mod undecodable;
mod world;
