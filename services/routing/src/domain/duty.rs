//! A duty: what someone owes by a time. One model for all of them, so that one clock fires them and one list
//! shows them.

use fengqiao_calendar::{Calendar, Limit, Pause};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::practice::Terms;

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutyKind {
    /// To sign for the case (签收).
    Sign,
    /// To contact the people (首次联系).
    Contact,
    /// To settle the case (办理时限).
    Handle,
    /// To look at a case that is not pushed (蓝色关注).
    Watch,
    /// To decide a return that is disputed or one too many (退回裁决).
    Arbitrate,
    /// To decide a request for more time or for a pause (延期、挂起审批).
    Decide,
    /// To take up a parked case again (挂账到期).
    Resume,
    /// To report progress of a major event (每日进展).
    Progress,
    /// To reply to a supervision (督办回复).
    Reply,
    /// To answer a reminder letter (提示函回复).
    Letter,
    /// To acknowledge an alert (预警确认).
    Acknowledge,
    /// To report in on the spot (报到).
    ReportIn,
    /// To say what was done after a whistle (吹哨办结).
    WhistleResult,
    /// To do what a meeting decided (会议决定).
    Decision,
    /// To do what an agreement says (协议履行).
    Perform,
    /// To ask people again (回访).
    Revisit,
    /// To claim a hand-over (认领).
    Claim,
    /// Nobody's in person: a case grows old (小事拖大).
    Ageing,
    /// To sort a repeat call into its kind (重复警情归类).
    Classify,
    /// To sweep a grid (摸排).
    Sweep,
    /// To say that there is nothing to say (零报告).
    ZeroReport,
    /// To visit (走访、定期见面).
    Visit,
    /// To put a hazard right (整改).
    Rectify,
    /// To look whether it was put right (复查).
    Recheck,
    /// To screen a family jointly (联合筛查).
    Screening,
    /// To hold a meeting (联席会议).
    Meeting,
    /// To answer a one-key call (一键呼叫应答).
    AnswerCall,
    /// To look into what figures show (预警核查).
    Inquire,
    /// To look whether two cases of one dispute are to be merged (并案研判).
    Merge,
    /// To patrol (巡防).
    Patrol,
    /// To tell people about law or safety (宣传).
    Publicity,
    /// To look whether reports of another dispute are to be split off a case (分案研判).
    Split,
    /// To sign a form by which one is only told of a case, or that was issued by hand (公函签收).
    SignForm,
    /// To answer such a form (公函答复).
    AnswerForm,
}

impl DutyKind {
    /// All kinds.
    pub const ALL: [Self; 34] = [
        Self::Sign,
        Self::Contact,
        Self::Handle,
        Self::Watch,
        Self::Arbitrate,
        Self::Decide,
        Self::Resume,
        Self::Progress,
        Self::Reply,
        Self::Letter,
        Self::Acknowledge,
        Self::ReportIn,
        Self::WhistleResult,
        Self::Decision,
        Self::Perform,
        Self::Revisit,
        Self::Claim,
        Self::Ageing,
        Self::Classify,
        Self::Sweep,
        Self::ZeroReport,
        Self::Visit,
        Self::Rectify,
        Self::Recheck,
        Self::Screening,
        Self::Meeting,
        Self::AnswerCall,
        Self::Inquire,
        Self::Merge,
        Self::Patrol,
        Self::Publicity,
        Self::Split,
        Self::SignForm,
        Self::AnswerForm,
    ];

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

