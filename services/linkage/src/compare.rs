//! Two reports compared: how far they agree, and how many bits that is.

mod case;
mod contact;
mod home;
mod person;

pub(crate) use case::{Reporters, case};
pub(crate) use home::{Home, household};
use person::PersonEvidence;
pub(crate) use person::person;

use crate::{
    level::{Evidence, Level, Levels},
    traits::Traits,
    weights::Model,
};

/// How many bits speak for two reports belonging together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    prior: f32,
    by: [f32; Evidence::COUNT],
    /// The levels that were found, from which weights are learned.
    pub levels: Levels,
    /// Of a case: whether a matter of a whole neighbourhood was told of two estates.
    pub of_two_estates: bool,
}

impl Score {
    pub(crate) const fn new(prior: f32) -> Self {
        Self { prior, by: [0.0; Evidence::COUNT], levels: Levels::NONE, of_two_estates: false }
    }

    /// All bits together: the binary logarithm of the odds.
    pub(crate) fn bits(&self) -> f32 {
        self.by.iter().sum::<f32>() + self.prior
    }

    /// The bits of what was told, whoever told it and wherever, for one person telling both: none where the one answers
    /// the other.
    pub(crate) fn matter_bits(&self) -> f32 {
        if self.levels.contains(Level::OpponentAnswers) {
            return 0.0;
        }
        self.bits() - self.prior - self.of(Evidence::Area) - self.of(Evidence::House)
    }

    /// The bits of one kind of evidence.
    pub(crate) const fn of(&self, evidence: Evidence) -> f32 {
        self.by[evidence as usize]
    }

    /// The kinds of evidence that speak for it, the strongest first.
    pub(crate) fn reasons(&self) -> Vec<(Evidence, f32)> {
        let mut reasons: Vec<(Evidence, f32)> = Evidence::ALL
            .into_iter()
            .map(|evidence| (evidence, self.of(evidence)))
            .filter(|(_, bits)| *bits > 0.0)
            .collect();
        reasons.sort_by(|a, b| b.1.total_cmp(&a.1));
        reasons
    }

    /// The same, or so many bits if that is more; what is missing is evidence of this kind.
    pub(crate) fn at_least(mut self, evidence: Evidence, bits: f32) -> Self {
        let missing = bits - self.bits();
        if missing > 0.0 {
            self.by[evidence as usize] += missing;
        }
        self
    }

    /// Makes it so many bits more likely from the beginning, or less.
    fn presume(&mut self, bits: f32) {
        self.prior += bits;
    }

    fn set(&mut self, evidence: Evidence, bits: f32) {
        self.by[evidence as usize] = bits;
    }

    fn add(&mut self, level: Level, bits: f32) {
        self.levels.insert(level);
        self.by[level.evidence() as usize] += bits;
    }
}

/// Whether one of two reports is told for somebody else: its house is mostly theirs.
fn told_for_another(new: &Traits, old: &Traits) -> bool {
    new.matter.on_behalf || old.matter.on_behalf
}

/// What is known of all that is compared in one decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crowd {
    /// Bits: one in so many people is anyone.
    pub people: f32,
    /// How many families the new report's telephone serves; 1 is as usual.
    pub phone: f32,
    /// Whether callers of more names than a family has use the new report's telephone.
    pub of_an_office: bool,
    /// How many people have the new reporter's name.
    pub name: f32,
    /// How many cases have one of the new report's opponents.
    pub opponent: f32,
    /// How many families the new report's house has; 1 is as usual.
    pub house: f32,
}

impl Crowd {
    /// The bits of a level that `sharing` people of all have by chance.
    fn rare_bits(&self, model: &Model, level: Level, sharing: f32) -> f32 {
        model.bits(level) + self.people - sharing.log2()
    }
}
