//! How long a recipient has to sign or to answer, by level.

use std::collections::BTreeMap;

use fengqiao_calendar::Limit;
use fengqiao_proto::types::v1::Level;

/// The word of the limit of all levels that have none of their own.
const ANY: &str = "any";

/// Limits by level; none where nobody has to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LevelLimits {
    any: Option<Limit>,
    by_level: BTreeMap<i32, Limit>,
}

impl LevelLimits {
    /// Reads a table of limits: `red`, `orange`, `yellow`, `blue`, and `any` for the others.
    ///
    /// # Errors
    /// The key that is none of them.
    pub(crate) fn read(table: &BTreeMap<String, Limit>) -> Result<Self, String> {
        let mut limits = Self::default();
        for (word, limit) in table {
            if word == ANY {
                limits.any = Some(*limit);
                continue;
            }
            let level = Level::from_str_name(&format!("LEVEL_{}", word.to_ascii_uppercase()))
                .filter(|level| *level != Level::Unspecified)
                .ok_or_else(|| format!("{word} is no level; write red, orange, yellow, blue or any"))?;
            limits.by_level.insert(level as i32, *limit);
        }
        Ok(limits)
    }

    /// How long, at a level.
    #[must_use]
    pub fn at(&self, level: Level) -> Option<Limit> {
        self.by_level.get(&(level as i32)).copied().or(self.any)
    }

    /// All of them: the level, unspecified for the others, and how long.
    pub fn all(&self) -> impl Iterator<Item = (Level, Limit)> {
        let named = self.by_level.iter().rev();
        let named =
            named.map(|(level, limit)| (Level::try_from(*level).unwrap_or(Level::Unspecified), *limit));
        named.chain(self.any.map(|limit| (Level::Unspecified, limit)))
    }
}
