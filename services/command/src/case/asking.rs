//! From what was typed to the contract's act.

use fengqiao_proto::routing::v1::{
    AcknowledgeAlertAct, AddHandlerAct, AnswerLetterAct, AskExtensionAct, AskParkAct, AssignAct,
    BlowWhistleAct, CheckPerformanceAct, ChooseMethodAct, ClaimAct, CloseAct, CommentAct, ConcludeAct,
    ConfirmAgreementAct, DecideExtensionAct, DecideParkAct, DecideReturnAct, DeclareMajorAct,
    FinishWhistleAct, HandOverAct, HoldSessionAct, PromisedPerformance, RateWhistleAct, RecordAftermathAct,
    RecordContactAct, RecordRevisitAct, RejectAct, RelevelAct, RemoveHandlerAct, ReopenAct,
    ReplyToSupervisionAct, ReportInAct, ReportProgressAct, ResolveAct, ResumeAct, SayCalmAct, SendLetterAct,
    SignAct, SignAgreementAct, SuperviseAct, TagAct, act_on_case_request::Act,
};
use jiff::{Timestamp, tz::TimeZone};

use super::act::{
    ActCommand, Decision, ExtendCommand, LetterCommand, MajorCommand, ParkCommand, ReturnCommand, Target,
    WhistleCommand,
};
use crate::moment::{Moment, to_proto};

