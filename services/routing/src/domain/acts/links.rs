//! Cases that have to do with each other: merged, split, reopened as a new one.
//!
//! A merged case is over as long as it is merged: its reports and pushes are the other's, and so is every new
//! report of its cluster. What it owed the other owes meanwhile (see [`taken_over`](super::taken_over)). It keeps its
//! history and what was owed, so that undoing gives back the case as it was, with what was done since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    handling::REVIEW,
    respite::Respite,
    taken_over::{TakenOver, told_of_owed},
};
use crate::domain::{
    case::{CaseFile, State},
    draft::Draft,
    duty::{Duty, DutyKind, Ending},
    happening::Held,
    history::HistoryKind,
    push::{Form, Recipient},
    refusal::Refusal,
    states::Trigger,
    tickets,
};

/// Other cases that a case has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// Set while its reports are another's.
    pub merged_into: Option<MergedInto>,
    /// The cases whose reports came here.
    pub merged: Vec<Uuid>,
    /// The clusters of those cases, and of what had been merged into them: their reports come here too.
    pub clusters: Vec<TakenCluster>,
    /// What those cases owed and is owed here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_over: Vec<TakenOver>,
    /// The case that it was split from.
    pub split_from: Option<Uuid>,
    /// The cases that were split from it.
    pub split: Vec<Uuid>,
    /// The earlier case that was over too long to be opened again.
    pub follows: Option<Uuid>,
}

/// The case that a case was merged into, and what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedInto {
    /// The other case.
    pub case_id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The county's own state that it was in.
    pub state: String,
    /// What was owed.
    pub duties: Vec<Duty>,
    /// What was asked for.
    pub respite: Respite,
}

/// A cluster of intake that stood for a case that was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenCluster {
    /// The cluster.
    pub cluster_id: Uuid,
    /// When the merged case was opened. A cluster may have had several cases; the last one tells.
    pub opened_at: Timestamp,
}

/// What a new case is split from.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The other case.
    pub from: &'a CaseFile,
    /// How many of its reports go.
    pub reports: i32,
    /// Why; may be empty.
    pub words: &'a str,
}

impl Links {
    fn clusters_with(case: &CaseFile) -> Vec<TakenCluster> {
        let own = TakenCluster { cluster_id: case.cluster_id, opened_at: case.opened_at };
        let mut all = vec![own];
        all.extend(&case.docket.links.clusters);
        all
    }

    /// Whether a merged case brought a duty of this one.
    pub(in crate::domain) fn brought(&self, no: u32) -> bool {
        self.taken_over.iter().flat_map(|taken| &taken.duties).any(|duty| duty.ours == no)
    }

    /// Whether an agency helps here only since a merged case brought what it owes.
    pub(in crate::domain) fn brought_helper(&self, agency: &str) -> bool {
        self.taken_over.iter().flat_map(|taken| &taken.helpers).any(|helper| helper == agency)
    }

    /// A duty of this case is over: what was taken over and is owed with it is too.
    pub(in crate::domain) fn note_ending(&mut self, no: u32, ending: &Ending) {
        let taken = self.taken_over.iter_mut().flat_map(|taken| &mut taken.duties);
        for duty in taken.filter(|duty| duty.ours == no && duty.ending.is_none()) {
            duty.ending = Some(ending.clone());
        }
    }
}

