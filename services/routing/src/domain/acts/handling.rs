//! Who handles a case: the lead, co-handlers, and agencies that own it together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    docket::Docket,
    draft::Draft,
    duty::{Duty, DutyKind, Holder},
    happening::Arrival,
    history::HistoryKind,
    push::Form,
    refusal::Refusal,
    states::Trigger,
    wording::short_source,
};

/// What an agency is in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 主办: it answers for the whole.
    Lead,
    /// 协办: it helps.
    CoHandler,
    /// One of those who own it together (双推送, 双盯办, 双化解; S1-02): each must conclude.
    Owner,
}

impl Part {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lead => "主办",
            Self::CoHandler => "协办",
            Self::Owner => "共办",
        }
    }
}

/// An agency that handles a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handler {
    /// Its code.
    pub agency: String,
    /// What it is in the case.
    pub part: Part,
    /// Since when.
    pub since: Timestamp,
    /// Who there has it (认领).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// When it signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// When it said that its part is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concluded_at: Option<Timestamp>,
}

impl Handler {
    /// An agency that has done nothing yet.
    #[must_use]
    pub fn new(agency: &str, part: Part, since: Timestamp) -> Self {
        Self { agency: agency.to_owned(), part, since, person: None, signed_at: None, concluded_at: None }
    }
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlingAct {
    /// Adds an agency that helps or owns.
    Add {
        /// The agency.
        agency: String,
        /// Co-handler or owner.
        part: Part,
        /// Why; may be empty.
        words: String,
    },
    /// Takes an agency off that helps.
    Remove {
        /// The agency.
        agency: String,
        /// Why.
        words: String,
    },
    /// Says that one's part is done (S1-02: police concluded, 综治 not ⇒ "1/2 化解").
    Conclude {
        /// The agency; the caller's own.
        agency: String,
        /// What was reached.
        words: String,
    },
    /// Hands over to a named person; must be claimed (点对点交办; S3-04).
    HandOver {
        /// Whose person.
        agency: String,
        /// Who.
        person: String,
        /// What is to be done; may be empty.
        words: String,
    },
    /// Claims what was handed over (认领; S3-04).
    Claim {
        /// Whose person.
        agency: String,
    },
    /// Signs for the case: for an agency whose systems do not (纸质签收).
    Sign {
        /// The agency; the one that leads where none.
        agency: Option<String>,
    },
    /// Says that the people were contacted for the first time (首次联系).
    Contact {
        /// How and what they said.
        words: String,
    },
}

impl Draft<'_> {
    /// Who handles a new case: those who own it together where the practice says so, else the one who is
    /// responsible.
    pub(in crate::domain) fn begin_handling(&mut self, arrival: &Arrival) {
        let source = short_source(arrival.source);
        let owners =
            self.setting.practice.owners(&self.case.area_code, &self.case.category, source, arrival.repeat);
        let since = self.occasion.at;
        if let Some(first) = owners.first() {
            first.clone_into(&mut self.case.lead_agency);
            self.case.docket.owners_wanted = count_of(owners.len());
            self.case.docket.handlers =
                owners.iter().map(|agency| Handler::new(agency, Part::Owner, since)).collect();
        } else {
            let lead = self.case.lead_agency.clone();
            self.case.docket.handlers = vec![Handler::new(&lead, Part::Lead, since)];
        }
        self.note_assigned();
    }

    /// A case goes to those who must act: they owe a signature, and the case has to be settled.
    pub(in crate::domain) fn start_clocks(&mut self) {
        self.advance_if_possible(Trigger::Push);
        let agencies: Vec<String> =
            self.case.docket.handlers.iter().map(|handler| handler.agency.clone()).collect();
        for agency in agencies {
            self.owe_to_handler(&agency);
            self.hand_to_who_is_there(&agency);
        }
    }

