//! Signing in through the county's own provider, by OpenID Connect: discovery, authorization code with PKCE, a nonce.
//!
//! What has to be remembered between the two steps travels in a sealed cookie; nothing of it is stored.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fengqiao_county::{Mistake, Mistakes, line_at};
use fengqiao_sealing::Keyring;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse as _,
    core::{CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, RwLock};

use crate::SignInError;

/// The cookie that carries what has to be remembered between the two steps.
pub const WAY_COOKIE: &str = "__Host-fengqiao-way";
/// How long one may take at the provider.
pub const WAY_SECONDS: u32 = 600;
/// What one request to the provider may take, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the provider is not asked anew after it was, whatever its tokens are signed with.
const ANEW_AFTER: SignedDuration = SignedDuration::from_mins(1);
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

impl Found {
    /// Whom the token names.
    fn subject(&self, token: &CoreIdToken, nonce: &Nonce) -> Result<String, ClaimsVerificationError> {
        let verifier = self.client.id_token_verifier().set_allowed_algs(self.signs_with.iter().cloned());
        token.claims(&verifier, nonce).map(|claims| claims.subject().to_string())
    }
}

/// A county's provider. It is asked for its addresses and keys at the first use, and again when it signs with a key that
/// it did not name then.
pub struct Provider {
    county: String,
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
    found: RwLock<Option<Arc<Found>>>,
    /// Held while it is asked, so that one asks for all; when it was last asked anew.
    asked_anew: Mutex<Option<Timestamp>>,
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
            found: RwLock::new(None),
            asked_anew: Mutex::new(None),
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
        let found = self.found().await?;
        let answer = found
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| SignInError::Provider("name where codes are exchanged"))?
            .set_pkce_verifier(PkceCodeVerifier::new(way.verifier))
            .request_async(&|request| send(self.http.clone(), request))
            .await
            .map_err(|_| SignInError::Provider("take the code"))?;
        let token = answer.id_token().ok_or(SignInError::Provider("say who it is"))?;
        let nonce = Nonce::new(way.nonce);
        let subject = match found.subject(token, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                self.found_anew(&found, now).await.subject(token, &nonce)
            }
            subject => subject,
        };
        subject.map_err(|_| SignInError::Provider("sign what it says, for us and for this way"))
    }

    async fn found(&self) -> Result<Arc<Found>, SignInError> {
        if let Some(found) = self.kept().await {
            return Ok(found);
        }
        let _asking = self.asked_anew.lock().await;
        // Someone may have asked while we waited.
        if let Some(found) = self.kept().await {
            return Ok(found);
        }
        let found = Arc::new(self.ask().await?);
        *self.found.write().await = Some(Arc::clone(&found));
        Ok(found)
    }

    /// What the provider says of itself now that `old` does not know its key any more. Where it does not answer, or was
    /// asked a moment ago, what is known goes on to hold: a key that nobody knows must not make us ask without end.
    async fn found_anew(&self, old: &Arc<Found>, now: Timestamp) -> Arc<Found> {
        let mut asked_anew = self.asked_anew.lock().await;
        let known = self.kept().await.unwrap_or_else(|| Arc::clone(old));
        let just_asked = asked_anew.is_some_and(|at| now.duration_since(at).abs() < ANEW_AFTER);
        if just_asked || !Arc::ptr_eq(&known, old) {
            return known;
        }
        let asked = self.ask().await;
        // Not before: one who goes away meanwhile would leave the others with the old keys.
        *asked_anew = Some(now);
        match asked {
            Ok(found) => {
                let found = Arc::new(found);
                *self.found.write().await = Some(Arc::clone(&found));
                found
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(county = self.county, error, "the provider's keys are not known anew");
                known
            }
        }
    }

    async fn kept(&self) -> Option<Arc<Found>> {
        self.found.read().await.clone()
    }

    async fn ask(&self) -> Result<Found, SignInError> {
        use CoreJwsSigningAlgorithm as Signs;
        const TAKEN: [CoreJwsSigningAlgorithm; 6] = [
            Signs::RsaSsaPkcs1V15Sha256,
            Signs::RsaSsaPssSha256,
            Signs::RsaSsaPkcs1V15Sha512,
            Signs::EcdsaP256Sha256,
            Signs::EcdsaP384Sha384,
            Signs::EdDsa,
        ];
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
