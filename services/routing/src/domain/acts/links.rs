//! Cases that have to do with each other: merged, split, reopened as a new one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    case::{CaseFile, State},
    draft::Draft,
    history::HistoryKind,
    push::Form,
    refusal::Refusal,
    states::Trigger,
};

/// Other cases that a case has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// The case that its reports went into.
    pub merged_into: Option<Uuid>,
    /// The cases whose reports came here.
    pub merged: Vec<Uuid>,
    /// The case that it was split from.
    pub split_from: Option<Uuid>,
    /// The cases that were split from it.
    pub split: Vec<Uuid>,
    /// The earlier case that was over too long to be opened again.
    pub follows: Option<Uuid>,
    /// In which state it was before it was merged.
    pub state_before: Option<String>,
}

impl Draft<'_> {
    /// Its reports went into another case.
    pub(in crate::domain) fn merged_into(&mut self, other: &CaseFile) -> Result<bool, Refusal> {
        if other.id == self.case.id {
            return Self::refuse("SAME_CASE", "the other case would have to be another one");
        }
        if self.case.docket.major.is_some() {
            return Self::refuse("MAJOR_EVENT", "the case would have to be no major event");
        }
        let before = self.case.docket.state.clone();
        self.advance(Trigger::Merge)?;
        self.lapse_requests();
        self.case.closed_at = Some(self.occasion.at);
        self.drop_duties(|_| true);
        self.case.docket.links.merged_into = Some(other.id);
        self.case.docket.links.state_before = Some(before);
        self.note(HistoryKind::Merged, format!("并入事项{}", other.number), None);
        Ok(true)
    }

    /// Another's reports came here. The higher level holds.
    pub(in crate::domain) fn took_in(&mut self, other: &CaseFile) -> Result<bool, Refusal> {
        self.must_be_open()?;
        self.case.report_count += other.report_count;
        self.case.docket.links.merged.push(other.id);
        self.case.docket.tags.extend(other.docket.tags.iter().cloned());
        self.note(HistoryKind::Merged, format!("事项{}并入", other.number), None);
        if other.level > self.case.level {
            let before = self.case.level;
            self.case.level = other.level;
            self.case.level_reason = other.level_reason.clone();
            self.note_leveled();
            self.after_raising(before, "并案后等级提升");
        }
        Ok(true)
    }

    /// Reports of it went into a case of their own.
    pub(in crate::domain) fn split_off(&mut self, new: Uuid, reports: i32) -> Result<bool, Refusal> {
        self.must_be_open()?;
        if reports < 1 || reports >= self.case.report_count {
            return Self::refuse(
                "NOTHING_TO_SPLIT",
                "some of the case's reports would have to go and some to stay",
            );
        }
        self.case.report_count -= reports;
        self.case.docket.links.split.push(new);
        self.note(HistoryKind::Split, format!("{reports}件诉求另立事项"), None);
        Ok(true)
    }

    /// A merger is undone: the case has its reports again, and its handlers too.
    pub(in crate::domain) fn merge_undone(&mut self, from: Uuid) -> Result<bool, Refusal> {
        if self.case.docket.links.merged_into != Some(from) {
            return Self::refuse("CASE_NOT_MERGED", "the case would have to be merged into the other one");
        }
        self.advance(Trigger::Unmerge)?;
        self.case.closed_at = None;
        self.case.resolved_at = None;
        self.case.docket.links.merged_into = None;
        self.case.docket.links.state_before = None;
        self.note(HistoryKind::MergeUndone, "撤销并案，恢复办理".to_owned(), None);
        if self.case.level.pushes() {
            self.start_clocks();
            let lead = self.case.lead_agency.clone();
            self.push_to(&lead, Form::Report, "撤销并案，恢复办理");
        }
        self.begin_ageing();
        Ok(true)
    }

    /// A case gives back what was merged into it.
    pub(in crate::domain) fn gave_back(&mut self, other: Uuid, reports: i32) -> Result<bool, Refusal> {
        if self.case.state == State::Closed {
            return Self::refuse("CASE_CLOSED", "the case would have to be open or resolved");
        }
        self.case.docket.links.merged.retain(|merged| *merged != other);
        self.case.report_count = (self.case.report_count - reports).max(1);
        self.note(HistoryKind::MergeUndone, format!("撤销并案，{reports}件诉求退出"), None);
        Ok(true)
    }
}
