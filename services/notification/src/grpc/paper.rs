//! What officers enter for agencies that can say it by no way of their own.

use std::sync::Arc;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::notification::v1::{
    CannotReason, FeedbackOutcome, Push, ReadPart, RecordFeedbackRequest, RecordFeedbackResponse,
    RecordReturnedRequest, RecordReturnedResponse, RecordSignedRequest, RecordSignedResponse, RecordedAct,
    RecordedMeans, ReturnReason, paper_service_server::PaperService,
};
use fengqiao_serving::time::{from_proto, now};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{
    checks::Checks,
    protected::{hidden_in_lists, keep_reading},
    status,
};
use crate::{
    answering::{Feedback, GivenBack, has_length},
    delivery::Delivery,
    domain::{
        push::Push as DomainPush,
        reading::has_room,
        recording::{Entry, Teller, is_over},
    },
    error::NotificationError,
    recording::{Deed, Recorder, Recording},
    wire,
};

/// The longest name and the longest capacity, in characters.
const TELLER_TEXT: usize = 80;

/// The service of the contract.
#[derive(Clone)]
pub struct PaperFace {
    delivery: Arc<Delivery>,
    recording: Recording,
}

/// What the three requests have in common.
struct Asked<'a> {
    county: &'a str,
    push_id: &'a str,
    act: Option<&'a RecordedAct>,
    purpose: &'a str,
}

impl PaperFace {
    /// A face on these pushes.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, recording: Recording) -> Self {
        Self { delivery, recording }
    }

    async fn record(
        &self,
        who: &Principal,
        asked: Asked<'_>,
        mut checks: Checks,
        deed: Deed,
    ) -> Result<Push, NotificationError> {
        let push_id = checks.uuid(asked.push_id, "pushId");
        if let Err(wrong) = has_room(asked.purpose) {
            checks.wrong("purpose", wrong);
        }
        let entry = entry(asked.act, &mut checks, now());
        checks.done()?;
        let by =
            Recorder { county: asked.county, actor: &who.name, capacity: who.capacity(), push_id, entry };
        let push = self.recording.record(by, &deed).await?;
        tracing::info!(county = asked.county, push = %push_id, "an officer entered what an agency did");
        self.shown(who, &push, asked.purpose).await
    }

    /// The push, with its matter unless its case is protected and nobody said why it is read.
    async fn shown(
        &self,
        who: &Principal,
        push: &DomainPush,
        purpose: &str,
    ) -> Result<Push, NotificationError> {
        let county = push.county.as_str();
        if purpose.trim().is_empty()
            && hidden_in_lists(&self.delivery, who, county, &[push.push_id]).await?.contains(&push.push_id)
        {
            return Ok(wire::push(push, None));
        }
        keep_reading(&self.delivery, who, (county, push.push_id), ReadPart::Push, purpose).await?;
        Ok(wire::push(push, Some(wire::open_matter(&self.delivery.keyring, push)?)))
    }
}

#[tonic::async_trait]
impl PaperService for PaperFace {
    async fn record_signed(
        &self,
        request: Request<RecordSignedRequest>,
    ) -> Result<Response<RecordSignedResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let of = Asked { county, push_id: &asked.push_id, act: asked.act.as_ref(), purpose: &asked.purpose };
        let push = self.record(who, of, Checks::default(), Deed::Signed).await;
        let push = push.map_err(status::of("entering a signature"))?;
        Ok(Response::new(RecordSignedResponse { push: Some(push) }))
    }

    async fn record_returned(
        &self,
        request: Request<RecordReturnedRequest>,
    ) -> Result<Response<RecordReturnedResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let of = Asked { county, push_id: &asked.push_id, act: asked.act.as_ref(), purpose: &asked.purpose };
        let given = GivenBack {
            reason: ReturnReason::try_from(asked.reason).unwrap_or_default(),
            text: asked.text.clone(),
            evidence: asked.evidence.clone(),
        };
        let push = self.record(who, of, Checks::default(), Deed::Returned(given)).await;
        let push = push.map_err(status::of("entering a return"))?;
        Ok(Response::new(RecordReturnedResponse { push: Some(push) }))
    }

    async fn record_feedback(
        &self,
        request: Request<RecordFeedbackRequest>,
    ) -> Result<Response<RecordFeedbackResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let of = Asked { county, push_id: &asked.push_id, act: asked.act.as_ref(), purpose: &asked.purpose };
        let mut checks = Checks::default();
        let cannot_reason = CannotReason::try_from(asked.cannot_reason);
        checks.hold(cannot_reason.is_ok(), "cannotReason", "must be a reason that the contract names");
        let given = Feedback {
            request_id: asked.request_id.clone(),
            outcome: FeedbackOutcome::try_from(asked.outcome).unwrap_or_default(),
            cannot_reason: cannot_reason.unwrap_or_default(),
            text: asked.text.clone(),
            attachments: Vec::new(),
        };
        let push = self.record(who, of, checks, Deed::Said(given)).await;
        let push = push.map_err(status::of("entering an answer"))?;
        Ok(Response::new(RecordFeedbackResponse { push: Some(push) }))
    }
}

