//! The seals of a history: each entry is bound to the one before by a keyed hash over all that it says.

use fengqiao_sealing::Keyring;
use jiff::Timestamp;
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
                    remark,
                    self.trace_id.as_bytes(),
                ],
            )
            .to_vec()
    }
}
