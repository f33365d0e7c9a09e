//! How the 12345 tickets of a case stand with the hotline: how urgent, in which stage, who handles them there. It is kept as
//! the hotline says it: whom it names handles the ticket there, and who handles the case is assigned here.

use fengqiao_proto::intake::v1::{
    TicketHandler, TicketHandlerRole, TicketStageKind, TicketStanding, TicketUrgency,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A case keeps so many tickets: the last ones that were told.
const MOST_TICKETS: usize = 50;

/// A ticket of a case. The numbers are those of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Intake's id of the report.
    pub report_id: Uuid,
    /// The ticket's number.
    pub source_ref: String,
    /// How urgent it is.
    pub urgency: i32,
    /// The newest stage.
    pub stage: i32,
    /// Who handles it, the lead first.
    pub handlers: Vec<Unit>,
    /// A keyed hash of what it tells: the same as long as nothing of that is changed.
    pub content: String,
}

/// A unit that handles a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name or code with the hotline.
    pub name: String,
    /// What it is in the ticket.
    pub role: i32,
    /// How many days it has; 0 where nothing is said.
    pub days: i32,
}

impl Ticket {
    /// A ticket as intake tells it.
    #[must_use]
    pub fn told(report_id: Uuid, source_ref: &str, standing: &TicketStanding, content: String) -> Self {
        let unit = |handler: &TicketHandler| Unit {
            name: handler.unit.clone(),
            role: handler.role,
            days: handler.expires_days,
        };
        Self {
            report_id,
            source_ref: source_ref.to_owned(),
            urgency: standing.urgency,
            stage: standing.stage,
            handlers: standing.handlers.iter().map(unit).collect(),
            content,
        }
    }

    /// The same as the contract has it.
    #[must_use]
    pub fn standing(&self) -> TicketStanding {
        let handler =
            |unit: &Unit| TicketHandler { unit: unit.name.clone(), role: unit.role, expires_days: unit.days };
        TicketStanding {
            urgency: self.urgency,
            stage: self.stage,
            handlers: self.handlers.iter().map(handler).collect(),
        }
    }

    /// What is different from how it stood before, for people.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<String> {
        let mut told = Vec::new();
        if self.stage != before.stage
            && let Some(stage) = stage_name(self.stage)
        {
            told.push(format!("热线工单进入{stage}阶段"));
        }
        if self.urgency != before.urgency {
            told.push(format!("紧急程度改为{}", urgency_name(self.urgency)));
        }
        if self.handlers != before.handlers {
            let units: Vec<String> = self.handlers.iter().map(Unit::said).collect();
            let units = if units.is_empty() { "未定".to_owned() } else { units.join("、") };
            told.push(format!("承办单位改为{units}"));
        }
        told
    }
}

impl Unit {
    fn said(&self) -> String {
        let role = match TicketHandlerRole::try_from(self.role) {
            Ok(TicketHandlerRole::Lead) => "（主办）",
            Ok(TicketHandlerRole::CoHandler) => "（协办）",
            Ok(TicketHandlerRole::Added) => "（加派）",
            Ok(TicketHandlerRole::Unspecified) | Err(_) => "",
        };
        format!("{}{role}", self.name)
    }
}

/// The word of an urgency in level rules; empty where there is none.
#[must_use]
pub fn urgency_word(urgency: i32) -> &'static str {
    match TicketUrgency::try_from(urgency) {
        Ok(TicketUrgency::Normal) => "NORMAL",
        Ok(TicketUrgency::Urgent) => "URGENT",
        Ok(TicketUrgency::ExtremelyUrgent) => "EXTREMELY_URGENT",
        Ok(TicketUrgency::Unspecified) | Err(_) => "",
    }
}

/// The most urgent of a case's tickets, as level rules have it.
#[must_use]
pub fn most_urgent(tickets: &[Ticket]) -> &'static str {
    urgency_word(tickets.iter().map(|ticket| ticket.urgency).max().unwrap_or_default())
}

/// Keeps how a ticket stands. Returns how it stood before, where that is known.
pub fn keep(tickets: &mut Vec<Ticket>, ticket: Ticket) -> Option<Ticket> {
    if let Some(known) = tickets.iter_mut().find(|known| known.report_id == ticket.report_id) {
        return Some(std::mem::replace(known, ticket));
    }
    tickets.push(ticket);
    let too_many = tickets.len().saturating_sub(MOST_TICKETS);
    tickets.drain(..too_many);
    None
}

fn urgency_name(urgency: i32) -> &'static str {
    match TicketUrgency::try_from(urgency) {
        Ok(TicketUrgency::Normal) => "一般",
        Ok(TicketUrgency::Urgent) => "紧急",
        Ok(TicketUrgency::ExtremelyUrgent) => "特急",
        Ok(TicketUrgency::Unspecified) | Err(_) => "未定",
    }
}

fn stage_name(stage: i32) -> Option<&'static str> {
    Some(match TicketStageKind::try_from(stage).ok()? {
        TicketStageKind::Unspecified => return None,
        TicketStageKind::Taken => "受理",
        TicketStageKind::Screened => "预审",
        TicketStageKind::Handled => "处置",
        TicketStageKind::Revisited => "回访",
        TicketStageKind::Closed => "结案",
        TicketStageKind::Supervised => "督办",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(id: u128, urgency: TicketUrgency, stage: TicketStageKind, units: &[(&str, i32)]) -> Ticket {
        let handlers = units.iter().map(|(name, role)| Unit { name: (*name).into(), role: *role, days: 0 });
        Ticket {
            report_id: Uuid::from_u128(id),
            source_ref: format!("GD-{id}"),
            urgency: urgency.into(),
            stage: stage.into(),
            handlers: handlers.collect(),
            content: String::new(),
        }
    }

    #[test]
    fn what_changed_is_said_and_nothing_else() {
        let before = ticket(1, TicketUrgency::Normal, TicketStageKind::Taken, &[]);
        assert!(before.since(&before).is_empty());
        let units = [("住建局", 1), ("城管局", 2)];
        let after = ticket(1, TicketUrgency::ExtremelyUrgent, TicketStageKind::Handled, &units);
        assert_eq!(
            after.since(&before),
            ["热线工单进入处置阶段", "紧急程度改为特急", "承办单位改为住建局（主办）、城管局（协办）"]
        );
        assert_eq!(Ticket::told(after.report_id, "GD-1", &after.standing(), String::new()), after);
    }

    #[test]
    fn a_case_keeps_its_last_tickets_and_is_as_urgent_as_the_most_urgent() {
        let mut tickets = Vec::new();
        assert_eq!(most_urgent(&tickets), "");
        for id in 0..60 {
            assert_eq!(
                keep(&mut tickets, ticket(id, TicketUrgency::Normal, TicketStageKind::Taken, &[])),
                None
            );
        }
        assert_eq!((tickets.len(), tickets[0].source_ref.as_str()), (MOST_TICKETS, "GD-10"));
        let urgent = ticket(20, TicketUrgency::Urgent, TicketStageKind::Taken, &[]);
        assert!(keep(&mut tickets, urgent).is_some());
        assert_eq!((tickets.len(), most_urgent(&tickets)), (MOST_TICKETS, "URGENT"));
    }
}
