//! Whether a published percentage can be right: whether whole numbers give it, rounded as it is printed. Bulletins print
//! −16.1 % beside 56, and no whole number of the year before gives that.

use std::{fmt::Write as _, ops::RangeInclusive};

/// Numbers beyond this are no counts of a county.
const MOST: i64 = 1_000_000_000_000;
/// A percentage has no more decimals than this.
const MOST_DECIMALS: usize = 6;
/// The most pairs that are shown.
const MOST_SHOWN: i64 = 20;

/// A percentage as it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// The percentage times `10^decimals`.
    digits: i64,
    /// How many decimals were printed.
    decimals: u32,
}

/// What was printed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// A share, of which at least one number was printed.
    Rate(Known),
    /// A change from an earlier value (the second number) to a present one (the first).
    Change(Known),
}

/// Which of the two numbers was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The first: the numerator, or the present value.
    First(i64),
    /// The second: the denominator, or the earlier value.
    Second(i64),
    /// Both.
    Both(i64, i64),
}

/// Two whole numbers, and what they give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The numerator, or the present value.
    pub first: i64,
    /// The denominator, or the earlier value.
    pub second: i64,
    /// The percentage, with one decimal more than was printed.
    pub gives: String,
}

/// What a published percentage can mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// Whole numbers that give it, the least first; not all of them where they are many.
    pub fits: Vec<Pair>,
    /// How many do.
    pub fit_count: i64,
    /// Where none does: the nearest below and above.
    pub nearest: Vec<Pair>,
}

/// A text that is no percentage, or numbers that are no counts: the field, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPublished {
    /// The field.
    pub field: &'static str,
    /// What would be right.
    pub right: &'static str,
}

