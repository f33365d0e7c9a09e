//! One agency's webhook: takes from its own queue, with its own bounded number of requests, so that it
//! delays nobody else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use fengqiao_proto::json::to_json;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::now;
use fengqiao_telemetry::trace;
use fengqiao_webhook::{Answered, Message, Poster};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::Delivery;
use crate::{
    domain::{
        outcome::{Channel, Ending, Outcome, after_failure},
        push::Push,
    },
    endpoints::Endpoint,
    error::NotificationError,
    settings::DeliverySettings,
    wire,
};

/// How long requests may go on after the stop; others come again when their lease ends.
const DRAIN: Duration = Duration::from_secs(3);

/// Delivers the pushes of one agency to its endpoint.
pub struct WebhookWorker {
    delivery: Arc<Delivery>,
    endpoint: Arc<Endpoint>,
    poster: Poster,
    settings: Arc<DeliverySettings>,
}

impl WebhookWorker {
    /// A worker for an endpoint.
    #[must_use]
    pub fn new(delivery: Arc<Delivery>, endpoint: Endpoint, poster: Poster) -> Self {
        let settings = Arc::new(delivery.settings_of(&endpoint.county));
        Self { delivery, endpoint: Arc::new(endpoint), poster, settings }
    }

    /// Delivers until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let (county, agency) = (self.endpoint.county.clone(), self.endpoint.agency.clone());
        let Some(reachable) = self.delivery.bells.serve(&county, &agency, usize::MAX, None) else { return };
        // What should be on the queue already may have been lost while no process looked after it.
        self.delivery.bells.suspect();
        let mut requests = JoinSet::new();
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        loop {
            let room = self.settings.requests_at_once.saturating_sub(requests.len());
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = requests.join_next(), if !requests.is_empty() => {
                    if let Err(error) = ended {
                        tracing::error!(county, agency, error = &error as &dyn std::error::Error, "a request's task failed");
                    }
                    continue;
                }
                () = reachable.rung(), if room > 0 => {}
            }
            match self.delivery.next_pushes(&county, &agency, room).await {
                Ok((pushes, more)) => {
                    backoff.reset();
                    for push in pushes {
                        requests.spawn(self.deliver(push));
                    }
                    if more {
                        reachable.again();
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        county,
                        agency,
                        error = &error as &dyn std::error::Error,
                        "an agency's queue cannot be taken from"
                    );
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = sleep(backoff.next_wait()) => {}
                    }
                    reachable.again();
                }
            }
        }
        let _ = timeout(DRAIN, async { while requests.join_next().await.is_some() {} }).await;
    }

    fn deliver(&self, push: Push) -> impl Future<Output = ()> + Send + 'static {
        let (delivery, endpoint, poster) =
            (Arc::clone(&self.delivery), Arc::clone(&self.endpoint), self.poster.clone());
        let settings = Arc::clone(&self.settings);
        let span = trace::child_span("push by webhook", push.traceparent.as_deref());
        let traced = trace::onward(&span, push.traceparent.as_deref());
        async move {
            let (began_at, began) = (now(), Instant::now());
            let id = push.push_id.to_string();
            let answered = match body(&push, &delivery.keyring) {
                Ok(body) => {
                    let message = Message { id: &id, body, traceparent: traced.as_deref() };
                    poster.post(&endpoint.address, message, began_at, settings.request_timeout).await
                }
                Err(error) => {
                    tracing::error!(
                        push = id,
                        error = &error as &dyn std::error::Error,
                        "a push has no form"
                    );
                    Answered::failed("the matter cannot be opened")
                }
            };
            let ending = if answered.delivered {
                Ending::Delivered
            } else {
                Ending::Failed(after_failure(&push, &settings.retry, rand::random(), answered.asked))
            };
            delivery
                .settling
                .hand_in(Outcome {
                    county: push.county,
                    push_id: push.push_id,
                    attempt: push.attempts,
                    channel: Channel::Webhook,
                    began_at,
                    took: began.elapsed(),
                    ending,
                    http_status: answered.http_status,
                    error: answered.error,
                    trace: traced,
                })
                .await;
        }
        .instrument(span)
    }
}

fn body(push: &Push, keyring: &Keyring) -> Result<Vec<u8>, NotificationError> {
    let matter = wire::open_matter(keyring, push)?;
    let json = to_json(&wire::push(push, Some(matter)))?;
    Ok(json.to_string().into_bytes())
}
