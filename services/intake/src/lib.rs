//! Intake: takes every report from every source, fast and durably, and says which belong together.

pub mod domain;
