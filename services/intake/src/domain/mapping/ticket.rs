//! What a ticket of the 12345 hotline says only together. A list of the hotline's may lack a column; its tickets are
//! taken all the same.

use fengqiao_county::Entries;
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

    /// What was to be set at a path is kept as the source's own, and counted.
    pub(super) fn set_aside_path(&mut self, path: &str) {
        let mapping = self.mapping;
        for setting in mapping.set.iter().filter(|setting| setting.path == path) {
            self.set_aside(&setting.template, None);
        }
        for list in mapping.lists.iter().filter(|list| list.path == path) {
            let (Entries::When(template) | Entries::Each(template)) = &list.entries;
            self.set_aside(template, None);
            for setting in &list.set {
                self.set_aside(&setting.template, None);
            }
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
