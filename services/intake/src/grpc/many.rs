//! Many messages in one call, of any kind: each begins in its order, and is answered on its own.

use std::future::Future;

use futures::{Stream, StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::decoding::Decoded;
use crate::{error::IntakeError, sums};

/// The answers to a stream of messages. Each message is begun (checked, and let wait) before the next is read; as many
/// may wait for their outcome as the window holds, so a sender that does not read its answers is slowed by flow control.
pub(super) fn answers<M, R, O, B, W>(
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
            Ok(Ok(message)) => Ok(begin(message)),
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
