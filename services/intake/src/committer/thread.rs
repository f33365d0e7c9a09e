//! The committers' own thread.
//!
//! On the threads of the calls, an answer of the database would wait behind hundreds of calls that the last
//! commit has woken, and that five times in each commit: the database stood idle half of the time.

use std::io;

use futures::future::{BoxFuture, join_all};
use tokio::{runtime::Builder, sync::oneshot};

/// The committers' thread ended without finishing its work.
#[derive(Debug, thiserror::Error)]
#[error("the committers' thread panicked")]
pub struct ThreadEnded;

/// Starts the work on a thread of its own. The future that comes back is done when the work is, and fails
/// where it panicked: it is to be owned like any other task.
///
/// # Errors
/// Where the system gives no thread.
pub fn on_own_thread(
    work: Vec<BoxFuture<'static, ()>>,
) -> io::Result<impl Future<Output = Result<(), ThreadEnded>> + Send + 'static> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new().name("committers".to_owned()).spawn(move || {
        runtime.block_on(join_all(work));
        // Nobody listens any more only where the process is at its end.
        let _ = done.send(());
    })?;
    Ok(async move { ended.await.map_err(|_| ThreadEnded) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_is_done_and_work_that_panics_are_told_apart() {
        assert!(on_own_thread(vec![Box::pin(async {})]).unwrap().await.is_ok());
        let panics: BoxFuture<'static, ()> = Box::pin(async { panic!("planted") });
        assert!(on_own_thread(vec![panics]).unwrap().await.is_err());
    }
}
