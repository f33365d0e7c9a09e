//! The form of a 12345 ticket (DOMAIN §4.4).

use fengqiao_proto::intake::v1::{
    HotlineTicket, TicketAttachment, TicketFinding, TicketHandler, TicketHandlerRole, TicketStage,
    TicketStageKind, TicketTransfer, TicketUrgency,
};
use fengqiao_serving::time::from_proto;

use crate::domain::{
    phone::Phone,
    text,
    ticket_states::{MOST_STAGES, MOST_TRANSFERS},
    validation::NAME_LENGTH,
};

pub(crate) const SHORT_LENGTH: usize = 32;
pub(crate) const UNIT_LENGTH: usize = 64;
pub(crate) const REASON_LENGTH: usize = 500;
pub(crate) const WORDS_LENGTH: usize = 1_000;
pub(crate) const LONG_LENGTH: usize = 4_000;
pub(crate) const MOST_HANDLERS: usize = 20;
pub(crate) const LONGEST_DAYS: i32 = 365;
pub(crate) const MOST_ATTACHMENTS: usize = 50;
pub(crate) const ATTACHMENT_NAME_LENGTH: usize = 200;
pub(crate) const LOCATION_LENGTH: usize = 500;
/// 1 GiB.
pub(crate) const LARGEST_KIB: i32 = 1_048_576;

/// Tells `wrong` of each field that is not right.
pub(super) fn check(ticket: &HotlineTicket, wrong: &mut dyn FnMut(String, String)) {
    let mut say = |field: &str, fault: String| wrong(format!("details.hotlineTicket.{field}"), fault);
    for (field, time) in [("updatedAt", &ticket.updated_at), ("contactedAt", &ticket.contacted_at)] {
        if time.as_ref().is_some_and(|time| from_proto(time).is_none()) {
            say(field, "must be a time".to_owned());
        }
    }
    for (field, value) in [
        ("channel", &ticket.channel),
        ("requestKind", &ticket.request_kind),
        ("takenBy", &ticket.taken_by),
        ("applicationKind", &ticket.application_kind),
    ] {
        if let Err(fault) = text::single_line(value, SHORT_LENGTH) {
            say(field, fault);
        }
    }
    if TicketUrgency::try_from(ticket.urgency).is_err() {
        say("urgency", "must be one of the known urgencies".to_owned());
    }
    for (field, value) in [
        ("justified", ticket.justified),
        ("beyondDuty", ticket.beyond_duty),
        ("contacted", ticket.contacted),
        ("solved", ticket.solved),
    ] {
        if TicketFinding::try_from(value).is_err() {
            say(field, "must be YES, NO or not given".to_owned());
        }
    }
    if let Err(fault) = text::lines(&ticket.unsolved_reason, REASON_LENGTH) {
        say("unsolvedReason", fault);
    } else if !ticket.unsolved_reason.is_empty() && ticket.solved() != TicketFinding::No {
        say("unsolvedReason", "must be given only where solved is NO".to_owned());
    }
    for (field, value) in [("handling", &ticket.handling), ("publicReply", &ticket.public_reply)] {
        if let Err(fault) = text::lines(value, LONG_LENGTH) {
            say(field, fault);
        }
    }
    if !ticket.contact_phone.is_empty() && Phone::read(&ticket.contact_phone).is_none() {
        say("contactPhone", "must be a mobile number, a landline with its area code, or empty".to_owned());
    }
    handlers(&ticket.handlers, &mut say);
    stages(&ticket.stages, &mut say);
    transfers(&ticket.transfers, &mut say);
    attachments(&ticket.attachments, &mut say);
}

