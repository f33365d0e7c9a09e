//! Which earlier reports are compared with a new one: few, and always the same few.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::traits::{Key, Traits};

/// Of each key so many reports are compared, the newest. Who looks them up asks for one more, to see whether the key
/// is frequent.
pub const CANDIDATES_PER_KEY: usize = 12;
/// A report is compared with so many at most.
pub const MOST_COMPARISONS: usize = 64;

/// An earlier report that may belong together with a new one.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// Its id; in the order of ids reports were accepted.
    pub report: Uuid,
    /// When it was told.
    pub told_at: Timestamp,
    /// Its traits.
    pub traits: Traits,
    /// The person who reported it.
    pub person: Uuid,
    /// Their household.
    pub household: Uuid,
    /// Its case.
    pub case: Uuid,
    /// Whether its case takes what the new report tells.
    pub joinable: bool,
}

/// The reports to compare with, of all that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidates {
    /// The reports, in the order of their ids; at most [`MOST_COMPARISONS`].
    pub reports: Vec<Uuid>,
    /// The keys that more reports have than are compared: what agrees there is common.
    pub frequent: Vec<Key>,
}

/// Chooses the reports to compare with. `hits` are the newest reports of each key, up to one more than
/// [`CANDIDATES_PER_KEY`], in any order. Where all are too many, reports of rare keys go before those of frequent
/// ones, and newer before older.
#[must_use]
pub fn choose(hits: &[(Key, Uuid)]) -> Candidates {
    let mut by_key: HashMap<Key, Vec<Uuid>> = HashMap::new();
    for (key, report) in hits {
        by_key.entry(*key).or_default().push(*report);
    }
    let mut frequent = Vec::new();
    let mut keys: Vec<(usize, Key, Vec<Uuid>)> = Vec::with_capacity(by_key.len());
    for (key, mut reports) in by_key {
        reports.sort_unstable_by(|a, b| b.cmp(a));
        reports.dedup();
        if reports.len() > CANDIDATES_PER_KEY {
            frequent.push(key);
            reports.truncate(CANDIDATES_PER_KEY);
        }
        keys.push((reports.len(), key, reports));
    }
    keys.sort_unstable_by_key(|(count, key, _)| (*count, *key));
    let mut chosen: Vec<Uuid> = Vec::new();
    for (_, _, reports) in keys {
        for report in reports {
            if chosen.len() == MOST_COMPARISONS {
                break;
            }
            if !chosen.contains(&report) {
                chosen.push(report);
            }
        }
    }
    chosen.sort_unstable();
    frequent.sort_unstable();
    Candidates { reports: chosen, frequent }
}
