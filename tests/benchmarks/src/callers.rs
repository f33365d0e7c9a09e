//! Callers of intake: many at once, each waiting for its answer before it sends again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fengqiao_proto::intake::v1::{
    SubmitReportRequest, SubmitReportsRequest, intake_service_client::IntakeServiceClient,
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

type Failure = Box<dyn std::error::Error + Send + Sync>;

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
                let request = SubmitReportRequest { report: Some(report(&run, number, now)) };
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
    mut client: IntakeServiceClient<Caller>,
    run: &str,
    count: u64,
    window: usize,
) -> Result<f64, Failure> {
    let (send, receive) = mpsc::channel(window);
    let free = Arc::new(Semaphore::new(window));
    let now = jiff::Timestamp::now().as_second();
    let began = Instant::now();
    let sender = tokio::spawn({
        let (run, free) = (run.to_owned(), Arc::clone(&free));
        async move {
            for mark in 0..count {
                let Ok(permit) = free.acquire().await else { return };
                permit.forget();
                let message = SubmitReportsRequest {
                    mark,
                    report: Some(report(&run, mark, now)),
                    ..Default::default()
                };
                if send.send(message).await.is_err() {
                    return;
                }
            }
        }
    });
    let mut answers = client.submit_reports(ReceiverStream::new(receive)).await?.into_inner();
    let mut acknowledged = 0;
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Accepted(_)) => acknowledged += 1,
            other => return Err(format!("a report was not accepted: {other:?}").into()),
        }
        free.add_permits(1);
    }
    sender.await?;
    if acknowledged != count {
        return Err(format!("{acknowledged} of {count} were acknowledged").into());
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
