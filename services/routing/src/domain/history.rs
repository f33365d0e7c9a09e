//! The entries of a case's history.

use jiff::Timestamp;

use super::case::Words;

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HistoryKind {
    /// It was made from its first report.
    Opened,
    /// A later report joined.
    ReportJoined,
    /// A report that is already here was changed by its source.
    ReportRevised,
    /// The level was set or changed.
    Leveled,
    /// A lead agency was set or changed.
    Assigned,
    /// Pushes were requested.
    PushRequested,
    /// An agency signed a push.
    PushSigned,
    /// An agency returned a push.
    PushReturned,
    /// An agency said what it did.
    Feedback,
    /// Someone wrote a comment.
    Commented,
    /// It was resolved.
    Resolved,
    /// It was closed.
    Closed,
    /// A push was parked after its last try.
    PushParked,
}

impl HistoryKind {
    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Opened => 1,
            Self::ReportJoined => 2,
            Self::ReportRevised => 3,
            Self::Leveled => 4,
            Self::Assigned => 5,
            Self::PushRequested => 6,
            Self::PushSigned => 7,
            Self::PushReturned => 8,
            Self::Feedback => 9,
            Self::Commented => 10,
            Self::Resolved => 11,
            Self::Closed => 12,
            Self::PushParked => 13,
        }
    }
}

/// The actor of what no person did.
pub const SYSTEM: &str = "system";

/// Who did something, in which capacity, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// A principal's name, or [`SYSTEM`].
    pub actor: String,
    /// The agency, or the role.
    pub capacity: String,
}

/// One entry, not yet stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 within the case, without gaps.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: HistoryKind,
    /// Who.
    pub actor: String,
    /// In which capacity.
    pub capacity: String,
    /// What, for people; no personal data.
    pub text: String,
    /// The words of an officer or an agency.
    pub remark: Option<Words>,
}
