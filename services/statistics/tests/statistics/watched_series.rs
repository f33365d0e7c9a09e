//! The method of watching on series that were made: noise, and rises that were planted. What is drawn is drawn by a seed.

use std::collections::{BTreeMap, BTreeSet};

use fengqiao_statistics::domain::watching::{
    look::{DayCount, Series, look},
    rules::{By, Move, Rule},
};
use jiff::{ToSpan as _, civil::Date};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

const SEED: u64 = 20_261_128;
const FIRST: Date = jiff::civil::date(2025, 6, 1);

fn day(number: i32) -> Date {
    FIRST.checked_add(number.days()).unwrap()
}

/// A Poisson number.
fn poisson(mean: f64, random: &mut StdRng) -> i64 {
    let (end, mut product, mut number) = ((-mean).exp(), 1.0, -1);
    while product > end {
        product *= random.random::<f64>();
        number += 1;
    }
    number
}

/// Of so many, how many with this probability.
fn of(count: i64, share: f64, random: &mut StdRng) -> i64 {
    (0..count).filter(|_| random.random::<f64>() < share).count() as i64
}

/// Days differ: fewer call on a weekend.
fn weekday(number: i32) -> f64 {
    if day(number).weekday().to_monday_one_offset() >= 6 { 0.6 } else { 1.16 }
}

fn count(numerator: i64) -> DayCount {
    DayCount { numerator, denominator: 0 }
}

/// How often a rule raises series of this kind in 30 days and 100 series, with its quiet period.
fn false_alarms(
    rule: &Rule,
    series: usize,
    mut draw: impl FnMut(usize, i32, &mut StdRng) -> DayCount,
) -> f64 {
    const PAST: i32 = 90;
    const DAYS: i32 = 300;
    let mut random = StdRng::seed_from_u64(SEED);
    let mut one =
        |number| (0..PAST + DAYS).map(|at| (day(at), draw(number, at, &mut random))).collect::<Series>();
    let all: BTreeMap<String, Series> = (0..series).map(|number| (number.to_string(), one(number))).collect();
    let mut raised = 0;
    let mut quiet_until: BTreeMap<&str, i32> = BTreeMap::new();
    for at in PAST..PAST + DAYS {
        for name in look(rule, &all, day(at), FIRST).into_keys() {
            if quiet_until.get(name).is_none_or(|until| at > *until) {
                raised += 1;
                quiet_until.insert(name, at + rule.quiet_days);
            }
        }
    }
    f64::from(raised) / (f64::from(DAYS) / 30.0) / (series as f64 / 100.0)
}

/// The rates of a county's series: most of them have hardly anything.
fn rate(series: usize) -> f64 {
    [0.02, 0.05, 0.1, 0.3, 0.7, 1.5, 3.0, 8.0][series % 8]
}

#[test]
fn noise_raises_less_than_once_a_month_and_hundred_series() {
    let rule = Rule::usual("calls", "reports", By::Grid, Move::CountRises);
    let calm =
        false_alarms(&rule, 160, |series, at, random| count(poisson(rate(series) * weekday(at), random)));
    println!("false alarms a month and 100 series, Poisson noise: {calm:.2}");
    assert!(calm < 1.0, "{calm}");
    // One family calls several times: what comes, comes in bursts.
    let bursts = false_alarms(&rule, 160, |series, at, random| {
        let families = poisson(rate(series) * weekday(at) / 2.0, random);
        count((0..families).map(|_| 1 + poisson(1.0, random)).sum())
    });
    println!("false alarms a month and 100 series, noise in bursts of two: {bursts:.2}");
    assert!(bursts < 1.0, "{bursts}");
    let rule = Rule::usual("feedback", "on_time_feedback_rate", By::Agency, Move::ShareFalls);
    let shares = false_alarms(&rule, 160, |series, at, random| {
        let denominator = poisson(3.0 * rate(series) * weekday(at), random);
        DayCount { numerator: of(denominator, 0.85, random), denominator }
    });
    println!("false alarms a month and 100 series, shares of 85 %: {shares:.2}");
    assert!(shares < 1.0, "{shares}");
}

/// Of a hundred series that change on a day, how many are raised by the second day.
fn found(rule: &Rule, mut draw: impl FnMut(bool, i32, &mut StdRng) -> DayCount) -> usize {
    const CHANGES: i32 = 120;
    let mut random = StdRng::seed_from_u64(SEED);
    let mut one = || {
        let days = (0..CHANGES + 2).map(|at| (day(at), draw(at >= CHANGES, at, &mut random)));
        days.collect::<Series>()
    };
    let all: BTreeMap<String, Series> = (0..100).map(|number| (number.to_string(), one())).collect();
    let found: BTreeSet<&str> =
        (CHANGES..CHANGES + 2).flat_map(|at| look(rule, &all, day(at), FIRST).into_keys()).collect();
    found.len()
}

#[test]
fn planted_rises_are_found_within_two_days() {
    let rule = Rule::usual("calls", "reports", By::Grid, Move::CountRises);
    // Before and after, a day: what two days can show, with so few false alarms.
    for (before, after) in [(0.0, 4.5), (0.05, 5.0), (0.3, 6.5), (1.0, 9.0), (3.0, 14.0), (8.0, 26.0)] {
        let found = found(&rule, |changed, at, random| {
            count(poisson(if changed { after } else { before * weekday(at) }, random))
        });
        println!("{before} a day become {after}: {found} of 100 found by the second day");
        assert!(found >= 95, "{before} to {after}: {found}");
    }
    let rule = Rule::usual("feedback", "on_time_feedback_rate", By::Agency, Move::ShareFalls);
    for (due, share, falls) in [(5.0, 0.98, 0.05), (10.0, 0.9, 0.25), (30.0, 0.85, 0.45)] {
        let found = found(&rule, |changed, at, random| {
            let denominator = poisson(due * weekday(at), random);
            DayCount { numerator: of(denominator, if changed { falls } else { share }, random), denominator }
        });
        println!("of {due} a day {share} become {falls}: {found} of 100 found by the second day");
        assert!(found >= 95, "{share} to {falls}: {found}");
    }
}

#[test]
fn nothing_is_raised_without_a_past_or_below_the_least() {
    let rule = Rule::usual("calls", "reports", By::Grid, Move::CountRises);
    let calls = |each| {
        BTreeMap::from([("a".to_owned(), (100..102).map(|at| (day(at), count(each))).collect::<Series>())])
    };
    let raised = |rule: &Rule, each, at: i32, since| !look(rule, &calls(each), day(at), since).is_empty();
    assert!(raised(&rule, 20, 101, FIRST));
    assert!(!raised(&rule, 20, 101, day(80)), "three weeks are no past");
    assert!(raised(&rule, 2, 101, FIRST));
    assert!(!raised(&Rule { least: 5, ..rule.clone() }, 2, 101, FIRST));
    // A rule that waits looks at the days from before.
    let waits = Rule { lag_days: 7, ..rule };
    assert!(!raised(&waits, 20, 101, FIRST) && raised(&waits, 20, 108, FIRST));
}