/// What belongs to its being entered.
fn entry(act: Option<&RecordedAct>, checks: &mut Checks, now: Timestamp) -> Entry {
    let none = RecordedAct::default();
    checks.hold(act.is_some(), "act", "is needed");
    let act = act.unwrap_or(&none);
    let is_line = |text: &str| {
        has_length(text, 1..=TELLER_TEXT) && !text.trim().is_empty() && !text.contains(char::is_control)
    };
    checks.hold(is_line(&act.name), "act.name", "1 to 80 characters, of one line");
    checks.hold(is_line(&act.capacity), "act.capacity", "1 to 80 characters, of one line");
    let means = RecordedMeans::try_from(act.means).unwrap_or_default();
    checks.hold(means != RecordedMeans::Unspecified, "act.means", "must say how the centre learned of it");
    let done_at = act.done_at.as_ref().and_then(from_proto).and_then(whole_microseconds);
    match done_at {
        None => checks.wrong("act.doneAt", "must be a possible time"),
        Some(at) => {
            if let Err(wrong) = is_over(at, now) {
                checks.wrong("act.doneAt", wrong);
            }
        }
    }
    let teller = Teller { name: act.name.trim().to_owned(), capacity: act.capacity.trim().to_owned() };
    Entry { teller, means, done_at: done_at.unwrap_or(now), at: now }
}

/// As precisely as the database keeps it, so that what is read equals what was compared.
fn whole_microseconds(at: Timestamp) -> Option<Timestamp> {
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

#[cfg(test)]
mod tests {
    use fengqiao_serving::time::to_proto;

    use super::*;

    fn wrong_fields(act: Option<RecordedAct>) -> Vec<&'static str> {
        let mut checks = Checks::default();
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        entry(act.as_ref(), &mut checks, now);
        match checks.done() {
            Err(NotificationError::Invalid(fields)) => fields.iter().map(|field| field.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn it_is_said_who_did_it_when_and_how_that_is_known() {
        let right = RecordedAct {
            done_at: Some(to_proto(Timestamp::from_second(1_794_999_000).unwrap())),
            name: "周大明".into(),
            capacity: "村党支部书记".into(),
            means: RecordedMeans::Paper.into(),
        };
        assert_eq!(wrong_fields(Some(right.clone())), [""; 0]);
        let all = ["act.name", "act.capacity", "act.means", "act.doneAt"];
        assert_eq!(wrong_fields(Some(RecordedAct::default())), all);
        assert_eq!(wrong_fields(None), [&["act"], &all[..]].concat());
        let two_lines = RecordedAct { name: "周\n大明".into(), ..right.clone() };
        assert_eq!(wrong_fields(Some(two_lines)), ["act.name"]);
        let long = RecordedAct { capacity: "书".repeat(81), means: 9, ..right.clone() };
        assert_eq!(wrong_fields(Some(long)), ["act.capacity", "act.means"]);
        let later = to_proto(Timestamp::from_second(1_795_000_301).unwrap());
        assert_eq!(wrong_fields(Some(RecordedAct { done_at: Some(later), ..right })), ["act.doneAt"]);
    }
}
