//! The way of a red push at 500 reports/s: from the report sent until a streaming agency has the push,
//! against a bare path at the same rate: three Postgres commits and two Redis stream hops in a row.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use fengqiao_benchmarks::{bare, figure, ground::Ground, pgbench, reports};
use fengqiao_proto::{
    intake::v1::SubmitReportRequest,
    notification::v1::{AcknowledgePush, OpenStream, TakePushesRequest, take_pushes_request::Say},
    types::v1::Level,
};
use tokio::{sync::mpsc, time::MissedTickBehavior};
use tokio_stream::wrappers::ReceiverStream;

const ROUNDS: usize = 3;
const PER_SECOND: u64 = 500;
const SECONDS: u64 = 8;
/// One report in so many is red; the others take their way too.
const RED_EVERY: u64 = 5;
/// The agency that leads the red reports of this benchmark.
const AGENCY: &str = "police";

type Failure = Box<dyn std::error::Error>;
type Sent = Arc<Mutex<HashMap<String, Instant>>>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let ground = Ground::start().await?;
    let bare_url = pgbench::prepare(&ground.database_url()?, "bare").await?;
    let redis = ground.stack.redis().ok_or("the stack started no Redis")?;
    let (mut ours, mut ours_tail, mut baseline) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut bare = bare::way(&bare_url, redis.url(), PER_SECOND, SECONDS).await?;
        bare.sort_by(f64::total_cmp);
        let mut way = our_way(&ground, &format!("f{round}")).await?;
        way.sort_by(f64::total_cmp);
        baseline.push(bare[bare.len() / 2]);
        ours.push(way[way.len() / 2]);
        ours_tail.push(way[way.len() * 99 / 100]);
    }
    figure::print_rounds("bare, median", &baseline, "ms");
    figure::print_rounds("ours, median", &ours, "ms");
    figure::print_rounds("ours, 99th percentile", &ours_tail, "ms");
    let (median, tail) = (figure::median(ours), figure::median(ours_tail));
    println!("  our 99th percentile is {:.1} times our median (less than 6 is wanted)", tail / median);
    figure::print_less_is_better("flow", median, figure::median(baseline), "ms");
    ground.stop().await;
    Ok(())
}

/// Milliseconds from sent to received, for each red report of one round.
async fn our_way(ground: &Ground, run: &str) -> Result<Vec<f64>, Failure> {
    let sent: Sent = Sent::default();
    let (received_send, mut received) = mpsc::unbounded_channel();
    let agency = tokio::spawn(take(
        ground.stack.connections()?.notification(AGENCY)?,
        Arc::clone(&sent),
        received_send.clone(),
    ));
    let intake = ground.intake(4)?;
    let mut tick = tokio::time::interval(Duration::from_nanos(1_000_000_000 / PER_SECOND));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let now = jiff::Timestamp::now().as_second();
    let count = PER_SECOND * SECONDS;
    for number in 0..count {
        tick.tick().await;
        let mut report = reports::report(run, number, now);
        if number % RED_EVERY == 0 {
            report.narrative.insert_str(0, "对方持刀威胁，");
            report.category = "人身伤害".to_owned();
            sent.lock().unwrap_or_else(PoisonError::into_inner).insert(report.title.clone(), Instant::now());
        }
        let mut client = intake[(number % 4) as usize].clone();
        let refused = received_send.clone();
        tokio::spawn(async move {
            let request = SubmitReportRequest { report: Some(report), ..Default::default() };
            if let Err(status) = client.submit_report(request).await {
                let _ = refused.send(Err(status));
            }
        });
    }
    // So that it is seen at once where the agency's stream has ended.
    drop(received_send);
    let mut ways = Vec::new();
    let wanted = (count / RED_EVERY) as usize;
    while ways.len() < wanted {
        match tokio::time::timeout(Duration::from_secs(20), received.recv()).await {
            Ok(Some(way)) => ways.push(way?),
            _ => return Err(format!("{} of {wanted} red pushes came", ways.len()).into()),
        }
    }
    agency.abort();
    Ok(ways)
}

/// An agency that takes its pushes and acknowledges each.
async fn take(
    mut client: fengqiao_proto::notification::v1::notification_service_client::NotificationServiceClient<
        fengqiao_stack::clients::Caller,
    >,
    sent: Sent,
    received: mpsc::UnboundedSender<Result<f64, tonic::Status>>,
) -> Result<(), tonic::Status> {
    let (say, said) = mpsc::channel(1000);
    let open = TakePushesRequest {
        say: Some(Say::Open(OpenStream { max_in_flight: 1000, ..OpenStream::default() })),
    };
    let _ = say.send(open).await;
    let mut pushes = client.take_pushes(ReceiverStream::new(said)).await?.into_inner();
    while let Some(push) = pushes.message().await?.and_then(|answer| answer.push) {
        let title = push.matter.as_ref().map(|matter| matter.title.as_str()).unwrap_or_default();
        let began = sent.lock().unwrap_or_else(PoisonError::into_inner).remove(title);
        if let Some(began) = began
            && push.level() == Level::Red
        {
            let _ = received.send(Ok(began.elapsed().as_secs_f64() * 1000.0));
        }
        let acknowledge = AcknowledgePush { push_id: push.push_id };
        let _ = say.send(TakePushesRequest { say: Some(Say::Acknowledge(acknowledge)) }).await;
    }
    Ok(())
}
