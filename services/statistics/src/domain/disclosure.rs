//! What may be told of areas that are not the caller's own, so that nobody can probe persons. The one rule, for answers
//! to questions and for analysts' SQL alike.
//!
//! **Inside the own area** facts are open: who works there knows its cases by name anyway. A caller whose own area is the
//! whole county sees everything exactly.
//!
//! **Outside** a caller gets counts, and those only of fixed cells: a month that is over, a town, and one value of at
//! most one further dimension ([`Split`]). Each cell's count is rounded at random to a multiple of [`BASE`], up or down
//! with the chance that keeps the mean right, and the dice are a keyed hash of the cell. So
//!
//! * a count of 1 to 4 is never shown: it becomes 0 or 5; and a shown 5 may be anything from 1 to 9;
//! * a cell always gives the same answer, in whatever question, process or year it is asked for: asking again teaches
//!   nothing, which it would with fresh noise;
//! * every answer outside is a sum of such cells, and of nothing else. There is no exact total to subtract from, and no
//!   choice of windows, lists or filters makes new dice. Whatever is computed from the rounded cells tells no more than
//!   the cells do (they are all that leaves), so differences are useless by construction, and totals add up;
//! * the dice belong to the cell and not to the indicator: a numerator is never shown above its denominator, and ten
//!   indicators with one denominator are one look at it, not ten.
//!
//! Each fact lies in one cell of each split, that is in six cells in all: an attacker has six looks at it, and cannot make
//! a seventh. That is why sums of what facts hold (minutes, sessions), p50 and p90, single days, communities, earlier
//! states of knowledge, cells of two dimensions and lists of cases are not told outside: each would be another look, or a
//! number that rounding to fives does not hide. Suppression with complements was the other choice: it needs all tables that
//! were ever asked for to be weighed against each other, which free questions do not allow; and noise by the records of a
//! cell (the cell-key method in full) can be averaged away over the endless choice of record sets that free filters give.
//!
//! Analysts' tables of events and of what stands open at the end of each day are of the own area only, for the same reason:
//! a case that stands open for a year would be in twelve cells of months' ends, twelve looks at it, and each kind of event
//! that happens to a case once (it is opened, it is settled) another one.
//!
//! What remains: who is in a county's figures also through late corrections can see that a month that is over has changed
//! by at least one. The mean of many cells is right, a single small cell is not: that is the price.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

use super::area::significant;

/// Counts are rounded to multiples of this; smaller ones than this are never shown.
pub const BASE: i64 = 5;
/// The digits of a town's code: the smallest area outside the own one.
pub const TOWN_DIGITS: usize = 9;

/// What a caller sees exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// All of the county.
    County,
    /// An area in it, by its significant digits.
    Area(String),
}

impl Sight {
    /// Of a caller with this area of its own.
    pub fn of(area: Option<&str>) -> Self {
        // A county's own code is no part of it.
        match area.map(significant) {
            Some(area) if area.len() > 6 => Self::Area(area.to_owned()),
            _ => Self::County,
        }
    }

    /// Whether all of an area is seen exactly. Empty is the county.
    pub fn holds(&self, area: &str) -> bool {
        match self {
            Self::County => true,
            Self::Area(own) => significant(area).starts_with(own.as_str()),
        }
    }
}

/// By what cells are split besides month and town.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Not at all.
    Whole,
    /// By the canonical category.
    Category,
    /// By the level.
    Level,
    /// By the door.
    Source,
    /// By the agency.
    Agency,
    /// By the kind: the form of a push, the kind of a duty or activity.
    Kind,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Whole, Self::Category, Self::Level, Self::Source, Self::Agency, Self::Kind];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Category => "category",
            Self::Level => "level",
            Self::Source => "source",
            Self::Agency => "agency",
            Self::Kind => "kind",
        }
    }
}

/// A cell outside the own area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The county's code.
    pub county: &'a str,
    /// `2026-11`, in the county's own time.
    pub month: &'a str,
    /// The town's 9 digits.
    pub town: &'a str,
    /// By what it is split.
    pub split: Split,
    /// Which part of the split, as answers write it: `RED`, `neighbourhood`; empty of the whole.
    pub value: &'a str,
}

/// The installation's key for the dice: 16 bytes, made once and kept for ever.
#[derive(Clone)]
pub struct Dice([u8; 16]);

