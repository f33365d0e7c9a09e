//! Passwords: what one must be like, and its argon2id hash.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use rand::seq::IndexedRandom as _;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::SignInError;

/// The fewest characters.
pub const FEWEST: usize = 12;
/// The most characters.
pub const MOST: usize = 128;
/// The memory of one hash in KiB, its passes and lanes: the first choice of OWASP's sheet on storing passwords.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// So many hashes at once; each holds [`MEMORY_KIB`].
const AT_ONCE: usize = 2;
/// So many more may wait; one more is told to come again.
const WAITING: usize = 62;
/// A made password has so many of these, which nobody mistakes for another: some 90 bits.
const MADE_CHARACTERS: usize = 18;
const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// A password that is too easy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooWeak {
    /// Too short or too long.
    #[error("a password has 12 to 128 characters")]
    Length,
    /// Few different characters, or the account's own name in it.
    #[error("a password has at least 6 different characters and not the account's name in it")]
    Guessable,
}

/// Whether a password may be one. Length is what counts; nothing else is asked for, as NIST SP 800-63B has it.
///
/// # Errors
/// What it must be like.
pub fn check(password: &str, name: &str) -> Result<(), TooWeak> {
    let characters = password.chars().count();
    if !(FEWEST..=MOST).contains(&characters) {
        return Err(TooWeak::Length);
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 6 || password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(TooWeak::Guessable);
    }
    Ok(())
}

/// A password for the first time, to be changed then.
#[must_use]
pub fn made() -> String {
    let mut rng = rand::rng();
    (0..MADE_CHARACTERS).filter_map(|_| ALPHABET.choose(&mut rng)).map(|byte| char::from(*byte)).collect()
}

/// Makes and checks hashes, a bounded number at once.
#[derive(Debug, Clone)]
pub struct Hashing {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Checked in the place of one that is not there, so that an unknown name takes as long as a wrong password.
    decoy: Arc<str>,
}

impl Hashing {
    /// Ready to hash.
    ///
    /// # Errors
    /// [`SignInError::Hash`] where argon2 cannot be set up.
    pub fn new() -> Result<Self, SignInError> {
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            decoy: hashed(&made())?.into(),
        })
    }

    /// The hash of a password.
    ///
    /// # Errors
    /// [`SignInError::Busy`], [`SignInError::Hash`].
    pub async fn hash(&self, password: String) -> Result<String, SignInError> {
        self.work(move || hashed(&password)).await
    }

    /// Whether a password fits a hash. Without a hash it takes as long, and does not.
    ///
    /// # Errors
    /// [`SignInError::Busy`], [`SignInError::Hash`].
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, SignInError> {
        let (against, is_decoy) = hash.map_or((self.decoy.to_string(), true), |hash| (hash, false));
        self.work(move || {
            let hash = PasswordHash::new(&against).map_err(|_| SignInError::Hash)?;
            // The parameters are those of the hash.
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && !is_decoy)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SignInError> + Send + 'static,
    ) -> Result<T, SignInError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| SignInError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| SignInError::Busy)?;
        spawn_blocking(move || {
            let _place = place;
            work()
        })
        .await
        .map_err(|_| SignInError::Hash)?
    }
}

fn hashed(password: &str) -> Result<String, SignInError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| SignInError::Hash)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(password.as_bytes()).map_err(|_| SignInError::Hash)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_name() {
        assert_eq!(check("枫桥经验就地化解矛盾纠纷", "li"), Ok(()));
        assert_eq!(check("short-one", "li"), Err(TooWeak::Length));
        assert_eq!(check(&"ab".repeat(10), "li"), Err(TooWeak::Guessable));
        assert_eq!(check("Officer-Zhao-2026", "officer-zhao"), Err(TooWeak::Guessable));
        assert_eq!(check(&made(), "officer-zhao"), Ok(()));
        assert_ne!(made(), made());
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_and_is_argon2id() {
        let hashing = Hashing::new().unwrap();
        let hash = hashing.hash("a long enough password".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hashing.fits("a long enough password".into(), Some(hash.clone())).await.unwrap());
        assert!(!hashing.fits("another long password".into(), Some(hash)).await.unwrap());
        assert!(!hashing.fits("whatever it may be".into(), None).await.unwrap());
        assert!(matches!(
            hashing.fits("x".into(), Some("no hash".into())).await.unwrap_err(),
            SignInError::Hash
        ));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_told_to_come_again() {
        let hashing = Hashing::new().unwrap();
        let _taken = hashing.waiting.clone().try_acquire_many_owned((AT_ONCE + WAITING) as u32).unwrap();
        assert!(matches!(hashing.hash("x".into()).await.unwrap_err(), SignInError::Busy));
    }
}
