//! Callers of intake: many at once, each waiting for its answer before it sends again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fengqiao_proto::intake::v1::{
    Report, SubmitReportRequest, SubmitReportsRequest, intake_service_client::IntakeServiceClient,
    submit_reports_response::Outcome,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};
use tokio_stream::wrappers::ReceiverStream;

use fengqiao_stack::clients::Caller;

use crate::reports::report;

/// What can go wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Acknowledged reports per second of `SubmitReport` with so many callers over the given connections.
///
/// # Errors
/// The first call that fails.
pub async fn unary(
    connections: &[IntakeServiceClient<Caller>],
    run: &str,
    callers: usize,
    time: Duration,
) -> Result<f64, Failure> {
    let next = Arc::new(AtomicU64::new(0));
    let now = jiff::Timestamp::now().as_second();
    let began = Instant::now();
    let mut tasks = JoinSet::<Result<u64, Failure>>::new();
    for index in 0..callers {
        let mut client = connections[index % connections.len()].clone();
        let (run, next) = (run.to_owned(), Arc::clone(&next));
        tasks.spawn(async move {
            let mut done = 0;
            while began.elapsed() < time {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let request =
                    SubmitReportRequest { report: Some(report(&run, number, now)), ..Default::default() };
                client.submit_report(request).await?;
                done += 1;
            }
            Ok(done)
        });
    }
    let mut acknowledged = 0;
    while let Some(done) = tasks.join_next().await {
        acknowledged += done??;
    }
    Ok(acknowledged as f64 / began.elapsed().as_secs_f64())
}

/// Acknowledged reports per second of one `SubmitReports` stream that sends `count` reports, at most
/// `window` of them unanswered.
///
/// # Errors
/// Where the stream breaks or a report is refused.
pub async fn stream(
    client: IntakeServiceClient<Caller>,
    run: &str,
    count: u64,
    window: usize,
) -> Result<f64, Failure> {
    let now = jiff::Timestamp::now().as_second();
    let run = run.to_owned();
    let answered = stream_of(client, (0..count).map(move |mark| report(&run, mark, now)), window).await?;
    Ok(answered.per_second)
}

/// What a stream came to.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// Acknowledged reports.
    pub reports: u64,
    /// Those of whom someone was here before.
    pub repeats: u64,
    /// Acknowledged reports per second.
    pub per_second: f64,
}

/// Sends these reports over one `SubmitReports` stream, at most `window` of them unanswered.
///
/// # Errors
/// Where the stream breaks or a report is refused.
pub async fn stream_of(
    mut client: IntakeServiceClient<Caller>,
    reports: impl Iterator<Item = Report> + Send + 'static,
    window: usize,
) -> Result<Answered, Failure> {
    let (send, receive) = mpsc::channel(window);
    let free = Arc::new(Semaphore::new(window));
    let began = Instant::now();
    let sender = tokio::spawn({
        let free = Arc::clone(&free);
        async move {
            let mut sent = 0;
            for report in reports {
                let Ok(permit) = free.acquire().await else { break };
                permit.forget();
                let message = SubmitReportsRequest { mark: sent, report: Some(report), ..Default::default() };
                if send.send(message).await.is_err() {
                    break;
                }
                sent += 1;
            }
            sent
        }
    });
    let mut answers = client.submit_reports(ReceiverStream::new(receive)).await?.into_inner();
    let (mut acknowledged, mut repeats) = (0, 0);
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Accepted(accepted)) => {
                acknowledged += 1;
                repeats += u64::from(accepted.linkage.is_some_and(|linkage| linkage.repeat));
            }
            other => return Err(format!("a report was not accepted: {other:?}").into()),
        }
        free.add_permits(1);
    }
    let sent = sender.await?;
    if acknowledged != sent {
        return Err(format!("{acknowledged} of {sent} were acknowledged").into());
    }
    let per_second = sent as f64 / began.elapsed().as_secs_f64();
    Ok(Answered { reports: sent, repeats, per_second })
}
