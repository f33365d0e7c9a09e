//! Writing events with the change that causes them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::{
    MessagingError,
    recent::{Following, Recent},
    stream::Topic,
};

/// Something that happened, as its sender writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The full name of the message, for instance `fengqiao.intake.v1.ReportAccepted`.
    pub kind: &'static str,
    /// The encoded message. No personal data in the clear.
    pub payload: Vec<u8>,
    /// The W3C traceparent of what caused it.
    pub trace: Option<String>,
}

/// Writes events into the outbox of the schema that the connection works in and gives them the next
/// positions of the county. Returns the first of them; `0` for no events.
///
/// Call it as the last statement before the commit: from here on the county's other senders wait.
///
/// # Errors
/// [`MessagingError::Database`]; the transaction is then to be given up.
pub async fn append(conn: &mut PgConnection, county: &str, events: &[Event]) -> Result<i64, MessagingError> {
    append_taking(1, conn, county, events).await
}

/// As [`append`], in a transaction that has taken the county's turn already: it stays one turn, and what was decided for the
/// next one holds.
///
/// # Errors
/// [`MessagingError::Database`]; the transaction is then to be given up.
pub async fn append_in_turn(
    conn: &mut PgConnection,
    county: &str,
    events: &[Event],
) -> Result<i64, MessagingError> {
    append_taking(0, conn, county, events).await
}

async fn append_taking(
    turns: i64,
    conn: &mut PgConnection,
    county: &str,
    events: &[Event],
) -> Result<i64, MessagingError> {
    if events.is_empty() {
        return Ok(0);
    }
    let kinds: Vec<&str> = events.iter().map(|event| event.kind).collect();
    let payloads: Vec<&[u8]> = events.iter().map(|event| event.payload.as_slice()).collect();
    let traces: Vec<Option<&str>> = events.iter().map(|event| event.trace.as_deref()).collect();
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar(include_str!("sql/append.sql"))
        .bind(county)
        .bind(kinds)
        .bind(payloads)
        .bind(traces)
        .bind(count)
        .bind(turns)
        .fetch_one(conn)
        .await
        .map_err(MessagingError::database("append events"))?;
    Ok(last - count + 1)
}

/// A service's outbox, as its writers see it.
#[derive(Debug, Clone)]
pub struct Outbox {
    topic: Topic,
    recent: Arc<Mutex<HashMap<String, Recent>>>,
    committed: Arc<Notify>,
}

impl Outbox {
    /// The outbox of the service that sends this topic.
    #[must_use]
    pub fn new(topic: Topic) -> Self {
        Self { topic, recent: Arc::default(), committed: Arc::new(Notify::new()) }
    }

    /// What this service sends.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        self.topic
    }

    /// Says that these events were committed, of which the first has this position: the relay of this
    /// process publishes them at once, without reading them back. Forgetting to say it only costs time: the
    /// relay looks by itself too, also for what other processes committed.
    pub fn sent(&self, county: &str, first: i64, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.recent().entry(county.to_owned()).or_default().add(first, events);
        self.committed.notify_one();
    }

    /// The events that follow a position, as far as they were committed here; see [`Recent::after`].
    pub(crate) fn after(&self, county: &str, position: i64, at_most: usize) -> Following {
        self.recent().get_mut(county).map_or(Following::Nothing, |recent| recent.after(position, at_most))
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<String, Recent>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn committed(&self) {
        self.committed.notified().await;
    }
}
