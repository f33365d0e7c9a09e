//! Hashing anew what people are found by, after the lookup key has changed. In the background, in bounded steps, as often
//! as it takes: what is done stays done. What there is to do is the service's own matter; when it is done is the same
//! for all.

use std::{
    convert::Infallible,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use fengqiao_sealing::{Keyring, LookupKey};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it is looked whether the keys have changed, or another process has done it all.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Every process of the service knows a change by then.
const SETTLED: Duration = Duration::from_secs(60);
/// Between two steps.
const PAUSE: Duration = Duration::from_millis(20);
/// After a failure, and while something cannot be hashed.
const RETRY: Duration = Duration::from_secs(60);

/// What a look through all rows came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// How many were hashed anew, or lost a hash by a key that is gone.
    pub done: i64,
    /// How many cannot be: what they are made of does not open, or has just changed.
    pub left: i64,
}

/// A service that keeps hashes by which people are found.
pub trait HashedAnew: Send + Sync {
    /// What can fail.
    type Error: Error + Send + 'static;

    /// Whether everything is as these lookup keys want it, as the database says, whoever has done it.
    fn is_finished(&self, keys: &[u8]) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// The counties whose rows are looked through.
    fn counties(&self) -> impl Iterator<Item = &str> + Send;

    /// Looks at the next rows of a county after one, and hashes anew what has to be. Returns the last one of them; none
    /// where there are no more.
    fn step(
        &self,
        county: &str,
        after: Uuid,
        looked: &mut Looked,
    ) -> impl Future<Output = Result<Option<Uuid>, Self::Error>> + Send;

    /// Looks through all rows once, step by step, so that others' work goes first.
    fn look(&self, stop: &CancellationToken) -> impl Future<Output = Result<Looked, Self::Error>> + Send {
        async move {
            let mut looked = Looked::default();
            for county in self.counties() {
                let mut after = Some(Uuid::nil());
                while let Some(last) = after
                    && !stop.is_cancelled()
                {
                    after = self.step(county, last, &mut looked).await?;
                    sleep(PAUSE).await;
                }
            }
            Ok(looked)
        }
    }

    /// A look found nothing to do for these keys.
    fn finish(&self, keys: &[u8]) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// How far a service is.
#[derive(Debug, Clone, Default)]
pub struct LookupProgress(Arc<Mutex<Progress>>);

#[derive(Debug, Clone, Default)]
struct Progress {
    /// For which keys all was done, and since when that is known here.
    finished: Option<(Vec<u8>, SystemTime)>,
    /// How many the last look left.
    left: i64,
}

impl LookupProgress {
    /// How many values the last look could not hash.
    #[must_use]
    pub(crate) fn left(&self) -> i64 {
        self.held().left
    }

    /// Whether all is done for these keys, and every process has had the time to know it.
    #[must_use]
    pub(crate) fn is_ready(&self, keys: &[u8]) -> bool {
        let held = self.held();
        let finished = held.finished.as_ref().filter(|(of, _)| of == keys);
        finished.is_some_and(|(_, since)| since.elapsed().is_ok_and(|since| since >= SETTLED))
    }

    fn finished(&self, keys: &[u8]) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.finished.as_ref().is_none_or(|(of, _)| of != keys) {
            held.finished = Some((keys.to_vec(), SystemTime::now()));
        }
        held.left = 0;
    }

    fn looked(&self, left: i64) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Progress { finished: None, left };
    }

    fn held(&self) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Hashes anew whenever the lookup keys have changed, until told to stop. A failure only means that it is done later.
///
/// # Errors
/// None.
pub async fn hash_anew(
    keeper: impl HashedAnew,
    keyring: Arc<Keyring>,
    progress: LookupProgress,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut not_before = Instant::now();
    while !stop.is_cancelled() {
        let keys: Vec<u8> = keyring.lookup_keys().iter().map(LookupKey::id).collect();
        match step(&keeper, &keyring, &keys, &progress, not_before, &stop).await {
            Ok(wait) => not_before = wait,
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::warn!(error, "what people are found by is hashed anew later");
                not_before = Instant::now() + RETRY;
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
    Ok(())
}

/// Does what is due. Returns before when not to look again.
async fn step<K: HashedAnew>(
    keeper: &K,
    keyring: &Keyring,
    keys: &[u8],
    progress: &LookupProgress,
    not_before: Instant,
    stop: &CancellationToken,
) -> Result<Instant, K::Error> {
    if keeper.is_finished(keys).await? {
        progress.finished(keys);
        return Ok(not_before);
    }
    let settled = keyring.lookup_keys_since().elapsed().is_ok_and(|since| since >= SETTLED);
    if !settled || Instant::now() < not_before {
        return Ok(not_before);
    }
    let looked = keeper.look(stop).await?;
    progress.looked(looked.left);
    if stop.is_cancelled() {
        return Ok(not_before);
    }
    metrics::gauge!("fengqiao_values_to_hash_anew").set(looked.left as f64);
    if looked == Looked::default() {
        keeper.finish(keys).await?;
        tracing::info!(?keys, "all that people are found by is hashed by the newest lookup key");
    }
    // What came between is found by one more look.
    Ok(if looked.left > 0 { Instant::now() + RETRY } else { Instant::now() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_only_for_the_keys_that_it_was_finished_for_and_not_at_once() {
        let progress = LookupProgress::default();
        assert!(!progress.is_ready(&[1]));
        progress.finished(&[1, 2]);
        assert!(!progress.is_ready(&[1, 2]), "others may not know it yet");
        let before = SystemTime::now().checked_sub(SETTLED).unwrap();
        progress.0.lock().unwrap().finished = Some((vec![1, 2], before));
        assert!(progress.is_ready(&[1, 2]) && !progress.is_ready(&[2]));
        progress.looked(3);
        assert_eq!((progress.is_ready(&[1, 2]), progress.left()), (false, 3));
    }
}
