//! Plays the day: reports come in their order, agencies act meanwhile, an officer settles in the end.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use fengqiao_proto::{
    intake::v1::SubmitReportRequest,
    notification::v1::{Push, ReceiptState},
    routing::v1::Case,
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    WebhookReceiver,
    agencies::{self, Agency},
    answers::{Step, next_step},
    desk::Officer,
    patience::patiently,
    reports::{DayReport, SampleDay},
    survey::{Comparison, Survey, all_pushes},
};
use crate::{StackError, clients::Connections};

/// The whole day's reports come within this time.
const DAY_TAKES: Duration = Duration::from_secs(9);
const SUBMITS_AT_ONCE: usize = 16;
/// After the last report all must come to rest within this time.
const REST_WITHIN: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What has been done so far, for a display.
#[derive(Debug, Default)]
pub struct Counters {
    submitted: AtomicU64,
    known: AtomicU64,
    signed: AtomicU64,
    returned: AtomicU64,
    answered: AtomicU64,
    resolved: AtomicU64,
    all_told: AtomicBool,
}

impl Counters {
    /// Reports that intake has acknowledged.
    pub fn submitted(&self) -> u64 {
        self.submitted.load(Ordering::Relaxed)
    }

    /// One line of all counts.
    pub fn line(&self) -> String {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} reports, {} signed, {} returned, {} answered, {} resolved",
            get(&self.submitted),
            get(&self.signed),
            get(&self.returned),
            get(&self.answered),
            get(&self.resolved),
        )
    }

    pub(super) fn count(&self, step: Step) {
        let counter = match step {
            Step::Sign => &self.signed,
            Step::Return(_) => &self.returned,
            Step::Answer(_) => &self.answered,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether all reports of the day have come to their cases.
    pub(super) fn all_told(&self) -> bool {
        self.all_told.load(Ordering::Relaxed)
    }

    pub(super) fn resolved(&self) {
        self.resolved.fetch_add(1, Ordering::Relaxed);
    }
}

/// How the day ended.
#[derive(Debug, Clone)]
pub struct DayOutcome {
    /// What there is now.
    pub survey: Survey,
    /// The same beside statistics.
    pub comparison: Comparison,
    /// How many of the day's reports had been there before.
    pub known: u64,
    /// How long it took.
    pub took: Duration,
}

/// Plays the day to its end. Services may die meanwhile: everything is repeated until it is answered.
///
/// # Errors
/// Where a report is refused, or a service stays away for more than a minute.
pub async fn play(
    day: &SampleDay,
    connections: &Connections,
    webhooks: Option<&WebhookReceiver>,
    counters: Arc<Counters>,
) -> Result<DayOutcome, StackError> {
    let begun = Instant::now();
    let folder = connections.description().county_folder.clone();
    let agencies = agencies::of_day(day, &folder, connections, &counters)?;
    let by_webhook = super::webhook_agencies(&folder)?;
    let stop = CancellationToken::new();
    // However this function ends, the agencies go home.
    let _guard = stop.clone().drop_guard();
    let working = TaskTracker::new();
    for agency in agencies.clone() {
        let by_webhook = by_webhook.iter().any(|code| code == agency.code());
        match webhooks {
            Some(receiver) if by_webhook => {
                working.spawn(agency.take_by_webhook(receiver.received(), stop.clone()))
            }
            // Nothing of ours receives its webhooks: it lists what there is when the day ends.
            None if by_webhook => continue,
            _ => working.spawn(agency.take_by_stream(stop.clone())),
        };
    }
    working.close();
    submit(day, connections, &counters).await?;
    let (survey, comparison) = come_to_rest(&agencies, connections, &counters).await?;
    stop.cancel();
    working.wait().await;
    Ok(DayOutcome {
        survey,
        comparison,
        known: counters.known.load(Ordering::Relaxed),
        took: begun.elapsed(),
    })
}

/// Hands in the reports, each after the one before it in its dispute.
async fn submit(day: &SampleDay, connections: &Connections, counters: &Counters) -> Result<(), StackError> {
    let begun = tokio::time::Instant::now();
    let pace = DAY_TAKES / u32::try_from(day.reports.len().max(1)).unwrap_or(u32::MAX);
    let taken: Vec<watch::Sender<bool>> = day.reports.iter().map(|_| watch::channel(false).0).collect();
    let taken = &taken;
    let all = day.reports.iter().enumerate().map(|(at, day_report)| async move {
        let told = begun + pace * u32::try_from(at).unwrap_or(u32::MAX);
        tokio::time::sleep_until(told).await;
        if let Some(earlier) = day_report.after {
            let mut before = taken[earlier].subscribe();
            let _ = before.wait_for(|taken| *taken).await;
        }
        hand_in(day_report, connections, counters).await?;
        taken[at].send_replace(true);
        Ok::<(), StackError>(())
    });
    stream::iter(all).buffer_unordered(SUBMITS_AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

async fn hand_in(
    day_report: &DayReport,
    connections: &Connections,
    counters: &Counters,
) -> Result<(), StackError> {
    let client = connections.intake(&day_report.caller)?;
    let ask = SubmitReportRequest { report: Some(day_report.report.clone()), ..Default::default() };
    let answer = patiently(|| {
        let (mut client, ask) = (client.clone(), ask.clone());
        async move { client.submit_report(ask).await }
    })
    .await
    .map_err(|status| {
        let reference = &day_report.report.source_ref;
        StackError::Invalid(format!("report {reference}: {:?}, {}", status.code(), status.message()))
    })?;
    counters.submitted.fetch_add(1, Ordering::Relaxed);
    counters.known.fetch_add(u64::from(answer.known), Ordering::Relaxed);
    Ok(())
}

/// Waits until everything has arrived everywhere and everybody has done what they do today.
async fn come_to_rest(
    agencies: &[Agency],
    connections: &Connections,
    counters: &Arc<Counters>,
) -> Result<(Survey, Comparison), StackError> {
    let officer = Officer::new(connections.routing("officer")?, counters.clone());
    let until = Instant::now() + REST_WITHIN;
    loop {
        let late = Instant::now() > until;
        if !counters.all_told() {
            let survey = Survey::take(connections).await?;
            let arrived = survey.reports_in_cases() == survey.reports;
            counters.all_told.store(arrived || late, Ordering::Relaxed);
            continue;
        }
        let tidied = tidy(agencies, connections).await?;
        if !tidied && !late {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        }
        let survey = Survey::take(connections).await?;
        // The officer waits for the agencies, so that what is settled does not depend on who was faster.
        let settled = survey.is_whole() && settle(&officer, &survey.cases).await? > 0;
        if !settled && (survey.is_whole() || late) {
            let comparison = Comparison::of(&survey, connections).await?;
            if comparison.agrees() || late {
                return Ok((survey, comparison));
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Hands the agencies what nobody brought them, and says whether nothing is left to do.
async fn tidy(agencies: &[Agency], connections: &Connections) -> Result<bool, StackError> {
    let mut left: HashMap<String, Vec<Push>> = HashMap::new();
    for push in all_pushes(connections).await? {
        let push = as_read_by_its_agency(push, agencies).await?;
        if next_step(&push).is_some() {
            left.entry(push.agency.clone()).or_default().push(push);
        }
    }
    let at_work: Vec<(&Agency, Vec<Push>)> =
        agencies.iter().filter_map(|agency| Some((agency, left.remove(agency.code())?))).collect();
    let nothing = at_work.is_empty();
    stream::iter(at_work).for_each_concurrent(8, |(agency, pushes)| agency.tidy(pushes)).await;
    Ok(nothing)
}

/// Of a protected case a list tells nobody what the push is about, and what its agency does with it follows from that.
async fn as_read_by_its_agency(push: Push, agencies: &[Agency]) -> Result<Push, StackError> {
    let open = matches!(push.receipt(), ReceiptState::Unsigned | ReceiptState::Signed);
    let agency = agencies.iter().find(|agency| open && push.matter.is_none() && agency.code() == push.agency);
    let Some(agency) = agency else { return Ok(push) };
    let read = agency.read(&push.push_id).await;
    let read = read.map_err(|status| StackError::Invalid(format!("reading a push: {}", status.message())))?;
    Ok(read.unwrap_or(push))
}

async fn settle(officer: &Officer, cases: &[Case]) -> Result<usize, StackError> {
    let acts = stream::iter(cases).map(|case| officer.act(case)).buffer_unordered(8);
    let done: Vec<bool> = acts
        .try_collect()
        .await
        .map_err(|status| StackError::Invalid(format!("settling: {}", status.message())))?;
    Ok(done.into_iter().filter(|done| *done).count())
}
