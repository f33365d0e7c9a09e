//! What a merged case owed is owed by the case that took it in, until the merger is undone: no duty is lost by
//! either. A duty goes over with its clock as it stands and with the thing that it is about. What the other case
//! owes in the same way, by the same holder and as soon, stands there already.

use std::collections::BTreeMap;

use fengqiao_calendar::{end_of_day, last_day};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::handling::{Handler, Part, goes_with_the_lead, is_handlers_own};
use crate::domain::{
    case::{CaseFile, State},
    docket::Docket,
    draft::Draft,
    duty::{Duty, DutyKind, Ending, Holder},
    refusal::Refusal,
    states::Trigger,
};

/// A case that owes more is not one case. Each thing that goes over with a duty is bounded by it too.
const MOST_OWED: usize = 1_000;

/// What was taken over from one merged case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// The merged case.
    pub case_id: Uuid,
    /// What it owed, and what that is here.
    pub duties: Vec<TakenDuty>,
    /// The agencies that help here since, as they owe some of it.
    #[serde(default)]
    pub helpers: Vec<String>,
    /// Whether an agreement of this case, with nothing left to perform, made room for that of the merged one.
    #[serde(default)]
    pub agreement_made_room: bool,
}

/// A duty that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenDuty {
    /// What is owed.
    pub kind: DutyKind,
    /// Its number in the merged case.
    pub theirs: u32,
    /// Its number here.
    pub ours: u32,
    /// The number here of the thing that it is about.
    pub about: u32,
    /// Whether its holder would owe the same here itself, had it not come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stands_for_own: bool,
    /// How it ended here; none while it is owed. Where it only ended as this case was resolved, it was not met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// What becomes of a duty when its case is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It is owed by the other case.
    GoesOver,
    /// The other case owes the same itself, by the same holder, no later.
    StandsThere,
    /// The other case brings its own in its place.
    Lapses,
}

fn fate(duty: &Duty, into: &CaseFile) -> Fate {
    match duty.kind {
        // What stood still goes on there; people are asked again when that case is settled; and it grows old by
        // itself.
        DutyKind::Resume | DutyKind::Revisit | DutyKind::Ageing => Fate::Lapses,
        // Of these who does the one has done the other. The rest are each about a thing of their own: a push to be
        // signed for, a whistle, a decision.
        DutyKind::Handle | DutyKind::Contact | DutyKind::Watch | DutyKind::Acknowledge | DutyKind::Decide
            // What another merged case brought goes back with that one some day.
            if into.docket.duties.iter().any(|own| is_the_same(own, duty) && !into.docket.links.brought(own.no)) =>
        {
            Fate::StandsThere
        }
        _ => Fate::GoesOver,
    }
}

/// Whether who does this one has done the other in time as well.
fn is_the_same(own: &Duty, other: &Duty) -> bool {
    own.kind == other.kind
        && own.holder == other.holder
        && own.due_at <= other.due_at
        && (own.kind != DutyKind::Decide || own.about == other.about)
}

/// What becomes of what a case owes when it is merged into another, for people.
pub(in crate::domain) fn told_of_owed(duties: &[Duty], into: &CaseFile) -> String {
    let of = |wanted| counted(duties.iter().filter(|duty| fate(duty, into) == wanted).map(|duty| duty.kind));
    let said = [
        (of(Fate::GoesOver), "转入该事项"),
        (of(Fate::StandsThere), "该事项已有"),
        (of(Fate::Lapses), "随并案终止"),
    ];
    said.into_iter()
        .filter(|(what, _)| !what.is_empty())
        .map(|(what, becomes)| format!("；{becomes}：{what}"))
        .collect()
}

/// Kinds with how many there are: 签收1项、办理2项.
fn counted(kinds: impl Iterator<Item = DutyKind>) -> String {
    let mut counts: BTreeMap<DutyKind, usize> = BTreeMap::new();
    for kind in kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let told: Vec<String> =
        counts.into_iter().map(|(kind, count)| format!("{}{count}项", kind.name())).collect();
    told.join("、")
}

