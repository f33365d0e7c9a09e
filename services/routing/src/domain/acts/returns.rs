//! An agency gives a case back: with a coded reason and evidence, within a time, and not for ever.

use fengqiao_proto::notification::v1::ReturnReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::Rank,
    domain::{
        acts::handling::is_handlers_own,
        case::{State, Words},
        draft::{Answer, Draft},
        duty::{DutyKind, Holder},
        happening::{Entered, Receipt},
        history::HistoryKind,
        push::Form,
        refusal::Refusal,
        states::Trigger,
        wording::{entered_by_centre, outcome_name, return_reason_name},
    },
};

/// One return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Counts from 1.
    pub no: u32,
    /// Who returned it.
    pub agency: String,
    /// When.
    pub at: Timestamp,
    /// The contract's number of the reason.
    pub reason: i32,
    /// Whether it came in time.
    pub in_time: bool,
    /// What shows that it is right, as references.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What was decided; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ReturnDecision>,
}

/// What became of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnDecision {
    /// When.
    pub at: Timestamp,
    /// Who decided.
    pub by: String,
    /// Who has to act now: another agency where the return was right, the same where it was not.
    pub next: String,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnAct {
    /// Decides the open return. Where it is the arbiter's, only a leader may.
    Decide {
        /// Who has to act now.
        next: String,
        /// Who there takes it over, where a person is named.
        person: Option<String>,
        /// Why.
        words: String,
    },
}

