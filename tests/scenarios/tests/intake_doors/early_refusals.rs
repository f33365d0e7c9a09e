//! What is refused before its body was read: who sends the whole body before it reads gets the answer all the same.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use fengqiao_scenarios::shared::{County, HOTLINE, run};
use http::Request;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const MIB: usize = 1024 * 1024;
const TIMES: usize = 4;
/// So long a body that does not come may be waited for, and more.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that is refused, and how.
#[derive(Debug, Clone, Copy)]
struct Refused {
    path: &'static str,
    content_type: &'static str,
    /// Whether the token is right.
    known: bool,
    bytes: usize,
    /// Whether the head says how many bytes come.
    announced: bool,
    status: u16,
    code: &'static str,
}

const TOO_LARGE: Refused = Refused {
    path: "/v1/reports",
    content_type: "application/json",
    known: true,
    bytes: 20 * MIB,
    announced: true,
    status: 413,
    code: "TOO_LARGE",
};

const REFUSED: [Refused; 6] = [
    TOO_LARGE,
    Refused { announced: false, ..TOO_LARGE },
    Refused { path: "/v1/reports:batch", ..TOO_LARGE },
    Refused { known: false, bytes: 3 * MIB, status: 401, code: "UNAUTHENTICATED", ..TOO_LARGE },
    Refused { path: "/v2/reports", bytes: 3 * MIB, status: 404, code: "NO_SUCH_PAGE", ..TOO_LARGE },
    Refused {
        content_type: "text/xml",
        bytes: 3 * MIB,
        status: 415,
        code: "WRONG_CONTENT_TYPE",
        ..TOO_LARGE
    },
];

/// Intake's HTTP door.
struct Door {
    address: String,
    token: String,
    ca: std::path::PathBuf,
}

impl Door {
    fn of(county: &County) -> Self {
        let description = county.stack.description();
        let address = description.http["intake"].replace("https://", "");
        let token = county.stack.secrets.token_of(HOTLINE).unwrap().trim().to_owned();
        Self { address, token, ca: description.ca }
    }

    async fn tls(&self, protocol: &str) -> TlsStream<TcpStream> {
        let socket = TcpStream::connect(&self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = connector(&self.ca, protocol).connect(name, socket).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
        stream
    }

    fn token(&self, request: &Refused) -> &str {
        if request.known { &self.token } else { "x" }
    }

    /// Sends all, and only then reads.
    async fn over_http2(&self, request: &Refused) -> Result<(u16, Value), String> {
        let (requests, connection) =
            h2::client::handshake(self.tls("h2").await).await.map_err(|error| error.to_string())?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        let mut head = Request::post(format!("https://localhost{}", request.path))
            .header("content-type", request.content_type)
            .header("authorization", format!("Bearer {}", self.token(request)));
        if request.announced {
            head = head.header("content-length", request.bytes);
        }
        let answered = async {
            let mut ready = requests.ready().await?;
            let (answer, mut body) = ready.send_request(head.body(()).unwrap(), false)?;
            let mut left = Bytes::from(vec![b' '; request.bytes]);
            while !left.is_empty() {
                body.reserve_capacity(left.len().min(MIB));
                let room = std::future::poll_fn(|context| body.poll_capacity(context)).await;
                let room = room.ok_or(h2::Reason::CANCEL)??;
                let part = left.split_to(room.min(left.len()));
                body.send_data(part, left.is_empty())?;
            }
            let (head, mut body) = answer.await?.into_parts();
            let mut read = Vec::new();
            while let Some(data) = body.data().await {
                read.extend_from_slice(&data?);
            }
            Ok::<_, h2::Error>((head.status.as_u16(), read))
        };
        let answered = timeout(PATIENCE, answered).await;
        driver.abort();
        let (status, read) = answered.map_err(|_| "no end")?.map_err(|error| error.to_string())?;
        Ok((status, serde_json::from_slice(&read).map_err(|error| error.to_string())?))
    }

    /// Sends all, and only then reads.
    async fn over_http1(&self, request: &Refused) -> Result<(u16, Value), String> {
        let mut stream = self.tls("http/1.1").await;
        let answered = async {
            stream.write_all(head(request, self.token(request), "").as_bytes()).await?;
            let all = vec![b' '; request.bytes];
            if request.announced {
                stream.write_all(&all).await?;
            } else {
                for part in all.chunks(MIB) {
                    stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
                    stream.write_all(part).await?;
                    stream.write_all(b"\r\n").await?;
                }
                stream.write_all(b"0\r\n\r\n").await?;
            }
            stream.flush().await?;
            read_to_end(&mut stream).await
        };
        let read = timeout(PATIENCE, answered).await.map_err(|_| "no end")?;
        parsed(&read.map_err(|error| error.to_string())?)
    }
}

fn connector(ca: &Path, protocol: &str) -> TlsConnector {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsConnector::from(Arc::new(config))
}

fn head(request: &Refused, token: &str, more: &str) -> String {
    let Refused { path, content_type, bytes, .. } = request;
    let length = if request.announced {
        format!("content-length: {bytes}")
    } else {
        "transfer-encoding: chunked".to_owned()
    };
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
         authorization: Bearer {token}\r\n{more}{length}\r\n\r\n"
    )
}

