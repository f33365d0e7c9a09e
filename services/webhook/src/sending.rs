//! Who posts webhooks: lines to receivers, each made when it is needed and used again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;

use crate::{
    address::Address,
    line::{Line, Outbound},
    resolving::{Names, SystemNames},
};

/// So many idle connections are kept to one receiver.
const IDLE_AT_MOST: usize = 8;

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whether it has the message.
    pub delivered: bool,
    /// The HTTP status, or 0 where there was none.
    pub http_status: i32,
    /// What went wrong; never anything that the endpoint said.
    pub error: String,
    /// How long it asked us to stay away.
    pub asked: Option<Duration>,
    /// The first 4 KB of what it said, as it came. May hold personal data.
    pub answer: Vec<u8>,
}

impl Answered {
    /// No answer at all.
    pub fn failed(error: impl Into<String>) -> Self {
        Self { delivered: false, http_status: 0, error: error.into(), asked: None, answer: Vec::new() }
    }
}

/// What is posted.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Its id, the same at each try.
    pub id: &'a str,
    /// A JSON document.
    pub body: Bytes,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
}

/// Sends webhooks. No receiver waits for another.
#[derive(Clone)]
pub struct Poster {
    outbound: Outbound,
    /// By the receiver's URL.
    idle: Arc<Mutex<HashMap<String, Vec<Line>>>>,
}

impl std::fmt::Debug for Poster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Poster")
    }
}

impl Poster {
    /// One that asks this machine for names and trusts the authorities that it trusts.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new() -> Result<Self, rustls::Error> {
        Self::asking(Arc::new(SystemNames))
    }

    /// One that asks somebody else for names.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn asking(names: Arc<dyn Names>) -> Result<Self, rustls::Error> {
        let tls = Arc::new(ClientConfig::with_platform_verifier()?);
        Ok(Self { outbound: Outbound { tls, names }, idle: Arc::default() })
    }

    /// A line of one's own, for whoever posts again and again.
    #[must_use]
    pub fn line(&self) -> Line {
        Line::new(self.outbound.clone())
    }

    /// Posts a message once. Whatever happens is an answer.
    pub async fn post(
        &self,
        to: &Address,
        message: Message<'_>,
        now: Timestamp,
        timeout: Duration,
    ) -> Answered {
        let mut line =
            self.lines().get_mut(to.url.as_str()).and_then(Vec::pop).unwrap_or_else(|| self.line());
        let answered = line.post(to, &message, now, timeout).await;
        if line.is_open() {
            let mut lines = self.lines();
            let idle = lines.entry(to.url.to_string()).or_default();
            if idle.len() < IDLE_AT_MOST {
                idle.push(line);
            }
        }
        answered
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Line>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
