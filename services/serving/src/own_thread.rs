//! Work on a thread of its own.
//!
//! On the threads of the calls, an answer of Postgres or Redis would wait behind hundreds of calls that want
//! to be served, several times in each commit, and would mostly be taken up by another thread than the one
//! that asked. What all others wait for (commits, the relay, receivers and those who go on with what a receiver
//! has just stored) has a thread of its own, and makes its connections on it.

use std::{io, time::Duration};

use futures::future::BoxFuture;
use tokio::{
    runtime::Builder,
    sync::oneshot,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Connections of a pool that were made here still work for so long after the end of the work. Others may have them by now:
/// calls and streams that come to their end, and the pool's own close.
const LINGER: Duration = Duration::from_secs(15);

/// Where one part has failed, the others may take so long to end in order: a little less than a process gives its tasks.
const OTHERS_END: Duration = Duration::from_millis(4_500);

/// The work of a thread ended before it was told to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThreadEnded {
    /// A part of it came to an end.
    #[error("a part of the work on the thread ended before the process")]
    Early,
    /// A part of it panicked.
    #[error("a part of the work on the thread panicked")]
    Panicked,
}

/// Starts work that runs until `stop`, on a thread of its own. The future that comes back is done when all of
/// it is, and fails where a part ends early: it is to be owned like any other task. Then `stop` is cancelled, and it is done
/// when the other parts have ended as they do at any stop: what they hold is given back, and not left to its lease.
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
        let failure = match part {
            Ok(()) if stop.is_cancelled() => continue,
            Ok(()) => ThreadEnded::Early,
            Err(error) if JoinError::is_panic(&error) => ThreadEnded::Panicked,
            Err(_) => ThreadEnded::Early,
        };
        stop.cancel();
        let others = async { while parts.join_next().await.is_some() {} };
        let _ = timeout(OTHERS_END, others).await;
        return Err(failure);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
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

        let fails: [(BoxFuture<'static, ()>, _); 2] = [
            (Box::pin(async {}), ThreadEnded::Early),
            (Box::pin(async { panic!("planted") }), ThreadEnded::Panicked),
        ];
        for (part, wanted) in fails {
            // The other one ends as it does at any stop, and takes its time.
            let (stop, in_order) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
            let (stopped, ended) = (stop.clone(), Arc::clone(&in_order));
            let other: BoxFuture<'static, ()> = Box::pin(async move {
                stopped.cancelled().await;
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                ended.store(true, Ordering::SeqCst);
            });
            assert_eq!(outcome(vec![part, other], stop).await, Err(wanted));
            assert!(in_order.load(Ordering::SeqCst));
        }
    }
}
