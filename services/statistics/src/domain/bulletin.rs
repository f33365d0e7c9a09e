//! Bulletins: what a county's template asks for, and what becomes of it once the figures are looked up.
//!
//! A template holds no number and computes none. Each number in its text is named: by indicator, place, agency or category,
//! and by period; a change names the two periods. It is looked up by the same questions that anyone can ask, at the moment
//! at which the bulletin is made, so that each of them can be found again.

pub mod chart;
pub mod page;
pub mod period;
pub mod schedule;
pub mod shown;
pub mod template;
pub mod text;
