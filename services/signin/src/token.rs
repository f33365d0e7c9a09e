//! What a browser holds of a session: a random token in a cookie, and a second one in each form that is derived from it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

const TOKEN_BYTES: usize = 32;

/// A session's secret. Only its digest is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    county: String,
    secret: [u8; TOKEN_BYTES],
}

impl Token {
    /// A new one, for someone of a county.
    #[must_use]
    pub fn generate(county: &str) -> Self {
        Self { county: county.to_owned(), secret: rand::random() }
    }

    /// Reads a cookie's value; none where it is not in its form.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        let (county, secret) = value.split_once('.')?;
        let is_code = county.len() == 6 && county.bytes().all(|byte| byte.is_ascii_digit());
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        is_code.then(|| Self { county: county.to_owned(), secret })
    }

    /// The cookie's value.
    #[must_use]
    pub fn write(&self) -> String {
        format!("{}.{}", self.county, URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// The county in which it was given.
    #[must_use]
    pub fn county(&self) -> &str {
        &self.county
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.derived(b"session")
    }

    /// What each form that changes something carries. Another site can send our cookie along, but cannot know this.
    #[must_use]
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived(b"form"))
    }

    /// Whether a form carries what it must. Compared as digests, so that time tells nothing of the value.
    #[must_use]
    pub fn fits_form(&self, given: &str) -> bool {
        Sha256::digest(given.as_bytes()) == Sha256::digest(self.form_token().as_bytes())
    }

    fn derived(&self, purpose: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(purpose);
        hash.update(self.county.as_bytes());
        hash.update(self.secret);
        hash.finalize().to_vec()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_survives_the_cookie_and_shows_nothing_of_itself() {
        let token = Token::generate("421181");
        assert_eq!(Token::read(&token.write()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "Token");
        assert!(!token.write().contains(&token.form_token()));
    }

    #[test]
    fn a_form_fits_its_own_session_only() {
        let (one, other) = (Token::generate("421181"), Token::generate("421181"));
        assert!(one.fits_form(&one.form_token()));
        assert!(!one.fits_form(&other.form_token()) && !one.fits_form(""));
        assert_ne!(one.digest(), other.digest());
    }

    proptest! {
        #[test]
        fn whatever_a_cookie_says_is_read_or_refused(value in ".{0,80}") {
            let read = Token::read(&value);
            prop_assert!(read.is_none_or(|token| token.write() == value));
        }
    }
}
