//! One round of the group commit: known, decided, written, committed, answered.
//!
//! Under load, what the next round must know is read while this one is decided and written, on a connection of its own;
//! what this one decides is remembered, since it may not be visible yet.

use std::{task::Poll, time::Instant};

use fengqiao_linkage::Key;
use fengqiao_messaging::Turn;
use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time;
use futures::poll;
use sqlx::PgConnection;
use tokio::{sync::mpsc, time::timeout};

use super::{Answer, Waiting, Worker, decided::Decided, memory::Memory, take_repetitions};
use crate::{
    config::COMMIT_TIMEOUT,
    domain::decision::{Candidate, Decision, Decisions, JustDecided, Known, Rules},
    error::IntakeError,
    reception::ReceivedReport,
    store::{self, StoreError},
    sums,
};

/// One that a restarted Postgres has left, and a new one.
const CONNECTIONS_TRIED: usize = 2;
/// What is remembered may hold no more, and then another process may write while it is read; after so many looks the
/// turn is taken.
const LOOKS: usize = 3;
/// Fewer than this are read when it is their turn: reading ahead costs a commit its own price once more.
const WORTH_READING_AHEAD: usize = 64;

/// Reports that are committed together.
pub(super) struct Round {
    waiting: Vec<Waiting>,
    /// What was read while the round before was written.
    known: Option<Known>,
    /// New sends of what is in this very round: they come after it.
    repetitions: Vec<Waiting>,
}

/// Those who wait for what is committed already.
#[derive(Default)]
pub(super) struct Committed(Vec<(Answer, Decision)>);

impl Committed {
    pub(super) fn answer(self) {
        for (answer, decision) in self.0 {
            answer(Ok(decision));
        }
    }
}

impl Round {
    pub(super) fn new(mut waiting: Vec<Waiting>) -> Self {
        let repetitions = take_repetitions(&mut waiting);
        Self { waiting, known: None, repetitions }
    }

    fn reports(&self) -> Vec<&ReceivedReport> {
        self.waiting.iter().map(|waiting| &waiting.report).collect()
    }
}

impl Worker {
    /// Commits a round, after whose begin `before` are answered. Returns who is to be answered next, and the
    /// next round if one is ready. Where the database refuses the data of one report, the round is halved
    /// until that one stands alone: it never costs its neighbours.
    pub(super) async fn commit(
        &mut self,
        mut round: Round,
        before: Committed,
        queue: &mut mpsc::Receiver<Waiting>,
    ) -> (Committed, Option<Round>) {
        let known = round.known.take();
        let another_key = self.memory.read_by(self.lookups.reading(&self.county));
        let known = known.filter(|_| !another_key);
        let reports = round.reports();
        let queue = round.repetitions.is_empty().then_some(queue);
        let (done, next) = self.transact_in_time(&reports, known, before, queue).await;
        let next = next.or_else(|| Some(round.repetitions).filter(|r| !r.is_empty()).map(Round::new));
        match done {
            Ok(decisions) => (self.count(round.waiting, decisions), next),
            Err(error) => {
                self.commit_apart(round.waiting, error).await;
                // What was read for the next round may not be so.
                (Committed::default(), next.map(|next| Round { known: None, ..next }))
            }
        }
    }

    fn count(&self, waiting: Vec<Waiting>, decisions: Vec<Decision>) -> Committed {
        if let Some(first) = waiting.first() {
            sums::waited(&self.county, first.since);
        }
        let mut outcomes = sums::Outcomes::default();
        let mut committed = Vec::with_capacity(waiting.len());
        for (waiting, decision) in waiting.into_iter().zip(decisions) {
            outcomes.add(waiting.report.source, decision.change);
            committed.push((waiting.answer, decision));
        }
        outcomes.count(&self.county);
        Committed(committed)
    }

    /// What becomes of a batch that was not committed as a whole.
    async fn commit_apart(&mut self, batch: Vec<Waiting>, error: StoreError) {
        let mut failed = vec![(batch, error)];
        while let Some((mut batch, error)) = failed.pop() {
            if !error.is_of_the_data() || batch.len() == 1 {
                self.refuse(batch, &error);
                continue;
            }
            let second = batch.split_off(batch.len() / 2);
            for half in [batch, second] {
                let reports: Vec<&ReceivedReport> = half.iter().map(|waiting| &waiting.report).collect();
                match self.transact_in_time(&reports, None, Committed::default(), None).await.0 {
                    Ok(decisions) => self.count(half, decisions).answer(),
                    Err(error) => failed.push((half, error)),
                }
            }
        }
    }

    fn refuse(&self, batch: Vec<Waiting>, error: &StoreError) {
        tracing::warn!(
            county = self.county,
            reports = batch.len(),
            error = error as &dyn std::error::Error,
            "a batch was not committed"
        );
        let error = IntakeError::from(error.clone());
        for waiting in batch {
            sums::failed(&self.county, waiting.report.source);
            (waiting.answer)(Err(error.clone()));
        }
    }

