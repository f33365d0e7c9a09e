//! Writing messages: what a case holds besides its columns.

use fengqiao_proto::{notification::v1::ReturnReason, routing::v1 as contract};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;

use super::contract::{AFTERMATHS, ASKED, CARDS, METHODS, OUTCOMES, PARTS, PLACES, RANKS, RESULTS, told};
use crate::domain::{
    acts::{
        calls::{Contact, OneKeyCall},
        handling::Handler,
        major::MajorEvent,
        mediation::{Agreement, Performance, Session},
        meetings::Decision,
        respite::{Extension, Park, Verdict},
        returns::Returned,
        revisits::Revisit,
        supervision::{Alert, AlertStatus, Supervision},
        whistles::{Called, Whistle},
    },
    docket::{Aftermath, Docket, Suggestion},
    duty::Duty,
    tickets::Ticket,
    wording::return_reason_name,
};

/// What a case holds; late is what is late at `now`. Without `people` nothing that may be personal.
pub(super) fn docket(docket: &Docket, now: Timestamp, people: bool) -> contract::Docket {
    let mediation = &docket.mediation;
    contract::Docket {
        duties: docket.duties.iter().map(|owed| duty(owed, now)).collect(),
        suggestion: docket.suggestion.as_ref().map(suggestion),
        returns: docket.returns.iter().map(|one| returned(one, people)).collect(),
        extensions: docket.respite.extensions.iter().map(extension).collect(),
        parks: docket.respite.parks.iter().map(park).collect(),
        supervisions: docket.supervisions.iter().map(supervision).collect(),
        alerts: docket.alerts.iter().map(alert).collect(),
        whistles: docket.whistles.iter().map(|one| whistle(one, people)).collect(),
        sessions: mediation.sessions.iter().map(session).collect(),
        agreement: mediation.agreement.as_ref().map(|one| agreement(one, people)),
        method: mediation.method.map(|method| told(METHODS, &method)).unwrap_or_default(),
        leader: mediation.leader.clone().unwrap_or_default(),
        settled_at: mediation.settled_at.map(|place| told(PLACES, &place)).unwrap_or_default(),
        credited: mediation.credited.clone().unwrap_or_default(),
        major: docket.major.as_ref().map(major),
        revisits: docket.revisits.iter().map(revisit).collect(),
        aftermath: docket.aftermath.iter().map(aftermath).collect(),
        decisions: docket.decisions.iter().map(|one| decision(one, people)).collect(),
        calls: docket.calls.iter().map(call).collect(),
        tickets: docket.tickets.iter().map(ticket).collect(),
    }
}

fn ticket(ticket: &Ticket) -> contract::CaseTicket {
    contract::CaseTicket {
        report_id: ticket.report_id.to_string(),
        source_ref: ticket.source_ref.clone(),
        standing: Some(ticket.standing()),
    }
}

fn decision(decision: &Decision, people: bool) -> contract::Decision {
    contract::Decision {
        no: number(decision.no),
        meeting_id: decision.meeting.to_string(),
        agency: decision.agency.clone(),
        words: if people { decision.words.clone() } else { String::new() },
        at: Some(to_proto(decision.at)),
        done_at: decision.done_at.map(to_proto),
    }
}

/// An agency that handles a case.
pub(super) fn handler(handler: &Handler) -> contract::Handler {
    contract::Handler {
        agency: handler.agency.clone(),
        part: told(PARTS, &handler.part),
        person: handler.person.clone().unwrap_or_default(),
        since: Some(to_proto(handler.since)),
        signed_at: handler.signed_at.map(to_proto),
        concluded_at: handler.concluded_at.map(to_proto),
    }
}

/// How many have concluded, and how many must.
pub(super) fn conclusions((done, all): (usize, usize)) -> contract::Conclusions {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    contract::Conclusions { done: count(done), all: count(all) }
}

