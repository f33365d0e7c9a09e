//! What agencies do with their pushes: sign, return, say what they did.

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    FeedbackOutcome, FeedbackPushRequest, FeedbackPushResponse, Push, ReturnPushRequest, ReturnPushResponse,
    ReturnReason, SignPushRequest, SignPushResponse,
};
use fengqiao_serving::time::now;
use tonic::{Request, Status};
use uuid::Uuid;

use super::{
    checks::{Checks, has_length},
    status,
};
use crate::{
    delivery::Delivery,
    error::NotificationError,
    store::{Act, Answer},
    wire,
};

const RETURN_TEXT: usize = 1_000;
const FEEDBACK_TEXT: usize = 4_000;
/// A return names at most so many references …
const MOST_EVIDENCE: usize = 20;
/// … of at most so many characters.
const EVIDENCE_TEXT: usize = 200;
const REQUEST_ID: usize = 64;

pub(super) async fn sign_push(
    delivery: &Delivery,
    request: &Request<SignPushRequest>,
) -> Result<SignPushResponse, Status> {
    let asked = request.get_ref();
    let mut checks = Checks::default();
    let push_id = checks.uuid(&asked.push_id, "pushId");
    let push = answer(delivery, request, &asked.county, "signing the push", "sign", |_| {
        checks.done()?;
        Ok((push_id, Act::Sign))
    });
    Ok(SignPushResponse { push: Some(push.await?) })
}

pub(super) async fn return_push(
    delivery: &Delivery,
    request: &Request<ReturnPushRequest>,
) -> Result<ReturnPushResponse, Status> {
    let asked = request.get_ref();
    let push = answer(delivery, request, &asked.county, "returning the push", "return", |county| {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        let reason = ReturnReason::try_from(asked.reason).unwrap_or(ReturnReason::Unspecified);
        checks.hold(reason != ReturnReason::Unspecified, "reason", "must say why");
        checks.hold(has_length(&asked.text, 0..=RETURN_TEXT), "text", "at most 1,000 characters");
        // They are kept one a line.
        let is_reference = |text: &String| {
            has_length(text, 1..=EVIDENCE_TEXT) && !text.trim().is_empty() && !text.contains(char::is_control)
        };
        let (few, fit) = (asked.evidence.len() <= MOST_EVIDENCE, asked.evidence.iter().all(is_reference));
        checks.hold(few && fit, "evidence", "at most 20 references of 1 to 200 characters, each of one line");
        checks.done()?;
        let sealed_text = seal(delivery, county, &asked.text);
        let sealed_evidence = seal(delivery, county, &asked.evidence.join("\n"));
        Ok((push_id, Act::Return { reason, sealed_text, sealed_evidence }))
    });
    Ok(ReturnPushResponse { push: Some(push.await?) })
}

pub(super) async fn feedback_push(
    delivery: &Delivery,
    request: &Request<FeedbackPushRequest>,
) -> Result<FeedbackPushResponse, Status> {
    let asked = request.get_ref();
    let push = answer(delivery, request, &asked.county, "answering the push", "feedback", |county| {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        let outcome = FeedbackOutcome::try_from(asked.outcome).unwrap_or(FeedbackOutcome::Unspecified);
        checks.hold(has_length(&asked.request_id, 1..=REQUEST_ID), "requestId", "1 to 64 characters");
        checks.hold(outcome != FeedbackOutcome::Unspecified, "outcome", "must say how far the agency is");
        checks.hold(
            has_length(&asked.text, 1..=FEEDBACK_TEXT) && !asked.text.trim().is_empty(),
            "text",
            "1 to 4,000 characters",
        );
        checks.done()?;
        let sealed_text = seal(delivery, county, &asked.text);
        Ok((push_id, Act::Feedback { request_id: asked.request_id.clone(), outcome, sealed_text }))
    });
    Ok(FeedbackPushResponse { push: Some(push.await?) })
}

/// Carries out what an agency does with one of its pushes.
async fn answer<T>(
    delivery: &Delivery,
    request: &Request<T>,
    county: &str,
    operation: &'static str,
    name: &'static str,
    act: impl FnOnce(&str) -> Result<(Uuid, Act), NotificationError>,
) -> Result<Push, Status> {
    let who = principal(request)?;
    let county = who.county_of(county)?;
    // Only agencies get here; whoever came without one has no pushes.
    let agency = who.agency.clone().ok_or_else(|| fengqiao_serving::status::not_found("push"))?;
    let (push_id, act) = act(county).map_err(status::of(operation))?;
    let answer =
        Answer { county: county.to_owned(), push_id, agency, actor: who.name.clone(), act, at: now() };
    let (push, changed) = delivery.store.answer(&answer).await.map_err(status::of(operation))?;
    if changed {
        metrics::counter!("fengqiao_notification_answers_total", "county" => push.county.clone(), "act" => name)
            .increment(1);
    }
    let matter = wire::open_matter(&delivery.keyring, &push).map_err(status::of(operation))?;
    Ok(wire::push(&push, Some(matter)))
}

/// An agency's words may name people.
fn seal(delivery: &Delivery, county: &str, text: &str) -> Vec<u8> {
    if text.is_empty() { Vec::new() } else { delivery.keyring.seal(text.as_bytes(), county.as_bytes()) }
}
