//! Runs the engine over reports in their order, as intake does, in memory.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt::Write as _,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::{Duration, Instant},
};

use fengqiao_linkage::{
    CANDIDATES_PER_KEY, Earlier, Key, KeyedHash, Kind, Levels, Linked, New, Secret, Traits, Weights, choose,
    link, observe, traits,
};
use fengqiao_linkage_set::Truth;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{county::County, told::Told};

/// What a run gave.
#[derive(Default)]
pub struct Run {
    /// The links of each report, in their order.
    pub links: Vec<Truth>,
    /// Why, in one line each.
    pub reasons: Vec<String>,
    /// How compared pairs agreed.
    pub observed: Vec<(Kind, Levels)>,
    /// Of which two reports, for each of those.
    pub pairs: Vec<(usize, usize)>,
    pub traits_took: Duration,
    pub decoding_took: Duration,
    pub link_took: Duration,
    pub candidates: usize,
    pub bytes: usize,
}

/// A hash for measuring only: it needs no key.
struct Unkeyed;

impl KeyedHash for Unkeyed {
    fn hash(&self, kind: &str, value: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (kind, value).hash(&mut hasher);
        hasher.finish()
    }
}

/// Clusters that were joined, so that each has one id.
#[derive(Default)]
struct Joined {
    into: HashMap<Uuid, Uuid>,
}

impl Joined {
    fn now(&self, mut cluster: Uuid) -> Uuid {
        while let Some(kept) = self.into.get(&cluster) {
            cluster = *kept;
        }
        cluster
    }
}

/// A report as it is stored.
struct Stored {
    told_at: Timestamp,
    traits: Vec<u8>,
    person: Uuid,
    household: Uuid,
    case: Uuid,
}

/// Links all reports, each with those before it.
pub fn run(told: &[Told], county: &County, weights: &Weights) -> Run {
    let secret = Secret::of(&Unkeyed);
    let mut run = Run::default();
    let mut index: HashMap<Key, Vec<usize>> = HashMap::new();
    let mut stored: Vec<Stored> = Vec::with_capacity(told.len());
    let mut joined: HashMap<Kind, Joined> = HashMap::new();
    let mut next = 0_u128;
    for (number, report) in told.iter().enumerate() {
        let (people, told_at) = (report.people(), report.told_at());
        let plain = report.plain(&people, county);
        let begin = Instant::now();
        let new_traits = traits(&plain, &county.places, &secret);
        let keys = new_traits.keys();
        run.traits_took += begin.elapsed();

        let mut hits = Vec::new();
        for key in &keys {
            let found = index.get(key).map_or(&[][..], Vec::as_slice);
            hits.extend(found.iter().rev().take(CANDIDATES_PER_KEY + 1).map(|at| (*key, report_id(*at))));
        }
        let chosen = choose(&hits, &new_traits.name_keys().collect::<Vec<_>>());
        let begin = Instant::now();
        let mut now = |kind: Kind, cluster: Uuid| joined.entry(kind).or_default().now(cluster);
        let earlier: Vec<Earlier<'_>> = chosen
            .reports
            .iter()
            .filter_map(|id| {
                let one = &stored[number_of(*id)];
                Some(Earlier {
                    report: *id,
                    told_at: one.told_at,
                    traits: Cow::Owned(Traits::decode(&one.traits).ok()?),
                    person: now(Kind::Person, one.person),
                    household: now(Kind::Household, one.household),
                    case: now(Kind::Case, one.case),
                    joinable: true,
                })
            })
            .collect();
        run.decoding_took += begin.elapsed();
        run.candidates += earlier.len();

        let new = New { traits: &new_traits, told_at };
        let mut fresh = || {
            next += 1;
            Uuid::from_u128(next)
        };
        let begin = Instant::now();
        let linked = link(new, &earlier, &chosen.frequent, &[], weights, &mut fresh);
        run.link_took += begin.elapsed();
        run.observed.extend(observe(
            new,
            (linked.person.id, linked.household.id),
            &earlier,
            &chosen.frequent,
            weights,
        ));
        run.pairs.extend(earlier.iter().flat_map(|one| [(number, number_of(one.report)); 3]));
        run.reasons.push(reasons(&linked));
        for join in &linked.joins {
            let join = join.join;
            joined.entry(join.kind).or_default().into.insert(join.absorbed, join.kept);
        }
        let bytes = new_traits.encode();
        run.bytes += bytes.len();
        for key in keys {
            index.entry(key).or_default().push(number);
        }
        let Linked { person, household, case, .. } = linked;
        stored.push(Stored {
            told_at,
            traits: bytes,
            person: person.id,
            household: household.id,
            case: case.id,
        });
    }
    let mut now = |kind: Kind, cluster: Uuid| joined.entry(kind).or_default().now(cluster).to_string();
    run.links = told
        .iter()
        .zip(&stored)
        .map(|(report, one)| Truth {
            source_ref: report.source_ref.clone(),
            person: now(Kind::Person, one.person),
            household: now(Kind::Household, one.household),
            case: now(Kind::Case, one.case),
        })
        .collect();
    run
}

/// The baseline: who has the same telephone is the same. A report without one is alone.
pub fn by_telephone(told: &[Told]) -> Vec<Truth> {
    told.iter()
        .map(|report| {
            let reporter = report.parties.iter().find(|party| party.role == "REPORTER");
            let phone = reporter.map(|party| party.phone.clone()).unwrap_or_default();
            Truth {
                source_ref: report.source_ref.clone(),
                person: phone.clone(),
                household: phone.clone(),
                case: phone,
            }
        })
        .collect()
}

fn reasons(linked: &Linked) -> String {
    let mut line = String::new();
    for (what, belongs) in [("P", &linked.person), ("H", &linked.household), ("C", &linked.case)] {
        let _ = write!(line, "{what} {:.1}", belongs.score);
        for reason in &belongs.reasons {
            let _ = write!(line, " {:?}={:.1}", reason.evidence, reason.bits);
        }
        line.push_str("; ");
    }
    line
}

fn report_id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128)
}

fn number_of(report: Uuid) -> usize {
    report.as_u128() as usize
}
