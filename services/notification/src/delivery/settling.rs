//! Writing down what became of tries. Outcomes that come while a commit runs share the next one.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::OnWay;
use crate::{
    domain::{
        lane::Lane,
        outcome::{Ending, Outcome},
        queued::Queued,
    },
    error::NotificationError,
    queue::Queues,
    store::{Settlements, Store},
};

/// How many outcomes wait at most; then channels wait.
const WAITING_AT_MOST: usize = 4_096;
/// How many one transaction writes at most.
const BATCH: usize = 500;
/// How often a batch is tried. What cannot be written is not lost: its lease ends and it is sent again.
const TRIES: u32 = 30;
/// After the stop: outcomes of ending channels still come for this long without a pause.
const PAUSE_AT_END: Duration = Duration::from_millis(400);
/// After the stop nothing is written later than this.
const END_AFTER: Duration = Duration::from_secs(4);

/// Where channels hand in outcomes.
#[derive(Clone, Default)]
pub struct Settling(HashMap<String, mpsc::Sender<HandedIn>>);

/// An outcome, and what waits for it to be written down.
type HandedIn = (Outcome, Option<OnWay>);

/// Writes the outcomes of one county.
pub struct Settler {
    county: String,
    outcomes: mpsc::Receiver<HandedIn>,
    settlements: Settlements,
    queues: Queues,
}

impl Settling {
    /// A settler for each county, and where to hand in outcomes.
    #[must_use]
    pub fn new(counties: &[String], store: &Store, queues: &Queues) -> (Self, Vec<Settler>) {
        let mut senders = HashMap::new();
        let mut settlers = Vec::new();
        for county in counties {
            let (sender, outcomes) = mpsc::channel(WAITING_AT_MOST);
            senders.insert(county.clone(), sender);
            settlers.push(Settler {
                county: county.clone(),
                outcomes,
                settlements: Settlements::beside(store),
                queues: queues.clone(),
            });
        }
        (Self(senders), settlers)
    }

    /// Hands in an outcome; waits while too many wait already. One that cannot be handed in is made good
    /// by the end of its lease.
    pub async fn hand_in(&self, outcome: Outcome) {
        self.send((outcome, None)).await;
    }

    /// The same of an owner's push, which is on its way until this is written down.
    pub(super) async fn hand_in_owned(&self, outcome: Outcome, on_way: OnWay) {
        self.send((outcome, Some(on_way))).await;
    }

    async fn send(&self, handed_in: HandedIn) {
        let Some(sender) = self.0.get(&handed_in.0.county) else { return };
        if sender.send(handed_in).await.is_err() {
            tracing::debug!("an outcome came after the end");
        }
    }
}