    async fn transact_in_time(
        &mut self,
        reports: &[&ReceivedReport],
        known: Option<Known>,
        before: Committed,
        queue: Option<&mut mpsc::Receiver<Waiting>>,
    ) -> (Result<Vec<Decision>, StoreError>, Option<Round>) {
        let began = Instant::now();
        let mut next = None;
        let done = timeout(COMMIT_TIMEOUT, self.transact(reports, known, before, queue, &mut next))
            .await
            .unwrap_or(Err(StoreError::TooSlow { operation: "commit a batch" }));
        match &done {
            Ok(_) => sums::committed(&self.county, reports.len(), began.elapsed()),
            Err(error) => {
                // What was remembered of it is not written.
                self.memory.forget();
                if !error.is_of_the_data() {
                    // Nobody knows what the connection still waits for.
                    self.connection = None;
                }
            }
        }
        (done, next)
    }

    /// Commits on a connection that works: those that a restarted Postgres has left are given up.
    async fn transact(
        &mut self,
        reports: &[&ReceivedReport],
        known: Option<Known>,
        mut before: Committed,
        queue: Option<&mut mpsc::Receiver<Waiting>>,
        next: &mut Option<Round>,
    ) -> Result<Vec<Decision>, StoreError> {
        if known.is_none() {
            std::mem::take(&mut before).answer();
        }
        let mut connection = self.take_connection().await?;
        let seen = match (known, self.memory.turn()) {
            (Some(known), Some(turn)) => Some((known, turn)),
            _ => self.look(&mut connection, reports).await?,
        };
        let Some((known, turn)) = seen else {
            let decided = self.transact_in_turn(&mut connection, reports).await?;
            self.connection = Some(connection);
            return Ok(decided);
        };
        // Its first question is on its way to Postgres while this round is decided.
        let mut ahead =
            queue.and_then(|queue| self.next_round(queue)).map(|round| Box::pin(self.ahead(round)));
        let begun = match &mut ahead {
            Some(ahead) => Some(poll!(ahead.as_mut())),
            None => None,
        };
        let decided = self.decide(reports, known, turn);
        let rest = async {
            before.answer();
            let ahead = match (begun, ahead) {
                (Some(Poll::Ready(ahead)), _) => ahead,
                (_, Some(ahead)) => ahead.await,
                _ => return None,
            };
            Some(ahead.complete(&self.county, &self.memory, turn).await)
        };
        let (written, ahead) =
            tokio::join!(decided.write(&self.county, reports, &mut connection, turn), rest);
        let ahead = ahead.map(|ahead| {
            self.reader = ahead.connection;
            ahead.round
        });
        *next = ahead;
        let written = match written {
            Err(error) if error.is_of_the_data() => {
                self.connection = Some(connection);
                return Err(error);
            }
            written => written?,
        };
        let decided = match written {
            Some(first) => {
                if let Some(next) = next {
                    next.follow(&self.memory, reports, decided.decisions());
                }
                decided.announce(&self.outbox, &self.county, first)
            }
            // Another process was faster: again, with the turn held.
            None => {
                if let Some(next) = next {
                    next.known = None;
                }
                self.transact_in_turn(&mut connection, reports).await?
            }
        };
        self.connection = Some(connection);
        Ok(decided)
    }

