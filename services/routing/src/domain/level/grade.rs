//! What the rules say of a report.

use super::Level;
use crate::domain::case::LevelReason;

/// What is wrong with a rule that still stands among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// It could not be evaluated; it counts as not true.
    Failed,
    /// It took more than its budget; its answer counts.
    Slow,
}

impl TroubleKind {
    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Slow => "slow",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "出错",
            Self::Slow => "超时",
        }
    }
}

/// A rule that needs its owner's eye.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trouble {
    /// The id of the rule, the score or the tag.
    pub rule: String,
    /// What is wrong.
    pub why: TroubleKind,
}

/// What the rules say of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The level.
    pub level: Level,
    /// Which rule, and which facts.
    pub reason: LevelReason,
    /// The tags that the rules put on the case, in the order of the rules.
    pub tags: Vec<String>,
    /// The rules that failed or were slow; whoever grades raises an alarm from it.
    pub troubled: Vec<Trouble>,
}
