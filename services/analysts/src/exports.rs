//! Exports: tables of facts as files. They are read from segments and the tail, as queries are: however many are written
//! at once, no statement of theirs stands in the way of those who take in reports.

mod face;
mod jobs;
mod writing;

pub use face::ExportFace;
pub use jobs::{Bounds, Exports};
