//! The test console's face.

use std::time::Duration;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::{
    notification::v1::{
        AgencyEndpoint, ListAttemptsRequest, ListAttemptsResponse, ListEndpointsRequest,
        ListEndpointsResponse, ReceivedAnswer, ReplayAttemptRequest, ReplayAttemptResponse,
        RotateSecretRequest, RotateSecretResponse, SendSampleRequest, SendSampleResponse, SentRequest,
        ShownAttempt, endpoint_service_server::EndpointService,
    },
    types::v1::Role,
};
use fengqiao_serving::time::to_proto;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{checks::Checks, status};
use crate::{
    delivery::{Console, Delivery, Exchange},
    error::NotificationError,
    wire,
};

/// The secrets before a new one sign for so long where nothing is said …
const USUAL_OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// … and never longer.
const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);

/// The service of the contract.
#[derive(Clone)]
pub struct EndpointFace {
    console: Console,
}

impl EndpointFace {
    /// A face of this console.
    #[must_use]
    pub const fn new(console: Console) -> Self {
        Self { console }
    }

    async fn list(
        &self,
        who: &Principal,
        asked: &ListEndpointsRequest,
    ) -> Result<ListEndpointsResponse, Status> {
        let county = who.county_of(&asked.county)?;
        let delivery = self.console.delivery();
        let listed = async {
            let of_county = || delivery.endpoints.iter().filter(|endpoint| endpoint.county == county);
            let agencies: Vec<String> = of_county().map(|endpoint| endpoint.agency.clone()).collect();
            let mut states = delivery.store.endpoint_states(county, &agencies).await?;
            let mut endpoints = Vec::with_capacity(agencies.len());
            for endpoint in of_county() {
                let state = states.remove(&endpoint.agency).unwrap_or_default();
                let address = self.console.address(county, &endpoint.agency).await?;
                endpoints.push(AgencyEndpoint {
                    agency: endpoint.agency.clone(),
                    host: address.url.host_str().unwrap_or_default().to_owned(),
                    secrets: i32::try_from(address.secrets.len()).unwrap_or(i32::MAX),
                    waiting: state.waiting,
                    parked: state.parked,
                    owner: state.owner.map(|owner| owner.to_string()).unwrap_or_default(),
                    token: state.token,
                });
            }
            Ok::<_, NotificationError>(ListEndpointsResponse { endpoints })
        };
        listed.await.map_err(status::of("listing endpoints"))
    }

    async fn attempts(
        &self,
        who: &Principal,
        asked: &ListAttemptsRequest,
    ) -> Result<ListAttemptsResponse, Status> {
        let county = who.county_of(&asked.county)?;
        let delivery = self.console.delivery();
        let listed = async {
            let mut checks = Checks::default();
            let push_id = checks.uuid(&asked.push_id, "pushId");
            checks.done()?;
            let push = delivery.store.push(county, push_id).await?;
            let sees_matter = sees_matter(delivery, who, county, push_id).await?;
            // An agency without a webhook has tries, but nothing that was posted.
            let address = match self.console.address(county, &push.agency).await {
                Ok(address) => Some(address),
                Err(NotificationError::NoSuchEndpoint) => None,
                Err(error) => return Err(error),
            };
            let mut attempts = Vec::new();
            for attempt in delivery.store.attempts(county, push_id).await? {
                let posted = attempt.channel != crate::domain::outcome::Channel::Stream.name();
                let request = match &address {
                    Some(address) if posted => {
                        Some(sent(self.console.request_of(address, &push, &attempt, sees_matter)?))
                    }
                    _ => None,
                };
                let answer = match &attempt.sealed_answer {
                    Some(sealed) if sees_matter => {
                        let answer = delivery.keyring.open(sealed, county.as_bytes())?;
                        self.console.shown_answer(&push, &answer)?
                    }
                    _ => Vec::new(),
                };
                attempts.push(ShownAttempt { attempt: Some(wire::attempt(attempt)), request, answer });
            }
            Ok(ListAttemptsResponse { attempts })
        };
        listed.await.map_err(status::of("listing attempts"))
    }
}

