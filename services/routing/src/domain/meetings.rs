//! Meetings: the week's joint meeting with its agenda (联席会议; S2-02), and residents' meetings from which many
//! reports come (院落会、院坝问政; S1-08).

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    case::{CaseFile, State},
    practice::Agenda,
};

/// An agenda holds no more cases; the most urgent ones stay.
const MOST_ITEMS: usize = 200;

/// What kind of meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingKind {
    /// The week's joint meeting of the centre and the agencies.
    Joint,
    /// A meeting of residents.
    Residents,
}

impl MeetingKind {
    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Joint, Self::Residents].into_iter().find(|kind| kind.code() == code)
    }
}

/// Why a case is on an agenda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgendaReason {
    /// It is that dangerous.
    Level,
    /// It is open for that long.
    OpenDays,
    /// It was returned that often.
    Returned,
    /// Somebody put it there.
    ByHand,
}

impl AgendaReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Level, Self::OpenDays, Self::Returned, Self::ByHand];

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The reason of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// A case on an agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaItem {
    /// Counts from 1.
    pub no: u32,
    /// The case.
    pub case_id: Uuid,
    /// Its number.
    pub case_number: String,
    /// Why.
    pub reasons: Vec<AgendaReason>,
    /// How many decisions on it were recorded.
    pub decisions: u32,
}

/// Why a case belongs on the agenda by rule; nothing where it does not.
#[must_use]
pub fn reasons(case: &CaseFile, rules: &Agenda, now: Timestamp) -> Vec<AgendaReason> {
    if case.state != State::Open {
        return Vec::new();
    }
    let days = SignedDuration::from_hours(24 * i64::from(rules.open_days));
    let returned = u32::try_from(case.docket.returns.len()).unwrap_or(u32::MAX);
    [
        (case.level >= rules.level, AgendaReason::Level),
        (now.duration_since(case.opened_at) >= days, AgendaReason::OpenDays),
        (returned >= rules.returned, AgendaReason::Returned),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// The agenda of a meeting: the cases that belong on it by rule, the most urgent first, then the oldest.
#[must_use]
pub fn agenda(cases: &[CaseFile], rules: &Agenda, now: Timestamp) -> Vec<AgendaItem> {
    let mut listed: Vec<(&CaseFile, Vec<AgendaReason>)> = cases
        .iter()
        .map(|case| (case, reasons(case, rules, now)))
        .filter(|(_, reasons)| !reasons.is_empty())
        .collect();
    listed.sort_by_key(|(case, _)| (-case.urgency(), case.opened_at, case.id));
    listed.truncate(MOST_ITEMS);
    (1..).zip(listed).map(|(no, (case, reasons))| AgendaItem::new(no, case, reasons)).collect()
}

impl AgendaItem {
    /// A case on an agenda.
    #[must_use]
    pub fn new(no: u32, case: &CaseFile, reasons: Vec<AgendaReason>) -> Self {
        Self { no, case_id: case.id, case_number: case.number.clone(), reasons, decisions: 0 }
    }
}

/// Who came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// The agency.
    pub agency: String,
    /// Who came for it, a principal's name; empty where only the agency is known.
    #[serde(default)]
    pub person: String,
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The id.
    pub id: Uuid,
    /// What kind.
    pub kind: MeetingKind,
    /// The Monday of its week.
    pub week: Date,
    /// Its title.
    pub title: String,
    /// When it was opened: its agenda is of then.
    pub opened_at: Timestamp,
    /// By whom.
    pub opened_by: String,
    /// In which capacity.
    pub opened_as: String,
    /// What was recorded of it.
    pub record: Option<MeetingRecord>,
}

/// What was recorded of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingRecord {
    /// When it was held.
    pub held_at: Timestamp,
    /// Who came.
    pub attendees: Vec<Attendee>,
    /// The minutes; may be personal, sealed at rest.
    pub minutes: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// In which capacity.
    pub capacity: String,
}
