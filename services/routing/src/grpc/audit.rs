//! The audit of histories, as the gRPC face serves it.

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_access::{Principal, principal};
use fengqiao_proto::routing::v1::{
    AuditFault, AuditFinding, GetAnchorRequest, GetAnchorResponse, ListReadingsRequest, ListReadingsResponse,
    Reading as ReadingMessage, VerifyHistoryRequest, VerifyHistoryResponse, VerifyProgress, VerifySummary,
    audit_service_server::{AuditService, AuditServiceServer},
    verify_history_response::Step,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{
    MAX_MESSAGE_BYTES, paging, status,
    time::{Clock, to_proto},
};
use futures::Stream;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::requests;
use crate::{
    counties::{RoutingCounties, RoutingCounty},
    domain::{
        anchor::Anchor,
        audit::{Fault, Finding, Verifier},
        history_seals::HistoryHead,
    },
    error::RoutingError,
    store::{AuditedPage, Auditing, Reading, find_case, history_head, list_readings},
};

/// So many findings are sent; more are only counted.
const MOST_FINDINGS: i64 = 1_000;
/// So many numbers without a case are named.
const MOST_NUMBERS: i64 = 100;
/// A caller that takes nothing for so long is given up: the database keeps old rows for the audit.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often each county's anchor goes into the log, where it outlives what is done to the database.
const LOG_EVERY: Duration = Duration::from_secs(3_600);

/// The audit's face.
#[derive(Clone)]
pub struct AuditFace {
    pool: PgPool,
    counties: Arc<RoutingCounties>,
    keyring: Arc<Keyring>,
    clock: Clock,
    /// The counties that are being audited.
    running: Arc<Mutex<HashSet<String>>>,
}

/// A county is being audited as long as this is there.
struct Running {
    county: String,
    all: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.county);
    }
}

type Steps = mpsc::Sender<Result<VerifyHistoryResponse, Status>>;

/// Why an audit did not come to its end.
enum Stopped {
    /// Nobody takes what it says.
    Unheard,
    /// It failed.
    Failed(RoutingError),
}

impl From<RoutingError> for Stopped {
    fn from(error: RoutingError) -> Self {
        Self::Failed(error)
    }
}

impl AuditFace {
    /// A face over these counties' histories.
    #[must_use]
    pub fn new(pool: PgPool, counties: Arc<RoutingCounties>, keyring: Arc<Keyring>, clock: Clock) -> Self {
        Self { pool, counties, keyring, clock, running: Arc::default() }
    }

    /// The service to be served.
    #[must_use]
    pub fn into_server(self) -> AuditServiceServer<Self> {
        AuditServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Writes each county's anchor into the log now and then, until told to stop.
    pub async fn log_anchors(self, stop: CancellationToken) {
        loop {
            for place in self.counties.iter() {
                let county = place.county.code.as_str();
                match self.anchor(county).await {
                    Ok(anchor) => {
                        metrics::gauge!("fengqiao_routing_history_entries", "county" => county.to_owned())
                            .set(count(anchor.entries));
                        tracing::info!(county, anchor = %anchor, "how the histories stand");
                    }
                    Err(error) => tracing::error!(
                        county,
                        error = &error as &dyn std::error::Error,
                        "how the histories stand cannot be read"
                    ),
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOG_EVERY) => {}
            }
        }
    }

    async fn anchor(&self, county: &str) -> Result<Anchor, RoutingError> {
        let head = history_head(&self.pool, &self.keyring, county).await?.unwrap_or_default();
        Ok(self.anchor_of(county, &head))
    }

    fn anchor_of(&self, county: &str, head: &HistoryHead) -> Anchor {
        Anchor::of(county, self.clock.now(), head.batch, &head.total, &self.keyring)
    }

    fn place(&self, who: &Principal, requested: &str) -> Result<&Arc<RoutingCounty>, Status> {
        let county = who.county_of(requested)?;
        self.counties.get(county).ok_or_else(|| status::not_found("county"))
    }

    fn begin(&self, county: &str) -> Result<Running, Status> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if !running.insert(county.to_owned()) {
            return Err(status::exhausted("the county is being audited already", Duration::from_secs(30)));
        }
        Ok(Running { county: county.to_owned(), all: Arc::clone(&self.running) })
    }

    async fn verify(&self, county: &str, since: Option<Anchor>, steps: &Steps) -> Result<(), Stopped> {
        let mut auditing = Auditing::begin(&self.pool, &self.keyring, county).await?;
        let head = auditing.head();
        let expected = head.map_or(0, |head| head.total.entries + head.unsealed);
        let mut verifier = Verifier::new(&self.keyring, county, head, since);
        let mut found = 0;
        loop {
            match auditing.next().await? {
                AuditedPage::Rows(rows) => {
                    // A page takes a few milliseconds of hashing; others go on meanwhile.
                    tokio::task::yield_now().await;
                    rows.into_iter().for_each(|row| verifier.look_at(row));
                    let looked = verifier.looked();
                    let progress = VerifyProgress {
                        cases: looked.cases,
                        entries: looked.entries,
                        entries_expected: expected,
                    };
                    tell_all(verifier.found(), &mut found, steps).await?;
                    tell(Step::Progress(progress), steps).await?;
                }
                AuditedPage::Readings(readings) => {
                    readings.iter().for_each(|reading| verifier.look_at_reading(reading));
                    tell_all(verifier.found(), &mut found, steps).await?;
                }
                AuditedPage::End => break,
            }
        }
        verifier.end();
        tell_all(verifier.found(), &mut found, steps).await?;
        let series = auditing.series().await?;
        for (day, last) in verifier.days_with_gaps(&series) {
            let missing = auditing.missing_numbers(day, last, MOST_NUMBERS).await?;
            tell_all(missing.into_iter().map(Finding::no_number).collect(), &mut found, steps).await?;
        }
        let looked = verifier.looked();
        let summary = VerifySummary {
            cases: looked.cases,
            entries: looked.entries,
            unsealed_entries: looked.unsealed,
            readings: looked.readings,
            findings: found,
            // What is unsound must not be remembered as sound.
            anchor: if found == 0 {
                self.anchor_of(county, &head.unwrap_or_default()).to_string()
            } else {
                String::new()
            },
        };
        metrics::gauge!("fengqiao_routing_audit_findings", "county" => county.to_owned()).set(count(found));
        if found > 0 {
            tracing::error!(county, findings = found, "the histories are not as they were written");
        }
        tell(Step::Summary(summary), steps).await
    }
}

