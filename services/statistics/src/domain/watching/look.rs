//! Looking at all series of a rule on one day.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};

use super::{
    days::{MOST_WEEKS, past, touch_spring_festival},
    limit::{Counted, Past, usual_scatter},
    rules::{Move, Rule},
};
use crate::domain::days::Days;

/// A past of fewer windows says too little.
pub const LEAST_PAST: usize = 4;

/// What was counted of a series on its days; days without any are not there.
pub type Series = BTreeMap<Date, DayCount>;

/// What was counted on a day: an indicator's numerator and denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCount {
    /// The numerator.
    pub numerator: i64,
    /// The denominator; 0 of a plain count.
    pub denominator: i64,
}

/// A window of a series that moved further than chance explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// The days.
    pub days: Days,
    /// What was observed in them.
    pub observed: Counted,
    /// What it was held against.
    pub past: Past,
    /// How many were to be expected.
    pub expected: f64,
    /// So many or more are raised.
    pub limit: u64,
    /// The chance of as many though nothing changed.
    pub chance: f64,
}

/// Looks at the series of a rule on a day; `known_since` is the first day of which anything is known. Of several windows of
/// a series that moved, the least probable tells.
pub fn look<'a>(
    rule: &Rule,
    all: &'a BTreeMap<String, Series>,
    day: Date,
    known_since: Date,
) -> BTreeMap<&'a str, Finding> {
    let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
    let Ok(last) = day.checked_sub(rule.lag_days.days()) else { return found };
    let windows = rule.window_days.iter().filter_map(|count| Days::ending(last, *count));
    for days in windows.filter(|days| !touch_spring_festival(*days)) {
        let before = past(days, rule.past_windows, known_since);
        let pasts: Vec<(&str, Counted, Past)> = all
            .iter()
            .map(|(name, series)| {
                let counted = |days: Days| counted(rule.moves, series, days);
                (name.as_str(), counted(days), Past::of(before.iter().copied().map(counted)))
            })
            .filter(|(.., past)| past.windows >= LEAST_PAST)
            .collect();
        let usual = usual_scatter(pasts.iter().map(|(.., past)| past));
        for (name, observed, past) in pasts {
            let Some(finding) = moved(rule, days, observed, past.scattered(usual)) else { continue };
            if found.get(name).is_none_or(|known| finding.chance < known.chance) {
                found.insert(name, finding);
            }
        }
    }
    found
}

/// The first day that looking at a day may have to know.
pub fn first_day_needed(rule: &Rule, day: Date) -> Option<Date> {
    let longest = rule.window_days.iter().copied().max().unwrap_or(1);
    day.checked_sub((rule.lag_days + longest + 7 * MOST_WEEKS).days()).ok()
}

fn moved(rule: &Rule, days: Days, observed: Counted, past: Past) -> Option<Finding> {
    let chance = past.chance(observed);
    (observed.events >= rule.least && chance <= rule.chance).then(|| Finding {
        days,
        observed,
        expected: past.expected(observed.room),
        limit: past.limit(observed.room, rule.chance).max(rule.least),
        chance,
        past,
    })
}

fn counted(moves: Move, series: &Series, days: Days) -> Counted {
    let sum = series.range(days.first..=days.last).fold(DayCount::default(), |sum, (_, one)| DayCount {
        numerator: sum.numerator + one.numerator,
        denominator: sum.denominator + one.denominator,
    });
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    match moves {
        Move::CountRises => Counted { events: number(sum.numerator), room: number(i64::from(days.count())) },
        Move::ShareRises => Counted { events: number(sum.numerator), room: number(sum.denominator) },
        Move::ShareFalls => {
            Counted { events: number(sum.denominator - sum.numerator), room: number(sum.denominator) }
        }
    }
}
