//! Duties besides cases: sweeps, zero reports, patrols, publicity, visits, hazards and their rechecks, screenings, meetings, forms.
//! One model for all of them: who owes what by when, and what was recorded of it.

pub mod activities;
pub mod chasing;
pub mod forms;
pub mod inquiries;
pub mod recording;
pub mod rewards;
pub mod screening;
pub mod series;
pub mod visits;

use fengqiao_calendar::Limit;
use fengqiao_county::PushLimitHours;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    duty::{Clockwork, Duty, DutyKind, Holder, Stage},
    history::Occasion,
    level::Level,
    practice::Practice,
    refusal::Refusal,
};
use crate::directory::{Directory, Rank};

/// What is owed besides cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StandingKind {
    /// To sweep a grid (摸排; S4-01).
    Sweep,
    /// To say that there is nothing to say (零报告; S4-02).
    ZeroReport,
    /// To visit (走访、定期见面; S0-10, S3-01, S4-08, S4-14).
    Visit,
    /// To put a hazard right (整改; S0-10).
    Rectify,
    /// To look whether it was put right (复查; S0-10).
    Recheck,
    /// To screen a family jointly (联合筛查; S4-07).
    Screening,
    /// To hold the week's joint meeting (联席会议; S2-02).
    Meeting,
    /// To look into what figures show (预警核查): a series moved further than chance explains.
    Inquiry,
    /// To look whether two cases of one dispute are to be merged (并案研判): later evidence joined their clusters.
    Merging,
    /// To patrol (巡防).
    Patrol,
    /// To tell people about law or safety (宣传).
    Publicity,
    /// To look whether reports of a case are to be split off (分案研判): an officer said that they are of another dispute.
    Splitting,
    /// To sign a form (公函签收) by which one is only told of a case, or that was issued by hand.
    SignForm,
    /// To answer such a form (公函答复).
    AnswerForm,
}

impl StandingKind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Sweep,
        Self::ZeroReport,
        Self::Visit,
        Self::Rectify,
        Self::Recheck,
        Self::Screening,
        Self::Meeting,
        Self::Inquiry,
        Self::Merging,
        Self::Patrol,
        Self::Publicity,
        Self::Splitting,
        Self::SignForm,
        Self::AnswerForm,
    ];

    /// What it is among all duties.
    #[must_use]
    pub const fn duty(self) -> DutyKind {
        match self {
            Self::Sweep => DutyKind::Sweep,
            Self::ZeroReport => DutyKind::ZeroReport,
            Self::Visit => DutyKind::Visit,
            Self::Rectify => DutyKind::Rectify,
            Self::Recheck => DutyKind::Recheck,
            Self::Screening => DutyKind::Screening,
            Self::Meeting => DutyKind::Meeting,
            Self::Inquiry => DutyKind::Inquire,
            Self::Merging => DutyKind::Merge,
            Self::Patrol => DutyKind::Patrol,
            Self::Publicity => DutyKind::Publicity,
            Self::Splitting => DutyKind::Split,
            Self::SignForm => DutyKind::SignForm,
            Self::AnswerForm => DutyKind::AnswerForm,
        }
    }

    /// The kind of a duty; none of one that belongs to a case.
    #[must_use]
    pub fn of_duty(duty: DutyKind) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.duty() == duty)
    }

    /// The number by which the contract knows it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The kind of a number of the contract.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What kind of place a duty is about (S0-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    /// 学校
    School,
    /// 重点单位
    KeyUnit,
    /// 小区
    Estate,
    /// 九小场所
    SmallPlace,
    /// 住户
    Household,
    /// Any other.
    Other,
}

impl PlaceKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::School, Self::KeyUnit, Self::Estate, Self::SmallPlace, Self::Household, Self::Other];

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was done.
    Done,
    /// There was nothing (零报告).
    Nothing,
    /// Something was found.
    Found,
    /// What was put right is right.
    Passed,
    /// It is not.
    Failed,
    /// The family is not at risk.
    Cleared,
    /// The family is to be visited.
    FollowUp,
    /// The cases are not of one dispute.
    Apart,
    /// The reports stay in their case.
    Together,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Nothing,
        Self::Found,
        Self::Passed,
        Self::Failed,
        Self::Cleared,
        Self::FollowUp,
        Self::Apart,
        Self::Together,
    ];

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The outcome of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// Whom or what a duty is about. Personal, so it is sealed at rest; fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// Whom or what, for people.
    pub words: String,
    /// Of a hazard: the agency that found it, which looks again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_by: Option<String>,
    /// Of a recheck: the agency that has to put it right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rectified_by: Option<String>,
}

/// What was recorded of a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What came of it.
    pub outcome: Outcome,
    /// In words; may be personal, sealed at rest.
    pub words: String,
    /// Of a visit: who visited, and when. A restricted one keeps neither (S4-14).
    pub stay: Option<Stay>,
    /// How many hazards were found.
    pub hazards: u32,
    /// When it was recorded.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// In which capacity.
    pub capacity: String,
}

/// Someone was somewhere for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// A principal's name.
    pub visitor: String,
    /// From.
    pub begun_at: Timestamp,
    /// Until.
    pub left_at: Timestamp,
}

