//! The group commit: whoever arrives while a commit runs shares the next one. There is no timer.

mod ahead;
mod completing;
mod decided;
mod memory;
mod round;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Instant,
};

use fengqiao_county::Counties;
use fengqiao_linkage::Weights;
use fengqiao_messaging::Outbox;
use fengqiao_proto::types::v1::Source;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use self::{
    completing::Completer,
    memory::Memory,
    round::{Committed, Round},
};
use crate::{
    config::{CommitSettings, LAST_CALLERS},
    county_weights::CountyWeights,
    domain::{decision::Decision, linkage::Reach},
    error::IntakeError,
    lookup_keys::LookupKeys,
    reception::{ReceivedReport, Reception},
};

/// What the caller of a report is told, once.
pub type Answer = Box<dyn FnOnce(Result<Decision, IntakeError>) + Send>;

/// A report that waits for its commit.
struct Waiting {
    report: Box<ReceivedReport>,
    answer: Answer,
    since: Instant,
    /// Its share of the memory that waiting reports may take; what was completed has that of what was brought.
    #[expect(dead_code, reason = "it is held, and let go with the report")]
    room: Option<OwnedSemaphorePermit>,
}

/// Takes reports for the commits of all counties; each county has its own queue and worker, so that
/// none waits for another.
pub struct Committer {
    counties: BTreeMap<String, Queue>,
}

struct Queue {
    waiting: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    most_kib: u32,
}

impl Committer {
    /// Makes the queue of each county, and the work that empties it. The work is to be spawned by who owns
    /// it; it ends soon after `stop`.
    #[must_use]
    pub fn new(
        pool: &PgPool,
        outbox: &Outbox,
        counties: &Counties,
        (weights, lookups): (&CountyWeights, &Arc<LookupKeys>),
        reception: &Arc<Reception>,
        settings: &CommitSettings,
        stop: &CancellationToken,
    ) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let mut queues = BTreeMap::new();
        let mut work: Vec<BoxFuture<'static, ()>> = Vec::new();
        for county in counties.iter() {
            let (sender, receiver) = mpsc::channel(settings.queue_reports as usize);
            let (incomplete, to_complete) = mpsc::unbounded_channel();
            let completer = Completer {
                county: county.code.clone(),
                reception: Arc::clone(reception),
                queue: sender.clone(),
                pool: pool.clone(),
                connection: None,
            };
            work.push(Box::pin(completer.run(to_complete)));
            let worker = Worker {
                county: county.code.clone(),
                reach: Reach {
                    window: days(county.settings.repeat_window_days),
                    of_case: days(county.settings.repeat_case_days),
                },
                weights: weights.of(&county.code),
                lookups: Arc::clone(lookups),
                memory: Memory::new(settings.remembered_reports as usize),
                pool: pool.clone(),
                outbox: outbox.clone(),
                connection: None,
                reader: None,
                at_most: settings.batch_reports as usize,
                incomplete,
            };
            work.push(Box::pin(worker.run(receiver, stop.clone())));
            let queue = Queue {
                waiting: sender,
                room: Arc::new(Semaphore::new(settings.queue_kib as usize)),
                most_kib: settings.queue_kib,
            };
            queues.insert(county.code.clone(), queue);
        }
        (Self { counties: queues }, work)
    }

    /// Lets a report wait for its commit, unless too many wait.
    ///
    /// # Errors
    /// [`IntakeError::Full`], [`IntakeError::Ending`] or [`IntakeError::NoSuchCounty`]; then `answer` is
    /// not called.
    pub fn submit(
        &self,
        county: &str,
        report: Box<ReceivedReport>,
        answer: Answer,
    ) -> Result<(), IntakeError> {
        let queue = self.queue(county)?;
        let room = Arc::clone(&queue.room)
            .try_acquire_many_owned(queue.kib(&report))
            .map_err(|_| IntakeError::Full)?;
        let place = queue.waiting.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => IntakeError::Full,
            mpsc::error::TrySendError::Closed(()) => IntakeError::Ending,
        })?;
        place.send(Waiting { report, answer, since: Instant::now(), room: Some(room) });
        Ok(())
    }

    /// Lets a report wait for its commit, and waits itself while too many do: a stream is slowed, not
    /// refused.
    ///
    /// # Errors
    /// [`IntakeError::Ending`] or [`IntakeError::NoSuchCounty`]; then `answer` is not called.
    pub async fn submit_when_possible(
        &self,
        county: &str,
        report: Box<ReceivedReport>,
        answer: Answer,
    ) -> Result<(), IntakeError> {
        let queue = self.queue(county)?;
        let room = Arc::clone(&queue.room)
            .acquire_many_owned(queue.kib(&report))
            .await
            .map_err(|_| IntakeError::Ending)?;
        let place = queue.waiting.reserve().await.map_err(|_| IntakeError::Ending)?;
        place.send(Waiting { report, answer, since: Instant::now(), room: Some(room) });
        Ok(())
    }

    fn queue(&self, county: &str) -> Result<&Queue, IntakeError> {
        self.counties.get(county).ok_or(IntakeError::NoSuchCounty)
    }
}

