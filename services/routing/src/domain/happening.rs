//! What can happen to a case: what others tell, what clocks say, what people do.

use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, RecordedMeans, ReturnReason},
    types::v1::Source,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts::{Act, calls::Press},
    case::{CaseFile, Words},
    level::Grade,
    push::Form,
    tickets::Ticket,
};

/// What changes a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A further report of the same dispute.
    ReportJoined(Arrival),
    /// A report that is already here was changed by its source.
    ReportRevised(Arrival),
    /// A call of the police that is already here turned out to be a repeat.
    CallRepeats,
    /// Something became of a push.
    Receipt {
        /// The agency of the push.
        agency: String,
        /// The document that it carried.
        form: Form,
        /// What became of it.
        outcome: Receipt,
        /// The agency's words.
        words: Option<Words>,
        /// References of what shows that a return is right.
        evidence: Vec<String>,
        /// That an officer of the centre entered it for the agency.
        entered: Option<Entered>,
    },
    /// Time passed: the clocks of the case may say something.
    TimePassed,
    /// The official calendar was changed.
    CalendarChanged,
    /// Its reports go into another case.
    MergedInto {
        /// The other case.
        other: Box<CaseFile>,
        /// Why; may be empty.
        words: String,
    },
    /// Another's reports come here.
    TookIn {
        /// The other case, as it was before.
        other: Box<CaseFile>,
        /// What is here afterwards.
        held: Held,
    },
    /// Some of its reports go into a new case.
    SplitOff {
        /// The new case.
        new: Box<CaseFile>,
        /// What stays.
        held: Held,
        /// Why; may be empty.
        words: String,
    },
    /// It is no longer merged into another case.
    MergeUndone {
        /// The other case, as it was before it gave anything back.
        from: Box<CaseFile>,
        /// What it has again.
        held: Held,
        /// Why; may be empty.
        words: String,
    },
    /// What was merged into it goes back.
    GaveBack {
        /// The other case, as it was while it was merged.
        other: Box<CaseFile>,
        /// What stays.
        held: Held,
    },
    /// Someone does something.
    Act(Act),
}

/// The reports that a case has after some came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub reports: i32,
    /// The sealed matter of the newest one; none where it was not kept, and then the case's own stays.
    pub sealed_matter: Option<Vec<u8>>,
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

/// That an officer of the centre entered what an agency did that can say it by no way of its own (代录).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// When it was entered.
    pub at: Timestamp,
    /// How the centre learned of it.
    pub means: RecordedMeans,
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
    /// The seat where it was taken, where the roster has whoever took it on duty then (S2-01).
    pub seat: Option<String>,
    /// Whether intake saw someone of it before; of a revision, whether that is new.
    pub repeat: bool,
    /// Whether it is an exercise.
    pub drill: bool,
    /// What its people are in it (contract numbers of party roles).
    pub people: Vec<i32>,
    /// Set where it is a one-key call that someone has to answer.
    pub press: Option<Press>,
    /// How its ticket stands with the hotline, where it is one and intake says so.
    pub ticket: Option<Ticket>,
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
    /// The earlier case of the cluster that was over too long to be opened again.
    pub follows: Option<Uuid>,
    /// The report.
    pub arrival: Arrival,
}
