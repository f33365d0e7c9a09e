//! One-key calls (一键呼叫; S4-10): someone presses, the first contact is called, and who does not accept in time is
//! passed over for the post above, at the end for the centre's desk, never for nobody. Who accepted says so, and says
//! when there.

use fengqiao_calendar::Limit;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    directory::Directory,
    domain::{
        chasing::holder_name,
        draft::Draft,
        duty::{Duty, DutyKind, Firing, Holder},
        happening::Arrival,
        history::HistoryKind,
        level::Level,
        push::{Form, Recipient},
        refusal::Refusal,
        telling::TellingKind,
    },
};

/// What it is called.
const CALL: &str = "一键呼叫";

/// Of more a case keeps no account: they are told to the centre's desk.
const MOST_CALLS: usize = 200;

/// A report that is a press of a one-key call device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// When it was taken.
    pub at: Timestamp,
    /// Where.
    pub area_code: String,
    /// The post that is called first; empty where no device says.
    pub first_contact: String,
}

/// One press, and who was called for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneKeyCall {
    /// Counts from 1.
    pub no: u32,
    /// When it was taken.
    pub called_at: Timestamp,
    /// Who was called, in order; never empty.
    pub contacts: Vec<Contact>,
    /// Set where someone accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// When someone said to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
}

/// Someone who is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    pub holder: Holder,
    /// Since when.
    pub since: Timestamp,
}

/// That someone accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When.
    pub at: Timestamp,
    /// A principal's name.
    pub by: String,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallAct {
    /// Says that one comes.
    Accept {
        /// The call; 0 is the last one.
        no: u32,
    },
    /// Says that one is there.
    Arrive {
        /// The call; 0 is the last one.
        no: u32,
    },
}

