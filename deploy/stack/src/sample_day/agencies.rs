//! The agencies of the day: each takes its pushes, by its stream or its webhook, and acts on them.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_proto::notification::v1::{
    AcknowledgePush, FeedbackPushRequest, GetPushRequest, OpenStream, Push, ReturnPushRequest,
    SignPushRequest, TakePushesRequest, notification_service_client::NotificationServiceClient,
    take_pushes_request::Say,
};
use serde::Deserialize;
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::{
    answers::{Step, next_step, words},
    patience::patiently,
    play::Counters,
    reports::SampleDay,
};
use crate::{
    StackError,
    clients::{Caller, Connections},
};

/// How many pushes one agency works on at the same time.
const AT_ONCE: usize = 8;
const IN_FLIGHT: usize = 64;
const RECONNECT_AFTER: Duration = Duration::from_millis(200);

/// One agency of the day.
#[derive(Clone)]
pub(super) struct Agency {
    code: String,
    client: NotificationServiceClient<Caller>,
    counters: Arc<Counters>,
    desk: Arc<Semaphore>,
    /// Pushes that somebody works on or has finished.
    in_hand: Arc<Mutex<HashSet<String>>>,
}

/// A push that somebody works on. Whoever stops before the end, or is stopped, lays it back.
struct InHand {
    all: Arc<Mutex<HashSet<String>>>,
    push_id: String,
    finished: bool,
}

impl InHand {
    fn take(all: &Arc<Mutex<HashSet<String>>>, push_id: &str) -> Option<Self> {
        let fresh = all.lock().unwrap_or_else(PoisonError::into_inner).insert(push_id.to_owned());
        fresh.then(|| Self { all: all.clone(), push_id: push_id.to_owned(), finished: false })
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        if !self.finished {
            self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.push_id);
        }
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    kind: String,
    #[serde(default)]
    area_code: String,
}

/// The agencies that have something to do on this day. One community in six has nobody at its computer.
pub(super) fn of_day(
    day: &SampleDay,
    county_folder: &Path,
    connections: &Connections,
    counters: &Arc<Counters>,
) -> Result<Vec<Agency>, StackError> {
    let areas: HashSet<&str> = day.reports.iter().map(|r| r.report.area_code.as_str()).collect();
    let concerned = |area: &str| {
        let digits = area.trim_end_matches('0').len().max(9);
        areas.iter().any(|told| told.starts_with(area.get(..digits).unwrap_or(area)))
    };
    let path = county_folder.join("agencies.csv");
    let wrong = |error: csv::Error| StackError::Invalid(format!("{}: {error}", path.display()));
    let mut agencies = Vec::new();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).comment(Some(b'#')).from_path(&path).map_err(wrong)?;
    for row in reader.deserialize() {
        let Row { code, kind, area_code } = row.map_err(wrong)?;
        let works = match kind.as_str() {
            "community" => {
                areas.contains(area_code.as_str()) && super::answers::draw_of(&["community", &code]) >= 17
            }
            "town" | "justice" => concerned(&area_code),
            _ => true,
        };
        if works {
            agencies.push(Agency {
                client: connections.notification(&code)?,
                code,
                counters: counters.clone(),
                desk: Arc::new(Semaphore::new(AT_ONCE)),
                in_hand: Arc::default(),
            });
        }
    }
    Ok(agencies)
}

