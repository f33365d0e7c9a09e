//! Waking those who watch a case, when this process commits a change of it.
//!
//! A watcher reads the history itself, and also looks by itself now and then, for what other processes
//! commit. So a wake-up that is lost or too early costs a little time and nothing else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::error::RoutingError;

/// So many watchers may wait in one process.
const MOST_WATCHERS: usize = 1_000;

#[derive(Debug, Default)]
struct Registry {
    waiting: HashMap<Uuid, Vec<Weak<Notify>>>,
    /// Cases whose change is being committed.
    changing: Vec<Uuid>,
    count: usize,
}

/// Who watches which case.
#[derive(Debug, Clone, Default)]
pub struct Watchers(Arc<Mutex<Registry>>);

/// One watcher; it is forgotten when dropped.
#[derive(Debug)]
pub struct Watcher {
    woken: Arc<Notify>,
    case_id: Uuid,
    registry: Arc<Mutex<Registry>>,
}

impl Watchers {
    /// Begins to watch a case.
    ///
    /// # Errors
    /// [`RoutingError::TooManyWatchers`]
    pub fn watch(&self, case_id: Uuid) -> Result<Watcher, RoutingError> {
        let mut registry = lock(&self.0);
        if registry.count >= MOST_WATCHERS {
            return Err(RoutingError::TooManyWatchers);
        }
        registry.count += 1;
        let woken = Arc::new(Notify::new());
        registry.waiting.entry(case_id).or_default().push(Arc::downgrade(&woken));
        Ok(Watcher { woken, case_id, registry: Arc::clone(&self.0) })
    }

    /// Says that changes of these cases are about to be committed. Only watched ones are kept.
    pub fn changing(&self, cases: impl IntoIterator<Item = Uuid>) {
        let mut registry = lock(&self.0);
        for case_id in cases {
            if registry.waiting.contains_key(&case_id) && !registry.changing.contains(&case_id) {
                registry.changing.push(case_id);
            }
        }
    }

    /// Says that what was about to be committed is.
    pub fn committed(&self) {
        let mut registry = lock(&self.0);
        for case_id in std::mem::take(&mut registry.changing) {
            for watcher in registry.waiting.get(&case_id).into_iter().flatten() {
                if let Some(woken) = watcher.upgrade() {
                    woken.notify_one();
                }
            }
        }
    }
}

impl Watcher {
    /// Waits for the next wake-up; one that came before is not lost.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut registry = lock(&self.registry);
        registry.count = registry.count.saturating_sub(1);
        let own = Arc::as_ptr(&self.woken);
        if let Some(waiting) = registry.waiting.get_mut(&self.case_id) {
            waiting.retain(|watcher| watcher.as_ptr() != own);
            if waiting.is_empty() {
                registry.waiting.remove(&self.case_id);
            }
        }
    }
}

/// A panic elsewhere leaves the registry usable: each of its changes is one step.
fn lock(registry: &Mutex<Registry>) -> std::sync::MutexGuard<'_, Registry> {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn only_who_watches_the_case_is_woken() {
        let watchers = Watchers::default();
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (first, second) = (watchers.watch(one).unwrap(), watchers.watch(two).unwrap());
        watchers.changing([one, Uuid::from_u128(3)]);
        let woken = |watcher: &Watcher| {
            let woken = Arc::clone(&watcher.woken);
            async move { tokio::time::timeout(Duration::from_millis(20), woken.notified()).await.is_ok() }
        };
        assert!(!woken(&first).await, "not before the commit");
        watchers.committed();
        assert!(woken(&first).await);
        assert!(!woken(&second).await);
    }

    #[test]
    fn watchers_are_bounded_and_forgotten() {
        let watchers = Watchers::default();
        let all: Vec<Watcher> = (0..MOST_WATCHERS).map(|_| watchers.watch(Uuid::nil()).unwrap()).collect();
        assert!(matches!(watchers.watch(Uuid::nil()), Err(RoutingError::TooManyWatchers)));
        drop(all);
        assert!(lock(&watchers.0).waiting.is_empty());
        assert!(watchers.watch(Uuid::nil()).is_ok());
    }
}
