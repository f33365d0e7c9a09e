//! Major events (重大事件跟踪制; S0-06): told to party committee and government at once, progress owed every
//! day, and only a leader closes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::Rank,
    domain::{
        draft::Draft,
        duty::{DutyKind, Holder},
        history::HistoryKind,
        push::{Form, Recipient},
        refusal::Refusal,
    },
};

/// A major event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MajorEvent {
    /// Since when.
    pub declared_at: Timestamp,
    /// How often progress was reported.
    pub progress: u32,
    /// When a leader said that it is calm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_at: Option<Timestamp>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MajorAct {
    /// Makes the case a major event.
    Declare {
        /// Why.
        words: String,
    },
    /// Reports progress.
    Progress {
        /// What.
        words: String,
    },
    /// A leader says that it is calm: no more progress is owed, and the case may be closed.
    Calm {
        /// Why.
        words: String,
    },
}

impl Draft<'_> {
    pub(in crate::domain) fn major(&mut self, act: &MajorAct) -> Result<(), Refusal> {
        match act {
            MajorAct::Declare { words } => {
                self.must_be_open()?;
                if self.case.docket.major.is_some() {
                    return Self::refuse(
                        "MAJOR_EVENT_ALREADY",
                        "the case would have to be no major event yet",
                    );
                }
                let declared_at = self.occasion.at;
                self.case.docket.major = Some(MajorEvent { declared_at, progress: 0, calm_at: None });
                self.note_words(HistoryKind::MajorDeclared, "列为重大事件".to_owned(), words);
                let above = &self.setting.practice.major.recipients;
                let above: Vec<Recipient> = above
                    .iter()
                    .map(|agency| Recipient { agency: agency.clone(), form: Form::Report })
                    .collect();
                self.drop_duties(|duty| duty.kind == DutyKind::Watch);
                self.start_clocks();
                // Told at once, whatever the level.
                self.push_urgently(above, "重大事件");
                let all = self.everybody();
                self.push_urgently(all, "重大事件");
                self.owe_progress();
                Ok(())
            }
            MajorAct::Progress { words } => {
                let running = self.running_event()?;
                running.progress += 1;
                let no = running.progress;
                self.meet(|duty| duty.kind == DutyKind::Progress);
                self.note_words(HistoryKind::ProgressReported, format!("第{no}次进展报告"), words);
                self.owe_progress();
                Ok(())
            }
            MajorAct::Calm { words } => {
                self.must_be(Rank::Leader, "say that a major event is calm")?;
                let at = self.occasion.at;
                self.running_event()?.calm_at = Some(at);
                self.meet(|duty| duty.kind == DutyKind::Progress);
                self.note_words(HistoryKind::Calmed, "事态平息，同意按程序办结".to_owned(), words);
                Ok(())
            }
        }
    }

    fn running_event(&mut self) -> Result<&mut MajorEvent, Refusal> {
        match &mut self.case.docket.major {
            Some(event) if event.calm_at.is_none() => Ok(event),
            Some(_) => Self::refuse("MAJOR_EVENT_CALM", "the major event would have to be still running"),
            None => Self::refuse("NO_MAJOR_EVENT", "the case would have to be a major event"),
        }
    }

    pub(in crate::domain) fn owe_progress(&mut self) {
        let lead = self.case.lead_agency.clone();
        let no = self.case.docket.major.as_ref().map_or(0, |event| event.progress + 1);
        self.owe(DutyKind::Progress, Holder::agency(&lead), no);
    }
}
