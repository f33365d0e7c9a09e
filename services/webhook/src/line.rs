//! One keep-alive connection to a receiver, one request at a time, bounded in every direction: time, size of head
//! and body, addresses. It follows no redirect, unpacks nothing, and knows no proxy.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use fengqiao_telemetry::trace::TRACEPARENT;
use http::{
    HeaderValue, Request,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;
use url::{Host, Url};

use crate::{
    address::Address,
    resolving::{Names, reachable},
    sending::{Answered, Message},
    signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signatures},
};

/// What is kept of an answer; the rest is not read.
pub const ANSWER_BYTES: usize = 4_096;
/// The longest head of an answer.
const HEAD_BYTES: usize = 16 * 1_024;
const HEADERS: usize = 64;
/// One address of several must not take all the time there is.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was not used for so long is not used again: receivers close idle ones.
const IDLE: Duration = Duration::from_secs(55);
const AGENT: HeaderValue = HeaderValue::from_static(concat!("fengqiao/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");

type Wire = TokioIo<Either<TcpStream, TlsStream<TcpStream>>>;
type Body = Full<Bytes>;

/// How connections are made.
#[derive(Clone)]
pub(crate) struct Outbound {
    pub tls: Arc<ClientConfig>,
    pub names: Arc<dyn Names>,
}

/// A connection to one receiver. It connects when it has something to post, and again when it has to.
pub struct Line {
    outbound: Outbound,
    open: Option<Open>,
}

/// A connection that is made. It is driven by whoever waits for an answer, so that a request costs no change of task.
struct Open {
    send: SendRequest<Body>,
    connection: Pin<Box<Connection<Wire, Body>>>,
    ended: bool,
    used: Instant,
}

/// Why there is no whole answer. Never anything that came over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Broken {
    #[error("the name is not known")]
    Name,
    #[error("the name leads into a private network")]
    Private,
    #[error("no connection")]
    Connection,
    #[error("no connection by TLS")]
    Tls,
    #[error("the request broke off")]
    Request,
}

/// What has come of an answer so far; kept even where time or connection end before it does.
#[derive(Default)]
struct Got {
    status: u16,
    /// When it wants to be asked again, as it said it.
    asked: Option<String>,
    body: Vec<u8>,
}

impl Line {
    pub(crate) const fn new(outbound: Outbound) -> Self {
        Self { outbound, open: None }
    }

    /// Whether a connection is open and could be used again.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Posts a message once, within `limit` from resolving the name to the end of the answer. Whatever happens is an
    /// answer.
    pub async fn post(
        &mut self,
        to: &Address,
        message: &Message<'_>,
        now: Timestamp,
        limit: Duration,
    ) -> Answered {
        let Some(request) = request(to, message, now) else {
            return Answered::failed("the message cannot be put into a request");
        };
        let mut got = Got::default();
        let ended = timeout(limit, self.exchange(to, request, &mut got)).await;
        let error = match ended {
            Ok(Ok(())) => String::new(),
            Ok(Err(broken)) => broken.to_string(),
            Err(_) => format!("no answer within {} ms", limit.as_millis()),
        };
        if !error.is_empty() {
            self.open = None;
        }
        got.answered(error, now)
    }

    async fn exchange(&mut self, to: &Address, request: Request<Body>, got: &mut Got) -> Result<(), Broken> {
        if let Some(mut open) = self.open.take().filter(|open| !open.ended && open.used.elapsed() < IDLE) {
            match open.send(request.clone(), got).await {
                Ok(again) => {
                    self.open = again.then_some(open);
                    return Ok(());
                }
                // The receiver had closed it meanwhile. Sending twice does no harm: the id is the same.
                Err(_) if got.status == 0 => {}
                Err(broken) => return Err(broken),
            }
        }
        let mut open = self.outbound.connect(to).await?;
        let again = open.send(request, got).await?;
        self.open = again.then_some(open);
        Ok(())
    }
}

impl Got {
    /// The status decides: a receiver that says that it has the message, has it.
    fn answered(self, error: String, now: Timestamp) -> Answered {
        let delivered = (200..300).contains(&self.status);
        let error = match self.status {
            _ if delivered => String::new(),
            0 => error,
            status => format!("the endpoint answered {status}"),
        };
        let asked = self.asked.filter(|_| !delivered).and_then(|asked| retry_after(&asked, now));
        Answered { delivered, http_status: self.status.into(), error, asked, answer: self.body }
    }
}