    /// Nobody assigns a case that goes to its agencies by itself. Where the practice names persons, it is handed to who
    /// answers for the agency by the directory; where that knows nobody, the agency as a whole has it.
    fn hand_to_who_is_there(&mut self, agency: &str) {
        if !self.setting.practice.names_persons || self.has_person(agency) {
            return;
        }
        let now = self.setting.zone.to_datetime(self.occasion.at);
        let Some(person) = self.setting.directory.answers_at(agency, now).map(str::to_owned) else { return };
        self.hand_to(agency, &person);
        let text = format!("交办{}：{person}", self.agency_name(agency));
        self.note_as_system(HistoryKind::HandedOver, text);
    }

    fn owe_to_handler(&mut self, agency: &str) {
        // Whoever gets it after a return sees that in its list.
        let returned = count_of(self.case.docket.returns.len());
        let since = self.occasion.at;
        for kind in [DutyKind::Sign, DutyKind::Handle, DutyKind::Contact] {
            let wanted = match kind {
                DutyKind::Sign => {
                    self.case.docket.handler(agency).is_some_and(|handler| handler.signed_at.is_none())
                }
                DutyKind::Contact => agency == self.case.lead_agency && self.setting.practice.has_terms(kind),
                _ => true,
            };
            if wanted && !self.owes_already(kind, agency) {
                self.owe(kind, Holder::agency(agency), returned);
                if kind == DutyKind::Sign
                    && let Some(handler) = self.handler_mut(agency)
                {
                    // From now on it can be signed for, and returned.
                    handler.since = since;
                }
            }
        }
    }

    fn handler_mut(&mut self, agency: &str) -> Option<&mut Handler> {
        self.case.docket.handlers.iter_mut().find(|handler| handler.agency == agency)
    }

    /// Gives the case to an agency. What the one before owed falls away; who took the first report stays
    /// answerable (首接; S0-05).
    pub(in crate::domain) fn assign(
        &mut self,
        agency: &str,
        person: Option<&str>,
        words: &str,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.case.lead_agency == agency {
            return Self::refuse(
                "AGENCY_LEADS_ALREADY",
                "another agency would have to lead the case than the one it is assigned to",
            );
        }
        if self.owed(|duty| duty.kind == DutyKind::Arbitrate) {
            return Self::refuse("RETURN_OPEN", "the open return would have to be decided by its arbiter");
        }
        self.must_name_person(agency, person)?;
        self.lead_by(agency)?;
        let text = self.assigned_text();
        self.note_words(HistoryKind::Assigned, text, words);
        self.push_to(agency, Form::Report, "中心交办");
        if let Some(person) = person {
            self.hand_to(agency, person);
        }
        Ok(())
    }

    /// Where the practice names persons, a case goes to a person of its new agency. Where one has it there already, or
    /// is to claim it, it stays with that one.
    pub(in crate::domain) fn must_name_person(
        &mut self,
        agency: &str,
        person: Option<&str>,
    ) -> Result<(), Refusal> {
        if person.is_some() || !self.setting.practice.names_persons || self.has_person(agency) {
            return Ok(());
        }
        Self::refuse("PERSON_MISSING", "a person who takes it over would have to be named")
    }

    fn has_person(&mut self, agency: &str) -> bool {
        self.case.docket.handler(agency).is_some_and(|handler| handler.person.is_some())
            || self.owes_already(DutyKind::Claim, agency)
    }

