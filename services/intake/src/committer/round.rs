//! One round of the group commit: known, decided, written, committed, answered.

use std::time::Instant;

use fengqiao_linkage::Key;
use fengqiao_messaging::Turn;
use fengqiao_serving::time;
use sqlx::PgConnection;
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};

use super::{Answer, Waiting, Worker, ahead::Written, decided::Decided, take_repetitions};
use crate::{
    config::COMMIT_TIMEOUT,
    domain::decision::{Candidate, Change, Decision, Known, Rules},
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

/// Reports that are committed together.
#[derive(Default)]
pub(super) struct Round {
    pub(super) waiting: Vec<Waiting>,
    /// What was decided while the round before was written.
    pub(super) decided: Option<InTurn>,
    /// New sends of what is in this very round: they come after it.
    repetitions: Vec<Waiting>,
}

/// What was decided, and in which turn it is to be written.
pub(super) struct InTurn {
    pub(super) decided: Decided,
    pub(super) turn: Turn,
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
    pub(super) fn new(waiting: Vec<Waiting>) -> Self {
        let mut round = Self { waiting, ..Self::default() };
        round.part_repetitions();
        round
    }

    /// Sets aside what is in the round more than once.
    pub(super) fn part_repetitions(&mut self) {
        self.repetitions.extend(take_repetitions(&mut self.waiting));
    }

    /// The round as it is to be committed; none where nobody waits for it.
    fn ready(mut self) -> Option<Self> {
        // What is decided was parted before.
        if self.decided.is_none() {
            self.part_repetitions();
        }
        (!self.waiting.is_empty()).then_some(self)
    }

    pub(super) fn reports(&self) -> Vec<&ReceivedReport> {
        self.waiting.iter().map(|waiting| &*waiting.report).collect()
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
        let decided = round.decided.take();
        let another_key = self.memory.read_by(self.lookups.reading(&self.county));
        let decided = decided.filter(|_| !another_key);
        let reports = round.reports();
        let queue = round.repetitions.is_empty().then_some(queue);
        let (done, next) = self.transact_in_time(&reports, decided, before, queue).await;
        let next = next.or_else(|| Some(round.repetitions).filter(|r| !r.is_empty()).map(Round::new));
        match done {
            Ok(decisions) => (self.count(round.waiting, decisions), next),
            Err(error) => {
                self.commit_apart(round.waiting, error).await;
                // What the next round was decided by is not so.
                (Committed::default(), next.map(|next| Round { decided: None, ..next }))
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
            if decision.change == Change::Overtaken && waiting.report.made_on.is_none() {
                if let Err(ending) = self.incomplete.send(waiting) {
                    (ending.0.answer)(Err(IntakeError::Ending));
                }
                continue;
            }
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
                let reports: Vec<&ReceivedReport> = half.iter().map(|waiting| &*waiting.report).collect();
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
        decided: Option<InTurn>,
        before: Committed,
        queue: Option<&mut mpsc::Receiver<Waiting>>,
    ) -> (Result<Vec<Decision>, StoreError>, Option<Round>) {
        let began = Instant::now();
        let mut next = None;
        let done = timeout(COMMIT_TIMEOUT, self.transact(reports, decided, before, queue, &mut next))
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
        (done, next.and_then(Round::ready))
    }

    /// Commits on a connection that works: those that a restarted Postgres has left are given up.
    async fn transact(
        &mut self,
        reports: &[&ReceivedReport],
        decided: Option<InTurn>,
        mut before: Committed,
        queue: Option<&mut mpsc::Receiver<Waiting>>,
        next: &mut Option<Round>,
    ) -> Result<Vec<Decision>, StoreError> {
        if decided.is_none() {
            std::mem::take(&mut before).answer();
        }
        let mut connection = self.take_connection().await?;
        let decided = match decided {
            Some(decided) => Some(decided),
            None => self
                .look(&mut connection, reports)
                .await?
                .map(|(known, turn)| InTurn { decided: self.decide(reports, known, turn), turn }),
        };
        let Some(InTurn { decided, turn }) = decided else {
            let decided = self.transact_in_turn(&mut connection, reports).await?;
            self.connection = Some(connection);
            return Ok(decided);
        };
        let county = self.county.clone();
        let ended = Notify::new();
        let ahead = async {
            before.answer();
            if let Some(queue) = queue {
                let written = Written { reports, decided: &decided, turn, ended: &ended };
                self.prepare(queue, written, next).await;
            }
        };
        let write = async {
            let written = decided.write(&county, reports, &mut connection, turn).await;
            ended.notify_one();
            written
        };
        let (written, ()) = tokio::join!(write, ahead);
        let written = match written {
            Err(error) if error.is_of_the_data() => {
                self.connection = Some(connection);
                return Err(error);
            }
            written => written?,
        };
        let decided = match written {
            Some(first) => decided.announce(&self.outbox, &self.county, first),
            // Another process was faster: again, with the turn held.
            None => {
                if let Some(next) = next {
                    next.decided = None;
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

    /// Decides the reports by what was read for them, to be written in this turn.
    pub(super) fn decide(&mut self, reports: &[&ReceivedReport], known: Known, turn: Turn) -> Decided {
        // Within the county's turn, so that the order of acceptance is that of the positions.
        let now = time::now();
        let keys = all_keys(reports);
        let candidates = candidates(reports, &keys, self.memory.lookup());
        let rules = Rules { reach: self.reach, weights: &self.weights };
        let decisions = self.memory.decide(&candidates, known, turn, rules);
        Decided::new(reports, decisions, now, self.reach.window)
    }
}

/// All keys of each report.
pub(super) fn all_keys(reports: &[&ReceivedReport]) -> Vec<Vec<Key>> {
    reports.iter().map(|report| report.hashes.keys().collect()).collect()
}

/// The reports as they are decided about, by a lookup key.
pub(super) fn candidates<'a>(
    reports: &[&'a ReceivedReport],
    keys: &'a [Vec<Key>],
    lookup: u8,
) -> Vec<Candidate<'a>> {
    let of = |(report, all_keys): (&&'a ReceivedReport, &'a Vec<Key>)| {
        let hashed = report.hashes.by(lookup);
        Candidate {
            fingerprint: report.fingerprint,
            said: report.said,
            from_file: report.from_file,
            whole: report.whole,
            detailed: report.sealed_details.is_some(),
            repeats: report.repeats,
            occurred_at: report.occurred_at,
            traits: &hashed.traits,
            keys: &hashed.keys,
            all_keys,
            made_on: report.made_on,
        }
    };
    reports.iter().zip(keys).map(of).collect()
}
