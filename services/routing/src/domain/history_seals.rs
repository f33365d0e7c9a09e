//! What makes the histories of a county's cases provable. Three seals stand on one another:
//!
//! 1. Each entry has a keyed hash over the seal before it and all that it says ([`EntrySeal`]), so that within a
//!    case nothing can be changed, put in or taken out of the middle.
//! 2. Each case has a mark, made of its last seal ([`CaseMark`]). The marks of all cases add up to the county's
//!    total ([`HistoryHead`]), so that no case can disappear or be set back alone. The total is kept encrypted:
//!    whoever saw how it moves could take a case's mark out of it again.
//! 3. An auditor keeps an [`Anchor`] elsewhere. From it follows that what was there then is there still, also
//!    where the whole database was set back to an older copy of itself, which holds no trace of that.

use std::fmt;

use fengqiao_sealing::{Keyring, SealError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the seal of an entry is made of. Times are whole microseconds, as the table holds them.
#[derive(Debug, Clone, Copy)]
pub struct EntrySeal<'a> {
    /// The county.
    pub county: &'a str,
    /// The case.
    pub case_id: Uuid,
    /// Its place in the history.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// The kind's number.
    pub kind: i16,
    /// Who.
    pub actor: &'a str,
    /// In which capacity.
    pub capacity: &'a str,
    /// What.
    pub text: &'a str,
    /// Someone's words, as they are sealed.
    pub sealed_remark: Option<&'a [u8]>,
    /// The trace.
    pub trace_id: &'a str,
    /// In which of the county's writes it came.
    pub batch: i64,
}

impl EntrySeal<'_> {
    /// The seal, over the one of the entry before; that is empty for the first.
    #[must_use]
    pub fn over(&self, before: &[u8], keyring: &Keyring) -> Vec<u8> {
        let remark = self.sealed_remark.unwrap_or_default();
        keyring
            .stamp(
                before,
                &[
                    self.county.as_bytes(),
                    self.case_id.as_bytes(),
                    &self.sequence.to_be_bytes(),
                    &self.at.as_microsecond().to_be_bytes(),
                    &self.kind.to_be_bytes(),
                    self.actor.as_bytes(),
                    self.capacity.as_bytes(),
                    self.text.as_bytes(),
                    &[u8::from(self.sealed_remark.is_some())],
                    remark,
                    self.trace_id.as_bytes(),
                    &self.batch.to_be_bytes(),
                ],
            )
            .to_vec()
    }
}

/// How a case stands in the county's total: a keyed hash of its last seal, which the database never holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CaseMark([u8; 32]);

impl CaseMark {
    /// The mark of a case; none where no entry of it is sealed.
    #[must_use]
    pub fn of(county: &str, case_id: Uuid, last_seal: &[u8], keyring: &Keyring) -> Option<Self> {
        (!last_seal.is_empty())
            .then(|| Self(keyring.stamp(last_seal, &[b"case mark", county.as_bytes(), case_id.as_bytes()])))
    }
}

/// The marks of cases, added up without order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks([u8; 32]);

impl Marks {
    /// For a keyed hash over it; never to be shown.
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Puts a mark in, or takes it out where it is in.
    pub fn toggle(&mut self, mark: CaseMark) {
        for (sum, part) in self.0.iter_mut().zip(mark.0) {
            *sum ^= part;
        }
    }
}

/// Not shown: whoever sees it move learns what a case adds to it.
impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks")
    }
}

/// Cases and entries that are sealed, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryTotal {
    /// Entries with a seal.
    pub entries: i64,
    /// Cases that have one.
    pub cases: i64,
    /// The marks of those cases.
    pub marks: Marks,
}

impl HistoryTotal {
    /// A case's last seal moved on by so many entries.
    pub fn move_on(&mut self, before: Option<CaseMark>, after: Option<CaseMark>, entries: i64) {
        self.entries += entries;
        self.cases += i64::from(before.is_none() && after.is_some());
        for mark in [before, after].into_iter().flatten() {
            self.marks.toggle(mark);
        }
    }
}

/// Where the histories of a county stand: one row, written with every change of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryHead {
    /// Counts the county's writes that had entries.
    pub batch: i64,
    /// Everything that is sealed.
    pub total: HistoryTotal,
    /// Entries that were there before there were seals. They never become more or fewer.
    pub unsealed: i64,
}

impl HistoryHead {
    /// The stored form, readable only with the key.
    #[must_use]
    pub fn seal(&self, county: &str, keyring: &Keyring) -> Vec<u8> {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        keyring.seal(&plain, &head_binding(county))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Where it was not sealed by this key for this county's head.
    pub fn open(sealed: &[u8], county: &str, keyring: &Keyring) -> Result<Self, SealError> {
        let plain = keyring.open(sealed, &head_binding(county))?;
        serde_json::from_slice(&plain).map_err(|_| SealError::Cut)
    }
}

/// What the total of all histories is sealed for.
pub(crate) fn head_binding(county: &str) -> Vec<u8> {
    [b"history head ", county.as_bytes()].concat()
}

/// What a docket is sealed for: its county, its case and the last entry of the case's history, so that it cannot
/// be set back by itself.
#[must_use]
pub fn docket_binding(county: &str, case_id: Uuid, last_seal: &[u8]) -> Vec<u8> {
    [county.as_bytes(), case_id.as_bytes(), last_seal].concat()
}

/// What the seal of a reading is made of: of a protected case, by someone, for a purpose.
#[derive(Debug, Clone, Copy)]
pub struct ReadingSeal<'a> {
    /// The county.
    pub county: &'a str,
    /// The case.
    pub case_id: Uuid,
    /// Counts the case's readings from 1.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// In which capacity.
    pub capacity: &'a str,
    /// Why.
    pub purpose: &'a str,
}

impl ReadingSeal<'_> {
    /// The seal, over the one of the reading before; that is empty for the first.
    #[must_use]
    pub fn over(&self, before: &[u8], keyring: &Keyring) -> Vec<u8> {
        keyring
            .stamp(
                before,
                &[
                    b"reading",
                    self.county.as_bytes(),
                    self.case_id.as_bytes(),
                    &self.sequence.to_be_bytes(),
                    &self.at.as_microsecond().to_be_bytes(),
                    self.actor.as_bytes(),
                    self.capacity.as_bytes(),
                    self.purpose.as_bytes(),
                ],
            )
            .to_vec()
    }
}