/// What is owed; late is what is late at `now`.
pub(super) fn duty(duty: &Duty, now: Timestamp) -> contract::Duty {
    contract::Duty {
        no: number(duty.no),
        kind: duty.kind.code().into(),
        agency: duty.holder.agency.clone(),
        post: duty.holder.post.clone().unwrap_or_default(),
        person: duty.holder.person.clone().unwrap_or_default(),
        about: number(duty.about),
        limit: duty.limit.to_string(),
        started_at: Some(to_proto(duty.started_at)),
        due_at: Some(to_proto(duty.due_at)),
        late: duty.is_late(now),
        paused: duty.is_paused(),
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn suggestion(suggested: &Suggestion) -> contract::LevelSuggestion {
    contract::LevelSuggestion {
        level: suggested.level.code().into(),
        why: suggested.why.clone(),
        at: Some(to_proto(suggested.at)),
    }
}

fn returned(returned: &Returned, people: bool) -> contract::CaseReturn {
    let reason = ReturnReason::try_from(returned.reason).unwrap_or_default();
    let decision = returned.decision.as_ref();
    contract::CaseReturn {
        no: number(returned.no),
        agency: returned.agency.clone(),
        at: Some(to_proto(returned.at)),
        reason: return_reason_name(reason).to_owned(),
        in_time: returned.in_time,
        decided_at: decision.map(|decision| to_proto(decision.at)),
        decided_by: decision.map(|decision| decision.by.clone()).unwrap_or_default(),
        next: decision.map(|decision| decision.next.clone()).unwrap_or_default(),
        evidence: if people { returned.evidence.clone() } else { Vec::new() },
    }
}

fn verdict(verdict: &Verdict) -> contract::Verdict {
    contract::Verdict {
        at: Some(to_proto(verdict.at)),
        by: verdict.by.clone(),
        capacity: verdict.capacity.clone(),
        granted: verdict.granted,
    }
}

fn extension(extension: &Extension) -> contract::Extension {
    contract::Extension {
        no: number(extension.no),
        agency: extension.agency.clone(),
        asked_at: Some(to_proto(extension.asked_at)),
        days: extension.days.into(),
        verdict: extension.verdict.as_ref().map(verdict),
    }
}

fn park(park: &Park) -> contract::Park {
    contract::Park {
        no: number(park.no),
        agency: park.agency.clone(),
        asked_at: Some(to_proto(park.asked_at)),
        until: Some(to_proto(park.until)),
        verdict: park.verdict.as_ref().map(verdict),
        resumed_at: park.resumed_at.map(to_proto),
    }
}

fn supervision(supervision: &Supervision) -> contract::Supervision {
    contract::Supervision {
        no: number(supervision.no),
        card: told(CARDS, &supervision.card),
        agency: supervision.agency.clone(),
        supervisor: supervision.supervisor.clone(),
        at: Some(to_proto(supervision.at)),
        replied_at: supervision.replied_at.map(to_proto),
    }
}

pub(super) fn alert(alert: &Alert) -> contract::TierAlert {
    contract::TierAlert {
        no: number(alert.no),
        tier: alert.tier.clone(),
        agency: alert.agency.clone(),
        level: alert.level.code().into(),
        at: Some(to_proto(alert.at)),
        acknowledged_at: alert.acknowledged_at.map(to_proto),
        status: match alert.status {
            AlertStatus::Actual => contract::AlertStatus::Actual,
            AlertStatus::Exercise => contract::AlertStatus::Exercise,
            AlertStatus::Cancelled => contract::AlertStatus::Cancelled,
            AlertStatus::Test => contract::AlertStatus::Test,
        }
        .into(),
        acknowledged_by: alert.acknowledged_by.clone(),
        acknowledged_capacity: alert.acknowledged_capacity.clone(),
    }
}

fn whistle(whistle: &Whistle, people: bool) -> contract::Whistle {
    contract::Whistle {
        no: number(whistle.no),
        by: whistle.by.clone(),
        capacity: whistle.capacity.clone(),
        at: Some(to_proto(whistle.at)),
        spot: if people { whistle.spot.clone() } else { String::new() },
        photos: if people { whistle.photos.clone() } else { Vec::new() },
        called: whistle.called.iter().map(|one| called(one, people)).collect(),
    }
}

fn called(called: &Called, people: bool) -> contract::Called {
    contract::Called {
        code: called.code.clone(),
        contact: called.contact,
        reported_in_at: called.reported_in_at.map(to_proto),
        done_at: called.done_at.map(to_proto),
        photos: if people { called.photos.clone() } else { Vec::new() },
        rating: called.rating.map(i32::from).unwrap_or_default(),
    }
}

fn call(call: &OneKeyCall) -> contract::OneKeyCall {
    contract::OneKeyCall {
        no: number(call.no),
        called_at: Some(to_proto(call.called_at)),
        contacts: call.contacts.iter().map(contact).collect(),
        accepted_at: call.accepted.as_ref().map(|accepted| to_proto(accepted.at)),
        accepted_by: call.accepted.as_ref().map(|accepted| accepted.by.clone()).unwrap_or_default(),
        arrived_at: call.arrived_at.map(to_proto),
    }
}

fn contact(contact: &Contact) -> contract::CallContact {
    contract::CallContact {
        agency: contact.holder.agency.clone(),
        post: contact.holder.post.clone().unwrap_or_default(),
        since: Some(to_proto(contact.since)),
    }
}

fn session(session: &Session) -> contract::Session {
    contract::Session {
        no: number(session.no),
        at: Some(to_proto(session.at)),
        mediators: session.mediators.clone(),
        present: session.present.clone(),
        result: told(RESULTS, &session.result),
        minutes: session.minutes.into(),
    }
}

fn agreement(agreement: &Agreement, people: bool) -> contract::Agreement {
    contract::Agreement {
        reference: agreement.reference.clone(),
        at: Some(to_proto(agreement.at)),
        terms: if people { agreement.terms.clone() } else { String::new() },
        performances: agreement.performances.iter().map(|one| performance(one, people)).collect(),
        confirmation: agreement.confirmation.clone().unwrap_or_default(),
    }
}

fn performance(performance: &Performance, people: bool) -> contract::Performance {
    contract::Performance {
        no: number(performance.no),
        what: if people { performance.what.clone() } else { String::new() },
        due_at: Some(to_proto(performance.due_at)),
        checked_at: performance.checked.map(|(at, _)| to_proto(at)),
        done: performance.checked.is_some_and(|(_, done)| done),
    }
}

fn major(major: &MajorEvent) -> contract::MajorEvent {
    contract::MajorEvent {
        declared_at: Some(to_proto(major.declared_at)),
        progress: number(major.progress),
        calm_at: major.calm_at.map(to_proto),
    }
}

fn revisit(revisit: &Revisit) -> contract::Revisit {
    let answer = revisit.answer.as_ref();
    contract::Revisit {
        no: number(revisit.no),
        by: told(RANKS, &revisit.by),
        whom: told(ASKED, &revisit.whom),
        party: revisit.party,
        due_at: Some(to_proto(revisit.due_at)),
        at: answer.map(|answer| to_proto(answer.at)),
        asker: answer.map(|answer| answer.asker.clone()).unwrap_or_default(),
        outcome: answer.map(|answer| told(OUTCOMES, &answer.outcome)).unwrap_or_default(),
        satisfaction: answer.map(|answer| answer.satisfaction.into()).unwrap_or_default(),
    }
}

fn aftermath(aftermath: &Aftermath) -> contract::Aftermath {
    contract::Aftermath {
        kind: told(AFTERMATHS, &aftermath.kind),
        reference: aftermath.reference.clone(),
        at: Some(to_proto(aftermath.at)),
    }
}
