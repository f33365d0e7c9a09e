//! What becomes of each report of a batch: known, a new revision, or new, and who came before.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use fengqiao_linkage::{Earlier, Join, Joined, Key, Kind, Linked, New, Traits, Weights, link};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    completing::Whole,
    joinable::Joinable,
    linkage::{Digest, Linkage, MOST_REASONS, Reach, Reason, reasons_of, subject_of},
    past::{Newly, Past, ReadPast},
};

/// What the decision needs of a report.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The keyed hash of its content.
    pub fingerprint: Digest,
    /// The keyed hash of what was brought: the same, unless it was completed by what is held.
    pub said: Digest,
    /// Whether it comes from a file, which may be older than what is held.
    pub from_file: bool,
    /// Whether it may take the place of what is held, where it was not completed by that.
    pub whole: Whole,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// By what it is compared with earlier ones.
    pub traits: &'a Traits,
    /// By what earlier ones are found.
    pub keys: &'a [Key],
    /// All keys that it will be found by, also those of the other lookup key while that changes.
    pub all_keys: &'a [Key],
    /// Whether it has details of a form.
    pub detailed: bool,
    /// Whether its source says that it repeats another one.
    pub repeats: bool,
    /// The revision that its content was made on; not given where it was not completed by any.
    pub made_on: Option<i32>,
}

/// A report that is already there under the candidate's source and reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub report_id: Uuid,
    /// Its newest revision.
    pub revision: i32,
    /// The keyed hash of that revision's content.
    pub fingerprint: Digest,
    /// The keyed hashes of what it was made of and of all earlier contents: who says that again says nothing new.
    pub said_before: Vec<Digest>,
    /// Whether that revision has details of a form.
    pub detailed: bool,
    /// When that one was told.
    pub told_at: Timestamp,
    /// The traits of that revision.
    pub traits: Traits,
    /// All keys that it is found by, also those of the other lookup key while that changes.
    pub all_keys: Vec<Key>,
    /// Where it belongs.
    pub linkage: Linkage,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}

impl Stored {
    /// Whether it says what was brought, or has said it where that may be older: a file that is imported again does not
    /// undo what came after it, and the states of a form come in any order. Others may take back what they said.
    fn knows(&self, candidate: &Candidate<'_>) -> bool {
        let said =
            Said { fingerprint: &self.fingerprint, said_before: &self.said_before, detailed: self.detailed };
        said.knows((&candidate.fingerprint, &candidate.said), candidate.from_file)
    }
}

/// What a report that is there says, and has said.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The keyed hash of its newest content.
    pub fingerprint: &'a Digest,
    /// The keyed hashes of what that was made of and of all earlier contents.
    pub said_before: &'a [Digest],
    /// Whether the newest has details of a form.
    pub detailed: bool,
}

impl Said<'_> {
    /// Whether it says what was brought, or has said it where that may be older.
    #[must_use]
    pub fn knows(self, (fingerprint, said): (&Digest, &Digest), from_file: bool) -> bool {
        let may_be_older = from_file || self.detailed;
        self.fingerprint == fingerprint || may_be_older && self.said_before.contains(said)
    }
}

/// A report's cluster may have gone into another one, which may be joined for as long as that one may.
fn follow(join: &Join, past: &Past, linkage: &mut Linkage, joinable: &mut Joinable) {
    let before = linkage.cluster_id;
    linkage.follow(join);
    if linkage.cluster_id != before {
        *joinable = past.joinable(linkage.cluster_id);
    }
}

/// A report that was decided in the batch before, which may not be visible yet.
#[derive(Debug, Clone, Copy)]
pub struct JustDecided<'a, N> {
    /// The name by which the same report is recognised.
    pub name: N,
    /// What was decided about.
    pub candidate: &'a Candidate<'a>,
    /// What was decided.
    pub decision: &'a Decision,
}

/// What was read for a batch.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The reports that are already there, by the candidate's index.
    pub stored: HashMap<usize, Stored>,
    /// The earlier reports that candidates may be compared with, as far as they are not remembered.
    pub past: ReadPast,
}

impl Known {
    /// The keys under which reports of the batch may be found no more when it is decided; `keys` are all keys of a
    /// candidate.
    pub fn keys_going<I: Iterator<Item = Key>>(&self, keys: impl Fn(usize) -> I) -> HashSet<Key> {
        let mut going = HashSet::new();
        for (index, stored) in &self.stored {
            let kept: Vec<Key> = keys(*index).collect();
            going.extend(stored.all_keys.iter().copied().filter(|key| !kept.contains(key)));
        }
        going
    }

