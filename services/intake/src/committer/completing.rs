//! Reports whose content is not whole by itself (a state of a ticket, a report without the form that is held) and of which
//! something is held already. Each is completed by what is held, and waits for its commit once more.
//!
//! The commit only takes it while what it was completed by is still the newest; else it is completed anew. Of one report they
//! are taken in the order in which they came, so that the same messages give the same history; those of different reports
//! do not wait for each other.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_messaging::Backoff;
use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time;
use futures::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::FuturesUnordered,
};
use sqlx::{PgConnection, PgPool};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use super::{Answer, Waiting};
use crate::{
    config::READ_TIMEOUT,
    domain::{
        completing::complete,
        decision::{Change, Decision},
        joinable::Joinable,
    },
    error::IntakeError,
    reception::{ReceivedReport, Reception},
    store::{self, StoreError, StoredReport},
};

/// So many others of the same report may come in between, by other processes.
const MOST_TRIES: u32 = 20;
const SHORTEST_WAIT: Duration = Duration::from_millis(2);
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// Which report.
type Name = (Source, String);

/// Completes the reports of one county.
pub(super) struct Completer {
    pub(super) county: String,
    pub(super) reception: Arc<Reception>,
    /// Where they wait for their commit.
    pub(super) queue: mpsc::Sender<Waiting>,
    pub(super) pool: PgPool,
    /// Its own, as the committer's.
    pub(super) connection: Option<PgConnection>,
}

/// A report that is being completed.
struct Job {
    brought: Waiting,
    tries: Backoff,
}

/// What became of one try.
enum Tried {
    /// It is answered.
    Done(Name),
    /// Another one came in between.
    Again(Box<Job>),
}

impl Completer {
    /// Completes until nobody hands in any more, and all are answered.
    pub(super) async fn run(mut self, mut incomplete: mpsc::UnboundedReceiver<Waiting>) {
        // Of each report that is in work, who comes after.
        let mut behind: HashMap<Name, VecDeque<Waiting>> = HashMap::new();
        let mut in_work: FuturesUnordered<BoxFuture<'static, Tried>> = FuturesUnordered::new();
        let mut open = true;
        while open || !in_work.is_empty() {
            let next = tokio::select! {
                Some(tried) = in_work.next() => match tried {
                    Tried::Again(job) => Some(*job),
                    Tried::Done(name) => {
                        let next = behind.get_mut(&name).and_then(VecDeque::pop_front);
                        if next.is_none() {
                            behind.remove(&name);
                        }
                        next.map(Job::new)
                    }
                },
                waiting = incomplete.recv(), if open => match waiting {
                    None => {
                        open = false;
                        None
                    }
                    Some(waiting) => match behind.get_mut(&name_of(&waiting)) {
                        Some(others) => {
                            others.push_back(waiting);
                            None
                        }
                        None => {
                            behind.insert(name_of(&waiting), VecDeque::new());
                            Some(Job::new(waiting))
                        }
                    },
                },
            };
            if let Some(job) = next {
                let tried = self.attempt(job).await;
                in_work.push(tried);
            }
        }
    }

    async fn attempt(&mut self, job: Job) -> BoxFuture<'static, Tried> {
        let completed = match self.completed(&job.brought.report).await {
            Ok(completed) => completed,
            Err(error) => return job.done(Err(error)),
        };
        let report = match completed {
            Completed::Known(decision) => return job.done(Ok(*decision)),
            Completed::Made(report) => report,
        };
        let (sender, answered) = oneshot::channel();
        let answer: Answer = Box::new(move |outcome| drop(sender.send(outcome)));
        // What it takes of the room is held by what was brought, until that is answered.
        let waiting = Waiting { report, answer, since: Instant::now(), room: None };
        if self.queue.send(waiting).await.is_err() {
            return job.done(Err(IntakeError::Ending));
        }
        let waited = async move {
            let mut job = job;
            match answered.await.unwrap_or(Err(IntakeError::Ending)) {
                Ok(decision) if decision.change == Change::Overtaken && job.tries.tries() < MOST_TRIES => {
                    sleep(job.tries.next_wait()).await;
                    Tried::Again(Box::new(job))
                }
                Ok(decision) if decision.change == Change::Overtaken => {
                    job.done(Err(IntakeError::Overtaken)).await
                }
                outcome => job.done(outcome).await,
            }
        };
        waited.boxed()
    }

    async fn completed(&mut self, brought: &ReceivedReport) -> Result<Completed, IntakeError> {
        let stored = self.stored(brought).await?;
        let stored = stored.ok_or(StoreError::Malformed("a report that is held is not there"))?;
        let revision = stored.revision;
        // Of what is past its term nothing is left to complete anything by.
        if stored.sealed_matter.is_empty() {
            let report = ReceivedReport { made_on: Some(revision), ..brought.clone() };
            return Ok(Completed::Made(Box::new(report)));
        }
        let held = self.reception.held(&self.county, &stored)?;
        let completed = complete(held.clone(), self.reception.brought(&self.county, brought)?);
        if completed == held {
            return Ok(Completed::Known(Box::new(known(stored))));
        }
        let report = self.reception.receive_completed(&self.county, completed, brought, time::now())?;
        Ok(Completed::Made(Box::new(ReceivedReport { made_on: Some(revision), ..report })))
    }

    /// What is held, by a connection that works: one that a restarted Postgres has left, or that does not answer, is given
    /// up.
    async fn stored(&mut self, brought: &ReceivedReport) -> Result<Option<StoredReport>, StoreError> {
        if let Some(mut connection) = self.connection.take() {
            match self.read(&mut connection, brought).await {
                Ok(read) => {
                    self.connection = Some(connection);
                    return Ok(read);
                }
                Err(error) if error.is_of_the_connection() => {}
                Err(error) => return Err(error),
            }
        }
        let mut connection = store::connect(&self.pool).await?;
        let read = self.read(&mut connection, brought).await?;
        self.connection = Some(connection);
        Ok(read)
    }

    async fn read(
        &self,
        connection: &mut PgConnection,
        brought: &ReceivedReport,
    ) -> Result<Option<StoredReport>, StoreError> {
        let reading = store::report_by_ref(connection, &self.county, brought.source, &brought.source_ref);
        let late = StoreError::TooSlow { operation: "read what a report is completed by" };
        timeout(READ_TIMEOUT, reading).await.unwrap_or(Err(late))
    }
}

/// What a report came to with what is held.
enum Completed {
    /// It says nothing that is not held.
    Known(Box<Decision>),
    /// It is to be committed.
    Made(Box<ReceivedReport>),
}

impl Job {
    fn new(brought: Waiting) -> Self {
        Self { brought, tries: Backoff::new(SHORTEST_WAIT, LONGEST_WAIT) }
    }

    /// Answers who brought it.
    fn done(self, outcome: Result<Decision, IntakeError>) -> BoxFuture<'static, Tried> {
        let name = name_of(&self.brought);
        (self.brought.answer)(outcome);
        ready(Tried::Done(name)).boxed()
    }
}

fn name_of(waiting: &Waiting) -> Name {
    (waiting.report.source, waiting.report.source_ref.clone())
}

/// Nothing is written for it.
fn known(stored: StoredReport) -> Decision {
    Decision {
        report_id: stored.report_id,
        revision: stored.revision,
        linkage: stored.linkage,
        change: Change::Nothing,
        stale_keys: Vec::new(),
        joinable: Joinable::Always,
    }
}
