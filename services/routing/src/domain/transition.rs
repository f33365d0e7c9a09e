//! How a case may change. [`open`] makes a case of its first report; every later change goes through
//! [`transition`], which says what follows from it, or what would have to be true.

use fengqiao_county::PushLimitHours;

use super::{
    case::{CaseFile, LevelReason, OFFICER, State, Words},
    happening::{Arrival, Happening, Opening, Receipt},
    history::{Entry, HistoryKind, Occasion, SYSTEM},
    level::{Grade, Level},
    push::{Form, PushOrder, Recipient, due_at, recipients},
    wording::{outcome_name, return_reason_name, source_name},
};
use crate::directory::{Directory, Responsible};

/// What the county says of the case's place and matter.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The directory.
    pub directory: &'a Directory,
    /// Who has to do with the case's area and category.
    pub responsible: &'a Responsible,
    /// By when pushes have to be made.
    pub limits: PushLimitHours,
}

/// A case after a change, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The case.
    pub case: CaseFile,
    /// The new entries of its history.
    pub entries: Vec<Entry>,
    /// The pushes that are asked for.
    pub pushes: Vec<PushOrder>,
    /// Whether others have to learn what the case is now.
    pub announced: bool,
}

/// Why a case may not change so: what would have to be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only an open case.
    #[error("the case would have to be open; it is {}", .0.name())]
    NotOpen(State),
    /// Only a resolved case.
    #[error("the case would have to be resolved; it is {}", .0.name())]
    NotResolved(State),
    /// Only a case that takes reports.
    #[error("the case would have to be open or resolved; it is {}", .0.name())]
    TakesNoReports(State),
    /// The agency leads already.
    #[error("another agency would have to lead the case than the one it is assigned to")]
    LeadsAlready,
}

impl Refusal {
    /// The reason for machines.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotOpen(_) => "CASE_NOT_OPEN",
            Self::NotResolved(_) => "CASE_NOT_RESOLVED",
            Self::TakesNoReports(_) => "CASE_TAKES_NO_REPORTS",
            Self::LeadsAlready => "AGENCY_LEADS_ALREADY",
        }
    }
}

/// Makes a case of its first report.
#[must_use]
pub fn open(opening: Opening, occasion: &Occasion, setting: Setting<'_>) -> Change {
    let Opening { id, number, cluster_id, area_code, category, first_receiver, opened_at, arrival } = opening;
    let text = format!("立案 {number}，来源：{}", source_name(arrival.source));
    let case = CaseFile {
        id,
        number,
        cluster_id,
        state: State::Open,
        level: arrival.grade.level,
        level_reason: arrival.grade.reason,
        area_code,
        category,
        first_source: arrival.source,
        first_receiver,
        lead_agency: setting.responsible.lead.clone(),
        version: 0,
        opened_at,
        resolved_at: None,
        closed_at: None,
        report_count: 1,
        history_count: 0,
        sealed_matter: arrival.sealed_matter,
    };
    let mut draft = Draft::new(case, occasion, setting);
    draft.note(HistoryKind::Opened, text, None);
    draft.note_leveled();
    draft.note_assigned();
    if draft.case.level.pushes() {
        let reason = draft.case.level_reason.text.clone();
        draft.push(recipients(&setting.responsible.lead, setting.responsible), &reason);
    }
    draft.finish(true)
}

/// Changes a case, or says what would have to be true. A refused change changes nothing.
///
/// # Errors
/// [`Refusal`]
pub fn transition(
    case: &CaseFile,
    happening: &Happening,
    occasion: &Occasion,
    setting: Setting<'_>,
) -> Result<Change, Refusal> {
    let draft = Draft::new(case.clone(), occasion, setting);
    match happening {
        Happening::ReportJoined(arrival) => draft.report_joined(arrival),
        Happening::ReportRevised(arrival) => Ok(draft.report_revised(arrival)),
        Happening::Relevel { level, words } => draft.relevel(*level, words),
        Happening::Assign { agency, words } => draft.assign(agency, words),
        Happening::Resolve { outcome } => draft.resolve(outcome),
        Happening::Close { revisit } => draft.close(revisit),
        Happening::Comment { words } => Ok(draft.comment(words)),
        Happening::Receipt { agency, outcome, words } => Ok(draft.receipt(agency, *outcome, words.clone())),
    }
}