impl Draft<'_> {
    /// Takes over what a case that is merged into this one owes. `own_reports` is how many reports were here
    /// before. Says it for people.
    pub(in crate::domain) fn take_over(
        &mut self,
        other: &CaseFile,
        own_reports: i32,
    ) -> Result<String, Refusal> {
        let going: Vec<&Duty> =
            other.docket.duties.iter().filter(|duty| fate(duty, &self.case) == Fate::GoesOver).collect();
        if going.is_empty() {
            return Ok(String::new());
        }
        if self.case.docket.duties.len() + going.len() > MOST_OWED {
            return Self::refuse(
                "TOO_MUCH_OWED",
                format!("the two cases would have to owe no more than {MOST_OWED} duties together"),
            );
        }
        let performs = going.iter().any(|duty| duty.kind == DutyKind::Perform);
        if performs && self.owed(|duty| duty.kind == DutyKind::Perform) {
            return Self::refuse(
                "AGREEMENTS_OF_BOTH",
                "what was agreed in one of the two cases would have to be performed or looked at before",
            );
        }
        let agreement_made_room = performs && self.case.docket.mediation.agreement.is_some();
        if performs {
            self.archive_agreement();
            self.case.docket.mediation.agreement.clone_from(&other.docket.mediation.agreement);
        }
        let mut taken = TakenOver {
            case_id: other.id,
            duties: Vec::with_capacity(going.len()),
            helpers: Vec::new(),
            agreement_made_room,
        };
        let mut whistles = BTreeMap::new();
        for duty in &going {
            let about = self.about_here(duty, &other.docket, own_reports, &mut whistles);
            let ours = self.owe_as_there(duty, about);
            taken.duties.push(TakenDuty {
                kind: duty.kind,
                theirs: duty.no,
                ours,
                about,
                stands_for_own: false,
                ending: None,
            });
            if is_handlers_own(duty.kind)
                && let Some(helper) = self.help_with(&duty.holder.agency, other)
            {
                taken.helpers.push(helper);
            }
        }
        let told = counted(taken.duties.iter().map(|one| one.kind));
        self.case.docket.links.taken_over.push(taken);
        Ok(format!("；承接：{told}"))
    }

    /// The number here of the thing that a duty is about; the thing comes with it.
    fn about_here(
        &mut self,
        duty: &Duty,
        other: &Docket,
        own_reports: i32,
        whistles: &mut BTreeMap<u32, u32>,
    ) -> u32 {
        let about = duty.about;
        if duty.kind == DutyKind::Classify {
            // Its reports are counted after those that were here.
            return self.number_to_sort(u32::try_from(own_reports).unwrap_or_default().saturating_add(about));
        }
        let docket = &mut self.case.docket;
        let here = match duty.kind {
            DutyKind::Reply => append(
                &mut docket.supervisions,
                other.supervisions.iter().find(|one| one.no == about),
                |one| &mut one.no,
            ),
            DutyKind::Acknowledge => {
                append(&mut docket.alerts, other.alerts.iter().find(|one| one.no == about), |one| &mut one.no)
            }
            DutyKind::Decision => {
                append(&mut docket.decisions, other.decisions.iter().find(|one| one.no == about), |one| {
                    &mut one.no
                })
            }
            // Of one whistle several things are owed.
            DutyKind::ReportIn | DutyKind::WhistleResult => match whistles.get(&about) {
                Some(no) => Some(*no),
                None => {
                    append(&mut docket.whistles, other.whistles.iter().find(|one| one.no == about), |one| {
                        &mut one.no
                    })
                    .inspect(|no| {
                        whistles.insert(about, *no);
                    })
                }
            },
            DutyKind::AnswerCall => {
                append(&mut docket.calls, other.calls.iter().find(|one| one.no == about), |one| &mut one.no)
            }
            // A letter is known by its duty.
            DutyKind::Letter => Some(docket.last_duty + 1),
            _ => None,
        };
        here.unwrap_or(about)
    }

    /// Owes what another case owes, with its clock as it stands. What stood still with the other case goes on, and
    /// stands still where this one does. Returns its number.
    fn owe_as_there(&mut self, duty: &Duty, about: u32) -> u32 {
        let no = self.case.docket.last_duty + 1;
        let holder = if goes_with_the_lead(duty.kind) {
            Holder::agency(&self.case.lead_agency)
        } else {
            duty.holder.clone()
        };
        self.case.docket.last_duty = no;
        self.owe_with_this_case(Duty { no, about, holder, ..duty.clone() });
        no
    }

    /// Adds a duty that ran in another case: its clock stands where this case's clocks do, and else runs.
    fn owe_with_this_case(&mut self, mut duty: Duty) {
        let (clock, practice, now) = (self.clock(), self.setting.practice, self.occasion.at);
        if self.is_parked() {
            if duty.kind.pauses_with_case() {
                duty.pause(now);
            }
        } else if duty.is_paused() {
            duty.go_on(clock, practice.terms(duty.kind), now);
        }
        self.case.docket.duties.push(duty);
    }

    /// An agency that owes something of handling and has no part here helps from now on. Returns its code then.
    fn help_with(&mut self, agency: &str, other: &CaseFile) -> Option<String> {
        if self.case.docket.handler(agency).is_some() {
            return None;
        }
        let known = other.docket.handler(agency).cloned();
        let helper = known.unwrap_or_else(|| Handler::new(agency, Part::CoHandler, self.occasion.at));
        self.case.docket.handlers.push(Handler { part: Part::CoHandler, ..helper });
        Some(agency.to_owned())
    }

    /// Whether an agency owes something here. Where it does only for merged cases, that stands for what it would owe
    /// itself from now on, and is owed on when they go back.
    pub(in crate::domain) fn owes_already(&mut self, kind: DutyKind, agency: &str) -> bool {
        self.is_owed_already(|duty| duty.kind == kind && duty.holder.agency == agency)
    }

    /// The same of any duty.
    pub(in crate::domain) fn is_owed_already(&mut self, such: impl Fn(&Duty) -> bool) -> bool {
        let Docket { duties, links, .. } = &mut self.case.docket;
        let owed: Vec<u32> = duties.iter().filter(|duty| such(duty)).map(|duty| duty.no).collect();
        if owed.iter().all(|no| links.brought(*no)) {
            let taken = links.taken_over.iter_mut().flat_map(|taken| &mut taken.duties);
            taken.filter(|one| owed.contains(&one.ours)).for_each(|one| one.stands_for_own = true);
        }
        !owed.is_empty()
    }

    /// Gives back what was taken over from a case. What this case owed itself it goes on owing. Says it for people.
    pub(in crate::domain) fn hand_back(&mut self, other: &CaseFile) -> String {
        let links = &mut self.case.docket.links;
        let Some(place) = links.taken_over.iter().position(|taken| taken.case_id == other.id) else {
            return String::new();
        };
        let taken = links.taken_over.remove(place);
        let is_theirs = |duty: &Duty| taken.duties.iter().any(|one| one.ours == duty.no);
        let going: Vec<Duty> =
            self.case.docket.duties.iter().filter(|duty| is_theirs(duty)).cloned().collect();
        self.drop_duties(is_theirs);
        self.give_things_back(&taken, &other.docket);
        if self.case.state == State::Open {
            self.let_helpers_go(taken.helpers);
            for duty in &going {
                let stood = taken.duties.iter().any(|one| one.ours == duty.no && one.stands_for_own);
                // Of mergers that older versions wrote down nobody knows; somebody settles a case that is pushed, but not
                // who only helps with what another merged case brought.
                let helps = self.case.docket.links.brought_helper(&duty.holder.agency);
                if stood || (duty.kind == DutyKind::Handle && self.case.level.pushes() && !helps) {
                    self.owe_itself(duty);
                }
            }
        }
        if going.is_empty() {
            return String::new();
        }
        format!("；退回应办：{}", counted(going.iter().map(|duty| duty.kind)))
    }

    /// The last of the things that came with duties go with them. What came after them keeps its number, and so they
    /// stay before it.
    fn give_things_back(&mut self, taken: &TakenOver, other: &Docket) {
        let came = |kinds: &[DutyKind], no: u32| {
            taken.duties.iter().any(|one| kinds.contains(&one.kind) && one.about == no)
        };
        let docket = &mut self.case.docket;
        while docket.supervisions.pop_if(|one| came(&[DutyKind::Reply], one.no)).is_some() {}
        while docket.alerts.pop_if(|one| came(&[DutyKind::Acknowledge], one.no)).is_some() {}
        while docket.decisions.pop_if(|one| came(&[DutyKind::Decision], one.no)).is_some() {}
        while docket.calls.pop_if(|one| came(&[DutyKind::AnswerCall], one.no)).is_some() {}
        let of_whistles = [DutyKind::ReportIn, DutyKind::WhistleResult];
        while docket.whistles.pop_if(|one| came(&of_whistles, one.no)).is_some() {}
        let performs = taken.duties.iter().any(|one| one.kind == DutyKind::Perform);
        let mediation = &mut docket.mediation;
        if performs
            && let (Some(here), Some(theirs)) = (&mediation.agreement, &other.mediation.agreement)
            && here.is_the_same(theirs)
        {
            mediation.agreement = if taken.agreement_made_room { mediation.earlier.pop() } else { None };
        }
    }

    /// Who helped only with what went back helps no longer; who owes something of another merged case goes with that.
    fn let_helpers_go(&mut self, helpers: Vec<String>) {
        for agency in helpers {
            let helps = self.case.docket.handler(&agency).is_some_and(|one| one.part == Part::CoHandler);
            if !helps || self.case.lead_agency == agency {
                continue;
            }
            let Docket { duties, handlers, links, .. } = &mut self.case.docket;
            let owed: Vec<u32> = duties
                .iter()
                .filter(|duty| duty.holder.agency == agency && is_handlers_own(duty.kind))
                .map(|duty| duty.no)
                .collect();
            let helped_with =
                |taken: &&mut TakenOver| taken.duties.iter().any(|one| owed.contains(&one.ours));
            if owed.is_empty() {
                handlers.retain(|handler| handler.agency != agency);
            } else if let Some(other) = links.taken_over.iter_mut().find(helped_with) {
                other.helpers.push(agency);
            }
        }
    }

    /// What went back had stood for what a handler of this case has to do, or for the centre's look at what all have
    /// done: it is owed here on, with the same clock.
    fn owe_itself(&mut self, went: &Duty) {
        let handler = self.case.docket.handler(&went.holder.agency);
        let wanted = match (went.kind, handler) {
            (DutyKind::Decide, _) => true,
            (DutyKind::Handle, Some(handler)) => handler.concluded_at.is_none(),
            (DutyKind::Claim, Some(handler)) => handler.person.is_none(),
            (_, handler) => handler.is_some(),
        };
        let same_thing = |own: &Duty| went.kind != DutyKind::Decide || own.about == went.about;
        let same =
            |own: &Duty| own.kind == went.kind && own.holder.agency == went.holder.agency && same_thing(own);
        if wanted && !self.is_owed_already(same) {
            self.owe_as_there(went, went.about);
        }
    }

    /// A merger is undone: what the case owed `since` then is owed again, with its clock as it stands in the case
    /// that took it over (`from`, as it was before). What nobody could do meanwhile stood still, and what was done
    /// there is done. Says it for people.
    pub(in crate::domain) fn take_back(
        &mut self,
        duties: Vec<Duty>,
        since: Timestamp,
        from: &CaseFile,
    ) -> String {
        let taken = from.docket.links.taken_over.iter().find(|taken| taken.case_id == self.case.id);
        let mut done = Vec::new();
        for duty in duties {
            let there = taken.and_then(|taken| taken.duties.iter().find(|one| one.theirs == duty.no));
            let Some(there) = there else {
                self.take_up(duty, since);
                continue;
            };
            self.take_thing_back(&duty, there, &from.docket);
            let running = from.docket.duties.iter().find(|one| one.no == there.ours);
            match (running, &there.ending) {
                (Some(running), _) => {
                    let Duty { no, holder, about, .. } = duty;
                    self.owe_with_this_case(Duty { no, holder, about, ..running.clone() });
                }
                (None, Some(ending)) if is_done(&duty, ending, from) => {
                    self.case.docket.links.note_ending(duty.no, ending);
                    self.learn_of_handler(&duty, ending, &from.docket);
                    done.push(duty.kind);
                }
                (None, _) => self.take_up(duty, since),
            }
        }
        if self.case.state == State::Open {
            if done.contains(&DutyKind::Sign) {
                self.advance_if_possible(Trigger::Sign);
            }
            if done.contains(&DutyKind::Handle) {
                self.review_if_all_are_done();
            }
        }
        if done.is_empty() {
            return String::new();
        }
        format!("；并案期间已办：{}", counted(done.into_iter()))
    }

    /// Owes again what stood still since then: nobody could do it. What was agreed for a date keeps its date.
    fn take_up(&mut self, mut duty: Duty, since: Timestamp) {
        let (clock, practice, now) = (self.clock(), self.setting.practice, self.occasion.at);
        if !keeps_its_date(duty.kind) && !duty.is_paused() {
            duty.pause(since);
            duty.go_on(clock, practice.terms(duty.kind), now);
            let left = end_of_day(last_day(duty.due_at, clock.zone), clock.zone).duration_since(duty.due_at);
            if duty.kind == DutyKind::Revisit && !left.is_zero() {
                // That has the whole of its day.
                duty.lengthen(left, clock, practice.terms(duty.kind), now);
            }
        }
        self.case.docket.duties.push(duty);
    }

    /// What became of a thing in the other case became of it.
    fn take_thing_back(&mut self, duty: &Duty, there: &TakenDuty, from: &Docket) {
        let docket = &mut self.case.docket;
        match duty.kind {
            DutyKind::Reply => {
                let theirs = from.supervisions.iter().find(|one| one.no == there.about);
                let own = docket.supervisions.iter_mut().find(|one| one.no == duty.about);
                if let (Some(own), Some(theirs)) = (own, theirs) {
                    own.replied_at = theirs.replied_at;
                }
            }
            DutyKind::Acknowledge => {
                let theirs = from.alerts.iter().find(|one| one.no == there.about);
                let own = docket.alerts.iter_mut().find(|one| one.no == duty.about);
                if let (Some(own), Some(theirs)) = (own, theirs) {
                    own.acknowledged_at = theirs.acknowledged_at;
                }
            }
            DutyKind::Decision => {
                let theirs = from.decisions.iter().find(|one| one.no == there.about);
                let own = docket.decisions.iter_mut().find(|one| one.no == duty.about);
                if let (Some(own), Some(theirs)) = (own, theirs) {
                    own.done_at = theirs.done_at;
                }
            }
            DutyKind::AnswerCall => {
                let theirs = from.calls.iter().find(|one| one.no == there.about);
                let own = docket.calls.iter_mut().find(|one| one.no == duty.about);
                if let (Some(own), Some(theirs)) = (own, theirs) {
                    let no = own.no;
                    own.clone_from(theirs);
                    own.no = no;
                }
            }
            DutyKind::ReportIn | DutyKind::WhistleResult => {
                let theirs = from.whistles.iter().find(|one| one.no == there.about);
                let own = docket.whistles.iter_mut().find(|one| one.no == duty.about);
                if let (Some(own), Some(theirs)) = (own, theirs) {
                    own.called.clone_from(&theirs.called);
                }
            }
            DutyKind::Perform => {
                let theirs = from.mediation.agreement.iter().chain(&from.mediation.earlier);
                if let Some(own) = &mut docket.mediation.agreement
                    && let Some(theirs) = theirs.clone().find(|theirs| theirs.is_the_same(own))
                {
                    own.clone_from(theirs);
                }
            }
            _ => {}
        }
    }

    /// What a handler did in the other case it did.
    fn learn_of_handler(&mut self, duty: &Duty, ending: &Ending, from: &Docket) {
        let agency = &duty.holder.agency;
        let own = self.case.docket.handlers.iter_mut().find(|handler| handler.agency == *agency);
        if let (Some(own), Some(theirs)) = (own, from.handler(agency)) {
            match duty.kind {
                DutyKind::Sign => own.signed_at = Some(ending.at),
                DutyKind::Handle => own.concluded_at = Some(ending.at),
                DutyKind::Claim => own.person.clone_from(&theirs.person),
                _ => {}
            }
        }
    }
}

