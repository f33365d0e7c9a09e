//! Going through a county's reports once more, to see how those agree that were compared: what weights are learned
//! from.

use fengqiao_linkage::{Kind, Levels, New, Weights, learn, observe};
use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    joinable::Joinable,
    linkage::Reach,
    past::{EarlierReport, Past},
};

/// How far a case reaches says whether a report may join it, which nobody asks here.
const ANY_REACH: Reach = Reach { window: SignedDuration::ZERO, of_case: SignedDuration::ZERO };

/// What was seen of the reports so far, in the order of their ids. Holds all of them; who adds them bounds how many.
#[derive(Debug)]
pub struct Observing {
    weights: Weights,
    past: Past,
    reports: usize,
    seen: Vec<(Kind, Levels)>,
}

impl Observing {
    /// Nothing was seen yet. `weights` decide what is compared how, and are what is learned from.
    #[must_use]
    pub fn new(weights: Weights) -> Self {
        Self { weights, past: Past::default(), reports: 0, seen: Vec::new() }
    }

    /// Compares a report with those before it, as it was when it came.
    pub fn add(&mut self, report_id: Uuid, report: EarlierReport) {
        let keys = report.traits.keys();
        let (earlier, frequent) = self.past.comparable((&report.traits, &keys), report.told_at, ANY_REACH);
        let new = New { traits: &report.traits, told_at: report.told_at };
        let belongs = (report.person_id, report.household_id);
        let seen = observe(new, belongs, &earlier, &frequent, &self.weights);
        self.seen.extend(seen);
        self.past.add(report_id, report, Joinable::Always);
        for key in keys {
            self.past.add_key(key, report_id);
        }
        self.reports += 1;
    }

    /// How many reports were seen.
    #[must_use]
    pub const fn reports(&self) -> usize {
        self.reports
    }

    /// How many pairs were seen, of all kinds.
    #[must_use]
    pub const fn pairs(&self) -> usize {
        self.seen.len()
    }

    /// The weights that follow from it.
    #[must_use]
    pub fn learn(&self, version: &str) -> Weights {
        learn(&self.weights, &self.seen, version)
    }
}
