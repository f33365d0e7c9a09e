//! Reading what speaks of a protected case: who reads it says why.

use fengqiao_masking::mask;
use jiff::SignedDuration;
use uuid::Uuid;

/// The longest purpose, in characters.
pub const PURPOSE: usize = 200;

/// For so long whoever opened a push at the agency desk goes on in it without being asked again: to act on it, to take its
/// paper and its files.
pub const STAYS_OPEN: SignedDuration = SignedDuration::from_hours(1);

/// What routing said last of a case that is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// The case.
    pub case_id: Uuid,
    /// The version of the case of which it holds.
    pub version: i64,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader<'a> {
    /// The principal's name, or the person's code at the agency desk.
    pub actor: &'a str,
    /// In what capacity: the role, a post's code, or the agency's code of its system.
    pub capacity: &'a str,
    /// Of which agency; empty of the centre.
    pub agency: &'a str,
}

/// Whether a purpose says something, and is no longer than it may be.
///
/// # Errors
/// What would be right.
pub fn checked(purpose: &str) -> Result<(), &'static str> {
    if purpose.trim().is_empty() {
        return Err("is needed: the case is protected, and who reads it says why");
    }
    has_room(purpose)
}

/// Whether a purpose, where one is given, is no longer than it may be.
///
/// # Errors
/// What would be right.
pub fn has_room(purpose: &str) -> Result<(), &'static str> {
    if purpose.chars().count() > PURPOSE { Err("at most 200 characters") } else { Ok(()) }
}

/// A purpose as it is kept: who reads of readings need not learn of whom.
#[must_use]
pub fn kept(purpose: &str, names: &[&str]) -> String {
    mask(purpose.trim(), names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_says_something_in_few_words() {
        assert!(checked("回访前核对").is_ok());
        assert!(checked(" \n").unwrap_err().starts_with("is needed"));
        assert!(has_room("").is_ok());
        assert!(checked(&"查".repeat(PURPOSE)).is_ok());
        assert_eq!(checked(&"查".repeat(PURPOSE + 1)).unwrap_err(), "at most 200 characters");
    }

    #[test]
    fn a_purpose_is_kept_without_names_and_numbers() {
        let said = kept(" 核对王小芳的电话13800000001 ", &["王小芳"]);
        assert!(said.starts_with("核对王某") && !said.contains("13800000001"), "{said}");
    }
}
