//! Why a case may not change so: what would have to be true.

/// A refused change. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{needs}")]
pub struct Refusal {
    /// The reason for machines, for instance `CASE_NOT_OPEN`.
    pub reason: &'static str,
    /// What would have to be true, for people. No personal data.
    pub needs: String,
}

impl Refusal {
    /// Says what would have to be true.
    #[must_use]
    pub fn new(reason: &'static str, needs: impl Into<String>) -> Self {
        Self { reason, needs: needs.into() }
    }
}
