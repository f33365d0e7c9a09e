//! Asking people again after a case was resolved (双反馈; S0-02, S3-10).

use fengqiao_calendar::{Limit, end_of_day, last_day};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::Rank,
    domain::{
        case::State,
        docket::Docket,
        draft::Draft,
        duty::{DutyKind, Holder},
        history::HistoryKind,
        practice::{Asked, RevisitTask},
        refusal::Refusal,
        wording::party_name,
    },
};

/// One task of asking again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisit {
    /// Counts from 1 within the case.
    pub no: u32,
    /// Who asks.
    pub by: Rank,
    /// Who is asked.
    pub whom: Asked,
    /// What the person is in the case, where a person is asked (contract number of a party role).
    #[serde(default)]
    pub party: i32,
    /// By when, as its duty has it: the end of its day, which is the earliest too.
    pub due_at: Timestamp,
    /// What was said; none while it is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<RevisitAnswer>,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisitAnswer {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub asker: String,
    /// How it stands.
    pub outcome: RevisitOutcome,
    /// Whether they are content, 1 to 5; 0 where it was not asked.
    pub satisfaction: u8,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisitOutcome {
    /// 稳定
    Stable,
    /// 不稳定
    Unstable,
    /// 复发
    Relapse,
    /// Nobody could be reached; it counts as asked, not as effective.
    Unreached,
}

impl RevisitOutcome {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "稳定",
            Self::Unstable => "不稳定",
            Self::Relapse => "复发",
            Self::Unreached => "未联系上",
        }
    }
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisitAct {
    /// Records what was said.
    Record {
        /// Which task.
        no: u32,
        /// How it stands.
        outcome: RevisitOutcome,
        /// 1 to 5; 0 where it was not asked.
        satisfaction: u8,
        /// What they said.
        words: String,
    },
}

