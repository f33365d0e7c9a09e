//! Receivers that mean no good, or are broken: each costs a bounded time and a bounded memory, and leads nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use fengqiao_webhook::{ANSWER_BYTES, Address, Answered, Message, Names, Poster, Secret, check_url};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

const LIMIT: Duration = Duration::from_millis(500);

/// A server that reads a request and then does what it likes with the connection.
struct Hostile {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl Hostile {
    async fn start<F: Future<Output = ()> + Send>(
        answer: impl Fn(TcpStream, Arc<AtomicUsize>) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, written) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, count_written) = (Arc::clone(&connections), Arc::clone(&written));
        tokio::spawn(async move {
            let answer = Arc::new(answer);
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                let (answer, written) = (Arc::clone(&answer), Arc::clone(&count_written));
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    answer(stream, written).await;
                });
            }
        });
        Self { address, connections, written }
    }

    async fn post(&self) -> (Answered, Duration) {
        let began = Instant::now();
        let answered = post(&Poster::new().unwrap(), &format!("http://{}/hook", self.address), true).await;
        (answered, began.elapsed())
    }
}

async fn post(poster: &Poster, url: &str, allow_private: bool) -> Answered {
    let secrets = vec![Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
    let to = Address { url: check_url(url, allow_private).unwrap(), secrets, allow_private };
    let message = Message { id: "m", body: "{}".into(), traceparent: None };
    poster.post(&to, message, Timestamp::UNIX_EPOCH, LIMIT).await
}

fn ready() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time_that_there_is() {
    ready();
    let head = Hostile::start(async |mut stream: TcpStream, _| {
        for byte in b"HTTP/1.1 200 OK\r\nx-padding: ".iter().chain(std::iter::repeat(&b'a')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let (answered, took) = head.post().await;
    assert_eq!((answered.delivered, answered.error.as_str()), (false, "no answer within 500 ms"));
    assert!(took < LIMIT * 2, "{took:?}");

    // The head is there and the body drips: time is bounded over both, and what the status says holds.
    let body = Hostile::start(async |mut stream: TcpStream, _| {
        stream.write_all(b"HTTP/1.1 500 Oh\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
        while stream.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let (answered, took) = body.post().await;
    assert_eq!((answered.http_status, answered.error.as_str()), (500, "the endpoint answered 500"));
    assert!(took < LIMIT * 2, "{took:?}");
    assert!(!answered.answer.is_empty() && answered.answer.len() < 200);
}

#[tokio::test]
async fn an_endless_body_is_cut_off_and_so_is_an_endless_head() {
    ready();
    let body = Hostile::start(async |mut stream: TcpStream, written: Arc<AtomicUsize>| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'a'; 16_384]).await.is_ok() {
            written.fetch_add(16_384, SeqCst);
        }
    })
    .await;
    let (answered, took) = body.post().await;
    assert!(answered.delivered && took < LIMIT, "{answered:?} {took:?}");
    assert_eq!(answered.answer, vec![b'a'; ANSWER_BYTES]);
    sleep(Duration::from_millis(100)).await;
    // As much as lies in the sockets of both sides.
    assert!(body.written.load(SeqCst) < 16 * 1024 * 1024, "{}", body.written.load(SeqCst));

    let head = Hostile::start(async |mut stream: TcpStream, written: Arc<AtomicUsize>| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await.unwrap();
        while stream.write_all(&[b'a'; 16_384]).await.is_ok() {
            written.fetch_add(16_384, SeqCst);
        }
    })
    .await;
    let (answered, took) = head.post().await;
    assert_eq!((answered.delivered, answered.error.as_str()), (false, "the request broke off"));
    assert!(took < LIMIT, "{took:?}");
}

#[tokio::test]
async fn what_is_packed_stays_packed() {
    ready();
    // Ten kilobytes that would be ten megabytes.
    let bomb = Hostile::start(async |mut stream: TcpStream, _| {
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 10240\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[&[0x1f, 0x8b, 8, 0][..], &[0; 10_236][..]].concat()).await.unwrap();
    })
    .await;
    let (answered, _) = bomb.post().await;
    assert!(answered.delivered);
    assert_eq!(answered.answer.len(), ANSWER_BYTES);
    assert_eq!(answered.answer[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_no_way() {
    ready();
    let trap = Hostile::start(async |_, _| {}).await;
    let target = trap.address;
    let redirecting = Hostile::start(move |mut stream: TcpStream, _| async move {
        let head = format!(
            "HTTP/1.1 307 X\r\nlocation: http://{target}/latest/meta-data\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
    })
    .await;
    let (answered, _) = redirecting.post().await;
    assert_eq!((answered.delivered, answered.http_status), (false, 307));
    assert_eq!(trap.connections.load(SeqCst), 0);
}

/// Somebody's names: the first answer is harmless, every later one leads inside.
struct Rebinding(SocketAddr, AtomicUsize);

#[async_trait]
impl Names for Rebinding {
    async fn addresses(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        self.1.fetch_add(1, SeqCst);
        Ok(vec![self.0, SocketAddr::new("::ffff:127.0.0.1".parse().unwrap(), self.0.port())])
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to() {
    ready();
    let inside = Hostile::start(async |_, _| {}).await;
    let names = Arc::new(Rebinding(inside.address, AtomicUsize::new(0)));
    let poster = Poster::asking(Arc::clone(&names) as Arc<dyn Names>).unwrap();
    let answered = post(&poster, "https://hooks.example.gov.cn/", false).await;
    assert_eq!(
        (answered.delivered, answered.error.as_str()),
        (false, "the name leads into a private network")
    );
    // Asked once: what was checked is what would have been connected to.
    assert_eq!((names.1.load(SeqCst), inside.connections.load(SeqCst)), (1, 0));
    // Where the county allows it, it is reached.
    let url = format!("http://hooks.example.gov.cn:{}/", inside.address.port());
    assert_eq!(post(&poster, &url, true).await.error, "the request broke off");
    assert!(inside.connections.load(SeqCst) >= 1);
}

#[tokio::test]
async fn a_connection_that_the_receiver_closed_is_made_anew() {
    ready();
    let closing = Hostile::start(async |mut stream: TcpStream, _| {
        stream.write_all(b"HTTP/1.1 204 No\r\n\r\n").await.unwrap();
    })
    .await;
    let poster = Poster::new().unwrap();
    let url = format!("http://{}/", closing.address);
    for _ in 0..3 {
        assert!(post(&poster, &url, true).await.delivered);
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(closing.connections.load(SeqCst), 3);
}
