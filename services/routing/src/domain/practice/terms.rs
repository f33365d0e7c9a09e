//! When a duty is due, when it is said that the time is near or over, and what follows.

use fengqiao_calendar::Limit;
use serde::Deserialize;

use crate::domain::level::Level;

/// What follows when a time is over, besides that it stands in the history and on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// Nothing more.
    Nothing,
    /// The holder gets a reminder letter (提示函), and with every chase the next of the ladder is told.
    #[default]
    Remind,
    /// The holder's superior supervises: a reminder, then a yellow, then a red card (督办).
    Supervise,
}

/// The terms of one kind of duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How long, where the level has none of its own.
    pub any: Limit,
    /// How long, blue to red.
    pub by_level: [Option<Limit>; 4],
    /// So long before the end it is said that the time is near.
    pub warn_before_seconds: Option<u32>,
    /// So long after the end it is chased, growing.
    pub chase_after_seconds: Vec<u32>,
    /// What follows.
    pub on_breach: OnBreach,
}

/// A day, and nothing follows: for a kind that nobody set anything for.
pub(super) static NO_TERMS: Terms = Terms {
    any: Limit::Natural { seconds: 86_400 },
    by_level: [None; 4],
    warn_before_seconds: None,
    chase_after_seconds: Vec::new(),
    on_breach: OnBreach::Nothing,
};

impl Terms {
    /// How long, by level.
    #[must_use]
    pub fn limit(&self, level: Level) -> Limit {
        self.by_level.get(level as usize).copied().flatten().unwrap_or(self.any)
    }
}
