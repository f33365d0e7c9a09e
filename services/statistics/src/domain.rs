//! What statistics knows without asking anyone: events and facts, definitions, and how a question becomes figures.

pub mod area;
pub mod board;
pub mod bulletin;
pub mod comparison;
pub mod days;
pub mod definition;
pub mod disclosure;
pub mod event;
pub mod facts;
pub mod figure;
pub mod language;
pub mod league;
pub mod outside;
pub mod plan;
pub mod population;
pub mod published;
pub mod question;
pub mod watching;
pub mod wording;
