use std::collections::{BTreeMap, HashMap, HashSet};

use fengqiao_linkage::{Places, PlainParty, PlainPhone, PlainReport, Role, Secret, traits};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::past::{EarlierReport, NEWEST_OF_A_KEY, ReadPast};

const WINDOW: SignedDuration = SignedDuration::from_hours(24 * 30);
const REACH: Reach = Reach { window: WINDOW, of_case: SignedDuration::from_hours(24 * 150) };

struct Plain;

impl fengqiao_linkage::KeyedHash for Plain {
    fn hash(&self, kind: &str, value: &str) -> u64 {
        kind.bytes()
            .chain(value.bytes())
            .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
    }
}

/// What one of a few families reports of one of a few matters.
#[derive(Debug, Clone)]
struct Told {
    fingerprint: u8,
    day: i64,
    traits: Traits,
    keys: Vec<Key>,
}

const MATTERS: [(&str, &str, &str); 3] = [
    ("neighbourhood", "楼上漏水", "楼上漏水浸坏天花板，多次上门协商不成"),
    ("migrant_wages", "拖欠工资", "工地干活三个月，包工头拖欠工资不给"),
    ("property", "停水", "小区已经停水三天，物业没有人管"),
];

fn told(fingerprint: u8, day: i64, family: u8, matter: u8) -> Told {
    let (category, title, narrative) = MATTERS[usize::from(matter) % MATTERS.len()];
    let (phone, house) = (
        format!("138{:08}", 7_919 * u32::from(family) + 11),
        format!("石桥垸村{}组{}号", family + 1, family + 20),
    );
    let name = ["王秀英", "李国强", "赵小兰", "钱多多", "孙悦", "周建军"][usize::from(family) % 6];
    let reporter = PlainParty {
        role: Role::Reporter,
        name,
        phone: Some(PlainPhone { digits: &phone, personal: true }),
        contact_phone: None,
        id_number: None,
        wrong_id: None,
    };
    let report = PlainReport {
        area_code: "421181105201",
        category,
        address: &house,
        title,
        narrative,
        numbers: Vec::new(),
        parties: vec![reporter],
    };
    let places = Places::new("麻城市", [("421181105", "阎家河镇"), ("421181105201", "石桥垸村")]);
    let traits = traits(&report, &places, &Secret::of(&Plain));
    Told { fingerprint, day, keys: traits.keys(), traits }
}

impl Told {
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            fingerprint: [self.fingerprint; 16],
            said: [self.fingerprint; 16],
            from_file: false,
            whole: Whole::UnlessDetailed,
            detailed: false,
            repeats: false,
            occurred_at: day(self.day),
            traits: &self.traits,
            keys: &self.keys,
            all_keys: &self.keys,
            made_on: None,
        }
    }
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).unwrap()
}

