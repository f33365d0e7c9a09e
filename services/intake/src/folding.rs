//! The worker that keeps the police's records and folds them into reports.
//!
//! A batch is kept, read back with all that belongs to its calls, folded, and handed in as reports, while no other
//! process does the same in the county: so a report never goes back behind a record that was acknowledged. The lock
//! is the connection's; who dies lets it go. Each record is answered after the report of its call is committed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{SubmitRecordResponse, SubmitReportResponse};
use fengqiao_sealing::Keyring;
use futures::future::BoxFuture;
use sqlx::{Connection as _, PgConnection};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    config::{ANSWER_TIMEOUT, COMMIT_TIMEOUT, LAST_CALLERS},
    domain::police::{PoliceForm, RecordName, Version, fold, holding},
    error::IntakeError,
    intake::{Intake, WhenFull},
    store::{self, KeptRecord, StoreError},
};

/// How many records wait in a county at most; one more is told to come again, or its stream is slowed.
const MOST_WAITING: usize = 2048;
/// How many records are folded together at most.
const MOST_TOGETHER: usize = 200;

/// What becomes of a record.
pub type Answer = oneshot::Sender<Result<SubmitRecordResponse, IntakeError>>;

/// A record that was found right.
pub struct WaitingRecord {
    /// The record.
    pub form: PoliceForm,
    /// Who brought it.
    pub who: Arc<Principal>,
    /// Who waits for it.
    pub answer: Answer,
}

/// Where records wait to be folded.
pub struct Folding {
    counties: BTreeMap<String, mpsc::Sender<WaitingRecord>>,
}

impl Folding {
    /// Makes the queues, and the work, which is to be spawned by who owns it; it ends soon after intake's stop.
    #[must_use]
    pub fn new<'a>(
        intake: &Arc<Intake>,
        counties: impl IntoIterator<Item = &'a str>,
    ) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let mut queues = BTreeMap::new();
        let mut work: Vec<BoxFuture<'static, ()>> = Vec::new();
        for county in counties {
            let (sender, receiver) = mpsc::channel(MOST_WAITING);
            let worker = Worker { county: county.to_owned(), intake: Arc::clone(intake), connection: None };
            work.push(Box::pin(worker.run(receiver)));
            queues.insert(county.to_owned(), sender);
        }
        (Self { counties: queues }, work)
    }

    /// Lets a record wait; where too many do, it waits for room or is told to come again.
    ///
    /// # Errors
    /// [`IntakeError::Full`], [`IntakeError::Ending`] or [`IntakeError::NoSuchCounty`].
    pub(crate) async fn submit(
        &self,
        county: &str,
        record: WaitingRecord,
        when_full: WhenFull,
    ) -> Result<(), IntakeError> {
        let queue = self.counties.get(county).ok_or(IntakeError::NoSuchCounty)?;
        when_full.send(queue, record).await
    }
}

/// Which version of its record a form is, with its bytes.
pub(crate) fn version_of(form: &PoliceForm, bytes: &[u8], keyring: &Keyring) -> Version {
    let stamp = keyring.stamp(b"police record", &[bytes]);
    Version { told_at: form.told_at(), digest: std::array::from_fn(|index| stamp[index]) }
}

struct Worker {
    county: String,
    intake: Arc<Intake>,
    connection: Option<PgConnection>,
}

/// What came of a batch: of each record its call, where that is known; and the reports of the calls.
struct Folded {
    changed: HashSet<RecordName>,
    calls: HashMap<RecordName, String>,
    reports: HashMap<String, Result<SubmitReportResponse, IntakeError>>,
}

impl Worker {
    async fn run(mut self, mut queue: mpsc::Receiver<WaitingRecord>) {
        let stop = self.intake.stop.clone();
        let mut batch = Vec::new();
        loop {
            let ending = stop.is_cancelled();
            let taken = tokio::select! {
                taken = queue.recv_many(&mut batch, MOST_TOGETHER) => taken,
                // The calls that were open at the stop still bring what they have.
                () = tokio::time::sleep(LAST_CALLERS), if ending => 0,
                () = stop.cancelled(), if !ending => continue,
            };
            if taken == 0 {
                return;
            }
            self.answer(std::mem::take(&mut batch)).await;
        }
    }

