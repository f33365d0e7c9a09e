//! The county board (态势屏): one page for the centre's wall and the director's morning.
//!
//! Everything is rendered here; scripts only draw charts from the tables that the page has anyway, and take the newer
//! numbers that the server sends. [`overview`] is the page, [`place`] the first step down, [`cases`] the second,
//! [`bulletin`] gives a bulletin to whoever was given its link, [`definitions`] what stands behind each number, [`live`] how it stays fresh. Who sees what is the county's `board.toml`.

pub mod bulletin;
mod cases;
mod chart;
mod definitions;
mod explained;
mod live;
mod overview;
mod pictures;
mod place;
mod view;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::{Next, from_fn},
    response::{Redirect, Response},
    routing::get,
};
use clap::Args;
use fengqiao_county::{Counties, Mistakes};
use fengqiao_pages::{Asset, Entrance, Instead, Language, Site, Visit, observed::observed, refusal};
use fengqiao_signin::edge::guarded;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::{pictures::Pictures, view::View};
use crate::{
    answering::Answers,
    domain::board::BoardSettings,
    error::StatisticsError,
    store::{BoardCounts, Bulletins},
};

/// The board, for what its pages share.
pub static SITE: LazyLock<Site> = LazyLock::new(|| {
    let style = concat!(include_str!("board/uplot/uPlot.min.css"), include_str!("board/style.css"));
    let scripts = vec![
        Asset::script("/uplot.js", include_str!("board/uplot/uPlot.iife.min.js")),
        Asset::script("/board.js", include_str!("board/board.js")),
    ];
    Site::new(("枫桥态势屏", "Fengqiao board"), overview::PATH, style, scripts)
});

/// Browsers that are sent newer numbers at the same time.
const WATCHERS: usize = 256;

/// Where the board is served, and for whom.
#[derive(Debug, Clone, Default, Args)]
pub struct BoardOptions {
    /// Where the county board is served, over HTTPS. Not served where it is not given.
    #[arg(long, env = "FENGQIAO_BOARD_LISTEN")]
    pub board_listen: Option<std::net::SocketAddr>,
    /// The board's address as people type it, for instance https://board.example.gov.cn: bulletins say that they can be
    /// read there, and an OpenID Connect provider sends people back there.
    #[arg(long, env = "FENGQIAO_BOARD_ADDRESS")]
    pub board_address: Option<String>,
    /// The file with the counties' OpenID Connect providers.
    #[arg(long, env = "FENGQIAO_SIGN_IN_FILE", requires = "board_address")]
    pub sign_in_file: Option<PathBuf>,
}

/// What every page needs.
#[derive(Clone)]
pub struct Board {
    entrance: Entrance,
    counts: BoardCounts,
    pictures: Arc<Pictures>,
    answers: Arc<Answers>,
    bulletins: Bulletins,
    counties: Arc<Counties>,
    settings: Arc<BTreeMap<String, BoardSettings>>,
    watchers: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Board {
    /// A board with these counts, definitions and bulletins, for those who come in here; streams end with the stop.
    ///
    /// # Errors
    /// All mistakes of the counties' `board.toml`.
    pub fn new(
        entrance: Entrance,
        counts: BoardCounts,
        answers: Arc<Answers>,
        bulletins: Bulletins,
        counties: Arc<Counties>,
        stop: CancellationToken,
    ) -> Result<Self, Mistakes> {
        let mut settings = BTreeMap::new();
        for county in counties.iter() {
            let centre = &county.settings.centre_desk;
            let own = BoardSettings::load(&county.folder, centre, &county.areas.now())?;
            settings.insert(county.code.clone(), own);
        }
        let pictures = Arc::new(Pictures::new(counts.clone(), counties.codes()));
        let (settings, watchers) = (Arc::new(settings), Arc::new(Semaphore::new(WATCHERS)));
        Ok(Self { entrance, counts, pictures, answers, bulletins, counties, settings, watchers, stop })
    }

    /// The pages.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(|| async { Redirect::to(overview::PATH) }))
            .route(overview::PATH, get(overview::show))
            .route(overview::WALL, get(overview::wall))
            .route(live::PATH, get(live::follow))
            .route("/board/towns/{code}", get(place::town))
            .route("/board/agencies/{code}", get(place::agency))
            .route(cases::PATH, get(cases::show))
            .route(definitions::PATH, get(definitions::show))
            .merge(bulletin::router(self.bulletins.clone()))
            .merge(self.entrance.clone().router())
            .fallback(no_such_page)
            .layer(from_fn(|request, next| observed("board", |_| None, request, next)))
            .layer(from_fn(with_scripts))
            .layer(from_fn(guarded))
            .with_state(self)
    }

    /// Who is signed in and may see the board; else the page that is shown instead.
    async fn visit(&self, headers: &HeaderMap) -> Result<Visit<'_>, Instead> {
        let visit = self.entrance.visit(headers).await?;
        let settings = self.settings.get(&visit.county.code);
        if settings.is_some_and(|settings| settings.viewers.contains(&visit.signed.account.agency)) {
            return Ok(visit);
        }
        let text = visit.language.say(
            "态势屏只对县（市、区）指定的单位开放。",
            "The board is only for the agencies that the county names.",
        );
        let status = axum::http::StatusCode::FORBIDDEN;
        Err(refusal::plain(&SITE, visit.language, status, text).into())
    }

    /// What the pages of someone of an agency know of a county.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownCounty`]
    fn view(&self, language: Language, county: &str, agency: &str) -> Result<View<'_>, StatisticsError> {
        let counted = self.answers.county(county)?;
        let known = self.counties.get(county).zip(self.settings.get(county));
        let (folder, settings) = known.ok_or(StatisticsError::UnknownCounty)?;
        let staff = self.entrance.door().staff(county).ok_or(StatisticsError::UnknownCounty)?;
        Ok(View {
            language,
            county: folder,
            areas: folder.areas.now(),
            catalogue: counted.catalogue,
            staff,
            settings,
            may_list: settings.lists.contains(agency),
        })
    }
}

/// Our own scripts, and what they fetch from ourselves; nothing of anybody else's.
async fn with_scripts(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
         font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

async fn no_such_page(headers: HeaderMap) -> Response {
    refusal::not_found(&SITE, Language::of(&headers))
}

/// What a person learns of a fault.
fn refused(language: Language, error: &StatisticsError) -> Response {
    match error {
        StatisticsError::UnknownCounty | StatisticsError::NoSuchCase => refusal::not_found(&SITE, language),
        StatisticsError::Preparing => {
            let text = language
                .say("数据正在准备，请稍后再看。", "The figures are being prepared; please look again soon.");
            refusal::plain(&SITE, language, axum::http::StatusCode::SERVICE_UNAVAILABLE, text)
        }
        _ => {
            tracing::warn!(error = error as &dyn std::error::Error, "the board cannot be shown");
            refusal::unavailable(&SITE, language)
        }
    }
}
