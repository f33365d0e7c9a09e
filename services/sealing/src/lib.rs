//! Sealing of personal data: authenticated encryption with key versions, and keyed hashes by which
//! sealed values can still be found.
//!
//! A sealed value is `key id (1 byte) ‖ nonce (24 bytes) ‖ ciphertext and tag` (XChaCha20-Poly1305).
//! The additional data, the county's code, binds it to its county.
//!
//! Keys change without a stop: the key file is read again when it changes, and at once when a value names a key that is
//! not known yet, since another process may have read it earlier. Values that an older key sealed still open, and are
//! sealed anew by and by; then that key can go.
//!
//! The lookup key, by which people are found and compared, changes without a stop too, in two steps. First the file has
//! two: whoever stores hashes by both, what was stored before is opened and hashed anew beside its old hash, and when the
//! last one is done it is read by the new one. Then the older one goes from the file, and its hashes from the database.
//!
//! The key of proofs never changes: seals of histories stand one on the other under it, and hashes that are only asked
//! whether they are the same, of a whole message or a command, are by it. Nobody is found by those.

mod data_key;
mod key_file;
mod ring;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use chacha20poly1305::{
    XNonce,
    aead::{Aead as _, Payload},
};
use hmac::Mac as _;

use self::ring::{Ring, short_hash};
pub use self::{
    data_key::DataKey,
    key_file::{FIRST_LOOKUP_KEY, KeyFileChange, change},
    ring::LookupKey,
};

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

/// Between two looks at the key file for a key that is not known.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The keys of an installation.
pub struct Keyring {
    ring: RwLock<Arc<Ring>>,
    file: Option<WatchedFile>,
}

/// The file that the keys came from.
struct WatchedFile {
    path: PathBuf,
    /// When it was last looked at for a key that was not known.
    looked_at: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ring = self.ring();
        f.debug_struct("Keyring")
            .field("current", &ring.current)
            .field("keys", &ring.ciphers.len())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads a key file, which may change later: see [`Keyring::reload`].
    ///
    /// # Errors
    /// [`SealError::Unreadable`] or [`SealError::KeyFile`].
    pub fn load(path: &Path) -> Result<Self, SealError> {
        let ring = Ring::read(&key_file::read(path)?, SystemTime::now())?;
        let file = WatchedFile { path: path.to_owned(), looked_at: Mutex::default() };
        Ok(Self { ring: RwLock::new(Arc::new(ring)), file: Some(file) })
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] says what is wrong, without a key.
    pub fn from_toml(text: &str) -> Result<Self, SealError> {
        let ring = Ring::read(text, SystemTime::now())?;
        Ok(Self { ring: RwLock::new(Arc::new(ring)), file: None })
    }

    /// The text of a new key file with one random key.
    #[must_use]
    pub fn generate() -> String {
        key_file::generate()
    }

    /// Reads the key file again. Says whether the keys have changed.
    ///
    /// # Errors
    /// [`SealError::Unreadable`] or [`SealError::KeyFile`], also for another lookup key; the keys stay as they were.
    pub fn reload(&self) -> Result<bool, SealError> {
        let Some(file) = &self.file else { return Ok(false) };
        let text = key_file::read(&file.path)?;
        let held = self.ring();
        let Some(ring) = held.succeeded_by(&text, SystemTime::now())? else { return Ok(false) };
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(true)
    }

    /// The lookup keys, the newest last: two while the key changes.
    #[must_use]
    pub fn lookup_keys(&self) -> Vec<LookupKey> {
        self.ring().lookups.clone()
    }

    /// Since when the lookup keys are these here.
    #[must_use]
    pub fn lookup_keys_since(&self) -> SystemTime {
        self.ring().lookups_since
    }

    /// The id of the key that seals, and since when it does so here.
    #[must_use]
    pub fn current(&self) -> (u8, SystemTime) {
        let ring = self.ring();
        (ring.current, ring.current_since)
    }

    /// The ids of all keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<u8> {
        self.ring().ciphers.keys().copied().collect()
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ring with a key that is not known, where the file has it by now.
    fn ring_with(&self, key: u8) -> Option<Arc<Ring>> {
        let file = self.file.as_ref()?;
        {
            let mut looked_at = file.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
            if looked_at.is_some_and(|at| at.elapsed() < LOOK_AGAIN) {
                return None;
            }
            *looked_at = Some(Instant::now());
        }
        self.reload().ok()?;
        Some(self.ring()).filter(|ring| ring.ciphers.contains_key(&key))
    }