impl Open {
    /// Sends a request and reads the answer as far as it is kept. True where the connection can be used again.
    async fn send(&mut self, request: Request<Body>, got: &mut Got) -> Result<bool, Broken> {
        let Self { send, connection, ended, used } = self;
        let mut talk = pin!(async {
            send.ready().await.map_err(|_| Broken::Request)?;
            let answer = send.send_request(request).await.map_err(|_| Broken::Request)?;
            read(answer, got).await
        });
        let again = poll_fn(|cx| {
            if let Poll::Ready(done) = talk.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            if !*ended {
                *ended = connection.as_mut().poll(cx).is_ready();
                // What the connection has just brought need not wait for a wake-up of its own.
                return talk.as_mut().poll(cx);
            }
            Poll::Pending
        })
        .await?;
        *used = Instant::now();
        Ok(again && !*ended)
    }
}

async fn read(answer: http::Response<Incoming>, got: &mut Got) -> Result<bool, Broken> {
    got.status = answer.status().as_u16();
    got.asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Broken::Request)?.into_data() else { continue };
        let room = ANSWER_BYTES - got.body.len();
        got.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            // An endless answer is cut off, and its connection with it.
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads a `Retry-After` header: seconds, or a date (RFC 9110 10.2.3). A date that has passed asks for nothing.
fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

fn request(to: &Address, message: &Message<'_>, now: Timestamp) -> Option<Request<Body>> {
    let seconds = now.as_second();
    let path = match to.url.query() {
        Some(query) => format!("{}?{query}", to.url.path()),
        None => to.url.path().to_owned(),
    };
    let mut request = Request::post(path)
        .header(HOST, authority(&to.url)?)
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, JSON)
        .header(ID_HEADER, message.id)
        .header(TIMESTAMP_HEADER, seconds)
        .header(SIGNATURE_HEADER, signatures(&to.secrets, message.id, seconds, &message.body));
    if let Some(traceparent) = message.traceparent {
        request = request.header(TRACEPARENT, traceparent);
    }
    request.body(Full::new(message.body.clone())).ok()
}

fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

impl Outbound {
    async fn connect(&self, to: &Address) -> Result<Open, Broken> {
        let stream = self.reach(to).await?;
        // Small requests must not wait for each other's acknowledgement.
        let _ = stream.set_nodelay(true);
        let wire = if to.url.scheme() == "https" {
            let name = server_name(&to.url).ok_or(Broken::Name)?;
            let secure = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream);
            Either::Right(secure.await.map_err(|_| Broken::Tls)?)
        } else {
            Either::Left(stream)
        };
        let (send, connection) = Builder::new()
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|_| Broken::Connection)?;
        Ok(Open { send, connection: Box::pin(connection), ended: false, used: Instant::now() })
    }

    /// Connects to an address that was checked.
    async fn reach(&self, to: &Address) -> Result<TcpStream, Broken> {
        let port = to.url.port_or_known_default().ok_or(Broken::Name)?;
        let found = match to.url.host().ok_or(Broken::Name)? {
            Host::Ipv4(ip) => vec![(ip, port).into()],
            Host::Ipv6(ip) => vec![(ip, port).into()],
            Host::Domain(name) => self.names.addresses(name, port).await.map_err(|_| Broken::Name)?,
        };
        let may = reachable(found, to.allow_private);
        if may.is_empty() {
            return Err(Broken::Private);
        }
        for address in may {
            if let Ok(Ok(stream)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                return Ok(stream);
            }
        }
        Err(Broken::Connection)
    }
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V4(ip).into())),
        Host::Ipv6(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V6(ip).into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_asks_for_seconds_or_names_a_time() {
        let now: Timestamp = "2026-10-21T07:27:30Z".parse().unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:27:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn the_status_decides_and_names_itself() {
        let of = |status, error: &str| {
            Got { status, ..Got::default() }.answered(error.to_owned(), Timestamp::UNIX_EPOCH)
        };
        assert!(of(204, "no answer within 1 ms").delivered);
        assert_eq!(of(307, "").error, "the endpoint answered 307");
        assert_eq!(of(0, "no connection").error, "no connection");
    }
}