impl Queue {
    fn kib(&self, report: &ReceivedReport) -> u32 {
        report.kib().min(self.most_kib)
    }
}

/// Commits the reports of one county, one batch after the other.
struct Worker {
    county: String,
    reach: Reach,
    /// How much each evidence weighs in this county.
    weights: Arc<Weights>,
    /// By which lookup key earlier reports are found.
    lookups: Arc<LookupKeys>,
    /// What it knows of earlier reports.
    memory: Memory,
    pool: PgPool,
    outbox: Outbox,
    /// Its own, not the pool's: it is made on the committers' thread, which alone waits on it.
    connection: Option<PgConnection>,
    /// A second one, for reading ahead.
    reader: Option<PgConnection>,
    at_most: usize,
    /// Takes what must be completed by what is held. Their number is bounded by the room that they keep.
    incomplete: mpsc::UnboundedSender<Waiting>,
}

impl Worker {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>, stop: CancellationToken) {
        let depth = metrics::gauge!("fengqiao_intake_queue_reports", "county" => self.county.clone());
        let mut batch = Vec::new();
        let mut last = 0;
        loop {
            let ending = stop.is_cancelled();
            let share = share(queue.len(), last).min(self.at_most);
            let taken = tokio::select! {
                taken = queue.recv_many(&mut batch, share) => taken,
                // The calls that were open at the stop still bring what they have.
                () = tokio::time::sleep(LAST_CALLERS), if ending => 0,
                () = stop.cancelled(), if !ending => continue,
            };
            if taken == 0 {
                queue.close();
                if queue.is_empty() {
                    return;
                }
                continue;
            }
            last = taken;
            let (mut next, mut committed) =
                (Some(Round::new(std::mem::take(&mut batch))), Committed::default());
            while let Some(round) = next {
                depth.set(queue.len() as f64);
                (committed, next) = self.commit(round, committed, &mut queue).await;
            }
            committed.answer();
        }
    }
}

fn days(number: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(number))
}

/// How many of those that wait share the next commit: at most half of all callers, of whom `last` were just
/// answered. Taken all at once they would move in step, with the database idle while they send again and they
/// idle while it writes; in halves, each works while the other waits.
fn share(waiting: usize, last: usize) -> usize {
    (waiting + last).div_ceil(2).max(SMALL_BATCH)
}

/// A batch of so many is not divided: a commit has its own price.
const SMALL_BATCH: usize = 16;

/// Takes out what has the source and reference of an earlier one of the batch: it goes into the next
/// transaction, where the earlier one is known.
fn take_repetitions(batch: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut names: HashSet<(Source, &str)> = HashSet::with_capacity(batch.len());
    let again: Vec<bool> =
        batch.iter().map(|one| !names.insert((one.report.source, one.report.source_ref.as_str()))).collect();
    if !again.contains(&true) {
        return Vec::new();
    }
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for (one, again) in std::mem::take(batch).into_iter().zip(again) {
        if again { later.push(one) } else { first.push(one) }
    }
    *batch = first;
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_halved_but_few_are_not() {
        assert_eq!(share(0, 0), SMALL_BATCH);
        assert_eq!(share(64, 0), 32);
        assert_eq!(share(32, 32), 32);
        assert_eq!(share(3000, 500), 1750, "the largest batch is a limit of its own");
    }
}
