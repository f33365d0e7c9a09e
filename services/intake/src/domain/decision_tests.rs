use fengqiao_proto::intake::v1::Evidence;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const WINDOW: SignedDuration = SignedDuration::from_hours(24 * 30);
const REACH: Reach = Reach { window: WINDOW, of_case: SignedDuration::from_hours(24 * 150) };

fn clue(evidence: Evidence, n: u8) -> Clue {
    Clue { evidence, key: [n; 16] }
}

fn candidate(fingerprint: u8, second: i64, clues: &[Clue]) -> Candidate<'_> {
    Candidate {
        fingerprint: [fingerprint; 16],
        occurred_at: Timestamp::from_second(second).unwrap(),
        clues,
        made_on: None,
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
    let same = decide(&[candidate(1, 0, &[])], known(1), REACH, &mut counting());
    assert_eq!((same[0].change, same[0].revision), (Change::Nothing, 3));
    let other = decide(&[candidate(1, 0, &[])], known(2), REACH, &mut counting());
    assert_eq!((other[0].change, other[0].revision), (Change::Revision, 4));
    assert_eq!(other[0].linkage, stored(2, Joinable::Always).linkage);
}

#[test]
fn a_neighbour_in_the_batch_is_an_earlier_report() {
    let clues = [clue(Evidence::Phone, 1)];
    let decisions = decide(
        &[candidate(1, 10, &clues), candidate(2, 20, &clues)],
        Known::default(),
        REACH,
        &mut counting(),
    );
    assert!(!decisions[0].linkage.is_repeat());
    assert!(decisions[1].linkage.is_repeat());
    assert_eq!(decisions[1].linkage.cluster_id, decisions[0].linkage.cluster_id);
    assert_eq!(decisions[1].linkage.reasons[0].earlier_report_id, decisions[0].report_id);
}

#[test]
fn what_lies_outside_the_reach_is_another_matter() {
    let clues = [clue(Evidence::Address, 1)];
    let late = 151 * 86_400;
    let decisions = decide(
        &[candidate(1, 0, &clues), candidate(2, late, &clues)],
        Known::default(),
        REACH,
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
        REACH,
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
            decide(&[candidate(1, 0, &clues), candidate(2, 20, &clues)], known, REACH, &mut counting());
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
    let decisions = decide(&all, Known { seen, ..Known::default() }, REACH, &mut counting());
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

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).unwrap()
}

/// Reports of clusters that are over: by phone, the day told, and until which day they may be joined.
fn ended(over: &[(u8, i64, Option<i64>)]) -> Vec<(Clue, Sighting)> {
    let sighting = |(number, (phone, told, until)): (u128, &(u8, i64, Option<i64>))| {
        let (report_id, cluster_id) = (Uuid::from_u128(1_000 + number), Uuid::from_u128(2_000 + number));
        let joinable = Joinable::new(false, until.map(day));
        (clue(Evidence::Phone, *phone), Sighting { report_id, cluster_id, at: day(*told), joinable })
    };
    (0..).zip(over).map(sighting).collect()
}

#[test]
fn a_report_counts_while_its_case_takes_others_and_a_window_longer() {
    let (clues, told) = ([clue(Evidence::Phone, 1)], day(0));
    let (report_id, cluster_id) = (Uuid::from_u128(100), Uuid::from_u128(200));
    let until = |end: i64| Joinable::Until(day(end));
    let (joins, follows, neither) = ((true, None), (false, Some(cluster_id)), (false, None));
    for (what, joinable, called, linked) in [
        ("40 days after the last report, the case is open", Joinable::Always, 40, joins),
        ("60 days after it", Joinable::Always, 60, joins),
        ("longer than anything counts", Joinable::Always, 151, neither),
        ("10 days after the end on day 40", until(70), 50, joins),
        ("30 days after it", until(70), 70, joins),
        ("50 days after it", until(70), 90, follows),
        ("60 days after it", until(70), 100, follows),
        ("61 days after it", until(70), 101, neither),
        ("nobody knows since when the case is over", Joinable::Never, 30, follows),
        ("nor whether that is long ago", Joinable::Never, 31, neither),
    ] {
        let earlier = Sighting { report_id, cluster_id, at: told, joinable };
        let call =
            [Candidate { fingerprint: [1; 16], occurred_at: day(called), clues: &clues, made_on: None }];
        let known = Known { seen: vec![(0, clues[0], earlier)], ..Known::default() };
        let decisions = decide(&call, known, REACH, &mut counting());
        let linkage = &decisions[0].linkage;
        assert_eq!((linkage.is_repeat(), linkage.follows), linked, "{what}");
        assert_eq!(linkage.cluster_id == cluster_id, linkage.is_repeat(), "{what}");
    }
}

#[test]
fn an_old_report_of_a_case_that_takes_others_counts_behind_a_newer_one_that_does_not() {
    let clues = [clue(Evidence::Phone, 1)];
    let sighting = |n: u128, at: i64, joinable: Joinable| Sighting {
        report_id: Uuid::from_u128(n),
        cluster_id: Uuid::from_u128(100 + n),
        at: day(at),
        joinable,
    };
    let open = sighting(1, 0, Joinable::Always);
    let over = sighting(2, 20, Joinable::Until(day(30)));
    let unknown = sighting(3, 25, Joinable::Never);
    let call = [Candidate { fingerprint: [1; 16], occurred_at: day(60), clues: &clues, made_on: None }];
    let linked = |seen: &[Sighting]| {
        let seen = seen.iter().map(|sighting| (0, clues[0], *sighting)).collect();
        let decision = decide(&call, Known { seen, ..Known::default() }, REACH, &mut counting()).remove(0);
        (decision.linkage.cluster_id, decision.linkage.follows)
    };
    let fresh = Uuid::from_u128(1);
    assert_eq!(linked(&[unknown, over, open]), (open.cluster_id, None));
    assert_eq!(linked(&[unknown, over]), (fresh, Some(over.cluster_id)), "the newest counts no more");
}

