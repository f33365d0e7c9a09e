//! How much each level of agreement weighs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{level::Level, words::Kind};

/// The weights that come with the program.
const SHIPPED: &str = include_str!("weights.toml");

/// How much each evidence weighs, and from when on reports belong together. A county's own file, or the one that
/// comes with the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Which weights these are; kept with what they decided.
    pub version: String,
    /// Of so many people one is taken at random, when nothing is known: the people who turn to the county in a few
    /// years. Fixed, so that the same history gives the same clusters.
    pub people: f32,
    /// When two reports come from one person.
    pub person: Model,
    /// When two reports come from one household.
    pub household: Model,
    /// When two reports of different households tell of one dispute.
    pub case: Model,
    /// When two reports of one person or household do. Its own `link` and `join` are not used: a case has one of each.
    pub repeat: Model,
}

/// When two reports are of one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Model {
    /// From so many bits on a report belongs to a cluster.
    pub link: f32,
    /// From so many bits on a report joins two clusters, which is undone by officers only.
    pub join: f32,
    odds: [Option<Odds>; Level::COUNT],
}

/// How often a level is seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odds {
    /// Among reports that belong together; 0 to 1.
    pub m: f32,
    /// Among those that do not. Where the level is of something rare (an id number, a telephone, a house), the people
    /// who share it with its owner: a number of people, not a share. Not used where it is counted
    /// ([`Level::is_counted`]).
    pub u: f32,
}

/// A model as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    link: f32,
    join: f32,
    levels: BTreeMap<Level, Odds>,
}

/// The weights could not be read.
#[derive(Debug, thiserror::Error)]
#[error("weights: {0}")]
pub struct WeightsError(#[from] toml::de::Error);

impl Weights {
    /// The weights that come with the program.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn shipped() -> Self {
        Self::read(SHIPPED).expect("the shipped weights are right")
    }

    /// Reads weights from a county's file.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn read(text: &str) -> Result<Self, WeightsError> {
        Ok(toml::from_str(text)?)
    }

    /// The weights in the form of a county's file.
    ///
    /// # Panics
    /// Never: what was read can be written.
    #[must_use]
    #[expect(clippy::expect_used, reason = "numbers and words can be written, and a test writes them")]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("weights can be written")
    }

    /// The model for a kind.
    #[must_use]
    pub const fn model(&self, kind: Kind) -> &Model {
        match kind {
            Kind::Person => &self.person,
            Kind::Household => &self.household,
            Kind::Case => &self.case,
        }
    }
}

impl Model {
    /// How often a level is seen, where this model looks at it.
    #[must_use]
    pub const fn odds(&self, level: Level) -> Option<Odds> {
        self.odds[level as usize]
    }

    pub(crate) const fn set_odds(&mut self, level: Level, odds: Odds) {
        self.odds[level as usize] = Some(odds);
    }

    /// The bits of a level; none where this model does not look at it.
    pub(crate) fn bits(&self, level: Level) -> f32 {
        self.odds(level).map_or(0.0, |odds| (odds.m / odds.u).log2())
    }

    /// The bits of a level that so few people as one in 2 to the `rarity` have by chance.
    pub(crate) fn rare_bits(&self, level: Level, rarity: f32) -> f32 {
        self.odds(level).map_or(0.0, |odds| odds.m.log2() + rarity)
    }
}

impl TryFrom<Written> for Model {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let mut odds = [None; Level::COUNT];
        for (level, given) in written.levels {
            let right = given.m > 0.0 && given.m <= 1.0 && given.u > 0.0 && given.u.is_finite();
            if !right {
                return Err(format!("{level:?}: m must be above 0 and at most 1, u above 0"));
            }
            odds[level as usize] = Some(given);
        }
        Ok(Self { link: written.link, join: written.join, odds })
    }
}

impl From<Model> for Written {
    fn from(model: Model) -> Self {
        let levels = Level::ALL.iter().filter_map(|level| Some((*level, model.odds(*level)?))).collect();
        Self { link: model.link, join: model.join, levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_read_and_write_as_themselves() {
        let shipped = Weights::shipped();
        assert_eq!(Weights::read(&shipped.to_toml()).unwrap(), shipped);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let wrong = SHIPPED.replacen("m = 0.", "m = 7.", 1);
        assert!(Weights::read(&wrong).unwrap_err().to_string().contains("at most 1"));
        let unknown = format!("{SHIPPED}\nnonsense = 1");
        assert!(Weights::read(&unknown).is_err());
    }
}