    async fn answer(&mut self, batch: Vec<WaitingRecord>) {
        let folded = match timeout(COMMIT_TIMEOUT + ANSWER_TIMEOUT, self.fold(&batch)).await {
            Ok(folded) => folded,
            Err(_) => Err(StoreError::TooSlow { operation: "keep the police's records" }.into()),
        };
        if let Err(error) = &folded {
            // The lock goes with the connection.
            self.connection = None;
            tracing::warn!(
                county = self.county,
                error = error as &dyn std::error::Error,
                "records were not kept"
            );
        }
        for record in batch {
            let name = record.form.name();
            let outcome = folded.as_ref().map_err(IntakeError::clone).and_then(|folded| folded.of(&name));
            // Who is gone misses the answer; the record is kept all the same.
            let _ = record.answer.send(outcome);
        }
    }

    async fn fold(&mut self, batch: &[WaitingRecord]) -> Result<Folded, IntakeError> {
        let mut held = self.connection.take();
        // One that a restarted Postgres has left is found out here.
        if let Some(connection) = &mut held
            && connection.ping().await.is_err()
        {
            held = None;
        }
        let mut connection = match held {
            Some(connection) => connection,
            None => store::connect(&self.intake.pool).await?,
        };
        store::hold_police_records(&mut connection, &self.county).await?;
        let folded = self.fold_alone(&mut connection, batch).await?;
        store::release_police_records(&mut connection, &self.county).await?;
        self.connection = Some(connection);
        Ok(folded)
    }

    async fn fold_alone(
        &self,
        conn: &mut PgConnection,
        batch: &[WaitingRecord],
    ) -> Result<Folded, IntakeError> {
        let keyring = self.intake.reception.keyring();
        let versions = batch.iter().map(|record| {
            let bytes = record.form.encode();
            (record.form.name(), version_of(&record.form, &bytes, keyring), (record, bytes))
        });
        let kept: Vec<KeptRecord> = holding(versions)
            .into_iter()
            .map(|(name, (version, (record, bytes)))| KeptRecord {
                name,
                version,
                call: record.form.call().map(str::to_owned),
                dispatch: record.form.dispatch().map(str::to_owned),
                sealed: keyring.seal(&bytes, self.county.as_bytes()),
            })
            .collect();
        let changed = store::keep_police_records(conn, &self.county, &kept).await?;
        let calls: Vec<&str> = batch.iter().filter_map(|record| record.form.call()).collect();
        let dispatches: Vec<&str> = batch
            .iter()
            .filter(|record| record.form.call().is_none())
            .filter_map(|record| record.form.dispatch())
            .collect();
        let held = store::police_records_of_calls(conn, &self.county, &calls, &dispatches).await?;
        let mut by_call: BTreeMap<String, Vec<PoliceForm>> = BTreeMap::new();
        let mut of_record = HashMap::new();
        for record in held {
            let plain = keyring
                .open(&record.sealed_form, self.county.as_bytes())
                .map_err(|error| IntakeError::Sealed(Arc::new(error)))?;
            let form = PoliceForm::decode(record.kind, &plain)
                .ok_or(StoreError::Malformed("a record of the police is not in its form"))?;
            of_record.insert(form.name(), record.call.clone());
            by_call.entry(record.call).or_default().push(form);
        }
        let reports = self.hand_in(batch, by_call, &of_record).await;
        Ok(Folded { changed, calls: of_record, reports })
    }

    /// Hands in the reports of calls in the order in which the batch brought them.
    async fn hand_in(
        &self,
        batch: &[WaitingRecord],
        mut by_call: BTreeMap<String, Vec<PoliceForm>>,
        of_record: &HashMap<RecordName, String>,
    ) -> HashMap<String, Result<SubmitReportResponse, IntakeError>> {
        let mut waiting = Vec::new();
        for record in batch {
            let Some(call) = of_record.get(&record.form.name()) else { continue };
            let Some(mut report) = by_call.remove(call).and_then(fold) else { continue };
            report.county.clone_from(&self.county);
            let begun = match self.intake.receive(&record.who, Some(report)) {
                Ok(received) => self.intake.begin(&record.who, received, WhenFull::Wait).await,
                Err(error) => Err(error),
            };
            waiting.push((call.clone(), begun));
        }
        let mut reports = HashMap::new();
        for (call, begun) in waiting {
            let committed = match begun {
                Ok(begun) => begun.committed().await,
                Err(error) => Err(error),
            };
            reports.insert(call, committed);
        }
        reports
    }
}

impl Folded {
    fn of(&self, name: &RecordName) -> Result<SubmitRecordResponse, IntakeError> {
        let report = self.calls.get(name).and_then(|call| self.reports.get(call)).cloned().transpose()?;
        Ok(SubmitRecordResponse {
            waiting: report.is_none(),
            reports: report.into_iter().collect(),
            known: !self.changed.contains(name),
            ..SubmitRecordResponse::default()
        })
    }
}
