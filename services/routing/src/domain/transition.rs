//! How a case may change. [`open`] makes a case of its first report; every later change goes through
//! [`transition`], which says what follows from it, or what would have to be true.

use super::{
    acts::{Act, Allowed, links::Split},
    case::{CaseFile, State},
    docket::Docket,
    draft::Draft,
    duty::{DutyKind, Holder},
    happening::{Arrival, Happening, Opening},
    history::{HistoryKind, Occasion},
    states::Trigger,
    telling::TellingKind,
    tickets::{self, Ticket},
    wording::source_name,
};
pub use super::{
    draft::{Change, Setting},
    refusal::Refusal,
};

/// Makes a case of its first report.
#[must_use]
pub fn open(opening: Opening, occasion: &Occasion, setting: Setting<'_>) -> Change {
    begin(opening, Beginning::Report, occasion, setting)
}

/// Begins an exercise, or a technical test, without any report. It goes the whole way of a case.
#[must_use]
pub fn open_drill(opening: Opening, test: bool, occasion: &Occasion, setting: Setting<'_>) -> Change {
    begin(opening, Beginning::Drill { test }, occasion, setting)
}

/// Makes a case of some reports of another one. It begins as any case does.
#[must_use]
pub fn open_split(opening: Opening, split: &Split<'_>, occasion: &Occasion, setting: Setting<'_>) -> Change {
    begin(opening, Beginning::Split(split), occasion, setting)
}

/// The door that a report came through, and the seat where it was taken.
fn told_by(arrival: &Arrival) -> String {
    let seat = arrival.seat.as_ref().map(|seat| format!("，受理席位：{seat}")).unwrap_or_default();
    format!("{}{seat}", source_name(arrival.source))
}

/// What its source changed of a report. Where a ticket tells the same as before, only how it stands with the hotline did.
fn revised_text(arrival: &Arrival, known: &[Ticket]) -> String {
    let corrected = format!("{}更正诉求内容（第{}版）", source_name(arrival.source), arrival.revision);
    let Some(ticket) = &arrival.ticket else { return corrected };
    let Some(before) = known.iter().find(|known| known.report_id == ticket.report_id) else {
        return corrected;
    };
    let mut told = ticket.since(before);
    if ticket.content != before.content {
        told.insert(0, corrected);
    } else if told.is_empty() {
        told.push(format!("热线工单有更新（第{}版）", arrival.revision));
    }
    told.join("，")
}

/// What a case begins with.
#[derive(Clone, Copy)]
enum Beginning<'a> {
    /// Its first report.
    Report,
    /// Reports of another one.
    Split(&'a Split<'a>),
    /// No report: somebody started an exercise.
    Drill { test: bool },
}

