//! What is known of earlier reports while batches are decided: those that were read, and those that were decided since.
//!
//! What was read for one batch is good for the next as long as nobody else has written: so it is remembered, up to a
//! bound, and only what is not remembered is read.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicU32, Ordering},
};

use fengqiao_linkage::{
    CANDIDATES_PER_KEY, Earlier, HumanWord, Join, Key, Kind, Said, Thing, Traits, choose, found_by,
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
    reports: HashMap<Uuid, Remembered<EarlierReport>>,
    /// Of each key the newest reports, in the order of their ids; more than are compared, since some may leave it.
    /// A key that is not here was not read; one without reports has none.
    by_key: HashMap<Key, Remembered<Vec<Uuid>>>,
    /// Until when each case cluster may be joined.
    clusters: HashMap<Uuid, Joinable>,
    /// How many news of case clusters there had been then.
    news: i64,
    /// Clusters of these reports that an officer has said are not the same.
    apart: Vec<HumanWord>,
    /// Into which one a cluster went since the reports were read that name it.
    joined: Joined,
    /// Counts the batches.
    batch: u32,
}

/// Of each kind, into which cluster one went.
type Joined = HashMap<(Kind, Uuid), Uuid>;

/// The cluster that one is now: where it went, and where that one went.
fn now(joined: &Joined, kind: Kind, cluster: Uuid) -> Uuid {
    let mut now = cluster;
    while let Some(kept) = joined.get(&(kind, now)) {
        now = *kept;
    }
    now
}

/// Something with the last batch that used it.
#[derive(Debug)]
struct Remembered<T> {
    value: T,
    used: AtomicU32,
}

impl<T> Remembered<T> {
    const fn new(value: T, batch: u32) -> Self {
        Self { value, used: AtomicU32::new(batch) }
    }

    fn used_in(&self, batch: u32) -> &T {
        self.used.store(batch, Ordering::Relaxed);
        &self.value
    }

    fn last_used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }
}

/// What was read of the past for a batch: of its keys and reports those that are not remembered.
#[derive(Debug, Clone, Default)]
pub struct ReadPast {
    /// The newest reports of each key that was looked up, in the order of their ids; none for a key that has none.
    pub keys: Vec<(Key, Vec<Uuid>)>,
    /// Reports.
    pub reports: Vec<(Uuid, EarlierReport)>,
    /// How many news of case clusters there had been: with more, what is remembered of them holds no more.
    pub news: i64,
    /// Until when case clusters may be joined.
    pub clusters: Vec<(Uuid, Joinable)>,
    /// Clusters of these reports that an officer has said are not the same.
    pub apart: Vec<(Kind, Uuid, Uuid)>,
}

impl ReadPast {
    /// A cluster went into another one after this was read.
    pub fn join(&mut self, join: &Join) {
        self.reports.iter_mut().for_each(|(_, report)| report.follow(join));
        for (_, one, other) in self.apart.iter_mut().filter(|(kind, ..)| *kind == join.kind) {
            for held in [one, other] {
                if *held == join.absorbed {
                    *held = join.kept;
                }
            }
        }
    }
}

impl EarlierReport {
    fn follow(&mut self, join: &Join) {
        let held = match join.kind {
            Kind::Person => &mut self.person_id,
            Kind::Household => &mut self.household_id,
            Kind::Case => &mut self.cluster_id,
        };
        if *held == join.absorbed {
            *held = join.kept;
        }
    }
}

/// What is to be read of the reports that were found for a batch.
#[derive(Debug, Default)]
pub struct Unread {
    /// The reports that are not remembered, to be read with their clusters.
    pub reports: Vec<Uuid>,
    /// Case clusters of the others.
    pub cases: Vec<Uuid>,
}

/// One more than are compared of a key shows that it has more.
const SHOWS_MORE: usize = CANDIDATES_PER_KEY + 1;
/// So many reports may leave one key in a batch, and what is compared is the same as if each had been read for itself.
const MAY_LEAVE: usize = 7;
/// The newest reports of a key that are read.
pub const NEWEST_OF_A_KEY: usize = SHOWS_MORE + MAY_LEAVE;

/// So many joins are looked up where a report is; with more of them every report is told.
const JOINS_AT_MOST: usize = 4_096;

