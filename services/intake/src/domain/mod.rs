//! What intake knows about reports: plain functions and types, without I/O and without a clock.

pub mod area;
pub mod case_news;
pub mod decision;
pub mod details;
pub mod id_number;
pub mod joinable;
pub mod linkage;
pub mod matter_fingerprint;
pub mod past;
pub mod phone;
pub mod report;
pub mod text;
pub mod validation;
