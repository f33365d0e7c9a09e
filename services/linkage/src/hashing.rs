//! Keyed hashes: equal values are seen to be equal, and none can be read.

use siphasher::sip::SipHasher24;

use crate::traits::Of;

/// A hash under a secret key, such as an HMAC cut to 8 bytes. Who has no key learns nothing from it.
pub trait KeyedHash {
    /// The hash of a value of a kind; equal values of two kinds have nothing to do with each other.
    fn hash(&self, kind: &str, value: &str) -> u64;
}

/// The key under which all traits of a county are hashed, drawn once from the county's keyed hash.
///
/// A report has some two hundred values to hash. SipHash-2-4 is a keyed pseudo-random function that takes a
/// fortieth of an HMAC's time; under a key that the HMAC gave, its values are as opaque.
#[derive(Clone, Copy)]
pub struct Secret {
    key: [u8; 16],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The key that this keyed hash gives. The same for ever, as long as the hash's own key is the same.
    #[must_use]
    pub fn of(hash: &(impl KeyedHash + ?Sized)) -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&hash.hash("linkage", "traits 1").to_le_bytes());
        key[8..].copy_from_slice(&hash.hash("linkage", "traits 2").to_le_bytes());
        Self { key }
    }

    /// The hash of some parts, of a kind. The parts' bounds count: 3, 12 is not 31, 2.
    pub(crate) fn long(&self, of: Of, parts: &[&str]) -> u64 {
        let mut text = [0_u8; 256];
        let mut at = 0;
        let mut push = |bytes: &[u8]| {
            let taken = bytes.len().min(text.len() - at);
            text[at..at + taken].copy_from_slice(&bytes[..taken]);
            at += taken;
        };
        push(&[of as u8]);
        for part in parts {
            push(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes());
            push(part.as_bytes());
        }
        SipHasher24::new_with_key(&self.key).hash(&text[..at])
    }

    /// The same, in 32 bits; never 0, which stands for nothing.
    pub(crate) fn short(&self, of: Of, parts: &[&str]) -> u32 {
        let long = self.long(of, parts);
        (((long >> 32) ^ long) as u32).max(1)
    }
}
