//! The worker that takes what people did that is no report, many in one transaction with their events.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::{Event, Outbox};
use fengqiao_proto::{
    intake::v1::{Activity, ActivityRecorded, SubmitActivityResponse},
    types::v1::{Role, Source},
};
use fengqiao_serving::time::{self, to_proto};
use futures::future::BoxFuture;
use jiff::Timestamp;
use prost::Message as _;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    config::{ANSWER_TIMEOUT, COMMIT_TIMEOUT, LAST_CALLERS},
    domain::activity::ValidActivity,
    error::IntakeError,
    intake::{Intake, WhenFull},
    store::{self, KeptActivity, StoreError, StoredActivity},
};

/// How many activities wait in a county at most; one more is told to come again, or its stream is slowed.
const MOST_WAITING: usize = 2048;
/// How many are committed together at most.
const MOST_TOGETHER: usize = 500;
const RECORDED: &str = "fengqiao.intake.v1.ActivityRecorded";

/// Takes activities.
pub struct Activities {
    pub(crate) intake: Arc<Intake>,
    counties: BTreeMap<String, mpsc::Sender<Waiting>>,
}

/// An activity that waits for its commit. Who drops it misses the answer only.
pub struct BegunActivity(oneshot::Receiver<Committed>);

/// What became of an activity.
pub(crate) type Committed = Result<SubmitActivityResponse, IntakeError>;

struct Waiting {
    kept: KeptActivity,
    trace: Option<String>,
    answer: oneshot::Sender<Committed>,
}

impl Activities {
    /// Makes the service, and its work, which is to be spawned by who owns it; it ends soon after intake's stop.
    #[must_use]
    pub fn new(
        intake: Arc<Intake>,
        outbox: &Outbox,
        counties: &Counties,
    ) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let mut queues = BTreeMap::new();
        let mut work: Vec<BoxFuture<'static, ()>> = Vec::new();
        for county in counties.iter() {
            let (sender, receiver) = mpsc::channel(MOST_WAITING);
            let worker =
                Worker { county: county.code.clone(), intake: Arc::clone(&intake), outbox: outbox.clone() };
            work.push(Box::pin(worker.run(receiver)));
            queues.insert(county.code.clone(), sender);
        }
        (Self { intake, counties: queues }, work)
    }

    /// Checks an activity and lets it wait for its commit. Where too many wait, it waits for room or is
    /// told to come again.
    ///
    /// # Errors
    /// What is wrong with it, or why it cannot wait.
    pub(crate) async fn begin(
        &self,
        who: &Principal,
        activity: Option<Activity>,
        when_full: WhenFull,
    ) -> Result<BegunActivity, IntakeError> {
        let activity = activity.unwrap_or_default();
        let county = who.county_of(&activity.county).map_err(|_| IntakeError::NoSuchCounty)?.to_owned();
        let kept = self.receive(who, &county, activity)?;
        self.begin_kept(&county, kept, when_full).await
    }

    /// Lets an activity that was received wait for its commit.
    ///
    /// # Errors
    /// Why it cannot wait.
    pub(crate) async fn begin_kept(
        &self,
        county: &str,
        kept: KeptActivity,
        when_full: WhenFull,
    ) -> Result<BegunActivity, IntakeError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { kept, trace: fengqiao_telemetry::trace::current(), answer };
        let queue = self.counties.get(county).ok_or(IntakeError::NoSuchCounty)?;
        when_full.send(queue, waiting).await?;
        Ok(BegunActivity(answered))
    }

    /// Checks an activity, and whose it is, and makes it ready for its commit.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn receive(
        &self,
        who: &Principal,
        county: &str,
        activity: Activity,
    ) -> Result<KeptActivity, IntakeError> {
        let valid = self.intake.reception.check_activity(county, activity, time::now())?;
        if who.role == Role::Source && who.source != Some(valid.source) {
            return Err(IntakeError::NotItsSource);
        }
        Ok(self.kept(county, who, valid))
    }

    fn kept(&self, county: &str, who: &Principal, valid: ValidActivity) -> KeptActivity {
        let keyring = self.intake.reception.keyring();
        let bytes = valid.content.encode_to_vec();
        let stamp = keyring.stamp(b"activity", &[&bytes]);
        let person = valid.content.person.trim();
        let sealed_person =
            if person.is_empty() { Vec::new() } else { keyring.seal(person.as_bytes(), county.as_bytes()) };
        KeptActivity {
            activity_id: Uuid::now_v7(),
            source: valid.source,
            source_ref: valid.content.source_ref,
            fingerprint: std::array::from_fn(|index| stamp[index]),
            kind: valid.kind,
            area: valid.area,
            begun_at: valid.begun_at,
            ended_at: valid.ended_at,
            count: valid.content.count,
            agency: valid.content.agency,
            duty_id: valid.content.duty_id,
            submitted_by: who.name.clone(),
            sealed_person,
            sealed: keyring.seal(&bytes, county.as_bytes()),
        }
    }
}

