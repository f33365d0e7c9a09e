//! The service as such, whatever face is put before it.

use std::sync::Arc;

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::Outbox;
use fengqiao_proto::intake::v1::{Report, SubmitReportResponse};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time;
use futures::future::BoxFuture;
use sqlx::PgPool;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    changes::ChangeFeed,
    committer::{Answer, Committer},
    config::{ANSWER_TIMEOUT, CommitSettings},
    contract,
    county_weights::CountyWeights,
    domain::{
        decision::Decision,
        mapping::{Unmapped, unknown_category},
        said_numbers,
    },
    error::IntakeError,
    foreseeing::LOOKING_AT_A_TIME,
    grpc::Unfinished,
    lookup_keys::LookupKeys,
    reception::{ReceivedReport, Reception},
    sums,
    unmapped::{Counting, UnmappedCounts, WITHOUT_A_MAPPING},
};

/// What becomes of a report when too many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It is refused.
    Refuse,
    /// It waits: a stream is slowed.
    Wait,
}

impl WhenFull {
    /// Puts something into a queue.
    ///
    /// # Errors
    /// [`IntakeError::Full`] where it is not to wait, or [`IntakeError::Ending`].
    pub(crate) async fn send<T>(self, queue: &mpsc::Sender<T>, waiting: T) -> Result<(), IntakeError> {
        match self {
            Self::Wait => queue.send(waiting).await.map_err(|_| IntakeError::Ending),
            Self::Refuse => queue.try_send(waiting).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => IntakeError::Full,
                mpsc::error::TrySendError::Closed(_) => IntakeError::Ending,
            }),
        }
    }
}

/// Takes reports and reads them.
pub struct Intake {
    pub(crate) reception: Arc<Reception>,
    pub(crate) lookups: Arc<LookupKeys>,
    pub(crate) committer: Committer,
    pub(crate) feed: ChangeFeed,
    pub(crate) pool: PgPool,
    pub(crate) stop: CancellationToken,
    pub(crate) stream_window: usize,
    /// The room for what callers have begun to say.
    pub(crate) unfinished: Unfinished,
    /// The places of those who look what would become of something.
    pub(crate) looking: Semaphore,
    /// What nobody knows of what came.
    pub(crate) unmapped: UnmappedCounts,
}

impl Intake {
    /// Makes the service, and the work of its committers, which is to be spawned by who owns it; it ends
    /// soon after `stop`.
    #[must_use]
    pub fn new(
        pool: &PgPool,
        outbox: &Outbox,
        counties: &Counties,
        weights: &CountyWeights,
        keyring: Arc<Keyring>,
        settings: &CommitSettings,
        stop: &CancellationToken,
    ) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let lookups = Arc::new(LookupKeys::new(Arc::clone(&keyring)));
        let reception = Arc::new(Reception::new(counties, Arc::clone(&keyring)));
        let (committer, work) =
            Committer::new(pool, outbox, counties, (weights, &lookups), &reception, settings, stop);
        let intake = Self {
            feed: ChangeFeed::new(pool.clone(), keyring),
            reception,
            lookups,
            committer,
            pool: pool.clone(),
            stop: stop.clone(),
            stream_window: settings.stream_window as usize,
            unfinished: Unfinished::default(),
            looking: Semaphore::new(LOOKING_AT_A_TIME),
            unmapped: UnmappedCounts::default(),
        };
        (intake, work)
    }

    /// The id of the lookup key by which a county's earlier reports are found and compared now.
    #[must_use]
    pub fn lookup_key_read_by(&self, county: &str) -> u8 {
        self.lookups.reading(county)
    }

    /// Checks a report and makes it ready for its commit.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn receive(
        &self,
        who: &Principal,
        report: Option<Report>,
    ) -> Result<Box<ReceivedReport>, IntakeError> {
        let report = report.unwrap_or_default();
        let source = report.source;
        self.reception
            .receive(who, report, time::now(), fengqiao_telemetry::trace::current())
            .inspect_err(|_| sums::refused(&who.county, source))
    }

    /// Checks a report that comes in the contract's own fields, to be taken, and makes it ready for its commit. Where the
    /// county does not know its kind of matter, that is counted unless the report is known.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn receive_typed(
        &self,
        who: &Principal,
        report: Option<Report>,
    ) -> Result<(Box<ReceivedReport>, Option<Counting>), IntakeError> {
        let unknown = report
            .as_ref()
            .zip(self.reception.county(&who.county).ok())
            .and_then(|(report, county)| unknown_category(report, &county.categories));
        let received = self.receive(who, report)?;
        Ok((received, self.count_unmapped(&who.county, unknown)))
    }

    /// Counts what came without a mapping and the county does not know, unless it came before.
    pub(crate) fn count_unmapped(&self, county: &str, unknown: Option<Unmapped>) -> Option<Counting> {
        let unknown = unknown.into_iter().collect();
        self.unmapped.counting(county, WITHOUT_A_MAPPING, unknown, time::now())
    }

    /// The report, with what is no number of its people kept as it was said where that is wanted.
    #[must_use]
    pub fn as_said(&self, report: Option<Report>, wanted: bool) -> Option<Report> {
        if !wanted {
            return report;
        }
        // Who was born on the county's tomorrow is refused by the county's day.
        let today = said_numbers::latest_day(time::now());
        report.map(|report| said_numbers::of_report(report, today))
    }

    /// Takes one report; returns after its commit.
    ///
    /// # Errors
    /// What is wrong with it, or why it could not be committed.
    pub async fn submit(
        &self,
        who: &Principal,
        report: Option<Report>,
    ) -> Result<SubmitReportResponse, IntakeError> {
        let (received, counting) = self.receive_typed(who, report)?;
        self.commit(who, received, counting).await
    }

    /// Lets one report that is right be committed; returns after that.
    ///
    /// # Errors
    /// Why it could not be committed.
    pub(crate) async fn commit(
        &self,
        who: &Principal,
        received: Box<ReceivedReport>,
        counting: Option<Counting>,
    ) -> Result<SubmitReportResponse, IntakeError> {
        let answer = self.begin(who, received, WhenFull::Refuse).await?.committed().await;
        if let Some(counting) = counting {
            counting.unless(answer.as_ref().is_ok_and(|answer| answer.known));
        }
        answer
    }

    /// Lets one report wait for its commit, after those that began before it.
    ///
    /// # Errors
    /// Why it cannot wait.
    pub(crate) async fn begin(
        &self,
        who: &Principal,
        received: Box<ReceivedReport>,
        when_full: WhenFull,
    ) -> Result<Begun, IntakeError> {
        let (sender, answered) = oneshot::channel();
        // A caller that is gone misses its answer; the report is committed all the same.
        let answer: Answer = Box::new(move |outcome| drop(sender.send(outcome)));
        match when_full {
            WhenFull::Refuse => self.committer.submit(&who.county, received, answer)?,
            WhenFull::Wait => self.committer.submit_when_possible(&who.county, received, answer).await?,
        }
        Ok(Begun(answered))
    }
}

/// A report that waits for its commit. Who drops it misses the answer only.
#[derive(Debug)]
pub struct Begun(oneshot::Receiver<Result<Decision, IntakeError>>);

impl Begun {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Why it could not be committed, or that no answer came in time.
    pub async fn committed(self) -> Result<SubmitReportResponse, IntakeError> {
        let decided = tokio::time::timeout(ANSWER_TIMEOUT, self.0)
            .await
            .map_err(|_| IntakeError::NoAnswerInTime)?
            .map_err(|_| IntakeError::Ending)?;
        Ok(contract::acknowledgement(&decided?))
    }
}
