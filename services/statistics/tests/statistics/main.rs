//! Statistics on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod board;
mod bulletin_page;
mod bulletins;
mod definitions;
mod facts;
mod figures;
mod http;
mod leagues;
mod outside;
mod published;
mod questions;
mod watched_series;
mod watching;
mod world;