    /// The word in `practice.toml` and in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Contact => "contact",
            Self::Handle => "handle",
            Self::Watch => "watch",
            Self::Arbitrate => "arbitrate",
            Self::Decide => "decide",
            Self::Resume => "resume",
            Self::Progress => "progress",
            Self::Reply => "reply",
            Self::Letter => "letter",
            Self::Acknowledge => "acknowledge",
            Self::ReportIn => "report_in",
            Self::WhistleResult => "whistle_result",
            Self::Decision => "decision",
            Self::Perform => "perform",
            Self::Revisit => "revisit",
            Self::Claim => "claim",
            Self::Ageing => "ageing",
            Self::Classify => "classify",
            Self::Sweep => "sweep",
            Self::ZeroReport => "zero_report",
            Self::Visit => "visit",
            Self::Rectify => "rectify",
            Self::Recheck => "recheck",
            Self::Screening => "screening",
            Self::Meeting => "meeting",
            Self::AnswerCall => "answer_call",
            Self::Inquire => "inquire",
            Self::Merge => "merge",
            Self::Patrol => "patrol",
            Self::Publicity => "publicity",
            Self::Split => "split",
            Self::SignForm => "sign_form",
            Self::AnswerForm => "answer_form",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "签收",
            Self::Contact => "首次联系",
            Self::Handle => "办理",
            Self::Watch => "日常关注",
            Self::Arbitrate => "退回裁决",
            Self::Decide => "审批",
            Self::Resume => "挂起到期",
            Self::Progress => "每日进展",
            Self::Reply => "督办回复",
            Self::Letter => "提示函回复",
            Self::Acknowledge => "预警确认",
            Self::ReportIn => "报到",
            Self::WhistleResult => "吹哨办理结果",
            Self::Decision => "会议决定事项",
            Self::Perform => "协议履行",
            Self::Revisit => "回访",
            Self::Claim => "认领",
            Self::Ageing => "积案提醒",
            Self::Classify => "重复警情归类",
            Self::Sweep => "摸排",
            Self::ZeroReport => "零报告",
            Self::Visit => "走访",
            Self::Rectify => "整改",
            Self::Recheck => "复查",
            Self::Screening => "联合筛查",
            Self::Meeting => "联席会议",
            Self::AnswerCall => "一键呼叫应答",
            Self::Inquire => "预警核查",
            Self::Merge => "并案研判",
            Self::Patrol => "巡防",
            Self::Publicity => "宣传",
            Self::Split => "分案研判",
            Self::SignForm => "公函签收",
            Self::AnswerForm => "公函答复",
        }
    }

    /// Whether it stands still while the case is parked or waits for its arbiter: the clocks of the handling
    /// itself do, the clocks of those who decide do not.
    #[must_use]
    pub const fn pauses_with_case(self) -> bool {
        matches!(self, Self::Handle | Self::Contact | Self::Sign | Self::Ageing | Self::Letter)
    }
}

/// Who owes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// The agency.
    pub agency: String,
    /// The post in it, where one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// The person, where one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Holder {
    /// An agency as a whole.
    #[must_use]
    pub fn agency(code: &str) -> Self {
        Self { agency: code.to_owned(), post: None, person: None }
    }

    /// A post of an agency.
    #[must_use]
    pub fn post(agency: &str, post: &str) -> Self {
        Self { agency: agency.to_owned(), post: Some(post.to_owned()), person: None }
    }
}

/// How far a clock has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing was said yet.
    Running,
    /// It was said that the time is near.
    Warned,
    /// The time is over, and this often it was chased since.
    Breached {
        /// How often.
        chased: u8,
    },
}

impl Stage {
    /// The number by which the store knows it: grows with every firing.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Running => 0,
            Self::Warned => 1,
            Self::Breached { chased } => 2 + chased as i16,
        }
    }

    /// The stage of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        match code {
            0 => Some(Self::Running),
            1 => Some(Self::Warned),
            _ => u8::try_from(code.checked_sub(2)?).ok().map(|chased| Self::Breached { chased }),
        }
    }
}

/// How a duty ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// Whether it was met; else it fell away.
    pub met: bool,
}