/// Which case, and what is done to it. Days are read in the zone; a day as a limit is its end.
pub fn act_of(command: ActCommand, zone: &TimeZone, now: Timestamp) -> (Target, Act) {
    let limit = |moment: Moment| moment.end(zone).map(to_proto);
    match command {
        ActCommand::Relevel { target, level, why } => {
            (target, Act::Relevel(RelevelAct { level: level as i32, words: why.reason }))
        }
        ActCommand::Assign { target, agency, person, why } => {
            (target, Act::Assign(AssignAct { agency, person, words: why.reason }))
        }
        ActCommand::Resolve { target, outcome, method, settled_at, credited } => {
            let act = ResolveAct {
                words: outcome,
                method: method.unwrap_or_default() as i32,
                settled_at: settled_at.unwrap_or_default() as i32,
                credited,
            };
            (target, Act::Resolve(act))
        }
        ActCommand::Close { target, revisit } => (target, Act::Close(CloseAct { words: revisit })),
        ActCommand::Comment { target, text } => (target, Act::Comment(CommentAct { words: text })),
        ActCommand::AddHandler { target, agency, part, why } => {
            (target, Act::AddHandler(AddHandlerAct { agency, part: part as i32, words: why.reason }))
        }
        ActCommand::RemoveHandler { target, agency, why } => {
            (target, Act::RemoveHandler(RemoveHandlerAct { agency, words: why.reason }))
        }
        ActCommand::Conclude { target, own, what } => {
            (target, Act::Conclude(ConcludeAct { agency: own.agency, words: what.text }))
        }
        ActCommand::HandOver { target, person, own, why } => {
            (target, Act::HandOver(HandOverAct { agency: own.agency, person, words: why.reason }))
        }
        ActCommand::Claim { target, own } => (target, Act::Claim(ClaimAct { agency: own.agency })),
        ActCommand::Sign { target, agency } => (target, Act::Sign(SignAct { agency })),
        ActCommand::Contact { target, what } => {
            (target, Act::RecordContact(RecordContactAct { words: what.text }))
        }
        ActCommand::Return(ReturnCommand::Decide { target, next, person, why }) => {
            (target, Act::DecideReturn(DecideReturnAct { next, person, words: why.reason }))
        }
        ActCommand::Extend(ExtendCommand::Ask { target, days, why }) => {
            (target, Act::AskExtension(AskExtensionAct { days, words: why.reason }))
        }
        ActCommand::Extend(ExtendCommand::Decide { target, decision, why }) => {
            let grant = decision == Decision::Grant;
            (target, Act::DecideExtension(DecideExtensionAct { grant, words: why.reason }))
        }
        ActCommand::Park(ParkCommand::Ask { target, until, why }) => {
            (target, Act::AskPark(AskParkAct { until: limit(until), words: why.reason }))
        }
        ActCommand::Park(ParkCommand::Decide { target, decision, why }) => {
            let grant = decision == Decision::Grant;
            (target, Act::DecidePark(DecideParkAct { grant, words: why.reason }))
        }
        ActCommand::Resume { target, why } => (target, Act::Resume(ResumeAct { words: why.reason })),
        ActCommand::Supervise { target, card, agency, why } => {
            (target, Act::Supervise(SuperviseAct { card: card as i32, agency, words: why.reason }))
        }
        ActCommand::Reply { target, what } => (
            target,
            Act::ReplyToSupervision(ReplyToSupervisionAct { words: what.text, ..Default::default() }),
        ),
        ActCommand::Acknowledge { target } => (target, Act::AcknowledgeAlert(AcknowledgeAlertAct::default())),
        ActCommand::Letter(LetterCommand::Send { target, agency, why }) => {
            (target, Act::SendLetter(SendLetterAct { agency, words: why.reason }))
        }
        ActCommand::Letter(LetterCommand::Answer { target, what }) => {
            (target, Act::AnswerLetter(AnswerLetterAct { words: what.text, ..Default::default() }))
        }
        ActCommand::Whistle(command) => whistle(command),
        ActCommand::Session { target, result, mediators, present, at, minutes, text } => {
            let at = at.and_then(|moment| moment.begin(zone)).unwrap_or(now);
            let act = HoldSessionAct {
                at: Some(to_proto(at)),
                mediators,
                present: present.into_iter().map(|role| role as i32).collect(),
                result: result as i32,
                minutes,
                words: text,
            };
            (target, Act::HoldSession(act))
        }
        ActCommand::Agree { target, reference, terms, performances } => {
            let performances = performances
                .into_iter()
                .map(|(day, what)| PromisedPerformance { what, due_at: limit(day) })
                .collect();
            (target, Act::SignAgreement(SignAgreementAct { reference, terms, performances }))
        }
        ActCommand::Perform { target, no, not, text } => {
            (target, Act::CheckPerformance(CheckPerformanceAct { no, done: !not, words: text }))
        }
        ActCommand::Confirm { target, reference } => {
            (target, Act::ConfirmAgreement(ConfirmAgreementAct { reference }))
        }
        ActCommand::Method { target, method, leader } => {
            (target, Act::ChooseMethod(ChooseMethodAct { method: method as i32, leader }))
        }
        ActCommand::Major(MajorCommand::Declare { target, why }) => {
            (target, Act::DeclareMajor(DeclareMajorAct { words: why.reason }))
        }
        ActCommand::Major(MajorCommand::Progress { target, what }) => {
            (target, Act::ReportProgress(ReportProgressAct { words: what.text }))
        }
        ActCommand::Major(MajorCommand::Calm { target, why }) => {
            (target, Act::SayCalm(SayCalmAct { words: why.reason }))
        }
        ActCommand::Revisit { target, no, outcome, satisfaction, what } => {
            let outcome = outcome as i32;
            (target, Act::RecordRevisit(RecordRevisitAct { no, outcome, satisfaction, words: what.text }))
        }
        ActCommand::Tag { target, add, remove } => (target, Act::Tag(TagAct { add, remove })),
        ActCommand::Aftermath { target, kind, reference } => {
            (target, Act::RecordAftermath(RecordAftermathAct { kind: kind as i32, reference }))
        }
        ActCommand::Reject { target, why } => (target, Act::Reject(RejectAct { words: why.reason })),
        ActCommand::Reopen { target, why } => (target, Act::Reopen(ReopenAct { words: why.reason })),
    }
}

fn whistle(command: WhistleCommand) -> (Target, Act) {
    match command {
        WhistleCommand::Blow { target, called, spot, photos, why } => {
            (target, Act::BlowWhistle(BlowWhistleAct { called, spot, photos, words: why.reason }))
        }
        WhistleCommand::ReportIn { target, no, code } => (target, Act::ReportIn(ReportInAct { no, code })),
        WhistleCommand::Finish { target, no, code, photos, what } => {
            (target, Act::FinishWhistle(FinishWhistleAct { no, code, photos, words: what.text }))
        }
        WhistleCommand::Rate { target, no, code, rating } => {
            (target, Act::RateWhistle(RateWhistleAct { no, code, rating }))
        }
    }
}