impl Draft<'_> {
    /// What an agency did is a fact and stands in the history whatever the state. Only what it did with a report
    /// form is done with the case: a letter that comes back is no case that comes back. Says whether the case is
    /// another one now. Where an officer entered it for the agency, the history says when, and how it is known.
    pub(in crate::domain) fn receipt(
        &mut self,
        (agency, entered): (&str, Option<Entered>),
        form: Form,
        outcome: Receipt,
        words: Option<Words>,
        evidence: &[String],
    ) -> bool {
        let name = self.agency_name(agency);
        let entered =
            entered.map(|entered| entered_by_centre(entered, self.setting.zone)).unwrap_or_default();
        let of_the_case = form.is_of_the_case();
        match outcome {
            Receipt::Signed => {
                self.note(HistoryKind::PushSigned, format!("{name}签收{entered}"), words);
                if !of_the_case {
                    return false;
                }
                let before = self.case.docket.clone();
                self.signed(agency);
                before != self.case.docket
            }
            Receipt::Returned(reason) => {
                let mut text = format!("{name}退回：{}", return_reason_name(reason));
                if !evidence.is_empty() {
                    text.push_str(&format!("（附证明材料{}件）", evidence.len()));
                }
                self.note(HistoryKind::PushReturned, format!("{text}{entered}"), words);
                let by_lead = of_the_case
                    && self.case.state == State::Open
                    && self.case.lead_agency == agency
                    && agency != self.setting.directory.desk();
                if by_lead {
                    return self.returned_by_lead(agency, reason, evidence, &text);
                }
                let helps = of_the_case
                    && self.case.state == State::Open
                    && self.case.docket.handler(agency).is_some();
                if helps && agency != self.setting.directory.desk() {
                    // Whether it keeps its part is the centre's to say.
                    let desk = self.setting.directory.desk().to_owned();
                    self.push_to(&desk, Form::Reminder, &text);
                }
                helps
            }
            Receipt::Answered(outcome) => {
                let text = format!("{name}反馈：{}{entered}", outcome_name(outcome));
                self.note(HistoryKind::Feedback, text, words.clone());
                if !of_the_case {
                    return false;
                }
                let met =
                    self.meet(|duty| duty.kind == DutyKind::Contact && duty.holder.agency == agency) > 0;
                let of_the_lead = self.case.lead_agency == agency;
                if of_the_lead {
                    self.answer = Some(Answer { feedback: Some(outcome), words });
                }
                met || of_the_lead
            }
            Receipt::Parked => {
                let text = format!("推送{name}多次未达，已搁置待处理");
                self.note(HistoryKind::PushParked, text, words);
                false
            }
        }
    }

    /// The lead gives it back. In time, not too often, and with the evidence that is wanted, the centre's desk assigns
    /// it anew; else the agency keeps it until an arbiter has decided.
    fn returned_by_lead(
        &mut self,
        agency: &str,
        reason: ReturnReason,
        evidence: &[String],
        text: &str,
    ) -> bool {
        if self.is_parked() {
            // Who gives it back will not take it up again: the pause is over with it.
            self.park_ended();
        }
        let rule = &self.setting.practice.returns;
        let at = self.occasion.at;
        let since = self.case.docket.handler(agency).map_or(self.case.opened_at, |handler| handler.since);
        let last = self.setting.calendar.due(self.setting.zone, since, rule.within, &[], at);
        let in_time = at <= last;
        let no = u32::try_from(self.case.docket.returns.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.case.docket.returns.push(Returned {
            no,
            agency: agency.to_owned(),
            at,
            reason: reason.into(),
            in_time,
            evidence: evidence.to_vec(),
            decision: None,
        });
        let desk = self.setting.directory.desk().to_owned();
        // Whoever takes returns asks for it; a push from before the practice wanted it may come back without.
        let shown = !evidence.is_empty() || !rule.evidence_for.contains(&reason);
        if in_time && no <= rule.at_most && shown {
            self.advance_if_possible(Trigger::Return);
            // A seat among owners is free until the centre has given it to another.
            self.case.docket.handlers.retain(|handler| handler.agency != agency);
            self.drop_duties(|duty| duty.holder.agency == agency && is_handlers_own(duty.kind));
            if self.lead_by(&desk).is_ok() {
                self.note_assigned();
                self.push_to(&desk, Form::Report, text);
            }
            return true;
        }
        let why = match (in_time, shown) {
            (false, _) => "逾期退回，须裁决".to_owned(),
            (true, false) => "退回未附证明材料，须裁决".to_owned(),
            (true, true) => format!("第{no}次退回，须裁决"),
        };
        self.advance_if_possible(Trigger::Return);
        for duty in &mut self.case.docket.duties {
            if duty.holder.agency == agency && duty.kind.pauses_with_case() {
                duty.pause(at);
            }
        }
        let director = self.setting.directory.director().code.clone();
        self.owe(DutyKind::Arbitrate, Holder::post(&desk, &director), no);
        self.note_as_system(HistoryKind::DeadlineChanged, why.clone());
        self.push_to(&desk, Form::Reminder, &why);
        true
    }

    pub(in crate::domain) fn return_act(&mut self, act: &ReturnAct) -> Result<(), Refusal> {
        self.must_be_open()?;
        let ReturnAct::Decide { next, person, words } = act;
        let Some(open) = self.case.docket.returns.iter().rposition(|one| one.decision.is_none()) else {
            return Self::refuse("NO_RETURN_OPEN", "a return would have to be open");
        };
        let arbitrated = self.owed(|duty| duty.kind == DutyKind::Arbitrate);
        if arbitrated {
            self.must_be(Rank::Leader, "arbitrate a return")?;
        }
        self.must_name_person(next, person.as_deref())?;
        let (at, by) = (self.occasion.at, self.occasion.actor.clone());
        let Some(returned) = self.case.docket.returns.get_mut(open) else {
            return Self::refuse("NO_RETURN_OPEN", "a return would have to be open");
        };
        returned.decision = Some(ReturnDecision { at, by, next: next.clone() });
        let agency = returned.agency.clone();
        self.meet(|duty| duty.kind == DutyKind::Arbitrate);
        if *next == agency && self.case.lead_agency == agency {
            // It was not right: the same agency has it, and its clocks go on.
            let (clock, practice) = (self.clock(), self.setting.practice);
            for duty in &mut self.case.docket.duties {
                if duty.holder.agency == agency {
                    duty.go_on(clock, practice.terms(duty.kind), at);
                }
            }
            self.advance(Trigger::Assign)?;
        } else if self.case.lead_agency != *next {
            self.lead_by(next)?;
        }
        let text = format!("退回裁定：由{}办理", self.agency_name(next));
        self.note_words(HistoryKind::ReturnDecided, text, words);
        self.push_to(next, Form::Report, "退回裁定后交办");
        if let Some(person) = person {
            self.hand_to(next, person);
        }
        Ok(())
    }
}
