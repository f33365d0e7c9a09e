//! Pushes arrive: what routing asks for is stored and, as soon as that is committed, brought to an idle
//! stream of its agency or put on the agency's queue.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_serving::time::now;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::Delivery;
use crate::{
    domain::{
        form::FormDraft,
        lane::Lane,
        outcome::{Channel, Ending, Outcome, Tried},
        push::{Push, RequestedPush},
        queued::Queued,
        revision::Revised,
    },
    error::NotificationError,
    events::{PUSH_REQUESTED, expired_cases, protected_cases, requested_push, revised_pushes},
    forms::Forms,
    queue::Reserved,
    store::{Stored, expire_cases, insert_pushes, keep_protected, revise_pushes},
};

/// Stores and passes on what routing asks for.
pub struct Arrivals {
    delivery: Arc<Delivery>,
    forms: Arc<Forms>,
}

/// What is asked for, with the form of each and whether a stream has claimed it.
struct Asked<'a> {
    county: &'a str,
    pushes: &'a [RequestedPush],
    forms: &'a [Option<FormDraft>],
    claimed: &'a [bool],
}

/// New pushes that are committed.
#[derive(Default)]
pub struct Fresh {
    /// Claimed by streams that wait for them.
    brought: Vec<(Push, Reserved)>,
    /// Of agencies whose queues this process owns.
    owned: Vec<Push>,
    /// For the queues.
    queued: Vec<Queued>,
}

