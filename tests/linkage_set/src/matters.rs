//! What people are at odds about, and the words for it: `words/matters.json`, `words/phrases.json`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::dice::Dice;

/// A kind of dispute, with the words of different doors for it.
///
/// Words have slots: `{me}`, `{him}`, `{at}`, `{money}`, `{since}`, and `{a}` to `{c}` for the facts of the one dispute.
#[derive(Deserialize)]
pub struct Matter {
    /// The canonical category.
    pub kind: String,
    /// Whom it is with.
    pub against: Against,
    /// How often it is drawn, beside the others.
    pub weight: f64,
    /// Where people have it.
    #[serde(rename = "where")]
    pub place: Place,
    /// Whether many households may have it at once.
    #[serde(default)]
    pub many: bool,
    /// Short titles.
    pub titles: Vec<String>,
    /// Names of the other side, where that is no person.
    #[serde(default)]
    pub organisations: Vec<String>,
    /// For each slot what it may be; `|` divides words for the same.
    pub facts: Vec<Vec<String>>,
    police: Vec<String>,
    formal: Vec<String>,
    plain: Vec<String>,
    dialect: Vec<String>,
    #[serde(default)]
    court: Vec<String>,
}

/// Whom a dispute is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// A household nearby.
    Neighbour,
    /// A brother's household.
    FamilyOtherHouse,
    /// Husband or wife.
    Spouse,
    /// A grown child who lives elsewhere.
    ParentChild,
    /// Who was husband or wife.
    Ex,
    /// Someone of the county.
    Stranger,
    /// A company or an office.
    Organisation,
    /// Nobody.
    Nobody,
}

/// Where a dispute may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Among flats.
    Town,
    /// Among houses and fields.
    Village,
    /// Anywhere.
    Any,
}

/// The way of writing of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// 110: short and clipped.
    Police,
    /// 12345 and petitions: formal.
    Formal,
    /// What somebody said, as it was said.
    Plain,
    /// Grid workers, with words of the county.
    Dialect,
    /// Filings.
    Court,
}

impl Register {
    fn name(self) -> &'static str {
        match self {
            Self::Police => "police",
            Self::Formal => "formal",
            Self::Plain => "plain",
            Self::Dialect => "dialect",
            Self::Court => "court",
        }
    }
}

impl Matter {
    /// The sentences of a register; of a near one where it has none.
    pub fn sentences(&self, register: Register) -> &[String] {
        match register {
            Register::Police => &self.police,
            Register::Plain => &self.plain,
            Register::Dialect => &self.dialect,
            Register::Court if !self.court.is_empty() => &self.court,
            Register::Formal | Register::Court => &self.formal,
        }
    }

    /// Whether a court hears of it.
    pub fn is_for_courts(&self) -> bool {
        !self.court.is_empty()
    }

    /// Whether people of flats or of houses have it.
    pub fn fits(&self, urban: bool) -> bool {
        match self.place {
            Place::Any => true,
            Place::Town => urban,
            Place::Village => !urban,
        }
    }
}

/// What sentences are put between.
#[derive(Deserialize)]
pub struct Phrases {
    openings: HashMap<String, Vec<String>>,
    closings: HashMap<String, Vec<String>>,
    chases: HashMap<String, Vec<String>>,
    /// After months of rest.
    pub relapses: Vec<String>,
    /// The other side's own report.
    pub answers: Vec<String>,
    /// For somebody else.
    pub behalf: Vec<String>,
    /// Names and phones in the text.
    pub contacts: Vec<String>,
}

impl Phrases {
    /// How a text begins.
    pub fn opening(&self, register: Register, dice: &mut Dice) -> &str {
        one_of(&self.openings, register, dice)
    }

    /// How a text ends.
    pub fn closing(&self, register: Register, dice: &mut Dice) -> &str {
        one_of(&self.closings, register, dice)
    }

    /// What somebody says who only asks what became of it.
    pub fn chase(&self, register: Register, dice: &mut Dice) -> &str {
        one_of(&self.chases, register, dice)
    }
}

fn one_of<'a>(of: &'a HashMap<String, Vec<String>>, register: Register, dice: &mut Dice) -> &'a str {
    of.get(register.name()).filter(|some| !some.is_empty()).map_or("", |some| dice.text(some))
}

/// Reads the matters.
///
/// # Errors
/// Where the file is not of this form.
pub fn matters() -> Result<Vec<Matter>, serde_json::Error> {
    serde_json::from_str(include_str!("../words/matters.json"))
}

/// Reads the phrases.
///
/// # Errors
/// Where the file is not of this form.
pub fn phrases() -> Result<Phrases, serde_json::Error> {
    serde_json::from_str(include_str!("../words/phrases.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: usize = 18;

    #[test]
    fn every_kind_has_matters_and_every_slot_a_fact() {
        let matters = matters().unwrap();
        let kinds: std::collections::BTreeSet<&str> = matters.iter().map(|m| m.kind.as_str()).collect();
        assert_eq!(kinds.len(), KINDS, "{kinds:?}");
        let known = include_str!("../../../deploy/county/macheng/categories.csv");
        assert!(kinds.iter().all(|kind| known.contains(&format!("\n{kind},"))));
        for matter in &matters {
            for register in
                [Register::Police, Register::Formal, Register::Plain, Register::Dialect, Register::Court]
            {
                for sentence in matter.sentences(register) {
                    for (slot, at) in [("{a}", 0), ("{b}", 1), ("{c}", 2)] {
                        assert!(!sentence.contains(slot) || matter.facts.len() > at, "{sentence}");
                    }
                }
            }
            assert_eq!(matter.against == Against::Organisation, !matter.organisations.is_empty());
        }
    }
}
