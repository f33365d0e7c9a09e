//! A change in the making: what every act uses to change a case, to say it in the history, and to make
//! someone owe something.

use std::collections::BTreeSet;

use fengqiao_calendar::{Calendar, Limit};
use fengqiao_proto::notification::v1::FeedbackOutcome;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    case::{CaseFile, State, Words},
    duty::{Clockwork, Duty, DutyKind, Ending, Holder, Stage},
    history::{Entry, HistoryKind, Occasion, SYSTEM},
    level::Level,
    practice::Practice,
    push::{Form, NowOwed, PushOrder, PushRevision, Recipient, due_at, recipients},
    refusal::Refusal,
    states::Trigger,
    telling::Telling,
};
use crate::directory::{Directory, Rank, Responsible};
use fengqiao_county::{OneKeyLimits, PushLimitHours};

/// What the county says of the case's place and matter.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The directory.
    pub directory: &'a Directory,
    /// Who has to do with the case's area and category.
    pub responsible: &'a Responsible,
    /// By when pushes have to be made.
    pub limits: PushLimitHours,
    /// How fast a one-key call is answered.
    pub one_key: OneKeyLimits,
    /// States, limits, who is told of what.
    pub practice: &'a Practice,
    /// Which days are working days.
    pub calendar: &'a Calendar,
    /// The county's zone.
    pub zone: &'a TimeZone,
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
    /// The persons who have to be told.
    pub tellings: Vec<Telling>,
    /// The duties that are new, changed or over.
    pub duties: Vec<Duty>,
    /// Whether others have to learn what the case is now.
    pub announced: bool,
    /// What those who brought its reports are answered with it.
    pub answer: Option<Answer>,
    /// What does not hold any more as agencies were pushed it.
    pub revisions: Vec<PushRevision>,
}

/// What those who handle a case say to those who brought its reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How far the lead agency is, where it is its feedback; the centre's resolution has none.
    pub feedback: Option<FeedbackOutcome>,
    /// In its own words.
    pub words: Option<Words>,
}

