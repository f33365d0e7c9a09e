//! What a ticket of the 12345 hotline says only together. A list of the hotline's may lack a column; its tickets are
//! taken all the same.

use fengqiao_county::Entries;
use serde_json::{Map, Value};

use super::Translation;

const HANDLERS: &str = "details.hotlineTicket.handlers";
const REASON: &str = "details.hotlineTicket.unsolvedReason";
const LEAD: &str = "TICKET_HANDLER_ROLE_LEAD";
const NO: &str = "TICKET_FINDING_NO";

impl Translation<'_> {
    /// Gives a ticket the time that it lacks; what it says without what it belongs to is kept as the source's own.
    pub(super) fn complete_ticket(&mut self) {
        let told_at = self.body.get("occurredAt").cloned();
        let Some(ticket) = ticket_of(&mut self.body) else { return };
        let lone = without_what_they_need(ticket);
        // Of two states the later holds; the first is that of the call.
        if !ticket.contains_key("updatedAt") && !ticket.contains_key("stages") {
            ticket.extend(told_at.map(|at| ("updatedAt".to_owned(), at)));
        }
        for path in lone {
            self.set_aside_path(path);
        }
    }

    fn set_aside_path(&mut self, path: &str) {
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

/// Takes out what the contract takes only together with something that is not there.
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
    lone
}
