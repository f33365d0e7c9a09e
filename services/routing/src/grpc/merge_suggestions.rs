//! The face of suggestions to merge.

use fengqiao_access::principal;
use fengqiao_proto::routing::v1::{
    DismissMergeSuggestionRequest, DismissMergeSuggestionResponse, ListMergeSuggestionsRequest,
    ListMergeSuggestionsResponse, MergeSuggestion, MergeSuggestionState, SuggestedCase as CaseMessage,
    SuggestionReason,
    merge_suggestion_service_server::{MergeSuggestionService, MergeSuggestionServiceServer},
};
use fengqiao_serving::{MAX_MESSAGE_BYTES, paging, time::to_proto};
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{RoutingFace, duty_fields, requests};
use crate::{
    counties::RoutingCounty,
    domain::standing::{Outcome, StandingDuty, recording::Recording},
    error::RoutingError,
    store::{ListedSuggestion, SuggestedCase, SuggestionFilter, list_suggestions},
};

const REASON: usize = 1_000;

impl RoutingFace {
    /// The service of suggestions to merge, to be served.
    #[must_use]
    pub fn into_merge_suggestion_server(self) -> MergeSuggestionServiceServer<Self> {
        MergeSuggestionServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl MergeSuggestionService for RoutingFace {
    async fn list_merge_suggestions(
        &self,
        request: Request<ListMergeSuggestionsRequest>,
    ) -> Result<Response<ListMergeSuggestionsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let case_id = match asked.case.as_str() {
            "" => None,
            named => Some(self.seen_case(place, who, named).await?.id),
        };
        let filter = SuggestionFilter { visible_to: who.agency.clone(), case_id, open: !asked.settled };
        let before = requests::page_token::<Uuid>(&asked.page_token)?;
        let size = paging::size(asked.page_size, 50, 200);
        let county = &place.county.code;
        let mut found =
            list_suggestions(&self.pool, &self.keyring, county, &filter, before, size + 1).await?;
        let next_page_token = requests::next_page(
            &mut found,
            size,
            |listed| listed.duty.record.as_ref().map_or(0, |record| record.words.len()),
            |listed| paging::write(&listed.duty.id),
        );
        let now = self.commands.clock.now();
        let suggestions = found.iter().map(|listed| shown(listed, place, now)).collect();
        Ok(Response::new(ListMergeSuggestionsResponse { suggestions, next_page_token }))
    }

    async fn dismiss_merge_suggestion(
        &self,
        request: Request<DismissMergeSuggestionRequest>,
    ) -> Result<Response<DismissMergeSuggestionResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("reason", &asked.reason, 1, REASON)?;
        if asked.reason.trim().is_empty() {
            return Err(RoutingError::invalid("reason", "must be given").into());
        }
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let id = duty_fields::id("suggestionId", &asked.suggestion_id)?;
        let recording = Recording {
            outcome: Outcome::Apart,
            words: asked.reason.clone(),
            stay: None,
            hazards: Vec::new(),
            next_at: None,
        };
        let recorded = self.commands.record_duty(place, &actor, &asked.request_id, id, recording).await?;
        let duty = Some(duty_fields::whole(&recorded.duty, place, actor.at));
        Ok(Response::new(DismissMergeSuggestionResponse { duty }))
    }
}

fn shown(listed: &ListedSuggestion, place: &RoutingCounty, now: Timestamp) -> MergeSuggestion {
    let ListedSuggestion { duty, decision_id, ground, cases } = listed;
    MergeSuggestion {
        suggestion_id: duty.id.to_string(),
        state: state(duty).into(),
        cases: cases.iter().map(|case| shown_case(case, place)).collect(),
        joined_at: Some(to_proto(ground.joined_at)),
        decided_by: ground.decided_by.clone(),
        score_bits: ground.score,
        reasons: ground
            .reasons
            .iter()
            .map(|reason| SuggestionReason { text: reason.text.clone(), bits: reason.bits })
            .collect(),
        duty: Some(duty_fields::whole(duty, place, now)),
        decision_id: decision_id.to_string(),
    }
}

fn state(duty: &StandingDuty) -> MergeSuggestionState {
    match (&duty.duty.ending, &duty.record) {
        (None, _) => MergeSuggestionState::Open,
        (Some(_), Some(_)) => MergeSuggestionState::Dismissed,
        (Some(ending), None) if ending.met => MergeSuggestionState::Merged,
        (Some(_), None) => MergeSuggestionState::FellAway,
    }
}

fn shown_case(case: &SuggestedCase, place: &RoutingCounty) -> CaseMessage {
    CaseMessage {
        case_id: case.id.to_string(),
        number: case.number.clone(),
        state: case.state.code().into(),
        level: case.level.code().into(),
        category: case.category.clone(),
        area_name: place.county.areas.now().name_path(&case.area_code),
        opened_at: Some(to_proto(case.opened_at)),
    }
}
