//! Number series, such as 麻综治报〔2026〕第0001号: one for each issuer, pattern and year.

/// No number has more digits than this before it is filled up with zeros no further.
const MOST_DIGITS: u8 = 9;

/// How the numbers of a kind are written: `{prefix}` is the issuer's, `{year}` the year, `{number:4}` the running
/// number with at least four digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesPattern {
    head: String,
    digits: u8,
    tail: String,
}

/// What the numbers of one series share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    /// Names the series within the county and year: two kinds that are written alike share one.
    pub series: String,
    /// What stands before the running number.
    pub head: String,
    /// It has at least so many digits.
    pub digits: u8,
    /// What stands after it.
    pub tail: String,
}

impl SeriesPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What would have to be true.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        const NUMBER: &str = "a pattern has {number} or {number:4} once";
        let (head, rest) = text.split_once("{number").ok_or(NUMBER)?;
        let (digits, tail) = rest.split_once('}').ok_or(NUMBER)?;
        let digits = match digits.strip_prefix(':') {
            None if digits.is_empty() => 1,
            None => return Err(NUMBER.to_owned()),
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|digits| (1..=MOST_DIGITS).contains(digits))
                .ok_or("a number has 1 to 9 digits")?,
        };
        let left = format!("{head}{tail}").replace("{prefix}", "").replace("{year}", "");
        if left.contains(['{', '}']) {
            return Err("a pattern has {prefix}, {year} and {number}, and no other places".to_owned());
        }
        if !head.contains("{year}") && !tail.contains("{year}") {
            return Err("a pattern has {year}: numbers begin anew with each year".to_owned());
        }
        Ok(Self { head: head.to_owned(), digits, tail: tail.to_owned() })
    }

    /// The numbering of an issuer's year.
    #[must_use]
    pub fn of(&self, prefix: &str, year: i16) -> Numbering {
        let place = |part: &str| part.replace("{prefix}", prefix);
        let (head, tail) = (place(&self.head), place(&self.tail));
        let year = year.to_string();
        Numbering {
            series: format!("{head}{{number}}{tail}"),
            head: head.replace("{year}", &year),
            digits: self.digits,
            tail: tail.replace("{year}", &year),
        }
    }
}

impl Numbering {
    /// The whole number.
    #[must_use]
    pub fn number(&self, number: i32) -> String {
        let Self { head, digits, tail, .. } = self;
        format!("{head}{number:0width$}{tail}", width = usize::from(*digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_county_writes_them() {
        let pattern = SeriesPattern::read("{prefix}报〔{year}〕第{number:4}号").unwrap();
        let numbering = pattern.of("麻综治", 2026);
        assert_eq!(numbering.number(1), "麻综治报〔2026〕第0001号");
        assert_eq!(numbering.number(12_345), "麻综治报〔2026〕第12345号");
        assert_eq!(numbering.series, pattern.of("麻综治", 2027).series, "the year is a part of its own");
        assert_ne!(numbering.series, pattern.of("阎镇", 2026).series);
        assert_eq!(SeriesPattern::read("{year}-{number}").unwrap().of("", 2026).number(7), "2026-7");
    }

    #[test]
    fn a_pattern_that_could_give_a_number_twice_is_refused() {
        for (text, reason) in [
            ("{prefix}报〔{year}〕", "once"),
            ("{prefix}报第{number:4}号", "begin anew with each year"),
            ("{year}{number:x}", "1 to 9 digits"),
            ("{year}{number:0}", "1 to 9 digits"),
            ("{year}{number4}", "once"),
            ("{year}{number}{number}", "no other places"),
            ("{year}{month}{number}", "no other places"),
        ] {
            let said = SeriesPattern::read(text).unwrap_err();
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