/// What someone owes besides cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingDuty {
    /// The id.
    pub id: Uuid,
    /// What.
    pub kind: StandingKind,
    /// The series, the campaign or the family that it belongs to; may be empty.
    pub group: String,
    /// Of a series: the first day of its day or week.
    pub period: Option<Date>,
    /// Where.
    pub area_code: String,
    /// In what kind of place.
    pub place: Option<PlaceKind>,
    /// The county's own word for what it is about, such as the class of a hazard; may be empty.
    pub topic: String,
    /// Whether only its holder's officers and the centre may know of it.
    pub restricted: bool,
    /// What it follows from.
    pub parent: Option<Uuid>,
    /// Whom or what it is about.
    pub subject: Subject,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// By whom and by when it is owed, and how far its clock is.
    pub duty: Duty,
    /// What came of it.
    pub record: Option<Record>,
}

impl StandingDuty {
    /// Whether someone may know of it: an agency of its own, what is restricted only its officers (S4-14).
    #[must_use]
    pub fn is_seen_by(&self, who: &Occasion) -> bool {
        let own = who.agency.as_ref().is_none_or(|agency| *agency == self.duty.holder.agency);
        own && (!self.restricted || who.rank >= Rank::Officer)
    }
}

/// What a standing duty has to know of its county.
#[derive(Debug, Clone, Copy)]
pub struct Office<'a> {
    /// Limits, and what is chased.
    pub practice: &'a Practice,
    /// Who is there.
    pub directory: &'a Directory,
    /// Which days count.
    pub clock: Clockwork<'a>,
    /// By when reminders have to be pushed.
    pub limits: PushLimitHours,
}

impl Office<'_> {
    /// Owed from a moment, for as long as the practice gives; until `due_at` where that is said.
    pub(super) fn owed(
        &self,
        kind: StandingKind,
        holder: Holder,
        started_at: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Duty {
        let kind = kind.duty();
        let limit = match due_at {
            Some(due_at) => limit_between(started_at, due_at),
            None => self.practice.limit(kind, Level::Blue),
        };
        let due_at = due_at
            .unwrap_or_else(|| self.clock.calendar.due(self.clock.zone, started_at, limit, &[], started_at));
        let mut duty = Duty {
            no: 0,
            kind,
            holder,
            about: 0,
            limit,
            started_at,
            due_at,
            pauses: Vec::new(),
            stage: Stage::Running,
            next_at: None,
            ending: None,
        };
        duty.next_at = duty.next_firing(self.practice.terms(kind));
        duty
    }
}

/// The natural limit from a moment until another.
#[must_use]
pub fn limit_between(started_at: Timestamp, due_at: Timestamp) -> Limit {
    let seconds = due_at.duration_since(started_at).as_secs().max(0);
    Limit::Natural { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

/// A duty to be made by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDuty {
    /// What.
    pub kind: StandingKind,
    /// Who.
    pub holder: Holder,
    /// The campaign that it belongs to; may be empty.
    pub group: String,
    /// Where.
    pub area_code: String,
    /// In what kind of place.
    pub place: Option<PlaceKind>,
    /// The county's own word for what it is about; may be empty.
    pub topic: String,
    /// Whether only its holder's officers and the centre may know of it.
    pub restricted: bool,
    /// By when; by the practice's limit where not given.
    pub due_at: Option<Timestamp>,
    /// Whom or what it is about.
    pub words: String,
}

/// Makes a duty by hand.
///
/// # Errors
/// [`Refusal`]
pub fn create(
    id: Uuid,
    new: NewDuty,
    occasion: &Occasion,
    office: Office<'_>,
) -> Result<StandingDuty, Refusal> {
    let follows = [
        StandingKind::Recheck,
        StandingKind::Screening,
        StandingKind::Meeting,
        StandingKind::Inquiry,
        StandingKind::Merging,
        StandingKind::Splitting,
        StandingKind::SignForm,
        StandingKind::AnswerForm,
    ];
    if follows.contains(&new.kind) {
        return Err(Refusal::new(
            "KIND_FOLLOWS_FROM_OTHERS",
            "the kind would have to be one that is made by hand; rechecks, screenings, meetings, inquiries, \
             mergers, splits and the signing and answering of forms follow from what was recorded, signalled, set for the \
             week, seen in the figures, linked and sent",
        ));
    }
    if new.restricted && new.kind != StandingKind::Visit {
        return Err(Refusal::new("KIND_NOT_RESTRICTED", "a restricted duty would have to be a visit"));
    }
    if occasion.agency.as_ref().is_some_and(|agency| *agency != new.holder.agency) {
        return Err(Refusal::new("NOT_THE_HOLDER", "the holder would have to be the caller's own agency"));
    }
    if new.restricted && occasion.rank < Rank::Officer {
        return Err(Refusal::new(
            "RANK_TOO_LOW",
            "to make a restricted duty, the capacity would have to be officer or above",
        ));
    }
    let duty = office.owed(new.kind, new.holder, occasion.at, new.due_at);
    if duty.due_at <= occasion.at {
        return Err(Refusal::new("DUE_IN_THE_PAST", "the due time would have to be later than now"));
    }
    let found_by = (new.kind == StandingKind::Rectify)
        .then(|| occasion.agency.clone().unwrap_or_else(|| office.directory.desk().to_owned()));
    Ok(StandingDuty {
        id,
        kind: new.kind,
        group: new.group,
        period: None,
        area_code: new.area_code,
        place: new.place,
        topic: new.topic,
        restricted: new.restricted,
        parent: None,
        subject: Subject { words: new.words, found_by, rectified_by: None },
        created_at: occasion.at,
        created_by: occasion.actor.clone(),
        duty,
        record: None,
    })
}
