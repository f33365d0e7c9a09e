//! Work on a thread of its own.
//!
//! On the threads of the calls, an answer of Postgres or Redis would wait behind hundreds of calls that want
//! to be served, several times in each commit, and would mostly be taken up by another thread than the one
//! that asked. What all others wait for (commits, the relay, receivers) has a thread and connections of its
//! own, each made on it.

use std::{io, time::Duration};

use futures::future::BoxFuture;
use tokio::{
    runtime::Builder,
    sync::oneshot,
    task::{JoinError, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// Connections of a pool that were made here still work for so long after the end of the work. Others may have them by now,
/// and write by them what is written last: an agency's queue that is let go, the last outcomes.
const LINGER: Duration = Duration::from_secs(15);

/// The work of a thread ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ThreadEnded {
    /// A part of it came to an end.
    #[error("a part of the work on the thread ended before the process")]
    Early,
    /// A part of it panicked.
    #[error("a part of the work on the thread panicked")]
    Panicked,
}

/// Starts work that runs until `stop`, on a thread of its own. The future that comes back is done when all of
/// it is, and fails where a part ends early: it is to be owned like any other task.
///
/// # Errors
/// Where the system gives no thread.
pub fn on_own_thread(
    name: &'static str,
    work: Vec<BoxFuture<'static, ()>>,
    stop: CancellationToken,
) -> io::Result<impl Future<Output = Result<(), ThreadEnded>> + Send + 'static> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        runtime.block_on(async move {
            let mut parts = JoinSet::new();
            for part in work {
                parts.spawn(part);
            }
            // Nobody listens any more only where the process is at its end.
            let _ = done.send(all_at_the_stop(parts, &stop).await);
            sleep(LINGER).await;
        });
    })?;
    Ok(async move { ended.await.unwrap_or(Err(ThreadEnded::Panicked)) })
}

async fn all_at_the_stop(mut parts: JoinSet<()>, stop: &CancellationToken) -> Result<(), ThreadEnded> {
    while let Some(part) = parts.join_next().await {
        match part {
            Ok(()) if stop.is_cancelled() => {}
            Ok(()) => return Err(ThreadEnded::Early),
            Err(error) if JoinError::is_panic(&error) => return Err(ThreadEnded::Panicked),
            Err(_) => return Err(ThreadEnded::Early),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::*;

    async fn outcome(work: Vec<BoxFuture<'static, ()>>, stop: CancellationToken) -> Result<(), ThreadEnded> {
        on_own_thread("test", work, stop).unwrap().await
    }

    #[tokio::test]
    async fn a_connection_that_was_made_there_works_after_the_end_of_the_work() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let (made, connected) = oneshot::channel();
        let connects: BoxFuture<'static, ()> = Box::pin(async move {
            let _ = made.send(TcpStream::connect(to).await);
        });
        let stop = CancellationToken::new();
        stop.cancel();
        outcome(vec![connects], stop).await.unwrap();
        let mut here = connected.await.unwrap().unwrap();
        let (mut there, _) = listener.accept().await.unwrap();
        // It has to wait for it: then it needs the thread that it was made on.
        let said = tokio::spawn(async move { here.read_u8().await });
        tokio::task::yield_now().await;
        there.write_u8(7).await.unwrap();
        let said = timeout(Duration::from_secs(10), said).await.unwrap();
        assert_eq!(said.unwrap().unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_ends_when_told_to_early_and_by_a_panic_is_told_apart() {
        let stop = CancellationToken::new();
        let waits: BoxFuture<'static, ()> = Box::pin(stop.clone().cancelled_owned());
        let ends = outcome(vec![waits], stop.clone());
        stop.cancel();
        assert!(ends.await.is_ok());

        let early = outcome(vec![Box::pin(async {}), Box::pin(std::future::pending())], Default::default());
        assert!(matches!(early.await, Err(ThreadEnded::Early)));

        let panics: BoxFuture<'static, ()> = Box::pin(async { panic!("planted") });
        let panicked = outcome(vec![panics, Box::pin(std::future::pending())], Default::default());
        assert!(matches!(panicked.await, Err(ThreadEnded::Panicked)));
    }
}
