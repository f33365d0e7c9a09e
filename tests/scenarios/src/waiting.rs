//! Waiting for a condition, with a bound. Tests never sleep for a fixed time.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

/// How long a condition may take, unless a test says otherwise.
pub const USUAL: Duration = Duration::from_secs(30);

/// Waits until the closure gives something.
///
/// # Panics
/// Where it does not in time.
pub async fn until<T, F>(what: &str, at_most: Duration, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let end = Instant::now() + at_most;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "not within {at_most:?}: {what}");
        sleep(Duration::from_millis(25)).await;
    }
}
