//! The part of an address below the community: estate, street, building, unit, room, group, number.

use std::sync::LazyLock;

use crate::{signs::Signs, writing::sound};

/// A house or flat, as far as it is named. Numbers are digits (or letters) without leading zeros; what is not named
/// is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct House {
    /// 麻城大道.
    pub street: String,
    /// The number in the street: 37号.
    pub street_number: String,
    /// 金丰小区, without the word for its kind.
    pub estate: String,
    /// 3号楼, 3栋, 3幢, 3座.
    pub building: String,
    /// 2单元.
    pub unit: String,
    /// 501室.
    pub room: String,
    /// A hamlet or a place without a code: 王家湾.
    pub hamlet: String,
    /// A village's group: 5组.
    pub group: String,
    /// The number in a group or hamlet: 12号.
    pub number: String,
}

/// What may follow a number, and the one word for it.
const UNITS: &[(&str, Follows)] = &[
    ("号楼", Follows::Building),
    ("号栋", Follows::Building),
    ("栋", Follows::Building),
    ("幢", Follows::Building),
    ("座", Follows::Building),
    ("单元", Follows::Entrance),
    ("门", Follows::Entrance),
    ("室", Follows::Room),
    ("房", Follows::Room),
    ("村民小组", Follows::Group),
    ("居民小组", Follows::Group),
    ("村民组", Follows::Group),
    ("小组", Follows::Group),
    ("组", Follows::Group),
    ("队", Follows::Group),
    ("层", Follows::Floor),
    ("楼", Follows::Floor),
    ("弄", Follows::Lane),
    ("巷", Follows::Lane),
    ("号院", Follows::Number),
    ("号", Follows::Number),
    ("户", Follows::Number),
    ("期", Follows::Phase),
];
static NUMERALS: Signs = Signs::of("零〇一二两三四五六七八九十百");
/// A word that ends so names a street.
const STREETS: &[&str] = &["大道", "路", "街", "巷", "弄", "胡同"];
/// Left out as often as said.
const ESTATES: &[&str] = &["住宅小区", "安置小区", "小区", "社区", "生活区", "家属院", "家属楼", "宿舍"];
/// What estates are called besides; who lives there leaves it out, or says 小区: 帝景国际 is 帝景 and 帝景小区.
const ESTATE_ENDS: &[&str] = &[
    "家园", "花园", "佳苑", "名城", "国际", "公馆", "新村", "雅居", "华庭", "华府", "雅苑", "家苑", "嘉园",
    "豪庭", "名邸", "名苑", "名居", "名府", "苑", "府", "城",
];
/// How those of two characters sound.
static ESTATE_ENDS_HEARD: LazyLock<Vec<String>> = LazyLock::new(|| {
    ESTATE_ENDS.iter().filter(|end| end.chars().count() == 2).map(|end| sound(end)).collect()
});
/// What is said around a place and does not tell it.
const SAYINGS: &[&str] = &[
    "门牌号",
    "门牌",
    "本人住址",
    "现住址",
    "住址",
    "户籍地",
    "居住地",
    "家门口",
    "大门口",
    "门口",
    "门前",
    "旁边",
    "附近",
    "对面",
    "路边",
    "村口",
    "路口",
    "楼下",
    "家中",
    "家里",
];
/// A room has a floor in front: 501.
const ROOM_DIGITS: std::ops::RangeInclusive<usize> = 3..=4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    Building,
    Entrance,
    Room,
    Group,
    Floor,
    Lane,
    /// 海棠小区二期: left out as often as said.
    Phase,
    /// 号: a building, a room or a house, as it stands.
    Number,
    /// A number alone.
    Bare,
}

/// No spaces and no punctuation; `#` after a number is 号; a hyphen stays between letters and digits, where it parts
/// numbers.
pub(super) fn plain_signs(text: &str) -> String {
    let signs: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut plain = String::with_capacity(text.len());
    for (at, &sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| signs[i]);
        match sign {
            '#' if before.is_some_and(|c| c.is_ascii_alphanumeric()) => plain.push('号'),
            '-' | '‐' | '‑' | '–' | '—' | '−' | '/'
                if before.is_some_and(|c| c.is_ascii_alphanumeric() || NUMERALS.has(c))
                    && signs.get(at + 1).is_some_and(|c| c.is_ascii_alphanumeric() || NUMERALS.has(*c)) =>
            {
                plain.push('-');
            }
            _ if sign.is_alphanumeric() => plain.push(sign),
            _ => {}
        }
    }
    plain
}

