//! The keys that hold at a moment.

use std::{collections::BTreeMap, time::SystemTime};

use chacha20poly1305::XChaCha20Poly1305;
use hmac::{Hmac, KeyInit as _, Mac as _};
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
    /// The lookup keys, the newest last: one, or two while they change.
    pub lookups: Vec<LookupKey>,
    pub lookups_since: SystemTime,
    pub proof: Hmac<Sha256>,
    /// Of the text that it was read from, and of its key of proofs: by these a change is seen.
    text: [u8; 32],
    proof_key: [u8; 32],
}

/// A key of lookup hashes.
#[derive(Clone)]
pub struct LookupKey {
    id: u8,
    mac: Hmac<Sha256>,
    digest: [u8; 32],
}

impl std::fmt::Debug for LookupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LookupKey({})", self.id)
    }
}

impl LookupKey {
    /// Its id, which grows from key to key.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// The hash by which a value of a kind is found: see [`Keyring::lookup_hash`](crate::Keyring::lookup_hash).
    #[must_use]
    pub fn hash(&self, kind: &str, value: &str) -> [u8; 16] {
        short_hash(&self.mac, kind, value)
    }

    fn read(id: u8, key: &str) -> Result<Self, SealError> {
        let (mac, digest) = keyed(key)?;
        Ok(Self { id, mac, digest })
    }

    fn is(&self, other: &Self) -> bool {
        (self.id, self.digest) == (other.id, other.digest)
    }
}

/// 16 bytes of HMAC-SHA-256 over a kind and a value.
pub(crate) fn short_hash(key: &Hmac<Sha256>, kind: &str, value: &str) -> [u8; 16] {
    let mut mac = key.clone();
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

/// A key of hashes, and its own digest.
fn keyed(key: &str) -> Result<(Hmac<Sha256>, [u8; 32]), SealError> {
    let bytes = key_bytes(key)?;
    let mac = Hmac::<Sha256>::new_from_slice(&bytes)
        .map_err(|_| SealError::KeyFile("a key of hashes is unusable".into()))?;
    Ok((mac, Sha256::digest(bytes).into()))
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
        let mut lookups = vec![LookupKey::read(file.lookup_id, &file.lookup)?];
        if let Some(next) = &file.lookup_next {
            lookups.push(LookupKey::read(file.next_lookup_id()?, next)?);
        }
        let (proof, proof_key) = keyed(file.proof.as_ref().unwrap_or(&file.lookup))?;
        Ok(Self {
            current: file.current,
            current_since: now,
            ciphers,
            lookups,
            lookups_since: now,
            proof,
            text: Sha256::digest(text).into(),
            proof_key,
        })
    }

    /// The ring of a newer text; none where the text is the same.
    pub fn succeeded_by(&self, text: &str, now: SystemTime) -> Result<Option<Self>, SealError> {
        let digest: [u8; 32] = Sha256::digest(text).into();
        if digest == self.text {
            return Ok(None);
        }
        let mut next = Self::read(text, now)?;
        if next.proof_key != self.proof_key {
            return Err(SealError::KeyFile(
                "the key of proofs has changed: no history that was written would be proved".into(),
            ));
        }
        if !self.may_be_followed_by(&next.lookups) {
            return Err(SealError::KeyFile(
                "the lookup key has changed otherwise than by adding one and letting the older one go: nothing that \
                 was stored would be found"
                    .into(),
            ));
        }
        if next.lookups.len() == self.lookups.len() {
            next.lookups_since = self.lookups_since;
        }
        if next.current == self.current {
            next.current_since = self.current_since;
        }
        Ok(Some(next))
    }

    /// The same lookup keys, one more, or only the newer one of two.
    fn may_be_followed_by(&self, next: &[LookupKey]) -> bool {
        match (self.lookups.as_slice(), next) {
            ([held], [first, ..]) => held.is(first),
            ([older, newer], [one]) => newer.is(one) && !older.is(one),
            ([older, newer], [first, second]) => older.is(first) && newer.is(second),
            _ => false,
        }
    }
}
