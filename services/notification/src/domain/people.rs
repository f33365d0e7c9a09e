//! Persons who are told: what of, in which words, by which channels, and when not.

mod channel;
mod message;
mod quiet;
mod words;

pub use channel::Channel;
pub use message::{Late, NewMessage, Subject, Telling, mark_overtaken, mark_repeats};
pub use quiet::Quiet;
pub use words::{Facts, Words, WordsRefused, kind_named, kind_word};
