//! An agency's own system, as the other end of a webhook: it believes only what is signed as the Standard
//! Webhooks specification says.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};

use crate::StackError;

/// A message may be so many seconds old, or from the future by a clock's error.
const TOLERANCE: u64 = 300;
/// Received ids that nobody has read yet; older ones are found by listing.
const UNREAD: usize = 1_024;

/// Takes webhooks for several agencies, each with its own secret.
pub struct WebhookReceiver {
    port: u16,
    book: Arc<Book>,
    serving: JoinHandle<()>,
}

struct Book {
    secrets: std::sync::RwLock<HashMap<String, String>>,
    received: broadcast::Sender<(String, String)>,
}

impl WebhookReceiver {
    /// Listens on a free port of the loopback address.
    ///
    /// # Errors
    /// Where it cannot listen.
    pub async fn start() -> Result<Self, StackError> {
        let port = crate::free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(StackError::file(format!("127.0.0.1:{port}")))?;
        let (received, _) = broadcast::channel(UNREAD);
        let book = Arc::new(Book { secrets: std::sync::RwLock::default(), received });
        let routes = Router::new().route("/{agency}", post(take)).with_state(book.clone());
        let serving = tokio::spawn(async move {
            // Ends with the program; a listener that fails shows as pushes that stay undelivered.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { port, book, serving })
    }

    /// The address of an agency's webhook.
    pub fn url(&self, agency: &str) -> String {
        format!("http://127.0.0.1:{}/{agency}", self.port)
    }

    /// Takes messages for this agency that are signed with this secret.
    pub fn expect(&self, agency: &str, secret: &str) {
        if let Ok(mut secrets) = self.book.secrets.write() {
            secrets.insert(agency.to_owned(), secret.to_owned());
        }
    }

    /// Agency and id of each push that comes from now on.
    pub fn received(&self) -> broadcast::Receiver<(String, String)> {
        self.book.received.subscribe()
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(
    State(book): State<Arc<Book>>,
    Path(agency): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let secret = book.secrets.read().ok().and_then(|secrets| secrets.get(&agency).cloned());
    let Some(secret) = secret else { return StatusCode::NOT_FOUND };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (id, at, signatures) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    if !is_signed(&secret, id, at, &body, signatures, now) {
        return StatusCode::UNAUTHORIZED;
    }
    // No reader is no fault: the agency's people come later and list what there is.
    let _ = book.received.send((agency, id.to_owned()));
    StatusCode::NO_CONTENT
}

/// Whether a message is signed with this secret, and not too old: `at` and `now` are seconds since 1970, `signatures` is the
/// header that carries them.
pub fn is_signed(secret: &str, id: &str, at: &str, body: &[u8], signatures: &str, now: u64) -> bool {
    let recent = at.parse::<u64>().is_ok_and(|at| at.abs_diff(now) <= TOLERANCE);
    let key = secret.trim().strip_prefix("whsec_").and_then(|key| BASE64.decode(key).ok());
    let Some(mac) = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok()) else { return false };
    let mac = mac
        .chain_update(id.as_bytes())
        .chain_update(b".")
        .chain_update(at.as_bytes())
        .chain_update(b".")
        .chain_update(body);
    recent
        && !id.is_empty()
        && signatures
            .split(' ')
            .filter_map(|signature| BASE64.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_specifications_own_example_and_nothing_else() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, at, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(is_signed(secret, id, at, body, signature, 1_614_265_400));
        assert!(is_signed(secret, id, at, body, &format!("v1,AAAA {signature}"), 1_614_265_400));
        assert!(!is_signed(secret, id, at, body, signature, 1_614_269_000), "too old");
        assert!(!is_signed(secret, id, at, b"{}", signature, 1_614_265_400), "another body");
        assert!(!is_signed(secret, "other", at, body, signature, 1_614_265_400), "another id");
        assert!(!is_signed(secret, id, at, body, "", 1_614_265_400), "unsigned");
    }
}