fn handlers(handlers: &[TicketHandler], say: &mut dyn FnMut(&str, String)) {
    if handlers.len() > MOST_HANDLERS {
        return say("handlers", format!("must be at most {MOST_HANDLERS}"));
    }
    for (index, handler) in handlers.iter().enumerate() {
        let mut say = |part: &str, fault: String| say(&format!("handlers[{index}].{part}"), fault);
        if handler.unit.trim().is_empty() {
            say("unit", "must be given".to_owned());
        } else if let Err(fault) = text::single_line(&handler.unit, UNIT_LENGTH) {
            say("unit", fault);
        }
        match TicketHandlerRole::try_from(handler.role) {
            Ok(TicketHandlerRole::Unspecified) => say("role", "must be given".to_owned()),
            Ok(_) => {}
            Err(_) => say("role", "must be one of the known roles".to_owned()),
        }
        if !(0..=LONGEST_DAYS).contains(&handler.expires_days) {
            say("expiresDays", format!("must be 0 to {LONGEST_DAYS}"));
        }
    }
    let leads = handlers.iter().filter(|handler| handler.role() == TicketHandlerRole::Lead).count();
    if !handlers.is_empty() && leads != 1 {
        say("handlers", "must have one LEAD".to_owned());
    }
}

fn stages(stages: &[TicketStage], say: &mut dyn FnMut(&str, String)) {
    if stages.len() > MOST_STAGES {
        return say("stages", format!("must be at most {MOST_STAGES}"));
    }
    for (index, stage) in stages.iter().enumerate() {
        let mut say = |part: &str, fault: String| say(&format!("stages[{index}].{part}"), fault);
        match TicketStageKind::try_from(stage.kind) {
            Ok(TicketStageKind::Unspecified) => say("kind", "must be given".to_owned()),
            Ok(_) => {}
            Err(_) => say("kind", "must be one of the known stages".to_owned()),
        }
        match &stage.at {
            None => say("at", "must be given".to_owned()),
            Some(time) if from_proto(time).is_none() => say("at", "must be a time".to_owned()),
            Some(_) => {}
        }
        if let Err(fault) = text::lines(&stage.words, WORDS_LENGTH) {
            say("words", fault);
        }
    }
}

fn transfers(transfers: &[TicketTransfer], say: &mut dyn FnMut(&str, String)) {
    if transfers.len() > MOST_TRANSFERS {
        return say("transfers", format!("must be at most {MOST_TRANSFERS}"));
    }
    for (index, transfer) in transfers.iter().enumerate() {
        let mut say = |part: &str, fault: String| say(&format!("transfers[{index}].{part}"), fault);
        match &transfer.at {
            None => say("at", "must be given".to_owned()),
            Some(time) if from_proto(time).is_none() => say("at", "must be a time".to_owned()),
            Some(_) => {}
        }
        for (part, value, at_most) in [
            ("from", &transfer.from, UNIT_LENGTH),
            ("to", &transfer.to, UNIT_LENGTH),
            ("by", &transfer.by, NAME_LENGTH),
        ] {
            if let Err(fault) = text::single_line(value, at_most) {
                say(part, fault);
            }
        }
        if let Err(fault) = text::lines(&transfer.words, WORDS_LENGTH) {
            say("words", fault);
        }
    }
}

