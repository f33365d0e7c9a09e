//! Many reports in one call: each is acknowledged or refused on its own, in any order.
//!
//! The window bounds what is in flight: a message is only read when the answer to an earlier one has been
//! taken by the caller. So a sender is slowed by flow control, also one that does not read its answers.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{
    SubmitReportsRequest, SubmitReportsResponse, submit_reports_response::Outcome,
};
use futures::{FutureExt as _, Stream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, JoinHandle, JoinSet},
};
use tonic::{Status, Streaming};
use tracing::Instrument as _;

use super::decoding::Decoded;
use crate::{
    committer::Answer,
    contract,
    error::{IntakeError, refusal},
    intake::Intake,
    reception::ReceivedReport,
    sums,
};

/// An answer with its place in the window.
type Answered = (SubmitReportsResponse, OwnedSemaphorePermit);

/// The answers to a stream of reports.
pub(super) fn answers(
    intake: Arc<Intake>,
    who: Arc<Principal>,
    input: Streaming<Decoded<SubmitReportsRequest>>,
) -> Answers {
    let (sender, answered) = mpsc::channel(intake.stream_window);
    let trace = fengqiao_telemetry::trace::current();
    let reader = Reader { intake, who, sender, foreseeing: JoinSet::new() };
    let reading = async move { fengqiao_telemetry::trace::carry(trace.as_deref(), reader.read(input)).await };
    Answers { answered, reader: Some(tokio::spawn(reading.in_current_span())) }
}

/// Reads the reports of one call.
struct Reader {
    intake: Arc<Intake>,
    who: Arc<Principal>,
    sender: mpsc::Sender<Answered>,
    /// What is being foreseen; broken off with the reading.
    foreseeing: JoinSet<()>,
}

impl Reader {
    /// Reads until the caller has sent all, breaks off, or the process ends, and until all that was to be foreseen is.
    async fn read(mut self, input: Streaming<Decoded<SubmitReportsRequest>>) -> Result<(), Status> {
        let ended = self.read_all(input).await;
        while let Some(foreseen) = self.foreseeing.join_next().await {
            seen_to_its_end(foreseen)?;
        }
        ended
    }

    async fn read_all(&mut self, mut input: Streaming<Decoded<SubmitReportsRequest>>) -> Result<(), Status> {
        let window = Arc::new(Semaphore::new(self.intake.stream_window));
        let stop = self.intake.stop.clone();
        loop {
            let Ok(place) = Arc::clone(&window).acquire_owned().await else { return Ok(()) };
            let message = tokio::select! {
                message = input.message() => message,
                () = stop.cancelled() => return Err(IntakeError::Ending.into()),
            };
            let message = message.map(|next| next.map(|read| read.map(|message| self.as_said(message))));
            match message {
                Ok(Some(Ok(message))) => self.take(message, place).await?,
                Ok(Some(Err(unread))) => {
                    sums::refused(&self.who.county, 0);
                    self.refuse(unread.mark, place, unread.error);
                }
                Ok(None) => return Ok(()),
                Err(status) => return Err(status),
            }
        }
    }

    fn as_said(&self, mut message: Box<SubmitReportsRequest>) -> Box<SubmitReportsRequest> {
        message.report = self.intake.as_said(message.report.take(), message.numbers_as_said);
        message
    }

    async fn take(
        &mut self,
        message: Box<SubmitReportsRequest>,
        place: OwnedSemaphorePermit,
    ) -> Result<(), Status> {
        let mark = message.mark;
        let received = if message.validate_only {
            self.intake.receive(&self.who, message.report).map(|received| (received, None))
        } else {
            self.intake.receive_typed(&self.who, message.report)
        };
        let (received, counting) = match received {
            Ok((mut received, counting)) => {
                received.from_file = message.from_file;
                (received, counting)
            }
            Err(error) => {
                self.refuse(mark, place, error);
                return Ok(());
            }
        };
        if message.validate_only {
            return self.foresee(mark, received, place);
        }
        let sender = self.sender.clone();
        let answer: Answer = Box::new(move |outcome| {
            let outcome = match outcome {
                Ok(decision) => {
                    let answer = contract::acknowledgement(&decision);
                    if let Some(counting) = counting {
                        counting.unless(answer.known);
                    }
                    Outcome::Accepted(answer)
                }
                Err(error) => Outcome::Refused(refusal(error)),
            };
            give(&sender, mark, outcome, place);
        });
        // The answer holds the place; where the committer does not take it, the stream is at its end too.
        if let Err(error) =
            self.intake.committer.submit_when_possible(&self.who.county, received, answer).await
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "a stream's report was not taken");
        }
        Ok(())
    }

    /// Those who are only told what would become of a report do not wait for each other; the window bounds them.
    fn foresee(
        &mut self,
        mark: u64,
        received: Box<ReceivedReport>,
        place: OwnedSemaphorePermit,
    ) -> Result<(), Status> {
        while let Some(foreseen) = self.foreseeing.try_join_next() {
            seen_to_its_end(foreseen)?;
        }
        let (intake, sender) = (Arc::clone(&self.intake), self.sender.clone());
        let county = self.who.county.clone();
        self.foreseeing.spawn(
            async move {
                let outcome = match intake.foresee(&county, &received).await {
                    Ok(foreseen) => Outcome::Accepted(foreseen),
                    Err(error) => Outcome::Refused(refusal(error)),
                };
                give(&sender, mark, outcome, place);
            }
            .in_current_span(),
        );
        Ok(())
    }

    fn refuse(&self, mark: u64, place: OwnedSemaphorePermit, error: IntakeError) {
        give(&self.sender, mark, Outcome::Refused(refusal(error)), place);
    }
}

fn seen_to_its_end(foreseen: Result<(), JoinError>) -> Result<(), Status> {
    foreseen.map_err(|error| {
        fengqiao_serving::status::internal("foreseeing what would become of a report", &error)
    })
}

/// The channel has as many places as the window, so there is room as long as the caller is there.
fn give(sender: &mpsc::Sender<Answered>, mark: u64, outcome: Outcome, place: OwnedSemaphorePermit) {
    let _ = sender.try_send((SubmitReportsResponse { mark, outcome: Some(outcome) }, place));
}

/// What the caller reads. Dropped with the call, it ends the reading.
pub(super) struct Answers {
    answered: mpsc::Receiver<Answered>,
    reader: Option<JoinHandle<Result<(), Status>>>,
}

impl Stream for Answers {
    type Item = Result<SubmitReportsResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some((answer, _place)) = ready!(self.answered.poll_recv(context)) {
            return Poll::Ready(Some(Ok(answer)));
        }
        // All is answered, and the reader has given up its end: how did the reading end?
        let Some(reader) = self.reader.as_mut() else { return Poll::Ready(None) };
        let ended = ready!(reader.poll_unpin(context));
        self.reader = None;
        match ended {
            Ok(Ok(())) => Poll::Ready(None),
            Ok(Err(status)) => Poll::Ready(Some(Err(status))),
            Err(error) => Poll::Ready(Some(Err(fengqiao_serving::status::internal(
                "reading a stream of reports",
                &error,
            )))),
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
    }
}
