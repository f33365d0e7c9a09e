//! Scores that add up to a level (S3-05).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Level, condition::Condition};

/// From how many points a case has a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreLevels {
    red: Option<u32>,
    orange: Option<u32>,
    yellow: Option<u32>,
}

impl ScoreLevels {
    /// What is wrong with them.
    pub(super) fn mistake(self) -> Option<String> {
        let points: Vec<u32> = [self.red, self.orange, self.yellow].into_iter().flatten().collect();
        if points.is_empty() || points.contains(&0) || !points.is_sorted_by(|more, less| more > less) {
            return Some(
                "score_levels need points above 0, more for red than for orange than for yellow".into(),
            );
        }
        None
    }

    /// The level of a sum.
    pub(super) fn level(self, sum: u32) -> Level {
        [(self.red, Level::Red), (self.orange, Level::Orange), (self.yellow, Level::Yellow)]
            .into_iter()
            .find(|(points, _)| points.is_some_and(|points| sum >= points))
            .map_or(Level::Blue, |(_, level)| level)
    }
}

/// A rule that gives points.
pub(super) struct Score {
    pub(super) id: String,
    /// The side of life that it speaks of, for instance `family`.
    pub(super) factor: String,
    pub(super) points: u32,
    pub(super) text: String,
    pub(super) condition: Condition,
}

/// The points of one report.
pub(super) struct Tally<'s> {
    factors: BTreeMap<&'s str, u32>,
    given: Vec<&'s Score>,
}

impl<'s> Tally<'s> {
    /// Adds up what `given` gave; a factor of `all` without points has 0.
    pub(super) fn of(all: &'s [Score], given: Vec<&'s Score>) -> Self {
        let mut factors: BTreeMap<&str, u32> = all.iter().map(|score| (score.factor.as_str(), 0)).collect();
        for score in &given {
            let factor = factors.entry(&score.factor).or_default();
            *factor = factor.saturating_add(score.points);
        }
        Self { factors, given }
    }

    /// The sum of all points.
    pub(super) fn sum(&self) -> u32 {
        self.factors.values().fold(0, |sum, points| sum.saturating_add(*points))
    }

    /// The rules that gave points.
    pub(super) fn given(&self) -> &[&'s Score] {
        &self.given
    }

    /// The sum and each factor's points, as a reason tells them.
    pub(super) fn told(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let factors =
            self.factors.iter().map(|(factor, points)| (format!("score.{factor}"), points.to_string()));
        std::iter::once(("score".to_owned(), self.sum().to_string())).chain(factors)
    }

    /// The sum in words.
    pub(super) fn text(&self) -> String {
        let texts: Vec<&str> = self.given.iter().map(|score| score.text.as_str()).collect();
        format!("风险积分{}分：{}", self.sum(), texts.join("、"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WUWEI: ScoreLevels = ScoreLevels { red: Some(80), orange: Some(50), yellow: Some(20) };

    #[test]
    fn s3_05_points_make_the_level_at_their_edges() {
        for (sum, level) in [
            (0, Level::Blue),
            (19, Level::Blue),
            (20, Level::Yellow),
            (49, Level::Yellow),
            (50, Level::Orange),
            (79, Level::Orange),
            (80, Level::Red),
            (u32::MAX, Level::Red),
        ] {
            assert_eq!(WUWEI.level(sum), level, "{sum}");
        }
        let only_red = ScoreLevels { red: Some(1), ..ScoreLevels::default() };
        assert_eq!((only_red.mistake(), only_red.level(0)), (None, Level::Blue));
    }

    #[test]
    fn levels_out_of_order_are_a_mistake() {
        for levels in [
            ScoreLevels::default(),
            ScoreLevels { yellow: Some(0), ..WUWEI },
            ScoreLevels { red: Some(50), ..WUWEI },
            ScoreLevels { red: Some(10), orange: None, yellow: Some(20) },
        ] {
            assert!(levels.mistake().is_some(), "{levels:?}");
        }
        assert_eq!(WUWEI.mistake(), None);
    }

    proptest! {
        #[test]
        fn more_points_never_lower_a_level(sum: u32, more: u32) {
            prop_assert!(WUWEI.level(sum.saturating_add(more)) >= WUWEI.level(sum));
        }
    }
}
