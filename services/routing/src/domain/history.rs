//! The entries of a case's history.

use jiff::Timestamp;

use super::case::Words;
use crate::directory::Rank;

/// What can happen to a case. The number of a kind is its place here, from 1; kinds are only ever added at the
/// end.
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
    /// An agency was added or taken off.
    HandlersChanged,
    /// It was handed over to a named person.
    HandedOver,
    /// The person claimed it.
    Claimed,
    /// One of the handlers said that its part is done.
    Concluded,
    /// A return was decided on.
    ReturnDecided,
    /// A pause was asked for.
    ParkAsked,
    /// A pause was granted or refused.
    Parked,
    /// It goes on.
    Resumed,
    /// More time was asked for.
    ExtensionAsked,
    /// More time was granted or refused.
    ExtensionDecided,
    /// Someone is pressed.
    Supervised,
    /// Who is pressed replied.
    SupervisionReplied,
    /// A tier was alerted.
    Alerted,
    /// A tier acknowledged.
    AlertAcknowledged,
    /// Agencies were called to the spot.
    Whistled,
    /// Someone called reported in.
    ReportedIn,
    /// Someone called said what was done.
    WhistleFinished,
    /// Someone called was rated.
    WhistleRated,
    /// A mediation session was held.
    SessionHeld,
    /// An agreement was signed.
    Agreed,
    /// It was looked at whether an agreement is kept.
    PerformanceChecked,
    /// A court confirmed the agreement.
    Confirmed,
    /// The way of settling was chosen.
    MethodChosen,
    /// It became a major event.
    MajorDeclared,
    /// Progress was reported.
    ProgressReported,
    /// A leader said that it is calm.
    Calmed,
    /// People were asked again.
    Revisited,
    /// It was opened again.
    Reopened,
    /// It was not taken up.
    Rejected,
    /// Its reports went into another case, or another's came here.
    Merged,
    /// Reports of it went into a case of their own.
    Split,
    /// A merger was undone.
    MergeUndone,
    /// Marks were put on or taken off.
    Tagged,
    /// The time of a duty is near.
    DutyNear,
    /// The time of a duty is over.
    DutyOver,
    /// A duty was chased.
    DutyChased,
    /// The time of a duty was changed.
    DeadlineChanged,
    /// A higher level is suggested.
    LevelSuggested,
    /// A reminder letter was sent.
    LetterSent,
    /// A reminder letter was answered.
    LetterAnswered,
    /// The people were contacted for the first time.
    Contacted,
    /// What came of it before the law was recorded.
    AftermathRecorded,
    /// A level rule failed or took too long.
    RuleTroubled,
    /// A meeting decided on it.
    MeetingDecided,
    /// Someone was called after a one-key call.
    Called,
    /// Someone accepted a one-key call.
    CallAccepted,
    /// Who accepted a one-key call is there.
    CallArrived,
}

impl HistoryKind {
    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
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
    /// The post, the agency, or the role.
    pub capacity: String,
    /// The agency that the actor acts for; none for the centre's officers.
    pub agency: Option<String>,
    /// How high the capacity is.
    pub rank: Rank,
}

impl Occasion {
    /// Something that no person did.
    #[must_use]
    pub fn of_system(at: Timestamp) -> Self {
        Self { at, actor: SYSTEM.to_owned(), capacity: SYSTEM.to_owned(), agency: None, rank: Rank::Officer }
    }
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