/// A change in the making.
struct Draft<'a> {
    case: CaseFile,
    entries: Vec<Entry>,
    pushes: Vec<PushOrder>,
    occasion: &'a Occasion,
    setting: Setting<'a>,
}

impl<'a> Draft<'a> {
    const fn new(case: CaseFile, occasion: &'a Occasion, setting: Setting<'a>) -> Self {
        Self { case, entries: Vec::new(), pushes: Vec::new(), occasion, setting }
    }

    fn report_joined(mut self, arrival: &Arrival) -> Result<Change, Refusal> {
        if !self.case.state.takes_reports() {
            return Err(Refusal::TakesNoReports(self.case.state));
        }
        let reopened = self.case.state == State::Resolved;
        self.case.report_count += 1;
        let mut text =
            format!("第{}次诉求并入，来源：{}", self.case.report_count, source_name(arrival.source));
        if reopened {
            text.push_str("；事项已办结，因新诉求重新办理");
            self.case.state = State::Open;
            self.case.resolved_at = None;
        }
        self.note(HistoryKind::ReportJoined, text, None);
        self.case.sealed_matter.clone_from(&arrival.sealed_matter);
        let raised = self.raise(&arrival.grade);
        if reopened && !raised && self.case.level.pushes() {
            self.push_to_lead("办结后再次反映，重新办理");
        }
        Ok(self.finish(true))
    }

    fn report_revised(mut self, arrival: &Arrival) -> Change {
        let text = format!("{}更正诉求内容（第{}版）", source_name(arrival.source), arrival.revision);
        self.note(HistoryKind::ReportRevised, text, None);
        self.case.sealed_matter.clone_from(&arrival.sealed_matter);
        if self.case.state == State::Open {
            self.raise(&arrival.grade);
        }
        self.finish(true)
    }

    fn relevel(mut self, level: Level, words: &str) -> Result<Change, Refusal> {
        self.must_be_open()?;
        let raised = level > self.case.level;
        self.case.level = level;
        self.case.level_reason = LevelReason {
            rule: OFFICER.to_owned(),
            rule_set: self.case.level_reason.rule_set.clone(),
            text: "人工定级".to_owned(),
            facts: std::collections::BTreeMap::new(),
            words: Some(Words::Plain(words.to_owned())),
        };
        let text = format!("人工定为{}", level.name());
        self.note(HistoryKind::Leveled, text, Some(Words::Plain(words.to_owned())));
        if raised {
            self.push_to_all(&format!("中心调整等级为{}", level.name()));
        }
        Ok(self.finish(true))
    }

    fn assign(mut self, agency: &str, words: &str) -> Result<Change, Refusal> {
        self.must_be_open()?;
        if self.case.lead_agency == agency {
            return Err(Refusal::LeadsAlready);
        }
        agency.clone_into(&mut self.case.lead_agency);
        let remark = (!words.is_empty()).then(|| Words::Plain(words.to_owned()));
        let text = self.assigned_text();
        self.note(HistoryKind::Assigned, text, remark);
        self.push_to_lead("中心交办");
        Ok(self.finish(true))
    }

    fn resolve(mut self, outcome: &str) -> Result<Change, Refusal> {
        self.must_be_open()?;
        self.case.state = State::Resolved;
        self.case.resolved_at = Some(self.occasion.at);
        self.note(HistoryKind::Resolved, "办结".to_owned(), Some(Words::Plain(outcome.to_owned())));
        Ok(self.finish(true))
    }

    fn close(mut self, revisit: &str) -> Result<Change, Refusal> {
        if self.case.state != State::Resolved {
            return Err(Refusal::NotResolved(self.case.state));
        }
        self.case.state = State::Closed;
        self.case.closed_at = Some(self.occasion.at);
        self.note(HistoryKind::Closed, "回访后归档".to_owned(), Some(Words::Plain(revisit.to_owned())));
        Ok(self.finish(true))
    }

    fn comment(mut self, words: &str) -> Change {
        self.note(HistoryKind::Commented, "批注".to_owned(), Some(Words::Plain(words.to_owned())));
        self.finish(false)
    }

