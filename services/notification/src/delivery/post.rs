//! One webhook request: signed, bounded, and never followed elsewhere.

use std::{net::SocketAddr, time::Duration};

use fengqiao_proto::json::to_json;
use fengqiao_sealing::Keyring;
use fengqiao_telemetry::trace::TRACEPARENT;
use jiff::Timestamp;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};

use crate::{
    domain::{
        endpoint::is_private,
        push::Push,
        retry::retry_after,
        signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER},
    },
    endpoints::Endpoint,
    error::NotificationError,
    wire,
};

/// What is read of an answer at most; its content does not matter.
const ANSWER_BYTES: usize = 4096;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whether it has the push.
    pub delivered: bool,
    /// The HTTP status, or 0 where there was none.
    pub http_status: i32,
    /// What went wrong; never anything that the endpoint said.
    pub error: String,
    /// How long it asked us to stay away.
    pub asked: Option<Duration>,
}

impl Answered {
    fn failed(error: impl Into<String>) -> Self {
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

    /// Posts a push once. Whatever happens is an answer.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        push: &Push,
        keyring: &Keyring,
        now: Timestamp,
        timeout: Duration,
        traceparent: Option<&str>,
    ) -> Answered {
        let body = match body(push, keyring) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(push = %push.push_id, error = &error as &dyn std::error::Error, "a push has no form");
                return Answered::failed("the matter cannot be opened");
            }
        };
        let id = push.push_id.to_string();
        let seconds = now.as_second();
        let client = if endpoint.allow_private { &self.private } else { &self.public };
        let mut request = client
            .post(endpoint.url.clone())
            .timeout(timeout)
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, &id)
            .header(TIMESTAMP_HEADER, seconds)
            .header(SIGNATURE_HEADER, endpoint.secret.sign(&id, seconds, &body));
        if let Some(traceparent) = traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        match request.body(body).send().await {
            Ok(response) => answered(response).await,
            Err(error) => Answered::failed(what_failed(&error, timeout)),
        }
    }
}

fn body(push: &Push, keyring: &Keyring) -> Result<Vec<u8>, NotificationError> {
    let matter = wire::open_matter(keyring, push)?;
    let json = to_json(&wire::push(push, Some(matter)))?;
    Ok(json.to_string().into_bytes())
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
