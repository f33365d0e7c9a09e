//! Reading an act: what is done, or which fields are wrong.

use fengqiao_proto::routing::v1::{ActOnCaseRequest, act_on_case_request::Act as Asked};

use super::{
    act_fields::{Fields, LONG_WORDS, WORDS},
    contract::{AFTERMATHS, CARDS, METHODS, OUTCOMES, PARTS, PLACES, RESULTS},
};
use crate::{
    directory::Directory,
    domain::{
        acts::{
            Act,
            calls::CallAct,
            closing::Settlement,
            handling::{HandlingAct, Part},
            major::MajorAct,
            mediation::MediationAct,
            respite::RespiteAct,
            returns::ReturnAct,
            revisits::RevisitAct,
            supervision::SupervisionAct,
            whistles::WhistleAct,
        },
        history::Occasion,
        level::Level,
    },
    error::RoutingError,
};

const MOST_PERFORMANCES: usize = 50;

/// Who acts, as far as fields depend on it.
pub(super) struct Acting<'a> {
    pub(super) directory: &'a Directory,
    pub(super) occasion: &'a Occasion,
}

/// The act that a request asks for.
pub(super) fn act(asked: &ActOnCaseRequest, acting: &Acting<'_>) -> Result<Act, RoutingError> {
    let Some(act) = &asked.act else { return Err(RoutingError::invalid("act", "one act is needed")) };
    let mut fields = Fields::of(field_name(act), acting.directory);
    let read = read(act, &mut fields, acting);
    fields.end(read)
}

/// None where a field that has no other reading is wrong; what is wrong stands in the fields.
fn read(act: &Asked, fields: &mut Fields<'_>, acting: &Acting<'_>) -> Option<Act> {
    let own = acting.occasion.agency.as_deref().filter(|agency| *agency != acting.directory.desk());
    Some(match act {
        Asked::Relevel(act) => {
            let words = fields.words(&act.words);
            let level = i16::try_from(act.level).ok().and_then(Level::from_code);
            if level.is_none() {
                fields.wrong("level", "must be a level of the contract");
            }
            Act::Relevel { level: level?, words }
        }
        Asked::Assign(act) => Act::Assign {
            agency: fields.agency("agency", &act.agency),
            person: fields.person_if(&act.person),
            words: fields.maybe_words(&act.words, WORDS),
        },
        Asked::Comment(act) => Act::Comment { words: fields.text("words", &act.words, LONG_WORDS) },
        Asked::Resolve(act) => Act::Resolve(Settlement {
            words: fields.words(&act.words),
            method: fields.choice_if("method", METHODS, act.method),
            settled_at: fields.choice_if("settledAt", PLACES, act.settled_at),
            credited: credited(fields, &act.credited, acting.directory),
        }),
        Asked::Close(act) => Act::Close { words: fields.words(&act.words) },
        Asked::Reject(act) => Act::Reject { words: fields.words(&act.words) },
        Asked::Reopen(act) => Act::Reopen { words: fields.words(&act.words) },
        Asked::Tag(act) => {
            if act.add.is_empty() && act.remove.is_empty() {
                fields.wrong("add", "at least one mark on or off is needed");
            }
            Act::Tag { add: fields.tags("add", &act.add), remove: fields.tags("remove", &act.remove) }
        }
        Asked::RecordAftermath(act) => {
            let reference = fields.reference(&act.reference);
            Act::RecordAftermath { kind: fields.choice("kind", AFTERMATHS, act.kind)?, reference }
        }
        Asked::DecideReturn(act) => Act::Return(ReturnAct::Decide {
            next: fields.agency("next", &act.next),
            person: fields.person_if(&act.person),
            words: fields.words(&act.words),
        }),
        Asked::AddHandler(_)
        | Asked::RemoveHandler(_)
        | Asked::Conclude(_)
        | Asked::HandOver(_)
        | Asked::Claim(_)
        | Asked::Sign(_)
        | Asked::RecordContact(_) => Act::Handling(handling(act, fields, own)?),
        Asked::AskExtension(_)
        | Asked::DecideExtension(_)
        | Asked::AskPark(_)
        | Asked::DecidePark(_)
        | Asked::Resume(_) => Act::Respite(respite(act, fields, acting)?),
        Asked::Supervise(_)
        | Asked::ReplyToSupervision(_)
        | Asked::AcknowledgeAlert(_)
        | Asked::SendLetter(_)
        | Asked::AnswerLetter(_) => Act::Supervision(supervision(act, fields, own)?),
        Asked::BlowWhistle(_) | Asked::ReportIn(_) | Asked::FinishWhistle(_) | Asked::RateWhistle(_) => {
            Act::Whistle(whistle(act, fields, own)?)
        }
        Asked::AcceptCall(act) => Act::Call(CallAct::Accept { no: fields.no_if(act.no)? }),
        Asked::Arrive(act) => Act::Call(CallAct::Arrive { no: fields.no_if(act.no)? }),
        Asked::HoldSession(_)
        | Asked::SignAgreement(_)
        | Asked::CheckPerformance(_)
        | Asked::ConfirmAgreement(_)
        | Asked::ChooseMethod(_) => Act::Mediation(mediation(act, fields, acting)?),
        Asked::DeclareMajor(act) => Act::Major(MajorAct::Declare { words: fields.words(&act.words) }),
        Asked::ReportProgress(act) => {
            Act::Major(MajorAct::Progress { words: fields.text("words", &act.words, LONG_WORDS) })
        }
        Asked::SayCalm(act) => Act::Major(MajorAct::Calm { words: fields.words(&act.words) }),
        Asked::RecordRevisit(act) => {
            let words = fields.words(&act.words);
            let satisfaction = fields.number("satisfaction", act.satisfaction, 0, 5);
            let (no, outcome) = (fields.no(act.no), fields.choice("outcome", OUTCOMES, act.outcome));
            Act::Revisit(RevisitAct::Record {
                no: no?,
                outcome: outcome?,
                satisfaction: satisfaction?,
                words,
            })
        }
    })
}

