//! Connections to the services, each call with its deadline and the right token.

use std::{fs, path::Path, time::Duration};

use fengqiao_proto::types::v1::Source;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::{cli::ConnectOptions, errors::CommandError, profile::Profile, words};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A dead peer of a quiet stream is noticed within two of these.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A connection that carries the caller's token.
pub type Connection = InterceptedService<Channel, Token>;

/// As whom a call is made, unless the options name someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A member of the county's centre.
    Officer,
    /// Who keeps the installation running.
    Operator,
    /// Who asks for figures.
    Analyst,
    /// A system that brings reports; an officer where the stack has no token for it.
    Source(Source),
    /// An agency, by its code.
    Agency(String),
}

/// Where the services are and as whom they are called.
#[derive(Debug)]
pub struct Session {
    options: ConnectOptions,
    profile: Option<Profile>,
}

impl Session {
    /// Finds the stack.
    ///
    /// # Errors
    /// Where none is given and none is found, or its description cannot be read.
    pub fn open(options: &ConnectOptions) -> Result<Self, CommandError> {
        let profile = match &options.profile {
            Some(file) => Some(Profile::read(file)?),
            // With endpoints of their own and a token or certificate nothing of a stack is wanted: a
            // local stack's tokens must not go to someone else's server.
            None if !options.endpoints.is_empty() => None,
            None => {
                let here = std::env::current_dir().unwrap_or_default();
                let program = std::env::current_exe().ok();
                let file = Profile::find(&here, program.as_deref()).ok_or(CommandError::NoStack)?;
                Some(Profile::read(&file)?)
            }
        };
        Ok(Self { options: options.clone(), profile })
    }

    /// The county that was asked for; empty means the caller's own.
    pub fn county(&self) -> String {
        self.options.county.clone()
    }

    /// A request with its deadline.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.options.timeout);
        request
    }

    /// A channel to a process, and the token that a caller shows there.
    ///
    /// # Errors
    /// Where it cannot be reached or there is no token for the caller.
    pub(crate) async fn connect(
        &self,
        service: &'static str,
        caller: &Caller,
    ) -> Result<(Channel, Token), CommandError> {
        let url = self.url(service)?;
        let token = self.token(caller)?;
        let wrong_url =
            |source: tonic::transport::Error| CommandError::Usage(format!("{url}: {}", innermost(&source)));
        let mut endpoint = Endpoint::from_shared(url.clone())
            .map_err(&wrong_url)?
            .connect_timeout(CONNECT_TIMEOUT.min(self.options.timeout))
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        if url.starts_with("https://") {
            endpoint = endpoint.tls_config(self.tls()?).map_err(&wrong_url)?;
        }
        let channel = endpoint.connect().await.map_err(|source| CommandError::Unreachable {
            service,
            url: url.clone(),
            cause: innermost(&source),
            local: self.profile.is_some() && self.options.profile.is_none(),
        })?;
        Ok((channel, token))
    }

    fn url(&self, service: &'static str) -> Result<String, CommandError> {
        let given =
            |name: Option<&str>| self.options.endpoints.iter().find(|endpoint| endpoint.0.as_deref() == name);
        given(Some(service))
            .or_else(|| given(None))
            .map(|endpoint| &endpoint.1)
            .or_else(|| self.profile.as_ref().and_then(|profile| profile.services.get(service)))
            .cloned()
            .ok_or(CommandError::NoEndpoint(service))
    }

    fn tls(&self) -> Result<ClientTlsConfig, CommandError> {
        let mut tls = ClientTlsConfig::new();
        let ca = self.options.ca.as_ref();
        if let Some(ca) = ca.or_else(|| self.profile.as_ref().and_then(|p| p.ca.as_ref())) {
            tls = tls.ca_certificate(Certificate::from_pem(read(ca)?));
        }
        if let (Some(cert), Some(key)) = (&self.options.cert, &self.options.key) {
            tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?));
        }
        Ok(tls)
    }

    fn token(&self, caller: &Caller) -> Result<Token, CommandError> {
        if let Some(file) = &self.options.token_file {
            return Token::read(file);
        }
        let named = self.options.caller.as_deref();
        // A client certificate says who is calling; a token beside it only where it is asked for.
        let Some(profile) = self.profile.as_ref().filter(|_| named.is_some() || self.options.cert.is_none())
        else {
            return match named {
                Some(name) => Err(CommandError::Usage(format!(
                    "--as {name} needs a stack's description (--profile) to find the token in; or give --token-file"
                ))),
                None => Ok(Token(None)),
            };
        };
        let file = match (named, caller) {
            (Some(name), _) => profile.token_file(name)?,
            (None, Caller::Officer) => profile.token_file("officer")?,
            (None, Caller::Operator) => profile.token_file("operator")?,
            (None, Caller::Analyst) => profile.token_file("analyst")?,
            (None, Caller::Agency(code)) => profile.token_file(code)?,
            (None, Caller::Source(source)) => source_names(*source)
                .iter()
                .find_map(|name| profile.token_file(name).ok())
                .map_or_else(|| profile.token_file("officer"), Ok)?,
        };
        Token::read(&file)
    }
}

