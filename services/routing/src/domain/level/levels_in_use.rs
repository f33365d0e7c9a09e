//! Which levels a county uses.

use super::Level;

/// The levels that a county uses; red is always one. Some have no blue (S3-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelsInUse(Vec<Level>);

impl LevelsInUse {
    /// These levels, or what is wrong with them.
    pub(super) fn of(mut levels: Vec<Level>) -> Result<Self, String> {
        levels.sort_unstable();
        levels.dedup();
        if levels.last() != Some(&Level::Red) {
            return Err(
                "red must be among the levels: a level that is not used is raised to the next".to_owned()
            );
        }
        Ok(Self(levels))
    }

    /// Whether the county uses a level.
    #[must_use]
    pub fn has(&self, level: Level) -> bool {
        self.0.contains(&level)
    }

    /// The level itself, or the next more dangerous one that is used.
    #[must_use]
    pub fn raised(&self, level: Level) -> Level {
        self.0.iter().copied().find(|used| *used >= level).unwrap_or(Level::Red)
    }

    /// All, the least dangerous first.
    pub fn iter(&self) -> impl Iterator<Item = Level> + '_ {
        self.0.iter().copied()
    }
}

impl Default for LevelsInUse {
    fn default() -> Self {
        Self(Level::ALL.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_05_a_level_that_is_not_used_is_raised() {
        let wuwei = LevelsInUse::of(vec![Level::Red, Level::Yellow, Level::Orange]).unwrap();
        assert_eq!(wuwei.raised(Level::Blue), Level::Yellow);
        assert_eq!(wuwei.raised(Level::Orange), Level::Orange);
        assert!(!wuwei.has(Level::Blue) && wuwei.has(Level::Yellow));
        let two = LevelsInUse::of(vec![Level::Blue, Level::Red]).unwrap();
        assert_eq!(two.raised(Level::Yellow), Level::Red);
        assert!(LevelsInUse::of(vec![Level::Orange]).is_err());
        assert!(LevelsInUse::default().iter().eq(Level::ALL));
    }
}