fn handling(act: &Asked, fields: &mut Fields<'_>, own: Option<&str>) -> Option<HandlingAct> {
    Some(match act {
        Asked::AddHandler(act) => {
            let (agency, words) =
                (fields.agency("agency", &act.agency), fields.maybe_words(&act.words, WORDS));
            let part = fields.choice("part", PARTS, act.part)?;
            if part == Part::Lead {
                fields.wrong("part", "must be co-handler or owner; a lead is assigned");
            }
            HandlingAct::Add { agency, part, words }
        }
        Asked::RemoveHandler(act) => {
            // One that the directory no longer has can be taken off too.
            HandlingAct::Remove {
                agency: fields.line("agency", &act.agency),
                words: fields.words(&act.words),
            }
        }
        Asked::Conclude(act) => HandlingAct::Conclude {
            agency: fields.own_agency(&act.agency, own),
            words: fields.words(&act.words),
        },
        Asked::HandOver(act) => HandlingAct::HandOver {
            agency: fields.own_agency(&act.agency, own),
            person: fields.person(&act.person),
            words: fields.maybe_words(&act.words, WORDS),
        },
        Asked::Claim(act) => HandlingAct::Claim { agency: fields.own_agency(&act.agency, own) },
        Asked::Sign(act) if act.agency.is_empty() && own.is_none() => HandlingAct::Sign { agency: None },
        Asked::Sign(act) => HandlingAct::Sign { agency: Some(fields.own_agency(&act.agency, own)) },
        Asked::RecordContact(act) => HandlingAct::Contact { words: fields.words(&act.words) },
        _ => return None,
    })
}

