//! Which cluster a report belongs to, by the scores of its comparisons and by officers' words.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Belongs, Reason};
use crate::{
    compare::Score,
    level::Evidence,
    weights::Weights,
    words::{HumanWord, Kind, Said, Thing},
};

/// An earlier report that was compared.
pub(super) struct Compared {
    pub report: Uuid,
    pub cluster: Uuid,
    /// Whether the cluster takes the new report.
    pub joinable: bool,
    pub score: Score,
}

/// Which cluster a report belongs to.
pub(super) struct Decided {
    pub belongs: Belongs,
    /// The clusters that go into it, and why.
    pub absorbed: Vec<Absorbed>,
    /// The cluster that it would belong to if that took it.
    pub follows: Option<Uuid>,
}

/// A cluster that goes into another one, since the report belongs to both.
pub(super) struct Absorbed {
    pub cluster: Uuid,
    /// How sure it is: as sure as the weaker of both.
    pub score: f32,
    /// Why the report belongs to the one that stays, and why to this one.
    pub reasons: Vec<Reason>,
}

impl Decided {
    /// The clusters that are now one.
    pub(super) fn members(&self) -> Vec<Uuid> {
        let absorbed = self.absorbed.iter().map(|absorbed| absorbed.cluster);
        absorbed.chain([self.belongs.id]).collect()
    }
}

/// What officers said, of clusters.
#[derive(Default)]
struct Words {
    must: Vec<Uuid>,
    must_not: Vec<Uuid>,
    together: Vec<(Uuid, Uuid)>,
    apart: Vec<(Uuid, Uuid)>,
}

/// A cluster with the best comparison to a report of it.
struct Scored {
    cluster: Uuid,
    /// The best comparison, less what speaks against any report of the cluster.
    bits: f32,
    best: usize,
    joinable: bool,
}

/// Decides for one kind.
pub(super) fn decide(
    kind: Kind,
    compared: &[Compared],
    words: &[HumanWord],
    weights: &Weights,
    fresh: &mut impl FnMut() -> Uuid,
) -> Decided {
    let model = weights.model(kind);
    let words = Words::read(kind, compared, words);
    let mut scored = scored(kind, compared);
    scored.retain(|one| !words.must_not.contains(&one.cluster));
    // The best first; of equals the older cluster.
    scored.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.cluster.cmp(&b.cluster)));
    let takes = |one: &&Scored| one.joinable && one.bits >= model.link;
    let mut chosen: Vec<Uuid> = Vec::new();
    let mut take = |cluster: Uuid| {
        let parted = chosen.iter().any(|held| words.are_apart(*held, cluster));
        if !parted && !chosen.contains(&cluster) {
            chosen.push(cluster);
        }
    };
    words.must.iter().copied().for_each(&mut take);
    if let Some(best) = scored.iter().find(takes) {
        // An officer's word decides; without one the best comparison.
        if words.must.is_empty() || best.bits >= model.join {
            take(best.cluster);
        }
    }
    scored.iter().filter(|one| one.joinable && one.bits >= model.join).for_each(|one| take(one.cluster));
    words.add_together(&mut chosen);
    let Some(id) = chosen.iter().copied().min() else {
        let follows =
            scored.iter().find(|one| !one.joinable && one.bits >= model.link).map(|one| one.cluster);
        let belongs = Belongs { id: fresh(), score: 0.0, reasons: Vec::new() };
        return Decided { belongs, absorbed: Vec::new(), follows };
    };
    let best = scored.iter().find(|one| chosen.contains(&one.cluster));
    let mut reasons: Vec<Reason> = best.map_or_else(Vec::new, |best| reasons(&compared[best.best]));
    if let Some(named) = compared.iter().find(|one| words.must.contains(&one.cluster)) {
        reasons.insert(0, Reason { evidence: Evidence::Word, bits: f32::INFINITY, report: named.report });
    }
    let of = |cluster: Uuid| scored.iter().find(|one| one.cluster == cluster);
    let why = |cluster: Uuid| of(cluster).map_or_else(Vec::new, |one| self::reasons(&compared[one.best]));
    let bits = |cluster: Uuid| of(cluster).map_or(0.0, |one| one.bits);
    let mut absorbed: Vec<Absorbed> = chosen
        .iter()
        .filter(|cluster| **cluster != id)
        .map(|cluster| Absorbed {
            cluster: *cluster,
            score: bits(id).min(bits(*cluster)),
            reasons: [why(id), why(*cluster)].concat(),
        })
        .collect();
    absorbed.sort_unstable_by_key(|one| one.cluster);
    let score = best.map_or(0.0, |best| best.bits);
    Decided { belongs: Belongs { id, score, reasons }, absorbed, follows: None }
}