    /// Seals a value for a county.
    #[must_use]
    pub fn seal(&self, plain: &[u8], county: &[u8]) -> Vec<u8> {
        let ring = self.ring();
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + 16);
        sealed.push(ring.current);
        sealed.extend_from_slice(&nonce);
        let body = ring.ciphers[&ring.current]
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
        let key = head[0];
        let held = self.ring();
        let ring = if held.ciphers.contains_key(&key) { Some(held) } else { self.ring_with(key) };
        let ring = ring.ok_or(SealError::UnknownKey(key))?;
        let cipher = ring.ciphers.get(&key).ok_or(SealError::UnknownKey(key))?;
        let nonce: [u8; NONCE_BYTES] = head[1..].try_into().map_err(|_| SealError::Cut)?;
        cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: county })
            .map_err(|_| SealError::DoesNotOpen)
    }

    /// Seals a value anew with the current key; none where it is sealed with that.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn seal_anew(&self, sealed: &[u8], county: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        let key = sealed.first().ok_or(SealError::Cut)?;
        if *key == self.current().0 {
            return Ok(None);
        }
        Ok(Some(self.seal(&self.open(sealed, county)?, county)))
    }

    /// The stamp of a record that stands behind others: 32 bytes of HMAC-SHA-256 over the stamp before and the
    /// record's parts. Who lacks the key can write no record that fits.
    #[must_use]
    pub fn stamp(&self, before: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.ring().proof.clone();
        mac.update(b"stamp\0");
        for part in std::iter::once(&before).chain(parts) {
            // With its length, so that no two lists of parts look alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The hash by which a value is found without being stored: 16 bytes of HMAC-SHA-256 over the kind
    /// (`phone`, `id_number`, `address`) and the normalised value. By the newest lookup key.
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, value: &str) -> [u8; 16] {
        let ring = self.ring();
        ring.lookups.last().map_or_else(|| short_hash(&ring.proof, kind, value), |key| key.hash(kind, value))
    }

    /// A hash that is only asked whether it is the same: of a whole message, or a command. The same for ever.
    #[must_use]
    pub fn proof_hash(&self, kind: &str, value: &str) -> [u8; 16] {
        short_hash(&self.ring().proof, kind, value)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    fn a_key_file_that_changes_is_taken_without_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, Keyring::generate()).unwrap();
        let (one, other) = (Keyring::load(&path).unwrap(), Keyring::load(&path).unwrap());
        let old = one.seal(b"old", b"421181");
        assert_eq!(change(&path, KeyFileChange::Rotate).unwrap(), 2);
        assert_eq!(one.current().0, 1);
        assert!(one.reload().unwrap() && !one.reload().unwrap());
        assert_eq!((one.current().0, one.keys()), (2, vec![1, 2]));
        // The other process has not looked yet, and is given what this one sealed.
        let new = one.seal(b"new", b"421181");
        assert_eq!(new[0], 2);
        assert_eq!(other.open(&new, b"421181").unwrap(), b"new");
        assert_eq!(one.open(&old, b"421181").unwrap(), b"old");
        let anew = one.seal_anew(&old, b"421181").unwrap().unwrap();
        assert_eq!((anew[0], one.open(&anew, b"421181").unwrap().as_slice()), (2, &b"old"[..]));
        assert!(one.seal_anew(&anew, b"421181").unwrap().is_none());
        assert!(one.seal_anew(&old, b"330681").is_err());
        change(&path, KeyFileChange::Retire(1)).unwrap();
        assert!(one.reload().unwrap());
        assert!(matches!(one.open(&old, b"421181"), Err(SealError::UnknownKey(1))));
    }

    #[test]
    fn another_lookup_key_is_refused_and_what_was_held_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, Keyring::generate()).unwrap();
        let ring = Keyring::load(&path).unwrap();
        let (sealed, hash) = (ring.seal(b"x", b"421181"), ring.lookup_hash("phone", "1"));
        for wrong in [Keyring::generate(), "current = 1".to_owned()] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(ring.reload(), Err(SealError::KeyFile(_))));
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(ring.reload(), Err(SealError::Unreadable { .. })));
        assert_eq!(ring.open(&sealed, b"421181").unwrap(), b"x");
        assert_eq!(ring.lookup_hash("phone", "1"), hash);
    }

    #[test]
    fn the_lookup_key_changes_in_two_steps_and_in_no_other_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, Keyring::generate()).unwrap();
        let ring = Keyring::load(&path).unwrap();
        let (old, proof, stamp) =
            (ring.lookup_hash("phone", "1"), ring.proof_hash("phone", "1"), ring.stamp(b"", &[b"x"]));
        assert_eq!(old, proof, "what was hashed before there were proofs is one");
        let late = Keyring::load(&path).unwrap();
        assert_eq!(change(&path, KeyFileChange::BeginLookup).unwrap(), 2);
        assert!(ring.reload().unwrap());
        let ids = |ring: &Keyring| ring.lookup_keys().iter().map(LookupKey::id).collect::<Vec<_>>();
        assert_eq!(ids(&ring), [1, 2]);
        let new = ring.lookup_hash("phone", "1");
        assert_ne!(new, old);
        let both: Vec<_> = ring.lookup_keys().iter().map(|key| key.hash("phone", "1")).collect();
        assert_eq!(both, [old, new]);
        let begun = fs::read_to_string(&path).unwrap();
        change(&path, KeyFileChange::EndLookup).unwrap();
        assert!(ring.reload().unwrap());
        assert_eq!((ids(&ring), ring.lookup_hash("phone", "1")), (vec![2], new));
        assert_eq!((ring.proof_hash("phone", "1"), ring.stamp(b"", &[b"x"])), (proof, stamp));
        // Who missed the first step, or is given the older one back, keeps what it has.
        assert!(late.reload().is_err());
        fs::write(&path, begun).unwrap();
        assert!(ring.reload().is_err());
        assert_eq!((late.lookup_hash("phone", "1"), ids(&ring)), (old, vec![2]));
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