impl BegunActivity {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Why it could not be committed, or that no answer came in time.
    pub async fn committed(self) -> Committed {
        timeout(ANSWER_TIMEOUT, self.0)
            .await
            .map_err(|_| IntakeError::NoAnswerInTime)?
            .map_err(|_| IntakeError::Ending)?
    }
}

struct Worker {
    county: String,
    intake: Arc<Intake>,
    outbox: Outbox,
}

impl Worker {
    async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
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
            let mut left = std::mem::take(&mut batch);
            while !left.is_empty() {
                let (once, again) = each_once(left);
                self.commit(once).await;
                left = again;
            }
        }
    }

    async fn commit(&self, mut batch: Vec<Waiting>) {
        // Two processes that meet take the rows in the same order.
        batch.sort_by(|a, b| (a.kept.source, &a.kept.source_ref).cmp(&(b.kept.source, &b.kept.source_ref)));
        let written = match timeout(COMMIT_TIMEOUT, self.write(&batch)).await {
            Ok(written) => written,
            Err(_) => Err(StoreError::TooSlow { operation: "write activities" }.into()),
        };
        if let Err(error) = &written {
            tracing::warn!(
                county = self.county,
                error = error as &dyn std::error::Error,
                "activities were not committed"
            );
        }
        for waiting in batch {
            let key = (waiting.kept.source as i16, waiting.kept.source_ref);
            let outcome = written.as_ref().map_err(IntakeError::clone).and_then(|written| {
                let stored = written.get(&key).ok_or(StoreError::Malformed("an activity was not stored"))?;
                Ok(SubmitActivityResponse {
                    activity_id: stored.activity_id.to_string(),
                    revision: stored.revision,
                    known: !stored.changed,
                })
            });
            // Who is gone misses the answer; the activity is kept all the same.
            let _ = waiting.answer.send(outcome);
        }
    }

    async fn write(&self, batch: &[Waiting]) -> Result<BTreeMap<(i16, String), StoredActivity>, IntakeError> {
        let now = time::now();
        let kept: Vec<&KeptActivity> = batch.iter().map(|waiting| &waiting.kept).collect();
        let (stored, first, events) =
            store::write_activities(&self.intake.pool, &self.county, &kept, now, |stored| {
                batch
                    .iter()
                    .filter_map(|waiting| {
                        let key = (waiting.kept.source as i16, waiting.kept.source_ref.clone());
                        let stored: &StoredActivity = stored.get(&key).filter(|stored| stored.changed)?;
                        Some(Event {
                            kind: RECORDED,
                            payload: recorded(&waiting.kept, stored, now).encode_to_vec(),
                            trace: waiting.trace.clone(),
                        })
                    })
                    .collect()
            })
            .await?;
        self.outbox.sent(&self.county, first, events);
        metrics::counter!("fengqiao_intake_activities_total", "county" => self.county.clone())
            .increment(stored.values().filter(|stored| stored.changed).count() as u64);
        Ok(stored)
    }
}

/// The first of each name, and what is of the name of an earlier one: that goes into the next transaction, where the
/// earlier one is known.
fn each_once(batch: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut names: HashSet<(Source, String)> = HashSet::with_capacity(batch.len());
    batch
        .into_iter()
        .partition(|waiting| names.insert((waiting.kept.source, waiting.kept.source_ref.clone())))
}

fn recorded(kept: &KeptActivity, stored: &StoredActivity, now: Timestamp) -> ActivityRecorded {
    ActivityRecorded {
        activity_id: stored.activity_id.to_string(),
        revision: stored.revision,
        source: kept.source.into(),
        kind: kept.kind.into(),
        area_code: kept.area.as_str().to_owned(),
        begun_at: Some(to_proto(kept.begun_at)),
        ended_at: Some(to_proto(kept.ended_at)),
        count: kept.count,
        agency: kept.agency.clone(),
        accepted_at: Some(to_proto(now)),
        received_by: kept.submitted_by.clone(),
        duty_id: kept.duty_id.clone(),
        sealed_person: kept.sealed_person.clone(),
    }
}

#[cfg(test)]
mod tests {
    use prost::Name as _;

    use super::*;

    #[test]
    fn the_event_is_named_as_its_message() {
        assert_eq!(RECORDED, ActivityRecorded::full_name());
    }
}