impl std::fmt::Debug for Dice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dice")
    }
}

impl Dice {
    /// With this key.
    pub const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// What is shown of a cell's count.
    pub fn shown(&self, cell: Cell<'_>, count: i64) -> i64 {
        let over = count.rem_euclid(BASE);
        let down = count - over;
        // 0 to 4, each as likely: so `over` of five times it goes up.
        if over > self.throw(cell) { down + BASE } else { down }
    }

    fn throw(&self, cell: Cell<'_>) -> i64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        for part in [cell.county, cell.month, cell.town, cell.split.word(), cell.value] {
            hasher.write(part.as_bytes());
            // No text holds it: two cells are never one.
            hasher.write_u8(0);
        }
        i64::try_from(hasher.finish() % BASE.unsigned_abs()).unwrap_or_default()
    }

    /// A stand-in for an id: the same for the same id, and of no use anywhere else.
    pub fn key_of(&self, id: &[u8; 16]) -> i64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(b"key");
        hasher.write(id);
        hasher.finish().cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell<'a>(month: &'a str, town: &'a str, split: Split, value: &'a str) -> Cell<'a> {
        Cell { county: "421181", month, town, split, value }
    }

    proptest! {
        #[test]
        fn small_counts_are_never_shown_and_order_stays(
            key: [u8; 16], month in "20[0-9]{2}-[01][0-9]", value in "[a-z]{0,8}", less in 0_i64..40, more in 0_i64..40,
        ) {
            let dice = Dice::new(key);
            let at = cell(&month, "421181105", Split::Category, &value);
            let (less, more) = (less.min(more), less.max(more));
            let (shown, above) = (dice.shown(at, less), dice.shown(at, more));
            prop_assert_eq!(shown % BASE, 0);
            prop_assert!((shown - less).abs() < BASE);
            prop_assert!(shown <= above, "a part is never more than the whole");
            prop_assert_eq!(shown, dice.shown(at, less), "the same cell, the same answer");
            if less == 0 { prop_assert_eq!(shown, 0); }
        }
    }

    #[test]
    fn the_mean_is_right() {
        let dice = Dice::new([7; 16]);
        for count in 1..5 {
            let months: Vec<_> = (0..10_000).map(|n| n.to_string()).collect();
            let sum: i64 = months
                .iter()
                .map(|month| dice.shown(cell(month, "421181105", Split::Whole, ""), count))
                .sum();
            assert!((sum - count * 10_000).abs() < 1_200, "{count}: {sum}");
        }
    }

    #[test]
    fn differences_tell_nothing_that_the_cells_do_not() {
        // Someone knows all of a town's cases but one, and wants to know whether that one is of a category. Whichever
        // sets of categories are summed with it and without it, the difference is the one rounded cell, each time.
        let dice = Dice::new([3; 16]);
        let names: Vec<_> = (0..12).map(|n| format!("category{n}")).collect();
        let shown: Vec<_> = names
            .iter()
            .map(|name| dice.shown(cell("2026-11", "421181105", Split::Category, name), 3))
            .collect();
        let of = |set: u32| -> i64 { (0..12).filter(|n| set >> n & 1 == 1).map(|n| shown[n]).sum() };
        let differences: std::collections::BTreeSet<_> =
            (0..1_u32 << 11).map(|others| of(others << 1 | 1) - of(others << 1)).collect();
        assert_eq!(differences.len(), 1, "thousands of differences are one look");
        // And that look does not tell whether there are 2, 3 or 4: over keys each shows both 0 and 5.
        for truth in 1..5 {
            let looks: std::collections::BTreeSet<_> = (0..200_u8)
                .map(|key| Dice::new([key; 16]).shown(cell("2026-11", "421181105", Split::Whole, ""), truth))
                .collect();
            assert_eq!(looks, [0, 5].into(), "{truth}");
        }
    }

    #[test]
    fn own_areas_are_seen() {
        let town = Sight::of(Some("421181105000"));
        assert_eq!(town, Sight::Area("421181105".into()));
        assert!(town.holds("421181105201") && town.holds("421181105"));
        assert!(!town.holds("421181106") && !town.holds("421181") && !town.holds(""));
        assert!(Sight::of(None).holds("421181106"));
        assert_eq!(Sight::of(Some("421181")), Sight::County);
    }
}
