//! Connections to the services, each call with its deadline and the right token.

use std::{fs, path::Path, time::Duration};

use fengqiao_proto::{
    intake::v1::{
        activity_service_client::ActivityServiceClient, background_service_client::BackgroundServiceClient,
        change_service_client::ChangeServiceClient, intake_service_client::IntakeServiceClient,
        linkage_service_client::LinkageServiceClient, record_service_client::RecordServiceClient,
        weights_service_client::WeightsServiceClient,
    },
    notification::v1::{
        account_service_client::AccountServiceClient, answer_service_client::AnswerServiceClient,
        attachment_service_client::AttachmentServiceClient, endpoint_service_client::EndpointServiceClient,
        form_service_client::FormServiceClient, notification_service_client::NotificationServiceClient,
        paper_service_client::PaperServiceClient, people_service_client::PeopleServiceClient,
        reading_service_client::ReadingServiceClient,
    },
    routing::v1::{
        alert_service_client::AlertServiceClient, audit_service_client::AuditServiceClient,
        duty_service_client::DutyServiceClient, meeting_service_client::MeetingServiceClient,
        merge_suggestion_service_client::MergeSuggestionServiceClient,
        routing_service_client::RoutingServiceClient, settings_service_client::SettingsServiceClient,
        work_service_client::WorkServiceClient,
    },
    sealing::v1::sealing_service_client::SealingServiceClient,
    statistics::v1::{
        analysis_service_client::AnalysisServiceClient, bulletin_service_client::BulletinServiceClient,
        export_service_client::ExportServiceClient, facts_service_client::FactsServiceClient,
        statistics_service_client::StatisticsServiceClient, watch_service_client::WatchServiceClient,
    },
    types::v1::Source,
};
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
/// The largest answer that is taken: a full page of cases or figures.
const MOST_ANSWER_BYTES: usize = 64 << 20;

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

    /// Connects to intake.
    ///
    /// # Errors
    /// Where it cannot be reached or there is no token for the caller.
    pub async fn intake(&self, caller: &Caller) -> Result<IntakeServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(IntakeServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to intake, for what became of reports.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn changes(&self, caller: &Caller) -> Result<ChangeServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(ChangeServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to intake's linkage.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn linkage(&self, caller: &Caller) -> Result<LinkageServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(LinkageServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to intake, for how much each evidence weighs.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn weights(&self, caller: &Caller) -> Result<WeightsServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(WeightsServiceClient::with_interceptor(channel, token))
    }

    /// Connects to intake, for who was here before.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn background(
        &self,
        caller: &Caller,
    ) -> Result<BackgroundServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(BackgroundServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to intake, for activities.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn activities(
        &self,
        caller: &Caller,
    ) -> Result<ActivityServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(ActivityServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to intake, for records in their sources' own forms.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn records(&self, caller: &Caller) -> Result<RecordServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("intake", caller).await?;
        Ok(RecordServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn routing(&self, caller: &Caller) -> Result<RoutingServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(RoutingServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing's settings.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn settings(&self, caller: &Caller) -> Result<SettingsServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(SettingsServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing's audit.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn audit(&self, caller: &Caller) -> Result<AuditServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(AuditServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing's duties besides cases.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn duties(&self, caller: &Caller) -> Result<DutyServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(DutyServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing's meetings.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn meetings(&self, caller: &Caller) -> Result<MeetingServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(MeetingServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing, for what is owed.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn work(&self, caller: &Caller) -> Result<WorkServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(WorkServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for forms.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn forms(&self, caller: &Caller) -> Result<FormServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(FormServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn notification(
        &self,
        caller: &Caller,
    ) -> Result<NotificationServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(NotificationServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for what agencies did.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn answers(&self, caller: &Caller) -> Result<AnswerServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(AnswerServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for what officers enter for agencies.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn paper(&self, caller: &Caller) -> Result<PaperServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(PaperServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for who read what was pushed.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn push_readings(
        &self,
        caller: &Caller,
    ) -> Result<ReadingServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(ReadingServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for files.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn attachments(
        &self,
        caller: &Caller,
    ) -> Result<AttachmentServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(AttachmentServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to a service, for the accounts of its web pages.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn accounts(
        &self,
        service: &'static str,
        caller: &Caller,
    ) -> Result<AccountServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect(service, caller).await?;
        Ok(AccountServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing, for suggestions to merge cases.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn merge_suggestions(
        &self,
        caller: &Caller,
    ) -> Result<MergeSuggestionServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(MergeSuggestionServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to routing, for alerts by tier.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn alerts(&self, caller: &Caller) -> Result<AlertServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("routing", caller).await?;
        Ok(AlertServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for what people were told.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn people(&self, caller: &Caller) -> Result<PeopleServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(PeopleServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to notification, for the agencies' webhooks.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn endpoints(
        &self,
        caller: &Caller,
    ) -> Result<EndpointServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("notification", caller).await?;
        Ok(EndpointServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to a service, for the keys that it seals with.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn sealing(
        &self,
        service: &'static str,
        caller: &Caller,
    ) -> Result<SealingServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect(service, caller).await?;
        Ok(SealingServiceClient::with_interceptor(channel, token))
    }

    /// Connects to statistics.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn statistics(
        &self,
        caller: &Caller,
    ) -> Result<StatisticsServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("statistics", caller).await?;
        Ok(StatisticsServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to what is behind figures.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn analysis(&self, caller: &Caller) -> Result<AnalysisServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("statistics", caller).await?;
        Ok(AnalysisServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to those who make bulletins.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn bulletins(
        &self,
        caller: &Caller,
    ) -> Result<BulletinServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("statistics", caller).await?;
        Ok(BulletinServiceClient::with_interceptor(channel, token)
            .max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to those who watch figures.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn watching(&self, caller: &Caller) -> Result<WatchServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("statistics", caller).await?;
        Ok(WatchServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    /// Connects to those who keep the facts.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn facts(&self, caller: &Caller) -> Result<FactsServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("statistics", caller).await?;
        Ok(FactsServiceClient::with_interceptor(channel, token))
    }

    /// Connects to the analysts' process, for exports.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub async fn exports(&self, caller: &Caller) -> Result<ExportServiceClient<Connection>, CommandError> {
        let (channel, token) = self.connect("analysts", caller).await?;
        Ok(ExportServiceClient::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
    }

    async fn connect(
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