impl Draft<'_> {
    /// Only a case that has its own reports.
    pub(in crate::domain) fn must_not_be_merged(&self) -> Result<(), Refusal> {
        if self.case.docket.links.merged_into.is_some() {
            return Self::refuse(
                "CASE_MERGED",
                "the case would have to be one that is not merged into another",
            );
        }
        Ok(())
    }

    /// Its reports went into another case.
    pub(in crate::domain) fn merged_into(&mut self, other: &CaseFile, words: &str) -> Result<bool, Refusal> {
        self.must_be_of_the_centre()?;
        self.must_not_be_merged()?;
        if other.id == self.case.id {
            return Self::refuse("SAME_CASE", "the other case would have to be another one");
        }
        if self.case.docket.drill != other.docket.drill {
            return Self::refuse("EXERCISE", "both cases would have to be exercises, or none of them");
        }
        if self.case.docket.major.is_some() {
            return Self::refuse("MAJOR_EVENT", "the case would have to be no major event");
        }
        if self.owed(|duty| duty.kind == DutyKind::Arbitrate) {
            return Self::refuse("RETURN_OPEN", "the open return would have to be decided by its arbiter");
        }
        if self.owed(|duty| duty.kind == DutyKind::Decide && duty.about != REVIEW) {
            return Self::refuse(
                "REQUEST_OPEN",
                "the open request for more time or for a pause would have to be decided",
            );
        }
        let docket = &self.case.docket;
        let owed = told_of_owed(&docket.duties, other);
        let before = MergedInto {
            case_id: other.id,
            at: self.occasion.at,
            state: docket.state.clone(),
            duties: docket.duties.clone(),
            respite: docket.respite.clone(),
        };
        // What was taken over from others is not over with this: it is owed on.
        let taken_over = docket.links.taken_over.clone();
        self.advance(Trigger::Merge)?;
        self.case.closed_at = Some(self.occasion.at);
        self.drop_duties(|_| true);
        self.case.docket.links.taken_over = taken_over;
        self.case.docket.links.merged_into = Some(before);
        self.note_words(HistoryKind::Merged, format!("并入事项{}{owed}", other.number), words);
        Ok(true)
    }

    /// Another's reports came here, and what it owed. The higher level holds, and so does every mark. Who handled the
    /// other case and had no part in this one is told whether it helps with this one now.
    pub(in crate::domain) fn took_in(&mut self, other: &CaseFile, held: &Held) -> Result<bool, Refusal> {
        self.must_not_be_merged()?;
        self.must_be_open()?;
        let own_reports = self.case.report_count;
        self.hold(held);
        let docket = &mut self.case.docket;
        docket.links.merged.push(other.id);
        docket.links.clusters.extend(Links::clusters_with(other));
        docket.tags.extend(other.docket.tags.iter().cloned());
        for ticket in &other.docket.tickets {
            tickets::keep(&mut docket.tickets, ticket.clone());
        }
        if other.docket.people.len() > docket.people.len() {
            docket.people.clone_from(&other.docket.people);
        }
        let agencies = other.docket.handlers.iter().map(|handler| &handler.agency);
        let strangers: Vec<String> = agencies
            .filter(|_| other.level.pushes())
            .filter(|agency| self.case.docket.handler(agency).is_none())
            .cloned()
            .collect();
        let owed = self.take_over(other, own_reports)?;
        self.note(HistoryKind::Merged, format!("事项{}并入{owed}", other.number), None);
        let (helpers, others): (Vec<String>, Vec<String>) =
            strangers.into_iter().partition(|agency| self.case.docket.handler(agency).is_some());
        for (agencies, from_now_on) in [(helpers, "转为协办"), (others, "不再单独办理")] {
            let told = agencies.into_iter().map(|agency| Recipient { agency, form: Form::Notice }).collect();
            self.push(told, &format!("事项{}并入本事项，{from_now_on}", other.number));
        }
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
    pub(in crate::domain) fn split_off(
        &mut self,
        new: &CaseFile,
        held: &Held,
        words: &str,
    ) -> Result<bool, Refusal> {
        self.must_be_of_the_centre()?;
        self.must_not_be_merged()?;
        self.must_be_open()?;
        if new.report_count < 1 || held.reports < 1 {
            return Self::refuse(
                "NOTHING_TO_SPLIT",
                "some of the case's reports would have to go and some to stay",
            );
        }
        self.hold(held);
        self.case.docket.links.split.push(new.id);
        let text = format!("{}件诉求另立事项{}", new.report_count, new.number);
        self.note_words(HistoryKind::Split, text, words);
        Ok(true)
    }

    /// A merger is undone: the case has its reports again, is in the state in which it was, and what was owed
    /// is owed again, unless it was done meanwhile.
    pub(in crate::domain) fn merge_undone(
        &mut self,
        from: &CaseFile,
        held: &Held,
        words: &str,
    ) -> Result<bool, Refusal> {
        self.must_be_of_the_centre()?;
        let Some(before) = self.case.docket.links.merged_into.clone() else {
            return Self::refuse("CASE_NOT_MERGED", "the case would have to be merged into another one");
        };
        if held.reports < 1 {
            return Self::refuse(
                "NOTHING_TO_GIVE_BACK",
                "some of the case's reports would have to be in the other case still; they were split off",
            );
        }
        self.advance(Trigger::Unmerge)?;
        // The county's table may have changed meanwhile; then the case is where its move leads.
        if let Some(state) = self.setting.practice.states.state(&before.state) {
            self.case.state = state.major;
            self.case.docket.state = before.state;
        }
        self.case.closed_at = None;
        self.case.docket.links.merged_into = None;
        self.case.docket.respite = before.respite;
        self.hold(held);
        let done = self.take_back(before.duties, before.at, from);
        self.note_words(HistoryKind::MergeUndone, format!("撤销并案，恢复原办理状态{done}"), words);
        if self.case.state == State::Open && self.case.level.pushes() {
            let lead = self.case.lead_agency.clone();
            self.push_to(&lead, Form::Report, "撤销并案，恢复办理");
        }
        Ok(true)
    }

    /// What was merged into it goes back. Its level and its marks stay: only a person takes those back.
    pub(in crate::domain) fn gave_back(&mut self, other: &CaseFile, held: &Held) -> Result<bool, Refusal> {
        if self.case.docket.links.merged_into.is_some() {
            return Self::refuse(
                "MERGED_ON",
                "the case that it was merged into would have to be no longer merged itself",
            );
        }
        if held.reports < 1 {
            return Self::refuse(
                "NOTHING_WOULD_STAY",
                "some of the other case's own reports would have to stay in it; they were split off",
            );
        }
        let given = self.case.report_count - held.reports;
        self.hold(held);
        let links = &mut self.case.docket.links;
        links.merged.retain(|merged| *merged != other.id);
        for cluster in Links::clusters_with(other) {
            if let Some(place) = links.clusters.iter().position(|taken| *taken == cluster) {
                links.clusters.remove(place);
            }
        }
        let owed = self.hand_back(other);
        let text = format!("撤销事项{}并案，{given}件诉求退出；等级不变{owed}", other.number);
        self.note(HistoryKind::MergeUndone, text, None);
        Ok(true)
    }

    fn hold(&mut self, held: &Held) {
        self.case.report_count = held.reports;
        if let Some(matter) = &held.sealed_matter {
            self.case.sealed_matter.clone_from(matter);
        }
    }
}
