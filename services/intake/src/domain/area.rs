//! The code of an area, as a report names it.

use std::fmt;

/// The code of an area in one form: the county's 6 digits, a town's or community's 12, a grid's 15.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AreaCode(String);

const TOWN: usize = 9;
const STATISTICAL: usize = 12;
const FILLING: &str = "000";

impl AreaCode {
    /// The code of an area that the county's tree has, from its code without the zeros that fill it up.
    #[must_use]
    pub fn of(area: &str) -> Self {
        let held = if area.len() == TOWN { format!("{area:0<STATISTICAL$}") } else { area.to_owned() };
        Self(held)
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code without the zeros that fill it up. What lies in the area starts with it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self.0.strip_suffix(FILLING) {
            Some(town) if self.0.len() == STATISTICAL => town,
            _ => &self.0,
        }
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_has_one_code_and_what_lies_in_it_starts_with_its_prefix() {
        for (area, code) in [
            ("421181", "421181"),
            ("421181105", "421181105000"),
            ("421181105201", "421181105201"),
            ("421181105201001", "421181105201001"),
        ] {
            let held = AreaCode::of(area);
            assert_eq!((held.as_str(), held.prefix()), (code, area));
        }
    }
}
