//! Sealing of personal data: authenticated encryption with key versions, and keyed hashes by which
//! sealed values can still be found.
//!
//! A sealed value is `key id (1 byte) ‖ nonce (24 bytes) ‖ ciphertext and tag` (XChaCha20-Poly1305).
//! The additional data, the county's code, binds it to its county.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 1 + NONCE_BYTES;

/// Why a key file or a sealed value cannot be used. Never holds the value.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be read.
    #[error("the key file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key file is not in its form.
    #[error("the key file is not in its form: {0}")]
    KeyFile(String),
    /// The sealed value is shorter than its head.
    #[error("a sealed value is cut off")]
    Cut,
    /// The key that sealed it is not in the ring.
    #[error("a sealed value names key {0}, which is not in the ring")]
    UnknownKey(u8),
    /// It was changed, or sealed for another county, or by another key of the same id.
    #[error("a sealed value does not open")]
    DoesNotOpen,
}

/// The form of a key file: TOML, keys in Base64 of 32 bytes.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    /// The key that seals new values.
    current: u8,
    /// The key of the lookup hashes. Changing it makes what was stored unfindable.
    lookup: String,
    /// All keys that may still be needed to open, by id.
    keys: BTreeMap<String, String>,
}

/// The keys of an installation.
pub struct Keyring {
    current: u8,
    ciphers: BTreeMap<u8, XChaCha20Poly1305>,
    lookup: Hmac<Sha256>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("current", &self.current)
            .field("keys", &self.ciphers.len())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`SealError::Unreadable`] or [`SealError::KeyFile`].
    pub fn load(path: &Path) -> Result<Self, SealError> {
        let text = fs::read_to_string(path)
            .map_err(|source| SealError::Unreadable { path: path.display().to_string(), source })?;
        Self::from_toml(&text)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] says what is wrong, without a key.
    pub fn from_toml(text: &str) -> Result<Self, SealError> {
        let file: KeyFile = toml::from_str(text).map_err(|e| SealError::KeyFile(e.message().to_owned()))?;
        let mut ciphers = BTreeMap::new();
        for (id, key) in &file.keys {
            let id: u8 = id.parse().map_err(|_| SealError::KeyFile("a key's id is not 0 to 255".into()))?;
            ciphers.insert(id, XChaCha20Poly1305::new(&key_bytes(key)?.into()));
        }
        if !ciphers.contains_key(&file.current) {
            return Err(SealError::KeyFile("the current key is not among the keys".into()));
        }
        let lookup = Hmac::<Sha256>::new_from_slice(&key_bytes(&file.lookup)?)
            .map_err(|_| SealError::KeyFile("the lookup key is unusable".into()))?;
        Ok(Self { current: file.current, ciphers, lookup })
    }

    /// The text of a new key file with one random key.
    #[must_use]
    pub fn generate() -> String {
        let random_key = || BASE64.encode(rand::random::<[u8; 32]>());
        format!(
            "# Seals personal data. Whoever has this file can read it; whoever loses it has lost the data.\n\
             current = 1\nlookup = \"{}\"\n\n[keys]\n1 = \"{}\"\n",
            random_key(),
            random_key()
        )
    }

    /// Seals a value for a county.
    #[must_use]
    pub fn seal(&self, plain: &[u8], county: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + 16);
        sealed.push(self.current);
        sealed.extend_from_slice(&nonce);
        let body = self.ciphers[&self.current]
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: county })
            // Fails only for a plain text of more than 256 GiB.
            .unwrap_or_default();
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Opens a value that was sealed for this county.
    ///
    /// # Errors
    /// [`SealError::Cut`], [`SealError::UnknownKey`] or [`SealError::DoesNotOpen`].
    pub fn open(&self, sealed: &[u8], county: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or(SealError::Cut)?;
        let cipher = self.ciphers.get(&head[0]).ok_or(SealError::UnknownKey(head[0]))?;
        let nonce: [u8; NONCE_BYTES] = head[1..].try_into().map_err(|_| SealError::Cut)?;
        cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: county })
            .map_err(|_| SealError::DoesNotOpen)
    }

    /// The stamp of a record that stands behind others: 32 bytes of HMAC-SHA-256 over the stamp before and the
    /// record's parts. Who lacks the key can write no record that fits.
    #[must_use]
    pub fn stamp(&self, before: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.lookup.clone();
        mac.update(b"stamp\0");
        for part in std::iter::once(&before).chain(parts) {
            // With its length, so that no two lists of parts look alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The hash by which a value is found without being stored: 16 bytes of HMAC-SHA-256 over the kind
    /// (`phone`, `id_number`, `address`) and the normalised value.
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, value: &str) -> [u8; 16] {
        let mut mac = self.lookup.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }
}

