//! What an answer left unread of its request's body. Were the answer sent over it, HTTP/2 would reset the stream and
//! HTTP/1.1 close the connection under a client that still sends, and many a client would see only that and not the
//! answer. So the rest is read and thrown away first, within bounds.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Bytes, extract::Request, http::header::EXPECT};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;

/// How much of a body is thrown away; who sends more may see its connection end before the answer.
const DISCARD_BYTES: u64 = 32 * 1024 * 1024;
/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// A request's body, lent to who answers; what is not read of it comes back.
pub(super) struct Lent {
    /// None when it was read to its end.
    body: Option<Incoming>,
    /// The client sends nothing until it is told to go on. It is told when the body is first asked for.
    held_back: bool,
    back: Option<oneshot::Sender<Incoming>>,
}

/// Where a lent body comes back to.
pub(super) struct Unread(oneshot::Receiver<Incoming>);

/// Lends the body of a request.
pub(super) fn lend(request: Request<Incoming>) -> (Request<Lent>, Unread) {
    let (back, unread) = oneshot::channel();
    let held_back = request.headers().contains_key(EXPECT);
    (request.map(|body| Lent { body: Some(body), held_back, back: Some(back) }), Unread(unread))
}

impl Unread {
    /// Throws away what was not read, when the request is answered: until the bounds, or until the stop.
    pub(super) async fn discard(mut self, stop: &CancellationToken) {
        let Ok(body) = self.0.try_recv() else { return };
        if body.size_hint().lower() > DISCARD_BYTES {
            return;
        }
        tokio::select! {
            _ = timeout(DISCARD_TIMEOUT, discard(body)) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Each frame that is taken lets the client send as much again; none is kept.
async fn discard(mut body: Incoming) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        discarded += frame.data_ref().map_or(0, Bytes::len) as u64;
        if discarded > DISCARD_BYTES {
            return;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let body = self.body.take().filter(|body| !self.held_back && !body.is_end_stream());
        if let (Some(body), Some(back)) = (body, self.back.take()) {
            // Nobody waits for it where the connection has ended.
            let _ = back.send(body);
        }
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.held_back = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}
