//! What the web pages of the services share: the agency desk of notification, the county board of statistics.
//!
//! * [`shell`]: what surrounds each page, its style, what browsers may keep.
//! * [`language`]: Chinese first, English too; [`level`]: the four colours in words.
//! * [`Entrance`]: who comes in, and the pages for it ([`entry`], [`visit`]).
//! * [`refusal`]: pages for what cannot be done; [`observed`]: each request bounded and counted.
//!
//! Everything is rendered by the service. Accounts and sessions are `fengqiao-signin`'s.

mod asset;
mod entrance;
pub mod entry;
pub mod language;
pub mod level;
pub mod observed;
pub mod refusal;
pub mod shell;
pub mod visit;

pub use asset::Asset;
pub use entrance::{Entrance, providers};
pub use language::Language;
pub use shell::{Frame, Site};
pub use visit::{Instead, Visit};
