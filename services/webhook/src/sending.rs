//! One webhook request: signed, bounded, and never followed elsewhere.

use std::{net::SocketAddr, time::Duration};

use fengqiao_telemetry::trace::TRACEPARENT;
use jiff::Timestamp;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};

use crate::{
    address::{Address, is_private},
    signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signatures},
};

/// What is read of an answer at most; its content does not matter.
const ANSWER_BYTES: usize = 4096;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

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
}

impl Answered {
    /// No answer at all.
    pub fn failed(error: impl Into<String>) -> Self {
        Self { delivered: false, http_status: 0, error: error.into(), asked: None }
    }
}

/// Sends webhooks. Connections are kept by endpoint; no endpoint waits for another.
#[derive(Debug, Clone)]
pub struct Poster {
    public: Client,
    private: Client,
}

impl Poster {
    /// Makes the HTTP clients.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(8)
                .user_agent(concat!("fengqiao/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self { public: client().dns_resolver(PublicOnly).build()?, private: client().build()? })
    }

    /// Posts a message once. Whatever happens is an answer.
    pub async fn post(
        &self,
        to: &Address,
        message: Message<'_>,
        now: Timestamp,
        timeout: Duration,
    ) -> Answered {
        let seconds = now.as_second();
        let client = if to.allow_private { &self.private } else { &self.public };
        let mut request = client
            .post(to.url.clone())
            .timeout(timeout)
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, message.id)
            .header(TIMESTAMP_HEADER, seconds)
            .header(SIGNATURE_HEADER, signatures(&to.secrets, message.id, seconds, &message.body));
        if let Some(traceparent) = message.traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        match request.body(message.body).send().await {
            Ok(response) => answered(response).await,
            Err(error) => Answered::failed(what_failed(&error, timeout)),
        }
    }
}

/// What is posted.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Its id, the same at each try.
    pub id: &'a str,
    /// A JSON document.
    pub body: Vec<u8>,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
}

/// Reads a `Retry-After` header that gives seconds. The form with a date is rare and not needed: the
/// backoff then decides.
fn retry_after(header: &str) -> Option<Duration> {
    header.trim().parse().ok().map(Duration::from_secs)
}

async fn answered(mut response: Response) -> Answered {
    let status = response.status();
    let asked =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    // Read to its end, the connection can be used again; an endless answer is cut off.
    let mut read = 0;
    while read < ANSWER_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read += chunk.len();
    }
    if status.is_success() {
        return Answered {
            delivered: true,
            http_status: status.as_u16().into(),
            error: String::new(),
            asked: None,
        };
    }
    Answered {
        delivered: false,
        http_status: status.as_u16().into(),
        error: format!("the endpoint answered {}", status.as_u16()),
        asked,
    }
}

/// What went wrong, without the URL and without anything that came over the wire.
fn what_failed(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        format!("no answer within {} ms", timeout.as_millis())
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the request broke off".to_owned()
    }
}

/// Resolves names to addresses of the public internet only, so that no name can point inside.
#[derive(Debug, Clone, Copy)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| !is_private(address.ip()))
                .collect();
            if found.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_asks_for_seconds() {
        assert_eq!(retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
