//! The agency desk (工作台): pages for agencies without a system of their own.
//!
//! Everything is rendered here; no page needs a script. A page shows what is the agency's own, and what changes something
//! is a form with a token of the session. [`sign_in`] lets people in, [`inbox`] shows what there is to do, [`form`] one
//! push as it looks on paper with what can be done, [`acts`] and [`feedback`] take what was done, [`files`] gives out.
//! [`progress`] is for residents.

mod acts;
mod feedback;
mod files;
mod form;
mod inbox;
mod language;
mod layout;
mod progress;
mod refusal;
mod sign_in;
mod visit;
mod words;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use clap::Args;
use fengqiao_county::{Counties, Mistakes};
use fengqiao_sealing::Keyring;
use fengqiao_signin::{
    Door, Lockout,
    edge::{Tries, guarded},
    openid::{Provider, ProvidersFile},
};
use tokio::time::timeout;

use crate::{
    answering::Answering, attachments::LONGEST_UPLOAD, delivery::Delivery, forms::Forms, people::People,
};

/// What one page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest form without files, in bytes: the longest words and what belongs to them.
const FORM_BYTES: usize = 64 * 1024;

/// Where the desk is served, and for whom.
#[derive(Debug, Clone, Default, Args)]
pub struct DeskOptions {
    /// Where the agency desk is served, over HTTPS. Not served where it is not given.
    #[arg(long, env = "FENGQIAO_DESK_LISTEN")]
    pub desk_listen: Option<std::net::SocketAddr>,
    /// The desk's address as people type it, for instance https://desk.example.gov.cn; an OpenID Connect provider sends
    /// them back there.
    #[arg(long, env = "FENGQIAO_DESK_ADDRESS", requires = "sign_in_file")]
    pub desk_address: Option<String>,
    /// The file with the counties' OpenID Connect providers.
    #[arg(long, env = "FENGQIAO_SIGN_IN_FILE", requires = "desk_address")]
    pub sign_in_file: Option<PathBuf>,
}

impl DeskOptions {
    /// The counties' providers.
    ///
    /// # Errors
    /// What is wrong in the file.
    pub fn providers(&self) -> Result<HashMap<String, Provider>, Mistakes> {
        let (Some(file), Some(address)) = (&self.sign_in_file, &self.desk_address) else {
            return Ok(HashMap::new());
        };
        let back = format!("{}{}", address.trim_end_matches('/'), sign_in::OPENID_BACK);
        let entries = ProvidersFile::load(file)?.provider;
        let provider = |entry| Provider::new(entry, file, &back).map(|one| (one.county().to_owned(), one));
        entries.iter().map(provider).collect()
    }
}

/// What every page needs.
#[derive(Clone)]
pub struct Desk {
    delivery: Arc<Delivery>,
    answering: Answering,
    door: Door,
    counties: Arc<Counties>,
    keyring: Arc<Keyring>,
    providers: Arc<HashMap<String, Provider>>,
    tries: Arc<Tries>,
    /// Wrong codes of residents.
    lockout: Lockout,
    people: People,
    forms: Arc<Forms>,
}

impl Desk {
    /// A desk on these pushes, for those whom this door lets in; and the page for residents, who have no account.
    #[must_use]
    pub fn new(
        answering: Answering,
        delivery: Arc<Delivery>,
        door: Door,
        counties: Arc<Counties>,
        providers: HashMap<String, Provider>,
        residents: (Lockout, People),
        forms: Arc<Forms>,
    ) -> Self {
        let keyring = Arc::clone(&delivery.keyring);
        let (providers, tries) = (Arc::new(providers), Arc::default());
        let (lockout, people) = residents;
        Self { delivery, answering, door, counties, keyring, providers, tries, lockout, people, forms }
    }

    /// The pages.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(|| async { Redirect::to(inbox::PATH) }))
            .route("/style.css", get(style))
            .route("/language/{language}", get(language::choose))
            .route(sign_in::PATH, get(sign_in::show).post(sign_in::enter))
            .route("/sign-out", post(sign_in::leave))
            .route("/password", get(sign_in::show_password).post(sign_in::change_password))
            .route("/openid/{county}", get(sign_in::to_provider))
            .route(sign_in::OPENID_BACK, get(sign_in::back_from_provider))
            .route(progress::PATH, get(progress::show).post(progress::look))
            .route(inbox::PATH, get(inbox::show))
            .route("/pushes/{push_id}", get(form::show))
            .route("/pushes/{push_id}/sign", post(acts::sign))
            .route("/pushes/{push_id}/return", post(acts::give_back))
            .route("/pushes/{push_id}/paper", get(files::paper))
            .route("/pushes/{push_id}/files/{file_id}", get(files::give))
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            // What comes with files is bounded where it is read, piece by piece.
            .route("/pushes/{push_id}/feedback", post(feedback::take).layer(DefaultBodyLimit::disable()))
            .fallback(refusal::no_such_page)
            .layer(from_fn(observed))
            .layer(from_fn(guarded))
            .with_state(self)
    }
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        // Pages name it with its version.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, layout::STYLE).into_response()
}

/// Bounds a request in time, counts and times it.
async fn observed(request: Request, next: Next) -> Response {
    let began = std::time::Instant::now();
    // The route, not the path: a path is of a stranger's making.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let at_most = if route.ends_with("/feedback") { LONGEST_UPLOAD } else { PAGE_TIMEOUT };
    let response = match timeout(at_most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    };
    let status = response.status().as_u16().to_string();
    metrics::counter!("fengqiao_desk_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("fengqiao_desk_request_seconds", "route" => route)
        .record(began.elapsed().as_secs_f64());
    response
}
