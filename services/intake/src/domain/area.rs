//! The code of an area, as a report names it.

use std::fmt;

/// The code of an area in one form: the county's 6 digits, a town's or community's 12, a grid's 15.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AreaCode(String);

const GROUP: usize = 3;
const COUNTY: usize = 6;
const TOWN: usize = 9;
const STATISTICAL: usize = 12;
const GRID: usize = 15;

impl AreaCode {
    /// Reads a code of 6, 12 or 15 digits in a county. Zeros that only fill up are taken off, so that an
    /// area has one code: a county's 12 digits become 6, a community's 15 become 12.
    #[must_use]
    pub fn read(code: &str, county: &str) -> Option<Self> {
        if !matches!(code.len(), COUNTY | STATISTICAL | GRID)
            || !code.bytes().all(|b| b.is_ascii_digit())
            || !code.starts_with(county)
        {
            return None;
        }
        Some(Self::of_area(without_filling(code)))
    }

    /// The code of an area of the county's tree, which knows it without filling zeros.
    #[must_use]
    pub fn of_area(short: &str) -> Self {
        Self(if short.len() == TOWN { format!("{short:0<STATISTICAL$}") } else { short.to_owned() })
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code without the zeros that fill it up. What lies in the area starts with it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        without_filling(&self.0)
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn without_filling(code: &str) -> &str {
    let mut short = code;
    while short.len() > COUNTY && short.ends_with("000") {
        short = &short[..short.len() - GROUP];
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> Option<String> {
        AreaCode::read(code, "421181").map(|code| code.0)
    }

    #[test]
    fn an_area_has_one_code() {
        assert_eq!(read("421181").as_deref(), Some("421181"));
        assert_eq!(read("421181000000").as_deref(), Some("421181"));
        assert_eq!(read("421181105000").as_deref(), Some("421181105000"));
        assert_eq!(read("421181105201").as_deref(), Some("421181105201"));
        assert_eq!(read("421181105201000").as_deref(), Some("421181105201"));
        assert_eq!(read("421181105201001").as_deref(), Some("421181105201001"));
    }

    #[test]
    fn other_lengths_signs_and_counties_are_refused() {
        for bad in
            ["", "4211", "421181105", "42118110520a", "420000000000", "４２１１８１", "4211811052010012"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_lies_in_an_area_starts_with_its_prefix() {
        let town = AreaCode::read("421181105000", "421181").unwrap();
        assert_eq!(town.prefix(), "421181105");
    }
}
