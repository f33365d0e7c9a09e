//! Where a report belongs: the person, then the household, then the case.

mod crowds;
mod decide;

use jiff::Timestamp;
use uuid::Uuid;

use self::decide::{Compared, Decided, decide};
use crate::{
    candidates::Earlier,
    compare::{self, Crowd, Home, Reporters, Score},
    level::{Evidence, Levels},
    traits::{Key, Traits},
    weights::Weights,
    words::{HumanWord, Kind},
};

/// The report that is being linked.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Its traits.
    pub traits: &'a Traits,
    /// When it was told.
    pub told_at: Timestamp,
}

/// Why a report belongs to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// What both share.
    pub evidence: Evidence,
    /// How strong it is: bits, the binary logarithm of the odds.
    pub bits: f32,
    /// The earlier report.
    pub report: Uuid,
}

/// The cluster that a report belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Belongs {
    /// The cluster; a fresh one where nobody was here before.
    pub id: Uuid,
    /// The score of the best comparison, in bits; 0 where the cluster is fresh.
    pub score: f32,
    /// Why; empty where the cluster is fresh. The strongest goes first.
    pub reasons: Vec<Reason>,
}

/// Two clusters that turned out to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// Of what kind.
    pub kind: Kind,
    /// The cluster that stays: the smaller, thus older, id.
    pub kept: Uuid,
    /// The cluster that goes into it.
    pub absorbed: Uuid,
}

/// Two clusters that a report shows to be one, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Which.
    pub join: Join,
    /// How sure it is, in bits: as sure as the weaker of what speaks for the report being of each.
    pub score: f32,
    /// Why the report belongs to the cluster that stays, and then why to the one that goes into it.
    pub reasons: Vec<Reason>,
}

/// Where a report belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// The person who reported.
    pub person: Belongs,
    /// Their household.
    pub household: Belongs,
    /// The dispute.
    pub case: Belongs,
    /// The case that the evidence points to, where it takes no more reports and `case` is fresh.
    pub follows: Option<Uuid>,
    /// Clusters that this report shows to be one, in the order of kinds and ids.
    pub joins: Vec<Joined>,
}