impl Agency {
    /// The agency's code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Takes pushes over the agency's stream until told to stop; opens another when one breaks.
    pub(super) async fn take_by_stream(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = self.one_stream() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RECONNECT_AFTER.mul_f64(rand::random_range(0.5..2.0))) => {}
            }
        }
    }

    async fn one_stream(&self) -> Result<(), Status> {
        let (say, says) = mpsc::channel(IN_FLIGHT);
        let open = OpenStream { max_in_flight: IN_FLIGHT as i32, ..OpenStream::default() };
        let send = |said| {
            let say = say.clone();
            async move {
                let said = TakePushesRequest { say: Some(said) };
                say.send(said).await.map_err(|_| Status::cancelled("the stream is closed"))
            }
        };
        send(Say::Open(open)).await?;
        let mut client = self.client.clone();
        let mut pushes = client.take_pushes(ReceiverStream::new(says)).await?.into_inner();
        let mut working = tokio::task::JoinSet::new();
        while let Some(taken) = pushes.message().await? {
            let Some(push) = taken.push else { continue };
            send(Say::Acknowledge(AcknowledgePush { push_id: push.push_id.clone() })).await?;
            let agency = self.clone();
            working.spawn(async move { agency.act(push).await });
            while working.try_join_next().is_some() {}
        }
        Ok(())
    }

    /// Acts on pushes that the agency's webhook received, until told to stop.
    pub(super) async fn take_by_webhook(
        self,
        mut received: broadcast::Receiver<(String, String)>,
        stop: CancellationToken,
    ) {
        loop {
            let got = tokio::select! {
                () = stop.cancelled() => return,
                got = received.recv() => got,
            };
            match got {
                Ok((agency, push_id)) if agency == self.code => {
                    let agency = self.clone();
                    tokio::spawn(async move {
                        // What cannot be read is found by listing.
                        if let Ok(Some(push)) = agency.read(&push_id).await {
                            agency.act(push).await;
                        }
                    });
                }
                Err(broadcast::error::RecvError::Closed) => return,
                // Missed ones are found by listing.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }

    /// One of its pushes, as it reads it itself.
    ///
    /// # Errors
    /// Where it has no such push, or notification stays away.
    pub(super) async fn read(&self, push_id: &str) -> Result<Option<Push>, Status> {
        let ask = GetPushRequest { push_id: push_id.to_owned(), ..Default::default() };
        let found = patiently(|| {
            let (mut client, ask) = (self.client.clone(), ask.clone());
            async move { client.get_push(ask).await }
        });
        Ok(found.await?.push)
    }

    /// Does what is still to be done with these pushes of the agency, which its stream or webhook brought
    /// to nobody: a service died just then, or the day began with them.
    pub(super) async fn tidy(&self, pushes: Vec<Push>) {
        for push in pushes {
            self.act(push).await;
        }
    }

    /// Takes a push through all its steps. What fails for good is seen when the day is tidied.
    async fn act(&self, push: Push) {
        let Some(mut hand) = InHand::take(&self.in_hand, &push.push_id) else { return };
        if let Ok(_seat) = self.desk.acquire().await {
            // What is finished stays in hand: a list that is a moment old must not bring it back.
            hand.finished = self.take_all_steps(push).await;
        }
    }

    async fn take_all_steps(&self, mut push: Push) -> bool {
        while let Some(step) = next_step(&push) {
            if matches!(step, Step::Return(_)) && !self.counters.all_told() {
                // Who returns a case thinks about it until the evening. It keeps the day's figures the
                // same however fast the machine is: a return changes whom a later call is pushed to.
                return false;
            }
            // People read before they act.
            tokio::time::sleep(Duration::from_millis(rand::random_range(20..120))).await;
            match self.take_step(&push, step).await {
                Ok(Some(after)) => {
                    self.counters.count(step);
                    // The answers carry no more than they must; what the push says does not change.
                    push = Push { matter: push.matter, ..after };
                }
                Ok(None) | Err(_) => return false,
            }
        }
        true
    }

    /// The push after the step; nothing where someone else did it before.
    async fn take_step(&self, push: &Push, step: Step) -> Result<Option<Push>, Status> {
        let (push_id, text) = (push.push_id.clone(), words(push, step).to_owned());
        let client = || self.client.clone();
        let done = match step {
            Step::Sign => patiently(|| {
                let (mut client, push_id) = (client(), push_id.clone());
                async move { client.sign_push(SignPushRequest { county: String::new(), push_id }).await }
            })
            .await
            .map(|answer| answer.push),
            Step::Return(reason) => {
                let ask = ReturnPushRequest {
                    push_id,
                    reason: reason.into(),
                    text,
                    ..ReturnPushRequest::default()
                };
                patiently(|| {
                    let (mut client, ask) = (client(), ask.clone());
                    async move { client.return_push(ask).await }
                })
                .await
                .map(|answer| answer.push)
            }
            Step::Answer(outcome) => {
                let request_id = format!("day-{push_id}");
                let outcome = outcome.into();
                let ask = FeedbackPushRequest { push_id, request_id, outcome, text, ..Default::default() };
                patiently(|| {
                    let (mut client, ask) = (client(), ask.clone());
                    async move { client.feedback_push(ask).await }
                })
                .await
                .map(|answer| answer.push)
            }
        };
        match done {
            Err(status) if status.code() == Code::FailedPrecondition => Ok(None),
            other => other,
        }
    }
}
