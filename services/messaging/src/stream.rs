//! The form of events in Redis. A change here must keep old entries readable: `tests/samples/formats`.

use std::fmt;

use redis::streams::StreamId;

use crate::{ApplyError, MessagingError};

/// Whose events: each service that sends has one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Reports accepted.
    Intake,
    /// Cases changed, pushes requested.
    Routing,
    /// Receipts.
    Notification,
    /// Alerts raised, bulletins made.
    Statistics,
}

impl Topic {
    /// Its name in keys and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Notification => "notification",
            Self::Statistics => "statistics",
        }
    }

    /// Who receives it: services, and the parts of services that go at their own pace. Nothing is trimmed before all of
    /// them have applied it.
    #[must_use]
    pub const fn receivers(self) -> &'static [&'static str] {
        match self {
            Self::Intake => &["routing", "statistics"],
            Self::Routing => &["intake", "notification", "notification people", "statistics"],
            Self::Notification => &["routing", "statistics"],
            Self::Statistics => &["notification", "routing"],
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The names of keys in Redis. The county in braces keeps what belongs together on one node of a cluster.
#[derive(Debug, Clone)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// All keys begin with this prefix.
    #[must_use]
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// The stream of a topic's events.
    #[must_use]
    pub fn events(&self, county: &str, topic: Topic) -> String {
        format!("{}:{{{county}}}:events:{topic}", self.prefix)
    }

    /// The hash in which receivers say how far they are.
    #[must_use]
    pub fn acknowledged(&self, county: &str, topic: Topic) -> String {
        format!("{}:{{{county}}}:acknowledged:{topic}", self.prefix)
    }

    /// A key of the service's own, within the county.
    #[must_use]
    pub fn own(&self, county: &str, rest: &str) -> String {
        format!("{}:{{{county}}}:{rest}", self.prefix)
    }
}

/// An event as a receiver gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The county.
    pub county: String,
    /// Who sent it.
    pub topic: Topic,
    /// Its place among the county's events of this topic: 1, 2, 3 …
    pub position: i64,
    /// The full name of the message.
    pub kind: String,
    /// The encoded message.
    pub payload: Vec<u8>,
    /// The W3C traceparent of what caused it.
    pub trace: Option<String>,
}

impl Envelope {
    pub(crate) fn read(county: &str, topic: Topic, entry: &StreamId) -> Result<Self, MessagingError> {
        let malformed = || MessagingError::Entry(entry.id.clone());
        let position =
            entry.id.split_once('-').and_then(|(position, _)| position.parse().ok()).ok_or_else(malformed)?;
        let trace: String = entry.get("t").unwrap_or_default();
        Ok(Self {
            county: county.to_owned(),
            topic,
            position,
            kind: entry.get("k").ok_or_else(malformed)?,
            payload: entry.get("p").ok_or_else(malformed)?,
            trace: Some(trace).filter(|trace| !trace.is_empty()),
        })
    }

    /// That this event can never be applied. `reason` holds nothing of what it tells.
    #[must_use]
    pub fn refused(&self, reason: &str) -> ApplyError {
        ApplyError::Refuse { position: self.position, reason: reason.to_owned() }
    }
}