fn begin(opening: Opening, beginning: Beginning<'_>, occasion: &Occasion, setting: Setting<'_>) -> Change {
    let Opening { id, number, cluster_id, area_code, category, first_receiver, opened_at, follows, arrival } =
        opening;
    let exercise = if arrival.drill { "（演练）" } else { "" };
    let mut text = format!("立案 {number}{exercise}，来源：{}", told_by(&arrival));
    let (split, reports) = match beginning {
        Beginning::Report => (None, 1),
        Beginning::Split(split) => (Some(split), split.reports),
        Beginning::Drill { test } => {
            text = format!("{}开始 {number}", if test { "系统测试" } else { "演练" });
            (None, 0)
        }
    };
    if let Some(split) = split {
        text.push_str(&format!("；由事项{}拆出{}件诉求", split.from.number, split.reports));
    }
    let case = CaseFile {
        id,
        number,
        cluster_id,
        state: State::Open,
        level: arrival.grade.level,
        level_reason: arrival.grade.reason.clone(),
        area_code,
        category,
        first_source: arrival.source,
        first_receiver,
        lead_agency: setting.responsible.lead.clone(),
        version: 0,
        opened_at,
        resolved_at: None,
        closed_at: None,
        report_count: reports,
        history_count: 0,
        sealed_matter: arrival.sealed_matter.clone(),
        docket: Docket {
            state: setting.practice.states.first().to_owned(),
            practice: setting.practice.version.clone(),
            directory: setting.directory.version().to_owned(),
            drill: arrival.drill,
            test: matches!(beginning, Beginning::Drill { test: true }),
            ..Docket::default()
        },
        history_seal: Vec::new(),
    };
    let mut draft = Draft::new(case, occasion, setting);
    draft.case.docket.links.follows = follows;
    draft.case.docket.links.split_from = split.map(|split| split.from.id);
    draft.note_words(HistoryKind::Opened, text, split.map_or("", |split| split.words));
    draft.take_in(&arrival);
    draft.note_leveled();
    draft.begin_handling(&arrival);
    draft.owe_classification(&arrival);
    if draft.case.level.pushes() {
        let reason = draft.case.level_reason.text.clone();
        draft.start_clocks();
        draft.push_to_all(&reason);
    } else {
        draft.watch();
    }
    draft.owe(DutyKind::Ageing, Holder::agency(&setting.responsible.lead), 0);
    draft.raise_alerts();
    draft.ring(&arrival);
    // Who reported what is split off was told when it came.
    if split.is_none() {
        draft.tell_residents(TellingKind::Received);
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
    let mut draft = Draft::new(case.clone(), occasion, setting);
    let announced = match happening {
        Happening::ReportJoined(arrival) => draft.report_joined(arrival)?,
        Happening::ReportRevised(arrival) => draft.report_revised(arrival),
        Happening::CallRepeats => draft.call_repeats()?,
        Happening::Receipt { agency, form, outcome, words, evidence, entered } => {
            draft.receipt((agency, *entered), *form, *outcome, words.clone(), evidence)
        }
        Happening::TimePassed => draft.time_passed(),
        Happening::CalendarChanged => draft.calendar_changed(),
        Happening::MergedInto { other, words } => draft.merged_into(other, words)?,
        Happening::TookIn { other, held } => draft.took_in(other, held)?,
        Happening::SplitOff { new, held, words } => draft.split_off(new, held, words)?,
        Happening::MergeUndone { from, held, words } => draft.merge_undone(from, held, words)?,
        Happening::GaveBack { other, held } => draft.gave_back(other, held)?,
        Happening::Act(act) => draft.act(act)?,
    };
    Ok(draft.finish(announced))
}

impl Draft<'_> {
    /// Says whether others have to learn of it.
    fn act(&mut self, act: &Act) -> Result<bool, Refusal> {
        // What people know of it may still be written down where they look for it.
        if !matches!(act, Act::Comment { .. }) {
            self.must_not_be_merged()?;
        }
        match act.allowed() {
            Allowed::Centre => self.must_be_of_the_centre()?,
            Allowed::Handlers => self.must_handle()?,
            Allowed::Concerned => {}
        }
        match act {
            Act::Relevel { level, words } => self.relevel(*level, words)?,
            Act::Assign { agency, person, words } => self.assign(agency, person.as_deref(), words)?,
            Act::Comment { words } => {
                self.note_words(HistoryKind::Commented, "批注".to_owned(), words);
                return Ok(false);
            }
            Act::Resolve(settlement) => self.resolve(settlement)?,
            Act::Close { words } => self.close(words)?,
            Act::Reject { words } => self.reject(words)?,
            Act::Reopen { words } => self.reopen_by_hand(words)?,
            Act::Tag { add, remove } => self.tag(add, remove)?,
            Act::RecordAftermath { kind, reference } => self.record_aftermath(*kind, reference)?,
            Act::Handling(act) => self.handling(act)?,
            Act::Return(act) => self.return_act(act)?,
            Act::Respite(act) => self.respite(act)?,
            Act::Supervision(act) => self.supervision(act)?,
            Act::Whistle(act) => self.whistle(act)?,
            Act::Call(act) => self.call_act(act)?,
            Act::Mediation(act) => self.mediation(act)?,
            Act::Major(act) => self.major(act)?,
            Act::Revisit(act) => self.revisit(act)?,
            Act::Meeting(act) => self.meeting(act)?,
            Act::ClassifyRepeat { report, class } => self.classify_repeat(*report, *class)?,
        }
        Ok(true)
    }

    fn report_joined(&mut self, arrival: &Arrival) -> Result<bool, Refusal> {
        self.must_not_be_merged()?;
        let over = self.case.state != State::Open;
        self.case.report_count += 1;
        let mut text = format!("第{}次诉求并入，来源：{}", self.case.report_count, told_by(arrival));
        if over {
            text.push_str(&format!("；事项{}，因新诉求重新办理", self.case.state.name()));
        }
        self.note(HistoryKind::ReportJoined, text, None);
        if over {
            self.reopen_for_report();
        } else {
            self.take_back_conclusions();
        }
        self.case.sealed_matter.clone_from(&arrival.sealed_matter);
        self.take_in(arrival);
        self.owe_classification(arrival);
        self.ring(arrival);
        self.tell_residents(TellingKind::Received);
        let raised = self.raise(&arrival.grade);
        if over && !raised && self.case.level.pushes() {
            let lead = self.case.lead_agency.clone();
            self.push_to(&lead, super::push::Form::Report, "办结后再次反映，重新办理");
        }
        Ok(true)
    }

    fn report_revised(&mut self, arrival: &Arrival) -> bool {
        let text = revised_text(arrival, &self.case.docket.tickets);
        self.note(HistoryKind::ReportRevised, text, None);
        self.case.sealed_matter.clone_from(&arrival.sealed_matter);
        self.take_in(arrival);
        if self.case.docket.links.merged_into.is_none() {
            self.owe_classification(arrival);
        }
        if self.case.state == State::Open {
            self.raise(&arrival.grade);
        } else if arrival.grade.level > self.case.level {
            self.suggest(arrival.grade.level, &format!("更正后的内容：{}", arrival.grade.reason.text));
        }
        true
    }

    /// What a report says besides its level: who is in it, which marks the rules put on.
    fn take_in(&mut self, arrival: &Arrival) {
        let docket = &mut self.case.docket;
        if arrival.people.len() > docket.people.len() {
            docket.people.clone_from(&arrival.people);
        }
        docket.tags.extend(arrival.grade.tags.iter().cloned());
        if let Some(ticket) = &arrival.ticket {
            tickets::keep(&mut docket.tickets, ticket.clone());
        }
        for trouble in &arrival.grade.troubled {
            let text = format!("定级规则{}未能判断（{}）", trouble.rule, trouble.why.name());
            self.note_as_system(HistoryKind::RuleTroubled, text);
        }
    }

    /// The community looks at a case that is not pushed (蓝色; S0-03).
    fn watch(&mut self) {
        self.advance_if_possible(Trigger::Watch);
        let watcher =
            self.setting.responsible.community.as_deref().unwrap_or(&self.case.lead_agency).to_owned();
        self.owe(DutyKind::Watch, Holder::agency(&watcher), 0);
    }

    fn tag(&mut self, add: &[String], remove: &[String]) -> Result<(), Refusal> {
        let plain = |tag: &String| {
            !tag.is_empty()
                && tag.len() <= MOST_TAG_BYTES
                && tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if !add.iter().all(plain) {
            return Self::refuse("TAG_MALFORMED", "a mark would have to be a word of a-z, 0-9 and _");
        }
        if self.case.docket.tags.len() + add.len() > MOST_TAGS {
            return Self::refuse("TOO_MANY_TAGS", "the case would have to have fewer marks");
        }
        let docket = &mut self.case.docket;
        let added: Vec<&str> =
            add.iter().filter(|tag| docket.tags.insert((*tag).clone())).map(String::as_str).collect();
        let removed: Vec<&str> =
            remove.iter().filter(|tag| docket.tags.remove(*tag)).map(String::as_str).collect();
        if added.is_empty() && removed.is_empty() {
            return Self::refuse("TAGS_UNCHANGED", "a mark would have to be put on or taken off");
        }
        let mut told = Vec::new();
        if !added.is_empty() {
            told.push(format!("加注标签：{}", added.join("、")));
        }
        if !removed.is_empty() {
            told.push(format!("取消标签：{}", removed.join("、")));
        }
        self.note(HistoryKind::Tagged, told.join("；"), None);
        Ok(())
    }

    fn record_aftermath(
        &mut self,
        kind: super::docket::AftermathKind,
        reference: &str,
    ) -> Result<(), Refusal> {
        let known = &mut self.case.docket.aftermath;
        if known.len() >= MOST_AFTERMATHS {
            return Self::refuse("TOO_MANY_AFTERMATHS", "the case would have to have fewer of them");
        }
        if known.iter().any(|one| one.reference == reference) {
            return Self::refuse("AFTERMATH_RECORDED", "the reference would have to be a new one");
        }
        known.push(super::docket::Aftermath { kind, reference: reference.to_owned(), at: self.occasion.at });
        self.note_words(HistoryKind::AftermathRecorded, format!("转为{}", kind.name()), reference);
        Ok(())
    }
}

const MOST_TAGS: usize = 40;
const MOST_TAG_BYTES: usize = 40;
const MOST_AFTERMATHS: usize = 50;

#[cfg(test)]
mod combinations;
#[cfg(test)]
mod mergers;
#[cfg(test)]
mod tests;