/// A change in the making.
pub(super) struct Draft<'a> {
    pub(super) case: CaseFile,
    pub(super) occasion: &'a Occasion,
    pub(super) setting: Setting<'a>,
    before: Vec<Duty>,
    handlers_before: Vec<String>,
    lead_before: String,
    entries: Vec<Entry>,
    pushes: Vec<PushOrder>,
    pub(super) tellings: Vec<Telling>,
    over: Vec<Duty>,
    pub(super) answer: Option<Answer>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(case: CaseFile, occasion: &'a Occasion, setting: Setting<'a>) -> Self {
        let before = case.docket.duties.clone();
        let lead_before = case.lead_agency.clone();
        let handlers_before = case.docket.handlers.iter().map(|handler| handler.agency.clone()).collect();
        Self {
            case,
            occasion,
            setting,
            before,
            handlers_before,
            lead_before,
            entries: Vec::new(),
            pushes: Vec::new(),
            tellings: Vec::new(),
            over: Vec::new(),
            answer: None,
        }
    }

    /// Ends the change.
    pub(super) fn finish(mut self, announced: bool) -> Change {
        self.case.version += 1;
        self.case.docket.date_revisits();
        let revisions = self.revisions();
        let before = self.before;
        let changed = self.case.docket.duties.iter().filter(|duty| !before.contains(duty)).cloned();
        let duties = changed.chain(self.over).collect();
        Change {
            case: self.case,
            entries: self.entries,
            pushes: self.pushes,
            tellings: self.tellings,
            duties,
            announced,
            answer: self.answer,
            revisions,
        }
    }

    /// What agencies were pushed before and does not hold any more. Whoever had to do with a case that is over keeps what
    /// it was pushed, without a limit.
    fn revisions(&self) -> Vec<PushRevision> {
        let left = if self.case.state == State::Open { self.agencies_that_left() } else { Vec::new() };
        let recalled = left.iter().map(|agency| {
            let reason = if **agency == self.lead_before {
                format!("改由{}办理", self.agency_name(&self.case.lead_agency))
            } else {
                "不再协办、共办".to_owned()
            };
            PushRevision { agency: (*agency).clone(), at: self.occasion.at, now: NowOwed::Nothing { reason } }
        });
        let moved = self.agencies_with_moved_limits().into_iter().filter(|agency| !left.contains(&agency));
        let moved = moved.map(|agency| PushRevision {
            at: self.occasion.at,
            now: NowOwed::Until {
                sign_by: self.running_until(DutyKind::Sign, &agency),
                settle_by: self.running_until(DutyKind::Handle, &agency),
            },
            agency,
        });
        recalled.chain(moved).collect()
    }

    /// Who handled the case and has nothing to do with it any more, nor is told of it.
    fn agencies_that_left(&self) -> Vec<&String> {
        let handles = |agency: &str| self.case.docket.handler(agency).is_some();
        let mut left: Vec<&String> = self.handlers_before.iter().filter(|agency| !handles(agency)).collect();
        if !left.is_empty() {
            let told = self.everybody();
            left.retain(|agency| told.iter().all(|one| one.agency != **agency));
        }
        left
    }

    /// Whose time to sign or to settle ends at another moment than before, stands still, goes on, or is over otherwise than
    /// by what the agency did itself, which its push says.
    fn agencies_with_moved_limits(&self) -> BTreeSet<String> {
        let limits = |duty: &&Duty| matches!(duty.kind, DutyKind::Sign | DutyKind::Handle);
        let moved = |before: &&Duty| match self.case.docket.duties.iter().find(|duty| duty.no == before.no) {
            Some(duty) => {
                before.due_at != duty.due_at
                    || before.is_paused() != duty.is_paused()
                    || before.holder.agency != duty.holder.agency
            }
            None => self.over.iter().any(|duty| {
                let met = duty.ending.as_ref().is_some_and(|ending| ending.met);
                duty.no == before.no && !(met && self.occasion.agency.as_ref() == Some(&before.holder.agency))
            }),
        };
        let duties = self.before.iter().filter(limits).filter(moved);
        duties.map(|duty| duty.holder.agency.clone()).collect()
    }

    fn running_until(&self, kind: DutyKind, agency: &str) -> Option<Timestamp> {
        self.case.docket.owed_by(agency, kind).filter(|duty| !duty.is_paused()).map(|duty| duty.due_at)
    }

    // --- conditions

    pub(super) fn refuse<T>(reason: &'static str, needs: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::new(reason, needs))
    }

    /// Only an open case.
    pub(super) fn must_be_open(&self) -> Result<(), Refusal> {
        match self.case.state {
            State::Open => Ok(()),
            other => Self::refuse(
                "CASE_NOT_OPEN",
                format!("the case would have to be open; it is {}", other.name()),
            ),
        }
    }

    /// Only someone of this rank or above.
    pub(super) fn must_be(&self, rank: Rank, act: &str) -> Result<(), Refusal> {
        if self.occasion.rank >= rank {
            return Ok(());
        }
        Self::refuse(
            "RANK_TOO_LOW",
            format!(
                "to {act}, the capacity would have to be {} or above; it is {}",
                rank.word(),
                self.occasion.rank.word()
            ),
        )
    }

    /// Whether the actor acts for the centre.
    pub(super) fn is_of_the_centre(&self) -> bool {
        self.occasion.agency.as_deref().is_none_or(|agency| agency == self.setting.directory.desk())
    }

    /// Only the centre.
    pub(super) fn must_be_of_the_centre(&self) -> Result<(), Refusal> {
        if self.is_of_the_centre() {
            return Ok(());
        }
        Self::refuse("CENTRE_ONLY", "the capacity would have to be one of the centre")
    }

    /// Only an agency that handles the case, or the centre.
    pub(super) fn must_handle(&self) -> Result<(), Refusal> {
        if self.is_of_the_centre() || self.case.docket.handler(self.acting_agency()).is_some() {
            return Ok(());
        }
        Self::refuse("AGENCY_NOT_A_HANDLER", "the agency would have to lead the case, own it or help with it")
    }

    /// Only for one's own agency; the centre may speak for each.
    pub(super) fn must_act_for(&self, agency: &str) -> Result<(), Refusal> {
        if self.is_of_the_centre() || self.acting_agency() == agency {
            return Ok(());
        }
        Self::refuse("NOT_OWN_AGENCY", "the agency would have to be the actor's own")
    }

    /// The agency that the actor acts for; the centre's desk for its officers.
    pub(super) fn acting_agency(&self) -> &str {
        self.occasion.agency.as_deref().unwrap_or_else(|| self.setting.directory.desk())
    }

    // --- states

    /// Moves the case by the county's table.
    pub(super) fn advance(&mut self, trigger: Trigger) -> Result<(), Refusal> {
        let table = &self.setting.practice.states;
        let Some((code, state)) = table.next(&self.case.docket.state, trigger) else {
            return Self::refuse(
                refused_move(trigger),
                format!(
                    "the case would have to be in one of the states {}; it is in {}",
                    table.origins(trigger).join("、"),
                    table.name(&self.case.docket.state)
                ),
            );
        };
        code.clone_into(&mut self.case.docket.state);
        self.case.state = state.major;
        Ok(())
    }

    /// Moves the case where the table has such a move, and leaves it where it has none.
    pub(super) fn advance_if_possible(&mut self, trigger: Trigger) -> bool {
        self.setting.practice.states.next(&self.case.docket.state, trigger).is_some()
            && self.advance(trigger).is_ok()
    }

    // --- duties

    pub(super) const fn clock(&self) -> Clockwork<'a> {
        Clockwork { calendar: self.setting.calendar, zone: self.setting.zone }
    }

    /// Makes someone owe something, within the limit that the practice has for it. Returns its number.
    pub(super) fn owe(&mut self, kind: DutyKind, holder: Holder, about: u32) -> u32 {
        let limit = self.setting.practice.limit(kind, self.case.level);
        self.owe_within(kind, holder, about, limit)
    }

    /// Makes someone owe something within a limit. Returns its number.
    pub(super) fn owe_within(&mut self, kind: DutyKind, holder: Holder, about: u32, limit: Limit) -> u32 {
        let at = self.occasion.at;
        let due = self.setting.calendar.due(self.setting.zone, at, limit, &[], at);
        self.owe_by(kind, holder, about, limit, due)
    }

    /// Makes someone owe something by a moment. Returns its number.
    pub(super) fn owe_until(&mut self, kind: DutyKind, holder: Holder, about: u32, due_at: Timestamp) -> u32 {
        let seconds = due_at.duration_since(self.occasion.at).as_secs().clamp(0, i64::from(u32::MAX));
        let limit = Limit::Natural { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) };
        self.owe_by(kind, holder, about, limit, due_at)
    }

    fn owe_by(&mut self, kind: DutyKind, holder: Holder, about: u32, limit: Limit, due_at: Timestamp) -> u32 {
        self.case.docket.last_duty += 1;
        let no = self.case.docket.last_duty;
        let mut duty = Duty {
            no,
            kind,
            holder,
            about,
            limit,
            started_at: self.occasion.at,
            due_at,
            pauses: Vec::new(),
            stage: Stage::Running,
            next_at: None,
            ending: None,
        };
        duty.next_at = duty.next_firing(self.setting.practice.terms(kind));
        self.case.docket.duties.push(duty);
        no
    }

    /// The duties that are owed and fit.
    pub(super) fn owed(&self, fits: impl Fn(&Duty) -> bool) -> bool {
        self.case.docket.duties.iter().any(fits)
    }

    /// Those that fit are met. Returns how many.
    pub(super) fn meet(&mut self, fits: impl Fn(&Duty) -> bool) -> usize {
        self.end_duties(true, fits)
    }

    /// Those that fit fall away.
    pub(super) fn drop_duties(&mut self, fits: impl Fn(&Duty) -> bool) {
        self.end_duties(false, fits);
    }

    fn end_duties(&mut self, met: bool, fits: impl Fn(&Duty) -> bool) -> usize {
        let at = self.occasion.at;
        let (ended, kept): (Vec<Duty>, Vec<Duty>) =
            std::mem::take(&mut self.case.docket.duties).into_iter().partition(|duty| fits(duty));
        self.case.docket.duties = kept;
        let count = ended.len();
        let links = &mut self.case.docket.links;
        self.over.extend(ended.into_iter().map(|mut duty| {
            // What an officer enters late may have been done before the duty began, for a push of before.
            let at = at.max(duty.started_at);
            duty.end(at, met);
            links.note_ending(duty.no, &Ending { at, met });
            duty
        }));
        count
    }

    // --- pushes

    /// Everybody who is told of a case of this place and matter, the handlers first.
    pub(super) fn push_to_all(&mut self, reason: &str) {
        let all = self.everybody();
        self.push(all, reason);
    }

    /// Who is told: the handlers, then whoever has to do with the place and matter.
    pub(super) fn everybody(&self) -> Vec<Recipient> {
        let mut all: Vec<Recipient> = self
            .case
            .docket
            .handlers
            .iter()
            .map(|handler| Recipient { agency: handler.agency.clone(), form: Form::Report })
            .collect();
        for recipient in recipients(&self.case.lead_agency, self.setting.responsible) {
            if all.iter().all(|told| told.agency != recipient.agency) {
                all.push(recipient);
            }
        }
        all
    }

    pub(super) fn push_to(&mut self, agency: &str, form: Form, reason: &str) {
        self.push(vec![Recipient { agency: agency.to_owned(), form }], reason);
    }

    pub(super) fn push(&mut self, to: Vec<Recipient>, reason: &str) {
        self.push_as(self.case.level, to, reason);
    }

    /// Tells at once, before everything else in the queues.
    pub(super) fn push_urgently(&mut self, to: Vec<Recipient>, reason: &str) {
        self.push_as(Level::Red, to, reason);
    }

    fn push_as(&mut self, level: Level, to: Vec<Recipient>, reason: &str) {
        self.push_until(level, due_at(level, self.occasion.at, self.setting.limits), to, reason);
    }

    /// Tells by a moment.
    pub(super) fn push_until(&mut self, level: Level, due_at: Timestamp, to: Vec<Recipient>, reason: &str) {
        if to.is_empty() {
            return;
        }
        let told: Vec<String> =
            to.iter().map(|r| format!("{}（{}）", self.agency_name(&r.agency), r.form.name())).collect();
        self.note_as_system(HistoryKind::PushRequested, format!("推送{}", told.join("、")));
        let requested_at = self.occasion.at;
        self.pushes.extend(to.into_iter().map(|recipient| PushOrder {
            recipient,
            level,
            requested_at,
            due_at,
            reason: reason.to_owned(),
        }));
    }

    /// The name of an agency; its code where the directory no longer has it.
    pub(super) fn agency_name(&self, code: &str) -> String {
        self.setting.directory.name(code).to_owned()
    }

    // --- history

    pub(super) fn note_as_system(&mut self, kind: HistoryKind, text: String) {
        self.note_by(SYSTEM, SYSTEM, kind, text, None);
    }

    pub(super) fn note(&mut self, kind: HistoryKind, text: String, remark: Option<Words>) {
        let occasion = self.occasion;
        self.note_by(&occasion.actor, &occasion.capacity, kind, text, remark);
    }

    /// With the words of a person; none where they are empty.
    pub(super) fn note_words(&mut self, kind: HistoryKind, text: String, words: &str) {
        self.note(kind, text, (!words.is_empty()).then(|| Words::Plain(words.to_owned())));
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
}

const fn refused_move(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Close => "CASE_NOT_RESOLVED",
        Trigger::Reopen => "CASE_NOT_OVER",
        Trigger::Unmerge => "CASE_NOT_MERGED",
        Trigger::Resume => "CASE_NOT_PARKED",
        _ => "CASE_NOT_IN_STATE",
    }
}
