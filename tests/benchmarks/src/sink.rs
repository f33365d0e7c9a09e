//! An HTTP endpoint that costs as little as it can: it reads requests, remembers their ids and answers 204.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
};

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
/// What one request may have.
const LARGEST: usize = 64 * 1024;

/// What came, in order: when, to which path, under which `webhook-id`.
pub type Arrival = (Instant, String, String);

/// The endpoint.
#[derive(Clone)]
pub struct Sink {
    address: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    came: Arc<Notify>,
}

impl Sink {
    /// Listens on a free port; each answer takes so long.
    ///
    /// # Errors
    /// Where it cannot listen.
    pub async fn start(slow: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sink =
            Self { address: listener.local_addr()?, arrivals: Arc::default(), came: Arc::new(Notify::new()) };
        let own = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream, slow).await });
            }
        });
        Ok(sink)
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forgets what came.
    pub fn clear(&self) {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What came, as soon as there is so much of it.
    ///
    /// # Errors
    /// Where it does not come within so long.
    pub async fn take(&self, count: usize, at_most: Duration) -> Result<Vec<Arrival>, String> {
        let enough = async {
            loop {
                let came = self.came.notified();
                if self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).len() >= count {
                    return;
                }
                // A lost wake-up costs this much.
                let _ = timeout(Duration::from_millis(20), came).await;
            }
        };
        let done = timeout(at_most, enough).await;
        let arrivals = std::mem::take(&mut *self.arrivals.lock().unwrap_or_else(PoisonError::into_inner));
        match done {
            Ok(()) => Ok(arrivals),
            Err(_) => Err(format!("{} of {count} came", arrivals.len())),
        }
    }

    async fn serve(&self, mut stream: TcpStream, slow: Duration) -> Option<()> {
        let _ = stream.set_nodelay(true);
        let mut buffer = Vec::with_capacity(4_096);
        loop {
            let (head, length) = loop {
                if let Some(whole) = whole_request(&buffer) {
                    break whole;
                }
                if buffer.len() > LARGEST || stream.read_buf(&mut buffer).await.ok()? == 0 {
                    return None;
                }
            };
            let at = Instant::now();
            let text = std::str::from_utf8(&buffer[..head]).ok()?;
            let path = text.split(' ').nth(1)?.trim_start_matches('/').to_owned();
            let id = header(text, "webhook-id")?.to_owned();
            buffer.drain(..head + length);
            if !slow.is_zero() {
                sleep(slow).await;
            }
            // Before the answer: what is sent because of it must not be remembered first.
            self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).push((at, path, id));
            stream.write_all(ANSWER).await.ok()?;
            self.came.notify_waiters();
        }
    }
}

/// The lengths of head and body of a request that is there as a whole.
fn whole_request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let length = header(std::str::from_utf8(&buffer[..head]).ok()?, "content-length")?.parse().ok()?;
    (buffer.len() >= head + length).then_some((head, length))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
