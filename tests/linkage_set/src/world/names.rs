//! Names with the frequencies that they have.

use jiff::civil::Date;
use serde::Deserialize;

use crate::dice::Dice;

const SURNAMES: &str = include_str!("../../words/surnames.txt");
const GIVEN: &str = include_str!("../../words/given_names.json");

/// Surnames of two characters.
pub const SURNAMES_OF_TWO: [&str; 3] = ["欧阳", "上官", "诸葛"];

/// Surnames and given names.
pub struct Names {
    surnames: Vec<(String, f64)>,
    given: Given,
}

#[derive(Deserialize)]
struct Given {
    common: Vec<Generation>,
    characters: Vec<Generation>,
}

#[derive(Deserialize)]
struct Generation {
    born: [i16; 2],
    male: String,
    female: String,
}

impl Names {
    /// Reads the lists.
    ///
    /// # Errors
    /// Where a file is not of its form.
    pub fn read() -> Result<Self, serde_json::Error> {
        let surnames = SURNAMES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(name, share)| Some((name.to_owned(), share.parse().ok()?)))
            .collect();
        Ok(Self { surnames, given: serde_json::from_str(GIVEN)? })
    }

    /// A surname.
    pub fn surname(&self, dice: &mut Dice) -> &str {
        &dice.weighted(&self.surnames, |(_, share)| *share).0
    }

    /// A given name of who was born then. A third have one of the names that many have, the first of them most.
    pub fn given(&self, female: bool, born: Date, dice: &mut Dice) -> String {
        if dice.happens(0.36) {
            let all: Vec<&str> = of_generation(&self.given.common, female, born).split(' ').collect();
            let rank = (dice.share().powi(2) * all.len() as f64) as usize;
            return all[rank.min(all.len() - 1)].to_owned();
        }
        let all: Vec<char> = of_generation(&self.given.characters, female, born).chars().collect();
        let count = if dice.happens(0.16) { 1 } else { 2 };
        (0..count).map(|_| *dice.pick(&all)).collect()
    }
}

fn of_generation(of: &[Generation], female: bool, born: Date) -> &str {
    let found = of.iter().find(|generation| born.year() <= generation.born[1]).unwrap_or(&of[of.len() - 1]);
    if female { &found.female } else { &found.male }
}

/// The surname of a whole name.
pub fn surname_of(name: &str) -> &str {
    if let Some(long) = SURNAMES_OF_TWO.iter().find(|long| name.starts_with(**long)) {
        return long;
    }
    let end = name.char_indices().nth(1).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn some_names_are_common_and_most_are_not() {
        let names = Names::read().unwrap();
        let mut dice = Dice::new(5, 1, 1);
        let mut counts: HashMap<String, u32> = HashMap::new();
        for _ in 0..20_000 {
            let born = Date::constant(1968, 1, 1);
            let name = format!("{}{}", names.surname(&mut dice), names.given(false, born, &mut dice));
            *counts.entry(name).or_default() += 1;
        }
        assert!(counts.len() > 9_000, "{}", counts.len());
        assert!(counts.values().any(|count| *count > 40));
        assert!(counts.contains_key("李建国"));
    }

    #[test]
    fn a_surname_may_have_two_characters() {
        assert_eq!(surname_of("欧阳建国"), "欧阳");
        assert_eq!(surname_of("王伟"), "王");
    }
}