impl Arrivals {
    /// Passes on to these channels, with these forms.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, forms: Arc<Forms>) -> Self {
        Self { delivery, forms }
    }

    /// Stores a batch. None where another process was faster.
    ///
    /// # Errors
    /// [`ApplyError`]
    pub async fn store(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Option<Fresh>, ApplyError> {
        let Some(county) = batch.first().map(|first| first.county.as_str()) else {
            return Ok(Some(Fresh::default()));
        };
        // Before the pushes: whoever could read one earlier would not be asked why. Done again it changes nothing, as what
        // follows.
        let protected = protected_cases(batch)?;
        if !protected.is_empty() {
            keep_protected(conn, county, &protected).await.map_err(|e| ApplyError::Retry(Box::new(e)))?;
        }
        let expired = expired_cases(batch)?;
        if !expired.is_empty() {
            // Done again it changes nothing, so it need not be one step with the rest.
            expire_cases(conn, &self.delivery.keyring, county, &expired)
                .await
                .map_err(|e| ApplyError::Retry(Box::new(e)))?;
        }
        let revised = revised_pushes(batch)?;
        let mut asked = requested(batch)?;
        if asked.is_empty() && revised.is_empty() {
            return Ok(match step.take_alone(conn).await? {
                Applied::Done => Some(Fresh::default()),
                Applied::Overtaken => None,
            });
        }
        // The most dangerous first, so that they get the room that there is.
        asked.sort_by_key(|push| Lane::of(push.level));
        // What a recipient may not see is gone from here on, whichever way the push goes.
        let forms = asked
            .iter_mut()
            .map(|push| self.forms.dress(push))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| ApplyError::Retry(Box::new(e)))?;
        let room: Vec<Option<Reserved>> =
            asked.iter().map(|push| self.delivery.bells.reserve(county, &push.agency)).collect();
        let claimed: Vec<bool> = room.iter().map(Option::is_some).collect();
        let lease = self.delivery.settings_of(county).lease;
        let new = if revised.is_empty() {
            let stored = insert_pushes(conn, step, &asked, &forms, &claimed, lease).await;
            stored.map_err(|e| ApplyError::Retry(Box::new(e)))?
        } else {
            let asked = Asked { county, pushes: &asked, forms: &forms, claimed: &claimed };
            self.store_and_revise(conn, step, &asked, &revised).await?
        };
        let Some(mut new) = new else { return Ok(None) };
        let mut fresh = Fresh::default();
        for (push, room) in asked.into_iter().zip(room) {
            let Some(Stored { form_number, goes_at_once }) = new.remove(&push.push_id) else { continue };
            match room.filter(|_| goes_at_once) {
                Some(room) => fresh.brought.push((Push { form_number, ..push.claimed() }, room)),
                None if self.delivery.kept.queue(county, &push.agency).is_some() => {
                    fresh.owned.push(Push { form_number, ..push.waiting() });
                }
                None => fresh.queued.push(Queued {
                    lane: Lane::of(push.level),
                    agency: push.agency,
                    push_id: push.push_id,
                }),
            }
        }
        Ok(Some(fresh))
    }

    /// Stores what is asked for, and revises what was asked for before, in one transaction with the step: both or nothing.
    /// What is recalled at once is not passed on.
    async fn store_and_revise(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        asked: &Asked<'_>,
        revised: &[Revised],
    ) -> Result<Option<HashMap<Uuid, Stored>>, ApplyError> {
        let retry = |error: NotificationError| ApplyError::Retry(Box::new(error));
        let county = asked.county;
        let lease = self.delivery.settings_of(county).lease;
        let (mut tx, mut new) = if asked.pushes.is_empty() {
            let Some(tx) = step.begin(conn).await? else { return Ok(None) };
            (tx, HashMap::new())
        } else {
            let mut tx = conn.begin().await?;
            let stored = insert_pushes(&mut tx, step, asked.pushes, asked.forms, asked.claimed, lease);
            let Some(new) = stored.await.map_err(retry)? else { return Ok(None) };
            (tx, new)
        };
        let revised = revise_pushes(&mut tx, &self.delivery.keyring, county, revised).await.map_err(retry)?;
        tx.commit().await?;
        for (agency, push_id) in &revised.recalled {
            new.remove(push_id);
            self.delivery.recalled(county, agency, std::slice::from_ref(push_id));
        }
        self.delivery.store.told(county, revised);
        Ok(Some(new))
    }

    /// Passes on what is stored.
    pub async fn pass_on(&self, county: &str, mut fresh: Fresh) {
        let owned_here = !fresh.owned.is_empty();
        for push in fresh.owned {
            // The owner may have changed since.
            if let Err(push) = self.delivery.kept.bring(push) {
                let lane = Lane::of(push.level);
                fresh.queued.push(Queued { agency: push.agency, lane, push_id: push.push_id });
            }
        }
        for (push, room) in fresh.brought {
            if let Err(push) = room.bring(push) {
                self.release(*push).await;
            }
        }
        if owned_here {
            // Whoever posts them shares this thread, and goes first.
            tokio::task::yield_now().await;
        }
        if let Err(error) = self.delivery.queues.enqueue(county, &fresh.queued).await {
            // The sweeper queues them.
            tracing::warn!(
                county,
                pushes = fresh.queued.len(),
                error = &error as &dyn std::error::Error,
                "new pushes are not queued yet"
            );
        }
    }

    /// The stream has gone since: the push is free for the next.
    async fn release(&self, push: Push) {
        self.delivery
            .settling
            .hand_in(Outcome {
                push: Tried::of(&push),
                county: push.county,
                attempt: push.attempts,
                token: None,
                channel: Channel::Stream,
                began_at: now(),
                took: Duration::ZERO,
                ending: Ending::Released,
                http_status: 0,
                error: "the stream ended before it was sent".to_owned(),
                sealed_answer: Vec::new(),
                trace: push.traceparent,
            })
            .await;
    }
}

#[async_trait]
impl Apply for Arrivals {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(fresh) = self.store(conn, step, batch).await? else { return Ok(Applied::Overtaken) };
        if let Some(first) = batch.first() {
            self.pass_on(&first.county, fresh).await;
        }
        Ok(Applied::Done)
    }
}

/// The pushes that a batch asks for, each once; all other events are passed over.
fn requested(batch: &[Envelope]) -> Result<Vec<RequestedPush>, ApplyError> {
    let mut seen = HashSet::new();
    let asked = batch
        .iter()
        .filter(|envelope| envelope.kind == PUSH_REQUESTED)
        .map(|envelope| requested_push(envelope).map_err(|reason| envelope.refused(reason)));
    asked.filter(|push| push.as_ref().map_or(true, |push| seen.insert(push.push_id))).collect()
}
