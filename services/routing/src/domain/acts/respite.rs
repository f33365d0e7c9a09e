//! Pauses (挂起) and more time (延期): both are asked for before the time is over, and approved.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    directory::Rank,
    domain::{
        draft::Draft,
        duty::{Duty, DutyKind, Holder},
        history::HistoryKind,
        push::Form,
        refusal::Refusal,
        states::Trigger,
    },
};

/// Pauses and extensions of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Respite {
    /// More time, asked for or granted.
    pub extensions: Vec<Extension>,
    /// Pauses, asked for or granted; the last may be running.
    pub parks: Vec<Park>,
}

/// A request for more time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Counts from 1.
    pub no: u32,
    /// Which agency asked.
    pub agency: String,
    /// When.
    pub asked_at: Timestamp,
    /// So many days more, natural ones.
    pub days: u16,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// A pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Park {
    /// Counts from 1.
    pub no: u32,
    /// Which agency asked.
    pub agency: String,
    /// When.
    pub asked_at: Timestamp,
    /// Until when at the latest.
    pub until: Timestamp,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// When it went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Timestamp>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// In which capacity.
    pub capacity: String,
    /// Whether it was granted.
    pub granted: bool,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RespiteAct {
    /// Asks for more time.
    AskExtension {
        /// So many natural days more.
        days: u16,
        /// Why.
        words: String,
    },
    /// Grants or refuses the open request for more time.
    DecideExtension {
        /// Granted.
        grant: bool,
        /// Why.
        words: String,
    },
    /// Asks for a pause.
    AskPark {
        /// Until when at the latest.
        until: Timestamp,
        /// Why (season, engineering, a court).
        words: String,
    },
    /// Grants or refuses the open request for a pause.
    DecidePark {
        /// Granted.
        grant: bool,
        /// Why.
        words: String,
    },
    /// Takes it up again.
    Resume {
        /// Why.
        words: String,
    },
}

const DAY_SECONDS: i64 = 86_400;
/// Of each kind; a case with more is not waiting but abandoned.
const MOST_REQUESTS: usize = 50;
/// The longest pause: 挂账 ends and is looked at again.
const LONGEST_PARK: SignedDuration = SignedDuration::from_hours(24 * 366);

