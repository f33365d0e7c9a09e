//! Rankings that are fair to the small: a rate comes with its interval, and a rank with the ranks that the figures
//! allow. With few cases a rate is luck; the intervals say how much.

use super::definition::Better;

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How ranks and intervals come about, for people.
pub const METHOD: &str = "比率区间为95%威尔逊区间；名次只在达到最小样本的对象间排列，比率相同名次相同；名次区间：\
    区间整体优于本对象的个数加一为最好名次，总数减去区间整体劣于本对象的个数为最差名次。区间相交的两个对象，名次先后不足为凭。";

/// A rate of one agency or area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// What was counted.
    pub numerator: i64,
    /// Out of what.
    pub denominator: i64,
}

/// Where the true rate lies with 95 % (Wilson's score interval).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A rank, and the ranks that the figures allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The rank from 1; equal rates share it.
    pub rank: i32,
    /// The best rank that the figures allow.
    pub best: i32,
    /// The worst rank that they allow.
    pub worst: i32,
}

impl Rate {
    /// numerator / denominator; none where there is nothing to count, or the numerator is no part of the denominator.
    // Counts stay far below 2^53, where a float would lose one.
    #[allow(clippy::cast_precision_loss)]
    pub fn interval(self) -> Option<Interval> {
        if self.denominator <= 0 || !(0..=self.denominator).contains(&self.numerator) {
            return None;
        }
        let n = self.denominator as f64;
        let p = self.numerator as f64 / n;
        let z2 = Z * Z;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Some(Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) })
    }
}

/// Ranks rates, the best first. One with fewer facts than the minimum sample gets no rank, and counts for nobody's.
pub fn ranks(rates: &[Rate], minimum_sample: i64, better: Better) -> Vec<Option<Rank>> {
    let judged = |rate: &Rate| rate.denominator >= minimum_sample.max(1);
    let intervals: Vec<_> = rates.iter().map(|rate| rate.interval().filter(|_| judged(rate))).collect();
    let ranked = rates.iter().zip(&intervals).filter_map(|(rate, interval)| Some((rate, interval.as_ref()?)));
    let ranked: Vec<_> = ranked.collect();
    let count = |fits: &dyn Fn(&Rate, &Interval) -> bool| {
        i32::try_from(ranked.iter().filter(|(rate, interval)| fits(rate, interval)).count())
            .unwrap_or(i32::MAX)
    };
    let all = i32::try_from(ranked.len()).unwrap_or(i32::MAX);
    rates
        .iter()
        .zip(&intervals)
        .map(|(own, interval)| {
            let own_interval = interval.as_ref()?;
            Some(Rank {
                rank: 1 + count(&|other, _| is_better(other, own, better)),
                best: 1 + count(&|_, other| lies_better(other, own_interval, better)),
                worst: all - count(&|_, other| lies_better(own_interval, other, better)),
            })
        })
        .collect()
}

/// Whether a rate is better than another, in whole numbers: equal rates of different sizes are equal.
fn is_better(one: &Rate, other: &Rate, better: Better) -> bool {
    let left = i128::from(one.numerator) * i128::from(other.denominator);
    let right = i128::from(other.numerator) * i128::from(one.denominator);
    match better {
        Better::More => left > right,
        Better::Less => left < right,
    }
}

/// Whether an interval lies wholly on the better side of another.
fn lies_better(one: &Interval, other: &Interval, better: Better) -> bool {
    match better {
        Better::More => one.low > other.high,
        Better::Less => one.high < other.low,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(numerator: i64, denominator: i64) -> Rate {
        Rate { numerator, denominator }
    }

    #[test]
    fn wilson_s_interval_is_the_textbook_s() {
        // Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611.
        let of =
            |one: Rate| one.interval().map(|i| (format!("{:.4}", i.low), format!("{:.4}", i.high))).unwrap();
        assert_eq!(of(rate(81, 263)), ("0.2553".into(), "0.3662".into()));
        assert_eq!(of(rate(0, 20)), ("0.0000".into(), "0.1611".into()));
        assert_eq!(rate(1, 0).interval(), None);
        assert_eq!(rate(3, 2).interval(), None);
    }

    #[test]
    fn one_case_in_four_minutes_does_not_lead() {
        let rates = [rate(1, 1), rate(950, 1000), rate(700, 1000), rate(19, 20)];
        let ranks = ranks(&rates, 20, Better::More);
        assert_eq!(ranks[0], None, "one case is too few");
        assert_eq!(ranks[1], Some(Rank { rank: 1, best: 1, worst: 2 }));
        assert_eq!(ranks[2], Some(Rank { rank: 3, best: 3, worst: 3 }));
        assert_eq!(ranks[3], Some(Rank { rank: 1, best: 1, worst: 2 }), "the same rate, the same rank");
    }

    #[test]
    fn of_relapses_the_fewer_are_better() {
        let ranks = ranks(&[rate(300, 1000), rate(10, 1000)], 20, Better::Less);
        assert_eq!(ranks.iter().map(|rank| rank.unwrap().rank).collect::<Vec<_>>(), [2, 1]);
    }

    proptest! {
        /// The rank lies within its interval, and the better of two rates never ranks behind.
        #[test]
        fn ranks_are_within_their_intervals(counts in prop::collection::vec((0_i64..400, 1_i64..400), 1..30)) {
            let rates: Vec<_> = counts.iter().map(|(n, d)| rate((*n).min(*d), *d)).collect();
            let ranks = ranks(&rates, 20, Better::More);
            for rank in ranks.iter().flatten() {
                prop_assert!(rank.best <= rank.rank && rank.rank <= rank.worst, "{rank:?}");
            }
        }
    }
}