/// 五组十二号 → 5组12号, 第3栋 → 3栋, 03号 → 3号, 五〇一 at the end → 501. Numerals that no unit follows are names:
/// 三河口.
pub(super) fn in_digits(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut left = text;
    while let Some(c) = left.chars().next() {
        let run = left.find(|c| !NUMERALS.has(c)).unwrap_or(left.len());
        if run > 0 {
            let (numerals, after) = left.split_at(run);
            // After a unit a number alone may stand at the end: 三号楼五〇一.
            let counts = unit_at(after).is_some()
                || after.starts_with('-')
                || written.ends_with('-')
                || (after.is_empty() && written.ends_with(|c: char| "元栋楼幢座号组".contains(c)));
            match value_of(numerals).filter(|_| counts) {
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

fn unit_at(text: &str) -> Option<(Follows, &str)> {
    UNITS.iter().find_map(|(said, unit)| text.strip_prefix(said).map(|after| (*unit, after)))
}

/// A word and the numbers after it, up to the next word.
struct Piece<'a> {
    word: &'a str,
    numbers: Vec<(&'a str, Follows)>,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut left = text;
    while !left.is_empty() {
        let word_end = left.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(left.len());
        let (word, mut rest) = left.split_at(word_end);
        let mut numbers = Vec::new();
        loop {
            let run = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            if run == 0 {
                break;
            }
            let (number, after) = rest.split_at(run);
            if let Some(next) = after.strip_prefix('-') {
                numbers.push((number, Follows::Bare));
                rest = next;
                continue;
            }
            match unit_at(after) {
                Some((unit, after)) => {
                    numbers.push((number, unit));
                    rest = after;
                }
                None => {
                    numbers.push((number, Follows::Bare));
                    rest = after;
                    break;
                }
            }
        }
        pieces.push(Piece { word, numbers });
        left = rest.trim_start_matches('-');
    }
    pieces
}

impl House {
    /// Reads what follows the community in an address that has plain signs and digits.
    pub(super) fn read(text: &str) -> Self {
        let mut house = Self::default();
        for mut piece in pieces(text) {
            if piece.numbers.is_empty() && !house.is_empty() {
                // 张伟家, 后门, 旁边.
                continue;
            }
            let word = house.take_street(without_saying(piece.word));
            let said = piece.numbers.len();
            piece.numbers.retain(|(_, unit)| *unit != Follows::Phase);
            house.take(word, &piece.numbers, piece.numbers.len() < said);
        }
        house
    }

    /// Whether nothing was named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes the street that a word begins with, 金桥大道桃林水岸, and gives what is left of it.
    fn take_street<'a>(&mut self, word: &'a str) -> &'a str {
        let split = STREETS.iter().find_map(|street| {
            let end = word.rfind(street)? + street.len();
            let rest = &word[end..];
            (end > street.len() && !ESTATES.contains(&rest) && rest.chars().count() >= 2).then_some(end)
        });
        match split {
            Some(end) => {
                word[..end].clone_into(&mut self.street);
                &word[end..]
            }
            None => word,
        }
    }

    /// Takes a word and its numbers; only estates are built in phases.
    fn take(&mut self, word: &str, numbers: &[(&str, Follows)], in_phase: bool) {
        let is_street = STREETS.iter().any(|street| word.ends_with(street) && word.len() > street.len());
        let mut numbers = numbers;
        if is_street {
            word.clone_into(&mut self.street);
            if let [(number, Follows::Number | Follows::Bare), rest @ ..] = numbers {
                (*number).clone_into(&mut self.street_number);
                numbers = rest;
            }
        }
        let estate = estate_of(word);
        let named = !is_street && !word.is_empty();
        // Numbers alone are building, unit and room as they are many: 3-2-501, 3-501.
        if let [(building, Follows::Bare), rest @ ..] = numbers
            && (1..=2).contains(&rest.len())
            && rest.iter().all(|(_, unit)| matches!(unit, Follows::Bare | Follows::Room | Follows::Number))
        {
            if self.building.is_empty() {
                (*building).clone_into(&mut self.building);
                if rest.len() == 2 {
                    rest[0].0.clone_into(&mut self.unit);
                }
            } else {
                (*building).clone_into(&mut self.unit);
            }
            rest[rest.len() - 1].0.clone_into(&mut self.room);
            if named {
                core_of(estate).clone_into(&mut self.estate);
            }
            return;
        }
        let in_building = |unit: &Follows| {
            matches!(unit, Follows::Building | Follows::Entrance | Follows::Room | Follows::Floor)
        };
        let flats = numbers.iter().any(|(_, unit)| in_building(unit))
            || estate != word
            || in_phase
            || (numbers.is_empty() && core_of(word) != word);
        if named && flats {
            core_of(estate).clone_into(&mut self.estate);
        } else if named {
            word.clone_into(&mut self.hamlet);
        }
        let mut floor: Option<u32> = None;
        for (at, (number, unit)) in numbers.iter().enumerate() {
            // 6层2号 is 602.
            if let (Some(floor), Ok(door @ 1..=20)) = (floor.take(), number.parse::<u32>()) {
                self.room = (floor * 100 + door).to_string();
                continue;
            }
            let more = at + 1 < numbers.len();
            let place = match unit {
                Follows::Building => &mut self.building,
                Follows::Entrance => &mut self.unit,
                Follows::Room => &mut self.room,
                Follows::Group => &mut self.group,
                Follows::Floor => {
                    floor = number.parse().ok().filter(|floor| *floor < 100);
                    continue;
                }
                Follows::Lane | Follows::Phase => &mut self.street_number,
                // 3栋2-501: between building and room stands the unit.
                Follows::Bare if more && !self.building.is_empty() && self.unit.is_empty() => &mut self.unit,
                Follows::Number | Follows::Bare if !self.building.is_empty() || !self.unit.is_empty() => {
                    &mut self.room
                }
                // 金丰小区3号501室: a number before others is the building's.
                Follows::Number | Follows::Bare if more && self.group.is_empty() => &mut self.building,
                Follows::Number | Follows::Bare if flats && ROOM_DIGITS.contains(&number.len()) => {
                    &mut self.room
                }
                Follows::Number | Follows::Bare => &mut self.number,
            };
            (*number).clone_into(place);
        }
    }
}

/// The word without what says nothing of where it is: 门牌19号, 瑞景苑（本人住址）, 曹家寨村门口.
fn without_saying(word: &str) -> &str {
    let mut left = word;
    while let Some(less) = SAYINGS.iter().find_map(|saying| left.strip_suffix(saying)) {
        left = less;
    }
    left
}

/// An estate's name without the word for its kind, where two characters are left.
fn estate_of(word: &str) -> &str {
    without_end(word, ESTATES)
}

/// The part of an estate's name that nobody leaves out.
fn core_of(estate: &str) -> &str {
    let core = without_end(estate, ESTATE_ENDS);
    if core != estate {
        return core;
    }
    // 和润花庭 is 和润华庭.
    let heard = estate.char_indices().rev().nth(1).filter(|(at, _)| {
        let end = sound(&estate[*at..]);
        estate[..*at].chars().count() >= 2 && ESTATE_ENDS_HEARD.contains(&end)
    });
    heard.map_or(estate, |(at, _)| &estate[..at])
}

/// Whether a text begins with what a name ends with: the name before it is a street's or an estate's.
pub(super) fn begins_with_kind(text: &str) -> bool {
    let word = text.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    word.chars().count() < 2
        || [STREETS, ESTATES, ESTATE_ENDS]
            .into_iter()
            .flatten()
            // 城东大道 is no end of a name.
            .any(|kind| word == *kind || kind.chars().count() > 1 && word.starts_with(kind))
}

/// Whether what follows the county's name is the rest of a street that is named after it: 大道12号, 北路.
pub(crate) fn is_rest_of_street(text: &str) -> bool {
    const WITH_QUARTER: usize = 2;
    let word: &str = text.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    word.chars().count() < 2
        || STREETS.iter().any(|kind| {
            word.starts_with(kind)
                || word.find(kind).is_some_and(|at| word[..at + kind.len()].chars().count() <= WITH_QUARTER)
        })
}

fn without_end<'a>(word: &'a str, ends: &[&str]) -> &'a str {
    ends.iter()
        .find_map(|end| word.strip_suffix(end))
        .filter(|name| name.chars().count() >= 2)
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> House {
        House::read(&in_digits(&plain_signs(text)))
    }

    fn flat(estate: &str, building: &str, unit: &str, room: &str) -> House {
        let [estate, building, unit, room] = [estate, building, unit, room].map(str::to_owned);
        House { estate, building, unit, room, ..House::default() }
    }

    #[test]
    fn flats_have_one_form() {
        let whole = flat("金丰", "3", "2", "501");
        for written in [
            "金丰小区3号楼2单元501室",
            "金丰小区3栋2单元501",
            "金丰小区三幢二单元501号",
            "金丰小区 3#楼 2单元 501",
            "金丰3-2-501",
            "金丰小区3-2-501室",
            "金丰小区（3栋）2单元，501室",
            "金丰小区三号楼二单元五〇一室",
            "金丰小区3号楼2单元5楼501",
            "金丰小区3栋2-501",
            "金丰小区3栋2单元5层1号",
        ] {
            assert_eq!(read(written), whole, "{written}");
        }
        for (written, estate, building, unit, room) in [
            ("三号楼501", "", "3", "", "501"),
            ("3栋2单元501", "", "3", "2", "501"),
            ("三号楼五零一", "", "3", "", "501"),
            ("金丰小区3-501", "金丰", "3", "", "501"),
            ("金丰小区3号501室", "金丰", "3", "", "501"),
            ("金丰小区A座1203", "金丰", "A", "", "1203"),
            ("金丰小区501", "金丰", "", "", "501"),
            ("金丰小区", "金丰", "", "", ""),
            ("金丰花园3栋501", "金丰", "3", "", "501"),
            ("金丰花圆3栋501", "金丰", "3", "", "501"),
            ("金丰花园", "金丰", "", "", ""),
            ("金丰小区二期3栋501", "金丰", "3", "", "501"),
            ("金丰花园2期", "金丰", "", "", ""),
            ("金丰花园（本人住址）", "金丰", "", "", ""),
            ("金丰小区门口", "金丰", "", "", ""),
        ] {
            assert_eq!(read(written), flat(estate, building, unit, room), "{written}");
        }
        assert_ne!(read("金丰小区32栋5单元01"), whole);
    }

    #[test]
    fn streets_have_numbers_and_estates_may_lie_in_them() {
        let house = read("金桥大道37号桃林水岸11栋185室");
        assert_eq!((house.street.as_str(), house.street_number.as_str()), ("金桥大道", "37"));
        assert_eq!(
            (house.estate.as_str(), house.building.as_str(), house.room.as_str()),
            ("桃林水岸", "11", "185")
        );
        let house = read("金桥大道桃林水岸11栋185室");
        assert_eq!(
            (house.street.as_str(), house.estate.as_str(), house.room.as_str()),
            ("金桥大道", "桃林水岸", "185")
        );
        let house = read("八一路12号");
        assert_eq!((house.street.as_str(), house.street_number.as_str()), ("八一路", "12"));
    }

    #[test]
    fn villages_have_groups_hamlets_and_numbers() {
        let house = read("王家湾5组12号");
        assert_eq!(
            (house.hamlet.as_str(), house.group.as_str(), house.number.as_str()),
            ("王家湾", "5", "12")
        );
        let house = read("五组");
        assert_eq!((house.group.as_str(), house.number.as_str()), ("5", ""));
        assert_eq!(read("12号").number, "12");
        assert_eq!(read("5组门牌12号"), read("5组12号"));
        assert_eq!(read("王家湾门牌号12号"), read("王家湾12号"));
        assert_eq!(read("村口"), House::default());
        assert_eq!(read("河边").hamlet, "河边");
    }

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
        assert_eq!(in_digits("三河口八一路十二号"), "三河口八一路12号");
    }

    #[test]
    fn hyphens_part_numbers() {
        assert_eq!(plain_signs("3-2-501 — 后门"), "3-2-501后门");
    }
}
