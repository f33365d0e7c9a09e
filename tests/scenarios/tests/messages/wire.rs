//! Calls by hand over HTTP/2, so that what no client would send can be sent.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use fengqiao_proto::intake::v1::SubmitReportsResponse;
use fengqiao_stack::{Stack, services::Service};
use h2::{RecvStream, SendStream, client::SendRequest};
use http::{HeaderMap, Request};
use prost::Message as _;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

pub const SUBMIT_ONE: &str = "/fengqiao.intake.v1.IntakeService/SubmitReport";
pub const SUBMIT_MANY: &str = "/fengqiao.intake.v1.IntakeService/SubmitReports";

/// Where intake listens, and a caller's token.
#[derive(Clone)]
pub struct Target {
    address: String,
    token: String,
    tls: TlsConnector,
}

impl Target {
    /// Intake of a stack, as one of its callers.
    pub fn intake(stack: &Stack, caller: &str) -> Self {
        let address = stack.service(Service::Intake).url().replace("https://", "");
        let token = stack.secrets.token_of(caller).unwrap().trim().to_owned();
        Self { address, token, tls: tls(&stack.secrets.ca()) }
    }

    pub async fn tcp(&self) -> std::io::Result<TcpStream> {
        let socket = TcpStream::connect(&self.address).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }

    pub async fn tls(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        self.tls.connect(name, self.tcp().await?).await
    }

    /// A connection that is as it should be.
    pub async fn connect(&self) -> Result<Wire, h2::Error> {
        // With less, the client itself has had enough of a thousand small answers at once.
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(1 << 20).initial_connection_window_size(8 << 20);
        self.connect_with(&builder).await
    }

    pub async fn connect_with(&self, builder: &h2::client::Builder) -> Result<Wire, h2::Error> {
        let io = self.tls().await.map_err(|_| h2::Error::from(h2::Reason::CONNECT_ERROR))?;
        let (requests, connection) = builder.handshake::<_, Bytes>(io).await?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Wire { requests, driver, token: self.token.clone() })
    }

    pub fn token(&self) -> &str {
        &self.token
    }
}

fn tls(ca: &Path) -> TlsConnector {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// One HTTP/2 connection; ends when it is dropped.
pub struct Wire {
    requests: SendRequest<Bytes>,
    driver: JoinHandle<()>,
    token: String,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What a call was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub code: Code,
    pub fields: Vec<String>,
}

impl Told {
    pub fn of(status: &Status) -> Self {
        let wrong = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
        Self { code: status.code(), fields: wrong.into_iter().map(|one| one.field).collect() }
    }
}

impl Wire {
    /// Opens a call and sends its headers.
    pub async fn open(
        &self,
        path: &str,
        more: &[(&'static str, &str)],
    ) -> Result<(h2::client::ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut request = Request::post(format!("https://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", format!("Bearer {}", self.token));
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let mut ready = self.requests.clone().ready().await?;
        ready.send_request(request.body(()).unwrap(), false)
    }

    /// One call with one message.
    pub async fn call(&self, frame: Vec<u8>) -> Result<Told, h2::Error> {
        self.call_to(SUBMIT_ONE, &[], frame).await
    }

    /// One call with one message, to any method and with further headers.
    pub async fn call_to(
        &self,
        path: &str,
        more: &[(&'static str, &str)],
        frame: Vec<u8>,
    ) -> Result<Told, h2::Error> {
        let (answer, mut body) = self.open(path, more).await?;
        // Who is refused early may not want the rest.
        let sending = tokio::spawn(async move { send(&mut body, frame.into(), true).await });
        let told = read(answer).await;
        sending.abort();
        told
    }
}

/// Sends as fast as the other side takes it.
pub async fn send(body: &mut SendStream<Bytes>, mut bytes: Bytes, end: bool) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        body.reserve_capacity(bytes.len().min(64 << 10));
        let room = match std::future::poll_fn(|context| body.poll_capacity(context)).await {
            Some(room) => room?,
            None => return Err(h2::Reason::CANCEL.into()),
        };
        let part = bytes.split_to(room.min(bytes.len()));
        body.send_data(part, end && bytes.is_empty())?;
    }
    Ok(())
}

/// The status of a call, from its headers or its trailers.
pub async fn read(answer: h2::client::ResponseFuture) -> Result<Told, h2::Error> {
    let (head, mut body) = answer.await?.into_parts();
    if let Some(status) = status_in(&head.headers) {
        return Ok(Told::of(&status));
    }
    while let Some(data) = body.data().await {
        let length = data?.len();
        body.flow_control().release_capacity(length)?;
    }
    let trailers = body.trailers().await?.unwrap_or_default();
    Ok(Told::of(&status_in(&trailers).unwrap_or_else(|| Status::unknown("no status"))))
}

pub fn status_in(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers)
}

/// The answers of a stream, one after the other.
pub struct Answers {
    body: RecvStream,
    held: Vec<u8>,
}

impl Answers {
    pub async fn of(answer: h2::client::ResponseFuture) -> Result<Result<Self, Told>, h2::Error> {
        let (head, body) = answer.await?.into_parts();
        Ok(match status_in(&head.headers) {
            Some(status) => Err(Told::of(&status)),
            None => Ok(Self { body, held: Vec::new() }),
        })
    }

    /// The next answer, or how the stream ended.
    pub async fn next(&mut self) -> Result<Result<SubmitReportsResponse, Told>, h2::Error> {
        loop {
            if let Some(length) = self.held.get(1..5) {
                let length = 5 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
                if self.held.len() >= length {
                    let answer = SubmitReportsResponse::decode(&self.held[5..length]).unwrap();
                    self.held.drain(..length);
                    return Ok(Ok(answer));
                }
            }
            match self.body.data().await {
                Some(data) => {
                    let data = data?;
                    self.body.flow_control().release_capacity(data.len())?;
                    self.held.extend_from_slice(&data);
                }
                None => {
                    let trailers = self.body.trailers().await?.unwrap_or_default();
                    let status = status_in(&trailers).unwrap_or_else(|| Status::unknown("no status"));
                    return Ok(Err(Told::of(&status)));
                }
            }
        }
    }
}

/// So long a call that is as it should be may take in all.
pub const PATIENCE: Duration = Duration::from_secs(25);
