//! Whole-suite scenarios: the four services as real processes on a real Postgres and Redis.
//!
//! `tests/contract.rs` holds the services against the contract, `flow.rs` follows reports to the end,
//! `access.rs` tries what callers may not, `faults.rs` kills everything in turn.

#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod collector;
pub mod drawn_facts;
pub mod people;
pub mod receiving;
pub mod shared;
pub mod truth;
pub mod waiting;
pub mod webhook_agency;
