//! One round of the group commit: known, decided, written, committed, answered.

use std::time::Instant;

use fengqiao_messaging::{Event, Turn};
use fengqiao_proto::intake::v1::ReportAccepted;
use fengqiao_serving::time;
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Waiting, Worker};
use crate::{
    config::COMMIT_TIMEOUT,
    contract,
    domain::decision::{Candidate, Change, Decision, Known, decide},
    error::IntakeError,
    reception::ReceivedReport,
    store::{self, DecidedBatch, StoreError},
    sums,
};

/// One that a restarted Postgres has left, and a new one.
const CONNECTIONS_TRIED: usize = 2;
const ACCEPTED: &str = "fengqiao.intake.v1.ReportAccepted";

impl Worker {
    /// Commits a batch and answers everybody in it. Where the database refuses the data of one, the batch
    /// is halved until that one stands alone: it never costs its neighbours.
    pub(super) async fn commit(&mut self, batch: Vec<Waiting>) {
        let mut batches = vec![batch];
        while let Some(mut batch) = batches.pop() {
            let reports: Vec<&ReceivedReport> = batch.iter().map(|waiting| &waiting.report).collect();
            match self.transact_in_time(&reports).await {
                Ok(decisions) => {
                    if let Some(first) = batch.first() {
                        sums::waited(&self.county, first.since);
                    }
                    let mut outcomes = sums::Outcomes::default();
                    for (waiting, decision) in batch.into_iter().zip(decisions) {
                        outcomes.add(waiting.report.source, decision.change);
                        (waiting.answer)(Ok(decision));
                    }
                    outcomes.count(&self.county);
                }
                Err(error) if error.is_of_the_data() && batch.len() > 1 => {
                    let second = batch.split_off(batch.len() / 2);
                    batches.push(second);
                    batches.push(batch);
                }
                Err(error) => {
                    tracing::warn!(
                        county = self.county,
                        reports = batch.len(),
                        error = &error as &dyn std::error::Error,
                        "a batch was not committed"
                    );
                    let error = IntakeError::from(error);
                    for waiting in batch {
                        sums::failed(&self.county, waiting.report.source);
                        (waiting.answer)(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn transact_in_time(&mut self, reports: &[&ReceivedReport]) -> Result<Vec<Decision>, StoreError> {
        let began = Instant::now();
        let done = timeout(COMMIT_TIMEOUT, self.transact(reports))
            .await
            .unwrap_or(Err(StoreError::TooSlow { operation: "commit a batch" }));
        match &done {
            Ok(_) => sums::committed(&self.county, reports.len(), began.elapsed()),
            Err(error) if error.is_of_the_data() => {}
            // Nobody knows what the connection still waits for.
            Err(_) => self.connection = None,
        }
        done
    }

    /// Commits on a connection that works: those that a restarted Postgres has left are given up.
    async fn transact(&mut self, reports: &[&ReceivedReport]) -> Result<Vec<Decision>, StoreError> {
        let mut last = StoreError::TooSlow { operation: "connect" };
        for _ in 0..CONNECTIONS_TRIED {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => store::connect(&self.pool).await?,
            };
            let done = self.attempt(&mut connection, reports).await;
            match done {
                Err(Failure::BeforeWriting(error)) if error.is_of_the_connection() => last = error,
                Err(Failure::BeforeWriting(error) | Failure::Later(error)) => {
                    self.connection = Some(connection);
                    return Err(error);
                }
                Ok(decisions) => {
                    self.connection = Some(connection);
                    return Ok(decisions);
                }
            }
        }
        Err(last)
    }

    /// Two round trips; where another process was faster, again with the turn held.
    async fn attempt(
        &self,
        connection: &mut PgConnection,
        reports: &[&ReceivedReport],
    ) -> Result<Vec<Decision>, Failure> {
        let (known, turn) = self.known(connection, reports).await.map_err(Failure::BeforeWriting)?;
        if let Some(written) = self.decide_and_write(connection, reports, known, turn).await? {
            return Ok(self.announce(written));
        }
        let mut tx = store::begin_in_turn(connection, &self.county).await?;
        let (known, turn) = self.known(&mut tx, reports).await?;
        let written = self.decide_and_write(&mut tx, reports, known, turn).await?;
        store::commit(tx).await?;
        Ok(self.announce(written.ok_or(StoreError::Malformed("the county's turn"))?))
    }

    fn announce(&self, written: Written) -> Vec<Decision> {
        self.outbox.sent(&self.county, written.first_position, written.events);
        written.decisions
    }

    async fn known(
        &self,
        connection: &mut PgConnection,
        reports: &[&ReceivedReport],
    ) -> Result<(Known, Turn), StoreError> {
        let window_hours = i32::try_from(self.window.as_hours()).unwrap_or(i32::MAX);
        store::known_and_seen(connection, &self.county, reports, window_hours).await
    }

    async fn decide_and_write(
        &self,
        connection: &mut PgConnection,
        reports: &[&ReceivedReport],
        known: Known,
        turn: Turn,
    ) -> Result<Option<Written>, StoreError> {
        // Read within the county's turn, so that the order of acceptance is that of the positions.
        let now = time::now();
        let candidates: Vec<Candidate<'_>> = reports
            .iter()
            .map(|report| Candidate {
                fingerprint: report.fingerprint,
                occurred_at: report.occurred_at,
                clues: &report.clues,
            })
            .collect();
        let decisions = decide(&candidates, known, self.window, &mut Uuid::now_v7);
        let events: Vec<Event> = reports
            .iter()
            .zip(&decisions)
            .filter(|(_, decision)| decision.change != Change::Nothing)
            .map(|(report, decision)| accepted_event(report, decision, now))
            .collect();
        if events.is_empty() {
            return Ok(Some(Written { decisions, first_position: 0, events }));
        }
        let batch =
            DecidedBatch { county: &self.county, reports, decisions: &decisions, events: &events, now };
        let first_position = batch.write(connection, turn).await?;
        Ok(first_position.map(|first_position| Written { decisions, first_position, events }))
    }
}

/// A batch that is written, and perhaps not yet committed.
struct Written {
    decisions: Vec<Decision>,
    /// Where the events stand.
    first_position: i64,
    events: Vec<Event>,
}

/// Where a round failed.
enum Failure {
    /// Nothing was sent that could have changed anything.
    BeforeWriting(StoreError),
    /// When something may have been written.
    Later(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Later(error)
    }
}

fn accepted_event(report: &ReceivedReport, decision: &Decision, now: Timestamp) -> Event {
    debug_assert_eq!(ReportAccepted::full_name(), ACCEPTED);
    let accepted = ReportAccepted {
        report_id: decision.report_id.to_string(),
        revision: decision.revision,
        source: report.source.into(),
        source_ref: report.source_ref.clone(),
        area_code: report.area.as_str().to_owned(),
        category: report.category.clone(),
        occurred_at: Some(time::to_proto(report.occurred_at)),
        accepted_at: Some(time::to_proto(now)),
        linkage: Some(contract::linkage(&decision.linkage)),
        received_by: report.submitted_by.clone(),
        sealed_matter: report.sealed_matter.clone(),
    };
    Event { kind: ACCEPTED, payload: accepted.encode_to_vec(), trace: report.trace.clone() }
}
