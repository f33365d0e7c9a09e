//! Mediation: sessions (S0-07, S3-08), the agreement and whether it is kept (S1-07), judicial confirmation, who
//! mediates (S3-13, S4-17), and the way of settling (五个一批; S4-12).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    case::State,
    draft::Draft,
    duty::{DutyKind, Holder},
    history::HistoryKind,
    push::Form,
    refusal::Refusal,
};

const MOST_SESSIONS: usize = 500;
const MOST_EARLIER: usize = 10;

/// What was mediated.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mediation {
    /// The sessions, in order.
    pub sessions: Vec<Session>,
    /// The agreement.
    pub agreement: Option<Agreement>,
    /// The way of settling.
    pub method: Option<Method>,
    /// The leader in charge (包案领导).
    pub leader: Option<String>,
    /// Where it was settled (S1-10).
    pub settled_at: Option<SettledAt>,
    /// Agreements from before it was opened again, the last ones.
    pub earlier: Vec<Agreement>,
    /// The residents' body or volunteer that gets the credit (S4-17): a code of the directory.
    pub credited: Option<String>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Counts from 1.
    pub no: u32,
    /// When.
    pub at: Timestamp,
    /// Who mediated: agencies, bodies, volunteers by code, or names.
    pub mediators: Vec<String>,
    /// Who came, by what they are in the case (contract numbers of party roles).
    pub present: Vec<i32>,
    /// What came of it.
    pub result: SessionResult,
    /// How long, in minutes.
    pub minutes: u16,
}

/// What came of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionResult {
    /// They agreed.
    Agreed,
    /// They will go on.
    Adjourned,
    /// They did not agree.
    Failed,
    /// Someone did not come.
    Absent,
}

impl SessionResult {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreed => "达成协议",
            Self::Adjourned => "择日再调",
            Self::Failed => "未达成",
            Self::Absent => "缺席",
        }
    }
}

/// An agreement (调解协议).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its number or reference.
    pub reference: String,
    /// When it was signed.
    pub at: Timestamp,
    /// What was agreed; personal.
    pub terms: String,
    /// What has to be done, and by when.
    pub performances: Vec<Performance>,
    /// The court's reference where it confirmed it (司法确认).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
}

impl Agreement {
    /// Whether both are the same agreement, whatever became of it.
    #[must_use]
    pub fn is_the_same(&self, other: &Self) -> bool {
        self.reference == other.reference && self.at == other.at
    }
}

/// What has to be done under an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// Counts from 1.
    pub no: u32,
    /// What; personal.
    pub what: String,
    /// By when.
    pub due_at: Timestamp,
    /// Whether it was done, and when that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<(Timestamp, bool)>,
}

/// The way of settling: 五个一批.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 领导包案
    LeaderInCharge,
    /// 政策安抚
    PolicyComfort,
    /// 法治教育
    LegalEducation,
    /// 能人带动
    CapablePeople,
    /// 新风感化
    NewCustoms,
}

impl Method {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeaderInCharge => "领导包案",
            Self::PolicyComfort => "政策安抚",
            Self::LegalEducation => "法治教育",
            Self::CapablePeople => "能人带动",
            Self::NewCustoms => "新风感化",
        }
    }
}

/// Where a case was settled (琐事不出楼栋、小事不出网格、大事不出社区; S1-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledAt {
    /// 楼栋
    Building,
    /// 网格
    Grid,
    /// 社区
    Community,
    /// 乡镇
    Town,
    /// 县
    County,
}