fn reasons(compared: &Compared) -> Vec<Reason> {
    compared
        .score
        .reasons()
        .into_iter()
        .map(|(evidence, bits)| Reason { evidence, bits, report: compared.report })
        .collect()
}

/// The clusters, each with its best comparison.
fn scored(kind: Kind, compared: &[Compared]) -> Vec<Scored> {
    let mut clusters: BTreeMap<Uuid, (Scored, f32)> = BTreeMap::new();
    for (at, one) in compared.iter().enumerate() {
        let bits = one.score.bits();
        let against = contradiction(kind, &one.score);
        let (held, worst) = clusters.entry(one.cluster).or_insert_with(|| {
            (Scored { cluster: one.cluster, bits, best: at, joinable: one.joinable }, 0.0)
        });
        if bits > held.bits {
            held.bits = bits;
            held.best = at;
        }
        held.joinable &= one.joinable;
        *worst = worst.min(against);
    }
    clusters.into_values().map(|(held, worst)| Scored { bits: held.bits + worst, ..held }).collect()
}

/// A name may be misspelt in one report of a cluster: what speaks against it counts for half.
const SPOKEN_AGAINST: f32 = 0.5;

/// A matter of one estate is not of a cluster that holds another's, though who names none seems to be of both.
const OTHER_ESTATE_BITS: f32 = 6.0;

/// How much speaks against a report of a cluster, whatever else is known of the cluster: another name, id number,
/// opponent or estate.
fn contradiction(kind: Kind, score: &Score) -> f32 {
    match kind {
        Kind::Person => {
            (score.of(Evidence::Name).min(0.0) + score.of(Evidence::IdNumber).min(0.0)) * SPOKEN_AGAINST
        }
        Kind::Household => 0.0,
        Kind::Case => {
            let elsewhere = if score.of_two_estates { OTHER_ESTATE_BITS } else { 0.0 };
            score.of(Evidence::Opponent).min(0.0) * SPOKEN_AGAINST - elsewhere
        }
    }
}

impl Words {
    fn read(kind: Kind, compared: &[Compared], words: &[HumanWord]) -> Self {
        let cluster_of =
            |report: Uuid| compared.iter().find(|one| one.report == report).map(|one| one.cluster);
        let mut read = Self::default();
        for word in words.iter().filter(|word| word.kind == kind) {
            let resolve = |thing: Thing| match thing {
                Thing::This => None,
                Thing::Report(report) => cluster_of(report),
                Thing::Cluster(cluster) => Some(cluster),
            };
            match (word.one, word.other, resolve(word.one), resolve(word.other)) {
                (Thing::This, Thing::This, ..) => {}
                (Thing::This, _, _, Some(cluster)) | (_, Thing::This, Some(cluster), _) => match word.said {
                    Said::Together => read.must.push(cluster),
                    Said::Apart => read.must_not.push(cluster),
                },
                (_, _, Some(one), Some(other)) => match word.said {
                    Said::Together => read.together.push((one, other)),
                    Said::Apart => read.apart.push((one, other)),
                },
                _ => {}
            }
        }
        read.must.sort_unstable();
        let must_not = read.must_not.clone();
        read.must.retain(|cluster| !must_not.contains(cluster));
        read
    }

    fn are_apart(&self, one: Uuid, other: Uuid) -> bool {
        self.apart.iter().any(|pair| *pair == (one, other) || *pair == (other, one))
    }

    /// Adds the clusters that belong together with a chosen one, by an officer's word.
    fn add_together(&self, chosen: &mut Vec<Uuid>) {
        if chosen.is_empty() {
            return;
        }
        let mut at = 0;
        while at < chosen.len() {
            let held = chosen[at];
            for (one, other) in &self.together {
                let added = match (*one == held, *other == held) {
                    (true, _) => *other,
                    (_, true) => *one,
                    _ => continue,
                };
                let free = !chosen.contains(&added)
                    && !self.must_not.contains(&added)
                    && !chosen.iter().any(|chosen| self.are_apart(*chosen, added));
                if free {
                    chosen.push(added);
                }
            }
            at += 1;
        }
    }
}
