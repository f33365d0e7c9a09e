//! The queue of one agency that has a webhook, as its owner delivers it: reads what waits, in its order, and posts it
//! over a bounded number of connections of its own, so that the agency delays nobody else.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use fengqiao_messaging::Backoff;
use fengqiao_proto::types::v1::Level;
use fengqiao_serving::time::now;
use fengqiao_telemetry::trace;
use fengqiao_webhook::{Address, Answered, Line, Message, Poster};
use tokio::{
    runtime::Handle,
    sync::{Notify, watch},
    task::JoinSet,
    time::{sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Delivery;
use crate::{
    domain::{
        breaker::Breaker,
        outcome::{Channel, Ending, Fence, Outcome, Tried, after_failure},
        push::Push,
        retry::Next,
        turns::{PAGE, PageEnd, Turns},
    },
    error::NotificationError,
    outgoing,
    queue::Reachable,
    settings::DeliverySettings,
};

/// How long requests may go on after the stop; others come again.
const DRAIN: Duration = Duration::from_secs(3);

/// An agency's queue, as long as this process owns it.
pub struct AgencyQueue {
    delivery: Arc<Delivery>,
    county: String,
    fence: Fence,
    settings: DeliverySettings,
    poster: Poster,
    /// Where it goes and what signs it; the secrets may change meanwhile.
    address: RwLock<Arc<Address>>,
    state: Mutex<State>,
    /// Something can be taken. Who waited least takes it: what its connection needs is still at hand.
    work: Notify,
    /// The same, for the one who shares the thread of what has just been stored.
    arrived: Notify,
    /// Where all others post.
    elsewhere: Handle,
    /// Something should be read.
    reading: Notify,
    /// Nothing more is taken.
    ending: CancellationToken,
    /// The queue is not ours any more: what is on its way is broken off.
    lost: CancellationToken,
}

struct State {
    turns: Turns<Box<Push>>,
    breaker: Breaker,
    /// When the next failed push is due.
    due: Option<Instant>,
    /// The one who shares the thread of what has just been stored waits for something.
    beside_waits: bool,
}

/// Which of those who post over connections of their own this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the thread on which pushes are stored: on a quiet system it posts what arrives without another thread being woken,
    /// which takes as long as posting.
    BesideArrivals,
    /// On the threads that share all work.
    Elsewhere,
}

/// What an outcome gives back when it is written down.
pub struct OnWay {
    queue: Arc<AgencyQueue>,
    push_id: Uuid,
    case_id: Uuid,
    /// It failed and is tried again after this time: what is of its case and of this level waits behind it.
    holds_back: Option<(Level, Duration)>,
}

impl OnWay {
    /// The outcome is written down, or given up: then the push is read again.
    pub(super) fn settled(self, written: bool) {
        let mut state = self.queue.state();
        if let Some((level, wait)) = self.holds_back {
            state.turns.hold_back(level, self.case_id);
            // From now on, since the database began to count when it was written down. Who looked before it is due there
            // would find nothing, and leave it to the sweeper.
            let due = Instant::now() + wait;
            state.due = Some(state.due.map_or(due, |before| before.min(due)));
        }
        state.turns.settled(self.push_id, self.case_id);
        if !written {
            state.turns.rung();
        }
        drop(state);
        self.queue.work.notify_last();
        if !written || self.holds_back.is_some() {
            self.queue.reading.notify_one();
        }
    }
}

impl AgencyQueue {
    /// A queue of this process from now on. It is to run where pushes are stored; all its posters but one work
    /// `elsewhere`.
    #[must_use]
    pub fn new(
        delivery: Arc<Delivery>,
        county: String,
        fence: Fence,
        address: Arc<Address>,
        poster: Poster,
        elsewhere: Handle,
    ) -> Arc<Self> {
        let settings = delivery.settings_of(&county);
        let breaker = Breaker::new(&settings.retry);
        Arc::new(Self {
            delivery,
            county,
            fence,
            settings,
            poster,
            address: RwLock::new(address),
            state: Mutex::new(State { turns: Turns::new(), breaker, due: None, beside_waits: false }),
            work: Notify::new(),
            arrived: Notify::new(),
            elsewhere,
            reading: Notify::new(),
            ending: CancellationToken::new(),
            lost: CancellationToken::new(),
        })
    }

    /// The owner's token.
    #[must_use]
    pub const fn token(&self) -> i64 {
        self.fence.token
    }

    /// Whether the queue is not ours any more.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Another has it: breaks off at once.
    pub fn lose(&self) {
        self.lost.cancel();
    }

    /// Takes nothing more; what is on its way may come to its end.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// What signs from now on.
    pub fn sign_by(&self, address: Arc<Address>) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// A push that has just been stored. False where it has to be read in its turn; then that is done.
    pub fn bring(&self, push: Push) -> bool {
        let mut state = self.state();
        let brought = state.turns.bring(Box::new(push));
        if !brought {
            state.turns.rung();
        }
        let beside = brought && std::mem::take(&mut state.beside_waits);
        drop(state);
        match (brought, beside) {
            (true, true) => self.arrived.notify_one(),
            (true, false) => self.work.notify_last(),
            (false, _) => self.reading.notify_last(),
        }
        brought
    }

    /// They were taken back: those that are not on their way do not go.
    pub fn recalled(&self, push_ids: &[Uuid]) {
        let mut state = self.state();
        state.turns.recalled(push_ids);
        let low = state.turns.is_low();
        drop(state);
        if low {
            self.reading.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers until told to end, or the lease that `lease` shows has passed.
    pub async fn run(self: Arc<Self>, lease: watch::Receiver<Instant>) {
        let Some(reachable) = self.delivery.bells.keep(&self.county, &self.fence.agency) else { return };
        self.delivery.kept.add(&self.county, &self.fence.agency, &self);
        let mut posting = JoinSet::new();
        posting.spawn(Arc::clone(&self).post_forever(Place::BesideArrivals));
        for _ in 1..self.settings.requests_at_once {
            posting.spawn_on(Arc::clone(&self).post_forever(Place::Elsewhere), &self.elsewhere);
        }
        tokio::select! {
            () = self.read_forever(&reachable) => {}
            () = passed(lease) => self.lose(),
            () = self.lost.cancelled() => {}
        }
        self.delivery.kept.remove(&self.county, &self);
        self.ending.cancel();
        let done = async { while posting.join_next().await.is_some() {} };
        if timeout(DRAIN, done).await.is_err() {
            self.lose();
            posting.shutdown().await;
        }
        if !self.is_lost() {
            // The next owner must not send what is not written down yet.
            let written = async {
                while !self.state().turns.is_idle() {
                    self.work.notified().await;
                }
            };
            let _ = timeout(DRAIN, written).await;
        }
        self.show_breaker(false);
    }

    /// Reads what waits as it is needed, until told to end.
    async fn read_forever(&self, reachable: &Reachable) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        loop {
            let mut wait = self.state().due;
            match self.read().await {
                Ok(true) => {
                    backoff.reset();
                    continue;
                }
                Ok(false) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(
                        county = self.county,
                        agency = self.fence.agency,
                        error = &error as &dyn std::error::Error,
                        "what waits for an agency cannot be read"
                    );
                    wait = Some(Instant::now() + backoff.next_wait());
                }
            }
            tokio::select! {
                () = self.ending.cancelled() => return,
                () = self.reading.notified() => {}
                () = reachable.rung() => self.state().turns.rung(),
                () = until(wait) => {
                    let mut state = self.state();
                    state.due = None;
                    state.turns.rung();
                }
            }
        }
    }

    /// Reads once. True where more should be read at once.
    async fn read(&self) -> Result<bool, NotificationError> {
        let (wanted, known) = {
            let mut state = self.state();
            let wanted = state.turns.begin_reading();
            let known = state.turns.known(&wanted);
            (wanted, known)
        };
        if wanted.is_empty() {
            return Ok(false);
        }
        let mut found =
            self.delivery.store.backlog(&self.county, &self.fence.agency, &wanted, &known).await?;
        let mut state = self.state();
        for from in wanted {
            // They are sorted by level, and the levels that are wanted too.
            let rest = found.split_off(found.partition_point(|one| one.level >= from.level));
            let of_level = std::mem::replace(&mut found, rest);
            let end = match of_level.last() {
                Some(last) if of_level.len() >= PAGE => PageEnd::Behind((last.requested_at, last.push_id)),
                _ => PageEnd::Last,
            };
            state.turns.read(from.level, of_level.into_iter().map(Box::new).collect(), end);
        }
        state.turns.end_reading();
        let again = state.turns.is_low();
        drop(state);
        self.work.notify_last();
        Ok(again)
    }

    /// Posts one push after the other over a connection of its own.
    async fn post_forever(self: Arc<Self>, place: Place) {
        let mut line = self.poster.line();
        while let Some(push) = self.next(place).await {
            tokio::select! {
                biased;
                () = self.lost.cancelled() => return,
                () = self.deliver(&mut line, push) => {}
            }
        }
    }

    /// The next push that may go; none when the end has come.
    async fn next(&self, place: Place) -> Option<Box<Push>> {
        let arrived = async || match place {
            Place::BesideArrivals => self.arrived.notified().await,
            Place::Elsewhere => std::future::pending().await,
        };
        loop {
            if self.ending.is_cancelled() || self.lost.is_cancelled() {
                return None;
            }
            let mut opens_at = None;
            {
                let mut state = self.state();
                let now = Instant::now();
                if place == Place::BesideArrivals {
                    // Said again below, where there is nothing to take.
                    state.beside_waits = false;
                }
                if !state.breaker.lets(now) {
                    opens_at = state.breaker.opens_at();
                } else if let Some(push) = state.turns.take() {
                    state.breaker.begins();
                    let (low, more) = (state.turns.is_low(), state.turns.held() > 0);
                    drop(state);
                    if low {
                        self.reading.notify_one();
                    }
                    if more {
                        self.work.notify_last();
                    }
                    return Some(push);
                } else {
                    state.beside_waits |= place == Place::BesideArrivals;
                }
            }
            tokio::select! {
                () = self.work.notified() => {}
                () = arrived() => {}
                () = until(opens_at) => {}
                () = self.ending.cancelled() => return None,
                () = self.lost.cancelled() => return None,
            }
        }
    }

    async fn deliver(self: &Arc<Self>, line: &mut Line, push: Box<Push>) {
        let span = trace::child_span("push by webhook", push.traceparent.as_deref());
        let traced = trace::onward(&span, push.traceparent.as_deref());
        let (began_at, began) = (now(), Instant::now());
        let id = push.push_id.to_string();
        let posting = async {
            match outgoing::json(&self.delivery.keyring, &push, push.attempts + 1) {
                Ok(body) => {
                    let address = Arc::clone(&self.address.read().unwrap_or_else(PoisonError::into_inner));
                    let message =
                        Message { id: &id, body: Bytes::from(body), traceparent: traced.as_deref() };
                    line.post(&address, &message, began_at, self.settings.request_timeout).await
                }
                Err(error) => {
                    tracing::error!(
                        push = id,
                        error = &error as &dyn std::error::Error,
                        "a push has no form"
                    );
                    Answered::failed("the matter cannot be opened")
                }
            }
        };
        let answered = posting.instrument(span).await;
        let ending = self.ended(&push, &answered);
        let sealed_answer = if answered.answer.is_empty() {
            Vec::new()
        } else {
            self.delivery.keyring.seal(&answered.answer, self.county.as_bytes())
        };
        let on_way = OnWay {
            queue: Arc::clone(self),
            push_id: push.push_id,
            case_id: push.case_id,
            holds_back: match ending {
                Ending::Failed(Next::After(wait)) => Some((push.level, wait)),
                _ => None,
            },
        };
        let outcome = Outcome {
            push: Tried::of(&push),
            county: push.county,
            attempt: push.attempts + 1,
            token: Some(self.fence.token),
            channel: Channel::Webhook,
            began_at,
            took: began.elapsed(),
            ending,
            http_status: answered.http_status,
            error: answered.error,
            sealed_answer,
            trace: traced,
        };
        self.delivery.settling.hand_in_owned(outcome, on_way).await;
    }

    /// What an answer means for the push, for those of its case that come later, and for the endpoint.
    fn ended(&self, push: &Push, answered: &Answered) -> Ending {
        let mut state = self.state();
        let was_open = state.breaker.is_open();
        if answered.delivered || is_about_the_push(answered.http_status) {
            state.breaker.took();
        } else {
            state.breaker.failed(Instant::now(), rand::random(), answered.asked);
        }
        let is_open = state.breaker.is_open();
        let ending = if answered.delivered {
            state.turns.arrived(push.push_id, push.case_id);
            Ending::Delivered
        } else {
            Ending::Failed(after_failure(push, &self.settings.retry, rand::random(), answered.asked))
        };
        drop(state);
        if answered.delivered {
            self.work.notify_last();
        }
        if was_open != is_open {
            self.show_breaker(is_open);
            // All may go again, or none but those that have to see that.
            self.work.notify_waiters();
        }
        ending
    }

    fn show_breaker(&self, open: bool) {
        metrics::gauge!("fengqiao_notification_breaker_open",
            "county" => self.county.clone(), "agency" => self.fence.agency.clone())
        .set(f64::from(u8::from(open)));
    }
}

/// Whether an endpoint that answers so works, and only does not want this push.
fn is_about_the_push(status: i32) -> bool {
    (300..500).contains(&status) && status != 408 && status != 429
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// Until the lease has passed and was not made longer meanwhile.
async fn passed(lease: watch::Receiver<Instant>) {
    loop {
        let end = *lease.borrow();
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        sleep(left).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_refuses_one_push_is_well() {
        assert!([307, 400, 404, 422].into_iter().all(is_about_the_push));
        assert!(![0, 408, 429, 500, 503].into_iter().any(is_about_the_push));
    }
}
