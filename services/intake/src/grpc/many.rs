//! Many messages in one call, of any kind: each begins in its order, and is answered on its own.

use std::{future::Future, sync::Arc};

use fengqiao_access::Principal;
use futures::{Stream, StreamExt as _, stream};
use prost::{Message, Name};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, body::Body, server::Grpc};
use tower::service_fn;

use super::{
    decoding::{ContractCodec, Decoded},
    face::{Methods, caller},
    sifting::Sifted,
};
use crate::{error::IntakeError, sums};

/// Answers a call of many messages. `begin` checks one and lets it wait, and gives its mark; `answer` makes the message
/// that the caller reads.
pub(super) async fn stream<S, M, R, O, B, W>(
    request: http::Request<Sifted>,
    service: Arc<S>,
    begin: fn(Arc<S>, Arc<Principal>, M) -> B,
    answer: fn(u64, Result<O, IntakeError>) -> R,
) -> http::Response<Body>
where
    S: Methods,
    M: Message + Default + Name + 'static,
    R: Message + 'static,
    O: Send + 'static,
    B: Future<Output = (u64, Result<W, IntakeError>)> + Send + 'static,
    W: Future<Output = Result<O, IntakeError>> + Send + 'static,
{
    let handler = service_fn(move |request: Request<Streaming<Decoded<M>>>| {
        let service = Arc::clone(&service);
        async move {
            let who = caller(&request)?;
            let (window, stop) = (service.intake().stream_window, service.intake().stop.clone());
            let county = who.county.clone();
            let begin = move |message: M| begin(Arc::clone(&service), Arc::clone(&who), message);
            let answers = answers(request.into_inner(), window, county, stop, begin, answer);
            Ok::<_, Status>(Response::new(answers.boxed()))
        }
    });
    Grpc::new(ContractCodec::default()).streaming(handler, request).await
}

/// The answers to a stream of messages. Each message is begun (checked, and let wait) before the next is read; as many
/// may wait for their outcome as the window holds, so a sender that does not read its answers is slowed by flow control.
fn answers<M, R, O, B, W>(
    input: Streaming<Decoded<M>>,
    window: usize,
    county: String,
    stop: CancellationToken,
    begin: impl Fn(M) -> B + Send + 'static,
    answer: fn(u64, Result<O, IntakeError>) -> R,
) -> impl Stream<Item = Result<R, Status>> + Send + 'static
where
    M: Send + 'static,
    R: Send + 'static,
    O: Send + 'static,
    B: Future<Output = (u64, Result<W, IntakeError>)> + Send + 'static,
    W: Future<Output = Result<O, IntakeError>> + Send + 'static,
{
    let ended = stop.clone();
    let begun = input.take_until(stop.cancelled_owned()).then(move |message| {
        let begun = match message {
            Ok(Ok(message)) => Ok(begin(*message)),
            Ok(Err(wrong)) => {
                sums::refused(&county, 0);
                Err(Ok((wrong.mark, wrong.error)))
            }
            Err(status) => Err(Err(status)),
        };
        async move {
            match begun {
                Ok(begun) => Ok(begun.await),
                Err(Ok((mark, error))) => Ok((mark, Err(error))),
                Err(Err(status)) => Err(status),
            }
        }
    });
    let answered = begun.map(move |begun| async move {
        let (mark, begun) = begun?;
        let outcome = match begun {
            Ok(begun) => begun.await,
            Err(error) => Err(error),
        };
        Ok(answer(mark, outcome))
    });
    // At the end of the process the caller is told that what it sends from now on is not read.
    let last = stream::once(async move { ended.is_cancelled().then(|| Err(IntakeError::Ending.into())) });
    answered.buffer_unordered(window).chain(last.filter_map(|ending| async move { ending }))
}
