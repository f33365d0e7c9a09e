//! The bell: who serves an agency in this process wakes when something comes onto its queue.
//!
//! One subscription a process, however many agencies it serves; nobody blocks a connection by waiting
//! for a queue. A ring that gets lost with its connection is made good when the connection is back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_messaging::{Backoff, RedisServer};
use futures::StreamExt as _;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{QueueKeys, Reserved, Seat};
use crate::error::NotificationError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The subscription is made anew where the server does not answer a ping in this time: a connection that
/// died without a word would else never ring again.
const SILENCE: Duration = Duration::from_secs(5);

/// An agency in its county.
type Who = (String, String);

/// Someone who serves an agency.
#[derive(Debug)]
struct Serving {
    bell: Arc<Notify>,
    /// Where pushes can be brought past the queue.
    seat: Option<Arc<Seat>>,
    /// It takes nothing off the queue in Redis: it owns the agency's pushes and reads them from Postgres.
    owns: bool,
}

/// The bells of all agencies that this process serves.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    serving: Arc<Mutex<HashMap<Who, Vec<Serving>>>>,
    suspicion: Arc<Notify>,
}

/// That this process serves an agency, as long as it is held.
#[derive(Debug)]
pub struct Reachable {
    bells: Bells,
    who: Who,
    bell: Arc<Notify>,
}

impl Reachable {
    /// Waits until something may have come.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Reachable {
    fn drop(&mut self) {
        let mut serving = self.bells.lock();
        if let Some(of_agency) = serving.get_mut(&self.who) {
            of_agency.retain(|one| !Arc::ptr_eq(&one.bell, &self.bell));
            if of_agency.is_empty() {
                serving.remove(&self.who);
            }
        }
    }
}

impl Bells {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Who, Vec<Serving>>> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that this process serves an agency from now on, and where pushes can be brought past the
    /// queue. Its bell rings at once, since something may be waiting. None where it is served `at_most`
    /// times already.
    #[must_use]
    pub fn serve(
        &self,
        county: &str,
        agency: &str,
        at_most: usize,
        seat: Option<Arc<Seat>>,
    ) -> Option<Reachable> {
        self.enter(county, agency, at_most, seat, false)
    }

    /// Says that this process owns an agency's pushes from now on, and reads them from Postgres.
    #[must_use]
    pub fn keep(&self, county: &str, agency: &str) -> Option<Reachable> {
        self.enter(county, agency, usize::MAX, None, true)
    }

    fn enter(
        &self,
        county: &str,
        agency: &str,
        at_most: usize,
        seat: Option<Arc<Seat>>,
        owns: bool,
    ) -> Option<Reachable> {
        let who = (county.to_owned(), agency.to_owned());
        let bell = Arc::new(Notify::new());
        bell.notify_one();
        let mut serving = self.lock();
        let of_agency = serving.entry(who.clone()).or_default();
        if of_agency.len() >= at_most {
            return None;
        }
        of_agency.push(Serving { bell: Arc::clone(&bell), seat, owns });
        drop(serving);
        Some(Reachable { bells: self.clone(), who, bell })
    }

    /// Rings for an agency.
    pub fn ring(&self, county: &str, agency: &str) {
        if let Some(of_agency) = self.lock().get(&(county.to_owned(), agency.to_owned())) {
            of_agency.iter().for_each(|one| one.bell.notify_one());
        }
    }

    /// Rings for all.
    pub fn ring_all(&self) {
        self.lock().values().flatten().for_each(|one| one.bell.notify_one());
    }

    /// Room for one push at an idle stream of the agency in this process.
    #[must_use]
    pub fn reserve(&self, county: &str, agency: &str) -> Option<Reserved> {
        let serving = self.lock();
        let of_agency = serving.get(&(county.to_owned(), agency.to_owned()))?;
        of_agency.iter().filter_map(|one| one.seat.as_ref()).find_map(Seat::reserve)
    }