fn respite(act: &Asked, fields: &mut Fields<'_>, acting: &Acting<'_>) -> Option<RespiteAct> {
    Some(match act {
        Asked::AskExtension(act) => {
            let words = fields.words(&act.words);
            RespiteAct::AskExtension { days: fields.number("days", act.days, 1, 3_650)?, words }
        }
        Asked::DecideExtension(act) => {
            RespiteAct::DecideExtension { grant: act.grant, words: fields.words(&act.words) }
        }
        Asked::AskPark(act) => {
            let words = fields.words(&act.words);
            let until = fields.coming("until", act.until.as_ref(), acting.occasion.at)?;
            RespiteAct::AskPark { until, words }
        }
        Asked::DecidePark(act) => {
            RespiteAct::DecidePark { grant: act.grant, words: fields.words(&act.words) }
        }
        Asked::Resume(act) => RespiteAct::Resume { words: fields.maybe_words(&act.words, WORDS) },
        _ => return None,
    })
}

fn supervision(act: &Asked, fields: &mut Fields<'_>, own: Option<&str>) -> Option<SupervisionAct> {
    Some(match act {
        Asked::Supervise(act) => {
            let agency = fields.agency_if("agency", &act.agency);
            let words = fields.words(&act.words);
            SupervisionAct::Supervise { card: fields.choice("card", CARDS, act.card)?, agency, words }
        }
        Asked::ReplyToSupervision(act) => SupervisionAct::Reply {
            agency: fields.own_agency(&act.agency, own),
            words: fields.words(&act.words),
        },
        Asked::AcknowledgeAlert(act) => {
            SupervisionAct::Acknowledge { agency: fields.own_agency(&act.agency, own) }
        }
        Asked::SendLetter(act) => SupervisionAct::SendLetter {
            agency: fields.agency("agency", &act.agency),
            words: fields.words(&act.words),
        },
        Asked::AnswerLetter(act) => SupervisionAct::AnswerLetter {
            agency: fields.own_agency(&act.agency, own),
            words: fields.words(&act.words),
        },
        _ => return None,
    })
}

fn whistle(act: &Asked, fields: &mut Fields<'_>, own: Option<&str>) -> Option<WhistleAct> {
    Some(match act {
        Asked::BlowWhistle(act) => WhistleAct::Blow {
            called: fields.all_called(&act.called),
            spot: fields.line("spot", &act.spot),
            photos: fields.photos(&act.photos),
            words: fields.words(&act.words),
        },
        Asked::ReportIn(act) => {
            let code = fields.called(&act.code, own);
            WhistleAct::ReportIn { no: fields.no(act.no)?, code }
        }
        Asked::FinishWhistle(act) => {
            let (code, photos) = (fields.called(&act.code, own), fields.photos(&act.photos));
            let words = fields.words(&act.words);
            WhistleAct::Finish { no: fields.no(act.no)?, code, photos, words }
        }
        Asked::RateWhistle(act) => {
            let code = fields.line("code", &act.code);
            let (no, rating) = (fields.no(act.no), fields.number("rating", act.rating, 1, 5));
            WhistleAct::Rate { no: no?, code, rating: rating? }
        }
        _ => return None,
    })
}