    /// Makes an agency the lead. Of a case that is owned together it takes a seat among the owners: a free one,
    /// or that of the lead before (S1-02). What was done there already is done: who has it, and that it signed.
    pub(in crate::domain) fn lead_by(&mut self, agency: &str) -> Result<(), Refusal> {
        self.advance(Trigger::Assign)?;
        let before = std::mem::replace(&mut self.case.lead_agency, agency.to_owned());
        let docket = &mut self.case.docket;
        let owned = docket.owners_wanted > 1;
        let owners = docket.handlers.iter().filter(|handler| handler.part == Part::Owner).count();
        let seated = docket.handler(agency).is_some_and(|handler| handler.part == Part::Owner);
        let gives_up = !owned || (!seated && count_of(owners) >= docket.owners_wanted);
        if gives_up {
            docket.handlers.retain(|handler| handler.agency != before);
        }
        let part = if owned { Part::Owner } else { Part::Lead };
        let since = self.occasion.at;
        let known = docket.handlers.iter().position(|handler| handler.agency == agency);
        let lead = match known.map(|place| docket.handlers.remove(place)) {
            Some(owner) if seated => owner,
            Some(helper) => Handler { part, since, ..helper },
            None => Handler::new(agency, part, since),
        };
        docket.handlers.insert(0, Handler { concluded_at: None, ..lead });
        if gives_up {
            self.drop_duties(|duty| duty.holder.agency == before && is_handlers_own(duty.kind));
        }
        self.drop_duties(|duty| duty.kind == DutyKind::Watch);
        // What goes with the lead goes to the new one.
        for duty in &mut self.case.docket.duties {
            if duty.holder.agency == before && goes_with_the_lead(duty.kind) {
                duty.holder = Holder::agency(agency);
            }
        }
        self.owe_to_handler(agency);
        if self.has_signed(agency) {
            self.advance_if_possible(Trigger::Sign);
        }
        Ok(())
    }

    /// Whether an agency signed and owes no signature: a merged case may have brought one more.
    fn has_signed(&self, agency: &str) -> bool {
        self.case.docket.handler(agency).is_some_and(|handler| handler.signed_at.is_some())
            && !self.owed(|duty| duty.kind == DutyKind::Sign && duty.holder.agency == agency)
    }

    pub(in crate::domain) fn note_assigned(&mut self) {
        let text = self.assigned_text();
        self.note_as_system(HistoryKind::Assigned, text);
    }

    fn assigned_text(&self) -> String {
        let owners: Vec<String> = self
            .case
            .docket
            .handlers
            .iter()
            .filter(|handler| handler.part == Part::Owner)
            .map(|handler| self.agency_name(&handler.agency))
            .collect();
        if owners.is_empty() {
            format!("主办单位：{}", self.agency_name(&self.case.lead_agency))
        } else {
            format!("共办单位：{}", owners.join("、"))
        }
    }

    pub(in crate::domain) fn handling(&mut self, act: &HandlingAct) -> Result<(), Refusal> {
        self.must_be_open()?;
        match act {
            HandlingAct::Add { agency, part, words } => self.add_handler(agency, *part, words),
            HandlingAct::Remove { agency, words } => self.remove_handler(agency, words),
            HandlingAct::Conclude { agency, words } => self.conclude(agency, words),
            HandlingAct::HandOver { agency, person, words } => {
                self.must_act_for(agency)?;
                self.must_be_handler(agency)?;
                self.hand_to(agency, person);
                self.note_words(
                    HistoryKind::HandedOver,
                    format!("交办{}：{person}", self.agency_name(agency)),
                    words,
                );
                Ok(())
            }
            HandlingAct::Claim { agency } => self.claim(agency),
            HandlingAct::Sign { agency } => {
                let lead = self.case.lead_agency.clone();
                let agency = agency.as_ref().unwrap_or(&lead);
                self.must_be_handler(agency)?;
                if self.has_signed(agency) {
                    return Self::refuse(
                        "AGENCY_SIGNED",
                        "the agency would have to be one that owes a signature",
                    );
                }
                self.signed(agency);
                self.note(HistoryKind::PushSigned, format!("{}签收", self.agency_name(agency)), None);
                Ok(())
            }
            HandlingAct::Contact { words } => {
                self.meet(|duty| duty.kind == DutyKind::Contact);
                self.note_words(HistoryKind::Contacted, "已首次联系当事人".to_owned(), words);
                Ok(())
            }
        }
    }

