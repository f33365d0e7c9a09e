//! Newer numbers as they come, by server-sent events: `figures` with the page's part that changes, `fresh` with how far it
//! lags behind, `over` when the session is.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use fengqiao_pages::Language;
use fengqiao_serving::time::now;
use fengqiao_signin::{edge::session_of, token::Token};
use futures::stream::unfold;
use jiff::Timestamp;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    Board,
    overview::{fragment, freshness},
};
use crate::domain::board::Windows;

/// The stream's address.
pub(super) const PATH: &str = "/board/live";
/// How often is looked whether there is something newer.
const EVERY: Duration = Duration::from_secs(1);
/// How often is looked whether the one who looks is still signed in; that is also what keeps the session from ending.
const SESSION_EVERY: Duration = Duration::from_secs(30);
/// So long a browser waits before it comes again.
const AGAIN: Duration = Duration::from_secs(3);

/// Someone who looks.
struct Watcher {
    board: Board,
    language: Language,
    county: String,
    agency: String,
    token: Token,
    /// What was sent last.
    sent: Option<Sent>,
    checked: Instant,
    has_begun: bool,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

#[derive(PartialEq)]
struct Sent {
    known_at: Option<Timestamp>,
    windows: Windows,
    late: i64,
}

/// `GET /board/live`
pub(super) async fn follow(State(board): State<Board>, headers: HeaderMap) -> Response {
    let (visit, token) = match (board.visit(&headers).await, session_of(&headers)) {
        (Ok(visit), Some(token)) => (visit, token),
        // A browser that gets a page instead of events stays away.
        _ => return StatusCode::UNAUTHORIZED.into_response(),
    };
    let Ok(place) = std::sync::Arc::clone(&board.watchers).try_acquire_owned() else {
        let later = [(header::RETRY_AFTER, HeaderValue::from_static("60"))];
        return (StatusCode::SERVICE_UNAVAILABLE, later).into_response();
    };
    let watcher = Watcher {
        language: visit.language,
        county: visit.county.code.clone(),
        agency: visit.signed.account.agency.clone(),
        token,
        sent: None,
        checked: Instant::now(),
        has_begun: false,
        is_over: false,
        _place: place,
        board: board.clone(),
    };
    let events = unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

impl Watcher {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        if std::mem::replace(&mut self.has_begun, true) {
            let stop = self.board.stop.clone();
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if self.checked.elapsed() > SESSION_EVERY {
            self.checked = Instant::now();
            let signed = self.board.entrance.door().signed(self.token.clone(), now()).await;
            // Where the database is away nobody is sent out.
            if matches!(signed, Ok(None)) {
                self.is_over = true;
                return Some(Event::default().event("over").data("over"));
            }
        }
        Some(self.newest().await.unwrap_or_else(|| Event::default().comment("not now")))
    }

    async fn newest(&mut self) -> Option<Event> {
        let county = self.board.counties.get(&self.county)?;
        let view = self.board.view(self.language, &self.county, &self.agency).ok()?;
        let picture = self.board.pictures.newest(county, now()).await.ok()?;
        let newer = Sent { known_at: picture.known_at, windows: picture.windows, late: picture.all_open().1 };
        if self.sent.as_ref() == Some(&newer) {
            return Some(Event::default().event("fresh").data(freshness(&view, &picture)));
        }
        let data = fragment(&view, &picture).into_string();
        self.sent = Some(newer);
        Some(Event::default().event("figures").retry(AGAIN).data(data))
    }
}
