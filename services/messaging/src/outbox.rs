//! Writing events with the change that causes them.

use std::sync::Arc;

use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::{MessagingError, stream::Topic};

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
/// positions of the county. Returns the last one; `0` for no events.
///
/// Call it as the last statement before the commit: from here on the county's other senders wait.
///
/// # Errors
/// [`MessagingError::Database`]; the transaction is then to be given up.
pub async fn append(conn: &mut PgConnection, county: &str, events: &[Event]) -> Result<i64, MessagingError> {
    if events.is_empty() {
        return Ok(0);
    }
    let kinds: Vec<&str> = events.iter().map(|event| event.kind).collect();
    let payloads: Vec<&[u8]> = events.iter().map(|event| event.payload.as_slice()).collect();
    let traces: Vec<Option<&str>> = events.iter().map(|event| event.trace.as_deref()).collect();
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    sqlx::query_scalar(include_str!("sql/append.sql"))
        .bind(county)
        .bind(kinds)
        .bind(payloads)
        .bind(traces)
        .bind(count)
        .fetch_one(conn)
        .await
        .map_err(MessagingError::database("append events"))
}

/// A service's outbox, as its writers see it.
#[derive(Debug, Clone)]
pub struct Outbox {
    topic: Topic,
    committed: Arc<Notify>,
}

impl Outbox {
    /// The outbox of the service that sends this topic.
    #[must_use]
    pub fn new(topic: Topic) -> Self {
        Self { topic, committed: Arc::new(Notify::new()) }
    }

    /// What this service sends.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        self.topic
    }

    /// Says that events were committed, so that the relay of this process publishes at once. Forgetting
    /// it only costs time: the relay looks by itself too, also for what other processes committed.
    pub fn nudge(&self) {
        self.committed.notify_one();
    }

    pub(crate) async fn committed(&self) {
        self.committed.notified().await;
    }
}