impl SettledAt {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Building => "楼栋",
            Self::Grid => "网格",
            Self::Community => "村（社区）",
            Self::Town => "乡镇（街道）",
            Self::County => "县级",
        }
    }
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediationAct {
    /// Records a session.
    HoldSession {
        /// When.
        at: Timestamp,
        /// Who mediated.
        mediators: Vec<String>,
        /// Who came (contract numbers of party roles).
        present: Vec<i32>,
        /// What came of it.
        result: SessionResult,
        /// How long, in minutes.
        minutes: u16,
        /// What was said.
        words: String,
    },
    /// Records the agreement.
    Agree {
        /// Its number or reference.
        reference: String,
        /// What was agreed.
        terms: String,
        /// What has to be done, and by when.
        performances: Vec<(String, Timestamp)>,
    },
    /// Says whether something was done.
    CheckPerformance {
        /// Which.
        no: u32,
        /// Done.
        done: bool,
        /// What was seen; may be empty.
        words: String,
    },
    /// Records the court's confirmation.
    Confirm {
        /// The court's reference.
        reference: String,
    },
    /// Chooses the way of settling and the leader in charge.
    ChooseMethod {
        /// The way.
        method: Method,
        /// The leader: a post of the directory; needed where a leader is in charge.
        leader: Option<String>,
    },
}