    async fn take_connection(&mut self) -> Result<PgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => store::connect(&self.pool).await,
        }
    }

    /// What the reports must be decided by, on a connection that works; none where others write again and again
    /// meanwhile. Nothing is changed by reading, so it may be tried again.
    async fn look(
        &mut self,
        connection: &mut PgConnection,
        reports: &[&ReceivedReport],
    ) -> Result<Option<(Known, Turn)>, StoreError> {
        let (mut looks, mut connections) = (1, 1);
        loop {
            let turns = self.memory.turns();
            let read = store::known(
                connection,
                &self.county,
                reports,
                self.memory.lookup(),
                (self.memory.past(), turns.as_ref()),
            )
            .await;
            match read {
                Err(error) if error.is_of_the_connection() && connections < CONNECTIONS_TRIED => {
                    *connection = store::connect(&self.pool).await?;
                    connections += 1;
                }
                Ok(None) if looks < LOOKS => {
                    self.memory.forget();
                    looks += 1;
                }
                read => return read,
            }
        }
    }

    async fn transact_in_turn(
        &mut self,
        connection: &mut PgConnection,
        reports: &[&ReceivedReport],
    ) -> Result<Vec<Decision>, StoreError> {
        self.memory.forget();
        let mut tx = store::begin_in_turn(connection, &self.county).await?;
        let (lookup, past) = (self.memory.lookup(), self.memory.past());
        let (known, turn) = store::known(&mut tx, &self.county, reports, lookup, (past, None))
            .await?
            .ok_or(StoreError::Malformed("the county's turn"))?;
        let decided = self.decide(reports, known, turn);
        let first = decided.write(&self.county, reports, &mut tx, turn).await?;
        store::commit(tx).await?;
        let first = first.ok_or(StoreError::Malformed("the county's turn"))?;
        Ok(decided.announce(&self.outbox, &self.county, first))
    }

    /// Takes who waits, where it is worth it to read what their round must know while another one is decided and written.
    fn next_round(&self, queue: &mut mpsc::Receiver<Waiting>) -> Option<Round> {
        let waits = queue.len().min(self.at_most);
        if waits < WORTH_READING_AHEAD {
            return None;
        }
        let mut waiting = Vec::with_capacity(waits);
        while waiting.len() < waits
            && let Ok(one) = queue.try_recv()
        {
            waiting.push(one);
        }
        Some(Round::new(waiting))
    }

    /// Looks up by the keys of the next round what is not remembered. A failure only means that it is read when it is its
    /// turn.
    fn ahead(&mut self, round: Round) -> impl Future<Output = Ahead> + use<> {
        let (county, pool, reader) = (self.county.clone(), self.pool.clone(), self.reader.take());
        let lookup = self.memory.lookup();
        let keys = store::unread_keys(&round.reports(), lookup, self.memory.past());
        async move {
            let connected = match reader {
                Some(connection) => Ok(connection),
                None => store::connect(&pool).await,
            };
            let Ok(mut connection) = connected else {
                return Ahead { round, connection: None, found: None, lookup };
            };
            let found = store::look_up(&mut connection, &county, &round.reports(), keys, lookup).await.ok();
            let connection = found.is_some().then_some(connection);
            Ahead { round, connection, found, lookup }
        }
    }

    fn decide(&mut self, reports: &[&ReceivedReport], known: Known, turn: Turn) -> Decided {
        // Within the county's turn, so that the order of acceptance is that of the positions.
        let now = time::now();
        let keys = all_keys(reports);
        let candidates = candidates(reports, &keys, self.memory.lookup());
        let rules = Rules { reach: self.reach, weights: &self.weights };
        let decisions = self.memory.decide(&candidates, known, turn, rules);
        Decided::new(reports, decisions, now)
    }
}

/// The next round, while what it must know is read.
struct Ahead {
    round: Round,
    /// None where it failed.
    connection: Option<PgConnection>,
    /// What its keys found.
    found: Option<(Known, Turn)>,
    lookup: u8,
}

impl Ahead {
    /// Reads the rest, by what is remembered while the round that was in this turn is written. A failure only means that
    /// all is read when it is its turn.
    async fn complete(mut self, county: &str, memory: &Memory, written_in: Turn) -> Self {
        let (Some(connection), Some(found)) = (&mut self.connection, self.found.take()) else { return self };
        let turns = memory.turns_since(written_in);
        let reports = self.round.reports();
        let past = (memory.past(), Some(&turns));
        match store::complete(connection, county, &reports, self.lookup, found, past).await {
            Ok(read) => self.round.known = read.map(|(known, _)| known),
            Err(_) => self.connection = None,
        }
        self
    }
}

impl Round {
    /// The round before is written: what was read for this one is completed by it.
    fn follow(&mut self, memory: &Memory, before: &[&ReceivedReport], decisions: &Decisions) {
        if decisions.have_stale_keys() {
            // They may have been read as they were.
            self.known = None;
        }
        let Some(known) = &mut self.known else { return };
        let keys = all_keys(before);
        let earlier = candidates(before, &keys, memory.lookup());
        let earlier: Vec<JustDecided<'_, Name<'_>>> = before
            .iter()
            .zip(&earlier)
            .zip(&decisions.each)
            .map(|((report, candidate), decision)| JustDecided { name: name(report), candidate, decision })
            .collect();
        let names: Vec<Name<'_>> = self.waiting.iter().map(|waiting| name(&waiting.report)).collect();
        known.follow(memory.past(), &earlier, &decisions.joins, &names);
    }
}

type Name<'a> = (Source, &'a str);

fn name(report: &ReceivedReport) -> Name<'_> {
    (report.source, report.source_ref.as_str())
}

/// All keys of each report.
fn all_keys(reports: &[&ReceivedReport]) -> Vec<Vec<Key>> {
    reports.iter().map(|report| report.hashes.keys().collect()).collect()
}

/// The reports as they are decided about, by a lookup key.
fn candidates<'a>(reports: &[&'a ReceivedReport], keys: &'a [Vec<Key>], lookup: u8) -> Vec<Candidate<'a>> {
    let of = |(report, all_keys): (&&'a ReceivedReport, &'a Vec<Key>)| {
        let hashed = report.hashes.by(lookup);
        Candidate {
            fingerprint: report.fingerprint,
            occurred_at: report.occurred_at,
            traits: &hashed.traits,
            keys: &hashed.keys,
            all_keys,
            made_on: report.made_on,
        }
    };
    reports.iter().zip(keys).map(of).collect()
}
