//! One agency's stream: sends as many pushes as the agency can hold, red first, and takes its
//! acknowledgements.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use fengqiao_proto::notification::v1 as contract;
use fengqiao_serving::time::now;
use fengqiao_telemetry::trace;
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use tokio::{sync::mpsc, time::sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::Span;
use uuid::Uuid;

use super::Delivery;
use crate::{
    domain::{
        outcome::{Channel, Ending, Outcome, Tried, after_failure},
        push::Push,
        retry::Next,
        window::{Acknowledged, Window},
    },
    error::NotificationError,
    queue::{Reachable, Seated},
    settings::DeliverySettings,
    store::ResumePlace,
    wire,
};

/// Pushes are claimed in small steps, each sent before the next, so that a late red overtakes.
const STEP: usize = 32;
/// So many are read at once of what comes again.
const REPEATED: i64 = 100;

/// A stream that an agency has opened.
pub struct StreamSession {
    delivery: Arc<Delivery>,
    settings: DeliverySettings,
    county: String,
    agency: String,
    reachable: Reachable,
    /// How much room there is, and what is brought past the queue.
    seated: Seated,
    window: Window<Sent>,
    /// Something may be on the queue.
    wants: bool,
    /// Claimed and not yet with the transport.
    ready: VecDeque<contract::Push>,
    backoff: Backoff,
    /// After a fault of the stores: not before this.
    again_at: Option<Instant>,
    /// What the agency has had since this comes again first.
    resumed_after: Option<ResumePlace>,
    /// Until then something that failed waits for its next try: what comes meanwhile may belong behind it, and is not
    /// brought past the queue.
    failed_until: Option<Instant>,
}

/// A push in flight.
#[derive(Debug, Clone)]
struct Sent {
    push: Arc<Push>,
    began: Instant,
    began_at: Timestamp,
    /// Open until the agency has the push.
    span: Span,
}

impl StreamSession {
    /// A stream of an agency that is served from now on.
    #[must_use]
    pub fn new(
        delivery: Arc<Delivery>,
        county: String,
        agency: String,
        reachable: Reachable,
        seated: Seated,
    ) -> Self {
        Self {
            settings: delivery.settings_of(&county),
            delivery,
            county,
            agency,
            reachable,
            window: Window::new(seated.room()),
            seated,
            wants: true,
            ready: VecDeque::new(),
            backoff: Backoff::new(Duration::from_millis(50), Duration::from_secs(2)),
            again_at: None,
            resumed_after: None,
            failed_until: None,
        }
    }

    /// What the agency got behind a push that it has kept comes again first.
    #[must_use]
    pub const fn resumed_after(mut self, place: Option<ResumePlace>) -> Self {
        self.resumed_after = place;
        self
    }

    /// Serves the stream until the agency ends it. What it has not acknowledged then is free at once.
    ///
    /// # Errors
    /// Why this side ends it.
    pub async fn run(
        mut self,
        acknowledged: impl Stream<Item = Result<Uuid, NotificationError>> + Unpin,
        pushes: mpsc::Sender<contract::Push>,
        stop: CancellationToken,
    ) -> Result<(), NotificationError> {
        if let Err(error) = self.delivery.welcome(&self.county, &self.agency).await {
            tracing::warn!(
                county = self.county,
                agency = self.agency,
                error = &error as &dyn std::error::Error,
                "what waits for an agency is queued later"
            );
        }
        let ended = match self.repeat(&pushes, &stop).await {
            Ok(()) => self.serve(acknowledged, &pushes, &stop).await,
            Err(error) => Err(error),
        };
        self.seated.set_idle(false);
        for push in self.seated.close() {
            self.make_ready(push).await;
        }
        for sent in self.window.drain() {
            let error = "the stream ended before it was acknowledged";
            self.hand_in(&sent, Ending::Released, error).await;
        }
        ended
    }

    /// Sends what the agency has had already once more, as it arrived. Nothing of it is to be acknowledged.
    async fn repeat(
        &mut self,
        pushes: &mpsc::Sender<contract::Push>,
        stop: &CancellationToken,
    ) -> Result<(), NotificationError> {
        while let Some(place) = self.resumed_after {
            let store = &self.delivery.store;
            let (page, behind) = store.got_behind(&self.county, &self.agency, place, REPEATED).await?;
            self.resumed_after = Some(behind).filter(|_| !page.is_empty());
            for push in &page {
                let push = wire::push(push, Some(wire::open_matter(&self.delivery.keyring, push)?));
                tokio::select! {
                    () = stop.cancelled() => return Err(NotificationError::Stopping),
                    sent = pushes.send(push) => if sent.is_err() { return Ok(()) },
                }
            }
        }
        Ok(())
    }

    async fn serve(
        &mut self,
        mut acknowledged: impl Stream<Item = Result<Uuid, NotificationError>> + Unpin,
        pushes: &mpsc::Sender<contract::Push>,
        stop: &CancellationToken,
    ) -> Result<(), NotificationError> {
        loop {
            // Where what was taken was another's already, or on the queue twice, what waits behind it is looked at at once.
            while self.may_fetch() && !stop.is_cancelled() {
                self.fetch().await;
            }
            self.failed_until = self.failed_until.filter(|until| *until > Instant::now());
            self.seated.set_idle(!self.wants && self.ready.is_empty() && self.failed_until.is_none());
            let lease_end = self.window.next_end();
            tokio::select! {
                () = stop.cancelled() => return Err(NotificationError::Stopping),
                Some(push) = self.seated.brought() => self.make_ready(push).await,
                permit = pushes.reserve(), if !self.ready.is_empty() => match (permit, self.ready.pop_front()) {
                    (Ok(permit), Some(push)) => permit.send(push),
                    // Nobody listens any more.
                    _ => return Ok(()),
                },
                said = acknowledged.next() => match said {
                    Some(push_id) => self.acknowledge(push_id?).await,
                    None => return Ok(()),
                },
                () = self.reachable.rung() => self.wants = true,
                () = until(lease_end), if lease_end.is_some() => self.end_leases().await,
                () = until(self.again_at), if self.again_at.is_some() => self.again_at = None,
                () = until(self.failed_until), if self.failed_until.is_some() => {}
            }
        }
    }

    fn may_fetch(&self) -> bool {
        self.wants && self.ready.is_empty() && self.again_at.is_none() && self.seated.room() > 0
    }

    /// Takes and claims the next few.
    async fn fetch(&mut self) {
        let count = self.seated.occupy(STEP);
        if count == 0 {
            return;
        }
        match self.delivery.next_pushes(&self.county, &self.agency, count).await {
            Ok((claimed, more)) => {
                self.backoff.reset();
                self.wants = more;
                self.seated.free(count - claimed.len().min(count));
                for push in claimed {
                    self.make_ready(push).await;
                }
            }
            Err(error) => {
                tracing::warn!(
                    county = self.county,
                    agency = self.agency,
                    error = &error as &dyn std::error::Error,
                    "an agency's queue cannot be taken from"
                );
                self.seated.free(count);
                self.again_at = Some(Instant::now() + self.backoff.next_wait());
            }
        }
    }

    /// Makes a claimed push, whose room is taken, ready for the transport.
    async fn make_ready(&mut self, mut push: Push) {
        let opened = wire::open_matter(&self.delivery.keyring, &push);
        // Not needed any more, and the largest part of what the window would hold.
        push.sealed_matter = Vec::new();
        let sent = Sent {
            span: trace::child_span("push by stream", push.traceparent.as_deref()),
            push: Arc::new(push),
            began: Instant::now(),
            began_at: now(),
        };
        match opened {
            Ok(matter) => {
                self.ready.push_back(wire::push(&sent.push, Some(matter)));
                let (id, began) = (sent.push.push_id, sent.began);
                self.window.hold(id, sent, began, self.settings.lease);
            }
            Err(error) => {
                tracing::error!(push = %sent.push.push_id, error = &error as &dyn std::error::Error, "a push has no form");
                self.seated.free(1);
                let next = after_failure(&sent.push, &self.settings.retry, rand::random(), None);
                self.hand_in(&sent, Ending::Failed(next), "the matter cannot be opened").await;
            }
        }
    }

    async fn acknowledge(&mut self, push_id: Uuid) {
        // Anything else is not this stream's, or was acknowledged before.
        match self.window.acknowledge(push_id) {
            Some(Acknowledged::InTime(sent)) => {
                self.seated.free(1);
                self.hand_in(&sent, Ending::Delivered, "").await;
            }
            Some(Acknowledged::Late(sent)) => self.hand_in(&sent, Ending::Delivered, "").await,
            None => {}
        }
    }

    async fn end_leases(&mut self) {
        for sent in self.window.ended(Instant::now()) {
            self.seated.free(1);
            self.ready.retain(|ready| ready.push_id != sent.push.push_id.to_string());
            let next = after_failure(&sent.push, &self.settings.retry, rand::random(), None);
            if let Next::After(wait) = next {
                let due = Instant::now() + wait;
                self.failed_until = Some(self.failed_until.map_or(due, |before| before.max(due)));
            }
            let error = format!("not acknowledged within {} ms", self.settings.lease.as_millis());
            self.hand_in(&sent, Ending::Failed(next), &error).await;
        }
    }

    async fn hand_in(&self, sent: &Sent, ending: Ending, error: &str) {
        self.delivery
            .settling
            .hand_in(Outcome {
                county: self.county.clone(),
                push: Tried::of(&sent.push),
                attempt: sent.push.attempts,
                token: None,
                channel: Channel::Stream,
                began_at: sent.began_at,
                took: sent.began.elapsed(),
                ending,
                http_status: 0,
                error: error.to_owned(),
                sealed_answer: Vec::new(),
                trace: trace::onward(&sent.span, sent.push.traceparent.as_deref()),
            })
            .await;
    }
}

async fn until(instant: Option<Instant>) {
    if let Some(instant) = instant {
        sleep_until(instant.into()).await;
    }
}
