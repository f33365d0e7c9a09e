//! Telephone numbers, id numbers and bank cards: runs of digits, in one piece or in groups.

use crate::{BANK_CARD, ID_NUMBER, Masked, PHONE, sign::Sign};

/// What people put between the groups of a number.
const BETWEEN: &str = " \t\r\n\u{a0}\u{3000}-‐‑–—−._·()+";
/// So many signs may stand between two groups of one number.
const MOST_BETWEEN: usize = 3;
/// The longest number that is looked for: 0086 and an id number or a card have fewer digits.
const MOST_DIGITS: usize = 22;
const MOBILE: usize = 11;
const NEW_ID: usize = 18;
const OLD_ID: usize = 15;
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Words after which seven or eight digits are a telephone number.
const PHONE_WORDS: [&str; 6] = ["电话", "座机", "致电", "拨打", "号码", "tel"];
const WORD_REACH: usize = 6;

/// Digits without anything between them: where they stand, and what they say.
struct Group {
    from: usize,
    digits: Vec<u8>,
}

impl Group {
    fn to(&self) -> usize {
        self.from + self.digits.len()
    }
}

pub(crate) fn find(signs: &[Sign]) -> Vec<Masked> {
    let groups = groups(signs);
    let mut found = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        within(signs, group, &mut found);
        local(signs, group, &mut found);
        if let Some(masked) = over(signs, &groups[index..]) {
            found.push(masked);
        }
    }
    found
}

fn groups(signs: &[Sign]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        let Some(digit) = sign.digit else { continue };
        match groups.last_mut() {
            Some(group) if group.to() == at => group.digits.push(digit),
            _ => groups.push(Group { from: at, digits: vec![digit] }),
        }
    }
    groups
}

/// Numbers that stand in one long row of digits, perhaps several of them, perhaps with other digits around.
fn within(signs: &[Sign], group: &Group, found: &mut Vec<Masked>) {
    let mut at = 0;
    while at < group.digits.len() {
        let rest = &group.digits[at..];
        let from = group.from + at;
        if rest.len() >= NEW_ID && is_new_id(&rest[..NEW_ID - 1]) {
            found.push(Masked::new(from, from + NEW_ID, ID_NUMBER));
            at += NEW_ID;
        } else if rest.len() == NEW_ID - 1 && is_new_id(rest) && check_sign(signs, group.to()).is_some() {
            return;
        } else if rest.len() >= MOBILE && is_mobile(&rest[..MOBILE]) {
            found.push(Masked::new(from, from + MOBILE, PHONE));
            at += MOBILE;
        } else {
            at += 1;
        }
    }
}

/// Seven or eight digits after a word that says what they are.
fn local(signs: &[Sign], group: &Group, found: &mut Vec<Masked>) {
    if !matches!(group.digits.len(), 7 | 8) || group.digits[0] < 2 {
        return;
    }
    let before: String =
        signs[group.from.saturating_sub(WORD_REACH)..group.from].iter().map(|sign| sign.plain).collect();
    if PHONE_WORDS.iter().any(|word| before.contains(word)) {
        found.push(Masked::new(group.from, group.to(), PHONE));
    }
}

/// The longest number that begins with the first of these groups and ends with one of the next.
fn over(signs: &[Sign], groups: &[Group]) -> Option<Masked> {
    let first = groups.first()?;
    let mut digits: Vec<u8> = Vec::with_capacity(MOST_DIGITS);
    let mut longest = None;
    let mut end = first.from;
    for group in groups {
        let between = &signs[end..group.from];
        let apart = between.len() > MOST_BETWEEN || !between.iter().all(|sign| BETWEEN.contains(sign.plain));
        if (group.from > first.from && apart) || digits.len() + group.digits.len() > MOST_DIGITS {
            break;
        }
        digits.extend(&group.digits);
        end = group.to();
        if digits.len() == NEW_ID - 1
            && is_new_id(&digits)
            && let Some(to) = check_sign(signs, end)
        {
            longest = Some(Masked::new(first.from, to, ID_NUMBER));
        } else if let Some(instead) = named(&digits, &first.digits) {
            longest = Some(Masked::new(first.from, end, instead));
        }
    }
    longest
}

/// What a whole number is. `first` is its first group.
fn named(digits: &[u8], first: &[u8]) -> Option<&'static str> {
    let is_phone = |digits: &[u8]| is_mobile(digits) || is_landline(digits, first);
    let national = [&[8, 6][..], &[0, 0, 8, 6], &[0]].iter().find_map(|code| digits.strip_prefix(*code));
    if digits.len() == NEW_ID && is_new_id(&digits[..NEW_ID - 1]) || is_old_id(digits) {
        Some(ID_NUMBER)
    } else if is_phone(digits) || national.is_some_and(is_mobile) || is_from_abroad(digits) {
        Some(PHONE)
    } else if is_card(digits) {
        Some(BANK_CARD)
    } else {
        None
    }
}

fn is_mobile(digits: &[u8]) -> bool {
    digits.len() == MOBILE && digits[0] == 1 && digits[1] >= 3
}

/// An area code of three or four digits with its 0, in a group of its own or not, and seven or eight that begin with
/// neither 0 nor 1.
fn is_landline(digits: &[u8], first: &[u8]) -> bool {
    let area = match digits {
        [0, 1, 0, ..] | [0, 2, ..] => 3,
        [0, 3..=9, ..] => 4,
        _ => return false,
    };
    let local = digits.len().saturating_sub(area);
    (first.len() == area || first.len() > 6) && matches!(local, 7 | 8) && digits[area] >= 2
}

/// +86 713 2912345: from abroad the 0 is left out.
fn is_from_abroad(digits: &[u8]) -> bool {
    let national = digits.strip_prefix(&[8, 6]).or_else(|| digits.strip_prefix(&[0, 0, 8, 6]));
    national.is_some_and(|national| {
        matches!(national.len(), 9..=11) && national[0] != 0 && {
            let with_zero: Vec<u8> = std::iter::once(0).chain(national.iter().copied()).collect();
            is_landline(&with_zero, &with_zero)
        }
    })
}

/// The first 17 digits of an id number: a region and a birthday.
fn is_new_id(digits: &[u8]) -> bool {
    digits.len() == NEW_ID - 1
        && digits[0] > 0
        && matches!(digits[6..8], [1, 8 | 9] | [2, 0])
        && is_day(&digits[10..14])
}

fn is_old_id(digits: &[u8]) -> bool {
    digits.len() == OLD_ID && digits[0] > 0 && is_day(&digits[8..12])
}

fn is_day(digits: &[u8]) -> bool {
    let (month, day) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]);
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Where an X that ends an id number ends; none where no X follows.
fn check_sign(signs: &[Sign], from: usize) -> Option<usize> {
    let rest = &signs[from..];
    let between = rest.iter().take(MOST_BETWEEN).take_while(|sign| BETWEEN.contains(sign.plain)).count();
    let is_x = rest.get(between).is_some_and(|sign| matches!(sign.plain, 'x' | '×'));
    is_x.then_some(from + between + 1)
}

/// ISO/IEC 7812: the first digit says the industry, the last one checks the others.
fn is_card(digits: &[u8]) -> bool {
    if !CARD.contains(&digits.len()) || !matches!(digits[0], 3..=6 | 9) {
        return false;
    }
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}
