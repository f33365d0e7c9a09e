//! An agency's endpoint that answers as it is told and remembers what it got.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::net::TcpListener;

/// What came: to which agency's path, with which headers and body.
#[derive(Debug, Clone)]
pub struct Got {
    pub at: Instant,
    pub agency: String,
    pub id: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The endpoints of any number of agencies, each under its own path.
#[derive(Clone)]
pub struct Sink {
    base: String,
    /// The status of the next answers.
    pub status: Arc<AtomicUsize>,
    /// How long each answer takes, in milliseconds.
    pub slow: Arc<AtomicU64>,
    got: Arc<Mutex<Vec<Got>>>,
    open: Arc<Mutex<HashSet<String>>>,
    /// How often a push came while it was there already.
    pub at_once: Arc<AtomicUsize>,
}

impl Sink {
    pub async fn start(status: usize, slow: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            base: format!("http://{}", listener.local_addr().unwrap()),
            status: Arc::new(status.into()),
            slow: Arc::new((slow.as_millis() as u64).into()),
            got: Arc::default(),
            open: Arc::default(),
            at_once: Arc::default(),
        };
        let own = sink.clone();
        let take = async move |Path(agency): Path<String>, headers: HeaderMap, body: Bytes| {
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            if !own.open.lock().unwrap().insert(id.clone()) {
                own.at_once.fetch_add(1, SeqCst);
            }
            // Whoever breaks off has left.
            let _left = Left(Arc::clone(&own.open), id.clone());
            own.got.lock().unwrap().push(Got { at: Instant::now(), agency, id, headers, body });
            tokio::time::sleep(Duration::from_millis(own.slow.load(SeqCst))).await;
            let status = StatusCode::from_u16(own.status.load(SeqCst) as u16).unwrap();
            let said = if status == StatusCode::NO_CONTENT { String::new() } else { "x".repeat(100_000) };
            (status, [("retry-after", "0"), ("location", "http://127.0.0.1:1/")], said)
        };
        let router = Router::new().route("/{agency}", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        sink
    }

    pub fn url(&self, agency: &str) -> String {
        format!("{}/{agency}", self.base)
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.got().into_iter().map(|got| got.id).collect()
    }
}

struct Left(Arc<Mutex<HashSet<String>>>, String);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.lock().unwrap().remove(&self.1);
    }
}