fn key_bytes(text: &str) -> Result<[u8; 32], SealError> {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| SealError::KeyFile("a key is not the Base64 of 32 bytes".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Keyring {
        Keyring::from_toml(&Keyring::generate()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_county_only() {
        let ring = ring();
        let sealed = ring.seal("王女士 13800000000".as_bytes(), b"421181");
        assert_eq!(ring.open(&sealed, b"421181").unwrap(), "王女士 13800000000".as_bytes());
        assert!(matches!(ring.open(&sealed, b"330681"), Err(SealError::DoesNotOpen)));
        assert!(!sealed.windows(6).any(|w| w == b"138000"));
    }

    #[test]
    fn each_seal_differs_and_a_changed_byte_is_seen() {
        let ring = ring();
        let mut sealed = ring.seal(b"x", b"421181");
        assert_ne!(sealed, ring.seal(b"x", b"421181"));
        *sealed.last_mut().unwrap() ^= 1;
        assert!(matches!(ring.open(&sealed, b"421181"), Err(SealError::DoesNotOpen)));
        assert!(matches!(ring.open(&sealed[..5], b"421181"), Err(SealError::Cut)));
    }

    #[test]
    fn a_stamp_depends_on_each_part_and_on_where_it_ends() {
        let ring = ring();
        let stamp = ring.stamp(b"x", &[b"ab", b"c"]);
        assert_eq!(stamp, ring.stamp(b"x", &[b"ab", b"c"]));
        assert_ne!(stamp, ring.stamp(b"x", &[b"a", b"bc"]));
        assert_ne!(stamp, ring.stamp(b"y", &[b"ab", b"c"]));
        assert_ne!(stamp, ring.stamp(b"", &[b"x", b"ab", b"c"]));
    }

    #[test]
    fn an_old_key_still_opens_after_rotation() {
        let first = Keyring::generate();
        let sealed = Keyring::from_toml(&first).unwrap().seal(b"old", b"421181");
        let rotated =
            first.replace("current = 1", "current = 2") + &format!("2 = \"{}\"\n", BASE64.encode([7; 32]));
        let ring = Keyring::from_toml(&rotated).unwrap();
        assert_eq!(ring.open(&sealed, b"421181").unwrap(), b"old");
        assert_eq!(ring.seal(b"new", b"421181")[0], 2);
    }

    #[test]
    fn lookup_hashes_are_stable_and_keyed() {
        let ring = ring();
        assert_eq!(ring.lookup_hash("phone", "1"), ring.lookup_hash("phone", "1"));
        assert_ne!(ring.lookup_hash("phone", "1"), ring.lookup_hash("id_number", "1"));
        assert_ne!(ring.lookup_hash("phone", "1"), self::ring().lookup_hash("phone", "1"));
    }

    #[test]
    fn a_bad_key_file_is_refused_without_showing_a_key() {
        let error = Keyring::from_toml("current = 1\nlookup = \"c2VjcmV0\"\n[keys]\n1 = \"x\"").unwrap_err();
        assert!(!error.to_string().contains("c2VjcmV0"));
    }
}