/// The names under which a stack may hold a source's token: `source-hotline_12345`, `source-hotline`.
fn source_names(source: Source) -> Vec<String> {
    let full = words::typed(words::SOURCES, source).to_lowercase();
    let word = full.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned();
    let mut names = vec![format!("source-{full}"), format!("source-{word}")];
    names.extend([full, word].map(|name| format!("source-{}", name.replace('_', "-"))));
    names
}

/// Puts the bearer token on each call.
#[derive(Debug, Clone)]
pub struct Token(Option<MetadataValue<Ascii>>);

impl Token {
    fn read(file: &Path) -> Result<Self, CommandError> {
        let text = String::from_utf8_lossy(&read(file)?).trim().to_owned();
        let mut value: MetadataValue<Ascii> = format!("Bearer {text}")
            .parse()
            .map_err(|_| CommandError::Usage(format!("{}: does not hold a bearer token", file.display())))?;
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(file).map_err(|source| CommandError::File { path: file.to_owned(), source })
}

/// The cause that says most: transport errors wrap it several times.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(options: ConnectOptions, profile: Option<Profile>) -> Session {
        Session { options, profile }
    }

    #[test]
    fn an_endpoint_of_its_own_goes_before_the_common_one() {
        let options = ConnectOptions {
            endpoints: vec![
                (None, "https://all:1".into()),
                (Some("routing".into()), "https://routing:2".into()),
            ],
            ..Default::default()
        };
        let session = session(options, None);
        assert_eq!(session.url("routing").unwrap(), "https://routing:2");
        assert_eq!(session.url("intake").unwrap(), "https://all:1");
    }

    #[test]
    fn a_source_without_a_token_calls_as_an_officer() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let profile = Profile {
            tokens: [
                ("officer".to_owned(), file("officer.token", "o\n")),
                ("source-hotline".to_owned(), file("hotline.token", "h\n")),
            ]
            .into(),
            ..Default::default()
        };
        let session = session(ConnectOptions::default(), Some(profile));
        let token = |source| {
            let token = session.token(&Caller::Source(source)).unwrap();
            token.0.unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(token(Source::Hotline12345), "Bearer h");
        assert_eq!(token(Source::Grid), "Bearer o");
    }

    #[test]
    fn no_token_leaves_with_foreign_endpoints() {
        let options =
            ConnectOptions { endpoints: vec![(None, "https://elsewhere:1".into())], ..Default::default() };
        let session = Session::open(&options).unwrap();
        assert!(session.profile.is_none());
        assert!(session.token(&Caller::Officer).unwrap().0.is_none());
    }

    #[test]
    fn tokens_are_found_under_any_spelling_of_a_source() {
        let names = source_names(Source::WomensFederation);
        assert!(names.contains(&"source-womens_federation".to_owned()));
        assert!(names.contains(&"source-womens-federation".to_owned()));
        assert!(source_names(Source::Police110).contains(&"source-police".to_owned()));
    }
}