/// What someone owes by a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Counts from 1 within its case.
    pub no: u32,
    /// What.
    pub kind: DutyKind,
    /// Who.
    pub holder: Holder,
    /// What it is about, where the kind does not say it: the number of a session, a whistle, a revisit; with
    /// signing and handling, how often the case was returned before.
    #[serde(default)]
    pub about: u32,
    /// How long.
    pub limit: Limit,
    /// Since when.
    pub started_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// When it stood still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// How far the clock has come.
    pub stage: Stage,
    /// When it fires next; none where it has no more to say.
    pub next_at: Option<Timestamp>,
    /// How it ended; none while it is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// What a clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// The time is near.
    Near,
    /// The time is over.
    Over,
    /// It is still not done, for the n-th time.
    Chase(u8),
}

/// What a clock says, and what it does not say any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// What it says.
    pub firing: Firing,
    /// How many steps before that passed while nobody looked: they are not said late.
    pub skipped: u8,
}

/// What a clock has to know besides its duty.
#[derive(Debug, Clone, Copy)]
pub struct Clockwork<'a> {
    /// Which days count.
    pub calendar: &'a Calendar,
    /// The county's zone.
    pub zone: &'a TimeZone,
}

impl Duty {
    /// Whether it is still owed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// Whether it is due after so many working days of the official calendar.
    #[must_use]
    pub const fn counts_working_days(&self) -> bool {
        matches!(self.limit, Limit::WorkingDays { .. })
    }