    fn add_handler(&mut self, agency: &str, part: Part, words: &str) -> Result<(), Refusal> {
        if self.case.docket.handler(agency).is_some() {
            return Self::refuse(
                "AGENCY_HANDLES_ALREADY",
                "the agency would have to be one that has no part yet",
            );
        }
        if part == Part::Lead {
            return Self::refuse("LEAD_IS_ASSIGNED", "a lead would have to be assigned, not added");
        }
        if part == Part::Owner {
            // From one lead to owners: the lead becomes one of them.
            for handler in &mut self.case.docket.handlers {
                if handler.part == Part::Lead {
                    handler.part = Part::Owner;
                }
            }
            let owners =
                self.case.docket.handlers.iter().filter(|handler| handler.part == Part::Owner).count();
            self.case.docket.owners_wanted = self.case.docket.owners_wanted.max(count_of(owners + 1));
        }
        self.case.docket.handlers.push(Handler::new(agency, part, self.occasion.at));
        let text = format!("增加{}单位：{}", part.name(), self.agency_name(agency));
        self.note_words(HistoryKind::HandlersChanged, text, words);
        self.owe_to_handler(agency);
        self.push_to(agency, Form::Report, &format!("中心交办（{}）", part.name()));
        Ok(())
    }

    fn remove_handler(&mut self, agency: &str, words: &str) -> Result<(), Refusal> {
        self.must_be_handler(agency)?;
        if self.case.lead_agency == agency {
            return Self::refuse(
                "AGENCY_LEADS",
                "the agency would have to be one that does not lead the case",
            );
        }
        let owner = self.case.docket.handler(agency).is_some_and(|handler| handler.part == Part::Owner);
        self.case.docket.handlers.retain(|handler| handler.agency != agency);
        if owner {
            self.case.docket.owners_wanted = self.case.docket.owners_wanted.saturating_sub(1);
        }
        self.drop_duties(|duty| duty.holder.agency == agency && is_handlers_own(duty.kind));
        let text = format!("取消协办、共办单位：{}", self.agency_name(agency));
        self.note_words(HistoryKind::HandlersChanged, text, words);
        self.review_if_all_are_done();
        Ok(())
    }

    /// One of several says that its part is done. The case stays open until all have (S1-02).
    fn conclude(&mut self, agency: &str, words: &str) -> Result<(), Refusal> {
        self.must_act_for(agency)?;
        self.must_be_handler(agency)?;
        let at = self.occasion.at;
        // A merged case may have brought more to do.
        let owes = self.owed(|duty| duty.kind == DutyKind::Handle && duty.holder.agency == agency);
        if let Some(handler) = self.handler_mut(agency) {
            if handler.concluded_at.is_some() && !owes {
                return Self::refuse(
                    "AGENCY_CONCLUDED",
                    "the agency would have to be one that has not concluded",
                );
            }
            handler.concluded_at = Some(at);
        }
        self.meet(|duty| {
            duty.holder.agency == agency
                && matches!(duty.kind, DutyKind::Handle | DutyKind::Sign | DutyKind::Claim)
        });
        let text = match self.conclusions() {
            Some((done, all)) => format!("{}化解意见已出（{done}/{all} 化解）", self.agency_name(agency)),
            None => format!("{}办理完毕", self.agency_name(agency)),
        };
        self.note_words(HistoryKind::Concluded, text, words);
        self.review_if_all_are_done();
        Ok(())
    }

    /// Where all are done, their clocks are over: now the centre owes its look at it.
    pub(in crate::domain) fn review_if_all_are_done(&mut self) {
        let helps_only = |handler: &Handler| handler.part == Part::CoHandler;
        let all = self.case.docket.handlers.iter().all(|one| one.concluded_at.is_some() || helps_only(one));
        if !all || self.conclusions().is_some_and(|(done, wanted)| done < wanted) {
            return;
        }
        if !self.is_owed_already(|duty| duty.kind == DutyKind::Decide && duty.about == REVIEW) {
            let desk = self.setting.directory.desk().to_owned();
            self.owe(DutyKind::Decide, Holder::agency(&desk), REVIEW);
            self.push_to(&desk, Form::Reminder, "承办单位均已办理完毕，请审核");
        }
    }

