//! Connections as they are accepted: only so many at once, and none that has nothing to say for ever.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt as _, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

/// A connection on which nothing comes for so long is ended. Whoever is there answers the keep-alive long before; this
/// is for those who never said a word of HTTP/2, and so are never asked.
pub(crate) const SILENCE: Duration = Duration::from_secs(90);

/// Connections of a listener. While `at_most` are open, further ones wait where the system keeps them.
pub(crate) fn accepted(
    listener: TcpListener,
    at_most: usize,
    silence: Duration,
) -> impl Stream<Item = io::Result<Connection>> + Send {
    let places = Arc::new(Semaphore::new(at_most));
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    stream::unfold((incoming, places), move |(mut incoming, places)| async move {
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        let socket = incoming.next().await?;
        Some((socket.map(|socket| Connection::new(socket, place, silence)), (incoming, places)))
    })
}

/// An accepted connection.
pub(crate) struct Connection {
    socket: TcpStream,
    /// It may be silent for so long.
    at_most: Duration,
    /// Runs while nothing comes.
    silence: Pin<Box<Sleep>>,
    is_silent: bool,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(socket: TcpStream, place: OwnedSemaphorePermit, at_most: Duration) -> Self {
        let silence = Box::pin(tokio::time::sleep(at_most));
        Self { socket, at_most, silence, is_silent: false, _place: place }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.socket.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        if read.is_ready() {
            self.is_silent = false;
            return read;
        }
        if !self.is_silent {
            self.is_silent = true;
            let until = Instant::now() + self.at_most;
            self.silence.as_mut().reset(until);
        }
        self.silence
            .as_mut()
            .poll(context)
            .map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came for too long")))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::timeout,
    };

    use super::*;

    async fn listening() -> (TcpListener, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn one_more_waits_until_another_is_gone() {
        let (listener, address) = listening().await;
        let mut accepted = std::pin::pin!(accepted(listener, 1, SILENCE));
        let _callers =
            [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let first = accepted.next().await.unwrap().unwrap();
        let soon = Duration::from_millis(100);
        assert!(timeout(soon, accepted.next()).await.is_err(), "there is room for one");
        drop(first);
        accepted.next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_says_nothing_is_ended_and_who_says_a_little_is_not() {
        let (listener, address) = listening().await;
        let at_most = Duration::from_millis(400);
        let mut accepted = std::pin::pin!(accepted(listener, 1, at_most));
        let mut caller = TcpStream::connect(address).await.unwrap();
        let mut connection = accepted.next().await.unwrap().unwrap();
        for _ in 0..3 {
            assert!(timeout(at_most / 2, connection.read_u8()).await.is_err(), "not yet");
            caller.write_u8(1).await.unwrap();
            caller.flush().await.unwrap();
            assert_eq!(connection.read_u8().await.unwrap(), 1);
        }
        let ended = connection.read_u8().await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }
}
