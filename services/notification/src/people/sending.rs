//! Handing over what waits on one channel of a county, the most urgent first, at least once: a message is claimed for longer
//! than a try may take, and what became of it is written down before it is forgotten. Who dies in between leaves the claim
//! to run out.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use fengqiao_proto::types::v1::Level;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::now;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    CountyPeople,
    gateway::{Gateway, Outgoing},
};
use crate::{
    domain::{
        breaker::Breaker,
        people::{Channel, kind_word},
        retry::Next,
    },
    error::NotificationError,
    settings::DeliverySettings,
    store::{
        Store,
        people::{Claimed, Tried},
    },
};

/// How often is looked where nobody rings: another process may have stored it, and a wait may be over.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a channel takes in a second is claimed in so many parts, each at its time.
const PARTS: u32 = 5;
/// How long tries may go on after the stop; others come again.
const DRAIN: Duration = Duration::from_secs(3);

/// One channel of one county.
pub struct Sender {
    people: Arc<CountyPeople>,
    channel: Channel,
    gateway: Arc<dyn Gateway>,
    /// So many messages it takes in a second.
    per_second: u16,
    store: Store,
    keyring: Arc<Keyring>,
    settings: DeliverySettings,
    breaker: Mutex<Breaker>,
    /// A try has ended.
    ended: Notify,
}

impl Sender {
    /// One for each channel of a county, with the county's times for deliveries.
    #[must_use]
    pub fn all_of(
        people: &Arc<CountyPeople>,
        store: &Store,
        keyring: &Arc<Keyring>,
        settings: &DeliverySettings,
    ) -> Vec<Arc<Self>> {
        let of = |(channel, gateway): (&Channel, &Arc<dyn Gateway>)| {
            Arc::new(Self {
                people: Arc::clone(people),
                channel: *channel,
                gateway: Arc::clone(gateway),
                per_second: people.settings.per_second(*channel),
                store: store.clone(),
                keyring: Arc::clone(keyring),
                settings: settings.clone(),
                breaker: Mutex::new(Breaker::new(&settings.retry)),
                ended: Notify::new(),
            })
        };
        people.gateways.iter().map(of).collect()
    }

    /// Hands over until told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let Some(bell) = self.people.bells.get(&self.channel).map(Arc::clone) else { return };
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let mut tries = JoinSet::new();
        let part = u32::from(self.per_second).div_ceil(PARTS);
        // A second's worth of a channel that takes few is claimed as slowly.
        let pause = Duration::from_secs(part.into()) / u32::from(self.per_second);
        let mut next = Instant::now();
        while !stop.is_cancelled() {
            while tries.try_join_next().is_some() {}
            let room = self.settings.requests_at_once.saturating_sub(tries.len()).min(part as usize);
            let mut wait = LOOK_EVERY;
            let early = next.saturating_duration_since(Instant::now());
            if !early.is_zero() {
                wait = early;
            } else if room > 0 {
                match self.claim(room).await {
                    Ok(claimed) => {
                        backoff.reset();
                        if !claimed.is_empty() {
                            // There may be more than what was claimed.
                            wait = pause;
                            next = Instant::now() + pause;
                        }
                        for message in claimed {
                            tries.spawn(Arc::clone(&self).try_once(message));
                        }
                    }
                    Err(error) => {
                        wait = backoff.next_wait();
                        self.warn(&error, "messages to persons are not read");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = bell.notified() => {}
                () = self.ended.notified() => {}
                () = sleep(wait) => {}
            }
        }
        let _ = timeout(DRAIN, async { while tries.join_next().await.is_some() {} }).await;
    }

    async fn claim(&self, room: usize) -> Result<Vec<Claimed>, NotificationError> {
        let local = self.people.county.time_zone.to_datetime(now()).time();
        let only_red = !self.people.settings.quiet.lets(Level::Orange, local);
        let left_alone = !self.breaker().lets(Instant::now());
        let lease = self.settings.lease;
        let county = &self.people.county.code;
        self.store.claim_messages(county, self.channel, room, only_red, left_alone, lease).await
    }

    async fn try_once(self: Arc<Self>, message: Claimed) {
        let ended = self.hand_over(&message).await;
        let county = &self.people.county.code;
        let result = ended.result;
        metrics::counter!(
            "fengqiao_people_messages_total",
            "county" => county.clone(), "channel" => self.channel.name(), "result" => result
        )
        .increment(1);
        if result == "taken" {
            let waited = now().duration_since(message.requested_at).as_secs_f64();
            metrics::histogram!(
                "fengqiao_people_seconds",
                "county" => county.clone(), "of" => kind_word(message.kind)
            )
            .record(waited.max(0.0));
        }
        if let Err(error) = self.store.settle_message(county, &message, &ended).await {
            // The claim runs out, and the gateway gets it again under the same id.
            self.warn(&error, "what became of a message is not written down");
        }
        self.ended.notify_one();
    }

    async fn hand_over(&self, message: &Claimed) -> Tried {
        let other = message.next_channel();
        let now = Instant::now();
        {
            let mut breaker = self.breaker();
            if !breaker.lets(now) {
                return Tried::failed(
                    other,
                    Duration::ZERO,
                    0,
                    "the channel is left alone for a while".to_owned(),
                );
            }
            breaker.begins();
        }
        let outgoing = match self.opened(message) {
            Ok(outgoing) => outgoing,
            Err(error) => {
                self.breaker().took();
                self.warn(&error, "a message does not open");
                return Tried::parked(self.channel, 0, "it does not open".to_owned());
            }
        };
        let answered = self.gateway.hand_over(&outgoing, self.settings.request_timeout).await;
        if answered.delivered {
            self.breaker().took();
            return Tried::taken(self.channel, answered.http_status);
        }
        let random = rand::random_range(0.0..1.0);
        self.breaker().failed(Instant::now(), random, answered.asked);
        let failures = u32::try_from(message.failures).unwrap_or(0).saturating_add(1);
        let first_round = usize::try_from(failures).unwrap_or(usize::MAX) < message.channels.len();
        match self.settings.retry.next(failures, random, answered.asked) {
            // The next channel is tried at once; only when all have failed one waits.
            Next::After(_) if first_round => {
                Tried::failed(other, Duration::ZERO, answered.http_status, answered.error)
            }
            Next::After(wait) => Tried::failed(other, wait, answered.http_status, answered.error),
            Next::Park => Tried::parked(self.channel, answered.http_status, answered.error),
        }
    }

    fn opened(&self, message: &Claimed) -> Result<Outgoing, NotificationError> {
        let county = self.people.county.code.as_bytes();
        let open = |sealed: &[u8]| {
            let plain = self.keyring.open(sealed, county)?;
            Ok::<_, NotificationError>(String::from_utf8_lossy(&plain).into_owned())
        };
        Ok(Outgoing {
            id: message.message_id.to_string(),
            channel: self.channel,
            telephone: open(&message.sealed_address)?,
            text: open(&message.sealed_text)?,
        })
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warn(&self, error: &NotificationError, what: &'static str) {
        let error: &dyn std::error::Error = error;
        tracing::warn!(county = self.people.county.code, channel = self.channel.name(), error, "{what}");
    }
}
