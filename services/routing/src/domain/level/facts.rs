//! What the level rules may look at.

use fengqiao_proto::types::v1::Matter;
use jiff::civil::Date;

use super::Past;

const ADULT_YEARS: i16 = 18;
/// Larger numbers before 人 are not the size of a group that stands somewhere.
const LARGEST_GROUP: i64 = 9_999;

/// What a report says about its people, without who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct People {
    /// How many are named.
    pub parties: i64,
    /// Whether one is known to be a minor, by an 18-digit id number.
    pub minors: bool,
    /// How many are spoken of: the largest number before 人 or 名 in the narrative, at least `parties`.
    pub group_size: i64,
}

impl People {
    /// Looks at the people of a report, as they were on the day of it.
    #[must_use]
    pub fn of(matter: &Matter, day: Date) -> Self {
        let parties = i64::try_from(matter.parties.len()).unwrap_or(i64::MAX);
        let minors = matter
            .parties
            .iter()
            .filter_map(|party| birth_date(&party.id_number))
            .any(|born| is_minor(born, day));
        let spoken_of = group_size(&matter.title).max(group_size(&matter.narrative));
        Self { parties, minors, group_size: spoken_of.max(parties) }
    }
}

/// The facts of one report in its case. Whoever grades fills them; the rules add what they find in the
/// texts, and the scale of the group.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The canonical category.
    pub category: &'a str,
    /// The name of the door in the contract, for instance `POLICE_110`.
    pub source: &'a str,
    /// The code of the area.
    pub area: &'a str,
    /// The hour of the day, in the county's zone, from 0.
    pub hour: i64,
    /// The day of the week, in the county's zone: Monday is 1, Sunday 7.
    pub weekday: i64,
    /// How urgent the hotline says a ticket is (紧急程度): `NORMAL`, `URGENT`, `EXTREMELY_URGENT`, or empty.
    pub urgency: &'a str,
    /// What the case has been through.
    pub past: Past,
    /// What it says about its people.
    pub people: People,
    /// The tags of the case and of its place, for instance `no_property_management` (S0-12).
    pub tags: &'a [String],
    /// The title; never leaves the evaluation.
    pub title: &'a str,
    /// The narrative; never leaves the evaluation.
    pub narrative: &'a str,
}

fn birth_date(id_number: &str) -> Option<Date> {
    let digits = (id_number.len() == 18 && id_number.is_ascii()).then(|| &id_number[6..14])?;
    let year = digits[..4].parse().ok()?;
    let month = digits[4..6].parse().ok()?;
    let day = digits[6..].parse().ok()?;
    Date::new(year, month, day).ok()
}

fn is_minor(born: Date, day: Date) -> bool {
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    let age = day.year() - born.year() - i16::from(!had_birthday);
    (0..ADULT_YEARS).contains(&age)
}

/// The largest number that stands before 人, 名, 余人, 多人 …
fn group_size(text: &str) -> i64 {
    let mut largest = 0;
    let mut number: Option<i64> = None;
    for c in text.chars() {
        match (c.to_digit(10), number) {
            (Some(digit), so_far) => {
                number = Some(so_far.unwrap_or(0).saturating_mul(10).saturating_add(i64::from(digit)));
            }
            (None, Some(_)) if matches!(c, '多' | '余' | '几' | '个' | ' ') => {}
            (None, Some(found)) => {
                if matches!(c, '人' | '名') && found <= LARGEST_GROUP {
                    largest = largest.max(found);
                }
                number = None;
            }
            (None, None) => {}
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::types::v1::Party;

    use super::*;

    fn matter(narrative: &str, ids: &[&str]) -> Matter {
        Matter {
            narrative: narrative.into(),
            parties: ids.iter().map(|id| Party { id_number: (*id).into(), ..Default::default() }).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn a_minor_is_known_by_the_id_number_on_the_day() {
        let day = jiff::civil::date(2026, 11, 24);
        for (id, minor) in [
            ("99000020081124001X", false),
            ("99000020081125001X", true),
            ("99000020270101001X", false),
            ("990000200802300011", false),
            ("", false),
            ("身份证号码不是数字的", false),
        ] {
            assert_eq!(People::of(&matter("", &[id]), day).minors, minor, "{id}");
        }
    }

    #[test]
    fn the_size_of_a_group_is_read_from_the_text() {
        for (text, size) in [
            ("约30余人围堵", 30),
            ("12 名工人讨薪,另有3人", 12),
            ("20多人聚集", 20),
            ("电话13800000000", 0),
            ("99999999999999999999999人", 0),
            ("欠薪 5000 元", 0),
            ("", 0),
        ] {
            assert_eq!(group_size(text), size, "{text}");
        }
        assert_eq!(People::of(&matter("两人", &["", "", ""]), jiff::civil::date(2026, 1, 1)).group_size, 3);
    }
}