impl Settler {
    /// Writes until told to stop and nothing comes any more.
    pub async fn run(mut self, stop: CancellationToken) {
        self.settlements.open().await;
        let mut waiting = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                count = self.outcomes.recv_many(&mut waiting, BATCH) => if count == 0 { break },
                () = stop.cancelled() => break,
            }
            self.write(&mut waiting, &stop).await;
        }
        let end = Instant::now() + END_AFTER;
        while Instant::now() < end
            && timeout(PAUSE_AT_END, self.outcomes.recv_many(&mut waiting, BATCH)).await.is_ok_and(|n| n > 0)
        {
            self.write(&mut waiting, &stop).await;
        }
        let _ = timeout(PAUSE_AT_END, self.settlements.close()).await;
    }

    async fn write(&self, waiting: &mut Vec<HandedIn>, stop: &CancellationToken) {
        let (outcomes, on_way): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let written = self.write_all(&one_for_each_push(outcomes), stop).await;
        on_way.into_iter().flatten().for_each(|one| one.settled(written));
    }

    /// False where they are given up.
    async fn write_all(&self, outcomes: &[Outcome], stop: &CancellationToken) -> bool {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        loop {
            match self.settlements.settle(&self.county, outcomes).await {
                Ok(settled) => {
                    self.count(outcomes, &settled);
                    self.queue_released(&settled).await;
                    return true;
                }
                Err(error) => {
                    let last = backoff.tries() >= TRIES || stop.is_cancelled() || !can_pass(&error);
                    tracing::warn!(
                        county = self.county,
                        outcomes = outcomes.len(),
                        given_up = last,
                        error = &error as &dyn std::error::Error,
                        "outcomes are not written"
                    );
                    if last {
                        metrics::counter!("fengqiao_notification_outcomes_lost_total", "county" => self.county.clone())
                            .increment(outcomes.len() as u64);
                        return false;
                    }
                    sleep(backoff.next_wait()).await;
                }
            }
        }
    }

    async fn queue_released(&self, settled: &[&Outcome]) {
        let released: Vec<Queued> = settled
            .iter()
            .filter(|outcome| outcome.ending == Ending::Released)
            .map(|outcome| Queued {
                agency: outcome.push.agency.clone(),
                lane: Lane::of(outcome.push.level),
                push_id: outcome.push.push_id,
            })
            .collect();
        if let Err(error) = self.queues.enqueue(&self.county, &released).await {
            tracing::warn!(
                county = self.county,
                pushes = released.len(),
                error = &error as &dyn std::error::Error,
                "released pushes are not queued yet"
            );
        }
    }

    fn count(&self, outcomes: &[Outcome], settled: &[&Outcome]) {
        // A look-up in the registry for each kind, not for each push.
        let mut attempts: HashMap<_, u64> = HashMap::new();
        for outcome in outcomes {
            *attempts.entry((outcome.channel.name(), outcome.name())).or_default() += 1;
        }
        for ((channel, outcome), count) in attempts {
            metrics::counter!(
                "fengqiao_notification_attempts_total",
                "county" => self.county.clone(), "channel" => channel, "outcome" => outcome
            )
            .increment(count);
        }
        for lane in Lane::IN_ORDER {
            let took = metrics::histogram!(
                "fengqiao_notification_delivery_seconds",
                "county" => self.county.clone(), "level" => lane.name()
            );
            settled
                .iter()
                .filter(|one| one.ending == Ending::Delivered && Lane::of(one.push.level) == lane)
                .for_each(|one| {
                    let since = one.ended_at().duration_since(one.push.requested_at);
                    took.record(since.as_secs_f64().max(0.0));
                });
        }
    }
}

/// Whether the same write can succeed later.
fn can_pass(error: &NotificationError) -> bool {
    match error {
        NotificationError::Database { source, .. } => fengqiao_serving::status::is_transient(source),
        NotificationError::Messaging(fengqiao_messaging::MessagingError::Database { source, .. }) => {
            fengqiao_serving::status::is_transient(source)
        }
        NotificationError::Late(_) => true,
        _ => false,
    }
}

/// A batch changes each push once: that it is delivered outweighs all else, then the latest try counts.
fn one_for_each_push(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut kept: Vec<Outcome> = Vec::with_capacity(outcomes.len());
    let mut place = HashMap::with_capacity(outcomes.len());
    for outcome in outcomes {
        match place.get(&outcome.push.push_id).copied() {
            None => {
                place.insert(outcome.push.push_id, kept.len());
                kept.push(outcome);
            }
            Some(at) => {
                let earlier: &mut Outcome = &mut kept[at];
                if earlier.ending != Ending::Delivered {
                    *earlier = outcome;
                }
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::retry::Next;

    #[test]
    fn a_delivery_outweighs_what_else_became_of_the_push() {
        let kept = one_for_each_push(vec![
            Outcome::blank(1, 1, Ending::Delivered),
            Outcome::blank(1, 2, Ending::Released),
            Outcome::blank(2, 1, Ending::Failed(Next::Park)),
            Outcome::blank(2, 2, Ending::Delivered),
            Outcome::blank(3, 1, Ending::Released),
            Outcome::blank(3, 2, Ending::Failed(Next::Park)),
        ]);
        let kept: Vec<_> = kept.iter().map(|o| (o.push.push_id.as_u128(), o.attempt)).collect();
        assert_eq!(kept, [(1, 1), (2, 2), (3, 2)]);
    }
}