    /// The agencies of a county that this process serves from the queues in Redis.
    #[must_use]
    pub fn served(&self, county: &str) -> Vec<String> {
        self.agencies(county, false)
    }

    /// The agencies of a county whose pushes this process owns.
    #[must_use]
    pub fn owned(&self, county: &str) -> Vec<String> {
        self.agencies(county, true)
    }

    fn agencies(&self, county: &str, owned: bool) -> Vec<String> {
        self.lock()
            .iter()
            .filter(|((of, _), serving)| of == county && serving.iter().any(|one| one.owns == owned))
            .map(|((_, agency), _)| agency.clone())
            .collect()
    }

    /// Says that queues may have been lost.
    pub fn suspect(&self) {
        self.suspicion.notify_one();
    }

    /// Waits until queues may have been lost.
    pub async fn suspected(&self) {
        self.suspicion.notified().await;
    }
}

/// Listens for the rings of all processes until told to stop. Faults of Redis are waited out.
pub async fn listen(
    server: RedisServer,
    keys: QueueKeys,
    counties: Vec<String>,
    bells: Bells,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = listen_connected(&server, &keys, &counties, &bells, &mut backoff) => ended,
        };
        if let Err(error) = ended {
            tracing::warn!(error = &error as &dyn std::error::Error, "the queues' bell is not heard");
        }
        metrics::counter!("fengqiao_notification_bell_losses_total").increment(1);
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(backoff.next_wait()) => {}
        }
    }
}

async fn listen_connected(
    server: &RedisServer,
    keys: &QueueKeys,
    counties: &[String],
    bells: &Bells,
    backoff: &mut Backoff,
) -> Result<(), NotificationError> {
    const OPERATION: &str = "subscribe to the queues' bell";
    let channels: HashMap<String, &String> =
        counties.iter().map(|county| (keys.bell(county), county)).collect();
    let connect = async {
        let mut subscription = server.listen().await?;
        subscription.subscribe(channels.keys().collect::<Vec<_>>()).await?;
        Ok(subscription)
    };
    let subscription = timeout(CONNECT_TIMEOUT, connect)
        .await
        .map_err(|_| NotificationError::Late(OPERATION))?
        .map_err(NotificationError::redis(OPERATION))?;
    backoff.reset();
    // Whatever rang while nobody listened, and whatever was lost with the old server.
    bells.suspect();
    bells.ring_all();
    let (mut sink, mut rings) = subscription.split();
    loop {
        match timeout(SILENCE, rings.next()).await {
            Ok(Some(message)) => {
                let rung: String = message.get_payload().unwrap_or_default();
                if let Some(county) = channels.get(message.get_channel_name()) {
                    rung.split('\n').for_each(|agency| bells.ring(county, agency));
                }
            }
            Ok(None) => return Ok(()),
            Err(_) => {
                timeout(CONNECT_TIMEOUT, sink.ping::<redis::Value>())
                    .await
                    .map_err(|_| NotificationError::Late(OPERATION))?
                    .map_err(NotificationError::redis(OPERATION))?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_who_serves_an_agency_hears_its_bell() {
        let bells = Bells::default();
        let police = bells.serve("421181", "police", 2, None).unwrap();
        let court = bells.serve("421181", "court", 2, None).unwrap();
        police.rung().await;
        court.rung().await;
        bells.ring("421181", "police");
        bells.ring("330681", "court");
        police.rung().await;
        assert!(timeout(Duration::from_millis(20), court.rung()).await.is_err());
    }

    #[test]
    fn an_agency_is_served_so_often_and_no_more() {
        let bells = Bells::default();
        let first = bells.serve("421181", "police", 1, None).unwrap();
        assert!(bells.serve("421181", "police", 1, None).is_none());
        assert_eq!(bells.served("421181"), ["police"]);
        drop(first);
        assert!(bells.served("421181").is_empty());
        assert!(bells.serve("421181", "police", 1, None).is_some());
    }
}