    /// What was said to be done is not: the handlers have it again.
    pub(in crate::domain) fn take_back_conclusions(&mut self) {
        let mut any = false;
        for handler in &mut self.case.docket.handlers {
            any |= handler.concluded_at.take().is_some();
        }
        if any {
            self.drop_duties(|duty| duty.kind == DutyKind::Decide && duty.about == REVIEW);
            self.start_clocks();
        }
    }

    /// How many of the owners have concluded; none where the case is not owned together.
    pub(in crate::domain) fn conclusions(&self) -> Option<(usize, usize)> {
        self.case.docket.conclusions()
    }

    pub(in crate::domain) fn hand_to(&mut self, agency: &str, person: &str) {
        if let Some(handler) = self.handler_mut(agency) {
            handler.person = None;
        }
        self.drop_duties(|duty| duty.kind == DutyKind::Claim && duty.holder.agency == agency);
        let holder = Holder { agency: agency.to_owned(), post: None, person: Some(person.to_owned()) };
        self.owe(DutyKind::Claim, holder, 0);
    }

    fn claim(&mut self, agency: &str) -> Result<(), Refusal> {
        self.must_act_for(agency)?;
        self.must_be_handler(agency)?;
        let actor = self.occasion.actor.clone();
        let handed = |duty: &Duty| {
            duty.kind == DutyKind::Claim
                && duty.holder.agency == agency
                && duty.holder.person.as_deref() == Some(actor.as_str())
        };
        if self.meet(handed) == 0 {
            return Self::refuse(
                "NOTHING_TO_CLAIM",
                "the case would have to be handed over to who claims it",
            );
        }
        if let Some(handler) = self.handler_mut(agency) {
            handler.person = Some(actor.clone());
        }
        self.note(HistoryKind::Claimed, format!("{}认领：{actor}", self.agency_name(agency)), None);
        Ok(())
    }

    pub(in crate::domain) fn must_be_handler(&self, agency: &str) -> Result<(), Refusal> {
        if self.case.docket.handler(agency).is_some() {
            return Ok(());
        }
        Self::refuse("AGENCY_NOT_A_HANDLER", "the agency would have to lead the case, own it or help with it")
    }

    /// The agency signed: what it owed for it is met.
    pub(in crate::domain) fn signed(&mut self, agency: &str) {
        let at = self.occasion.at;
        if let Some(handler) = self.handler_mut(agency) {
            // Entered late, it may be of a push of before it had the case.
            handler.signed_at.get_or_insert(at.max(handler.since));
        }
        self.meet(|duty| duty.kind == DutyKind::Sign && duty.holder.agency == agency);
        if self.case.lead_agency == agency || self.case.docket.handler(agency).is_some() {
            self.advance_if_possible(Trigger::Sign);
        }
    }
}

/// The number of the centre's look at a case that all handlers are done with, among the things to be decided.
pub const REVIEW: u32 = 2_000_000;

fn count_of(list: usize) -> u32 {
    u32::try_from(list).unwrap_or(u32::MAX)
}

/// Whether a duty is the lead's, whoever that is.
pub(in crate::domain) const fn goes_with_the_lead(kind: DutyKind) -> bool {
    matches!(kind, DutyKind::Progress | DutyKind::Perform | DutyKind::Resume | DutyKind::Ageing)
}

/// Whether a duty goes with being a handler.
pub(in crate::domain) const fn is_handlers_own(kind: DutyKind) -> bool {
    matches!(kind, DutyKind::Sign | DutyKind::Handle | DutyKind::Contact | DutyKind::Claim)
}

impl Docket {
    /// How many of the owners have concluded, and how many there are; none where the case is not owned
    /// together.
    #[must_use]
    pub fn conclusions(&self) -> Option<(usize, usize)> {
        let owners: Vec<&Handler> =
            self.handlers.iter().filter(|handler| handler.part == Part::Owner).collect();
        let done = owners.iter().filter(|handler| handler.concluded_at.is_some()).count();
        let wanted = owners.len().max(self.owners_wanted as usize);
        (wanted > 1 && !owners.is_empty()).then_some((done, wanted))
    }
}
