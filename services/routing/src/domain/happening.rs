//! What can happen to a case: facts that others tell and commands of people.

use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, ReturnReason},
    types::v1::Source,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    case::Words,
    level::{Grade, Level},
};

/// What changes a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A further report of the same dispute.
    ReportJoined(Arrival),
    /// A report that is already here was changed by its source.
    ReportRevised(Arrival),
    /// An officer sets a level.
    Relevel {
        /// The level.
        level: Level,
        /// Why.
        words: String,
    },
    /// An officer gives the case to an agency of the directory.
    Assign {
        /// The agency.
        agency: String,
        /// Why; may be empty.
        words: String,
    },
    /// An officer says that the matter is settled.
    Resolve {
        /// What was reached.
        outcome: String,
    },
    /// An officer says that people were asked again and that it is over.
    Close {
        /// What they said.
        revisit: String,
    },
    /// Someone writes a comment.
    Comment {
        /// The comment.
        words: String,
    },
    /// Something became of a push.
    Receipt {
        /// The agency of the push.
        agency: String,
        /// What became of it.
        outcome: Receipt,
        /// The agency's words.
        words: Option<Words>,
    },
}

/// What became of a push, as far as its case has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// The agency signed.
    Signed,
    /// The agency returned it.
    Returned(ReturnReason),
    /// The agency said what it did.
    Answered(FeedbackOutcome),
    /// All tries failed.
    Parked,
}

/// A report, as far as its case has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The door it came through.
    pub source: Source,
    /// Which revision of it.
    pub revision: i32,
    /// What the rules say of it.
    pub grade: Grade,
    /// Its sealed matter.
    pub sealed_matter: Vec<u8>,
}

/// What the first report makes of a case.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The case's id.
    pub id: Uuid,
    /// The number that people say.
    pub number: String,
    /// The cluster of intake.
    pub cluster_id: Uuid,
    /// The area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// Who took the report.
    pub first_receiver: String,
    /// When it was accepted.
    pub opened_at: Timestamp,
    /// The report.
    pub arrival: Arrival,
}
