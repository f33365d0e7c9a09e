//! A window of days as the fewest days, months and years that it is made of: for each there is a count already.

use jiff::civil::{Date, date};

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
}

impl Piece {
    /// The day after its last one; none beyond the calendar.
    #[must_use]
    pub fn before(self) -> Option<Date> {
        let (year, month) = (self.begins.year(), self.begins.month());
        match self.span {
            Span::Day => self.begins.tomorrow().ok(),
            Span::Month if month < 12 => Date::new(year, month + 1, 1).ok(),
            Span::Month | Span::Year => Date::new(year.checked_add(1)?, 1, 1).ok(),
        }
    }
}

/// The pieces of the days from one on and before another, in their order.
#[must_use]
pub fn pieces(from: Date, before: Date) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut begins = from;
    while begins < before {
        let fits = |span: Span| {
            let piece = Piece { span, begins };
            let starts = match span {
                Span::Day => true,
                Span::Month => begins.day() == 1,
                Span::Year => begins == date(begins.year(), 1, 1),
            };
            piece.before().filter(|end| starts && *end <= before).map(|end| (piece, end))
        };
        let Some((piece, end)) = [Span::Year, Span::Month, Span::Day].into_iter().find_map(fits) else {
            break;
        };
        pieces.push(piece);
        begins = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_years_and_some_are_few_pieces() {
        let all = pieces(date(2024, 11, 29), date(2027, 2, 2));
        let spans: Vec<_> = all.iter().map(|piece| piece.span).collect();
        use Span::{Day, Month, Year};
        assert_eq!(spans, [Day, Day, Month, Year, Year, Month, Day]);
        assert_eq!(pieces(date(2026, 11, 2), date(2026, 11, 2)), []);
        let november = [Piece { span: Month, begins: date(2026, 11, 1) }];
        assert_eq!(pieces(date(2026, 11, 1), date(2026, 12, 1)), november);
    }

    proptest! {
        #[test]
        fn each_day_of_a_window_is_in_one_piece(first in 0i32..4000, days in 0i32..2000) {
            let from = date(2020, 1, 1).checked_add(first.days()).unwrap();
            let before = from.checked_add(days.days()).unwrap();
            let mut next = from;
            for piece in pieces(from, before) {
                prop_assert_eq!(piece.begins, next);
                next = piece.before().unwrap();
            }
            prop_assert_eq!(next, before.max(from));
        }
    }
}