/// Whether what was owed was done, and did not only end as the other case did.
fn is_done(duty: &Duty, ending: &Ending, from: &CaseFile) -> bool {
    let handler = from.docket.handler(&duty.holder.agency);
    ending.met
        && match duty.kind {
            DutyKind::Sign => handler.is_some_and(|handler| handler.signed_at.is_some()),
            DutyKind::Handle => handler.is_some_and(|handler| handler.concluded_at == Some(ending.at)),
            DutyKind::Claim => handler.is_some_and(|handler| handler.person == duty.holder.person),
            // The centre looked at the other case, and not at this one by itself.
            DutyKind::Decide => false,
            _ => true,
        }
}

/// Adds a thing of another case to those of this one, with the next number. Returns that.
fn append<T: Clone>(
    things: &mut Vec<T>,
    thing: Option<&T>,
    number: impl Fn(&mut T) -> &mut u32,
) -> Option<u32> {
    let mut thing = thing?.clone();
    let no = u32::try_from(things.len()).unwrap_or(u32::MAX).saturating_add(1);
    *number(&mut thing) = no;
    things.push(thing);
    Some(no)
}

/// Whether its time is a date that people agreed on.
const fn keeps_its_date(kind: DutyKind) -> bool {
    matches!(kind, DutyKind::Resume | DutyKind::Perform)
}
