//! The two steps at the end: resolved (办结), and closed when people were asked again (归档); and the ways
//! back.

use super::{
    handling::REVIEW,
    mediation::{Method, SettledAt},
};
use crate::{
    directory::Rank,
    domain::{
        case::{State, Words},
        draft::{Answer, Draft},
        duty::{Duty, DutyKind, Ending},
        history::HistoryKind,
        refusal::Refusal,
        states::Trigger,
        telling::TellingKind,
    },
};

/// How a case was settled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settlement {
    /// What was reached.
    pub words: String,
    /// The way, where it is one of the five.
    pub method: Option<Method>,
    /// Where; the area's own level decides where none.
    pub settled_at: Option<SettledAt>,
    /// The residents' body or volunteer that gets the credit: a code of the directory.
    pub credited: Option<String>,
}

impl Draft<'_> {
    /// The matter is settled: what was owed for it falls away, and people have to be asked again (S0-02).
    pub(in crate::domain) fn resolve(&mut self, settlement: &Settlement) -> Result<(), Refusal> {
        self.must_be_open()?;
        if let Some((done, all)) = self.conclusions()
            && done < all
        {
            return Self::refuse(
                "OWNERS_NOT_CONCLUDED",
                format!("all owners would have to have concluded; {done} of {all} have"),
            );
        }
        if self.owed(|duty| duty.kind == DutyKind::Arbitrate) {
            return Self::refuse("RETURN_OPEN", "the open return would have to be decided");
        }
        self.advance(Trigger::Resolve)?;
        self.lapse_requests();
        let at = self.occasion.at;
        self.case.resolved_at = Some(at);
        let settled = |duty: &Duty| {
            matches!(duty.kind, DutyKind::Handle | DutyKind::Sign | DutyKind::Contact | DutyKind::Claim)
                || (duty.kind == DutyKind::Decide && duty.about == REVIEW)
        };
        // Of what merged cases brought nobody did this: it is owed again where one goes back.
        let docket = &mut self.case.docket;
        for duty in docket.duties.iter().filter(|duty| settled(duty)) {
            docket.links.note_ending(duty.no, &Ending { at, met: false });
        }
        self.meet(settled);
        self.drop_duties(|duty| !outlives_resolution(duty.kind));
        let mediation = &mut self.case.docket.mediation;
        mediation.method = settlement.method.or(mediation.method);
        mediation.settled_at = settlement.settled_at.or(mediation.settled_at);
        mediation.credited = settlement.credited.clone().or_else(|| mediation.credited.take());
        let mut text = "办结".to_owned();
        if let Some(method) = mediation.method {
            text.push_str(&format!("；化解方式：{}", method.name()));
        }
        if let Some(settled_at) = mediation.settled_at {
            text.push_str(&format!("；化解层级：{}", settled_at.name()));
        }
        self.note_words(HistoryKind::Resolved, text, &settlement.words);
        let words = (!settlement.words.is_empty()).then(|| Words::Plain(settlement.words.clone()));
        self.answer = Some(Answer { feedback: None, words });
        self.owe_revisits();
        self.tell_residents(TellingKind::Settled);
        Ok(())
    }

    /// People were asked again, and it is over. Everything that is still owed stands in the way.
    pub(in crate::domain) fn close(&mut self, words: &str) -> Result<(), Refusal> {
        if self.case.state != State::Resolved {
            return Self::refuse(
                "CASE_NOT_RESOLVED",
                format!("the case would have to be resolved; it is {}", self.case.state.name()),
            );
        }
        let asked = self.case.docket.revisits.iter().filter(|revisit| revisit.answer.is_some()).count();
        let all = self.case.docket.revisits.len();
        if asked < all {
            return Self::refuse(
                "REVISITS_OWED",
                format!("all revisits would have to be recorded; {asked} of {all} are"),
            );
        }
        if let Some(major) = &self.case.docket.major {
            if major.calm_at.is_none() {
                return Self::refuse(
                    "MAJOR_EVENT_NOT_CALM",
                    "a leader would have to have said that it is calm",
                );
            }
            self.must_be(Rank::Leader, "close a major event")?;
        }
        if self.owed(|duty| duty.kind == DutyKind::Perform) {
            return Self::refuse("AGREEMENT_NOT_PERFORMED", "what was agreed would have to be checked");
        }
        self.advance(Trigger::Close)?;
        self.case.closed_at = Some(self.occasion.at);
        // A repeat call is to be sorted all the same: by 24:00 it is, or it stands on the list (S3-02).
        self.drop_duties(|duty| duty.kind != DutyKind::Classify);
        self.note_words(HistoryKind::Closed, "回访后归档".to_owned(), words);
        self.tell_residents(TellingKind::Closed);
        Ok(())
    }

    /// Not taken up: the lawful way is told.
    pub(in crate::domain) fn reject(&mut self, words: &str) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.case.docket.major.as_ref().is_some_and(|event| event.calm_at.is_none()) {
            return Self::refuse("MAJOR_EVENT_NOT_CALM", "a leader would have to have said that it is calm");
        }
        self.advance(Trigger::Reject)?;
        self.lapse_requests();
        self.case.closed_at = Some(self.occasion.at);
        // A repeat call is to be sorted all the same: by 24:00 it is, or it stands on the list (S3-02).
        self.drop_duties(|duty| duty.kind != DutyKind::Classify);
        self.note_words(HistoryKind::Rejected, "不予受理，已告知依法途径".to_owned(), words);
        Ok(())
    }

    pub(in crate::domain) fn reopen_by_hand(&mut self, words: &str) -> Result<(), Refusal> {
        self.reopen()?;
        self.note_words(HistoryKind::Reopened, "重新办理".to_owned(), words);
        self.push_to_all("重新办理");
        Ok(())
    }

    /// It was not over: the handlers have it again, from the start.
    pub(in crate::domain) fn reopen(&mut self) -> Result<(), Refusal> {
        self.advance(Trigger::Reopen)?;
        self.begin_again();
        Ok(())
    }

    /// A later report opens it again, whatever a county's table says of the state that it is in: a report is
    /// never turned away.
    pub(in crate::domain) fn reopen_for_report(&mut self) {
        if self.advance(Trigger::Reopen).is_err() {
            let (code, state) = self.setting.practice.states.reopened();
            code.clone_into(&mut self.case.docket.state);
            self.case.state = state;
        }
        self.begin_again();
    }

    fn begin_again(&mut self) {
        self.case.resolved_at = None;
        self.case.closed_at = None;
        self.drop_duties(|duty| duty.kind == DutyKind::Revisit);
        let docket = &mut self.case.docket;
        docket.revisits.clear();
        for handler in &mut docket.handlers {
            handler.concluded_at = None;
            handler.signed_at = None;
        }
        if let Some(major) = &mut docket.major {
            major.calm_at = None;
            self.drop_duties(|duty| duty.kind == DutyKind::Progress);
            self.owe_progress();
        }
        // What comes back is to be handled, whatever its level.
        self.archive_agreement();
        self.start_clocks();
        self.begin_ageing();
    }
}

/// Whether a duty is still owed when the matter is settled.
const fn outlives_resolution(kind: DutyKind) -> bool {
    matches!(
        kind,
        DutyKind::Perform
            | DutyKind::Reply
            | DutyKind::Letter
            | DutyKind::Acknowledge
            | DutyKind::Progress
            | DutyKind::Classify
    )
}
