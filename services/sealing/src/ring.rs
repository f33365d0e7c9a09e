//! The keys that hold at a moment.

use std::{collections::BTreeMap, time::SystemTime};

use chacha20poly1305::XChaCha20Poly1305;
use hmac::{Hmac, KeyInit as _};
use sha2::{Digest as _, Sha256};

use crate::{
    SealError,
    key_file::{KeyFile, key_bytes},
};

/// The keys that hold at a moment.
pub(crate) struct Ring {
    pub current: u8,
    pub current_since: SystemTime,
    pub ciphers: BTreeMap<u8, XChaCha20Poly1305>,
    pub lookup: Hmac<Sha256>,
    /// Of the text that it was read from, and of its lookup key: by these a change is seen.
    text: [u8; 32],
    lookup_key: [u8; 32],
}

impl Ring {
    pub fn read(text: &str, now: SystemTime) -> Result<Self, SealError> {
        let file = KeyFile::read(text)?;
        let mut ciphers = BTreeMap::new();
        for (id, key) in &file.keys {
            let id: u8 = id.parse().map_err(|_| SealError::KeyFile("a key's id is not 0 to 255".into()))?;
            ciphers.insert(id, XChaCha20Poly1305::new(&key_bytes(key)?.into()));
        }
        if !ciphers.contains_key(&file.current) {
            return Err(SealError::KeyFile("the current key is not among the keys".into()));
        }
        let lookup_key = key_bytes(&file.lookup)?;
        let lookup = Hmac::<Sha256>::new_from_slice(&lookup_key)
            .map_err(|_| SealError::KeyFile("the lookup key is unusable".into()))?;
        Ok(Self {
            current: file.current,
            current_since: now,
            ciphers,
            lookup,
            text: Sha256::digest(text).into(),
            lookup_key: Sha256::digest(lookup_key).into(),
        })
    }

    /// The ring of a newer text; none where the text is the same.
    pub fn succeeded_by(&self, text: &str, now: SystemTime) -> Result<Option<Self>, SealError> {
        let digest: [u8; 32] = Sha256::digest(text).into();
        if digest == self.text {
            return Ok(None);
        }
        let mut next = Self::read(text, now)?;
        if next.lookup_key != self.lookup_key {
            return Err(SealError::KeyFile(
                "the lookup key has changed: nothing that was stored would be found".into(),
            ));
        }
        if next.current == self.current {
            next.current_since = self.current_since;
        }
        Ok(Some(next))
    }
}
