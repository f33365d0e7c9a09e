//! A window of days as few days, months and years, for each of which there is a count already. What is too much is taken
//! off again: up to the 28th of a month is the month without its last days.

use jiff::{ToSpan as _, civil::Date};

/// How long a piece is. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Span {
    /// A day.
    Day = 1,
    /// A month.
    Month = 2,
    /// A year.
    Year = 3,
}

/// A piece of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// How long it is.
    pub span: Span,
    /// Its first day.
    pub begins: Date,
    /// Whether it is taken off.
    pub is_off: bool,
}

impl Piece {
    /// 1, or -1 where it is taken off.
    #[must_use]
    pub const fn sign(self) -> i64 {
        if self.is_off { -1 } else { 1 }
    }

    /// The day after its last one; the end of the calendar beyond it.
    #[must_use]
    pub fn before(self) -> Date {
        let length = match self.span {
            Span::Day => 1.day(),
            Span::Month => 1.month(),
            Span::Year => 1.year(),
        };
        self.begins.checked_add(length).unwrap_or(Date::MAX)
    }
}

/// The pieces of the days from one on and before another.
#[must_use]
pub fn pieces(from: Date, before: Date) -> Vec<Piece> {
    cover(Span::Year, from, before)
}

/// Covers days with pieces of this length and shorter ones.
fn cover(span: Span, from: Date, before: Date) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut next = from;
    while next < before {
        let begins = match span {
            Span::Day => next,
            Span::Month => next.first_of_month(),
            Span::Year => next.first_of_year(),
        };
        let whole = Piece { span, begins, is_off: false };
        let (end, last) = (whole.before(), whole.before().min(before));
        let shorter = match span {
            Span::Day => None,
            Span::Month => Some(Span::Day),
            Span::Year => Some(Span::Month),
        };
        match shorter {
            Some(shorter) if (next, last) != (begins, end) => {
                let inside = cover(shorter, next, last);
                let mut outside = cover(shorter, begins, next);
                outside.extend(cover(shorter, last, end));
                if inside.len() <= outside.len() + 1 {
                    pieces.extend(inside);
                } else {
                    let off = outside.into_iter().map(|piece| Piece { is_off: !piece.is_off, ..piece });
                    pieces.extend(std::iter::once(whole).chain(off));
                }
            }
            _ => pieces.push(whole),
        }
        next = last;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_years_up_to_today_are_few_pieces() {
        let all = pieces(date(2024, 12, 1), date(2026, 11, 29));
        let piece = |span, begins, is_off| Piece { span, begins, is_off };
        let expected = [
            piece(Span::Month, date(2024, 12, 1), false),
            piece(Span::Year, date(2025, 1, 1), false),
            piece(Span::Year, date(2026, 1, 1), false),
            piece(Span::Day, date(2026, 11, 29), true),
            piece(Span::Day, date(2026, 11, 30), true),
            piece(Span::Month, date(2026, 12, 1), true),
        ];
        assert_eq!(all, expected);
        assert_eq!(pieces(date(2026, 11, 2), date(2026, 11, 2)), []);
        let november = [piece(Span::Month, date(2026, 11, 1), false)];
        assert_eq!(pieces(date(2026, 11, 1), date(2026, 12, 1)), november);
    }

    proptest! {
        #[test]
        fn each_day_of_a_window_is_counted_once_and_no_other_one(first in 0i32..1500, days in 0i32..1500) {
            let from = date(2020, 1, 1).checked_add(first.days()).unwrap();
            let before = from.checked_add(days.days()).unwrap();
            let all = pieces(from, before);
            prop_assert!(all.len() < 60, "{}", all.len());
            let around = date(2019, 12, 1).series(1.day()).take_while(|day| *day < date(2029, 2, 1));
            for day in around {
                let counted: i64 = all
                    .iter()
                    .filter(|piece| piece.begins <= day && day < piece.before())
                    .map(|piece| piece.sign())
                    .sum();
                prop_assert_eq!(counted, i64::from(from <= day && day < before), "{}", day);
            }
        }
    }
}
