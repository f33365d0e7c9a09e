//! What becomes of each report of a batch: known, a new revision, or new, and with which others.

use std::{collections::HashMap, hash::Hash};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    joinable::Joinable,
    linkage::{Clue, Key, Linkage, Linked, Reach, Sighting, link},
};

/// What the decision needs of a report.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The keyed hash of its content.
    pub fingerprint: Key,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// By what earlier reports may be found.
    pub clues: &'a [Clue],
    /// The revision that its content was made on, 0 for none; not given where it does not depend on any.
    pub made_on: Option<i32>,
}

/// A report that is already there under the candidate's source and reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub report_id: Uuid,
    /// Its newest revision.
    pub revision: i32,
    /// The keyed hash of that revision's content.
    pub fingerprint: Key,
    /// Where it belongs.
    pub linkage: Linkage,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
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

impl Decision {
    /// By what later reports find this one.
    fn sighting(&self, at: Timestamp) -> Option<Sighting> {
        self.change.is_written().then_some(Sighting {
            report_id: self.report_id,
            cluster_id: self.linkage.cluster_id,
            at,
            joinable: self.joinable,
        })
    }
}

impl Known {
    /// Adds what the batch before will have written, as if it had been read. It does no harm where it was.
    /// `candidates` are those of the later batch, with their names.
    pub fn follow<N: Eq + Hash + Copy>(
        &mut self,
        before: &[JustDecided<'_, N>],
        candidates: &[(N, &Candidate<'_>)],
        reach: Reach,
    ) {
        let mut named: HashMap<N, &JustDecided<'_, N>> = HashMap::with_capacity(before.len());
        let mut seen: HashMap<Clue, Vec<Sighting>> = HashMap::new();
        for one in before {
            named.insert(one.name, one);
            if let Some(sighting) = one.decision.sighting(one.candidate.occurred_at) {
                for clue in one.candidate.clues {
                    seen.entry(*clue).or_default().push(sighting);
                }
            }
        }
        for (index, (name, candidate)) in candidates.iter().enumerate() {
            if let Some(one) = named.get(name) {
                self.stored.insert(index, one.as_stored());
            }
            for clue in candidate.clues {
                let near = seen.get(clue).into_iter().flatten();
                let near = near.filter(|sighting| sighting.counts(reach, candidate.occurred_at));
                self.seen.extend(near.map(|sighting| (index, *clue, *sighting)));
            }
        }
    }
}

impl<N> JustDecided<'_, N> {
    fn as_stored(&self) -> Stored {
        Stored {
            report_id: self.decision.report_id,
            revision: self.decision.revision,
            fingerprint: self.candidate.fingerprint,
            linkage: self.decision.linkage.clone(),
            joinable: self.decision.joinable,
        }
    }
}

/// What is known before a batch, by the candidate's index.
#[derive(Debug, Default)]
pub struct Known {
    /// The reports that are already there.
    pub stored: HashMap<usize, Stored>,
    /// For a clue of a candidate the latest report that counts. Where its cluster does not take the candidate, also
    /// the latest of a cluster that does.
    pub seen: Vec<(usize, Clue, Sighting)>,
}

/// What becomes of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub report_id: Uuid,
    /// Its revision.
    pub revision: i32,
    /// Where it belongs.
    pub linkage: Linkage,
    /// What is to be written.
    pub change: Change,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}

/// What a decision changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: exactly this content was there.
    Nothing,
    /// The report is new.
    New,
    /// The content of a known report is new.
    Revision,
    /// Nothing: the content was made on a revision that is no longer the newest, and has to be made anew.
    Overtaken,
}

impl Change {
    /// Whether anything is written.
    #[must_use]
    pub const fn is_written(self) -> bool {
        matches!(self, Self::New | Self::Revision)
    }
}

/// Decides a batch, in its order: what comes later may belong to what comes earlier. No two candidates
/// have the same source and reference; the caller sees to that.
pub fn decide(
    candidates: &[Candidate<'_>],
    mut known: Known,
    reach: Reach,
    fresh: &mut impl FnMut() -> Uuid,
) -> Vec<Decision> {
    let mut before: HashMap<Place, Sighting> = HashMap::with_capacity(known.seen.len());
    for (index, clue, sighting) in known.seen {
        let Some(candidate) = candidates.get(index) else { continue };
        if !sighting.counts(reach, candidate.occurred_at) {
            continue;
        }
        let place = (index, clue, sighting.joinable.takes(candidate.occurred_at));
        before.entry(place).and_modify(|held| *held = held.later(sighting)).or_insert(sighting);
    }
    // What this batch itself makes or moves, by clue.
    let mut batch: HashMap<Clue, Vec<Sighting>> = HashMap::new();
    let mut decisions = Vec::with_capacity(candidates.len());
    for (index, candidate) in candidates.iter().enumerate() {
        let decision = match known.stored.remove(&index) {
            Some(stored) => of_stored(candidate, stored),
            None => of_new(index, candidate, &before, &batch, reach, fresh),
        };
        if let Some(sighting) = decision.sighting(candidate.occurred_at) {
            for clue in candidate.clues {
                batch.entry(*clue).or_default().push(sighting);
            }
        }
        decisions.push(decision);
    }
    decisions
}

/// A candidate's index, its clue, and whether what is seen there may be joined by it.
type Place = (usize, Clue, bool);

/// A revision stays where its report is: what was once linked is not torn apart by a corrected text.
fn of_stored(candidate: &Candidate<'_>, stored: Stored) -> Decision {
    let change = if stored.fingerprint == candidate.fingerprint {
        Change::Nothing
    } else if candidate.made_on.is_some_and(|revision| revision != stored.revision) {
        Change::Overtaken
    } else {
        Change::Revision
    };
    Decision {
        report_id: stored.report_id,
        revision: stored.revision.saturating_add(i32::from(change == Change::Revision)),
        linkage: stored.linkage,
        change,
        joinable: stored.joinable,
    }
}

fn of_new(
    index: usize,
    candidate: &Candidate<'_>,
    before: &HashMap<Place, Sighting>,
    batch: &HashMap<Clue, Vec<Sighting>>,
    reach: Reach,
    fresh: &mut impl FnMut() -> Uuid,
) -> Decision {
    let seen: Vec<_> = candidate
        .clues
        .iter()
        .flat_map(|clue| {
            [true, false].into_iter().filter_map(move |joins| {
                let earlier = before.get(&(index, *clue, joins)).copied();
                let beside = batch.get(clue).into_iter().flatten().copied();
                let beside = beside.filter(|sighting| {
                    sighting.joinable.takes(candidate.occurred_at) == joins
                        && sighting.counts(reach, candidate.occurred_at)
                });
                earlier
                    .into_iter()
                    .chain(beside)
                    .reduce(Sighting::later)
                    .map(|sighting| (clue.evidence, sighting))
            })
        })
        .collect();
    let report_id = fresh();
    let Linked { linkage, joinable } = link(&seen, candidate.occurred_at, report_id);
    Decision { report_id, revision: 1, linkage, change: Change::New, joinable }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
