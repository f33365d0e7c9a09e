//! Pushes arrive: what routing asks for is stored, and queued as soon as it is committed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use fengqiao_messaging::{Apply, ApplyError, Envelope};
use sqlx::PgConnection;

use crate::{
    domain::{lane::Lane, queued::Queued},
    events::{PUSH_REQUESTED, requested_push},
    queue::Queues,
    store::insert_pushes,
};

/// Stores and queues what routing asks for.
pub struct Arrivals {
    queues: Queues,
    /// By county: what the batch holds whose commit is awaited. One batch a county at a time.
    fresh: Mutex<HashMap<String, Vec<Queued>>>,
}

impl Arrivals {
    /// Queues into these.
    #[must_use]
    pub fn new(queues: Queues) -> Self {
        Self { queues, fresh: Mutex::default() }
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Queued>>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Apply for Arrivals {
    async fn apply(&self, tx: &mut PgConnection, batch: &[Envelope]) -> Result<(), ApplyError> {
        let Some(first) = batch.first() else { return Ok(()) };
        let mut asked = Vec::new();
        for envelope in batch.iter().filter(|envelope| envelope.kind == PUSH_REQUESTED) {
            match requested_push(envelope) {
                Ok(push) => asked.push(push),
                Err(reason) => {
                    return Err(ApplyError::Refuse { position: envelope.position, reason: reason.to_owned() });
                }
            }
        }
        let new = insert_pushes(tx, &first.county, &asked).await.map_err(|e| ApplyError::Retry(Box::new(e)))?;
        let fresh = asked
            .into_iter()
            .filter(|push| new.contains(&push.push_id))
            .map(|push| Queued { lane: Lane::of(push.level), agency: push.agency, push_id: push.push_id })
            .collect();
        self.fresh().insert(first.county.clone(), fresh);
        Ok(())
    }

    async fn committed_in(&self, county: &str) {
        let fresh = self.fresh().remove(county).unwrap_or_default();
        if let Err(error) = self.queues.enqueue(county, &fresh).await {
            // The sweeper queues them.
            tracing::warn!(county, pushes = fresh.len(), error = &error as &dyn std::error::Error, "new pushes are not queued yet");
        }
    }
}
