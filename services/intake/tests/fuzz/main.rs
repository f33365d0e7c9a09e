//! Whatever comes to intake's doors: nothing panics, each wrong message is told precisely what is wrong, and the next
//! one is read as if nothing had been. `tests/fuzz` tries these properties for minutes; here they are tried briefly.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forms;
mod frames;
mod mappings;
mod nasty;
mod reports;