#[allow(clippy::cast_precision_loss, reason = "a figure for a chart")]
fn count(number: i64) -> f64 {
    number as f64
}

async fn tell(step: Step, steps: &Steps) -> Result<(), Stopped> {
    let message = VerifyHistoryResponse { step: Some(step) };
    steps.send_timeout(Ok(message), PATIENCE).await.map_err(|_| Stopped::Unheard)
}

async fn tell_all(findings: Vec<Finding>, found: &mut i64, steps: &Steps) -> Result<(), Stopped> {
    for finding in findings {
        *found += 1;
        if *found <= MOST_FINDINGS {
            tell(Step::Finding(finding_message(finding)), steps).await?;
        }
    }
    Ok(())
}

fn finding_message(finding: Finding) -> AuditFinding {
    let fault = match finding.fault {
        Fault::Changed => AuditFault::Changed,
        Fault::Missing => AuditFault::Missing,
        Fault::Twice => AuditFault::Twice,
        Fault::Unsealed => AuditFault::Unsealed,
        Fault::End => AuditFault::End,
        Fault::NoCase => AuditFault::NoCase,
        Fault::Docket => AuditFault::Docket,
        Fault::NoNumber => AuditFault::NoNumber,
        Fault::Total => AuditFault::Total,
        Fault::NoHead => AuditFault::NoHead,
        Fault::UnsealedTotal => AuditFault::UnsealedTotal,
        Fault::SetBack => AuditFault::SetBack,
        Fault::Anchor => AuditFault::Anchor,
        Fault::ReadingChanged => AuditFault::ReadingChanged,
        Fault::ReadingMissing => AuditFault::ReadingMissing,
    };
    AuditFinding {
        fault: fault.into(),
        case_id: finding.case_id.map(|id| id.to_string()).unwrap_or_default(),
        number: finding.number,
        sequence: finding.sequence,
        text: finding.text,
    }
}

fn reading_message(reading: Reading) -> ReadingMessage {
    ReadingMessage {
        sequence: reading.sequence,
        at: Some(to_proto(reading.at)),
        actor: reading.actor,
        capacity: reading.capacity,
        purpose: reading.purpose,
    }
}

#[tonic::async_trait]
impl AuditService for AuditFace {
    type VerifyHistoryStream = Pin<Box<dyn Stream<Item = Result<VerifyHistoryResponse, Status>> + Send>>;

    async fn verify_history(
        &self,
        request: Request<VerifyHistoryRequest>,
    ) -> Result<Response<Self::VerifyHistoryStream>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = self.place(who, &asked.county)?.county.code.clone();
        let since = match asked.since.trim() {
            "" => None,
            line => Some(
                Anchor::read(line, &county, &self.keyring)
                    .map_err(|error| RoutingError::invalid("since", &error.to_string()))?,
            ),
        };
        let running = self.begin(&county)?;
        let (steps, answer) = mpsc::channel(64);
        let face = self.clone();
        tokio::spawn(async move {
            let _running = running;
            if let Err(Stopped::Failed(error)) = face.verify(&county, since, &steps).await {
                let _ = steps.send_timeout(Err(error.into()), PATIENCE).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answer))))
    }

    async fn get_anchor(
        &self,
        request: Request<GetAnchorRequest>,
    ) -> Result<Response<GetAnchorResponse>, Status> {
        let who = principal(&request)?;
        let place = self.place(who, &request.get_ref().county)?;
        let anchor = self.anchor(&place.county.code).await?;
        Ok(Response::new(GetAnchorResponse {
            anchor: anchor.to_string(),
            at: Some(to_proto(anchor.at)),
            entries: anchor.entries,
            cases: anchor.cases,
        }))
    }

    async fn list_readings(
        &self,
        request: Request<ListReadingsRequest>,
    ) -> Result<Response<ListReadingsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let county = &place.county.code;
        let name = requests::case_name(&asked.case)?;
        let before = requests::page_token::<i64>(&asked.page_token)?.unwrap_or(i64::MAX);
        let case = find_case(&self.pool, &self.keyring, county, &name, who.agency.as_deref()).await?;
        let size = paging::size(asked.page_size, 100, 1_000);
        let mut found = list_readings(&self.pool, county, case.id, before, size + 1).await?;
        let long = |reading: &Reading| reading.purpose.len();
        let next_page_token =
            requests::next_page(&mut found, size, long, |reading| paging::write(&reading.sequence));
        let readings = found.into_iter().map(reading_message).collect();
        Ok(Response::new(ListReadingsResponse { readings, next_page_token }))
    }
}
