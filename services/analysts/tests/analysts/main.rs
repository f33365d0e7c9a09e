//! Analysts' SQL on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bounds;
mod exports;
mod fresh;
mod grains;
mod own_area;
mod world;
