//! Events that cannot be applied: found in their batch, parked so that one never holds up its county, and tried again.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{APPLY_TIMEOUT, Outcome, Receiver};
use crate::{
    Applied, ApplyError, Envelope, MessagingError, Step, data_fault::is_of_the_data, relay::bounded,
};

/// How often an event that the database refuses is tried alone before it is parked; a race is over by then.
const ALONE_TRIES: usize = 3;
const ALONE_WAIT: Duration = Duration::from_millis(100);
/// How long a receiver that begins tries parked events again, while what is new waits; the rest waits for the next begin.
const TRY_PARKED_FOR: Duration = Duration::from_secs(5);
/// How many parked events are read at once.
const PARKED_PAGE: i64 = 100;
/// Why an event is parked that the database never takes.
const DATA_REFUSED: &str = "the database refuses its data";

/// How far a receiver that begins is with trying parked events again. It outlives the connection, so that an event on
/// which the connection breaks is not met again and again.
pub(super) struct ParkedRound {
    /// All up to this position have had their try.
    pub(super) tried: i64,
    /// When it ends; not known before it begins.
    pub(super) until: Option<Instant>,
}

impl Receiver {
    /// The database refuses something in the batch: it is halved until the one event stands alone, which
    /// is parked when it is refused again and again. One event never holds up its county.
    pub(super) async fn narrow_down(
        &self,
        conn: &mut PgConnection,
        position: i64,
        batch: &[Envelope],
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Result<Outcome, MessagingError> {
        if batch.len() > 1 {
            return Box::pin(self.apply_batch(conn, position, &batch[..batch.len() / 2])).await;
        }
        for _ in 0..ALONE_TRIES {
            sleep(ALONE_WAIT).await;
            match timeout(APPLY_TIMEOUT, self.transact(conn, position, batch)).await {
                Ok(Ok(step)) => return Ok(step),
                Ok(Err(ApplyError::Retry(again))) if is_of_the_data(again.as_ref()) => {}
                _ => return Err(MessagingError::Apply(source)),
            }
        }
        match batch.first() {
            Some(event) => self.park(conn, position, event, DATA_REFUSED).await,
            None => Ok(Outcome::Moved(position)),
        }
    }

    pub(super) async fn park(
        &self,
        conn: &mut PgConnection,
        position: i64,
        event: &Envelope,
        reason: &str,
    ) -> Result<Outcome, MessagingError> {
        let operation = "park an event";
        let step = self.step(position, event.position, false);
        let Some(mut tx) = bounded(operation, step.begin(conn)).await? else {
            return Ok(Outcome::Overtaken);
        };
        let query = sqlx::query(include_str!("../sql/park.sql"))
            .bind(&self.county)
            .bind(self.held_as())
            .bind(event.position)
            .bind(&event.kind)
            .bind(&event.payload)
            .bind(&event.trace)
            .bind(reason)
            .execute(&mut *tx);
        bounded(operation, query).await?;
        bounded(operation, tx.commit()).await?;
        tracing::error!(topic = %self.held_as(), county = self.county, position = event.position, kind = event.kind, reason, "an event cannot be applied and is parked");
        metrics::counter!("fengqiao_events_parked_total", "topic" => self.held_as()).increment(1);
        self.count_parked(conn).await?;
        Ok(Outcome::Moved(event.position))
    }

    /// Tries what is parked once more, the oldest first, each event by itself and once in a receiver's life.
    pub(super) async fn try_parked(
        &self,
        conn: &mut PgConnection,
        round: &mut Option<ParkedRound>,
    ) -> Result<(), MessagingError> {
        if !self.apply.takes_late() {
            *round = None;
        }
        while let Some(ParkedRound { tried, until }) = round {
            let until = *until.get_or_insert_with(|| Instant::now() + TRY_PARKED_FOR);
            let page = self.parked_after(conn, *tried).await?;
            for event in &page {
                if Instant::now() >= until {
                    tracing::warn!(topic = %self.held_as(), county = self.county, position = event.position, "parked events from here on are tried when the receiver begins again");
                    *round = None;
                    return Ok(());
                }
                *tried = event.position;
                self.try_again(conn, event, until).await?;
            }
            if page.is_empty() {
                *round = None;
            }
        }
        Ok(())
    }

    /// Applies a parked event and takes it out in one transaction; what cannot be applied yet stays.
    async fn try_again(
        &self,
        conn: &mut PgConnection,
        event: &Envelope,
        until: Instant,
    ) -> Result<(), MessagingError> {
        let step = Step::over_parked(&self.county, self.held_as(), event.position);
        let batch = std::slice::from_ref(event);
        let reason = match timeout_at(until, self.apply.apply(conn, &step, batch)).await {
            Ok(Ok(Applied::Done)) => {
                tracing::info!(topic = %self.held_as(), county = self.county, position = event.position, kind = event.kind, "an event that was parked is applied");
                return Ok(());
            }
            // Another process has taken it out.
            Ok(Ok(Applied::Overtaken)) => return Ok(()),
            Ok(Err(ApplyError::Refuse { reason, .. })) => reason,
            Ok(Err(ApplyError::Retry(source))) if is_of_the_data(source.as_ref()) => DATA_REFUSED.to_owned(),
            Ok(Err(ApplyError::Retry(source))) => {
                tracing::warn!(topic = %self.held_as(), county = self.county, position = event.position, kind = event.kind, error = source.as_ref() as &dyn std::error::Error, "an event stays parked");
                // The next may fare better, unless it is the connection that is broken.
                return bounded("answer", conn.ping()).await;
            }
            Err(_) => return Err(MessagingError::Apply("it took too long".into())),
        };
        tracing::warn!(topic = %self.held_as(), county = self.county, position = event.position, kind = event.kind, reason, "an event still cannot be applied and stays parked");
        let query = sqlx::query(include_str!("../sql/refuse_again.sql"))
            .bind(&self.county)
            .bind(self.held_as())
            .bind(event.position)
            .bind(reason)
            .execute(conn);
        bounded("say why an event is parked", query).await.map(|_| ())
    }

    async fn parked_after(
        &self,
        conn: &mut PgConnection,
        position: i64,
    ) -> Result<Vec<Envelope>, MessagingError> {
        type Parked = (i64, String, Vec<u8>, Option<String>);
        let query = sqlx::query_as(include_str!("../sql/parked_after.sql"))
            .bind(&self.county)
            .bind(self.held_as())
            .bind(position)
            .bind(PARKED_PAGE)
            .fetch_all(conn);
        let rows: Vec<Parked> = bounded("read what is parked", query).await?;
        let read = |(position, kind, payload, trace)| Envelope {
            county: self.county.clone(),
            topic: self.topic,
            position,
            kind,
            payload,
            trace,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    pub(super) async fn count_parked(&self, conn: &mut PgConnection) -> Result<(), MessagingError> {
        let query = sqlx::query_scalar(include_str!("../sql/count_parked.sql"))
            .bind(&self.county)
            .bind(self.held_as())
            .fetch_one(conn);
        let parked: i64 = bounded("count what is parked", query).await?;
        // Of a county, unlike what is only counted up: one's number would hide another's.
        metrics::gauge!("fengqiao_events_parked", "topic" => self.held_as(), "county" => self.county.clone())
            .set(parked as f64);
        Ok(())
    }
}
