//! The agency desk (工作台): pages for agencies without a system of their own.
//!
//! Everything is rendered here; no page needs a script. A page shows what is the agency's own, and what changes something
//! is a form with a token of the session. `fengqiao-pages` lets people in, [`inbox`] shows what there is to do, [`form`]
//! one push as it looks on paper with what can be done, [`reading`] why it is read where its case is protected, [`acts`] and [`feedback`] take what was done, [`files`] gives out.
//! [`progress`] is for residents.

mod acts;
mod feedback;
mod files;
mod form;
mod history;
mod inbox;
mod progress;
mod reading;
mod refusal;
mod words;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    response::Redirect,
    routing::{get, post},
};
use clap::Args;
use fengqiao_pages::{Entrance, Site, Visit, observed::observed};
use fengqiao_signin::edge::guarded;

use crate::{
    answering::{Answerer, Answering},
    attachments::LONGEST_UPLOAD,
    delivery::Delivery,
    forms::Forms,
};
pub use progress::Residents;

/// The largest form without files, in bytes: the longest words and what belongs to them.
const FORM_BYTES: usize = 64 * 1024;

/// The desk, for what its pages share.
pub static SITE: LazyLock<Site> = LazyLock::new(|| {
    Site::new(("枫桥工作台", "Fengqiao desk"), inbox::PATH, include_str!("desk/style.css"), Vec::new())
});

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

/// What every page needs.
#[derive(Clone)]
pub struct Desk {
    delivery: Arc<Delivery>,
    answering: Answering,
    entrance: Entrance,
    residents: Residents,
    forms: Arc<Forms>,
}

impl Desk {
    /// A desk on these pushes and forms, for those who come in here; and the page for residents, who have no account.
    #[must_use]
    pub const fn new(
        answering: Answering,
        delivery: Arc<Delivery>,
        entrance: Entrance,
        residents: Residents,
        forms: Arc<Forms>,
    ) -> Self {
        Self { delivery, answering, entrance, residents, forms }
    }

    /// The pages.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(|| async { Redirect::to(inbox::PATH) }))
            .route(inbox::PATH, get(inbox::show))
            .route("/pushes/{push_id}", get(form::show))
            .route("/pushes/{push_id}/open", post(reading::open))
            .route("/pushes/{push_id}/sign", post(acts::sign))
            .route("/pushes/{push_id}/return", post(acts::give_back))
            .route("/pushes/{push_id}/paper", get(files::paper))
            .route("/pushes/{push_id}/files/{file_id}", get(files::give))
            .merge(self.entrance.clone().router())
            .merge(self.residents.clone().router())
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            // What comes with files is bounded where it is read, piece by piece.
            .route("/pushes/{push_id}/feedback", post(feedback::take).layer(DefaultBodyLimit::disable()))
            .fallback(refusal::no_such_page)
            .layer(from_fn(|request, next| observed("desk", longer, request, next)))
            .layer(from_fn(guarded))
            .with_state(self)
    }
}

/// What takes longer than a page.
fn longer(route: &str) -> Option<Duration> {
    route.ends_with("/feedback").then_some(LONGEST_UPLOAD)
}

/// In whose name one acts here.
fn answerer(visit: &Visit<'_>) -> Answerer {
    let account = &visit.signed.account;
    Answerer {
        county: visit.signed.county.clone(),
        agency: account.agency.clone(),
        actor: account.person.clone(),
        capacity: account.post.clone(),
        entry: None,
    }
}
