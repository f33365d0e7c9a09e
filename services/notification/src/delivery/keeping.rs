//! Which queues this process owns: it says that it lives, takes its share of the agencies that have webhooks, and
//! keeps the others' hands off them by leases in Postgres. Redis has no say in it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use fengqiao_serving::time::now;
use fengqiao_webhook::{Address, Poster, Secret};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{AgencyQueue, Delivery};
use crate::{
    domain::{outcome::Fence, push::Push, secrets::signing, sharing::preferred},
    endpoints::Endpoint,
    error::NotificationError,
};

/// A lease is renewed so many times before it would end.
const RENEWED_TIMES: u32 = 4;

/// The queues that this process owns now, for whoever stores pushes.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<(String, String), Arc<AgencyQueue>>>);

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Arc<AgencyQueue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A queue of this process.
    #[must_use]
    pub fn queue(&self, county: &str, agency: &str) -> Option<Arc<AgencyQueue>> {
        self.lock().get(&(county.to_owned(), agency.to_owned())).cloned()
    }

    /// Brings a push that has just been stored to its owner.
    ///
    /// # Errors
    /// The push, where the owner is elsewhere.
    pub fn bring(&self, push: Push) -> Result<(), Box<Push>> {
        match self.queue(&push.county, &push.agency) {
            Some(queue) => {
                queue.bring(push);
                Ok(())
            }
            None => Err(Box::new(push)),
        }
    }

    pub(super) fn add(&self, county: &str, agency: &str, queue: &Arc<AgencyQueue>) {
        self.lock().insert((county.to_owned(), agency.to_owned()), Arc::clone(queue));
    }

    pub(super) fn remove(&self, county: &str, queue: &Arc<AgencyQueue>) {
        self.lock().retain(|(of, _), kept| of != county || !Arc::ptr_eq(kept, queue));
    }
}

/// Keeps this process's share of some endpoints.
pub struct Keeper {
    delivery: Arc<Delivery>,
    process: Uuid,
    poster: Poster,
    /// The threads that share all work.
    elsewhere: Handle,
    counties: HashMap<String, OfCounty>,
    /// Queues that are being let go; each ends with its county and agency.
    leaving: JoinSet<(String, String)>,
}

#[derive(Default)]
struct OfCounty {
    endpoints: Vec<Endpoint>,
    held: HashMap<String, Held>,
    leaving: HashSet<String>,
}

struct Held {
    queue: Arc<AgencyQueue>,
    lease: watch::Sender<Instant>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Of these endpoints. It is to run where pushes are stored; all posters of a queue but one work where
    /// this is called.
    #[must_use]
    pub fn new(delivery: Arc<Delivery>, endpoints: Vec<Endpoint>, poster: Poster) -> Self {
        let mut counties: HashMap<String, OfCounty> = HashMap::new();
        for endpoint in endpoints {
            counties.entry(endpoint.county.clone()).or_default().endpoints.push(endpoint);
        }
        let (process, elsewhere) = (Uuid::now_v7(), Handle::current());
        Self { delivery, process, poster, elsewhere, counties, leaving: JoinSet::new() }
    }

