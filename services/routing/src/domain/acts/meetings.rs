//! What meetings decide on a case, and that it was done (S2-02).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    draft::Draft,
    duty::{DutyKind, Holder},
    history::HistoryKind,
    push::Form,
    refusal::Refusal,
};

/// A case with more decisions is not one case.
const MOST_DECISIONS: usize = 500;

/// What a meeting decided on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Counts from 1.
    pub no: u32,
    /// The meeting.
    pub meeting: Uuid,
    /// Who has to do it.
    pub agency: String,
    /// What; may be personal.
    pub words: String,
    /// When it was decided.
    pub at: Timestamp,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetingAct {
    /// A meeting decided that an agency does something.
    Decide {
        /// The meeting.
        meeting: Uuid,
        /// Who.
        agency: String,
        /// By when; by the practice's limit where not given.
        due_at: Option<Timestamp>,
        /// What.
        words: String,
    },
    /// It was done.
    Finish {
        /// The decision.
        no: u32,
        /// How.
        words: String,
    },
}

impl Draft<'_> {
    pub(in crate::domain) fn meeting(&mut self, act: &MeetingAct) -> Result<(), Refusal> {
        match act {
            MeetingAct::Decide { meeting, agency, due_at, words } => {
                self.decide_in_meeting(*meeting, agency, *due_at, words)
            }
            MeetingAct::Finish { no, words } => self.finish_decision(*no, words),
        }
    }

    fn decide_in_meeting(
        &mut self,
        meeting: Uuid,
        agency: &str,
        due_at: Option<Timestamp>,
        words: &str,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        let at = self.occasion.at;
        if self.setting.directory.agency(agency).is_none() {
            return Self::refuse("AGENCY_UNKNOWN", "the agency would have to be one of the directory");
        }
        if due_at.is_some_and(|due_at| due_at <= at) {
            return Self::refuse("DUE_IN_THE_PAST", "the due time would have to be later than now");
        }
        if self.case.docket.decisions.len() >= MOST_DECISIONS {
            return Self::refuse("TOO_MANY_DECISIONS", "the case would have to have fewer decisions");
        }
        let no = u32::try_from(self.case.docket.decisions.len()).unwrap_or(u32::MAX).saturating_add(1);
        let holder = Holder::agency(agency);
        match due_at {
            Some(due_at) => self.owe_until(DutyKind::Decision, holder, no, due_at),
            None => self.owe(DutyKind::Decision, holder, no),
        };
        self.case.docket.decisions.push(Decision {
            no,
            meeting,
            agency: agency.to_owned(),
            words: words.to_owned(),
            at,
            done_at: None,
        });
        let text = format!("联席会议决定（第{no}项）：由{}办理", self.agency_name(agency));
        self.note_words(HistoryKind::MeetingDecided, text, words);
        self.push_to(agency, Form::Minutes, "联席会议决定交办");
        Ok(())
    }

    fn finish_decision(&mut self, no: u32, words: &str) -> Result<(), Refusal> {
        let at = self.occasion.at;
        let Some(place) = self.case.docket.decisions.iter().position(|decision| decision.no == no) else {
            return Self::refuse("DECISION_UNKNOWN", "a meeting would have to have decided it");
        };
        let decision = &self.case.docket.decisions[place];
        let agency = decision.agency.clone();
        if self.occasion.agency.as_ref().is_some_and(|own| *own != agency) {
            return Self::refuse("NOT_THE_HOLDER", "the agency would have to be the one that has to do it");
        }
        if self.meet(|duty| duty.kind == DutyKind::Decision && duty.about == no) == 0 {
            return Self::refuse("DECISION_NOT_OWED", "the decision would have to be still owed");
        }
        self.case.docket.decisions[place].done_at = Some(at);
        let text = format!("联席会议决定（第{no}项）办结：{}", self.agency_name(&agency));
        self.note_words(HistoryKind::Feedback, text, words);
        Ok(())
    }
}