impl Draft<'_> {
    pub(in crate::domain) fn respite(&mut self, act: &RespiteAct) -> Result<(), Refusal> {
        self.must_be_open()?;
        match act {
            RespiteAct::AskExtension { days, words } => self.ask_extension(*days, words),
            RespiteAct::DecideExtension { grant, words } => self.decide_extension(*grant, words),
            RespiteAct::AskPark { until, words } => self.ask_park(*until, words),
            RespiteAct::DecidePark { grant, words } => self.decide_park(*grant, words),
            RespiteAct::Resume { words } => {
                self.resume()?;
                self.note_words(HistoryKind::Resumed, "恢复办理".to_owned(), words);
                Ok(())
            }
        }
    }

    /// More time is asked for before the time is over, at most so often, at most so long.
    fn ask_extension(&mut self, days: u16, words: &str) -> Result<(), Refusal> {
        let rule = self.setting.practice.extensions;
        let at = self.occasion.at;
        let own = self.acting_agency().to_owned();
        let centre = own == self.setting.directory.desk();
        let of_own = |duty: &Duty| duty.kind == DutyKind::Handle && (centre || duty.holder.agency == own);
        if self.owed(|duty| of_own(duty) && duty.due_at <= at && !duty.is_paused()) {
            return Self::refuse(
                "LIMIT_PASSED",
                "more time would have to be asked for before the time is over",
            );
        }
        if !self.owed(of_own) {
            return Self::refuse("NO_LIMIT_RUNS", "a handling limit would have to be running");
        }
        if days == 0 || days > rule.longest_days {
            return Self::refuse(
                "EXTENSION_TOO_LONG",
                format!("the extension would have to be 1 to {} days", rule.longest_days),
            );
        }
        let extensions = &self.case.docket.respite.extensions;
        if extensions.len() >= MOST_REQUESTS {
            return Self::refuse("TOO_MANY_REQUESTS", "the case would have to have fewer requests");
        }
        if extensions.iter().any(|one| one.verdict.is_none()) {
            return Self::refuse("EXTENSION_ASKED", "the request before would have to be decided");
        }
        let granted = extensions.iter().filter(|one| granted(one.verdict.as_ref())).count();
        if granted >= rule.at_most as usize {
            return Self::refuse(
                "EXTENSIONS_USED_UP",
                format!("fewer than {} extensions would have to be granted before", rule.at_most),
            );
        }
        let no = u32::try_from(extensions.len()).unwrap_or(u32::MAX).saturating_add(1);
        let agency = self.acting_agency().to_owned();
        self.case.docket.respite.extensions.push(Extension { no, agency, asked_at: at, days, verdict: None });
        let desk = self.setting.directory.desk().to_owned();
        self.owe(DutyKind::Decide, Holder::agency(&desk), no);
        self.note_words(HistoryKind::ExtensionAsked, format!("申请延期{days}天"), words);
        Ok(())
    }

    fn decide_extension(&mut self, grant: bool, words: &str) -> Result<(), Refusal> {
        let Some(open) = self.case.docket.respite.extensions.iter().position(|one| one.verdict.is_none())
        else {
            return Self::refuse("NO_EXTENSION_ASKED", "more time would have to be asked for");
        };
        let granted_before =
            self.case.docket.respite.extensions.iter().filter(|one| granted(one.verdict.as_ref())).count();
        let leader_needed = granted_before + 1 >= self.setting.practice.extensions.leader_from as usize;
        self.must_be(if leader_needed { Rank::Leader } else { Rank::Officer }, "decide on more time")?;
        let verdict = self.verdict(grant);
        let extension = &mut self.case.docket.respite.extensions[open];
        extension.verdict = Some(verdict);
        let (days, no, agency) = (extension.days, extension.no, extension.agency.clone());
        self.meet(|duty| duty.kind == DutyKind::Decide && duty.about == no);
        if grant {
            self.lengthen(days, &agency);
            self.note_words(HistoryKind::ExtensionDecided, format!("同意延期{days}天"), words);
        } else {
            self.note_words(HistoryKind::ExtensionDecided, "不同意延期".to_owned(), words);
        }
        Ok(())
    }

    /// The handling limits of who asked end so many natural days later; where the centre asked, those of all.
    fn lengthen(&mut self, days: u16, agency: &str) {
        let (clock, now, practice) = (self.clock(), self.occasion.at, self.setting.practice);
        let centre = agency == self.setting.directory.desk();
        let longer = SignedDuration::from_secs(i64::from(days) * DAY_SECONDS);
        for duty in &mut self.case.docket.duties {
            if duty.kind == DutyKind::Handle && (centre || duty.holder.agency == agency) {
                duty.lengthen(longer, clock, practice.terms(duty.kind), now);
            }
        }
    }

    fn ask_park(&mut self, until: Timestamp, words: &str) -> Result<(), Refusal> {
        let at = self.occasion.at;
        if until <= at || until.duration_since(at) > LONGEST_PARK {
            return Self::refuse("PARK_TOO_LONG", "the pause would have to end within 366 days");
        }
        if self.owed(|duty| duty.kind == DutyKind::Arbitrate) {
            return Self::refuse("RETURN_OPEN", "the open return would have to be decided by its arbiter");
        }
        let parks = &self.case.docket.respite.parks;
        if parks.len() >= MOST_REQUESTS {
            return Self::refuse("TOO_MANY_REQUESTS", "the case would have to have fewer requests");
        }
        if parks.iter().any(|park| park.verdict.is_none()) {
            return Self::refuse("PARK_ASKED", "the request before would have to be decided");
        }
        if self.is_parked() {
            return Self::refuse("CASE_PARKED", "the case would have to be one that is not parked");
        }
        let no = u32::try_from(parks.len()).unwrap_or(u32::MAX).saturating_add(1);
        let agency = self.acting_agency().to_owned();
        self.case.docket.respite.parks.push(Park {
            no,
            agency,
            asked_at: at,
            until,
            verdict: None,
            resumed_at: None,
        });
        let desk = self.setting.directory.desk().to_owned();
        self.owe(DutyKind::Decide, Holder::agency(&desk), PARK_REQUESTS + no);
        self.note_words(HistoryKind::ParkAsked, "申请挂起".to_owned(), words);
        Ok(())
    }

    fn decide_park(&mut self, grant: bool, words: &str) -> Result<(), Refusal> {
        let Some(open) = self.case.docket.respite.parks.iter().position(|park| park.verdict.is_none()) else {
            return Self::refuse("NO_PARK_ASKED", "a pause would have to be asked for");
        };
        self.must_be(Rank::Leader, "decide on a pause")?;
        if grant && self.owed(|duty| duty.kind == DutyKind::Arbitrate) {
            return Self::refuse("RETURN_OPEN", "the open return would have to be decided by its arbiter");
        }
        if grant {
            self.advance(Trigger::Park)?;
        }
        let verdict = self.verdict(grant);
        let park = &mut self.case.docket.respite.parks[open];
        park.verdict = Some(verdict);
        let (no, until) = (park.no, park.until);
        self.meet(|duty| duty.kind == DutyKind::Decide && duty.about == PARK_REQUESTS + no);
        if !grant {
            self.note_words(HistoryKind::Parked, "不同意挂起".to_owned(), words);
            return Ok(());
        }
        let now = self.occasion.at;
        for duty in self.case.docket.duties.iter_mut().filter(|duty| duty.kind.pauses_with_case()) {
            duty.pause(now);
        }
        let lead = self.case.lead_agency.clone();
        self.owe_until(DutyKind::Resume, Holder::agency(&lead), no, until);
        self.note_words(HistoryKind::Parked, "同意挂起，时限停计".to_owned(), words);
        Ok(())
    }

    /// The clocks go on where they stood.
    pub(in crate::domain) fn resume(&mut self) -> Result<(), Refusal> {
        self.advance(Trigger::Resume)?;
        let now = self.occasion.at;
        if let Some(park) = self.case.docket.respite.parks.last_mut() {
            park.resumed_at = Some(now);
        }
        let (clock, practice) = (self.clock(), self.setting.practice);
        for duty in &mut self.case.docket.duties {
            duty.go_on(clock, practice.terms(duty.kind), now);
        }
        self.meet(|duty| duty.kind == DutyKind::Resume);
        Ok(())
    }

    /// The pause is over and nobody took the case up: it goes on by itself, and the lead is told.
    pub(in crate::domain) fn park_ended(&mut self) {
        if self.resume().is_ok() {
            self.note_as_system(HistoryKind::Resumed, "挂起到期，恢复办理".to_owned());
            let lead = self.case.lead_agency.clone();
            self.push_to(&lead, Form::Reminder, "挂起到期，恢复办理");
        }
    }

    /// The case is over, and with it what was asked for and not decided.
    pub(in crate::domain) fn lapse_requests(&mut self) {
        let respite = &mut self.case.docket.respite;
        respite.extensions.retain(|one| one.verdict.is_some());
        respite.parks.retain(|park| park.verdict.is_some());
    }

    pub(in crate::domain) fn is_parked(&self) -> bool {
        let last = self.case.docket.respite.parks.last();
        last.is_some_and(|park| granted(park.verdict.as_ref()) && park.resumed_at.is_none())
    }

    fn verdict(&self, granted: bool) -> Verdict {
        Verdict {
            at: self.occasion.at,
            by: self.occasion.actor.clone(),
            capacity: self.occasion.capacity.clone(),
            granted,
        }
    }
}

/// The numbers of requests for a pause among the things to be decided begin after this.
const PARK_REQUESTS: u32 = 1_000_000;

fn granted(verdict: Option<&Verdict>) -> bool {
    verdict.is_some_and(|verdict| verdict.granted)
}
