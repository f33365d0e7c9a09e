//! Which earlier reports are compared with a new one: few, and always the same few.

use std::{borrow::Cow, cmp::Reverse};

use jiff::Timestamp;
use uuid::Uuid;

use crate::traits::{Key, Traits};

/// Of each key so many reports are compared, the newest. Who looks them up asks for one more, to see whether the key
/// is frequent.
pub const CANDIDATES_PER_KEY: usize = 12;
/// Of a key that more reports have so few, the newest: what they share is common, and who is meant shares something else,
/// too.
pub const CANDIDATES_OF_FREQUENT: usize = 3;
/// A report is compared with so many at most.
pub const MOST_COMPARISONS: usize = 64;

/// An earlier report that may belong together with a new one.
#[derive(Debug, Clone)]
pub struct Earlier<'a> {
    /// Its id; in the order of ids reports were accepted.
    pub report: Uuid,
    /// When it was told.
    pub told_at: Timestamp,
    /// Its traits.
    pub traits: Cow<'a, Traits>,
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

/// The reports that a key finds, of its newest ones in the order of their ids, up to one more than
/// [`CANDIDATES_PER_KEY`].
#[must_use]
pub fn found_by(newest: &[Uuid], is_name: bool) -> &[Uuid] {
    &newest[newest.len() - found(newest.len(), is_name)..]
}

/// How many of so many newest reports a key finds. A name that more people bear or are called by than are compared finds
/// nobody: those would be any of them.
const fn found(newest: usize, is_name: bool) -> usize {
    match (newest > CANDIDATES_PER_KEY, is_name) {
        (false, _) => newest,
        (true, false) => CANDIDATES_OF_FREQUENT,
        (true, true) => 0,
    }
}

/// Chooses the reports to compare with. `hits` are the newest reports of each key, up to one more than
/// [`CANDIDATES_PER_KEY`], in any order; `names` are the keys that are a name alone (see [`found_by`]). Where all are too
/// many, reports of rare keys go before those of frequent ones, and newer before older.
#[must_use]
pub fn choose(hits: &[(Key, Uuid)], names: &[Key]) -> Candidates {
    // The newest of each key first. As numbers ids are in the order of their bytes, and quicker to compare.
    let mut hits: Vec<(Key, Reverse<u128>)> =
        hits.iter().map(|(key, report)| (*key, Reverse(report.as_u128()))).collect();
    hits.sort_unstable();
    hits.dedup();
    let mut keys: Vec<&[(Key, Reverse<u128>)]> = hits.chunk_by(|one, other| one.0 == other.0).collect();
    let is_frequent = |reports: &&&[(Key, Reverse<u128>)]| reports.len() > CANDIDATES_PER_KEY;
    let frequent = keys.iter().filter(is_frequent).map(|reports| reports[0].0).collect();
    // Stable: among keys with as many reports their own order holds.
    keys.sort_by_key(|reports| reports.len().min(CANDIDATES_PER_KEY));
    let mut chosen: Vec<u128> = Vec::with_capacity(MOST_COMPARISONS);
    let found = |reports: &[(Key, _)]| found(reports.len(), names.contains(&reports[0].0));
    for (_, Reverse(report)) in keys.into_iter().flat_map(|reports| reports.iter().take(found(reports))) {
        if chosen.len() == MOST_COMPARISONS {
            break;
        }
        if !chosen.contains(report) {
            chosen.push(*report);
        }
    }
    chosen.sort_unstable();
    Candidates { reports: chosen.into_iter().map(Uuid::from_u128).collect(), frequent }
}
