//! HTTP beside gRPC: the same certificate and authority, the same limits, the same end.

mod unread;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    Foundation, Settings, StartError,
    foundation::read,
    server::{address, bind},
};

/// Connections that may be open; one more waits.
const MOST_CONNECTIONS: usize = 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of a request may take, and how long a connection may be silent between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(30);
const STREAMS_PER_CONNECTION: u32 = 128;
const HEAD_BYTES: usize = 64 * 1024;
/// How long requests may go on after the stop.
const DRAIN: Duration = Duration::from_secs(5);
/// The system may be out of file descriptors; that passes.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// The certificate that a client showed and TLS has checked, in the extensions of its requests.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub CertificateDer<'static>);

/// From where a connection comes, in the extensions of its requests. Behind a proxy it is the proxy's.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

impl Foundation {
    /// Serves a router over TLS until the stop. Who may call what is the router's own matter; see
    /// [`Foundation::gate`].
    ///
    /// # Errors
    /// [`StartError`] where TLS cannot be set up or the address cannot be had.
    pub async fn serve_http(&self, listen: SocketAddr, router: Router) -> Result<(), StartError> {
        let tls = TlsAcceptor::from(Arc::new(tls(&self.settings)?));
        let listener = bind(listen).await?;
        tracing::info!(listen = %address(&listener), "serving HTTP");
        let stop = self.stop.clone();
        self.tasks.spawn("http edge", async move {
            accept(listener, tls, router, stop).await;
            Ok::<(), Infallible>(())
        });
        Ok(())
    }
}

/// The server's certificate; clients may show one of our authority, and need not.
fn tls(settings: &Settings) -> Result<ServerConfig, StartError> {
    let wrong = |error: &dyn std::fmt::Display| StartError::Configuration(format!("TLS: {error}"));
    let certificates = |path: &std::path::Path| -> Result<Vec<CertificateDer<'static>>, StartError> {
        CertificateDer::pem_slice_iter(read(path)?.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(&error))
    };
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(&settings.tls_client_authority)? {
        authorities.add(certificate).map_err(|error| wrong(&error))?;
    }
    let clients = WebPkiClientVerifier::builder(Arc::new(authorities))
        .allow_unauthenticated()
        .build()
        .map_err(|error| wrong(&error))?;
    let key =
        PrivateKeyDer::from_pem_slice(read(&settings.tls_key)?.as_bytes()).map_err(|error| wrong(&error))?;
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates(&settings.tls_certificate)?, key)
        .map_err(|error| wrong(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, router: Router, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        let Ok(place) = place else { break };
        match accepted {
            Ok((socket, from)) => {
                let peer = PeerAddress(from);
                connections.spawn(serve(socket, peer, tls.clone(), router.clone(), stop.clone(), place));
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no connection is accepted");
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
}

/// Serves one connection to its end; after the stop, only what is under way.
async fn serve(
    socket: TcpStream,
    from: PeerAddress,
    tls: TlsAcceptor,
    router: Router,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    // Small answers go out at once; without it they are only slower.
    let _ = socket.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(socket)).await else { return };
    let chain = stream.get_ref().1.peer_certificates();
    let peer = chain.and_then(<[_]>::first).map(|shown| PeerCertificate(shown.clone().into_owned()));
    let ending = stop.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (request, unread) = unread::lend(request);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(from);
        if let Some(peer) = &peer {
            request.extensions_mut().insert(peer.clone());
        }
        let (answering, ending) = (router.clone().oneshot(request), ending.clone());
        async move {
            let answer = answering.await;
            unread.discard(&ending).await;
            answer
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_header_list_size(HEAD_BYTES as u32);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // What goes wrong on a connection is its client's to see.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
