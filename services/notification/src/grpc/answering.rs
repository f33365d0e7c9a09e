//! What agencies do with their pushes: sign, return, say what they did; and what they did until now.

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    self as wire_form, CannotReason, FeedbackOutcome, FeedbackPushRequest, FeedbackPushResponse,
    ListAnswersRequest, ListAnswersResponse, Push, ReadPart, ReturnPushRequest, ReturnPushResponse,
    ReturnReason, SignPushRequest, SignPushResponse, answer_service_server::AnswerService,
};
use fengqiao_serving::time::now;
use tonic::{Request, Response, Status};

use super::{NotificationFace, checks::Checks, protected::keep_reading, status};
use crate::{
    answering::{Answerer, Feedback, GivenBack},
    domain::push::Push as DomainPush,
    error::NotificationError,
    wire,
};

pub(super) async fn sign_push(
    face: &NotificationFace,
    request: &Request<SignPushRequest>,
) -> Result<SignPushResponse, Status> {
    const OPERATION: &str = "signing the push";
    let asked = request.get_ref();
    let who = answerer(request, &asked.county)?;
    let done = async {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        checks.done()?;
        shown(face, &face.answering.sign(&who, push_id, now()).await?)
    };
    done.await.map(|push| SignPushResponse { push: Some(push) }).map_err(status::of(OPERATION))
}

pub(super) async fn return_push(
    face: &NotificationFace,
    request: &Request<ReturnPushRequest>,
) -> Result<ReturnPushResponse, Status> {
    const OPERATION: &str = "returning the push";
    let asked = request.get_ref();
    let who = answerer(request, &asked.county)?;
    let done = async {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        checks.done()?;
        let given = GivenBack {
            reason: ReturnReason::try_from(asked.reason).unwrap_or_default(),
            text: asked.text.clone(),
            evidence: asked.evidence.clone(),
        };
        shown(face, &face.answering.give_back(&who, push_id, &given, now()).await?)
    };
    done.await.map(|push| ReturnPushResponse { push: Some(push) }).map_err(status::of(OPERATION))
}

pub(super) async fn feedback_push(
    face: &NotificationFace,
    request: &Request<FeedbackPushRequest>,
) -> Result<FeedbackPushResponse, Status> {
    const OPERATION: &str = "answering the push";
    let asked = request.get_ref();
    let who = answerer(request, &asked.county)?;
    let done = async {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        let attachments = asked.attachment_ids.iter().map(|id| checks.uuid(id, "attachmentIds")).collect();
        let cannot_reason = CannotReason::try_from(asked.cannot_reason);
        checks.hold(cannot_reason.is_ok(), "cannotReason", "must be a reason that the contract names");
        checks.done()?;
        let given = Feedback {
            request_id: asked.request_id.clone(),
            outcome: FeedbackOutcome::try_from(asked.outcome).unwrap_or_default(),
            cannot_reason: cannot_reason.unwrap_or_default(),
            text: asked.text.clone(),
            attachments,
        };
        shown(face, &face.answering.feedback(&who, push_id, &given, now()).await?)
    };
    done.await.map(|push| FeedbackPushResponse { push: Some(push) }).map_err(status::of(OPERATION))
}

#[tonic::async_trait]
impl AnswerService for NotificationFace {
    async fn list_answers(
        &self,
        request: Request<ListAnswersRequest>,
    ) -> Result<Response<ListAnswersResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let found = async {
            let mut checks = Checks::default();
            let push_id = checks.uuid(&asked.push_id, "pushId");
            checks.done()?;
            let answers = self.delivery.store.given_answers(county, push_id, who.agency.as_deref()).await?;
            // What is not there, or not the caller's, is not read.
            if !answers.is_empty() {
                let (read, purpose) = ((county, push_id), asked.purpose.as_str());
                keep_reading(&self.delivery, who, read, ReadPart::Answers, purpose).await?;
            }
            let answers = answers.iter().map(|one| wire::answer(&self.delivery.keyring, county, one));
            Ok(ListAnswersResponse { answers: answers.collect::<Result<Vec<wire_form::Answer>, _>>()? })
        };
        found.await.map(Response::new).map_err(status::of("listing answers"))
    }
}

/// Only agencies get here; whoever came without one has no pushes.
fn answerer<T>(request: &Request<T>, county: &str) -> Result<Answerer, Status> {
    let who = principal(request)?;
    let county = who.county_of(county)?;
    Answerer::system(who, county).ok_or_else(|| fengqiao_serving::status::not_found("push"))
}

fn shown(face: &NotificationFace, push: &DomainPush) -> Result<Push, NotificationError> {
    let matter = wire::open_matter(&face.delivery.keyring, push)?;
    Ok(wire::push(push, Some(matter)))
}