    /// Completes what was read before the batch before it was visible, as if it had been read after. It does no harm
    /// where it was. `past` remembers that batch; `names` are those of the later batch's candidates; `joins` are the
    /// clusters that the batch before joined. Where that one has stale keys, it is to be read anew.
    pub fn follow<N: Eq + Hash + Copy>(
        &mut self,
        past: &Past,
        before: &[JustDecided<'_, N>],
        joins: &[JoinFound],
        names: &[N],
    ) {
        for JoinFound { join, .. } in joins {
            self.past.join(join);
            for stored in self.stored.values_mut() {
                follow(join, past, &mut stored.linkage, &mut stored.joinable);
            }
        }
        // What changed nothing leaves what was read as it is.
        let named: HashMap<N, &JustDecided<'_, N>> =
            before.iter().filter(|one| one.decision.change.is_written()).map(|one| (one.name, one)).collect();
        for (index, name) in names.iter().enumerate() {
            if let Some(one) = named.get(name) {
                let before = self.stored.remove(&index);
                self.stored.insert(index, one.as_stored(before));
            }
        }
    }
}

impl<N> JustDecided<'_, N> {
    /// `before` is what was read of it, before or after this was visible.
    fn as_stored(&self, before: Option<Stored>) -> Stored {
        let mut said_before = vec![self.candidate.said];
        if let Some(before) = before {
            said_before.push(before.fingerprint);
            said_before.extend(before.said_before);
        }
        Stored {
            report_id: self.decision.report_id,
            revision: self.decision.revision,
            fingerprint: self.candidate.fingerprint,
            said_before,
            detailed: self.candidate.detailed,
            told_at: self.candidate.occurred_at,
            traits: self.candidate.traits.clone(),
            all_keys: self.candidate.all_keys.to_vec(),
            linkage: self.decision.linkage.clone(),
            joinable: self.decision.joinable,
        }
    }
}

/// What becomes of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its id.
    pub report_id: Uuid,
    /// Its revision.
    pub revision: i32,
    /// Where it belongs.
    pub linkage: Linkage,
    /// What is to be written.
    pub change: Change,
    /// The keys under which a revised report is found no more.
    pub stale_keys: Vec<Key>,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}

impl Decision {
    /// Lets later reports find this one, by what it says now.
    fn tell(&self, candidate: &Candidate<'_>, past: &mut Past) {
        if self.change.is_written() {
            let (linkage, joinable) = (&self.linkage, self.joinable);
            let newly = Newly { traits: candidate.traits, keys: candidate.keys, linkage, joinable };
            self.stale_keys.iter().for_each(|key| past.leave_key(*key, self.report_id));
            past.decided(self.report_id, candidate.occurred_at, &newly);
        }
    }
}

/// What a decision changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: exactly this content is there, or was before.
    Nothing,
    /// The report is new.
    New,
    /// The content of a known report is new.
    Revision,
    /// Nothing: the content was made on a revision that is no longer the newest, or on none though one is held; it has to
    /// be made anew.
    Overtaken,
}

impl Change {
    /// Whether anything is written.
    #[must_use]
    pub const fn is_written(self) -> bool {
        matches!(self, Self::New | Self::Revision)
    }
}

/// What becomes of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decisions {
    /// Of each report, in the batch's order.
    pub each: Vec<Decision>,
    /// The clusters that turned out to be one, in the order found.
    pub joins: Vec<JoinFound>,
}

/// Two clusters that a report showed to be one.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinFound {
    /// Which.
    pub join: Join,
    /// The report that belongs to both.
    pub report_id: Uuid,
    /// How sure it is, in bits.
    pub score: f32,
    /// Why the report belongs to either.
    pub reasons: Vec<Reason>,
}

impl JoinFound {
    fn of(found: Joined, report_id: Uuid, past: &Past) -> Self {
        let Joined { join, score, reasons } = found;
        let subject = subject_of(join.kind);
        let reasons = reasons_of(subject, &reasons, MOST_REASONS_OF_JOIN, |id| past.told_at(id)).collect();
        Self { join, report_id, score, reasons }
    }
}

/// The most reasons that are kept for a join: for each of both clusters as many as for a report.
const MOST_REASONS_OF_JOIN: usize = 2 * MOST_REASONS;

impl Decisions {
    /// Whether anything is written.
    #[must_use]
    pub fn are_written(&self) -> bool {
        self.each.iter().any(|decision| decision.change.is_written())
    }

    /// Whether a report is found no more under a key of its own.
    #[must_use]
    pub fn have_stale_keys(&self) -> bool {
        self.each.iter().any(|decision| !decision.stale_keys.is_empty())
    }
}

/// By what is decided.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// How far back something counts.
    pub reach: Reach,
    /// How much each evidence weighs.
    pub weights: &'a Weights,
}

