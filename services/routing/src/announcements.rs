//! The events that routing sends.

mod people;
mod progress;

use std::collections::BTreeSet;

use fengqiao_messaging::Event;
use fengqiao_proto::{
    routing::v1::{CaseChanged, CaseExpired, PersonToTell, PushRequested, PushesRevised, TakenCluster},
    types::v1::{Matter, PushSubject},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

pub use people::{PERSON_TO_TELL, person_of_case, person_of_duty};

use crate::{
    counties::RoutingCounty,
    domain::{
        case::{CaseFile, Words},
        duty::DutyKind,
        practice::Asked,
        push::{Form, NowOwed, PushRevision},
        standing::chasing::DueDuty,
        transition::Change,
        withholding::MatterPart,
    },
    sealed_matters,
    store::RequestedPush,
};

/// The kind of [`CaseChanged`].
pub const CASE_CHANGED: &str = "fengqiao.routing.v1.CaseChanged";
/// The kind of [`PushRequested`].
pub const PUSH_REQUESTED: &str = "fengqiao.routing.v1.PushRequested";
/// The kind of [`PushesRevised`].
pub const PUSHES_REVISED: &str = "fengqiao.routing.v1.PushesRevised";
/// The kind of [`CaseExpired`].
pub const CASE_EXPIRED: &str = "fengqiao.routing.v1.CaseExpired";

/// Something that is to be sent.
#[derive(Debug)]
pub enum Announcement {
    /// It can go as it is.
    Ready(Event),
    /// What a case is, and what those who brought its reports are answered.
    Answered {
        /// What the case is, still without the words.
        changed: Box<CaseChanged>,
        /// The words.
        words: Words,
        /// The trace that it belongs to.
        trace: Option<String>,
    },
    /// A person that has to be told, by telephone.
    Told {
        /// What of, still without the number.
        person: Box<PersonToTell>,
        /// The number.
        telephone: String,
        /// The trace that it belongs to.
        trace: Option<String>,
    },
    /// A push to an agency that does not get all of the matter (S2-06).
    Reduced {
        /// The push, still with the whole matter.
        push: Box<PushRequested>,
        /// What the agency does not get.
        withheld: BTreeSet<MatterPart>,
        /// The trace that it belongs to.
        trace: Option<String>,
    },
}

impl Announcement {
    /// The event. Only here, and only for a push that needs it, a matter is opened.
    #[must_use]
    pub fn into_event(self, county: &str, keyring: &Keyring) -> Event {
        match self {
            Self::Ready(event) => event,
            Self::Answered { mut changed, words, trace } => {
                changed.sealed_words = match words {
                    Words::Plain(text) => keyring.seal(text.as_bytes(), county.as_bytes()),
                    Words::Sealed(sealed) => sealed,
                };
                Event { kind: CASE_CHANGED, payload: changed.encode_to_vec(), trace }
            }
            Self::Told { mut person, telephone, trace } => {
                person.sealed_telephone = keyring.seal(telephone.as_bytes(), county.as_bytes());
                Event { kind: PERSON_TO_TELL, payload: person.encode_to_vec(), trace }
            }
            Self::Reduced { mut push, withheld, trace } => {
                let reduced = sealed_matters::reduce(&push.sealed_matter, &withheld, county, keyring);
                push.sealed_matter = reduced.unwrap_or_else(|error| {
                    // Other cases are written with this one and may not wait: the agency hears of the case, and of
                    // its matter nothing rather than all.
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(
                        county,
                        case_id = push.case_id,
                        error,
                        "a matter that is withheld in part does not open"
                    );
                    sealed_matters::seal(&Matter::default(), county, keyring)
                });
                Event { kind: PUSH_REQUESTED, payload: push.encode_to_vec(), trace }
            }
        }
    }
}

/// Says that nothing is kept any more of who and what a case was about.
#[must_use]
pub fn case_expired(case_id: Uuid) -> Announcement {
    let message = CaseExpired { case_id: case_id.to_string() };
    Announcement::Ready(Event { kind: CASE_EXPIRED, payload: message.encode_to_vec(), trace: None })
}

/// Says what a case is after a change, and which report made it, or which came here from another case.
/// `takes_reports_until`: see [`CaseFile::takes_reports_until`].
#[must_use]
pub fn case_changed(
    change: &Change,
    takes_reports_until: Option<Timestamp>,
    report_id: Option<Uuid>,
    moved: &[Uuid],
    place: &RoutingCounty,
    trace: Option<&str>,
) -> Announcement {
    let case = &change.case;
    let links = &case.docket.links;
    let answer = change.answer.as_ref();
    let revisited = case.docket.revisits.iter().filter(|revisit| revisit.whom == Asked::People);
    let message = CaseChanged {
        case_id: case.id.to_string(),
        version: case.version,
        number: case.number.clone(),
        cluster_id: case.cluster_id.to_string(),
        state: case.state.code().into(),
        level: case.level.code().into(),
        area_code: case.area_code.clone(),
        category: case.category.clone(),
        first_source: case.first_source.into(),
        lead_agency: case.lead_agency.clone(),
        opened_at: Some(to_proto(case.opened_at)),
        resolved_at: case.resolved_at.map(to_proto),
        closed_at: case.closed_at.map(to_proto),
        report_count: case.report_count,
        report_id: report_id.map(|id| id.to_string()).unwrap_or_default(),
        merged_into: links.merged_into.as_ref().map(|merged| merged.case_id.to_string()).unwrap_or_default(),
        taken_clusters: links
            .clusters
            .iter()
            .map(|taken| TakenCluster {
                cluster_id: taken.cluster_id.to_string(),
                opened_at: Some(to_proto(taken.opened_at)),
            })
            .collect(),
        moved_report_ids: moved.iter().map(Uuid::to_string).collect(),
        takes_reports_until: takes_reports_until.map(to_proto),
        protected: case.docket.is_protected(),
        drill: case.docket.drill,
        changed_at: change.entries.last().map(|entry| to_proto(entry.at)),
        lead_agency_name: place.rulebook().directory.name(&case.lead_agency).to_owned(),
        lead_signed_at: case
            .docket
            .handler(&case.lead_agency)
            .and_then(|handler| handler.signed_at)
            .map(to_proto),
        revisited_at: revisited
            .filter_map(|revisit| revisit.answer.as_ref())
            .map(|answer| answer.at)
            .max()
            .map(to_proto),
        lead_feedback: answer.and_then(|answer| answer.feedback).map_or(0, i32::from),
        sealed_words: Vec::new(),
        progress: Some(progress::so_far(case)),
        duties: progress::duties(change),
    };
    let trace = trace.map(str::to_owned);
    let words = answer.and_then(|answer| answer.words.clone()).filter(|_| !case.docket.is_protected());
    match words {
        Some(words) => Announcement::Answered { changed: Box::new(message), words, trace },
        None => Announcement::Ready(Event { kind: CASE_CHANGED, payload: message.encode_to_vec(), trace }),
    }
}

/// Asks notification for a push of a case.
#[must_use]
pub fn push_requested(
    case: &CaseFile,
    push: &RequestedPush,
    place: &RoutingCounty,
    trace: Option<&str>,
) -> Announcement {
    let rulebook = place.rulebook();
    let practice = &rulebook.practice;
    let agency = &push.order.recipient.agency;
    let mut withheld = practice.withheld_from(agency, &rulebook.directory, &case.docket.tags);
    // Who has to act learns who and what. Of a protected case who is only given notice (告知单) learns that it is there and what
    // it is called, as the case itself shows it.
    let is_notice = push.order.recipient.form == Form::Notice;
    if is_notice && !case.docket.shows_people_to(Some(agency), rulebook.directory.desk()) {
        withheld.extend(MatterPart::OF_PEOPLE);
    }
    let due = |kind| case.docket.owed_by(agency, kind).map(|duty| to_proto(duty.due_at));
    let evidence_for = practice.returns.evidence_for.iter().map(|reason| i32::from(*reason)).collect();
    let message = PushRequested {
        subject: PushSubject::Case.into(),
        case_number: case.number.clone(),
        category: case.category.clone(),
        first_source: case.first_source.into(),
        sealed_matter: case.sealed_matter.clone(),
        evidence_for,
        drill: case.docket.drill,
        sign_due_at: due(DutyKind::Sign),
        feedback_due_at: due(DutyKind::Handle),
        ..asked_for(push, &case.area_code, place)
    };
    let trace = trace.map(str::to_owned);
    if withheld.is_empty() {
        return Announcement::Ready(Event { kind: PUSH_REQUESTED, payload: message.encode_to_vec(), trace });
    }
    Announcement::Reduced { push: Box::new(message), withheld, trace }
}

/// Says that what an agency was pushed of a case does not hold any more as it was pushed.
#[must_use]
pub fn pushes_revised(case_id: Uuid, revision: PushRevision, trace: Option<&str>) -> Announcement {
    let told = PushesRevised {
        case_id: case_id.to_string(),
        agency: revision.agency,
        at: Some(to_proto(revision.at)),
        ..PushesRevised::default()
    };
    let message = match revision.now {
        NowOwed::Nothing { reason } => PushesRevised { recalled: true, reason, ..told },
        NowOwed::Until { sign_by, settle_by } => PushesRevised {
            sign_due_at: sign_by.map(to_proto),
            feedback_due_at: settle_by.map(to_proto),
            ..told
        },
    };
    let trace = trace.map(str::to_owned);
    Announcement::Ready(Event { kind: PUSHES_REVISED, payload: message.encode_to_vec(), trace })
}

/// Asks notification for a reminder of a duty besides cases. All that it says is its reason: whom or what the duty is
/// about is for those to read who may.
#[must_use]
pub fn reminder_requested(due: &DueDuty, push: &RequestedPush, place: &RoutingCounty) -> Event {
    let message =
        PushRequested { subject: PushSubject::Duty.into(), ..asked_for(push, due.told_area(), place) };
    Event { kind: PUSH_REQUESTED, payload: message.encode_to_vec(), trace: None }
}

fn asked_for(push: &RequestedPush, area_code: &str, place: &RoutingCounty) -> PushRequested {
    let order = &push.order;
    let rulebook = place.rulebook();
    let agency = rulebook.directory.agency(&order.recipient.agency);
    PushRequested {
        agency_name: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
        agency_kind: agency.map(|agency| agency.kind.word().to_owned()).unwrap_or_default(),
        push_id: push.push_id.to_string(),
        case_id: push.subject_id.to_string(),
        agency: order.recipient.agency.clone(),
        form: order.recipient.form.code().into(),
        level: order.level.code().into(),
        area_code: area_code.to_owned(),
        area_name: place.county.areas.now().name_path(area_code),
        requested_at: Some(to_proto(order.requested_at)),
        due_at: Some(to_proto(order.due_at)),
        reason: order.reason.clone(),
        ..PushRequested::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_06_of_a_matter_that_does_not_open_nothing_is_sent() {
        let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
        let told = Matter { title: "求助".into(), narrative: "出警经过".into(), ..Default::default() };
        let sealed = sealed_matters::seal(&told, "120111", &keyring);
        let sent = |sealed: Vec<u8>, county: &str| {
            let push = Box::new(PushRequested { sealed_matter: sealed, ..Default::default() });
            let withheld = [MatterPart::Narrative].into();
            let event = Announcement::Reduced { push, withheld, trace: None }.into_event(county, &keyring);
            let push = PushRequested::decode(event.payload.as_slice()).unwrap();
            sealed_matters::open(&push.sealed_matter, county, &keyring).unwrap()
        };
        assert_eq!(sent(sealed.clone(), "120111"), Matter { narrative: String::new(), ..told });
        // Another county's, cut off, and none at all.
        assert_eq!(sent(sealed.clone(), "421181"), Matter::default());
        assert_eq!(sent(sealed[..9].to_vec(), "120111"), Matter::default());
        assert_eq!(sent(Vec::new(), "120111"), Matter::default());
    }
}