#[tonic::async_trait]
impl EndpointService for EndpointFace {
    async fn list_endpoints(
        &self,
        request: Request<ListEndpointsRequest>,
    ) -> Result<Response<ListEndpointsResponse>, Status> {
        self.list(principal(&request)?, request.get_ref()).await.map(Response::new)
    }

    async fn send_sample(
        &self,
        request: Request<SendSampleRequest>,
    ) -> Result<Response<SendSampleResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let exchange =
            self.console.sample(county, &asked.agency).await.map_err(status::of("sending a sample"))?;
        tracing::info!(county, agency = asked.agency, by = who.role_name(), "a sample was sent");
        let (request, answer) = shown(exchange, true);
        Ok(Response::new(SendSampleResponse { request, answer }))
    }

    async fn list_attempts(
        &self,
        request: Request<ListAttemptsRequest>,
    ) -> Result<Response<ListAttemptsResponse>, Status> {
        self.attempts(principal(&request)?, request.get_ref()).await.map(Response::new)
    }

    async fn replay_attempt(
        &self,
        request: Request<ReplayAttemptRequest>,
    ) -> Result<Response<ReplayAttemptResponse>, Status> {
        const OPERATION: &str = "replaying an attempt";
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        checks.hold(asked.number >= 1, "number", "must be a try's number, from 1");
        checks.done().map_err(status::of(OPERATION))?;
        let sees_matter = sees_matter(self.console.delivery(), who, county, push_id).await;
        let sees_matter = sees_matter.map_err(status::of(OPERATION))?;
        let (mut exchange, number) =
            self.console.replay(county, push_id, asked.number).await.map_err(status::of(OPERATION))?;
        tracing::info!(county, push = %push_id, by = who.role_name(), "an attempt was replayed");
        if !sees_matter {
            exchange.sent.body = bytes::Bytes::new();
        }
        let (request, answer) = shown(exchange, sees_matter);
        Ok(Response::new(ReplayAttemptResponse { request, answer, number }))
    }

    async fn rotate_secret(
        &self,
        request: Request<RotateSecretRequest>,
    ) -> Result<Response<RotateSecretResponse>, Status> {
        const OPERATION: &str = "changing a secret";
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let overlap = match asked.overlap {
            None => Some(USUAL_OVERLAP),
            Some(given) => Duration::try_from(given).ok().filter(|given| *given <= LONGEST_OVERLAP),
        };
        let mut checks = Checks::default();
        checks.hold(overlap.is_some(), "overlap", "0 to 30 days");
        checks.done().map_err(status::of(OPERATION))?;
        let rotated = self.console.rotate(county, &asked.agency, overlap.unwrap_or_default(), &who.name);
        let (secret, until) = rotated.await.map_err(status::of(OPERATION))?;
        tracing::info!(county, agency = asked.agency, by = who.role_name(), "an endpoint has a new secret");
        Ok(Response::new(RotateSecretResponse { secret, before_until: Some(to_proto(until)) }))
    }
}

/// An operator keeps it running and sees no matter; of a protected case nobody sees it here, where nobody is asked why.
async fn sees_matter(
    delivery: &Delivery,
    who: &Principal,
    county: &str,
    push_id: Uuid,
) -> Result<bool, NotificationError> {
    Ok(who.role != Role::Operator && delivery.store.protected_of(county, &[push_id]).await?.is_empty())
}

fn sent(request: crate::delivery::SentRequest) -> SentRequest {
    SentRequest {
        webhook_id: request.id,
        webhook_timestamp: request.timestamp,
        webhook_signature: request.signature,
        body: String::from_utf8_lossy(&request.body).into_owned(),
    }
}

fn shown(exchange: Exchange, with_answer: bool) -> (Option<SentRequest>, Option<ReceivedAnswer>) {
    let Exchange { sent: request, answered, took } = exchange;
    let answer = ReceivedAnswer {
        delivered: answered.delivered,
        http_status: answered.http_status,
        error: answered.error,
        duration_ms: i32::try_from(took.as_millis()).unwrap_or(i32::MAX),
        body: if with_answer { answered.answer } else { Vec::new() },
    };
    (Some(sent(request)), Some(answer))
}
