//! Going through a county's reports once more, to see how those agree that were compared: what weights are learned
//! from.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    candidates::{CANDIDATES_PER_KEY, Earlier, choose},
    em::learn,
    level::Levels,
    link::{New, observe},
    traits::{Key, Traits},
    weights::Weights,
    words::Kind,
};

/// A report, and where it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkedReport {
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
}

/// What was seen of the reports so far, in the order of their ids. Holds all of them; who adds them bounds how many.
#[derive(Debug)]
pub struct Observing {
    weights: Weights,
    reports: HashMap<Uuid, LinkedReport>,
    /// Of each key the newest reports: one more than are compared shows that there are more.
    by_key: HashMap<Key, VecDeque<Uuid>>,
    seen: Vec<(Kind, Levels)>,
}

impl Observing {
    /// Nothing was seen yet. `weights` decide what is compared how, and are what is learned from.
    #[must_use]
    pub fn new(weights: Weights) -> Self {
        Self { weights, reports: HashMap::new(), by_key: HashMap::new(), seen: Vec::new() }
    }

    /// Compares a report with those before it, as it was when it came.
    pub fn add(&mut self, report: LinkedReport) {
        let keys = report.traits.keys();
        let found = |key: Key| self.by_key.get(&key).into_iter().flatten().map(move |report| (key, *report));
        let hits: Vec<(Key, Uuid)> = keys.iter().copied().flat_map(found).collect();
        let chosen = choose(&hits);
        let earlier: Vec<Earlier<'_>> = chosen
            .reports
            .iter()
            .filter_map(|id| self.reports.get(id))
            .map(|one| Earlier {
                report: one.report,
                told_at: one.told_at,
                traits: Cow::Borrowed(&one.traits),
                person: one.person,
                household: one.household,
                case: one.case,
                joinable: true,
            })
            .collect();
        let new = New { traits: &report.traits, told_at: report.told_at };
        let belongs = (report.person, report.household);
        self.seen.extend(observe(new, belongs, &earlier, &chosen.frequent, &self.weights));
        for key in keys {
            let newest = self.by_key.entry(key).or_default();
            newest.push_back(report.report);
            if newest.len() > CANDIDATES_PER_KEY + 1 {
                newest.pop_front();
            }
        }
        self.reports.insert(report.report, report);
    }

    /// How many reports were seen.
    #[must_use]
    pub fn reports(&self) -> usize {
        self.reports.len()
    }

    /// How many pairs were seen, of all kinds.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.seen.len()
    }

    /// The weights that follow from it.
    #[must_use]
    pub fn learn(&self, version: &str) -> Weights {
        learn(&self.weights, &self.seen, version)
    }
}