impl Printed {
    /// Reads it: `99.1`, `-16.1`, `+23.4%`, `−18.9 %`.
    ///
    /// # Errors
    /// [`NotPublished`]
    pub fn read(text: &str) -> Result<Self, NotPublished> {
        let wrong = NotPublished {
            field: "percentage",
            right: "a percentage as it is printed, for instance 99.1 or -16.1",
        };
        let text = text.trim().trim_end_matches(['%', '％']).trim_end().replace('−', "-");
        let (sign, number) = match text.strip_prefix('-') {
            Some(number) => (-1, number),
            None => (1, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 6
            || decimals.len() > MOST_DECIMALS
            || !is_number(whole)
            || !is_number(decimals)
        {
            return Err(wrong);
        }
        let digits: i64 = format!("{whole}{decimals}").parse().map_err(|_| wrong)?;
        Ok(Self { digits: sign * digits, decimals: u32::try_from(decimals.len()).unwrap_or_default() })
    }

    /// Half of its last decimal, and a whole: both in twentieths of its last decimal, so that all is whole numbers.
    const fn bounds(self) -> (i128, i128, i128) {
        let unit = 100 * 10_i128.pow(self.decimals) * 2;
        let middle = self.digits as i128 * 2;
        // The percentage lies from (middle - 1) to (middle + 1), of `unit` for a share of 1.
        (middle - 1, middle + 1, unit)
    }
}

impl Published {
    /// Reads what was printed with it; at least one number, and both are counts.
    ///
    /// # Errors
    /// [`NotPublished`]
    pub fn read(is_change: bool, first: Option<i64>, second: Option<i64>) -> Result<Self, NotPublished> {
        let right = "a count from 0 to 1,000,000,000,000";
        for (field, number) in [("numerator", first), ("denominator", second)] {
            if number.is_some_and(|number| !(0..=MOST).contains(&number)) {
                return Err(NotPublished { field, right });
            }
        }
        let known = match (first, second) {
            (Some(first), Some(second)) => Known::Both(first, second),
            (Some(first), None) => Known::First(first),
            (None, Some(second)) => Known::Second(second),
            (None, None) => {
                return Err(NotPublished { field: "numerator", right: "at least one of the two numbers" });
            }
        };
        Ok(if is_change { Self::Change(known) } else { Self::Rate(known) })
    }

    const fn known(self) -> Known {
        match self {
            Self::Rate(known) | Self::Change(known) => known,
        }
    }
}

/// Looks for whole numbers that give the percentage. A number exactly between two printed ones fits both: bulletins
/// round either way.
pub fn check(printed: Printed, published: Published) -> Finding {
    let (low, high, unit) = printed.bounds();
    // A change of p is a share of 1 + p.
    let (low, high) = match published {
        Published::Rate(_) => (low, high),
        Published::Change(_) => (low + unit, high + unit),
    };
    let pair = |first: i64, second: i64| Pair {
        first,
        second,
        gives: gives(first, second, published, printed.decimals),
    };
    match published.known() {
        Known::Both(first, second) => {
            let scaled = i128::from(first) * unit;
            let fits = second > 0 && (low * i128::from(second)..=high * i128::from(second)).contains(&scaled);
            let pair = vec![pair(first, second)];
            if fits {
                Finding { fit_count: 1, fits: pair, nearest: vec![] }
            } else {
                Finding { nearest: pair, ..Finding::default() }
            }
        }
        Known::Second(second) => {
            // first / second in [low, high] / unit.
            let of = |bound: i128| bound * i128::from(second);
            among(div_ceil(of(low), unit)..=of(high).div_euclid(unit), |first| pair(first, second))
        }
        Known::First(first) if high <= 0 => {
            // Only nothing is no part of something.
            if first == 0 {
                Finding { fit_count: MOST, fits: vec![pair(0, 1)], nearest: vec![] }
            } else {
                Finding::default()
            }
        }
        Known::First(first) => {
            let of = i128::from(first) * unit;
            let least = div_ceil(of, high).max(1);
            let most = if low > 0 { of.div_euclid(low) } else { i128::from(MOST) };
            among(least..=most, |second| pair(first, second))
        }
    }
}

/// The whole numbers of a range, or those beside an empty one.
fn among(range: RangeInclusive<i128>, pair: impl Fn(i64) -> Pair) -> Finding {
    let number = |number: i128| i64::try_from(number.clamp(0, i128::from(MOST))).unwrap_or(MOST);
    let (least, most) = (number(*range.start()), number(*range.end()));
    if range.is_empty() {
        // An empty range ends one before it begins.
        let beside = [most, least].into_iter().filter(|number| *number > 0);
        return Finding { nearest: beside.map(pair).collect(), ..Finding::default() };
    }
    let shown = least..=most.min(least.saturating_add(MOST_SHOWN - 1));
    Finding { fit_count: most - least + 1, fits: shown.map(pair).collect(), nearest: vec![] }
}

fn div_ceil(number: i128, by: i128) -> i128 {
    -(-number).div_euclid(by)
}

/// What two numbers give, with one decimal more than was printed, rounded half away from nought.
fn gives(first: i64, second: i64, published: Published, decimals: u32) -> String {
    if second == 0 {
        return String::new();
    }
    let decimals = decimals + 1;
    let part = match published {
        Published::Rate(_) => i128::from(first),
        Published::Change(_) => i128::from(first) - i128::from(second),
    };
    let scaled = part * 100 * 10_i128.pow(decimals);
    let second = i128::from(second);
    let rounded = (scaled.abs() * 2 + second) / (second * 2);
    let power = 10_i128.pow(decimals);
    let sign = if scaled < 0 && rounded > 0 { "-" } else { "" };
    let width = usize::try_from(decimals).unwrap_or(1);
    format!("{sign}{}.{:0width$}", rounded / power, rounded % power)
}

/// The finding in words.
pub fn in_words(finding: &Finding, published: Published) -> String {
    let [first, second] = match published {
        Published::Rate(_) => ["分子", "分母"],
        Published::Change(_) => ["本期", "基期"],
    };
    let mut text = if finding.fit_count > 0 {
        format!("可由整数得出，共{}组：", finding.fit_count)
    } else {
        "任何整数都得不出该百分比".to_owned()
    };
    let shown = if finding.fit_count > 0 { &finding.fits } else { &finding.nearest };
    if finding.fit_count == 0 && !shown.is_empty() {
        text.push_str("，最接近的是：");
    }
    for (number, pair) in shown.iter().take(3).enumerate() {
        let comma = if number > 0 { "；" } else { "" };
        // Writing to a text cannot fail.
        let _ = write!(text, "{comma}{first}{} {second}{} = {}%", pair.first, pair.second, pair.gives);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(percentage: &str, is_change: bool, first: Option<i64>, second: Option<i64>) -> Finding {
        let published = Published::read(is_change, first, second).unwrap();
        check(Printed::read(percentage).unwrap(), published)
    }

    fn seconds(finding: &Finding) -> Vec<i64> {
        finding.fits.iter().map(|pair| pair.second).collect()
    }

    #[test]
    fn s0_11_no_whole_number_gives_the_published_changes() {
        for (now, change, nearest) in
            [(56, "−16.1%", "-16.42"), (38, "-18.9", "-19.15"), (114, "+23.4", "23.91")]
        {
            let finding = found(change, true, Some(now), None);
            assert_eq!(finding.fit_count, 0, "{now} {change}");
            assert!(finding.nearest.iter().any(|pair| pair.gives == nearest), "{:?}", finding.nearest);
        }
    }

    #[test]
    fn s3_09_both_readings_of_the_resolved_rate_are_possible() {
        assert_eq!(found("93.6", false, None, Some(1191)).fits[0].first, 1115);
        assert_eq!(seconds(&found("93.6", false, Some(1191), None)), [1272, 1273]);
    }

    #[test]
    fn s4_03_and_s3_03_are_possible() {
        assert_eq!(found("99.1", false, Some(11_994), Some(12_104)).fits[0].gives, "99.09");
        assert_eq!(found("12.5", false, Some(500), Some(4_000)).fits[0].gives, "12.50");
        assert_eq!(found("12.6", false, Some(500), Some(4_000)).fit_count, 0);
    }

    #[test]
    fn edges_do_no_harm() {
        assert_eq!(found("0", false, Some(5), None).fit_count, MOST - 1000 + 1);
        assert_eq!(found("-100", true, Some(0), None).fit_count, MOST);
        assert_eq!(found("50", false, Some(0), Some(0)).fit_count, 0);
        for wrong in ["", "abc", "1.2345678", "--1", "1e3", "99999999"] {
            assert!(Printed::read(wrong).is_err(), "{wrong}");
        }
        assert!(Published::read(false, None, None).is_err());
        assert!(Published::read(false, Some(-1), None).is_err());
    }

    proptest! {
        /// What is printed of any two numbers is always found possible, from either of them.
        #[test]
        fn what_was_counted_is_possible(first in 0_i64..20_000, second in 1_i64..20_000, is_change: bool) {
            let published = Published::read(is_change, Some(first), Some(second)).unwrap();
            let printed = Printed::read(&gives(first, second, published, 0)).unwrap();
            for known in [Known::Both(first, second), Known::First(first), Known::Second(second)] {
                let published = if is_change { Published::Change(known) } else { Published::Rate(known) };
                prop_assert!(check(printed, published).fit_count > 0, "{printed:?} {published:?}");
            }
        }
    }
}
