//! The county's dictionary of categories. The canonical list is that of the people's mediation
//! statistics, 18 kinds (人民调解统计分类).

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

use crate::{Mistake, Mistakes, csv_rows};

/// The canonical category of what fits no other.
pub const OTHER: &str = "other";

/// One canonical category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its code, language-free.
    pub code: String,
    /// Its name, for people.
    pub name: String,
}

/// Which word means which canonical category.
#[derive(Debug, Clone)]
pub struct CategoryDictionary {
    categories: Vec<Category>,
    by_word: HashMap<String, usize>,
    other: usize,
}

#[derive(Deserialize)]
struct CategoryRow {
    code: String,
    name: String,
    /// Words of sources, with `|` between them.
    aliases: String,
}

impl CategoryDictionary {
    /// Reads `categories.csv`: code, name, aliases.
    pub(crate) fn load(file: &Path) -> Result<Self, Mistakes> {
        let mut categories = Vec::new();
        let mut by_word = HashMap::new();
        let mut mistakes = Vec::new();
        for row in csv_rows::<CategoryRow>(file)? {
            let index = categories.len();
            let words = [row.value.code.as_str(), row.value.name.as_str()]
                .into_iter()
                .chain(row.value.aliases.split('|').map(str::trim).filter(|w| !w.is_empty()));
            for word in words {
                if by_word.insert(word.to_owned(), index).is_some_and(|earlier| earlier != index) {
                    mistakes.push(Mistake::new(
                        file,
                        row.line,
                        format!("{word} already means another category"),
                    ));
                }
            }
            categories.push(Category { code: row.value.code, name: row.value.name });
        }
        let other = categories.iter().position(|c| c.code == OTHER);
        match other {
            Some(other) if mistakes.is_empty() => Ok(Self { categories, by_word, other }),
            Some(_) => Err(Mistakes(mistakes)),
            None => {
                mistakes.push(Mistake::new(file, 0, "the category `other` is missing"));
                Err(Mistakes(mistakes))
            }
        }
    }

    /// The canonical category of a source's word; `other` for a word that the dictionary lacks.
    #[must_use]
    pub fn canonical(&self, word: &str) -> &Category {
        self.known(word).unwrap_or(&self.categories[self.other])
    }

    /// The category that a word means; nothing for a word that the dictionary lacks.
    #[must_use]
    pub fn known(&self, word: &str) -> Option<&Category> {
        self.by_word.get(word.trim()).map(|index| &self.categories[*index])
    }

    /// All categories, in the file's order.
    #[must_use]
    pub fn all(&self) -> &[Category] {
        &self.categories
    }
}
