//! The events that routing sends.

use fengqiao_messaging::Event;
use fengqiao_proto::{
    routing::v1::{CaseChanged, PushRequested, TakenCluster},
    types::v1::PushSubject,
};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use crate::{
    counties::RoutingCounty,
    domain::{case::CaseFile, standing::chasing::DueDuty},
    store::RequestedPush,
};

/// The kind of [`CaseChanged`].
pub const CASE_CHANGED: &str = "fengqiao.routing.v1.CaseChanged";
/// The kind of [`PushRequested`].
pub const PUSH_REQUESTED: &str = "fengqiao.routing.v1.PushRequested";

/// Says what a case is after a change, and which report made it, or which came here from another case.
/// `takes_reports_until`: see [`CaseFile::takes_reports_until`].
#[must_use]
pub fn case_changed(
    case: &CaseFile,
    takes_reports_until: Option<Timestamp>,
    report_id: Option<Uuid>,
    moved: &[Uuid],
    trace: Option<&str>,
) -> Event {
    let links = &case.docket.links;
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
    };
    Event { kind: CASE_CHANGED, payload: message.encode_to_vec(), trace: trace.map(str::to_owned) }
}

/// Asks notification for a push of a case.
#[must_use]
pub fn push_requested(
    case: &CaseFile,
    push: &RequestedPush,
    place: &RoutingCounty,
    trace: Option<&str>,
) -> Event {
    let evidence_for = place.rulebook().practice.returns.evidence_for.clone();
    let message = PushRequested {
        subject: PushSubject::Case.into(),
        case_number: case.number.clone(),
        category: case.category.clone(),
        first_source: case.first_source.into(),
        sealed_matter: case.sealed_matter.clone(),
        evidence_for: evidence_for.into_iter().map(i32::from).collect(),
        ..asked_for(push, &case.area_code, place)
    };
    Event { kind: PUSH_REQUESTED, payload: message.encode_to_vec(), trace: trace.map(str::to_owned) }
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
    PushRequested {
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
