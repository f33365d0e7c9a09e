//! What a case is and how it may change: plain functions and types, no I/O, time passed in.

pub mod arrivals;
pub mod case;
pub mod case_number;
pub mod happening;
pub mod history;
pub mod level;
pub mod push;
pub mod transition;
pub mod wording;
