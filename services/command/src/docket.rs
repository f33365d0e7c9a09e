//! What a case holds, as people read it: who handles it, what is owed, what was agreed.

use fengqiao_proto::{
    intake::v1::{TicketHandler, TicketHandlerRole, TicketStageKind, TicketUrgency},
    routing::v1::{Case, CaseTicket, Docket, Duty, DutyKind, OneKeyCall},
};

use crate::{
    engine_words as engine,
    output::{Ink, Output},
    table::{Cell, Table},
    words,
};

/// The county's own state, and how many owners have concluded: 待签收 1/2 化解.
pub fn sub_state(case: &Case) -> String {
    let mut told = Vec::new();
    if let Some(state) = &case.sub_state {
        told.push(state.name.clone());
    }
    if let Some(conclusions) = &case.conclusions {
        told.push(format!("{}/{} 化解", conclusions.done, conclusions.all));
    }
    told.join(" ")
}

/// Who handles it: 主办 police(li) 已签收.
pub fn handlers(case: &Case) -> String {
    let one = |handler: &fengqiao_proto::routing::v1::Handler| {
        let person = if handler.person.is_empty() { String::new() } else { format!("({})", handler.person) };
        let state = match (&handler.concluded_at, &handler.signed_at) {
            (Some(_), _) => " 已化解",
            (None, Some(_)) => " 已签收",
            (None, None) => "",
        };
        format!("{} {}{person}{state}", words::said(engine::PARTS, handler.part()), handler.agency)
    };
    case.handlers.iter().map(one).collect::<Vec<_>>().join("；")
}

/// How a ticket stands with the hotline.
fn hotline_ticket(ticket: &CaseTicket) -> String {
    let standing = ticket.standing.clone().unwrap_or_default();
    let urgency = match standing.urgency() {
        TicketUrgency::Unspecified => "",
        TicketUrgency::Normal => "，一般",
        TicketUrgency::Urgent => "，紧急",
        TicketUrgency::ExtremelyUrgent => "，特急",
    };
    let stage = match standing.stage() {
        TicketStageKind::Unspecified => "",
        TicketStageKind::Taken => "，受理",
        TicketStageKind::Screened => "，预审",
        TicketStageKind::Handled => "，处置",
        TicketStageKind::Revisited => "，回访",
        TicketStageKind::Closed => "，结案",
        TicketStageKind::Supervised => "，督办",
    };
    let handler = |handler: &TicketHandler| {
        let role = match handler.role() {
            TicketHandlerRole::Unspecified => "承办",
            TicketHandlerRole::Lead => "主办",
            TicketHandlerRole::CoHandler => "协办",
            TicketHandlerRole::Added => "加派",
        };
        format!("，{role}{}", handler.unit)
    };
    let handlers: String = standing.handlers.iter().map(handler).collect();
    format!("{}{urgency}{stage}{handlers}", ticket.source_ref)
}

/// What it holds besides, a line each: its name and what is said.
pub fn facts(docket: &Docket, output: &Output) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(suggested) = &docket.suggestion {
        facts.push((
            "建议",
            format!("升为{}：{}", words::said(words::LEVELS, suggested.level()), suggested.why),
        ));
    }
    if let Some(major) = &docket.major {
        let calm = if major.calm_at.is_some() { "，已平息" } else { "" };
        facts.push(("重大", format!("{} 列入{calm}", output.minute(major.declared_at.as_ref()))));
    }
    for ticket in &docket.tickets {
        facts.push(("工单", hotline_ticket(ticket)));
    }
    for call in &docket.calls {
        facts.push(("呼叫", one_key_call(call, output)));
    }
    let held = docket.sessions.len();
    if let Some(last) = docket.sessions.last() {
        facts.push(("调解", format!("{held}次，最近{}", words::said(engine::RESULTS, last.result()))));
    }
    if let Some(agreement) = &docket.agreement {
        let done = agreement.performances.iter().filter(|one| one.done).count();
        let confirmed = if agreement.confirmation.is_empty() { "" } else { "，已司法确认" };
        let all = agreement.performances.len();
        facts.push(("协议", format!("{}，履行{done}/{all}{confirmed}", agreement.reference)));
    }
    facts.push(("方式", words::said(engine::METHODS, docket.method()).to_owned()));
    facts.push(("包案", docket.leader.clone()));
    facts.push(("层级", words::said(engine::PLACES, docket.settled_at()).to_owned()));
    let asked = docket.revisits.iter().filter(|one| one.at.is_some()).count();
    if !docket.revisits.is_empty() {
        facts.push(("回访", format!("{asked}/{}", docket.revisits.len())));
    }
    for aftermath in &docket.aftermath {
        let kind = words::said(engine::AFTERMATHS, aftermath.kind());
        facts.push(("转为", format!("{kind} {}", aftermath.reference)));
    }
    facts
}

/// Who was called for a press, and who comes: 2号 09:12 呼叫2人，09:16 head-yang 应答，09:31 到场.
fn one_key_call(call: &OneKeyCall, output: &Output) -> String {
    let mut told =
        format!("{}号 {} 呼叫{}人", call.no, output.minute(call.called_at.as_ref()), call.contacts.len());
    match (&call.accepted_at, call.contacts.last()) {
        (Some(at), _) => {
            told.push_str(&format!("，{} {} 应答", output.minute(Some(at)), call.accepted_by));
        }
        (None, Some(now)) => {
            let who = if now.post.is_empty() { &now.agency } else { &now.post };
            told.push_str(&format!("，正在呼叫 {who}"));
        }
        (None, None) => {}
    }
    if let Some(at) = &call.arrived_at {
        told.push_str(&format!("，{} 到场", output.minute(Some(at))));
    }
    told
}

/// Other cases that it has to do with, a line each.
pub fn links(case: &Case) -> Vec<(&'static str, String)> {
    let Some(links) = &case.links else { return Vec::new() };
    vec![
        ("并入", links.merged_into.clone()),
        ("并案", links.merged.join(" ")),
        ("分自", links.split_from.clone()),
        ("分出", links.split.join(" ")),
        ("前案", links.follows.clone()),
    ]
}

/// What somebody owes, by time; that a case grows old is nobody's.
pub fn owed(docket: &Docket) -> Vec<&Duty> {
    let mut owed: Vec<&Duty> = docket.duties.iter().filter(|duty| duty.kind() != DutyKind::Ageing).collect();
    owed.sort_by_key(|duty| {
        (duty.paused, duty.due_at.as_ref().map_or((0, 0), |due| (due.seconds, due.nanos)), duty.no)
    });
    owed
}

/// The table of what is owed.
pub fn duties(owed: &[&Duty], output: &Output) -> String {
    let mut table = Table::of_words(["号", "事项", "责任", "时限", "状态"]);
    for duty in owed {
        let holder = [&duty.person, &duty.post].into_iter().find(|who| !who.is_empty());
        let holder = holder.map_or_else(|| duty.agency.clone(), |who| format!("{}({who})", duty.agency));
        let state = match (duty.late, duty.paused) {
            (_, true) => Cell::inked("停计", Ink::Dim),
            (true, _) => Cell::inked("逾期", Ink::Red),
            _ => Cell::default(),
        };
        table.row(vec![
            duty.no.to_string().into(),
            words::said(engine::DUTIES, duty.kind()).into(),
            holder.into(),
            output.minute(duty.due_at.as_ref()).into(),
            state,
        ]);
    }
    table.draw(output.paint)
}
