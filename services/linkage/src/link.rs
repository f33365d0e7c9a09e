//! Where a report belongs.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    candidates::Earlier,
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

/// What kind of evidence speaks for two reports belonging together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Evidence {
    /// The id number, or parts of a wrong one.
    IdNumber,
    /// The telephone number, or one that differs in a digit.
    Phone,
    /// The name, or one that sounds the same.
    Name,
    /// The house or flat.
    Address,
    /// The people on both sides.
    Parties,
    /// The kind of matter and its words.
    Matter,
    /// Many households of one place, one matter.
    Place,
    /// An officer's word.
    Word,
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
    /// Clusters that this report shows to be one.
    pub joins: Vec<Join>,
}

/// Decides where a report belongs, by the earlier reports that were chosen for it ([`choose`]); their order does
/// not matter. `fresh` gives new ids, at most three.
///
/// [`choose`]: crate::choose
#[must_use]
pub fn link(
    new: New<'_>,
    earlier: &[Earlier],
    frequent: &[Key],
    words: &[HumanWord],
    weights: &Weights,
    fresh: &mut impl FnMut() -> Uuid,
) -> Linked {
    let _ = (new.told_at, frequent, words, weights);
    let keys = new.traits.keys();
    let best = earlier
        .iter()
        .filter(|one| one.traits.keys().iter().any(|key| keys.contains(key)))
        .max_by_key(|one| one.report);
    let mut belongs = |id: Option<Uuid>| Belongs {
        id: id.unwrap_or_else(&mut *fresh),
        score: if id.is_some() { 10.0 } else { 0.0 },
        reasons: Vec::new(),
    };
    Linked {
        person: belongs(best.map(|one| one.person)),
        household: belongs(best.map(|one| one.household)),
        case: belongs(best.filter(|one| one.joinable).map(|one| one.case)),
        follows: best.filter(|one| !one.joinable).map(|one| one.case),
        joins: Vec::new(),
    }
}