    /// Whether its clock stands still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|pause| pause.to.is_none())
    }

    /// Whether it was not done in time, as of a moment.
    #[must_use]
    pub fn is_late(&self, at: Timestamp) -> bool {
        match &self.ending {
            Some(ending) => ending.met && ending.at > self.due_at,
            None => !self.is_paused() && at >= self.due_at,
        }
    }

    /// What the clock says at a moment, at most one thing: what passed while nobody looked is said once, at
    /// its last and gravest.
    pub fn pass(&mut self, now: Timestamp, terms: &Terms) -> Option<Passed> {
        let mut said: Option<Passed> = None;
        while self.is_open() && self.next_at.is_some_and(|at| at <= now) {
            let (stage, firing) = match self.stage {
                Stage::Running if now < self.due_at => (Stage::Warned, Firing::Near),
                Stage::Running | Stage::Warned => (Stage::Breached { chased: 0 }, Firing::Over),
                Stage::Breached { chased } => {
                    (Stage::Breached { chased: chased + 1 }, Firing::Chase(chased + 1))
                }
            };
            self.stage = stage;
            self.next_at = self.next_firing(terms);
            let skipped = said.map_or(0, |earlier| earlier.skipped.saturating_add(1));
            said = Some(Passed { firing, skipped });
        }
        said
    }

    /// Sets the time anew from limit, start and pauses; the stages that were passed stay passed, unless the
    /// time moved beyond `now` again.
    pub fn recompute(&mut self, clock: Clockwork<'_>, terms: &Terms, now: Timestamp) {
        self.due_at = clock.calendar.due(clock.zone, self.started_at, self.limit, &self.pauses, now);
        self.rewind(terms, now);
    }

    /// The official calendar was changed: working days that run are counted anew. What stands still is counted when
    /// it goes on; what does not move keeps what its clock has said. Says when it was due before, where it moved.
    pub fn recount(&mut self, clock: Clockwork<'_>, terms: &Terms, now: Timestamp) -> Option<Timestamp> {
        if !self.counts_working_days() || self.is_paused() || !self.is_open() {
            return None;
        }
        let before = self.due_at;
        let due = clock.calendar.due(clock.zone, self.started_at, self.limit, &self.pauses, now);
        if due == before {
            return None;
        }
        self.recompute(clock, terms, now);
        Some(before)
    }

    /// Pulls the time in; a later time changes nothing (S0-04). A clock that stands still goes on standing, and
    /// has the shorter time when it goes on.
    pub fn pull_in(&mut self, limit: Limit, clock: Clockwork<'_>, terms: &Terms, now: Timestamp) -> bool {
        let due = clock.calendar.due(clock.zone, now, limit, &[], now);
        let so_far = clock.calendar.due(clock.zone, self.started_at, self.limit, &self.pauses, now);
        if due >= so_far {
            return false;
        }
        self.begin_anew(limit, due, terms, now);
        true
    }

    /// Gives so much more time. A clock that stands still goes on standing.
    pub fn lengthen(&mut self, by: SignedDuration, clock: Clockwork<'_>, terms: &Terms, now: Timestamp) {
        let so_far = if self.is_paused() {
            clock.calendar.due(clock.zone, self.started_at, self.limit, &self.pauses, now)
        } else {
            self.due_at
        };
        let due = so_far.checked_add(by).unwrap_or(so_far);
        // What is left of the time is a limit of its own, from now on.
        let seconds = due.duration_since(now).as_secs().clamp(0, i64::from(u32::MAX));
        let limit = Limit::Natural { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) };
        self.begin_anew(limit, due, terms, now);
    }

    /// Somebody else owes it from now on, within so many seconds. Since when it is owed stays: whoever did it at last, it
    /// took so long.
    pub fn hand_on(&mut self, holder: Holder, seconds: u32, terms: &Terms, now: Timestamp) {
        let due = now.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(now);
        let whole = due.duration_since(self.started_at).as_secs().clamp(0, i64::from(u32::MAX));
        self.holder = holder;
        self.limit = Limit::Natural { seconds: u32::try_from(whole).unwrap_or(u32::MAX) };
        self.due_at = due;
        self.stage = Stage::Running;
        // A warning that would have come before it was handed on is none.
        self.next_at = self.next_firing(terms).filter(|at| *at > now).or(Some(due));
    }

    /// Runs from now with another limit. A clock that stands still goes on standing.
    fn begin_anew(&mut self, limit: Limit, due: Timestamp, terms: &Terms, now: Timestamp) {
        let paused = self.is_paused();
        self.limit = limit;
        self.started_at = now;
        self.pauses.clear();
        self.due_at = due;
        if paused {
            self.pauses.push(Pause { from: now, to: None });
        }
        self.rewind(terms, now);
    }

    /// Stops the clock.
    pub fn pause(&mut self, now: Timestamp) {
        if self.is_open() && !self.is_paused() {
            self.pauses.push(Pause { from: now, to: None });
            self.next_at = None;
        }
    }

    /// Lets the clock go on.
    pub fn go_on(&mut self, clock: Clockwork<'_>, terms: &Terms, now: Timestamp) {
        if let Some(pause) = self.pauses.last_mut()
            && pause.to.is_none()
        {
            pause.to = Some(now);
            self.recompute(clock, terms, now);
        }
    }

    /// Ends it.
    pub fn end(&mut self, at: Timestamp, met: bool) {
        if self.is_open() {
            if let Some(pause) = self.pauses.last_mut()
                && pause.to.is_none()
            {
                pause.to = Some(at);
            }
            self.ending = Some(Ending { at, met });
            self.next_at = None;
        }
    }

    fn rewind(&mut self, terms: &Terms, now: Timestamp) {
        if self.due_at > now {
            self.stage = Stage::Running;
        }
        if !self.is_paused() {
            self.next_at = self.next_firing(terms);
        }
    }

    /// When the clock fires next after its stage.
    pub(super) fn next_firing(&self, terms: &Terms) -> Option<Timestamp> {
        let after = |seconds: u64| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            self.due_at.checked_add(SignedDuration::from_secs(seconds)).ok()
        };
        match self.stage {
            Stage::Running => {
                let near = terms.warn_before_seconds.filter(|before| *before > 0).and_then(|before| {
                    self.due_at.checked_sub(SignedDuration::from_secs(i64::from(before))).ok()
                });
                // A limit shorter than its warning is not warned of.
                Some(near.filter(|at| *at > self.started_at).unwrap_or(self.due_at))
            }
            Stage::Warned => Some(self.due_at),
            Stage::Breached { chased } => {
                terms.chase_after_seconds.get(usize::from(chased)).and_then(|s| after(u64::from(*s)))
            }
        }
    }
}
