//! The way in to a site: whom its door lets in, and the pages for it.

use std::{collections::HashMap, path::Path, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};
use fengqiao_county::{Counties, Mistakes};
use fengqiao_sealing::Keyring;
use fengqiao_signin::{
    Door,
    edge::Tries,
    openid::{Provider, ProvidersFile},
};

use crate::{Site, entry, language};

/// The way in to a site.
#[derive(Clone)]
pub struct Entrance {
    pub(crate) site: &'static Site,
    pub(crate) door: Door,
    pub(crate) counties: Arc<Counties>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) providers: Arc<HashMap<String, Provider>>,
    pub(crate) tries: Arc<Tries>,
}

impl Entrance {
    /// To a site, through a door; `providers` are the counties' own.
    #[must_use]
    pub fn new(
        site: &'static Site,
        door: Door,
        counties: Arc<Counties>,
        keyring: Arc<Keyring>,
        providers: HashMap<String, Provider>,
    ) -> Self {
        Self { site, door, counties, keyring, providers: Arc::new(providers), tries: Arc::default() }
    }

    /// Whom it lets in.
    #[must_use]
    pub const fn door(&self) -> &Door {
        &self.door
    }

    /// The site.
    #[must_use]
    pub const fn site(&self) -> &'static Site {
        self.site
    }

    /// The pages for coming in and going out, the choice of the language, and the site's assets.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let router = Router::new()
            .route("/language/{language}", get(language::choose))
            .route(entry::PATH, get(entry::show).post(entry::enter))
            .route("/sign-out", post(entry::leave))
            .route(entry::PASSWORD, get(entry::show_password).post(entry::change_password))
            .route("/openid/{county}", get(entry::to_provider))
            .route(entry::OPENID_BACK, get(entry::back_from_provider));
        let assets = self.site.assets();
        assets.fold(router, |router, asset| asset.route(router)).with_state(self)
    }
}

/// The counties' providers of a file; they send people back to `address`, the site's address as people type it.
///
/// # Errors
/// What is wrong in the file.
pub fn providers(file: Option<&Path>, address: Option<&str>) -> Result<HashMap<String, Provider>, Mistakes> {
    let (Some(file), Some(address)) = (file, address) else { return Ok(HashMap::new()) };
    let back = format!("{}{}", address.trim_end_matches('/'), entry::OPENID_BACK);
    let entries = ProvidersFile::load(file)?.provider;
    let provider = |entry| Provider::new(entry, file, &back).map(|one| (one.county().to_owned(), one));
    entries.iter().map(provider).collect()
}