async fn read_to_end(stream: &mut TlsStream<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await?;
    Ok(read)
}

/// The status and the document of an HTTP/1.1 answer.
fn parsed(read: &[u8]) -> Result<(u16, Value), String> {
    let read = String::from_utf8_lossy(read);
    let (head, body) = read.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {read:?}"))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok((status, serde_json::from_str(body).map_err(|error| format!("{error}: {read}"))?))
}

#[test]
fn who_sends_all_before_it_reads_is_told_why_it_was_refused() {
    run(|county| async move {
        let door = Door::of(county);
        let mut wrong = Vec::new();
        for request in REFUSED {
            for _ in 0..TIMES {
                for (protocol, told) in
                    [("h2", door.over_http2(&request).await), ("http/1.1", door.over_http1(&request).await)]
                {
                    match told {
                        Ok((status, told))
                            if status == request.status
                                && told["status"] == status
                                && told["code"] == request.code => {}
                        other => wrong.push(format!("{protocol} {request:?}: {other:?}")),
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} were not told:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn who_does_not_send_what_it_announced_is_not_waited_for_for_long() {
    run(|county| async move {
        let door = Door::of(county);
        let unknown = Refused { known: false, bytes: MIB, status: 401, ..TOO_LARGE };
        // It has sent a part and sends no more.
        let mut silent = door.tls("http/1.1").await;
        silent.write_all(format!("{}  ", head(&unknown, "x", "")).as_bytes()).await.unwrap();
        silent.flush().await.unwrap();
        let read = timeout(PATIENCE, read_to_end(&mut silent)).await.expect("it is cut").unwrap();
        assert_eq!(parsed(&read).unwrap().0, 401);
        // It waits to be told to go on: it is answered at once.
        let began = Instant::now();
        let mut waiting = door.tls("http/1.1").await;
        let head = head(&unknown, "x", "expect: 100-continue\r\n");
        waiting.write_all(head.as_bytes()).await.unwrap();
        waiting.flush().await.unwrap();
        let read = timeout(PATIENCE, read_to_end(&mut waiting)).await.expect("it is answered").unwrap();
        assert_eq!(parsed(&read).unwrap().0, 401);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    });
}

#[test]
fn who_sends_without_end_is_cut() {
    run(|county| async move {
        let door = Door::of(county);
        let endless = Refused { bytes: 512 * MIB, announced: false, ..TOO_LARGE };
        let began = Instant::now();
        let mut stream = door.tls("http/1.1").await;
        stream.write_all(head(&endless, &door.token, "").as_bytes()).await.unwrap();
        let part = format!("{MIB:x}\r\n{}\r\n", " ".repeat(MIB));
        let mut sent = 0;
        while sent < endless.bytes && stream.write_all(part.as_bytes()).await.is_ok() {
            sent += MIB;
        }
        assert!(sent < 64 * MIB, "{sent} bytes were taken");
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        // The next one is answered.
        assert_eq!(door.over_http2(&TOO_LARGE).await.map(|(status, _)| status), Ok(413));
    });
}