/// For each report so many keys are remembered.
const KEYS_OF_A_REPORT: usize = 4;

impl Past {
    /// The keys of a batch that are to be looked up.
    #[must_use]
    pub fn unread_keys<'a>(&self, keys: impl Iterator<Item = &'a Key>) -> Vec<Key> {
        let mut asked = HashSet::new();
        keys.filter(|key| asked.insert(**key) && !self.by_key.contains_key(key)).copied().collect()
    }

    /// The earlier reports that reports with these traits and keys can be compared with, by what is remembered of the keys
    /// and what was read of the others. Reports that come until then only add themselves, and leave only keys that are
    /// `going`: of those any may come to be compared.
    #[must_use]
    pub fn found<'a>(
        &self,
        read: &ReadPast,
        batch: impl Iterator<Item = (&'a Traits, &'a [Key])>,
        going: &HashSet<Key>,
    ) -> HashSet<Uuid> {
        let read: HashMap<Key, &[Uuid]> =
            read.keys.iter().map(|(key, reports)| (*key, reports.as_slice())).collect();
        let mut found = HashSet::new();
        for (traits, keys) in batch {
            let names: Vec<Key> = traits.name_keys().collect();
            for key in keys {
                let remembered = self.by_key.get(key).map(|reports| reports.value.as_slice());
                let newest = remembered.or_else(|| read.get(key).copied()).unwrap_or_default();
                let compared =
                    if going.contains(key) { newest } else { found_by(newest, names.contains(key)) };
                found.extend(compared);
            }
        }
        found
    }

    /// What is to be read of the reports that were found for a batch, after so many news of clusters.
    #[must_use]
    pub fn unread_reports(&self, found: HashSet<Uuid>, news: i64) -> Unread {
        let (mut reports, mut cases) = (Vec::new(), HashSet::new());
        for report in found {
            match self.reports.get(&report) {
                None => reports.push(report),
                Some(Remembered { value, .. }) => {
                    let case = self.now(Kind::Case, value.cluster_id);
                    if news != self.news || !self.clusters.contains_key(&case) {
                        cases.insert(case);
                    }
                }
            }
        }
        Unread { reports, cases: cases.into_iter().collect() }
    }

    /// Adds what was read for the next batch. What is remembered already is newer.
    pub fn learn(&mut self, read: ReadPast) {
        self.batch = self.batch.wrapping_add(1);
        let batch = self.batch;
        for (key, reports) in read.keys {
            self.by_key.entry(key).or_insert_with(|| Remembered::new(reports, batch));
        }
        for (id, report) in read.reports {
            self.reports.entry(id).or_insert_with(|| Remembered::new(report, batch));
        }
        if read.news != self.news {
            self.clusters.clear();
            self.news = read.news;
        }
        self.clusters.extend(read.clusters);
        for (kind, one, other) in read.apart {
            if !self.are_apart(kind, one, other) {
                self.set_apart(kind, one, other);
            }
        }
    }

    /// Forgets what was not used for the longest time, where more reports are remembered than so many. What the last
    /// batch used stays.
    pub fn shrink(&mut self, reports_at_most: usize) {
        let held = self.reports.len();
        shrink(&mut self.reports, reports_at_most, self.batch);
        shrink(&mut self.by_key, reports_at_most.saturating_mul(KEYS_OF_A_REPORT), self.batch);
        if self.reports.len() < held {
            self.tell_joins();
            let of = |report: &EarlierReport| [report.person_id, report.household_id, report.cluster_id];
            let held: HashSet<Uuid> = self.reports.values().flat_map(|report| of(&report.value)).collect();
            self.clusters.retain(|cluster, _| held.contains(cluster));
            let is_held = |thing: Thing| matches!(thing, Thing::Cluster(cluster) if held.contains(&cluster));
            self.apart.retain(|word| is_held(word.one) || is_held(word.other));
        }
    }

    /// Adds a report as it is now, and until when its cluster may be joined; what was known before is replaced.
    pub fn add(&mut self, report_id: Uuid, report: EarlierReport, joinable: Joinable) {
        self.clusters.insert(report.cluster_id, joinable);
        self.reports.insert(report_id, Remembered::new(report, self.batch));
    }

    /// A report is found under a key.
    pub fn add_key(&mut self, key: Key, report_id: Uuid) {
        let batch = self.batch;
        let newest = self.by_key.entry(key).or_insert_with(|| Remembered::new(Vec::new(), batch));
        newest.used_in(batch);
        let newest = &mut newest.value;
        // Nearly always the last: ids follow time.
        let Err(place) = newest.binary_search(&report_id) else { return };
        newest.insert(place, report_id);
        if newest.len() > NEWEST_OF_A_KEY {
            newest.remove(0);
        }
    }

    /// A report is found no more under a key.
    pub fn leave_key(&mut self, key: Key, report_id: Uuid) {
        if let Some(newest) = self.by_key.get_mut(&key) {
            newest.value.retain(|report| *report != report_id);
        }
    }

    /// Reports have left a key: what is older than what is held of it has to be read again.
    pub fn forget_key(&mut self, key: Key) {
        self.by_key.remove(&key);
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
            self.add_key(*key, report_id);
        }
    }

    /// The reports to compare with one that has these traits and keys and was told then, and the keys that are frequent.
    #[must_use]
    pub fn comparable(
        &self,
        (traits, keys): (&Traits, &[Key]),
        told_at: Timestamp,
        reach: Reach,
    ) -> (Vec<Earlier<'_>>, Vec<Key>) {
        let hits: Vec<(Key, Uuid)> = keys
            .iter()
            .filter_map(|key| Some((*key, self.by_key.get(key)?.used_in(self.batch))))
            .flat_map(|(key, reports)| {
                let newest = &reports[reports.len().saturating_sub(SHOWS_MORE)..];
                newest.iter().map(move |report| (key, *report))
            })
            .collect();
        let names: Vec<Key> = traits.name_keys().collect();
        let chosen = choose(&hits, &names);
        let earlier = chosen.reports.iter().filter_map(|id| {
            let report = self.reports.get(id)?.used_in(self.batch);
            let case = self.now(Kind::Case, report.cluster_id);
            let cluster = self.joinable(case);
            let joinable = cluster.takes(told_at) && reach.counts(report.told_at, cluster, told_at);
            Some(Earlier {
                report: *id,
                told_at: report.told_at,
                traits: Cow::Borrowed(&report.traits),
                person: self.now(Kind::Person, report.person_id),
                household: self.now(Kind::Household, report.household_id),
                case,
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
        self.reports.get(&report_id).map(|report| report.value.told_at)
    }

    /// Until when a cluster may be joined; one that nothing is known of is new.
    #[must_use]
    pub fn joinable(&self, cluster_id: Uuid) -> Joinable {
        self.clusters.get(&cluster_id).copied().unwrap_or(Joinable::Always)
    }

    /// The cluster that one is now.
    fn now(&self, kind: Kind, cluster: Uuid) -> Uuid {
        now(&self.joined, kind, cluster)
    }

    /// Writes into every report what its clusters are now.
    fn tell_joins(&mut self) {
        let joined = std::mem::take(&mut self.joined);
        for report in self.reports.values_mut().map(|report| &mut report.value) {
            report.person_id = now(&joined, Kind::Person, report.person_id);
            report.household_id = now(&joined, Kind::Household, report.household_id);
            report.cluster_id = now(&joined, Kind::Case, report.cluster_id);
        }
    }

    /// A cluster went into another one.
    pub fn join(&mut self, join: &Join) {
        self.joined.insert((join.kind, join.absorbed), join.kept);
        if self.joined.len() > JOINS_AT_MOST {
            self.tell_joins();
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

/// Removes those that were not used for the longest time, until three quarters of the bound are left; what the last batch
/// used stays.
fn shrink<K, T>(held: &mut HashMap<K, Remembered<T>>, at_most: usize, batch: u32) {
    if held.len() <= at_most {
        return;
    }
    // Batches ago: their numbers may have begun anew.
    let ago = |one: &Remembered<T>| batch.wrapping_sub(one.last_used());
    let mut ages: Vec<u32> = held.values().map(ago).collect();
    let (_, oldest_kept, _) = ages.select_nth_unstable(at_most / 4 * 3);
    let oldest_kept = *oldest_kept;
    held.retain(|_, one| ago(one) == 0 || ago(one) < oldest_kept);
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
