//! What was done in a case so far, as statistics counts it: numbers and times, no names and no words.

use fengqiao_proto::routing::v1::{CaseDuty, CaseProgress};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;

use crate::{
    domain::{
        acts::{mediation::SessionResult, revisits::RevisitOutcome},
        case::CaseFile,
        docket::{Aftermath, AftermathKind},
        duty::Duty,
        practice::Asked,
        transition::Change,
    },
    grpc::contract::{METHODS, PLACES, told},
};

/// From this satisfaction of 5 people are content, and with one less mostly content (基本满意).
const CONTENT: u8 = 4;

/// What was done in it so far.
pub(super) fn so_far(case: &CaseFile) -> CaseProgress {
    let docket = &case.docket;
    let mediation = &docket.mediation;
    let agreement = mediation.agreement.as_ref();
    let performances = agreement.map(|agreement| agreement.performances.as_slice()).unwrap_or_default();
    let last = mediation.sessions.last();
    let failed = last.filter(|last| agreement.is_none() && last.result == SessionResult::Failed);
    let reached = || {
        let of_people = docket.revisits.iter().filter(|revisit| revisit.whom != Asked::Agencies);
        let answers = of_people.filter_map(|revisit| revisit.answer.as_ref());
        answers.filter(|answer| answer.outcome != RevisitOutcome::Unreached)
    };
    let rated = |fits: fn(u8) -> bool| count(reached().filter(|answer| fits(answer.satisfaction)).count());
    CaseProgress {
        follows: docket.links.follows.map(|id| id.to_string()).unwrap_or_default(),
        sessions: count(mediation.sessions.len()),
        agreed_at: agreement.map(|agreement| to_proto(agreement.at)),
        failed_at: failed.map(|session| to_proto(session.at)),
        perform_due_at: performances.iter().map(|performance| performance.due_at).max().map(to_proto),
        performed: !performances.is_empty()
            && performances.iter().all(|performance| performance.checked.is_some_and(|(_, done)| done)),
        returns: count(docket.returns.len()),
        extensions: count(
            docket
                .respite
                .extensions
                .iter()
                .filter(|extension| extension.verdict.as_ref().is_some_and(|verdict| verdict.granted))
                .count(),
        ),
        supervisions: count(docket.supervisions.len()),
        revisits_effective: count(reached().count()),
        revisits_solved: count(reached().filter(|answer| answer.outcome == RevisitOutcome::Stable).count()),
        revisits_rated: rated(|satisfaction| satisfaction > 0),
        revisits_content: rated(|satisfaction| satisfaction >= CONTENT),
        revisits_mostly_content: rated(|satisfaction| satisfaction == CONTENT - 1),
        settled_at: mediation.settled_at.map_or(0, |place| told(PLACES, &place)),
        method: mediation.method.map_or(0, |method| told(METHODS, &method)),
        residents_credited: mediation.credited.is_some(),
        criminal_at: first(&docket.aftermath, AftermathKind::Criminal).map(to_proto),
        public_order_at: first(&docket.aftermath, AftermathKind::PublicOrder).map(to_proto),
        major: docket.major.is_some(),
    }
}

/// What is owed after a change, and what ended with it.
pub(super) fn duties(change: &Change) -> Vec<CaseDuty> {
    let ended = change.duties.iter().filter(|duty| duty.ending.is_some());
    change.case.docket.duties.iter().chain(ended).map(counted).collect()
}

fn counted(duty: &Duty) -> CaseDuty {
    CaseDuty {
        no: i32::try_from(duty.no).unwrap_or(i32::MAX),
        kind: duty.kind.code().into(),
        agency: duty.holder.agency.clone(),
        started_at: Some(to_proto(duty.started_at)),
        due_at: Some(to_proto(duty.due_at)),
        ended_at: duty.ending.as_ref().map(|ending| to_proto(ending.at)),
        met: duty.ending.as_ref().is_some_and(|ending| ending.met),
    }
}

fn first(aftermath: &[Aftermath], kind: AftermathKind) -> Option<Timestamp> {
    aftermath.iter().filter(|one| one.kind == kind).map(|one| one.at).min()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
