//! An agency of the tests that takes its pushes by stream.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_proto::notification::v1::{
    AcknowledgePush, OpenStream, Push, TakePushesRequest, take_pushes_request::Say,
};
use fengqiao_stack::clients::Connections;
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_stream::wrappers::ReceiverStream;

/// Every push that came, in order, as often as it came.
pub type Arrivals = Arc<Mutex<Vec<Push>>>;

/// An agency that takes its pushes by stream, and opens the stream again whenever it breaks.
pub struct StreamingAgency {
    /// What came.
    pub arrivals: Arrivals,
    task: JoinHandle<()>,
}

impl StreamingAgency {
    /// Opens the stream as an agency and acknowledges whatever comes.
    #[must_use]
    pub fn start(calls: Connections, agency: &str) -> Self {
        let arrivals = Arrivals::default();
        let (kept, agency) = (Arc::clone(&arrivals), agency.to_owned());
        let task = tokio::spawn(async move {
            loop {
                let _ = take(&calls, &agency, &kept).await;
                sleep(Duration::from_millis(100)).await;
            }
        });
        Self { arrivals, task }
    }

    /// The pushes so far, without repetitions, by id; with how often each came.
    #[must_use]
    pub fn by_id(&self) -> BTreeMap<String, (Push, usize)> {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_id = BTreeMap::new();
        for push in arrivals.iter() {
            by_id.entry(push.push_id.clone()).or_insert_with(|| (push.clone(), 0)).1 += 1;
        }
        by_id
    }

    /// The pushes of a case so far.
    #[must_use]
    pub fn of_case(&self, case_id: &str) -> Vec<Push> {
        self.by_id().into_values().map(|(push, _)| push).filter(|push| push.case_id == case_id).collect()
    }
}

impl Drop for StreamingAgency {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(
    calls: &Connections,
    agency: &str,
    arrivals: &Arrivals,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut client = calls.notification(agency)?;
    let (say, said) = mpsc::channel(200);
    say.send(TakePushesRequest {
        say: Some(Say::Open(OpenStream { max_in_flight: 100, ..OpenStream::default() })),
    })
    .await?;
    let mut pushes = client.take_pushes(ReceiverStream::new(said)).await?.into_inner();
    while let Some(push) = pushes.message().await?.and_then(|answer| answer.push) {
        let acknowledge = AcknowledgePush { push_id: push.push_id.clone() };
        arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(push);
        say.send(TakePushesRequest { say: Some(Say::Acknowledge(acknowledge)) }).await?;
    }
    Ok(())
}