/// What the store says of candidates, where this is there.
fn read(there: &[(Clue, Sighting)], candidates: &[Candidate<'_>]) -> Known {
    let mut known = Known::default();
    for (index, candidate) in candidates.iter().enumerate() {
        for clue in candidate.clues {
            let near = there.iter().filter(|(held, _)| held == clue).map(|(_, sighting)| *sighting);
            let near = near.filter(|sighting| sighting.counts(REACH, candidate.occurred_at));
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
        reports in prop::collection::vec((0_u8..6, 0_u8..6, 0_i64..200), 1..40),
        over in prop::collection::vec((0_u8..6, -100_i64..150, prop::option::of(-50_i64..200)), 0..6),
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
        let whole = decide(&candidates, read(&over, &candidates), REACH, &mut counting());
        let (first, second) = candidates.split_at(cut.min(candidates.len()));
        let mut fresh = counting();
        let one = decide(first, read(&over, first), REACH, &mut fresh);
        let mut there = over.clone();
        for (earlier, decision) in first.iter().zip(&one) {
            let sighting = decision.sighting(earlier.occurred_at);
            there.extend(earlier.clues.iter().flat_map(|clue| sighting.map(|sighting| (*clue, sighting))));
        }
        let two = decide(second, read(&there, second), REACH, &mut fresh);
        for decision in &whole {
            let of_own = decision.linkage.cluster_id == decision.report_id;
            prop_assert!(of_own || decision.linkage.follows.is_none());
        }
        prop_assert_eq!(whole, [one, two].concat());
    }

    /// A batch that is read before the one before it is visible is decided as if it had been read after.
    #[test]
    fn what_was_just_decided_is_as_good_as_read(
        reports in prop::collection::vec((0_u8..6, 0_u8..6, 0_i64..200, 0_u8..9), 1..40),
        over in prop::collection::vec((0_u8..6, -100_i64..150, prop::option::of(-50_i64..200)), 0..6),
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
        let decided = decide(&one, read(&over, &one), REACH, &mut fresh);
        let before: Vec<JustDecided<'_, u8>> = first
            .iter()
            .zip(&decided)
            .map(|((name, candidate), decision)| JustDecided { name: *name, candidate, decision })
            .collect();
        let named: Vec<(u8, &Candidate<'_>)> = second.iter().map(|(name, c)| (*name, c)).collect();
        let mut known = read(&over, &two);
        known.follow(&before, &named, REACH);
        // Reading it as well changes nothing.
        let mut twice = read(&over, &two);
        twice.follow(&before, &named, REACH);
        twice.follow(&before, &named, REACH);
        let mut again = counting();
        for _ in &decided {
            again();
        }
        let (later, same) = (decide(&two, known, REACH, &mut fresh), decide(&two, twice, REACH, &mut again));
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
            let undivided = decide(&whole, read(&over, &whole), REACH, &mut counting());
            prop_assert_eq!(undivided, [decided.clone(), later.clone()].concat());
        }
        prop_assert_eq!(later.len(), same.len());
        for (one, other) in later.iter().zip(&same) {
            prop_assert_eq!(&one.linkage.reasons, &other.linkage.reasons);
        }
    }

    /// Calls about one matter and the news that its case is over arrive in any order, up to ten days late: until two
    /// windows after the end, each call belongs to the case or follows it.
    #[test]
    fn no_call_is_lost_from_its_case_in_whatever_order_all_is_heard(
        calls in prop::collection::vec((0_i64..150, 0_i64..10), 2..12),
        (ended, heard) in (0_i64..100, 0_i64..10),
    ) {
        const REOPEN_DAYS: i64 = 30;
        let clues = [clue(Evidence::Phone, 1)];
        let mut arrivals: Vec<(i64, Option<i64>)> =
            calls.iter().filter(|(told, _)| *told <= ended + 60).map(|(told, late)| (told + late, Some(*told))).collect();
        arrivals.push((ended + heard, None));
        arrivals.sort_by_key(|(arrived, _)| *arrived);
        let mut there: Vec<(Clue, Sighting)> = Vec::new();
        let mut first = None;
        let mut over = Joinable::Always;
        let mut fresh = counting();
        let mut fresh_clusters = Vec::new();
        for (_, told) in arrivals {
            let Some(told) = told else {
                over = Joinable::Until(day(ended + REOPEN_DAYS));
                let of_first = there.iter_mut().filter(|(_, seen)| Some(seen.cluster_id) == first);
                of_first.for_each(|(_, seen)| seen.joinable = over);
                continue;
            };
            let call = [Candidate { fingerprint: [1; 16], occurred_at: day(told), clues: &clues, made_on: None }];
            let mut decision = decide(&call, read(&there, &call), REACH, &mut fresh).remove(0);
            if !decision.linkage.is_repeat() {
                fresh_clusters.push((told, decision.linkage.clone()));
            }
            if *first.get_or_insert(decision.linkage.cluster_id) == decision.linkage.cluster_id {
                decision.joinable = over;
            }
            there.extend(decision.sighting(day(told)).map(|seen| (clues[0], seen)));
        }
        for (index, (told, linkage)) in fresh_clusters.iter().enumerate() {
            prop_assert_eq!(linkage.follows.is_some(), index > 0, "told on day {}", told);
            prop_assert!(index == 0 || (linkage.follows == first && *told > ended + REOPEN_DAYS));
        }
        prop_assert!(fresh_clusters.len() <= 2);
    }
}
