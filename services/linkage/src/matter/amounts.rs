//! Sums of money in a text: 1.2万, 12000元 and 一万二 are one.

use crate::signs::Signs;

/// So many are kept of a text.
pub(super) const MOST: usize = 4;
const NUMERALS: &str = "零一二两三四五六七八九";
const UNITS: &[(char, u64)] = &[('百', 100), ('千', 1_000), ('万', 10_000), ('亿', 100_000_000)];
/// What a sum is written with.
static PARTS: Signs = Signs::of(NUMERALS).and("十百千万亿0123456789.");
/// What is counted in less is no sum that a dispute is about.
const LEAST: u64 = 50;
const LONGEST: usize = 12;

/// The sums of money, in yuan, in the order said, each once.
pub(super) fn amounts(signs: &[char]) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        if !PARTS.has(signs[at]) {
            at += 1;
            continue;
        }
        let end = (at..signs.len()).find(|end| !PARTS.has(signs[*end])).unwrap_or(signs.len());
        let run: String = signs[at..end].iter().take(LONGEST).collect();
        let next = signs.get(end).copied().unwrap_or_default();
        let is_money = matches!(next, '元' | '块') || run.contains('万');
        let counted_otherwise =
            matches!(next, '人' | '亩' | '年' | '个' | '天' | '户' | '平' | '米' | '分' | '斤' | '次');
        if is_money
            && !counted_otherwise
            && let Some(sum) = value_of(&run).filter(|sum| *sum >= LEAST)
            && !found.contains(&sum)
            && found.len() < MOST
        {
            found.push(sum);
        }
        at = end;
    }
    found
}

/// 1.2万, 3千, 五千, 十二万, 800, 一万二.
fn value_of(run: &str) -> Option<u64> {
    let (mut sum, mut last_unit, mut left) = (0_u64, 1_u64, run);
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(left.len());
        // In thousandths, so that 1.2万 is whole.
        let (thousandths, after) = if digits > 0 {
            let number: f64 = left[..digits].parse().ok()?;
            ((number * 1_000.0).round() as u64, &left[digits..])
        } else {
            let tens = left.find(|c| !NUMERALS.contains(c) && c != '十').unwrap_or(left.len());
            (small_value(&left[..tens])?.checked_mul(1_000)?, &left[tens..])
        };
        let unit = after.chars().next().and_then(|c| UNITS.iter().find(|(unit, _)| *unit == c));
        match unit {
            Some((sign, size)) => {
                sum = sum.checked_add(thousandths.checked_mul(*size)?)?;
                last_unit = *size;
                left = &after[sign.len_utf8()..];
            }
            None if after.is_empty() => {
                // 一万二: what follows a unit without its own counts the next smaller.
                let shorthand = last_unit > 1 && thousandths < 10_000;
                let size = if shorthand { last_unit / 10 } else { 1 };
                return Some(sum.checked_add(thousandths.checked_mul(size)?)? / 1_000);
            }
            None => return None,
        }
    }
    Some(sum / 1_000)
}

/// 二, 十二, 二十, 二十五.
fn small_value(numerals: &str) -> Option<u64> {
    let digit = |c: char| match c {
        '两' => Some(2),
        c => "零一二三四五六七八九".chars().position(|d| d == c).map(|d| d as u64),
    };
    match numerals.split_once('十') {
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { digit(tens.chars().next()?)? };
            let ones = if ones.is_empty() { 0 } else { digit(ones.chars().next()?)? };
            Some(tens * 10 + ones)
        }
        None => {
            let mut signs = numerals.chars().filter(|c| *c != '零');
            let value = digit(signs.next()?)?;
            signs.next().is_none().then_some(value)
        }
    }
}

#[cfg(test)]
mod tests {
    fn amounts(text: &str) -> Vec<u64> {
        super::amounts(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn one_sum_in_several_writings() {
        for written in ["欠12000元", "欠1.2万", "欠一万二", "欠1万2千块钱", "欠12000块"] {
            assert_eq!(amounts(written), [12_000], "{written}");
        }
        assert_eq!(amounts("五千元，后又3千块"), [5_000, 3_000]);
        assert_eq!(amounts("十二万"), [120_000]);
    }

    #[test]
    fn what_is_no_money_is_none() {
        for text in ["约12人", "3.2亩", "2万人", "", "万一", "千万别", "13800000000", "三千", "."]
        {
            assert!(amounts(text).is_empty(), "{text}");
        }
    }
}
