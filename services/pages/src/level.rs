//! The four levels in words and colours.

use fengqiao_proto::types::v1::Level;
use maud::{Markup, html};

use crate::Language;

impl Language {
    /// A level's name.
    #[must_use]
    pub const fn level(self, level: Level) -> &'static str {
        match level {
            Level::Red => self.say("红色", "Red"),
            Level::Orange => self.say("橙色", "Orange"),
            Level::Yellow => self.say("黄色", "Yellow"),
            Level::Blue => self.say("蓝色", "Blue"),
            Level::Unspecified => self.say("未定级", "No level"),
        }
    }
}

/// The class by which the sheets of style know a level.
#[must_use]
pub const fn colour(level: Level) -> &'static str {
    match level {
        Level::Red => "red",
        Level::Orange => "orange",
        Level::Yellow => "yellow",
        Level::Blue | Level::Unspecified => "blue",
    }
}

/// A level, in its colour and in words: colour alone says nothing to some.
#[must_use]
pub fn mark(language: Language, level: Level) -> Markup {
    html! { span class={ "mark level-" (colour(level)) } { (language.level(level)) } }
}
