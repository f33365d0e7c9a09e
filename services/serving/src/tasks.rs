//! Background work that is owned: it is stopped with the process, and its failure ends the process.

use std::{error::Error, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of a process.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    failed: mpsc::UnboundedSender<String>,
    failures: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>>,
}

impl Tasks {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        // At most one message a task.
        let (failed, failures) = mpsc::unbounded_channel();
        Self {
            tracker: TaskTracker::new(),
            stop,
            failed,
            failures: Arc::new(tokio::sync::Mutex::new(failures)),
        }
    }

    /// Owns a task. It must end soon after the process's stop; if it ends before, or fails, or panics,
    /// the process stops: a service whose half has died is worse than one that is started anew.
    pub fn spawn<E: Error + Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let (stop, failed) = (self.stop.clone(), self.failed.clone());
        self.tracker.spawn(async move {
            let failure = match AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) if stop.is_cancelled() => return,
                Ok(Ok(())) => "ended before the process".to_owned(),
                Ok(Err(error)) => {
                    tracing::error!(task = name, error = &error as &dyn Error, "a task failed");
                    "failed".to_owned()
                }
                Err(_) => "panicked".to_owned(),
            };
            let _ = failed.send(format!("the task `{name}` {failure}"));
            stop.cancel();
        });
    }

    /// Waits for all tasks, at most so long. Says which failed first, if one did.
    pub(crate) async fn finish(&self, at_most: Duration) -> Option<String> {
        self.tracker.close();
        if timeout(at_most, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "tasks did not end in time");
        }
        self.failures.lock().await.try_recv().ok()
    }
}
