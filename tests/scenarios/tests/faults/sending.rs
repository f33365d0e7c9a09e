//! Sources that send what they have until it is acknowledged.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use fengqiao_proto::intake::v1::{
    Report, SubmitReportRequest, SubmitReportsRequest, submit_reports_response::Outcome,
};
use fengqiao_scenarios::shared::HOTLINE;
use fengqiao_stack::clients::Connections;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// How many send one report after the other.
pub const SUBMITTERS: u64 = 8;
/// Reports per second of all of them; without a pace they would be in before the second fault.
const PACE: u64 = 250;

/// The acknowledged reports: reference to report id.
pub type Acknowledged = Arc<Mutex<BTreeMap<String, String>>>;

/// Sends each report until it is acknowledged, as a source does.
pub async fn submit_all(calls: Connections, reports: Vec<Report>, acknowledged: Acknowledged) {
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 * SUBMITTERS / PACE));
    for report in reports {
        pace.tick().await;
        loop {
            let mut intake = calls.intake(HOTLINE).unwrap();
            let mut request = tonic::Request::new(SubmitReportRequest {
                report: Some(report.clone()),
                ..Default::default()
            });
            request.set_timeout(Duration::from_secs(5));
            match timeout(Duration::from_secs(6), intake.submit_report(request)).await {
                Ok(Ok(answer)) => {
                    keep(&acknowledged, &report.source_ref, answer.into_inner().report_id);
                    break;
                }
                Ok(Err(status)) => assert!(
                    !matches!(
                        status.code(),
                        tonic::Code::InvalidArgument | tonic::Code::Internal | tonic::Code::PermissionDenied
                    ),
                    "{status:?}"
                ),
                Err(_) => {}
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The same over streams: what was not acknowledged when one breaks is sent over the next.
pub async fn stream_all(calls: Connections, reports: Vec<Report>, acknowledged: Acknowledged) {
    let mut left: BTreeMap<u64, Report> = (0..).zip(reports).collect();
    while !left.is_empty() {
        let (send, receive) = mpsc::channel(50);
        let sending = left.clone();
        let sender = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(10));
            for (mark, report) in sending {
                pace.tick().await;
                if send
                    .send(SubmitReportsRequest { mark, report: Some(report), ..Default::default() })
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
        let mut intake = calls.intake(HOTLINE).unwrap();
        if let Ok(answers) = intake.submit_reports(tokio_stream::wrappers::ReceiverStream::new(receive)).await
        {
            let mut answers = answers.into_inner();
            while let Ok(Ok(Some(answer))) = timeout(Duration::from_secs(10), answers.message()).await {
                if let Some(Outcome::Accepted(accepted)) = answer.outcome
                    && let Some(report) = left.remove(&answer.mark)
                {
                    keep(&acknowledged, &report.source_ref, accepted.report_id);
                }
            }
        }
        sender.abort();
        sleep(Duration::from_millis(50)).await;
    }
}

/// A reference that is acknowledged twice must be the same report both times.
fn keep(acknowledged: &Acknowledged, reference: &str, report_id: String) {
    let earlier = acknowledged.lock().unwrap().insert(reference.to_owned(), report_id.clone());
    assert!(earlier.is_none_or(|earlier| earlier == report_id), "{reference} became two reports");
}
