//! Groups of words that rules look for. All words are looked for in one pass over the texts.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

const MAX_GROUPS: usize = 100;
const MAX_WORDS: usize = 5_000;
const MAX_WORD_CHARS: usize = 50;

/// The groups of a rule set, ready to be looked for.
pub(super) struct WordGroups {
    /// In order of the alphabet.
    names: Vec<String>,
    /// The group of each word, in the order in which the automaton knows the words.
    group_of: Vec<usize>,
    automaton: AhoCorasick,
}

/// Which groups stand in a text, by their place in [`WordGroups`].
pub(super) struct Found(Vec<bool>);

impl WordGroups {
    /// Makes ready the words of each group, or says what is wrong with them.
    pub(super) fn new(groups: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        if groups.len() > MAX_GROUPS {
            return Err(format!("there are more than {MAX_GROUPS} groups of words"));
        }
        let mut words = Vec::new();
        let mut group_of = Vec::new();
        for (place, (name, group)) in groups.iter().enumerate() {
            if !is_name(name) {
                return Err(format!("the group {name} has to be named by lower-case letters, digits and _"));
            }
            for word in group {
                let chars = word.chars().count();
                if word.trim().is_empty() || chars > MAX_WORD_CHARS {
                    return Err(format!(
                        "each word of the group {name} has to have 1 to {MAX_WORD_CHARS} characters"
                    ));
                }
                words.push(word);
                group_of.push(place);
            }
        }
        if words.len() > MAX_WORDS {
            return Err(format!("there are more than {MAX_WORDS} words"));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(words)
            .map_err(|e| format!("the words cannot be looked for: {e}"))?;
        Ok(Self { names: groups.keys().cloned().collect(), group_of, automaton })
    }

    /// The place of a group.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The names of all groups.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Looks which groups have a word that stands in one of the texts.
    pub(super) fn look<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Found {
        let mut found = vec![false; self.names.len()];
        if self.group_of.is_empty() {
            return Found(found);
        }
        for text in texts {
            for word in self.automaton.find_overlapping_iter(text) {
                if let Some(group) = self.group_of.get(word.pattern().as_usize()) {
                    found[*group] = true;
                }
            }
        }
        Found(found)
    }

    /// As if each group stood in the text, or none: for trials.
    pub(super) fn pretend(&self, found: bool) -> Found {
        Found(vec![found; self.names.len()])
    }
}

impl Found {
    /// Whether the group at this place was found.
    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or(false)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups(of: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        of.iter()
            .map(|(name, words)| ((*name).to_owned(), words.iter().map(|w| (*w).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn words_in_words_and_in_several_groups_are_all_found() {
        let words = groups(&[("blade", &["刀", "菜刀"]), ("kitchen", &["菜刀"]), ("rope", &["绳"])]);
        let words = WordGroups::new(&words).unwrap();
        let found = words.look(["对方手持菜刀", ""]);
        let has = |name| found.has(words.place(name).unwrap());
        assert!(has("blade") && has("kitchen") && !has("rope"));
        assert_eq!(words.place("nothing"), None);
    }

    #[test]
    fn what_cannot_be_a_group_is_refused() {
        for (groups, said) in [
            (groups(&[("Blade", &["刀"])]), "lower-case"),
            (groups(&[("刀", &["刀"])]), "lower-case"),
            (groups(&[("blade", &[""])]), "1 to 50"),
            (groups(&[("blade", &[&"刀".repeat(51)])]), "1 to 50"),
        ] {
            assert!(WordGroups::new(&groups).err().unwrap().contains(said));
        }
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_a_search_of_each_word_finds(
            first in prop::collection::vec("[刀棍打人]{1,3}", 0..4),
            second in prop::collection::vec("[刀棍打人]{1,3}", 0..4),
            text in "[刀棍打人吵]{0,12}",
        ) {
            let groups = BTreeMap::from([("a".to_owned(), first), ("b".to_owned(), second)]);
            let words = WordGroups::new(&groups).unwrap();
            let found = words.look([text.as_str()]);
            for (place, group) in groups.values().enumerate() {
                prop_assert_eq!(found.has(place), group.iter().any(|word| text.contains(word)));
            }
        }
    }
}
