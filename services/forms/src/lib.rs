//! The county's forms (文书): which kinds there are, how they are numbered, what each says, who may get it, by when it
//! is signed and answered, and what of people each kind of recipient sees.
//!
//! All of it is data: a county's `forms/kinds.toml` says what is its own, and what it leaves out is as shipped in
//! `default/kinds.toml`. Templates lie beside it. Nothing here talks to a store or to anyone.

mod file;
mod limits;
mod matter;
mod recipients;
mod rules;
mod series;
mod templates;

pub use file::{CountyForms, FORMS_FOLDER, Issuer, KINDS_FILE, KnownAgency};
pub use limits::LevelLimits;
pub use matter::person;
pub use recipients::{DataClass, DirectoryKind, RecipientKind, Recipients};
pub use rules::{FieldRule, FormRule, word_of};
pub use series::{Numbering, SeriesPattern};
pub use templates::Template;