impl Draft<'_> {
    /// A report that is a press calls its first contact. Who presses again while nobody came has whoever is called
    /// now told once more; the time of that one goes on.
    pub(in crate::domain) fn ring(&mut self, arrival: &Arrival) {
        let Some(press) = &arrival.press else { return };
        let first = self.first_contact(press);
        let rings = |call: &&OneKeyCall| {
            call.accepted.is_none() && call.contacts.first().is_some_and(|contact| contact.holder == first)
        };
        let ringing = self.case.docket.calls.iter().rev().find(rings);
        let ringing = ringing.and_then(|call| Some((call.no, call.contacts.last()?.holder.clone())));
        if let Some((no, holder)) = ringing
            && self.owed(|duty| duty.kind == DutyKind::AnswerCall && duty.about == no)
        {
            let text = format!("一键呼叫再次按键（{no}号呼叫），再呼{}", self.name_of(&holder));
            self.tell_contact(&holder, press.at, text);
            return;
        }
        if self.case.docket.calls.len() >= MOST_CALLS {
            let desk = Holder::agency(self.setting.directory.desk());
            self.tell_contact(&desk, press.at, "一键呼叫次数过多，请值守人员处置".to_owned());
            return;
        }
        let no = u32::try_from(self.case.docket.calls.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.case.docket.calls.push(OneKeyCall {
            no,
            called_at: press.at,
            contacts: Vec::new(),
            accepted: None,
            arrived_at: None,
        });
        let limit = Limit::Natural { seconds: self.setting.one_key.answer_seconds };
        let duty = self.owe_within(DutyKind::AnswerCall, first.clone(), no, limit);
        // How long an answer took counts from the press, and is one figure for the call (S4-11).
        if let Some(owed) = self.case.docket.duties.iter_mut().find(|owed| owed.no == duty) {
            owed.started_at = press.at;
        }
        self.call(no, first, press.at);
    }

    /// It is a contact's turn, which has to be reached soon after `since`.
    fn call(&mut self, no: u32, holder: Holder, since: Timestamp) {
        let seconds = self.setting.one_key.answer_seconds;
        let text = format!("一键呼叫（{no}号呼叫），请{}应答，{seconds}秒内", self.name_of(&holder));
        self.tell_contact(&holder, since, text);
        let contact = Contact { holder, since: self.occasion.at };
        if let Some(call) = self.case.docket.calls.iter_mut().find(|call| call.no == no) {
            call.contacts.push(contact);
        }
    }

    /// Before everything else in the contact's queue.
    fn tell_contact(&mut self, holder: &Holder, since: Timestamp, text: String) {
        self.note_as_system(HistoryKind::Called, text.clone());
        let reach = SignedDuration::from_secs(i64::from(self.setting.one_key.reach_seconds));
        self.tell(TellingKind::Called, holder, Level::Red, None, CALL);
        let recipient = Recipient { agency: holder.agency.clone(), form: Form::Reminder };
        let due_at = since.checked_add(reach).unwrap_or(since);
        self.push_until(Level::Red, due_at, vec![recipient], &text);
    }

    /// The time of who is called passed. After the centre's desk there is nobody more: it is called again, and its
    /// director with it.
    pub(in crate::domain) fn rang_in_vain(&mut self, duty: &Duty, firing: Firing) {
        let now = self.occasion.at;
        let name = self.name_of(&duty.holder);
        if firing == Firing::Near {
            let text = format!("一键呼叫（{}号呼叫）即将超时，请{name}应答", duty.about);
            return self.tell_contact(&duty.holder, now, text);
        }
        let directory = self.setting.directory;
        let call = self.case.docket.calls.iter().find(|call| call.no == duty.about);
        let called = call.map_or(&[][..], |call| call.contacts.as_slice());
        match next_contact(directory, &duty.holder, called) {
            Some(next) => {
                self.note_as_system(HistoryKind::DutyOver, format!("{name}未应答一键呼叫"));
                let seconds = self.setting.one_key.answer_seconds;
                let terms = self.setting.practice.terms(DutyKind::AnswerCall);
                if let Some(owed) = self.case.docket.duties.iter_mut().find(|owed| owed.no == duty.no) {
                    owed.hand_on(next.clone(), seconds, terms, now);
                }
                self.call(duty.about, next, now);
            }
            None => {
                let director = directory.director();
                let above = Holder::post(&director.agency, &director.code);
                let text =
                    format!("一键呼叫（{}号呼叫）无人应答，请{name}处置，报{}", duty.about, director.name);
                if above.agency != duty.holder.agency {
                    self.tell_contact(&above, now, text.clone());
                }
                self.tell_contact(&duty.holder, now, text);
            }
        }
    }

    /// Whom a press calls first: who its device names, else the head of the grid, else the community or the town, and
    /// where there is none the centre's desk.
    fn first_contact(&self, press: &Press) -> Holder {
        let directory = self.setting.directory;
        let of_post = |code: &str| directory.post(code).map(|post| Holder::post(&post.agency, &post.code));
        let today = self.setting.zone.to_datetime(self.occasion.at).date();
        let head = || {
            let head = directory.grid(&press.area_code)?.head.as_deref()?;
            let post = directory.posts_of(head, today).into_iter().next()?;
            let person = Some(head.to_owned());
            Some(Holder { agency: post.agency.clone(), post: Some(post.code.clone()), person })
        };
        let nearest = || {
            let responsible = self.setting.responsible;
            let agency = responsible.community.as_deref().or(responsible.town.as_deref())?;
            Some(Holder::agency(agency))
        };
        of_post(&press.first_contact)
            .or_else(head)
            .or_else(nearest)
            .unwrap_or_else(|| Holder::agency(directory.desk()))
    }

    fn name_of(&self, holder: &Holder) -> String {
        holder_name(self.setting.directory, holder).to_owned()
    }

    pub(in crate::domain) fn call_act(&mut self, act: &CallAct) -> Result<(), Refusal> {
        let at = self.occasion.at;
        match act {
            CallAct::Accept { no } => {
                let by = self.occasion.actor.clone();
                let call = self.called_for(*no)?;
                if call.accepted.is_some() {
                    return Self::refuse(
                        "CALL_ACCEPTED",
                        "the call would have to be one that nobody has accepted",
                    );
                }
                call.accepted = Some(Accepted { at, by });
                let no = call.no;
                let waited = at.duration_since(call.called_at).as_secs().max(0);
                self.meet(|duty| duty.kind == DutyKind::AnswerCall && duty.about == no);
                let text = format!("应答一键呼叫（{no}号呼叫），呼叫后{waited}秒");
                self.note(HistoryKind::CallAccepted, text, None);
            }
            CallAct::Arrive { no } => {
                let call = self.called_for(*no)?;
                if call.accepted.is_none() {
                    return Self::refuse("CALL_NOT_ACCEPTED", "the call would have to be accepted before");
                }
                if call.arrived_at.is_some() {
                    return Self::refuse("ARRIVED_ALREADY", "whoever comes would have to be still awaited");
                }
                call.arrived_at = Some(at);
                let (no, waited) = (call.no, at.duration_since(call.called_at).as_secs().max(0));
                let text = format!("一键呼叫（{no}号呼叫）到场，呼叫后{waited}秒");
                self.note(HistoryKind::CallArrived, text, None);
            }
        }
        Ok(())
    }

    /// A call that the actor may speak to: its agency was called, or it is the centre.
    fn called_for(&mut self, no: u32) -> Result<&mut OneKeyCall, Refusal> {
        let centre = self.is_of_the_centre();
        let agency = self.acting_agency().to_owned();
        let calls = &mut self.case.docket.calls;
        let call = match no {
            0 => calls.last_mut(),
            no => calls.iter_mut().find(|call| call.no == no),
        };
        let Some(call) = call else {
            return Self::refuse("NO_SUCH_CALL", "the case would have to have such a one-key call");
        };
        if !centre && call.contacts.iter().all(|contact| contact.holder.agency != agency) {
            return Self::refuse("NOT_CALLED", "the agency would have to be one that was called");
        }
        Ok(call)
    }
}

/// Who is called after someone: the post above, of an agency as a whole its leader; at the end the centre's desk, and
/// after that nobody. Nobody is called twice.
fn next_contact(directory: &Directory, holder: &Holder, called: &[Contact]) -> Option<Holder> {
    let desk = directory.desk();
    if holder.agency == desk {
        return None;
    }
    let above = match holder.post.as_deref() {
        Some(code) => directory
            .post(code)
            .and_then(|post| post.superior.as_deref())
            .and_then(|superior| directory.post(superior)),
        None => directory.leader_of(&holder.agency),
    };
    let above = above
        .filter(|post| post.agency != desk)
        .map(|post| Holder::post(&post.agency, &post.code))
        .filter(|next| called.iter().all(|contact| contact.holder.post != next.post));
    Some(above.unwrap_or_else(|| Holder::agency(desk)))
}
