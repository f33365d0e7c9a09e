//! Merging, undoing and splitting, as the contract has it.

use std::collections::BTreeSet;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::routing::v1::{
    Case, MergeCasesRequest, MergeCasesResponse, SplitCaseRequest, SplitCaseResponse, UndoMergeRequest,
    UndoMergeResponse,
};
use tonic::{Request, Status};
use uuid::Uuid;

use super::{RoutingFace, actor, requests};
use crate::{
    counties::RoutingCounty,
    domain::case::CaseFile,
    error::RoutingError,
    linking::{Link, Linking},
};

const REASON: usize = 1_000;
/// So many reports may be named at once; a case lists no more.
const MOST_REPORTS: usize = 1_000;

/// What every request here holds.
struct LinkRequest<'a> {
    county: &'a str,
    case: &'a str,
    request_id: &'a str,
    etag: &'a str,
    capacity: &'a str,
    reason: &'a str,
    link: Link,
}

pub(super) async fn merge_cases(
    face: &RoutingFace,
    request: &Request<MergeCasesRequest>,
) -> Result<MergeCasesResponse, Status> {
    let asked = request.get_ref();
    let into = requests::case_name(&asked.into)
        .map_err(|_| RoutingError::invalid("into", "must be a case's id or its number"))?;
    let link = LinkRequest {
        county: &asked.county,
        case: &asked.case,
        request_id: &asked.request_id,
        etag: &asked.etag,
        capacity: &asked.capacity,
        reason: &asked.reason,
        link: Link::Merge { into },
    };
    let (case, into) = run(face, request, link).await?;
    Ok(MergeCasesResponse { case: Some(case), into: Some(into) })
}

pub(super) async fn undo_merge(
    face: &RoutingFace,
    request: &Request<UndoMergeRequest>,
) -> Result<UndoMergeResponse, Status> {
    let asked = request.get_ref();
    let link = LinkRequest {
        county: &asked.county,
        case: &asked.case,
        request_id: &asked.request_id,
        etag: &asked.etag,
        capacity: &asked.capacity,
        reason: &asked.reason,
        link: Link::UndoMerge,
    };
    let (case, from) = run(face, request, link).await?;
    Ok(UndoMergeResponse { case: Some(case), from: Some(from) })
}

pub(super) async fn split_case(
    face: &RoutingFace,
    request: &Request<SplitCaseRequest>,
) -> Result<SplitCaseResponse, Status> {
    let asked = request.get_ref();
    let link = LinkRequest {
        county: &asked.county,
        case: &asked.case,
        request_id: &asked.request_id,
        etag: &asked.etag,
        capacity: &asked.capacity,
        reason: &asked.reason,
        link: Link::Split { report_ids: report_ids(&asked.report_ids)? },
    };
    let (case, new) = run(face, request, link).await?;
    Ok(SplitCaseResponse { case: Some(case), new_case: Some(new) })
}

fn report_ids(given: &[String]) -> Result<BTreeSet<Uuid>, RoutingError> {
    if given.is_empty() || given.len() > MOST_REPORTS {
        return Err(RoutingError::invalid("reportIds", &format!("1 to {MOST_REPORTS} reports")));
    }
    given
        .iter()
        .map(|id| {
            Uuid::try_parse(id).map_err(|_| RoutingError::invalid("reportIds", "must be ids of reports"))
        })
        .collect()
}

/// Carries it out. Returns the case that was named and the other one.
async fn run<T>(
    face: &RoutingFace,
    request: &Request<T>,
    asked: LinkRequest<'_>,
) -> Result<(Case, Case), Status> {
    let who = principal(request)?;
    let place = face.place(who, asked.county)?;
    let case = requests::case_name(asked.case)?;
    requests::length("requestId", asked.request_id, 1, 64)?;
    requests::length("reason", asked.reason, 0, REASON)?;
    let rulebook = place.rulebook();
    let now = face.commands.clock.now();
    let linking = Linking {
        actor: actor::acting(who, asked.capacity, &rulebook.directory, &place.county.time_zone, now)?,
        visible_to: who.agency.clone(),
        case,
        request_id: asked.request_id.to_owned(),
        etag: asked.etag.to_owned(),
        words: asked.reason.to_owned(),
        link: asked.link,
    };
    let linked = face.commands.link(place, linking).await?;
    Ok((answer(face, place, who, &linked.case).await?, answer(face, place, who, &linked.other).await?))
}

/// Rare enough to be answered whole: where reports and pushes are now is what one wants to see. But a protected case
/// is read by asking for it.
async fn answer(
    face: &RoutingFace,
    place: &RoutingCounty,
    who: &Principal,
    case: &CaseFile,
) -> Result<Case, RoutingError> {
    if case.docket.is_protected() {
        return Ok(face.answer(place, who, case));
    }
    face.whole_case(place, who, case).await
}
