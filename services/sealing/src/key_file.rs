//! The key file: TOML, keys in Base64 of 32 bytes. It is changed as a whole, so that no reader finds half of it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use crate::SealError;

const HEAD: &str =
    "# Seals personal data. Whoever has this file can read it; whoever loses it has lost the data.\n";

/// The form of a key file.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyFile {
    /// The key that seals new values.
    pub current: u8,
    /// The key of the lookup hashes. What was stored is found by it, so it is changed in steps only.
    pub lookup: String,
    /// Its id.
    #[serde(default = "first_lookup", skip_serializing_if = "is_first_lookup")]
    pub lookup_id: u8,
    /// The one that follows it, with the next id; only while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_next: Option<String>,
    /// The key of proofs, which never changes: histories stand on it. The lookup key where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// All keys that may still be needed to open, by id.
    pub keys: BTreeMap<String, String>,
}

/// How a key file is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFileChange {
    /// A key is added and seals nothing yet: for installations whose machines each have a copy of the file, which must
    /// all have a key before the first of them seals with it.
    Add,
    /// The newest key that has not sealed yet seals from now on; where there is none, one is added.
    Rotate,
    /// A key goes. What it sealed can never be opened again.
    Retire(u8),
    /// A second lookup key is added: what is stored is hashed by both from now on.
    BeginLookup,
    /// The older lookup key goes. What was hashed by it alone is not found any more.
    EndLookup,
}

/// The id of the lookup key of installations that have never changed it.
pub const FIRST_LOOKUP_KEY: u8 = 1;

const fn first_lookup() -> u8 {
    FIRST_LOOKUP_KEY
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_first_lookup(id: &u8) -> bool {
    *id == FIRST_LOOKUP_KEY
}

/// Changes a key file in one step; the file's rights stay. Returns the id of the key that it is about.
///
/// # Errors
/// [`SealError::Unreadable`] where it cannot be read or written, [`SealError::KeyFile`] where the change is impossible:
/// all ids are taken, or the key that is to go seals or is not there.
pub fn change(path: &Path, change: KeyFileChange) -> Result<u8, SealError> {
    let mut file = KeyFile::read(&read(path)?)?;
    let key = match change {
        KeyFileChange::Add => file.add()?,
        KeyFileChange::Rotate => {
            let newest = file.newest()?;
            file.current = if newest > file.current { newest } else { file.add()? };
            file.current
        }
        KeyFileChange::Retire(key) if key == file.current => {
            return Err(SealError::KeyFile(format!("key {key} seals; rotate first")));
        }
        KeyFileChange::Retire(key) => {
            let gone = file.keys.remove(&key.to_string());
            gone.map(|_| key).ok_or_else(|| SealError::KeyFile(format!("there is no key {key}")))?
        }
        KeyFileChange::BeginLookup if file.lookup_next.is_some() => {
            return Err(SealError::KeyFile("a change of the lookup key is under way; end it first".into()));
        }
        KeyFileChange::BeginLookup => {
            file.proof.get_or_insert_with(|| file.lookup.clone());
            file.lookup_next = Some(random_key());
            file.next_lookup_id()?
        }
        KeyFileChange::EndLookup => {
            let next = file.lookup_next.take();
            file.lookup = next
                .ok_or_else(|| SealError::KeyFile("there is one lookup key; begin a change first".into()))?;
            file.lookup_id = file.next_lookup_id()?;
            file.lookup_id
        }
    };
    let text = toml::to_string(&file).map_err(|_| SealError::KeyFile("it cannot be written".into()))?;
    replace(path, &format!("{HEAD}{text}")).map_err(|source| unreadable(path, source))?;
    Ok(key)
}

/// Writes beside the file and puts it in its place.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    // What a killed change has left.
    let _ = fs::remove_file(&beside);
    let mut file = File::create_new(&beside)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

pub(crate) fn read(path: &Path) -> Result<String, SealError> {
    fs::read_to_string(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: std::io::Error) -> SealError {
    SealError::Unreadable { path: path.display().to_string(), source }
}

pub(crate) fn generate() -> String {
    format!("{HEAD}current = 1\nlookup = \"{}\"\n\n[keys]\n1 = \"{}\"\n", random_key(), random_key())
}

fn random_key() -> String {
    BASE64.encode(rand::random::<[u8; 32]>())
}

impl KeyFile {
    pub fn read(text: &str) -> Result<Self, SealError> {
        toml::from_str(text).map_err(|e| SealError::KeyFile(e.message().to_owned()))
    }

    pub fn next_lookup_id(&self) -> Result<u8, SealError> {
        self.lookup_id.checked_add(1).ok_or_else(|| SealError::KeyFile("all lookup ids are taken".into()))
    }

    fn newest(&self) -> Result<u8, SealError> {
        let ids = self.keys.keys().map(|id| id.parse::<u8>());
        let newest = ids.collect::<Result<Vec<u8>, _>>().ok().and_then(|ids| ids.into_iter().max());
        newest.ok_or_else(|| SealError::KeyFile("a key's id is not 0 to 255".into()))
    }

    /// Ids only grow: a key that is gone must not be taken for a new one.
    fn add(&mut self) -> Result<u8, SealError> {
        let id = self.newest()?.max(self.current).checked_add(1);
        let id = id.ok_or_else(|| SealError::KeyFile("all 256 ids are taken".into()))?;
        self.keys.insert(id.to_string(), random_key());
        Ok(id)
    }
}

pub(crate) fn key_bytes(text: &str) -> Result<[u8; 32], SealError> {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| SealError::KeyFile("a key is not the Base64 of 32 bytes".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_be_handed_out_before_it_seals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, generate()).unwrap();
        let current = || KeyFile::read(&read(&path).unwrap()).unwrap().current;
        assert_eq!((change(&path, KeyFileChange::Add).unwrap(), current()), (2, 1));
        assert_eq!((change(&path, KeyFileChange::Rotate).unwrap(), current()), (2, 2));
        assert_eq!((change(&path, KeyFileChange::Rotate).unwrap(), current()), (3, 3));
        for (wrong, said) in [(3, "seals"), (9, "no key 9")] {
            let error = change(&path, KeyFileChange::Retire(wrong)).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
        assert_eq!(change(&path, KeyFileChange::Retire(1)).unwrap(), 1);
        assert!(!path.with_extension("new").exists());
    }

    #[test]
    fn a_lookup_key_follows_another_in_two_steps_and_proofs_keep_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, generate()).unwrap();
        let held = || KeyFile::read(&read(&path).unwrap()).unwrap();
        let first = held().lookup;
        assert!(change(&path, KeyFileChange::EndLookup).is_err(), "nothing was begun");
        assert_eq!(change(&path, KeyFileChange::BeginLookup).unwrap(), 2);
        assert!(change(&path, KeyFileChange::BeginLookup).is_err(), "one after the other");
        let between = held();
        assert_eq!((&between.lookup, between.lookup_id, between.proof.as_ref()), (&first, 1, Some(&first)));
        let next = between.lookup_next.unwrap();
        assert_eq!(change(&path, KeyFileChange::EndLookup).unwrap(), 2);
        let after = held();
        assert_eq!(
            (after.lookup, after.lookup_id, after.proof, after.lookup_next),
            (next, 2, Some(first), None)
        );
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_the_file_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        fs::write(&path, generate()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        change(&path, KeyFileChange::Rotate).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
