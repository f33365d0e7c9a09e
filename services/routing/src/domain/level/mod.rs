//! How dangerous a case is, and the rules that say so.

mod condition;
mod dry_run;
mod facts;
mod grade;
mod levels_in_use;
mod past;
mod rule_file;
mod rules;
mod scale;
mod scores;
mod survey;
mod variables;
mod words;

pub use dry_run::{Difference, DryRun, GradedCase, Said, dry_run};
pub use facts::{Facts, People};
pub use grade::{Grade, Trouble, TroubleKind};
pub use levels_in_use::LevelsInUse;
pub use past::{Contact, Past};
pub use rules::{NO_RULE, RuleSet, SCORE};

/// How dangerous a case is (红橙黄蓝). Ordered by danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No push; it stands in the daily list of its community.
    Blue,
    /// Pushed within 48 hours by default.
    Yellow,
    /// Pushed within 24 hours by default.
    Orange,
    /// Pushed at once.
    Red,
}

impl Level {
    /// All levels, the least dangerous first.
    pub const ALL: [Self; 4] = [Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    /// The number by which the contract and the store know it; grows with the danger.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Blue => 1,
            Self::Yellow => 2,
            Self::Orange => 3,
            Self::Red => 4,
        }
    }

    /// The level of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blue => "蓝色",
            Self::Yellow => "黄色",
            Self::Orange => "橙色",
            Self::Red => "红色",
        }
    }

    /// Whether a case of this level is pushed by itself.
    #[must_use]
    pub const fn pushes(self) -> bool {
        !matches!(self, Self::Blue)
    }
}

#[cfg(test)]
mod county_tests;