fn counting() -> impl FnMut() -> Uuid {
    let mut next = 1_000_u128;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

/// What a database would hold: the reports that were decided, and what routing said of clusters.
#[derive(Debug, Clone, Default)]
struct Held {
    reports: BTreeMap<Uuid, (Told, Linkage)>,
    over: HashMap<Uuid, Joinable>,
    /// How often something was said of clusters.
    news: i64,
    apart: Vec<(Kind, Uuid, Uuid)>,
}

impl Held {
    fn keep(&mut self, told: &[Told], decisions: &Decisions) {
        for (told, decision) in told.iter().zip(&decisions.each) {
            self.reports.insert(decision.report_id, (told.clone(), decision.linkage.clone()));
        }
        for found in &decisions.joins {
            self.reports.values_mut().for_each(|(_, linkage)| linkage.follow(&found.join));
        }
    }

    fn joinable(&self, cluster: Uuid) -> Joinable {
        self.over.get(&cluster).copied().unwrap_or(Joinable::Always)
    }

    /// Everything: [`Past`] bounds itself what is compared.
    fn read(&self) -> Known {
        let keys: HashSet<Key> =
            self.reports.values().flat_map(|(told, _)| told.keys.iter().copied()).collect();
        self.known(keys, self.reports.keys().copied())
    }

    /// What a batch needs and is not remembered.
    fn read_rest(&self, past: &Past, told: &[Told]) -> Known {
        self.read_rest_with(past, told, HashMap::new())
    }

    /// The same, where some are there already.
    fn read_rest_with(&self, past: &Past, told: &[Told], stored: HashMap<usize, Stored>) -> Known {
        let keys = past.unread_keys(told.iter().flat_map(|told| &told.keys));
        let read = self.known(keys.iter().copied(), []).past;
        let batch = told.iter().map(|told| (&told.traits, told.keys.as_slice()));
        let of_stored = Known { stored, past: read };
        let going = of_stored.keys_going(|index| told[index].keys.iter().copied());
        let found = past.found(&of_stored.past, batch, &going);
        let unread = past.unread_reports(found, self.news);
        let mut known = self.known(keys, unread.reports);
        known.past.clusters.extend(unread.cases.into_iter().map(|case| (case, self.joinable(case))));
        known.stored = of_stored.stored;
        known
    }

    fn of_key(&self, key: Key) -> Vec<Uuid> {
        let has_key = |(_, (told, _)): &(&Uuid, &(Told, Linkage))| told.keys.contains(&key);
        let mut reports: Vec<Uuid> = self.reports.iter().filter(has_key).map(|(id, _)| *id).collect();
        reports.sort_unstable();
        reports.drain(..reports.len().saturating_sub(NEWEST_OF_A_KEY));
        reports
    }

    fn known(&self, keys: impl IntoIterator<Item = Key>, reports: impl IntoIterator<Item = Uuid>) -> Known {
        let earlier = |id: Uuid| {
            let (told, linkage) = self.reports.get(&id)?;
            let earlier = EarlierReport {
                told_at: day(told.day),
                traits: told.traits.clone(),
                person_id: linkage.person_id,
                household_id: linkage.household_id,
                cluster_id: linkage.cluster_id,
            };
            Some((id, earlier))
        };
        let reports: Vec<(Uuid, EarlierReport)> = reports.into_iter().filter_map(earlier).collect();
        let cases = reports.iter().map(|(_, report)| report.cluster_id);
        let past = ReadPast {
            keys: keys.into_iter().map(|key| (key, self.of_key(key))).collect(),
            news: self.news,
            clusters: cases.map(|case| (case, self.joinable(case))).collect(),
            reports,
            apart: self.apart.clone(),
        };
        Known { stored: HashMap::new(), past }
    }

    fn stored(&self, id: Uuid) -> Stored {
        let (told, linkage) = &self.reports[&id];
        Stored {
            report_id: id,
            revision: 3,
            fingerprint: [told.fingerprint; 16],
            said_before: Vec::new(),
            detailed: false,
            told_at: day(told.day),
            traits: told.traits.clone(),
            all_keys: told.traits.keys(),
            joinable: self.joinable(linkage.cluster_id),
            linkage: linkage.clone(),
        }
    }
}

fn all(told: &[Told], known: Known, fresh: &mut impl FnMut() -> Uuid) -> Decisions {
    all_after(told, known, &mut Past::default(), fresh)
}

fn all_after(told: &[Told], known: Known, past: &mut Past, fresh: &mut impl FnMut() -> Uuid) -> Decisions {
    let candidates: Vec<Candidate<'_>> = told.iter().map(Told::candidate).collect();
    decide(&candidates, known, past, Rules { reach: REACH, weights: &Weights::shipped() }, fresh)
}

#[test]
fn the_same_content_changes_nothing_and_other_content_is_the_next_revision_in_the_same_cluster() {
    let mut held = Held::default();
    let first = [told(1, 0, 1, 0)];
    let mut fresh = counting();
    held.keep(&first, &all(&first, Known::default(), &mut fresh));
    let id = *held.reports.keys().next().unwrap();
    for (again, change, revision) in
        [(told(1, 0, 1, 0), Change::Nothing, 3), (told(2, 0, 1, 1), Change::Revision, 4)]
    {
        let mut known = held.read();
        known.stored.insert(0, held.stored(id));
        let decided = all(&[again], known, &mut fresh);
        let decision = &decided.each[0];
        assert_eq!((decision.change, decision.revision, decision.report_id), (change, revision, id));
        assert_eq!(decision.linkage, held.reports[&id].1);
    }
}

#[test]
fn what_was_made_on_an_older_revision_is_overtaken_and_writes_nothing() {
    let mut held = Held::default();
    let first = [told(1, 0, 1, 0)];
    held.keep(&first, &all(&first, Known::default(), &mut counting()));
    let id = *held.reports.keys().next().unwrap();
    // Another caller, so that the revision is found under other keys.
    let state = told(2, 0, 2, 0);
    for (made_on, change, revision) in
        [(Some(2), Change::Overtaken, 3), (Some(0), Change::Overtaken, 3), (Some(3), Change::Revision, 4)]
    {
        let mut known = held.read();
        known.stored.insert(0, held.stored(id));
        let candidate = [Candidate { made_on, ..state.candidate() }];
        let rules = Rules { reach: REACH, weights: &Weights::shipped() };
        let mut past = Past::default();
        let decided = decide(&candidate, known, &mut past, rules, &mut counting());
        let decision = &decided.each[0];
        assert_eq!((decision.change, decision.revision), (change, revision));
        assert_eq!(decision.stale_keys.is_empty() && decided.joins.is_empty(), change == Change::Overtaken);
        // Whoever comes next with the same finds what is written, not what was overtaken.
        let mut next = Known::default();
        next.stored.insert(0, held.stored(id));
        let before = [JustDecided { name: "GD-1", candidate: &candidate[0], decision }];
        next.follow(&past, &before, &decided.joins, &["GD-1"]);
        let written = change == Change::Revision;
        assert_eq!(next.stored[&0].fingerprint == state.candidate().fingerprint, written);
    }
}

#[test]
fn what_was_said_before_is_known_and_what_is_not_whole_is_to_be_completed() {
    let mut held = Held::default();
    let first = [told(1, 0, 1, 0)];
    held.keep(&first, &all(&first, Known::default(), &mut counting()));
    let id = *held.reports.keys().next().unwrap();
    let later = told(2, 0, 1, 1);
    for (said, whole, detailed, change) in [
        (9, Whole::UnlessDetailed, true, Change::Nothing),
        (8, Whole::UnlessDetailed, false, Change::Revision),
        (8, Whole::UnlessDetailed, true, Change::Overtaken),
        (8, Whole::Never, false, Change::Overtaken),
        (8, Whole::Always, true, Change::Revision),
    ] {
        let mut known = held.read();
        known.stored.insert(0, Stored { said_before: vec![[9; 16]], detailed, ..held.stored(id) });
        let candidate = Candidate { said: [said; 16], whole, ..later.candidate() };
        let rules = Rules { reach: REACH, weights: &Weights::shipped() };
        let mut past = Past::default();
        let decided = decide(std::slice::from_ref(&candidate), known, &mut past, rules, &mut counting());
        assert_eq!(decided.each[0].change, change, "{said} {whole:?} {detailed}");
        // The batch after knows what was held before, and what it was made of.
        let mut next = Known::default();
        next.stored.insert(0, held.stored(id));
        let before = [JustDecided { name: "GD-1", candidate: &candidate, decision: &decided.each[0] }];
        next.follow(&past, &before, &[], &["GD-1"]);
        let knows = |said: u8| {
            next.stored[&0].knows(&Candidate { said: [said; 16], from_file: true, ..first[0].candidate() })
        };
        assert!(knows(1));
        let again = Candidate { fingerprint: [7; 16], said: [8; 16], from_file: true, ..later.candidate() };
        assert_eq!(next.stored[&0].knows(&again), change == Change::Revision);
        let taken_back = Candidate { from_file: false, ..again };
        assert!(!next.stored[&0].knows(&taken_back), "who says it now may take it back");
    }
}

#[test]
fn a_revision_is_found_no_more_under_what_it_no_longer_says() {
    let mut held = Held::default();
    let first = [told(1, 0, 1, 0)];
    held.keep(&first, &all(&first, Known::default(), &mut counting()));
    let id = *held.reports.keys().next().unwrap();
    let mut known = held.read();
    known.stored.insert(0, held.stored(id));
    let other = told(2, 0, 2, 0);
    let decided = all(std::slice::from_ref(&other), known, &mut counting());
    let stale = &decided.each[0].stale_keys;
    assert!(!stale.is_empty());
    assert!(stale.iter().all(|key| first[0].keys.contains(key) && !other.keys.contains(key)));
}

#[test]
fn a_neighbour_in_the_batch_is_an_earlier_report() {
    let decided = all(&[told(1, 10, 1, 0), told(2, 20, 1, 0)], Known::default(), &mut counting());
    let [first, second] = decided.each.as_slice() else { panic!("two reports") };
    assert!(!first.linkage.repeat && second.linkage.repeat);
    for kind in [Kind::Person, Kind::Household, Kind::Case] {
        assert_eq!(first.linkage.cluster(kind), second.linkage.cluster(kind), "{kind:?}");
    }
    assert!(second.linkage.reasons.iter().all(|reason| reason.earlier_report_id == first.report_id));
}

#[test]
fn a_person_is_known_for_ever_and_a_repeat_within_reach_only() {
    for (gap, repeat) in [(29, true), (151, false)] {
        let decided = all(&[told(1, 0, 1, 0), told(2, gap, 1, 0)], Known::default(), &mut counting());
        let [first, second] = decided.each.as_slice() else { panic!("two reports") };
        assert_eq!(second.linkage.person_id, first.linkage.person_id, "after {gap} days");
        assert_eq!(second.linkage.repeat, repeat, "after {gap} days");
        assert_eq!(second.linkage.cluster_id == first.linkage.cluster_id, repeat, "after {gap} days");
    }
}

#[test]
fn a_report_joins_while_its_case_takes_others_and_follows_it_a_window_longer() {
    let until = |end: i64| Joinable::Until(day(end));
    let (joins, follows) = ((true, false), (false, true));
    for (what, joinable, called, expected) in [
        ("20 days after the last report, the case is open", Joinable::Always, 20, joins),
        ("10 days after the end on day 10", until(40), 20, joins),
        ("a day too late", until(19), 20, follows),
        ("nobody knows since when the case is over", Joinable::Never, 20, follows),
    ] {
        let mut held = Held::default();
        let first = [told(1, 0, 1, 0)];
        let mut fresh = counting();
        held.keep(&first, &all(&first, Known::default(), &mut fresh));
        let cluster = held.reports.values().next().unwrap().1.cluster_id;
        held.over.insert(cluster, joinable);
        let decided = all(&[told(2, called, 1, 0)], held.read(), &mut fresh);
        let linkage = &decided.each[0].linkage;
        assert_eq!((linkage.cluster_id == cluster, linkage.follows == Some(cluster)), expected, "{what}");
        assert_eq!(decided.each[0].joinable, if expected.0 { joinable } else { Joinable::Always }, "{what}");
    }
}

#[test]
fn a_cluster_that_went_into_another_is_followed_by_all_that_is_known() {
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut held = Held::default();
    for (id, family) in [(one, 1), (other, 2)] {
        held.reports.insert(id, (told(1, 0, family, 0), Linkage::alone(id)));
    }
    held.apart.push((Kind::Person, other, Uuid::from_u128(3)));
    let join = Join { kind: Kind::Person, kept: one, absorbed: other };
    let (mut read_before, mut remembered) = (held.read().past, Past::default());
    remembered.learn(read_before.clone());
    remembered.join(&join);
    read_before.join(&join);
    let mut read = Past::default();
    read.learn(read_before);
    for past in [remembered, read] {
        assert!(past.are_apart(Kind::Person, Uuid::from_u128(3), one));
        assert!(!past.are_apart(Kind::Case, Uuid::from_u128(3), one));
        let of_other = told(1, 0, 2, 0);
        let (earlier, _) = past.comparable((&of_other.traits, &of_other.keys), day(0), REACH);
        let moved = earlier.iter().find(|report| report.report == other).unwrap();
        assert_eq!((moved.person, moved.case), (one, other));
    }
}

/// Where the reports of these names belong, decided by so many at a time; a name that comes again is a revision.
fn in_batches(told: &[(u8, Told)], at_most: usize) -> BTreeMap<u8, [Uuid; 3]> {
    let (mut held, mut past, mut fresh) = (Held::default(), Past::default(), counting());
    let mut ids: BTreeMap<u8, Uuid> = BTreeMap::new();
    let mut left = told;
    while !left.is_empty() {
        let mut names = HashSet::new();
        let repeated = left.iter().position(|(name, _)| !names.insert(*name)).unwrap_or(left.len());
        let (batch, after) = left.split_at(repeated.min(at_most));
        left = after;
        let stored = batch
            .iter()
            .enumerate()
            .filter_map(|(index, (name, _))| Some((index, held.stored(*ids.get(name)?))));
        let stored: HashMap<usize, Stored> = stored.collect();
        let told: Vec<Told> = batch.iter().map(|(_, told)| told.clone()).collect();
        let known = held.read_rest_with(&past, &told, stored);
        let decided = all_after(&told, known, &mut past, &mut fresh);
        held.keep(&told, &decided);
        ids.extend(batch.iter().zip(&decided.each).map(|((name, _), decision)| (*name, decision.report_id)));
    }
    let clusters = |id: &Uuid| {
        let linkage = &held.reports[id].1;
        [Kind::Person, Kind::Household, Kind::Case].map(|kind| linkage.cluster(kind))
    };
    ids.iter().map(|(name, id)| (*name, clusters(id))).collect()
}

proptest! {
    /// However a day's reports are cut into batches, the same ones belong together.
    #[test]
    fn the_cut_into_batches_changes_nothing(
        reports in prop::collection::vec((0_u8..6, 0_u8..3, 0_i64..200), 1..40),
        cut in 0_usize..40,
    ) {
        let told: Vec<Told> =
            reports.iter().map(|(family, matter, day)| told(0, *day, *family, *matter)).collect();
        let whole = all(&told, Known::default(), &mut counting());
        let (first, second) = told.split_at(cut.min(told.len()));
        let mut fresh = counting();
        let mut held = Held::default();
        let one = all(first, Known::default(), &mut fresh);
        held.keep(first, &one);
        let two = all(second, held.read(), &mut fresh);
        held.keep(second, &two);
        let mut undivided = Held::default();
        undivided.keep(&told, &whole);
        for (id, (_, linkage)) in &undivided.reports {
            let other = &held.reports[id].1;
            for kind in [Kind::Person, Kind::Household, Kind::Case] {
                prop_assert_eq!(linkage.cluster(kind), other.cluster(kind), "{:?} of {}", kind, id);
            }
            prop_assert_eq!(&linkage.reasons, &other.reasons);
            prop_assert_eq!(linkage.repeat, other.repeat);
        }
    }

    /// Nor where they are revised, and found no more by what they said before.
    #[test]
    fn the_cut_into_batches_changes_nothing_where_reports_are_revised(
        reports in prop::collection::vec((0_u8..6, 0_u8..3, 0_i64..200, 0_u8..30), 1..60),
        at_most in 2_usize..30,
    ) {
        let told: Vec<(u8, Told)> = reports
            .iter()
            .enumerate()
            .map(|(index, (family, matter, day, name))| (*name, told(index as u8, *day, *family, *matter)))
            .collect();
        prop_assert_eq!(in_batches(&told, 1), in_batches(&told, at_most));
    }

    /// A batch that is read before the one before it is visible is decided as if all had been read after, whatever is
    /// remembered of what was read before.
    #[test]
    fn what_was_just_decided_is_as_good_as_read(
        reports in prop::collection::vec((0_u8..6, 0_u8..3, 0_i64..200, 0_u8..9), 1..40),
        cut in 0_usize..40,
        over in prop::option::of(-50_i64..200),
        remembered in 0_usize..12,
    ) {
        let mut held = Held::default();
        let before_all = [told(0, 0, 0, 0), told(0, 5, 1, 1), told(0, 6, 4, 2)];
        held.keep(&before_all, &all(&before_all, Known::default(), &mut counting()));
        if let Some(until) = over {
            let clusters: Vec<Uuid> = held.reports.values().map(|(_, linkage)| linkage.cluster_id).collect();
            held.over.extend(clusters.into_iter().map(|cluster| (cluster, Joinable::Until(day(until)))));
            held.news += 1;
        }
        // A name comes once in each half; the second time it is a revision of the first.
        let mut names = HashSet::new();
        let named: Vec<(u8, Told)> = reports
            .iter()
            .enumerate()
            .filter(|(index, (.., name))| names.insert((*index < cut, *name)))
            .map(|(index, (family, matter, day, name))| (*name, told(index as u8, *day, *family, *matter)))
            .collect();
        let half = reports.iter().take(cut).map(|(.., name)| *name).collect::<HashSet<_>>().len();
        let (first, second): (Vec<_>, Vec<_>) = (named[..half].to_vec(), named[half..].to_vec());
        let one: Vec<Told> = first.iter().map(|(_, told)| told.clone()).collect();
        let two: Vec<Told> = second.iter().map(|(_, told)| told.clone()).collect();
        let remembering = || {
            let (mut past, mut fresh) = (Past::default(), counting());
            all_after(&before_all, Known::default(), &mut past, &mut fresh);
            let known = held.read_rest(&past, &one);
            let decided = all_after(&one, known, &mut past, &mut fresh);
            past.shrink(remembered);
            (past, decided)
        };
        let (_, decided) = remembering();
        let candidates: Vec<Candidate<'_>> = one.iter().map(Told::candidate).collect();
        let before: Vec<JustDecided<'_, u8>> = first
            .iter()
            .zip(&candidates)
            .zip(&decided.each)
            .map(|(((name, _), candidate), decision)| JustDecided { name: *name, candidate, decision })
            .collect();
        let names: Vec<u8> = second.iter().map(|(name, _)| *name).collect();
        let mut read_after = held.clone();
        read_after.keep(&one, &decided);
        let mut known = read_after.read();
        for (index, name) in names.iter().enumerate() {
            if let Some(at) = first.iter().position(|(held, _)| held == name) {
                let stored = read_after.stored(decided.each[at].report_id);
                known.stored.insert(index, Stored { revision: decided.each[at].revision, ..stored });
            }
        }
        let after_all = || {
            let mut fresh = counting();
            (0..100).for_each(|_| { let _ = fresh(); });
            fresh
        };
        let expected = all(&two, known, &mut after_all());
        for (read_from, times) in [(&held, 1), (&held, 2), (&read_after, 1)] {
            let (mut past, _) = remembering();
            let mut known = read_from.read_rest(&past, &two);
            (0..times).for_each(|_| known.follow(&past, &before, &decided.joins, &names));
            prop_assert_eq!(&all_after(&two, known, &mut past, &mut after_all()), &expected);
        }
    }
}
