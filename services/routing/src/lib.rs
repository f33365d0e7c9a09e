//! The routing service: makes one case of what belongs together, says how dangerous it is and who has to
//! act, and keeps its whole history.

pub mod counties;
pub mod directory;
pub mod domain;
