//! The lookup keys, and by which of them a county's earlier reports are found and compared.
//!
//! While the key changes there are two. A report is hashed by both when it comes, and those that are there already are
//! [hashed anew](crate::rehashing) in the background; until the last one is, the older key is read by. So all reports are
//! compared under one key at any time, and no link is missed.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use fengqiao_linkage::{Key, Places, PlainReport, Secret, Traits};
use fengqiao_sealing::Keyring;

use crate::clue_keys::LookupHash;

/// By which key each county is read.
#[derive(Debug)]
pub struct LookupKeys {
    keyring: Arc<Keyring>,
    /// As the database says.
    read_by: RwLock<BTreeMap<String, u8>>,
}

impl LookupKeys {
    /// Of this keyring. Nothing is known yet of what the database says.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        Self { keyring, read_by: RwLock::default() }
    }

    /// The id of the key by which a county's reports are found and compared.
    #[must_use]
    pub fn reading(&self, county: &str) -> u8 {
        let held = self.keyring.lookup_keys();
        let said = self.read_by.read().unwrap_or_else(PoisonError::into_inner).get(county).copied();
        let known = said.filter(|said| held.iter().any(|key| key.id() == *said));
        known.or_else(|| held.first().map(fengqiao_sealing::LookupKey::id)).unwrap_or_default()
    }

    /// The database says by which key a county is read.
    pub(crate) fn read_by(&self, county: &str, key: u8) {
        self.read_by.write().unwrap_or_else(PoisonError::into_inner).insert(county.to_owned(), key);
    }
}

/// What linkage keeps of a report, hashed by one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// The key's id.
    pub lookup: u8,
    /// By what it is compared.
    pub traits: Traits,
    /// By what it is found.
    pub keys: Vec<Key>,
}

/// What linkage keeps of a report: by the lookup key, or by both while it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashes {
    first: Hashed,
    next: Option<Hashed>,
}

impl Hashes {
    /// Of a report, by the keys that hold now. None is hashed of an exercise: nothing is found by it, and it is found by
    /// nothing.
    pub(crate) fn of(report: Option<&PlainReport<'_>>, places: &Places, keyring: &Keyring) -> Self {
        let hashed = |key: &fengqiao_sealing::LookupKey| {
            let traits = report.map_or_else(Traits::default, |report| {
                fengqiao_linkage::traits(report, places, &Secret::of(&LookupHash(key)))
            });
            Hashed { lookup: key.id(), keys: traits.keys(), traits }
        };
        let held = keyring.lookup_keys();
        let mut all = held.iter().map(hashed);
        let first = all.next().unwrap_or(Hashed { lookup: 0, traits: Traits::default(), keys: Vec::new() });
        Self { first, next: all.next() }
    }

    /// By the key that is stored first.
    #[must_use]
    pub const fn first(&self) -> &Hashed {
        &self.first
    }

    /// By the next key, while the key changes.
    #[must_use]
    pub const fn next(&self) -> Option<&Hashed> {
        self.next.as_ref()
    }

    /// By the key that is read by; by the nearest where it was hashed before or after that was one.
    #[must_use]
    pub fn by(&self, lookup: u8) -> &Hashed {
        self.next.as_ref().filter(|next| next.lookup <= lookup).unwrap_or(&self.first)
    }

    /// All keys under which it is found, by whatever lookup key.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        let next = self.next.iter().flat_map(|next| &next.keys);
        self.first.keys.iter().chain(next).copied()
    }
}
