//! What linkage keeps of a report.

use crate::{
    hashing::Secret,
    places::Places,
    report::{PlainReport, Role},
};

/// Something by which earlier reports are looked up. Equal keys make a report worth a comparison, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

/// All that linkage keeps of a report: keyed hashes, nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traits {
    keys: Vec<i64>,
}

/// The bytes are no traits of a version that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed traits")]
pub struct MalformedTraits;

/// The traits of a report.
#[must_use]
pub fn traits(report: &PlainReport<'_>, places: &Places, secret: &Secret) -> Traits {
    let mut keys = Vec::new();
    for party in report.parties.iter().filter(|party| party.role == Role::Reporter) {
        if let Some(id) = party.id_number {
            keys.push(secret.long(1, &[id]).cast_signed());
        }
        if let Some(phone) = party.phone.filter(|phone| phone.personal) {
            keys.push(secret.long(2, &[phone.digits]).cast_signed());
        }
    }
    if let Some(house) = crate::address::normalise(report.address, report.area_code, places) {
        keys.push(secret.long(3, &[&house]).cast_signed());
    }
    Traits { keys }
}

impl Traits {
    /// The traits as bytes; the first tells the version.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.keys.iter().flat_map(|key| key.to_le_bytes()).collect()
    }

    /// The traits that were encoded.
    ///
    /// # Errors
    /// The bytes are none, or of a version that this program does not know.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedTraits> {
        let (keys, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(MalformedTraits);
        }
        Ok(Self { keys: keys.iter().map(|key| i64::from_le_bytes(*key)).collect() })
    }

    /// The keys under which the report is found, and by which it finds earlier ones. At most ten, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        self.keys.iter().copied().map(Key).collect()
    }
}
