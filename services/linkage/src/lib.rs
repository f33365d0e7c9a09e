//! Who came before: whether a report's reporter, household and dispute were here already.
//!
//! A report is turned into [`Traits`]: keyed hashes of the forms in which its people, its place and its matter may
//! be said. Nothing in them can be read, so that they lie beside the report and are compared without opening
//! anything. [`Traits::keys`] finds the earlier reports that are worth a comparison, [`choose`] bounds them, and
//! [`link`] weighs the evidence (Fellegi–Sunter, with the frequency of what agrees) for the person, the household
//! and the case, each by itself. All are plain functions: the same arguments give the same answer.

pub mod address;
mod candidates;
mod clue;
mod compare;
mod em;
mod hashing;
pub mod id_number;
mod level;
mod link;
mod matter;
mod name;
pub mod phone;
mod places;
mod report;
mod signs;
mod traits;
mod weights;
mod words;
mod writing;

pub use candidates::{
    CANDIDATES_OF_FREQUENT, CANDIDATES_PER_KEY, Candidates, Earlier, MOST_COMPARISONS, choose, found_by,
};
pub use clue::Leads;
pub use em::learn;
pub use hashing::{KeyedHash, Secret};
pub use level::{Evidence, Level, Levels};
pub use link::{Belongs, Join, Joined, Linked, New, Reason, link, observe};
pub use places::Places;
pub use report::{MOST_NUMBERS, PlainParty, PlainPhone, PlainReport, Role};
pub use traits::{Key, MalformedTraits, Traits, traits};
pub use weights::{Model, Odds, Weights, WeightsError};
pub use words::{HumanWord, Kind, Said, Thing};