/// Decides a batch, in its order: what comes later may belong to what comes earlier. No two candidates
/// have the same source and reference; the caller sees to that. `past` remembers what was read and decided for the next.
pub fn decide(
    candidates: &[Candidate<'_>],
    known: Known,
    past: &mut Past,
    rules: Rules<'_>,
    fresh: &mut impl FnMut() -> Uuid,
) -> Decisions {
    let Known { mut stored, past: read } = known;
    past.learn(read);
    let mut decisions = Decisions { each: Vec::with_capacity(candidates.len()), joins: Vec::new() };
    for (index, candidate) in candidates.iter().enumerate() {
        let (decision, found) = match stored.remove(&index) {
            Some(stored) => of_stored(candidate, stored, past, rules),
            None => of_new(candidate, past, rules, fresh()),
        };
        decision.tell(candidate, past);
        decisions.each.push(decision);
        let report_id = decisions.each[index].report_id;
        for joined in found {
            let found = JoinFound::of(joined, report_id, past);
            let join = &found.join;
            past.join(join);
            for decision in &mut decisions.each {
                follow(join, past, &mut decision.linkage, &mut decision.joinable);
            }
            for stored in stored.values_mut() {
                follow(join, past, &mut stored.linkage, &mut stored.joinable);
            }
            decisions.joins.push(found);
        }
    }
    decisions.each.iter().flat_map(|decision| &decision.stale_keys).for_each(|key| past.forget_key(*key));
    decisions
}

/// A revision stays where its report is: what was once linked is not torn apart by a corrected text. But what it
/// says may show that two clusters are one.
fn of_stored(
    candidate: &Candidate<'_>,
    stored: Stored,
    past: &Past,
    rules: Rules<'_>,
) -> (Decision, Vec<Joined>) {
    let fits = match candidate.made_on {
        Some(revision) => revision == stored.revision,
        None => candidate.whole.replaces(stored.detailed),
    };
    let change = if stored.knows(candidate) {
        Change::Nothing
    } else if fits {
        Change::Revision
    } else {
        Change::Overtaken
    };
    let mut linkage = stored.linkage;
    let mut joins = Vec::new();
    linkage.repeat |= change.is_written() && candidate.repeats;
    if change.is_written() && stored.traits != *candidate.traits {
        let own = stored.report_id;
        let (mut earlier, frequent) =
            past.comparable((candidate.traits, candidate.keys), candidate.occurred_at, rules.reach);
        earlier.retain(|one| one.report != own);
        let new = New { traits: candidate.traits, told_at: candidate.occurred_at };
        let linked = link(new, &earlier, &frequent, past.words(), rules.weights, &mut || own);
        // What was told after it does not make it a repeat.
        earlier.retain(|one| one.told_at <= candidate.occurred_at);
        linkage.repeat |= is_repeat(&linked, &earlier, candidate.occurred_at, rules.reach);
        joins = linked.joins;
        for (kind, found) in
            [(Kind::Person, &linked.person), (Kind::Household, &linked.household), (Kind::Case, &linked.case)]
        {
            let join = join(kind, linkage.cluster(kind), found.id, own, past);
            let (score, reasons) = (found.score, found.reasons.clone());
            joins.extend(join.map(|join| Joined { join, score, reasons }));
        }
    }
    let mut stale_keys = if change.is_written() { stored.all_keys } else { Vec::new() };
    stale_keys.retain(|key| !candidate.all_keys.contains(key));
    let decision = Decision {
        report_id: stored.report_id,
        revision: stored.revision.saturating_add(i32::from(change == Change::Revision)),
        linkage,
        change,
        stale_keys,
        joinable: stored.joinable,
    };
    (decision, joins)
}

/// The report's cluster and the one that its new content points to are one, unless an officer said otherwise.
fn join(kind: Kind, held: Uuid, found: Uuid, own: Uuid, past: &Past) -> Option<Join> {
    if found == held || found == own || past.are_apart(kind, held, found) {
        return None;
    }
    Some(Join { kind, kept: held.min(found), absorbed: held.max(found) })
}

/// Whether the dispute was here, or the person or household within the window.
fn is_repeat(linked: &Linked, earlier: &[Earlier<'_>], told_at: Timestamp, reach: Reach) -> bool {
    earlier.iter().any(|one| {
        let lately = told_at.duration_since(one.told_at).abs() <= reach.window;
        let same_people = one.person == linked.person.id || one.household == linked.household.id;
        one.case == linked.case.id || (same_people && lately)
    })
}

fn of_new(
    candidate: &Candidate<'_>,
    past: &Past,
    rules: Rules<'_>,
    report_id: Uuid,
) -> (Decision, Vec<Joined>) {
    let told_at = candidate.occurred_at;
    let (earlier, frequent) = past.comparable((candidate.traits, candidate.keys), told_at, rules.reach);
    let (mut linkage, joins) = if earlier.is_empty() {
        (Linkage::alone(report_id), Vec::new())
    } else {
        let new = New { traits: candidate.traits, told_at };
        let mut linked = link(new, &earlier, &frequent, past.words(), rules.weights, &mut || report_id);
        linked.follows = linked.follows.filter(|case| {
            let of_case = earlier.iter().filter(|one| one.case == *case);
            of_case.into_iter().any(|one| rules.reach.counts(one.told_at, past.joinable(*case), told_at))
        });
        let repeat = is_repeat(&linked, &earlier, told_at, rules.reach);
        let told = |id| past.told_at(id);
        (Linkage::of(&linked, repeat, &rules.weights.version, told), linked.joins)
    };
    linkage.repeat |= candidate.repeats;
    let joinable = past.joinable(linkage.cluster_id);
    let (change, stale_keys) = (Change::New, Vec::new());
    (Decision { report_id, revision: 1, linkage, change, stale_keys, joinable }, joins)
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