impl Draft<'_> {
    pub(in crate::domain) fn mediation(&mut self, act: &MediationAct) -> Result<(), Refusal> {
        match act {
            MediationAct::HoldSession { at, mediators, present, result, minutes, words } => {
                let session = Session {
                    no: 0,
                    at: *at,
                    mediators: mediators.clone(),
                    present: present.clone(),
                    result: *result,
                    minutes: *minutes,
                };
                self.hold_session(session, words)
            }
            MediationAct::Agree { reference, terms, performances } => {
                self.agree(reference, terms, performances)
            }
            MediationAct::CheckPerformance { no, done, words } => self.check_performance(*no, *done, words),
            MediationAct::Confirm { reference } => {
                let Some(agreement) = &mut self.case.docket.mediation.agreement else {
                    return Self::refuse("NO_AGREEMENT", "an agreement would have to be recorded");
                };
                if agreement.confirmation.is_some() {
                    return Self::refuse(
                        "AGREEMENT_CONFIRMED",
                        "the agreement would have to be one that no court confirmed yet",
                    );
                }
                agreement.confirmation = Some(reference.clone());
                self.note(HistoryKind::Confirmed, format!("司法确认：{reference}"), None);
                Ok(())
            }
            MediationAct::ChooseMethod { method, leader } => self.choose_method(*method, leader.as_deref()),
        }
    }

    fn hold_session(&mut self, mut session: Session, words: &str) -> Result<(), Refusal> {
        self.must_be_open()?;
        if session.mediators.is_empty() {
            return Self::refuse("NO_MEDIATOR", "at least one mediator would have to be named");
        }
        if session.at > self.occasion.at {
            return Self::refuse("SESSION_IN_FUTURE", "the session would have to have been held");
        }
        let sessions = &mut self.case.docket.mediation.sessions;
        if sessions.len() >= MOST_SESSIONS {
            return Self::refuse("TOO_MANY_SESSIONS", "the case would have to have fewer sessions");
        }
        session.no = u32::try_from(sessions.len()).unwrap_or(u32::MAX).saturating_add(1);
        let (no, result, mediators) = (session.no, session.result, session.mediators.clone());
        sessions.push(session);
        let directory = self.setting.directory;
        // Bodies and agencies by name; people who are named only here stand with the words.
        let known = |code: &&String| directory.mediator(code).is_some() || directory.agency(code).is_some();
        let mut names: Vec<String> = mediators
            .iter()
            .filter(known)
            .map(|code| match directory.mediator(code) {
                Some(mediator) => mediator.name.clone(),
                None => directory.name(code).to_owned(),
            })
            .collect();
        let others: Vec<&str> = mediators.iter().filter(|code| !known(code)).map(String::as_str).collect();
        if !others.is_empty() {
            names.push(format!("其他{}人", others.len()));
        }
        if result == SessionResult::Agreed
            && let Some(body) = mediators.iter().find(|code| directory.mediator(code).is_some())
        {
            self.case.docket.mediation.credited = Some(body.clone());
        }
        let text = format!("第{no}次调解：{}；调解人：{}", result.name(), names.join("、"));
        let words = if others.is_empty() {
            words.to_owned()
        } else {
            format!("{words}（调解人：{}）", others.join("、"))
        };
        self.note_words(HistoryKind::SessionHeld, text, &words);
        Ok(())
    }

    fn agree(
        &mut self,
        reference: &str,
        terms: &str,
        performances: &[(String, Timestamp)],
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.owed(|duty| duty.kind == DutyKind::Perform) {
            return Self::refuse(
                "AGREEMENT_RECORDED",
                "the case would have to be without an agreement that is still to be performed",
            );
        }
        self.archive_agreement();
        let lead = self.case.lead_agency.clone();
        let mut listed = Vec::with_capacity(performances.len());
        for (no, (what, due_at)) in (1..).zip(performances) {
            self.owe_until(DutyKind::Perform, Holder::agency(&lead), no, *due_at);
            listed.push(Performance { no, what: what.clone(), due_at: *due_at, checked: None });
        }
        self.case.docket.mediation.agreement = Some(Agreement {
            reference: reference.to_owned(),
            at: self.occasion.at,
            terms: terms.to_owned(),
            performances: listed,
            confirmation: None,
        });
        let text = format!("签订调解协议{reference}，履行事项{}项", performances.len());
        self.note_words(HistoryKind::Agreed, text, terms);
        Ok(())
    }

    fn check_performance(&mut self, no: u32, done: bool, words: &str) -> Result<(), Refusal> {
        if !matches!(self.case.state, State::Open | State::Resolved) {
            return Self::refuse("CASE_OVER", "the case would have to be open or resolved");
        }
        let at = self.occasion.at;
        let performance = self
            .case
            .docket
            .mediation
            .agreement
            .as_mut()
            .and_then(|agreement| agreement.performances.iter_mut().find(|one| one.no == no));
        let Some(performance) = performance else {
            return Self::refuse(
                "NO_SUCH_PERFORMANCE",
                "the number would have to be one of the agreement's performances",
            );
        };
        if performance.checked.is_some() {
            return Self::refuse("PERFORMANCE_CHECKED", "the performance would have to be still owed");
        }
        performance.checked = Some((at, done));
        let text = format!("协议第{no}项：{}", if done { "已履行" } else { "未履行" });
        self.note_words(HistoryKind::PerformanceChecked, text, words);
        if done {
            self.meet(|duty| duty.kind == DutyKind::Perform && duty.about == no);
        } else {
            // What was not kept is not owed under it any more: they have to agree anew, or go to court.
            self.drop_duties(|duty| duty.kind == DutyKind::Perform && duty.about == no);
            let lead = self.case.lead_agency.clone();
            self.push_to(&lead, Form::Reminder, &format!("调解协议第{no}项未履行"));
        }
        Ok(())
    }

    /// The agreement is one from before.
    pub(in crate::domain) fn archive_agreement(&mut self) {
        let mediation = &mut self.case.docket.mediation;
        if let Some(agreement) = mediation.agreement.take() {
            mediation.earlier.push(agreement);
            let most = mediation.earlier.len().saturating_sub(MOST_EARLIER);
            mediation.earlier.drain(..most);
            self.drop_duties(|duty| duty.kind == DutyKind::Perform);
        }
    }

    fn choose_method(&mut self, method: Method, leader: Option<&str>) -> Result<(), Refusal> {
        self.must_be_open()?;
        if method == Method::LeaderInCharge && leader.is_none() {
            return Self::refuse("LEADER_MISSING", "the leader in charge would have to be named");
        }
        let mut text = format!("化解方式：{}", method.name());
        if let Some(code) = leader {
            let Some(post) = self.setting.directory.post(code) else {
                return Self::refuse("LEADER_UNKNOWN", "the leader would have to be a post of the directory");
            };
            text.push_str(&format!("；包案领导：{}", post.name));
        }
        let mediation = &mut self.case.docket.mediation;
        mediation.method = Some(method);
        mediation.leader = leader.map(str::to_owned);
        self.note(HistoryKind::MethodChosen, text, None);
        Ok(())
    }
}