impl Draft<'_> {
    /// Who has to ask whom again, by the practice: for each of the people one task of its own. Each stands in the list
    /// of the post that the practice names; never in nobody's.
    pub(in crate::domain) fn owe_revisits(&mut self) {
        self.case.docket.revisits.clear();
        for task in &self.setting.practice.revisits {
            let parties = match task.whom {
                Asked::People => self.case.docket.people_to_ask().into_iter().map(i32::from).collect(),
                Asked::Agencies | Asked::Community => Vec::new(),
            };
            let parties = if parties.is_empty() { vec![0] } else { parties };
            for party in parties {
                let no = u32::try_from(self.case.docket.revisits.len()).unwrap_or(u32::MAX).saturating_add(1);
                let due_at = self.owe_revisit(self.asker(task), no, task.after);
                self.case.docket.revisits.push(Revisit {
                    no,
                    by: task.by,
                    whom: task.whom,
                    party,
                    due_at,
                    answer: None,
                });
            }
        }
    }

    /// Makes someone owe a task until the end of the day that the limit leads to: before that day it is too early.
    /// Returns by when.
    fn owe_revisit(&mut self, asker: Holder, no: u32, limit: Limit) -> Timestamp {
        let (zone, at) = (self.setting.zone, self.occasion.at);
        let due = self.setting.calendar.due(zone, at, limit, &[], at);
        match limit {
            Limit::Natural { .. } => {
                let due_at = end_of_day(zone.to_datetime(due).date(), zone);
                self.owe_until(DutyKind::Revisit, asker, no, due_at);
                due_at
            }
            // These end with a day, and are counted anew where the calendar changes.
            Limit::WorkingDays { .. } => {
                self.owe_within(DutyKind::Revisit, asker, no, limit);
                due
            }
        }
    }

    /// Whose list a task stands in: that of the post of the practice, where it is high enough and its own agency is
    /// not the one asked; else the director's for what takes a leader, and the desk's for the rest.
    fn asker(&self, task: &RevisitTask) -> Holder {
        let directory = self.setting.directory;
        let asks_itself = |agency: &str| {
            task.whom == Asked::Agencies
                && agency != directory.desk()
                && self.case.docket.handler(agency).is_some()
        };
        let named = task.post.as_deref().and_then(|code| directory.post(code));
        match named.filter(|post| post.rank >= task.by && !asks_itself(&post.agency)) {
            Some(post) => Holder::post(&post.agency, &post.code),
            None if task.by >= Rank::Leader => {
                let director = directory.director();
                Holder::post(&director.agency, &director.code)
            }
            None => Holder::agency(directory.desk()),
        }
    }

    pub(in crate::domain) fn revisit(&mut self, act: &RevisitAct) -> Result<(), Refusal> {
        let RevisitAct::Record { no, outcome, satisfaction, words } = act;
        if self.case.state != State::Resolved {
            return Self::refuse(
                "CASE_NOT_RESOLVED",
                format!("the case would have to be resolved; it is {}", self.case.state.name()),
            );
        }
        let Some(index) = self.case.docket.revisits.iter().position(|revisit| revisit.no == *no) else {
            return Self::refuse("NO_SUCH_REVISIT", "the number would have to be one of the case's revisits");
        };
        let task = self.case.docket.revisits[index].clone();
        self.must_be(task.by, "record this revisit")?;
        let own = task.whom == Asked::Agencies
            && !self.is_of_the_centre()
            && self.case.docket.handler(self.acting_agency()).is_some();
        if own {
            return Self::refuse("OWN_REVISIT", "an agency would have to be asked by another than itself");
        }
        if task.answer.is_some() {
            return Self::refuse("REVISIT_RECORDED", "the revisit would have to be one that is still owed");
        }
        // That it is not over is heard whenever it shows; that it holds shows with time.
        let zone = self.setting.zone;
        let (today, day) = (zone.to_datetime(self.occasion.at).date(), last_day(task.due_at, zone));
        if today < day && *outcome != RevisitOutcome::Relapse {
            return Self::refuse(
                "REVISIT_TOO_EARLY",
                format!("the day would have to be {day} or later; before it only a relapse is recorded"),
            );
        }
        self.case.docket.revisits[index].answer = Some(RevisitAnswer {
            at: self.occasion.at,
            asker: self.occasion.actor.clone(),
            outcome: *outcome,
            satisfaction: *satisfaction,
        });
        self.meet(|duty| duty.kind == DutyKind::Revisit && duty.about == *no);
        let whom = if task.party == 0 { task.whom.name() } else { party_name(task.party) };
        self.note_words(HistoryKind::Revisited, format!("回访{whom}：{}", outcome.name()), words);
        match outcome {
            RevisitOutcome::Relapse => {
                self.reopen()?;
                self.note_as_system(HistoryKind::Reopened, "回访发现复发，重新办理".to_owned());
                self.suggest_higher("回访发现复发");
                self.push_to_all("回访发现复发，重新办理");
            }
            RevisitOutcome::Unstable => {
                // Not over yet: the same people are asked once more.
                let next = Revisit {
                    no: u32::try_from(self.case.docket.revisits.len()).unwrap_or(u32::MAX).saturating_add(1),
                    answer: None,
                    ..task
                };
                let tasks = &self.setting.practice.revisits;
                let asker = tasks
                    .iter()
                    .find(|task| (task.by, task.whom) == (next.by, next.whom))
                    .map_or_else(|| Holder::agency(self.setting.directory.desk()), |task| self.asker(task));
                let limit = self.setting.practice.limit(DutyKind::Revisit, self.case.level);
                let due_at = self.owe_revisit(asker, next.no, limit);
                self.case.docket.revisits.push(Revisit { due_at, ..next });
            }
            RevisitOutcome::Stable | RevisitOutcome::Unreached => {}
        }
        Ok(())
    }
}

impl Docket {
    /// What moves a duty to ask again moves its task.
    pub(in crate::domain) fn date_revisits(&mut self) {
        for duty in self.duties.iter().filter(|duty| duty.kind == DutyKind::Revisit) {
            for task in self.revisits.iter_mut().filter(|task| task.no == duty.about) {
                task.due_at = duty.due_at;
            }
        }
    }
}