    /// Keeps them until told to stop, then lets all go in order.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let names: Vec<String> = self.counties.keys().cloned().collect();
        while !stop.is_cancelled() {
            let mut wait = Duration::from_secs(1);
            for county in &names {
                wait = wait.min(self.lease(county) / RENEWED_TIMES);
                match self.keep(county).await {
                    Ok(()) => backoff.reset(),
                    Err(error) => {
                        wait = wait.min(backoff.next_wait());
                        tracing::warn!(
                            county,
                            error = &error as &dyn std::error::Error,
                            "the agencies' queues are not kept"
                        );
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(wait) => {}
            }
        }
        for county in &names {
            let held: Vec<String> = self.of(county).held.keys().cloned().collect();
            held.into_iter().for_each(|agency| self.let_go(county, agency));
        }
        while self.leaving.join_next().await.is_some() {}
        for county in &names {
            if let Err(error) = self.delivery.store.process_gone(county, self.process).await {
                tracing::debug!(county, error = &error as &dyn std::error::Error, "forgotten later");
            }
        }
    }

    fn lease(&self, county: &str) -> Duration {
        self.delivery.settings_of(county).owner_lease
    }

    fn of(&mut self, county: &str) -> &mut OfCounty {
        self.counties.entry(county.to_owned()).or_default()
    }

    /// Renews what is held, takes what is free and ours, lets go what is another's.
    async fn keep(&mut self, county: &str) -> Result<(), NotificationError> {
        while let Some(left) = self.leaving.try_join_next() {
            if let Ok((county, agency)) = left {
                self.of(&county).leaving.remove(&agency);
            }
        }
        let (delivery, process, lease) = (Arc::clone(&self.delivery), self.process, self.lease(county));
        let agencies: Vec<String> =
            self.of(county).endpoints.iter().map(|endpoint| endpoint.agency.clone()).collect();
        let alive = delivery.store.process_seen(county, process, &agencies, lease).await?;
        let mut wanted = Vec::new();
        for agency in agencies {
            if preferred(&agency, &alive) == Some(process) {
                if !self.of(county).leaving.contains(&agency) {
                    wanted.push(agency);
                }
            } else if self.of(county).held.contains_key(&agency) {
                self.let_go(county, agency);
            }
        }
        // Before it is asked: what the database grants ends later than what is believed here.
        let until = Instant::now() + lease;
        let held = delivery.store.hold_queues(county, process, &wanted, lease).await?;
        let addresses = self.addresses(county).await?;
        let mut lost: HashSet<String> = self.of(county).held.keys().cloned().collect();
        for (agency, token) in held {
            lost.remove(&agency);
            let Some(address) = addresses.get(&agency) else { continue };
            self.hold(county, Fence { agency, token }, until, address);
        }
        for agency in lost {
            if let Some(held) = self.of(county).held.remove(&agency) {
                tracing::warn!(county, agency, "another process owns the agency's queue");
                held.queue.lose();
            }
        }
        Ok(())
    }

    /// Where each endpoint is, and what signs for it now.
    async fn addresses(&mut self, county: &str) -> Result<HashMap<String, Arc<Address>>, NotificationError> {
        let mut rotations = self.delivery.store.rotations(county, &self.delivery.keyring).await?;
        let at = now();
        let of = |endpoint: &Endpoint| {
            let later = rotations.remove(&endpoint.agency).unwrap_or_default();
            let secrets: Vec<Secret> = signing(&endpoint.address.secrets, &later, at);
            (endpoint.agency.clone(), Arc::new(Address { secrets, ..endpoint.address.clone() }))
        };
        Ok(self.of(county).endpoints.iter().map(of).collect())
    }

    fn hold(&mut self, county: &str, fence: Fence, until: Instant, address: &Arc<Address>) {
        let (delivery, poster, elsewhere) =
            (Arc::clone(&self.delivery), self.poster.clone(), self.elsewhere.clone());
        let of_county = self.of(county);
        if let Some(held) = of_county.held.get(&fence.agency)
            && held.queue.token() == fence.token
            && !held.queue.is_lost()
        {
            held.queue.sign_by(Arc::clone(address));
            held.lease.send_replace(until);
            return;
        }
        tracing::info!(county, agency = fence.agency, token = fence.token, "owns an agency's queue");
        let agency = fence.agency.clone();
        let queue =
            AgencyQueue::new(delivery, county.to_owned(), fence, Arc::clone(address), poster, elsewhere);
        let (lease, seen) = watch::channel(until);
        let task = tokio::spawn(Arc::clone(&queue).run(seen));
        if let Some(before) = of_county.held.insert(agency, Held { queue, lease, task }) {
            before.queue.lose();
        }
    }

    /// Ends a queue in order, then lets others take it.
    fn let_go(&mut self, county: &str, agency: String) {
        let Some(Held { queue, lease, task }) = self.of(county).held.remove(&agency) else { return };
        self.of(county).leaving.insert(agency.clone());
        let (delivery, process, county) = (Arc::clone(&self.delivery), self.process, county.to_owned());
        self.leaving.spawn(async move {
            queue.end();
            if let Err(error) = task.await {
                tracing::error!(error = &error as &dyn std::error::Error, "an agency's queue failed");
            }
            drop(lease);
            let agencies = [agency];
            if let Err(error) = delivery.store.let_queues_go(&county, process, &agencies).await {
                tracing::warn!(
                    county,
                    error = &error as &dyn std::error::Error,
                    "a queue comes free with its lease"
                );
            }
            let [agency] = agencies;
            (county, agency)
        });
    }
}
