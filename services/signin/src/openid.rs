//! Signing in through the county's own provider, by OpenID Connect: discovery, authorization code with PKCE, a nonce.
//!
//! What has to be remembered between the two steps travels in a sealed cookie; nothing of it is stored.

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fengqiao_county::{Mistake, Mistakes, line_at};
use fengqiao_sealing::Keyring;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, TokenResponse as _,
    core::{CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::SignInError;

/// The cookie that carries what has to be remembered between the two steps.
pub const WAY_COOKIE: &str = "__Host-fengqiao-way";
/// How long one may take at the provider.
pub const WAY_SECONDS: u32 = 600;
/// What one request to the provider may take, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that the provider answers, in bytes.
const ANSWER_BYTES: usize = 512 * 1024;

/// `sign_in.toml`: the providers, one for each county that has one.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct ProvidersFile {
    /// The providers.
    #[serde(default)]
    pub provider: Vec<ProviderEntry>,
}

/// One provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderEntry {
    /// The county's code.
    pub county: String,
    /// The provider's address, as its own configuration has it.
    pub issuer: String,
    /// By which name the provider knows us.
    pub client_id: String,
    /// The file with the secret that we share; relative to this file.
    pub client_secret_file: std::path::PathBuf,
}

impl ProvidersFile {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn load(file: &Path) -> Result<Self, Mistakes> {
        let text = std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?;
        Ok(toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_at(&text, span.start));
            Mistake::new(file, line, e.message())
        })?)
    }
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the provider said of itself.
struct Found {
    client: Client,
    /// With what it signs: of what it names, what needs no secret of ours.
    signs_with: Vec<CoreJwsSigningAlgorithm>,
}

/// A county's provider. It is asked for its addresses and keys at the first use.
pub struct Provider {
    county: String,
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
    found: OnceCell<Found>,
}

/// What is remembered between the two steps.
#[derive(Serialize, Deserialize)]
struct Way {
    state: String,
    nonce: String,
    verifier: String,
    ends_at: Timestamp,
}

impl Provider {
    /// The provider of an entry, whose secret file lies beside `file`. `redirect` is our address that it sends people
    /// back to.
    ///
    /// # Errors
    /// What is wrong with the entry.
    pub fn new(entry: &ProviderEntry, file: &Path, redirect: &str) -> Result<Self, Mistakes> {
        let mistake = |reason: String| Mistakes(vec![Mistake::new(file, 0, reason)]);
        let folder = file.parent().unwrap_or(Path::new("."));
        let secret_file = folder.join(&entry.client_secret_file);
        let secret = std::fs::read_to_string(&secret_file)
            .map_err(|error| mistake(format!("{}: {error}", secret_file.display())))?;
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| mistake(error.to_string()))?;
        Ok(Self {
            county: entry.county.clone(),
            issuer: IssuerUrl::new(entry.issuer.clone())
                .map_err(|_| mistake(format!("the issuer of {} is no address", entry.county)))?,
            client_id: ClientId::new(entry.client_id.clone()),
            client_secret: ClientSecret::new(secret.trim().to_owned()),
            redirect: RedirectUrl::new(redirect.to_owned())
                .map_err(|_| mistake(format!("{redirect} is no address")))?,
            http,
            found: OnceCell::new(),
        })
    }

    /// Whose it is.
    #[must_use]
    pub fn county(&self) -> &str {
        &self.county
    }

    /// The first step: where to send the person, and what the cookie carries.
    ///
    /// # Errors
    /// [`SignInError::Provider`] where it cannot be asked for its addresses.
    pub async fn begin(&self, keyring: &Keyring, now: Timestamp) -> Result<(String, String), SignInError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = self
            .found()
            .await?
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge)
            .url();
        let way = Way {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            ends_at: now + SignedDuration::from_secs(WAY_SECONDS.into()),
        };
        let plain = serde_json::to_vec(&way).map_err(|_| SignInError::Stray)?;
        let sealed = keyring.seal(&plain, self.county.as_bytes());
        Ok((address.to_string(), format!("{}.{}", self.county, URL_SAFE_NO_PAD.encode(sealed))))
    }

    /// The second step: the person is back with a code. Gives the subject by which the provider knows them.
    ///
    /// # Errors
    /// [`SignInError::Stray`] where the way was not begun by this browser, [`SignInError::Provider`].
    pub async fn finish(
        &self,
        keyring: &Keyring,
        cookie: &str,
        state: &str,
        code: String,
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let (_, sealed) = cookie.split_once('.').ok_or(SignInError::Stray)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SignInError::Stray)?;
        let plain = keyring.open(&sealed, self.county.as_bytes()).map_err(|_| SignInError::Stray)?;
        let way: Way = serde_json::from_slice(&plain).map_err(|_| SignInError::Stray)?;
        if way.state != state || way.ends_at < now {
            return Err(SignInError::Stray);
        }
        let Found { client, signs_with } = self.found().await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| SignInError::Provider("name where codes are exchanged"))?
            .set_pkce_verifier(PkceCodeVerifier::new(way.verifier))
            .request_async(&|request| send(self.http.clone(), request))
            .await
            .map_err(|_| SignInError::Provider("take the code"))?;
        let token = answer.id_token().ok_or(SignInError::Provider("say who it is"))?;
        let verifier = client.id_token_verifier().set_allowed_algs(signs_with.iter().cloned());
        let claims = token
            .claims(&verifier, &Nonce::new(way.nonce))
            .map_err(|_| SignInError::Provider("sign what it says, for us and for this way"))?;
        Ok(claims.subject().to_string())
    }

    async fn found(&self) -> Result<&Found, SignInError> {
        use CoreJwsSigningAlgorithm as Signs;
        const TAKEN: [CoreJwsSigningAlgorithm; 6] = [
            Signs::RsaSsaPkcs1V15Sha256,
            Signs::RsaSsaPssSha256,
            Signs::RsaSsaPkcs1V15Sha512,
            Signs::EcdsaP256Sha256,
            Signs::EcdsaP384Sha384,
            Signs::EdDsa,
        ];
        self.found
            .get_or_try_init(|| async {
                let said = CoreProviderMetadata::discover_async(self.issuer.clone(), &|request| {
                    send(self.http.clone(), request)
                })
                .await
                .map_err(|_| SignInError::Provider("say where it is found"))?;
                let named = said.id_token_signing_alg_values_supported();
                let signs_with = TAKEN.into_iter().filter(|one| named.contains(one)).collect();
                let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
                let client = CoreClient::from_provider_metadata(said, id, Some(secret))
                    .set_redirect_uri(self.redirect.clone());
                Ok(Found { client, signs_with })
            })
            .await
    }
}

/// A request to the provider failed.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Form(#[from] http::Error),
    #[error("the provider answers with more than it may")]
    TooLarge,
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let answer = client.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece?);
        if body.len() > ANSWER_BYTES {
            return Err(SendError::TooLarge);
        }
    }
    let mut response = http::Response::builder().status(status);
    if let Some(all) = response.headers_mut() {
        *all = headers;
    }
    Ok(response.body(body)?)
}
