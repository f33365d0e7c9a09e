//! What a push is and what may become of it: plain functions and types, without I/O.

pub mod attachment;
pub mod breaker;
pub mod form;
pub mod lane;
pub mod limit;
pub mod outcome;
pub mod owed;
pub mod people;
pub mod progress;
pub mod push;
pub mod queued;
pub mod reading;
pub mod receipt;
pub mod recording;
pub mod retry;
pub mod revision;
pub mod secrets;
pub mod sharing;
pub mod substance;
pub mod turns;
pub mod window;
