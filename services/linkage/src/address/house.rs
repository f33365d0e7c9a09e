//! The part of an address below the community: estate, street, building, unit, house.

use super::folded;

/// What may follow a number in an address.
const UNITS: &[&str] = &[
    "村民小组",
    "居民小组",
    "村民组",
    "小组",
    "号楼",
    "单元",
    "号",
    "栋",
    "幢",
    "座",
    "楼",
    "室",
    "组",
    "层",
    "户",
    "弄",
    "巷",
    "队",
    "门",
];
const NUMERALS: &str = "零〇一二两三四五六七八九十百";
/// A group of houses, not a house.
const GROUPS: &[&str] = &["组", "队"];

/// Full-width to half-width, no spaces and no punctuation; `#` after a number is 号; a hyphen stays
/// between letters and digits, where it parts numbers.
pub(super) fn plain_signs(text: &str) -> String {
    let signs: Vec<char> = folded(text).chars().filter(|c| !c.is_whitespace()).collect();
    let mut plain = String::with_capacity(text.len());
    for (at, &sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| signs[i]);
        match sign {
            '#' if before.is_some_and(|c| c.is_ascii_alphanumeric()) => plain.push('号'),
            '-' | '‐' | '‑' | '–' | '—' | '−'
                if before.is_some_and(|c| c.is_ascii_alphanumeric())
                    && signs.get(at + 1).is_some_and(char::is_ascii_alphanumeric) =>
            {
                plain.push('-');
            }
            _ if sign.is_alphanumeric() => plain.push(sign),
            _ => {}
        }
    }
    plain
}

/// Numbers in digits, units in one word each.
pub(super) fn one_form(text: &str) -> String {
    let text = with_digits(text);
    let text = units_in_one_word(&text);
    let text = three_numbers(&text);
    without_last_unit(&text).to_owned()
}

/// Whether a number is left when groups are taken away.
pub(super) fn names_a_house(text: &str) -> bool {
    let mut number = false;
    let mut left = text;
    while let Some(c) = left.chars().next() {
        let after = &left[c.len_utf8()..];
        if c.is_ascii_digit() {
            number = true;
        } else {
            if number && !GROUPS.iter().any(|group| left.starts_with(group)) {
                return true;
            }
            number = false;
        }
        left = after;
    }
    number
}

/// 五组十二号 → 5组12号, 第3栋 → 3栋, 03号 → 3号. Numerals that no unit follows are names: 三河口.
fn with_digits(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut left = text;
    while let Some(c) = left.chars().next() {
        let run = left.find(|c| !NUMERALS.contains(c)).unwrap_or(left.len());
        if run > 0 {
            let (numerals, after) = left.split_at(run);
            match value_of(numerals).filter(|_| UNITS.iter().any(|unit| after.starts_with(unit))) {
                Some(value) => {
                    drop_ordinal(&mut written);
                    written.push_str(&value.to_string());
                }
                None => written.push_str(numerals),
            }
            left = after;
            continue;
        }
        if c.is_ascii_digit() {
            let run = left.find(|c: char| !c.is_ascii_digit()).unwrap_or(left.len());
            drop_ordinal(&mut written);
            let digits = left[..run].trim_start_matches('0');
            written.push_str(if digits.is_empty() { "0" } else { digits });
            left = &left[run..];
            continue;
        }
        written.push(c);
        left = &left[c.len_utf8()..];
    }
    written
}

fn drop_ordinal(written: &mut String) {
    if written.ends_with('第') {
        written.pop();
    }
}

/// 十二 → 12, 一百零三 → 103, 五〇一 → 501.
fn value_of(numerals: &str) -> Option<u32> {
    let digit =
        |c: char| "零一二三四五六七八九".chars().position(|d| d == c).and_then(|d| u32::try_from(d).ok());
    let plain = |c: char| match c {
        '〇' => Some(0),
        '两' => Some(2),
        other => digit(other),
    };
    if !numerals.contains(['十', '百']) {
        return numerals.chars().try_fold(0_u32, |sum, c| sum.checked_mul(10)?.checked_add(plain(c)?));
    }
    let (mut sum, mut pending) = (0_u32, None);
    for c in numerals.chars() {
        match c {
            '百' => sum += pending.take().unwrap_or(1) * 100,
            '十' => sum += pending.take().unwrap_or(1) * 10,
            other => pending = Some(plain(other)?).filter(|d| *d > 0),
        }
    }
    Some(sum + pending.unwrap_or(0))
}

fn units_in_one_word(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut left = text;
    let mut numbered = false;
    while let Some(c) = left.chars().next() {
        if numbered && let Some((word, after)) = unit_at(left) {
            written.push_str(word);
            left = after;
            numbered = false;
            continue;
        }
        numbered = c.is_ascii_alphanumeric();
        written.push(c);
        left = &left[c.len_utf8()..];
    }
    written
}

fn unit_at(text: &str) -> Option<(&'static str, &str)> {
    const WORDS: &[(&str, &str)] = &[
        ("号楼", "栋"),
        ("号栋", "栋"),
        ("幢", "栋"),
        ("座", "栋"),
        ("村民小组", "组"),
        ("居民小组", "组"),
        ("村民组", "组"),
        ("小组", "组"),
    ];
    WORDS.iter().find_map(|(said, word)| text.strip_prefix(said).map(|after| (*word, after)))
}

/// 3-2-501 at the end → 3栋2单元501.
fn three_numbers(text: &str) -> String {
    let start = text
        .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .and_then(|at| text[at..].chars().next().map(|c| at + c.len_utf8()))
        .unwrap_or(0);
    let (head, tail) = text.split_at(start);
    match tail.split('-').collect::<Vec<_>>().as_slice() {
        [building, unit, room] => format!("{head}{building}栋{unit}单元{room}"),
        _ => text.to_owned(),
    }
}

/// 501室 and 501 are one room, 12号 and 12 one house.
fn without_last_unit(text: &str) -> &str {
    ["室", "号", "户"]
        .iter()
        .find_map(|unit| text.strip_suffix(unit))
        .filter(|rest| rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_are_read() {
        for (said, value) in [
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("一百零三", 103),
            ("五〇一", 501),
            ("两", 2),
            ("一百一十", 110),
        ] {
            assert_eq!(value_of(said), Some(value), "{said}");
        }
        assert_eq!(value_of(&"九".repeat(40)), None, "too large is no number");
    }

    #[test]
    fn numerals_in_names_stay() {
        assert_eq!(one_form("三河口八一路十二号"), "三河口八一路12");
    }

    #[test]
    fn a_hamlet_is_not_a_house() {
        assert!(!names_a_house("5组"));
        assert!(names_a_house("5组12"));
        assert!(names_a_house("12"));
        assert!(!names_a_house(""));
    }

    #[test]
    fn hyphens_part_numbers() {
        assert_eq!(plain_signs("３－２－５０１ — 后门"), "3-2-501后门");
        assert_eq!(one_form("3-2-501"), "3栋2单元501");
    }
}
