//! An account.

use jiff::Timestamp;

use crate::SignInError;

/// The longest name, in characters.
pub const MAX_NAME: usize = 64;

/// An account's name in its one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountName(String);

impl AccountName {
    /// Reads a name as it was typed; capitals and spaces around it do not count.
    ///
    /// # Errors
    /// [`SignInError::WrongName`].
    pub fn read(typed: &str) -> Result<Self, SignInError> {
        let name = typed.trim().to_ascii_lowercase();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
        if (2..=MAX_NAME).contains(&name.len()) && name.bytes().all(fits) {
            Ok(Self(name))
        } else {
            Err(SignInError::WrongName)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Someone's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What is typed.
    pub name: String,
    /// The person's code in the county's directory.
    pub person: String,
    /// The post's code: in its capacity the person acts.
    pub post: String,
    /// The post's agency.
    pub agency: String,
    /// Whether there is a password; else only the provider lets the person in.
    pub has_password: bool,
    /// Whether the password has to be changed first.
    pub must_change: bool,
    /// The subject by which the provider knows the person.
    pub subject: Option<String>,
    /// Since when it is locked by an operator.
    pub locked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What is typed.
    pub name: AccountName,
    /// The person's code.
    pub person: String,
    /// The agency's code; the person holds a post of it today.
    pub agency: String,
    /// The subject by which the county's provider knows the person; then there is no password.
    pub subject: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form() {
        assert_eq!(AccountName::read(" Officer-Zhao ").unwrap().as_str(), "officer-zhao");
        for wrong in ["", "x", "王", "a b", "a\0b", &"a".repeat(65)] {
            assert!(AccountName::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
