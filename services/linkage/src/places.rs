//! The places of a county by their names.

use std::collections::HashMap;

/// The places of a county by their names.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub(crate) county: String,
    /// Name to the prefixes of the codes that bear it: 9 digits a town, 12 a community.
    by_name: HashMap<String, Vec<String>>,
    longest: usize,
}

pub(crate) const TOWN_DIGITS: usize = 9;
pub(crate) const COMMUNITY_DIGITS: usize = 12;
/// The committee's name is also its community's.
pub(crate) const COMMITTEES: &[&str] = &["村民委员会", "居民委员会", "村委会", "居委会", "委员会"];
impl Places {
    /// Takes the county's name and all places as (prefix of the code, name); what has neither 9 nor 12
    /// digits is left out.
    pub fn new<'a>(county: &str, places: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = Self { county: county.to_owned(), ..Self::default() };
        for (code, name) in places {
            if !matches!(code.len(), TOWN_DIGITS | COMMUNITY_DIGITS) {
                continue;
            }
            let plain = without_committee(name);
            if plain.chars().count() < 2 {
                continue;
            }
            names.longest = names.longest.max(plain.chars().count());
            names.by_name.entry(plain.to_owned()).or_default().push(code.to_owned());
        }
        names
    }

    /// The longest place name that the text begins with: the codes that bear it, and what follows.
    pub(crate) fn at_start<'a>(&self, text: &'a str) -> Option<(&[String], &'a str)> {
        let mut ends: Vec<usize> =
            text.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest).collect();
        ends.reverse();
        ends.into_iter().find_map(|end| {
            let codes = self.by_name.get(&text[..end])?;
            Some((codes.as_slice(), &text[end..]))
        })
    }
}

fn without_committee(name: &str) -> &str {
    COMMITTEES
        .iter()
        .find_map(|committee| name.strip_suffix(committee))
        .filter(|plain| !plain.is_empty())
        .unwrap_or(name)
}
