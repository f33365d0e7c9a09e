//! What is known of earlier reports while a batch is decided: those that were read, and those of the batch itself.

use std::collections::{BTreeSet, HashMap};

use fengqiao_linkage::{
    CANDIDATES_PER_KEY, Earlier, HumanWord, Join, Key, Kind, Said, Thing, Traits, choose,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    joinable::Joinable,
    linkage::{Linkage, Reach},
};

/// An earlier report.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierReport {
    /// When it was told.
    pub told_at: Timestamp,
    /// Its traits.
    pub traits: Traits,
    /// The person who reported it.
    pub person_id: Uuid,
    /// Their household.
    pub household_id: Uuid,
    /// Its case cluster.
    pub cluster_id: Uuid,
}

/// Earlier reports by their ids, and by the keys under which they are found.
#[derive(Debug, Default)]
pub struct Past {
    reports: HashMap<Uuid, EarlierReport>,
    /// Of each key the newest reports; one more than are compared shows that there are more.
    by_key: HashMap<Key, BTreeSet<Uuid>>,
    /// Until when each case cluster may be joined.
    clusters: HashMap<Uuid, Joinable>,
    /// Clusters that an officer has said are not the same.
    apart: Vec<HumanWord>,
}

/// The newest reports of a key that are read: one more than are compared.
pub const NEWEST_OF_A_KEY: usize = CANDIDATES_PER_KEY + 1;

impl Past {
    /// Adds a report as it is now, and until when its cluster may be joined; what was known before is replaced.
    pub fn add(&mut self, report_id: Uuid, report: EarlierReport, joinable: Joinable) {
        self.clusters.insert(report.cluster_id, joinable);
        self.reports.insert(report_id, report);
    }

    /// A report is found under a key.
    pub fn found(&mut self, key: Key, report_id: Uuid) {
        let newest = self.by_key.entry(key).or_default();
        newest.insert(report_id);
        if newest.len() > NEWEST_OF_A_KEY {
            newest.pop_first();
        }
    }

    /// Two clusters are not the same.
    pub fn set_apart(&mut self, kind: Kind, one: Uuid, other: Uuid) {
        let (one, other) = (Thing::Cluster(one), Thing::Cluster(other));
        self.apart.push(HumanWord { kind, said: Said::Apart, one, other });
    }

    /// Adds a report that was just decided.
    pub fn decided(&mut self, report_id: Uuid, told_at: Timestamp, decided: &Newly<'_>) {
        let linkage = decided.linkage;
        self.add(
            report_id,
            EarlierReport {
                told_at,
                traits: decided.traits.clone(),
                person_id: linkage.person_id,
                household_id: linkage.household_id,
                cluster_id: linkage.cluster_id,
            },
            decided.joinable,
        );
        for key in decided.keys {
            self.found(*key, report_id);
        }
    }

    /// The reports to compare with one that has these keys and was told then, and the keys that are frequent.
    #[must_use]
    pub fn comparable(&self, keys: &[Key], told_at: Timestamp, reach: Reach) -> (Vec<Earlier>, Vec<Key>) {
        let hits: Vec<(Key, Uuid)> = keys
            .iter()
            .filter_map(|key| Some((*key, self.by_key.get(key)?)))
            .flat_map(|(key, reports)| reports.iter().map(move |report| (key, *report)))
            .collect();
        let chosen = choose(&hits);
        let earlier = chosen.reports.iter().filter_map(|id| {
            let report = self.reports.get(id)?;
            let cluster = self.joinable(report.cluster_id);
            let joinable = cluster.takes(told_at) && reach.counts(report.told_at, cluster, told_at);
            Some(Earlier {
                report: *id,
                told_at: report.told_at,
                traits: report.traits.clone(),
                person: report.person_id,
                household: report.household_id,
                case: report.cluster_id,
                joinable,
            })
        });
        (earlier.collect(), chosen.frequent)
    }

    /// What officers said of clusters.
    #[must_use]
    pub fn words(&self) -> &[HumanWord] {
        &self.apart
    }

    /// Whether an officer said that two clusters are not the same.
    #[must_use]
    pub fn are_apart(&self, kind: Kind, one: Uuid, other: Uuid) -> bool {
        let (one, other) = (Thing::Cluster(one), Thing::Cluster(other));
        let both =
            |word: &HumanWord| [(word.one, word.other), (word.other, word.one)].contains(&(one, other));
        self.apart.iter().any(|word| word.kind == kind && both(word))
    }

    /// When an earlier report was told.
    #[must_use]
    pub fn told_at(&self, report_id: Uuid) -> Option<Timestamp> {
        self.reports.get(&report_id).map(|report| report.told_at)
    }

    /// Until when a cluster may be joined; one that nothing is known of is new.
    #[must_use]
    pub fn joinable(&self, cluster_id: Uuid) -> Joinable {
        self.clusters.get(&cluster_id).copied().unwrap_or(Joinable::Always)
    }

    /// A cluster went into another one.
    pub fn join(&mut self, join: &Join) {
        for report in self.reports.values_mut() {
            let held = match join.kind {
                Kind::Person => &mut report.person_id,
                Kind::Household => &mut report.household_id,
                Kind::Case => &mut report.cluster_id,
            };
            if *held == join.absorbed {
                *held = join.kept;
            }
        }
        if join.kind == Kind::Case
            && let Some(joinable) = self.clusters.remove(&join.absorbed)
        {
            self.clusters.entry(join.kept).or_insert(joinable);
        }
        let moved = |thing: &mut Thing| {
            if *thing == Thing::Cluster(join.absorbed) {
                *thing = Thing::Cluster(join.kept);
            }
        };
        for word in self.apart.iter_mut().filter(|word| word.kind == join.kind) {
            moved(&mut word.one);
            moved(&mut word.other);
        }
    }
}

/// What a decision says of a report to those that come after it.
#[derive(Debug, Clone, Copy)]
pub struct Newly<'a> {
    /// Its traits.
    pub traits: &'a Traits,
    /// Its keys.
    pub keys: &'a [Key],
    /// Where it belongs.
    pub linkage: &'a Linkage,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}
