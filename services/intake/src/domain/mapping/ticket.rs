//! What a ticket of the 12345 hotline says only together. A list of the hotline's may lack a column; its tickets are
//! taken all the same.

use serde_json::{Map, Value};

use super::Translation;
use crate::domain::phone::Phone;

const HANDLERS: &str = "details.hotlineTicket.handlers";
const REASON: &str = "details.hotlineTicket.unsolvedReason";
const CONTACT: &str = "details.hotlineTicket.contactPhone";
const LEAD: &str = "TICKET_HANDLER_ROLE_LEAD";
const NO: &str = "TICKET_FINDING_NO";

impl Translation<'_> {
    /// What a ticket says without what it belongs to, or as a number that is none, is kept as the source's own.
    pub(super) fn complete_ticket(&mut self) {
        let Some(ticket) = ticket_of(&mut self.body) else { return };
        for path in without_what_they_need(ticket) {
            self.set_aside_path(path);
        }
    }
}

fn ticket_of(body: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    body.get_mut("details")?.get_mut("hotlineTicket")?.as_object_mut()
}

/// Takes out what the contract takes only together with something that is not there, and what it does not take.
fn without_what_they_need(ticket: &mut Map<String, Value>) -> Vec<&'static str> {
    let mut lone = Vec::new();
    let leads = |handlers: &Value| {
        let all = handlers.as_array().into_iter().flatten();
        all.filter(|handler| handler.get("role").is_some_and(|role| role == LEAD)).count()
    };
    if ticket.get("handlers").is_some_and(|handlers| leads(handlers) != 1) {
        ticket.remove("handlers");
        lone.push(HANDLERS);
    }
    if ticket.contains_key("unsolvedReason") && ticket.get("solved").is_none_or(|solved| solved != NO) {
        ticket.remove("unsolvedReason");
        lone.push(REASON);
    }
    if ticket.get("contactPhone").is_some_and(|said| said.as_str().and_then(Phone::read).is_none()) {
        ticket.remove("contactPhone");
        lone.push(CONTACT);
    }
    lone
}
