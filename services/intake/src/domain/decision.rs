//! What becomes of each report of a batch: known, a new revision, or new, and with which others.

use std::{collections::HashMap, hash::Hash};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    joinable::Joinable,
    linkage::{Clue, Key, Linkage, Linked, Sighting, link},
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
        (self.change != Change::Nothing).then_some(Sighting {
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
        window: SignedDuration,
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
                let near = near.filter(|sighting| sighting.within(window, candidate.occurred_at));
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
    /// For a clue of a candidate the latest earlier report, and where its cluster does not take the candidate, also
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
}

/// Decides a batch, in its order: what comes later may belong to what comes earlier. No two candidates
/// have the same source and reference; the caller sees to that.
pub fn decide(
    candidates: &[Candidate<'_>],
    mut known: Known,
    window: SignedDuration,
    fresh: &mut impl FnMut() -> Uuid,
) -> Vec<Decision> {
    let mut before: HashMap<Place, Sighting> = HashMap::with_capacity(known.seen.len());
    for (index, clue, sighting) in known.seen {
        let Some(candidate) = candidates.get(index) else { continue };
        let place = (index, clue, sighting.joinable.takes(candidate.occurred_at));
        before.entry(place).and_modify(|held| *held = held.later(sighting)).or_insert(sighting);
    }
    // What this batch itself makes or moves, by clue.
    let mut batch: HashMap<Clue, Vec<Sighting>> = HashMap::new();
    let mut decisions = Vec::with_capacity(candidates.len());
    for (index, candidate) in candidates.iter().enumerate() {
        let decision = match known.stored.remove(&index) {
            Some(stored) => of_stored(candidate, stored),
            None => of_new(index, candidate, &before, &batch, window, fresh),
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
    let same = stored.fingerprint == candidate.fingerprint;
    Decision {
        report_id: stored.report_id,
        revision: if same { stored.revision } else { stored.revision.saturating_add(1) },
        linkage: stored.linkage,
        change: if same { Change::Nothing } else { Change::Revision },
        joinable: stored.joinable,
    }
}

fn of_new(
    index: usize,
    candidate: &Candidate<'_>,
    before: &HashMap<Place, Sighting>,
    batch: &HashMap<Clue, Vec<Sighting>>,
    window: SignedDuration,
    fresh: &mut impl FnMut() -> Uuid,
) -> Decision {
    let seen: Vec<_> = candidate
        .clues
        .iter()
        .flat_map(|clue| {
            [true, false].into_iter().filter_map(move |joins| {
                let earlier = before.get(&(index, *clue, joins)).copied();
                let beside = batch.get(clue).into_iter().flatten().copied();
                let beside =
                    beside.filter(|sighting| sighting.joinable.takes(candidate.occurred_at) == joins);
                earlier
                    .into_iter()
                    .chain(beside)
                    .filter(|sighting| sighting.within(window, candidate.occurred_at))
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
mod tests {
    use fengqiao_proto::intake::v1::Evidence;
    use proptest::prelude::*;

    use super::*;

    const WINDOW: SignedDuration = SignedDuration::from_hours(24 * 30);

    fn clue(evidence: Evidence, n: u8) -> Clue {
        Clue { evidence, key: [n; 16] }
    }

    fn candidate(fingerprint: u8, second: i64, clues: &[Clue]) -> Candidate<'_> {
        Candidate {
            fingerprint: [fingerprint; 16],
            occurred_at: Timestamp::from_second(second).unwrap(),
            clues,
        }
    }

    fn counting() -> impl FnMut() -> Uuid {
        let mut next = 0_u128;
        move || {
            next += 1;
            Uuid::from_u128(next)
        }
    }

    fn stored(fingerprint: u8, joinable: Joinable) -> Stored {
        Stored {
            report_id: Uuid::from_u128(100),
            revision: 3,
            fingerprint: [fingerprint; 16],
            linkage: Linkage { cluster_id: Uuid::from_u128(200), reasons: Vec::new(), follows: None },
            joinable,
        }
    }

    #[test]
    fn the_same_content_changes_nothing_and_other_content_is_the_next_revision_in_the_same_cluster() {
        let known = |f| Known { stored: HashMap::from([(0, stored(f, Joinable::Always))]), seen: Vec::new() };
        let same = decide(&[candidate(1, 0, &[])], known(1), WINDOW, &mut counting());
        assert_eq!((same[0].change, same[0].revision), (Change::Nothing, 3));
        let other = decide(&[candidate(1, 0, &[])], known(2), WINDOW, &mut counting());
        assert_eq!((other[0].change, other[0].revision), (Change::Revision, 4));
        assert_eq!(other[0].linkage, stored(2, Joinable::Always).linkage);
    }

    #[test]
    fn a_neighbour_in_the_batch_is_an_earlier_report() {
        let clues = [clue(Evidence::Phone, 1)];
        let decisions = decide(
            &[candidate(1, 10, &clues), candidate(2, 20, &clues)],
            Known::default(),
            WINDOW,
            &mut counting(),
        );
        assert!(!decisions[0].linkage.is_repeat());
        assert!(decisions[1].linkage.is_repeat());
        assert_eq!(decisions[1].linkage.cluster_id, decisions[0].linkage.cluster_id);
        assert_eq!(decisions[1].linkage.reasons[0].earlier_report_id, decisions[0].report_id);
    }

    #[test]
    fn what_lies_outside_the_window_is_another_matter() {
        let clues = [clue(Evidence::Address, 1)];
        let late = 31 * 86_400;
        let decisions = decide(
            &[candidate(1, 0, &clues), candidate(2, late, &clues)],
            Known::default(),
            WINDOW,
            &mut counting(),
        );
        assert_ne!(decisions[1].linkage.cluster_id, decisions[0].linkage.cluster_id);
    }

    #[test]
    fn a_phone_and_an_address_of_equal_hash_are_not_the_same_clue() {
        let (phone, address) = ([clue(Evidence::Phone, 1)], [clue(Evidence::Address, 1)]);
        let decisions = decide(
            &[candidate(1, 0, &phone), candidate(2, 0, &address)],
            Known::default(),
            WINDOW,
            &mut counting(),
        );
        assert!(!decisions[1].linkage.is_repeat());
    }

    #[test]
    fn a_revision_of_a_cluster_that_is_over_draws_nobody_in_who_comes_too_late() {
        let clues = [clue(Evidence::Phone, 1)];
        let until = |second| Joinable::Until(Timestamp::from_second(second).unwrap());
        for (joinable, repeat) in
            [(Joinable::Always, true), (until(20), true), (until(19), false), (Joinable::Never, false)]
        {
            let known = Known { stored: HashMap::from([(0, stored(9, joinable))]), seen: Vec::new() };
            let decisions =
                decide(&[candidate(1, 0, &clues), candidate(2, 20, &clues)], known, WINDOW, &mut counting());
            let linkage = &decisions[1].linkage;
            assert_eq!(linkage.is_repeat(), repeat, "{joinable:?}");
            assert_eq!(linkage.follows, (!repeat).then_some(Uuid::from_u128(200)), "{joinable:?}");
        }
    }

    #[test]
    fn who_joins_a_cluster_that_is_over_does_not_lengthen_its_window_and_the_new_cluster_is_open() {
        let clues = [clue(Evidence::Phone, 1)];
        let over = Sighting {
            report_id: Uuid::from_u128(100),
            cluster_id: Uuid::from_u128(200),
            at: Timestamp::from_second(0).unwrap(),
            joinable: Joinable::Until(Timestamp::from_second(20).unwrap()),
        };
        let all: Vec<Candidate<'_>> = [20, 21, 22].map(|second| candidate(1, second, &clues)).into();
        let seen = (0..3).map(|index| (index, clues[0], over)).collect();
        let decisions = decide(&all, Known { seen, ..Known::default() }, WINDOW, &mut counting());
        let told: Vec<_> = decisions
            .iter()
            .map(|decision| (decision.linkage.cluster_id, decision.linkage.follows, decision.joinable))
            .collect();
        let new = decisions[1].report_id;
        let follows = Some(over.cluster_id);
        assert_eq!(
            told,
            [
                (over.cluster_id, None, over.joinable),
                (new, follows, Joinable::Always),
                (new, None, Joinable::Always),
            ]
        );
    }

    /// Reports of clusters that are over: by phone, the day told, and until which day they may be joined.
    fn ended(over: &[(u8, i64, Option<i64>)]) -> Vec<(Clue, Sighting)> {
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let sighting = |(number, (phone, told, until)): (u128, &(u8, i64, Option<i64>))| {
            let (report_id, cluster_id) = (Uuid::from_u128(1_000 + number), Uuid::from_u128(2_000 + number));
            let joinable = Joinable::new(false, until.map(day));
            (clue(Evidence::Phone, *phone), Sighting { report_id, cluster_id, at: day(*told), joinable })
        };
        (0..).zip(over).map(sighting).collect()
    }

    /// What the store says of candidates, where this is there.
    fn read(there: &[(Clue, Sighting)], candidates: &[Candidate<'_>]) -> Known {
        let mut known = Known::default();
        for (index, candidate) in candidates.iter().enumerate() {
            for clue in candidate.clues {
                let near = there.iter().filter(|(held, _)| held == clue).map(|(_, sighting)| *sighting);
                let near = near.filter(|sighting| sighting.within(WINDOW, candidate.occurred_at));
                let takes = |sighting: &Sighting| sighting.joinable.takes(candidate.occurred_at);
                let newest = near.clone().reduce(Sighting::later);
                let other = newest.filter(|newest| !takes(newest));
                let other = other.and_then(|_| near.filter(takes).reduce(Sighting::later));
                known.seen.extend(newest.into_iter().chain(other).map(|sighting| (index, *clue, sighting)));
            }
        }
        known
    }

    proptest! {
        /// However a day's reports are cut into batches, the same ones belong together.
        #[test]
        fn the_cut_into_batches_changes_nothing(
            reports in prop::collection::vec((0_u8..6, 0_u8..6, 0_i64..80), 1..40),
            over in prop::collection::vec((0_u8..6, -20_i64..60, prop::option::of(-10_i64..80)), 0..6),
            cut in 0_usize..40,
        ) {
            let over = ended(&over);
            let clues: Vec<Vec<Clue>> = reports
                .iter()
                .map(|(phone, address, _)| vec![clue(Evidence::Phone, *phone), clue(Evidence::Address, *address)])
                .collect();
            let candidates: Vec<Candidate<'_>> = reports
                .iter()
                .zip(&clues)
                .map(|((_, _, day), clues)| candidate(0, day * 86_400, clues))
                .collect();
            let whole = decide(&candidates, read(&over, &candidates), WINDOW, &mut counting());
            let (first, second) = candidates.split_at(cut.min(candidates.len()));
            let mut fresh = counting();
            let one = decide(first, read(&over, first), WINDOW, &mut fresh);
            let mut there = over.clone();
            for (earlier, decision) in first.iter().zip(&one) {
                let sighting = decision.sighting(earlier.occurred_at);
                there.extend(earlier.clues.iter().flat_map(|clue| sighting.map(|sighting| (*clue, sighting))));
            }
            let two = decide(second, read(&there, second), WINDOW, &mut fresh);
            for decision in &whole {
                let of_own = decision.linkage.cluster_id == decision.report_id;
                prop_assert!(of_own || decision.linkage.follows.is_none());
            }
            prop_assert_eq!(whole, [one, two].concat());
        }

        /// A batch that is read before the one before it is visible is decided as if it had been read after.
        #[test]
        fn what_was_just_decided_is_as_good_as_read(
            reports in prop::collection::vec((0_u8..6, 0_u8..6, 0_i64..80, 0_u8..9), 1..40),
            over in prop::collection::vec((0_u8..6, -20_i64..60, prop::option::of(-10_i64..80)), 0..6),
            cut in 0_usize..40,
        ) {
            let over = ended(&over);
            let clues: Vec<Vec<Clue>> = reports
                .iter()
                .map(|(phone, address, ..)| vec![clue(Evidence::Phone, *phone), clue(Evidence::Address, *address)])
                .collect();
            let mut held = std::collections::HashSet::new();
            // A name comes once in each half; the second time it is a revision of the first.
            let all: Vec<(u8, Candidate<'_>)> = reports
                .iter()
                .zip(&clues)
                .enumerate()
                .filter(|(index, ((.., name), _))| held.insert((*index < cut, *name)))
                .map(|(index, ((_, _, day, name), clues))| (*name, candidate(index as u8, day * 86_400, clues)))
                .collect();
            let first_half = reports.iter().take(cut).map(|(.., name)| *name).collect::<std::collections::HashSet<_>>().len();
            let (first, second) = all.split_at(first_half);
            let one: Vec<Candidate<'_>> = first.iter().map(|(_, c)| c.clone()).collect();
            let two: Vec<Candidate<'_>> = second.iter().map(|(_, c)| c.clone()).collect();
            let mut fresh = counting();
            let decided = decide(&one, read(&over, &one), WINDOW, &mut fresh);
            let before: Vec<JustDecided<'_, u8>> = first
                .iter()
                .zip(&decided)
                .map(|((name, candidate), decision)| JustDecided { name: *name, candidate, decision })
                .collect();
            let named: Vec<(u8, &Candidate<'_>)> = second.iter().map(|(name, c)| (*name, c)).collect();
            let mut known = read(&over, &two);
            known.follow(&before, &named, WINDOW);
            // Reading it as well changes nothing.
            let mut twice = read(&over, &two);
            twice.follow(&before, &named, WINDOW);
            twice.follow(&before, &named, WINDOW);
            let mut again = counting();
            for _ in &decided {
                again();
            }
            let (later, same) = (decide(&two, known, WINDOW, &mut fresh), decide(&two, twice, WINDOW, &mut again));
            for ((name, _), decision) in second.iter().zip(&later) {
                let earlier = first.iter().position(|(held, _)| held == name);
                match earlier {
                    Some(at) => {
                        prop_assert_eq!(decision.report_id, decided[at].report_id);
                        prop_assert_eq!(decision.revision, 2);
                        prop_assert_eq!(&decision.linkage, &decided[at].linkage);
                    }
                    None => prop_assert_eq!(decision.change, Change::New),
                }
            }
            // Nothing but new names in one batch: exactly the same as undivided.
            if second.iter().all(|(name, _)| first.iter().all(|(held, _)| held != name)) {
                let whole: Vec<Candidate<'_>> = all.iter().map(|(_, c)| c.clone()).collect();
                let undivided = decide(&whole, read(&over, &whole), WINDOW, &mut counting());
                prop_assert_eq!(undivided, [decided.clone(), later.clone()].concat());
            }
            prop_assert_eq!(later.len(), same.len());
            for (one, other) in later.iter().zip(&same) {
                prop_assert_eq!(&one.linkage.reasons, &other.linkage.reasons);
            }
        }
    }
}
