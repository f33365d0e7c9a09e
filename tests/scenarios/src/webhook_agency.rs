//! An agency of the tests that takes its pushes by webhook, and does not always take them well.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use fengqiao_proto::{json::from_json, notification::v1::Push};
use fengqiao_stack::sample_day::is_signed;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

use crate::receiving::Arrivals;

/// How an agency answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It takes the push and says so.
    Takes,
    /// It fails, and has taken nothing.
    Fails,
    /// The connection is cut before it has taken anything.
    Cut,
    /// It takes the push, and the connection is cut before it could say so.
    TakesUnheard,
    /// It takes the push, and says so after its caller has gone.
    TakesLate,
}

/// Answers that are drawn from a seed: one in six is bad.
pub struct Moods {
    random: StdRng,
    late: Duration,
}

impl Moods {
    /// The moods of a seed. An answer that is `late` comes after its caller has gone.
    #[must_use]
    pub fn of(seed: u64, late: Duration) -> Self {
        Self { random: StdRng::seed_from_u64(seed), late }
    }

    fn next(&mut self) -> Answer {
        match self.random.random_range(0..100) {
            0..6 => Answer::Fails,
            6..10 => Answer::Cut,
            10..14 => Answer::TakesUnheard,
            14..16 => Answer::TakesLate,
            _ => Answer::Takes,
        }
    }
}

/// An agency with an endpoint of its own. It believes only what is signed with its secret.
pub struct WebhookAgency {
    /// What it took, as often as it took it.
    pub arrivals: Arrivals,
    url: String,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Desk {
    secret: Mutex<String>,
    /// None where it always takes.
    moods: Mutex<Option<Moods>>,
    arrivals: Arrivals,
    traces: Mutex<BTreeMap<String, String>>,
    answered: Mutex<BTreeMap<Answer, usize>>,
    unsigned: AtomicUsize,
    misnamed: AtomicUsize,
}

impl WebhookAgency {
    /// Listens on a free port. Until [`WebhookAgency::expect`] it believes nobody.
    ///
    /// # Panics
    /// Where there is no free port.
    pub async fn start(moods: Option<Moods>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let desk = Arc::new(Desk { moods: Mutex::new(moods), ..Desk::default() });
        let routes = Router::new().route("/", post(take)).with_state(Arc::clone(&desk));
        let task = tokio::spawn(async move {
            // It ends with the agency.
            let _ = axum::serve(listener, routes).await;
        });
        Self { arrivals: Arc::clone(&desk.arrivals), url, desk, task }
    }

    /// Where its pushes are posted.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Believes what is signed with this secret.
    pub fn expect(&self, secret: &str) {
        secret.clone_into(&mut held(&self.desk.secret));
    }

    /// The traceparent that a push came with.
    #[must_use]
    pub fn trace_of(&self, push_id: &str) -> Option<String> {
        held(&self.desk.traces).get(push_id).cloned()
    }

    /// How often it answered how.
    #[must_use]
    pub fn answered(&self) -> BTreeMap<Answer, usize> {
        held(&self.desk.answered).clone()
    }

    /// What is wrong with what came: messages that nobody may believe, and pushes that came under two ids.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut ids: BTreeMap<(String, i32, i32), BTreeSet<String>> = BTreeMap::new();
        for push in held(&self.arrivals).iter() {
            let form = (push.case_id.clone(), push.form, push.level);
            ids.entry(form).or_default().insert(push.push_id.clone());
        }
        [
            (self.desk.unsigned.load(Ordering::Relaxed), "webhooks without a good signature"),
            (self.desk.misnamed.load(Ordering::Relaxed), "webhooks whose id is not their push's"),
            (ids.values().filter(|ids| ids.len() > 1).count(), "pushes by webhook with two ids"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
    }
}

impl Drop for WebhookAgency {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = held(&desk.secret).clone();
    if secret.is_empty() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if !is_signed(&secret, id, at, &body, header("webhook-signature"), now) {
        desk.unsigned.fetch_add(1, Ordering::Relaxed);
        return StatusCode::UNAUTHORIZED;
    }
    let push: Option<Push> = serde_json::from_slice(&body).ok().and_then(|value| from_json(value).ok());
    let Some(push) = push.filter(|push| push.push_id == id) else {
        desk.misnamed.fetch_add(1, Ordering::Relaxed);
        return StatusCode::BAD_REQUEST;
    };
    let (answer, late) = held(&desk.moods)
        .as_mut()
        .map_or((Answer::Takes, Duration::ZERO), |moods| (moods.next(), moods.late));
    *held(&desk.answered).entry(answer).or_default() += 1;
    if matches!(answer, Answer::Takes | Answer::TakesUnheard | Answer::TakesLate) {
        held(&desk.traces).insert(id.to_owned(), header("traceparent").to_owned());
        held(&desk.arrivals).push(push);
    }
    match answer {
        Answer::Takes => StatusCode::NO_CONTENT,
        Answer::Fails => StatusCode::INTERNAL_SERVER_ERROR,
        Answer::TakesLate => {
            sleep(late).await;
            StatusCode::NO_CONTENT
        }
        // The connection ends with the task that serves it; nothing is printed of this panic.
        Answer::Cut | Answer::TakesUnheard => std::panic::resume_unwind(Box::new("cut")),
    }
}
