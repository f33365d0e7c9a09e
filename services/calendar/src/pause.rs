//! When a clock stood still.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stretch in which a clock stands still: parked with approval (挂账).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    /// Its first moment.
    pub from: Timestamp,
    /// The moment at which the clock runs again; nothing while it still stands.
    pub to: Option<Timestamp>,
}

/// A stretch of pauses that overlap or adjoin, after the start; never empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Whether it still lasts at `to`.
    open: bool,
}

impl Stretch {
    pub(crate) fn as_pause(&self) -> Pause {
        Pause { from: self.from, to: (!self.open).then_some(self.to) }
    }
}

/// The stretches in which a clock that started at `start` stands still, in order and apart from each other.
pub(crate) fn stretches(pauses: &[Pause], start: Timestamp, now: Timestamp) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = pauses
        .iter()
        .map(|p| Stretch { from: p.from.max(start), to: p.to.unwrap_or(now), open: p.to.is_none() })
        .filter(|s| s.from < s.to)
        .collect();
    found.sort_by_key(|s| s.from);
    found.dedup_by(|next, kept| {
        let meets = next.from <= kept.to;
        if meets {
            // Of two that end together, the open one decides.
            (kept.to, kept.open) = (kept.to, kept.open).max((next.to, next.open));
        }
        meets
    });
    found
}
