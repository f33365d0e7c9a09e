//! What statistics knows without asking anyone: facts, indicators, and how a question becomes figures.

pub mod area;
pub mod fact;
pub mod figure;
pub mod indicator;
pub mod question;
pub mod wording;