fn mediation(act: &Asked, fields: &mut Fields<'_>, acting: &Acting<'_>) -> Option<MediationAct> {
    let now = acting.occasion.at;
    Some(match act {
        Asked::HoldSession(act) => {
            let mediators = fields.mediators(&act.mediators);
            let present = fields.roles("present", &act.present);
            let words = fields.maybe_words(&act.words, LONG_WORDS);
            let at = fields.past("at", act.at.as_ref(), now);
            let minutes = fields.number("minutes", act.minutes, 0, 1_440);
            let result = fields.choice("result", RESULTS, act.result);
            MediationAct::HoldSession {
                at: at?,
                mediators,
                present,
                result: result?,
                minutes: minutes?,
                words,
            }
        }
        Asked::SignAgreement(act) => {
            let reference = fields.reference(&act.reference);
            let terms = fields.text("terms", &act.terms, LONG_WORDS);
            fields.count("performances", act.performances.len(), 0, MOST_PERFORMANCES);
            let mut performances = Vec::new();
            for (index, one) in act.performances.iter().enumerate().take(MOST_PERFORMANCES) {
                let what = fields.line(&format!("performances[{index}].what"), &one.what);
                let field = format!("performances[{index}].dueAt");
                performances.extend(fields.coming(&field, one.due_at.as_ref(), now).map(|due| (what, due)));
            }
            MediationAct::Agree { reference, terms, performances }
        }
        Asked::CheckPerformance(act) => {
            let words = fields.maybe_words(&act.words, WORDS);
            MediationAct::CheckPerformance { no: fields.no(act.no)?, done: act.done, words }
        }
        Asked::ConfirmAgreement(act) => MediationAct::Confirm { reference: fields.reference(&act.reference) },
        Asked::ChooseMethod(act) => {
            let leader = (!act.leader.is_empty()).then(|| act.leader.clone());
            if leader.as_ref().is_some_and(|code| acting.directory.post(code).is_none()) {
                fields.wrong("leader", "must be a post of the directory");
            }
            MediationAct::ChooseMethod { method: fields.choice("method", METHODS, act.method)?, leader }
        }
        _ => return None,
    })
}

fn credited(fields: &mut Fields<'_>, code: &str, directory: &Directory) -> Option<String> {
    if !code.is_empty() && directory.mediator(code).is_none() {
        fields.wrong("credited", "must be a body or volunteer of the directory");
    }
    (!code.is_empty()).then(|| code.to_owned())
}

/// The name of an act's field in the request's JSON form.
const fn field_name(act: &Asked) -> &'static str {
    match act {
        Asked::Relevel(_) => "relevel",
        Asked::Assign(_) => "assign",
        Asked::AddHandler(_) => "addHandler",
        Asked::RemoveHandler(_) => "removeHandler",
        Asked::Conclude(_) => "conclude",
        Asked::HandOver(_) => "handOver",
        Asked::Claim(_) => "claim",
        Asked::Sign(_) => "sign",
        Asked::RecordContact(_) => "recordContact",
        Asked::DecideReturn(_) => "decideReturn",
        Asked::AskExtension(_) => "askExtension",
        Asked::DecideExtension(_) => "decideExtension",
        Asked::AskPark(_) => "askPark",
        Asked::DecidePark(_) => "decidePark",
        Asked::Resume(_) => "resume",
        Asked::Supervise(_) => "supervise",
        Asked::ReplyToSupervision(_) => "replyToSupervision",
        Asked::AcknowledgeAlert(_) => "acknowledgeAlert",
        Asked::SendLetter(_) => "sendLetter",
        Asked::AnswerLetter(_) => "answerLetter",
        Asked::BlowWhistle(_) => "blowWhistle",
        Asked::ReportIn(_) => "reportIn",
        Asked::FinishWhistle(_) => "finishWhistle",
        Asked::RateWhistle(_) => "rateWhistle",
        Asked::AcceptCall(_) => "acceptCall",
        Asked::Arrive(_) => "arrive",
        Asked::HoldSession(_) => "holdSession",
        Asked::SignAgreement(_) => "signAgreement",
        Asked::CheckPerformance(_) => "checkPerformance",
        Asked::ConfirmAgreement(_) => "confirmAgreement",
        Asked::ChooseMethod(_) => "chooseMethod",
        Asked::DeclareMajor(_) => "declareMajor",
        Asked::ReportProgress(_) => "reportProgress",
        Asked::SayCalm(_) => "sayCalm",
        Asked::RecordRevisit(_) => "recordRevisit",
        Asked::Resolve(_) => "resolve",
        Asked::Close(_) => "close",
        Asked::Reject(_) => "reject",
        Asked::Reopen(_) => "reopen",
        Asked::Tag(_) => "tag",
        Asked::RecordAftermath(_) => "recordAftermath",
        Asked::Comment(_) => "comment",
    }
}

#[cfg(test)]
mod tests;
