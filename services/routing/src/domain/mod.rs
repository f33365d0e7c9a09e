//! What a case is and how it may change: plain functions and types, no I/O, time passed in.

pub mod acts;
pub mod anchor;
pub mod arrivals;
pub mod audit;
pub mod case;
pub mod case_number;
mod chasing;
mod clocks;
pub mod docket;
mod draft;
pub mod drill;
pub mod duty;
pub mod grading;
pub mod happening;
pub mod history;
pub mod history_seals;
pub mod level;
pub mod meetings;
pub mod practice;
pub mod push;
pub mod refusal;
pub mod standing;
pub mod states;
pub mod telling;
pub mod transition;
pub mod withholding;
pub mod wording;