/// Decides where a report belongs, by the earlier reports that were chosen for it ([`choose`]) and those that an
/// officer's words about it name; their order does not matter. `fresh` gives new ids, at most three.
///
/// [`choose`]: crate::choose
#[must_use]
pub fn link(
    new: New<'_>,
    earlier: &[Earlier<'_>],
    frequent: &[Key],
    words: &[HumanWord],
    weights: &Weights,
    fresh: &mut impl FnMut() -> Uuid,
) -> Linked {
    let mut earlier: Vec<&Earlier<'_>> = earlier.iter().collect();
    earlier.sort_unstable_by_key(|one| one.report);
    earlier.dedup_by_key(|one| one.report);
    let crowd = crowds::of(new.traits, &earlier, frequent, weights);
    let homes: Vec<Home> = earlier.iter().map(|one| Home::of(&new.traits.place, &one.traits.place)).collect();
    // What speaks for one dispute, whoever told it: evidence for the person, and the answer where others told it.
    let disputes: Vec<Score> = earlier
        .iter()
        .zip(&homes)
        .map(|(one, home)| dispute_score(new, one, *home, &crowd, weights))
        .collect();
    let compared = |kind: Kind, score: &dyn Fn(&Earlier<'_>, Home, Score) -> Score| -> Vec<Compared> {
        earlier
            .iter()
            .zip(&homes)
            .zip(&disputes)
            .map(|((one, home), dispute)| Compared {
                report: one.report,
                cluster: match kind {
                    Kind::Person => one.person,
                    Kind::Household => one.household,
                    Kind::Case => one.case,
                },
                joinable: kind != Kind::Case || one.joinable,
                score: score(one, *home, *dispute),
            })
            .collect()
    };

    let pairs = compared(Kind::Person, &|one, home, dispute| {
        compare::person(new.traits, &one.traits, home, dispute.matter_bits(), &crowd, &weights.person)
    });
    let person = decide(Kind::Person, &pairs, words, weights, fresh);

    let of_person = person.members();
    let pairs = compared(Kind::Household, &|one, home, _| {
        let score = compare::household(new.traits, &one.traits, home, &crowd, &weights.household);
        // Who is one person has one household.
        if of_person.contains(&one.person) {
            score.at_least(Evidence::Reporter, person.belongs.score)
        } else {
            score
        }
    });
    let household = decide(Kind::Household, &pairs, words, weights, fresh);

    let of_household = household.members();
    let pairs = compared(Kind::Case, &|one, home, dispute| {
        let (person, household) = (of_person.contains(&one.person), of_household.contains(&one.household));
        let reporters = Reporters::of(new.traits, &one.traits, home, person, household);
        if reporters == Reporters::Others {
            return dispute;
        }
        let days = days_between(new.told_at, one.told_at);
        compare::case(new.traits, &one.traits, home, reporters, days, &crowd, weights)
    });
    let case = decide(Kind::Case, &pairs, words, weights, fresh);

    let follows = case.follows;
    let mut joins = Vec::new();
    for (kind, decided) in [(Kind::Person, &person), (Kind::Household, &household), (Kind::Case, &case)] {
        joins.extend(decided.absorbed.iter().map(|absorbed| Joined {
            join: Join { kind, kept: decided.belongs.id, absorbed: absorbed.cluster },
            score: absorbed.score,
            reasons: absorbed.reasons.clone(),
        }));
    }
    let [person, household, case] = [person, household, case].map(|decided: Decided| decided.belongs);
    Linked { person, household, case, follows, joins }
}

/// The levels at which a new report and earlier ones agree, for each kind: what [`learn`] learns from. Whether one
/// person or household reported both is taken from what was decided.
///
/// [`learn`]: crate::learn
#[must_use]
pub fn observe(
    new: New<'_>,
    (person_id, household_id): (Uuid, Uuid),
    earlier: &[Earlier<'_>],
    frequent: &[Key],
    weights: &Weights,
) -> Vec<(Kind, Levels)> {
    let by_report: Vec<&Earlier<'_>> = earlier.iter().collect();
    let crowd = crowds::of(new.traits, &by_report, frequent, weights);
    let mut observed = Vec::with_capacity(earlier.len() * 3);
    for one in earlier {
        let home = Home::of(&new.traits.place, &one.traits.place);
        let dispute = dispute_score(new, one, home, &crowd, weights);
        let person =
            compare::person(new.traits, &one.traits, home, dispute.matter_bits(), &crowd, &weights.person);
        let household = compare::household(new.traits, &one.traits, home, &crowd, &weights.household);
        let (same_person, same_household) = (one.person == person_id, one.household == household_id);
        let reporters = Reporters::of(new.traits, &one.traits, home, same_person, same_household);
        let days = days_between(new.told_at, one.told_at);
        let case = compare::case(new.traits, &one.traits, home, reporters, days, &crowd, weights);
        observed.extend([
            (Kind::Person, person.levels),
            (Kind::Household, household.levels),
            (Kind::Case, case.levels),
        ]);
    }
    observed
}

/// The bits for both telling of one dispute, whoever told it.
fn dispute_score(new: New<'_>, one: &Earlier<'_>, home: Home, crowd: &Crowd, weights: &Weights) -> Score {
    let days = days_between(new.told_at, one.told_at);
    compare::case(new.traits, &one.traits, home, Reporters::Others, days, crowd, weights)
}

fn days_between(one: Timestamp, other: Timestamp) -> f32 {
    const SECONDS_OF_DAY: f32 = 86_400.0;
    one.duration_since(other).as_secs_f32().abs() / SECONDS_OF_DAY
}
