//! Reports with known truth: who told each, from which household, about which dispute. Linkage is measured against
//! them, so nothing here knows how linkage is done; what the reports suffer is what counties' own data suffer.
//!
//! All is drawn from a seed: the same plan gives the same set. People are invented, their phones are of segments that
//! nobody is given, their id numbers of a region that does not exist.

mod areas;
mod b_cubed;
mod dice;
mod disputes;
mod matters;
mod played;
mod rates;
mod report;
mod set;
mod sources;
mod telling;
mod truth;
mod world;

pub use b_cubed::{BCubed, b_cubed};
pub use played::{PlayError, play};
pub use rates::{Rates, Style, UnknownName};
pub use report::{Party, Report};
pub use set::{Item, LinkageSet, SetPlan, write};
pub use truth::{MeasureError, Scores, Truth, measure, read_truth};