fn attachments(attachments: &[TicketAttachment], say: &mut dyn FnMut(&str, String)) {
    if attachments.len() > MOST_ATTACHMENTS {
        return say("attachments", format!("must be at most {MOST_ATTACHMENTS}"));
    }
    for (index, attachment) in attachments.iter().enumerate() {
        let mut say = |part: &str, fault: String| say(&format!("attachments[{index}].{part}"), fault);
        if attachment.name.trim().is_empty() {
            say("name", "must be given".to_owned());
        }
        for (part, value, at_most) in [
            ("name", &attachment.name, ATTACHMENT_NAME_LENGTH),
            ("kind", &attachment.kind, SHORT_LENGTH),
            ("location", &attachment.location, LOCATION_LENGTH),
        ] {
            if let Err(fault) = text::single_line(value, at_most) {
                say(part, fault);
            }
        }
        if !(0..=LARGEST_KIB).contains(&attachment.size_kib) {
            say("sizeKib", format!("must be 0 to {LARGEST_KIB}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    fn handler(unit: &str, role: TicketHandlerRole) -> TicketHandler {
        TicketHandler { unit: unit.into(), role: role.into(), expires_days: 5 }
    }

    fn sound() -> HotlineTicket {
        let stage = |kind: TicketStageKind, seconds| TicketStage {
            kind: kind.into(),
            at: at(seconds),
            words: "转办\n请核实".into(),
        };
        HotlineTicket {
            channel: "电话".into(),
            request_kind: "求助".into(),
            urgency: TicketUrgency::Urgent.into(),
            reply_wanted: true,
            taken_by: "A07".into(),
            handlers: vec![
                handler("阎家河镇", TicketHandlerRole::Lead),
                handler("水利局", TicketHandlerRole::CoHandler),
            ],
            stages: vec![stage(TicketStageKind::Taken, 1), stage(TicketStageKind::Screened, 2)],
            solved: TicketFinding::No.into(),
            unsolved_reason: "等雨停".into(),
            transfers: vec![TicketTransfer {
                at: at(3),
                from: "12345".into(),
                to: "阎家河镇".into(),
                by: "小李".into(),
                words: "请核实".into(),
            }],
            application_kind: "延期".into(),
            contact_phone: "0713-2912345".into(),
            contacted_at: at(4),
            attachments: vec![TicketAttachment {
                name: "现场.jpg".into(),
                kind: "照片".into(),
                size_kib: 312,
                location: "FJ-7".into(),
            }],
            ..Default::default()
        }
    }

    fn faults(ticket: &HotlineTicket) -> Vec<String> {
        let mut paths = Vec::new();
        check(ticket, &mut |path, _| {
            paths.push(path.strip_prefix("details.hotlineTicket.").unwrap().to_owned());
        });
        paths
    }

    #[test]
    fn a_sound_ticket_is_taken() {
        assert!(faults(&sound()).is_empty());
        assert!(faults(&HotlineTicket::default()).is_empty(), "then it is as old as its call");
    }

    #[test]
    fn each_wrong_field_is_named() {
        type Change = fn(&mut HotlineTicket);
        let changes: [(&str, Change); 21] = [
            ("updatedAt", |t| t.updated_at = Some(prost_types::Timestamp { seconds: 1, nanos: -1 })),
            ("channel", |t| t.channel = "话".repeat(33)),
            ("urgency", |t| t.urgency = 9),
            ("contacted", |t| t.contacted = 9),
            ("unsolvedReason", |t| t.solved = TicketFinding::Yes.into()),
            ("handling", |t| t.handling = "a\0".into()),
            ("handlers", |t| t.handlers.remove(0).role = 0),
            ("handlers", |t| t.handlers = vec![handler("x", TicketHandlerRole::Lead); 21]),
            ("handlers[1].expiresDays", |t| t.handlers[1].expires_days = -1),
            ("stages[0].at", |t| t.stages[0].at = None),
            ("stages[1].kind", |t| t.stages[1].kind = 77),
            ("stages", |t| t.stages = vec![t.stages[0].clone(); 101]),
            ("applicationKind", |t| t.application_kind = "延\n期".into()),
            ("contactPhone", |t| t.contact_phone = "1380000".into()),
            ("contactedAt", |t| t.contacted_at = Some(prost_types::Timestamp { seconds: 1, nanos: -1 })),
            ("transfers", |t| t.transfers = vec![t.transfers[0].clone(); 51]),
            ("transfers[0].at", |t| t.transfers[0].at = None),
            ("transfers[0].to", |t| t.transfers[0].to = "局".repeat(65)),
            ("attachments", |t| t.attachments = vec![t.attachments[0].clone(); 51]),
            ("attachments[0].name", |t| t.attachments[0].name.clear()),
            ("attachments[0].sizeKib", |t| t.attachments[0].size_kib = -1),
        ];
        for (field, change) in changes {
            let mut ticket = sound();
            change(&mut ticket);
            assert_eq!(faults(&ticket), [field]);
        }
    }
}
