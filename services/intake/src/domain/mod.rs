//! What intake knows about reports: plain functions and types, without I/O and without a clock.

pub mod activity;
pub mod area;
pub mod background;
pub mod case_news;
pub mod completing;
pub mod decision;
pub mod details;
pub mod following;
pub mod joinable;
pub mod learning;
pub mod linkage;
pub mod mapping;
pub mod matter_fingerprint;
pub mod one_key;
pub mod past;
pub mod police;
pub mod report;
pub mod retention;
pub mod said_numbers;
pub mod sight;
pub mod text;
pub mod ticket_states;
pub mod told_case;
pub mod validation;

/// The forms of telephone and id numbers stand with who compares people by them.
pub use fengqiao_linkage::{id_number, phone};