    /// What an agency did is a fact and stands in the history whatever the state; only an open case is
    /// assigned anew by it.
    fn receipt(mut self, agency: &str, outcome: Receipt, words: Option<Words>) -> Change {
        let name = self.setting.directory.name(agency).to_owned();
        let (kind, text) = match outcome {
            Receipt::Signed => (HistoryKind::PushSigned, format!("{name}签收")),
            Receipt::Returned(reason) => {
                (HistoryKind::PushReturned, format!("{name}退回：{}", return_reason_name(reason)))
            }
            Receipt::Answered(outcome) => {
                (HistoryKind::Feedback, format!("{name}反馈：{}", outcome_name(outcome)))
            }
            Receipt::Parked => (HistoryKind::PushParked, format!("推送{name}多次未达，已搁置待处理")),
        };
        self.note(kind, text.clone(), words);
        let desk = self.setting.directory.desk();
        let returned_by_lead = matches!(outcome, Receipt::Returned(_))
            && self.case.state == State::Open
            && self.case.lead_agency == agency
            && agency != desk;
        if returned_by_lead {
            desk.clone_into(&mut self.case.lead_agency);
            self.note_assigned();
            self.push_to_lead(&text);
        }
        self.finish(returned_by_lead)
    }

    const fn must_be_open(&self) -> Result<(), Refusal> {
        match self.case.state {
            State::Open => Ok(()),
            other => Err(Refusal::NotOpen(other)),
        }
    }

    /// Rules only ever raise the level of a case; to lower it takes an officer.
    fn raise(&mut self, grade: &Grade) -> bool {
        if grade.level <= self.case.level {
            return false;
        }
        self.case.level = grade.level;
        self.case.level_reason = grade.reason.clone();
        self.note_leveled();
        self.push_to_all(&format!("等级升为{}：{}", grade.level.name(), grade.reason.text));
        true
    }

    fn push_to_all(&mut self, reason: &str) {
        self.push(recipients(&self.case.lead_agency, self.setting.responsible), reason);
    }

    fn push_to_lead(&mut self, reason: &str) {
        let lead = Recipient { agency: self.case.lead_agency.clone(), form: Form::Report };
        self.push(vec![lead], reason);
    }

    fn push(&mut self, to: Vec<Recipient>, reason: &str) {
        let told: Vec<String> = to
            .iter()
            .map(|r| format!("{}（{}）", self.setting.directory.name(&r.agency), r.form.name()))
            .collect();
        self.note_as_system(HistoryKind::PushRequested, format!("推送{}", told.join("、")));
        let requested_at = self.occasion.at;
        let level = self.case.level;
        self.pushes.extend(to.into_iter().map(|recipient| PushOrder {
            recipient,
            level,
            requested_at,
            due_at: due_at(level, requested_at, self.setting.limits),
            reason: reason.to_owned(),
        }));
    }

    fn note_leveled(&mut self) {
        let text = format!("定为{}：{}", self.case.level.name(), self.case.level_reason.text);
        self.note_as_system(HistoryKind::Leveled, text);
    }

    fn note_assigned(&mut self) {
        let text = self.assigned_text();
        self.note_as_system(HistoryKind::Assigned, text);
    }

    fn assigned_text(&self) -> String {
        format!("主办单位：{}", self.setting.directory.name(&self.case.lead_agency))
    }

    fn note_as_system(&mut self, kind: HistoryKind, text: String) {
        self.note_by(SYSTEM, SYSTEM, kind, text, None);
    }

    fn note(&mut self, kind: HistoryKind, text: String, remark: Option<Words>) {
        let occasion = self.occasion;
        self.note_by(&occasion.actor, &occasion.capacity, kind, text, remark);
    }

    fn note_by(
        &mut self,
        actor: &str,
        capacity: &str,
        kind: HistoryKind,
        text: String,
        remark: Option<Words>,
    ) {
        self.case.history_count += 1;
        self.entries.push(Entry {
            sequence: self.case.history_count,
            at: self.occasion.at,
            kind,
            actor: actor.to_owned(),
            capacity: capacity.to_owned(),
            text,
            remark,
        });
    }

    fn finish(mut self, announced: bool) -> Change {
        self.case.version += 1;
        Change { case: self.case, entries: self.entries, pushes: self.pushes, announced }
    }
}

#[cfg(test)]
mod tests;
