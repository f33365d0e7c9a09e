//! Calls to the stack's services: one connection for each service, a token for each caller.

use std::time::Duration;

use fengqiao_proto::{
    intake::v1::{change_service_client::ChangeServiceClient, intake_service_client::IntakeServiceClient},
    notification::v1::{
        account_service_client::AccountServiceClient, notification_service_client::NotificationServiceClient,
    },
    routing::v1::routing_service_client::RoutingServiceClient,
    statistics::v1::statistics_service_client::StatisticsServiceClient,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{StackError, description::StackDescription, services::Service};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Puts a caller's token and a deadline on each call.
#[derive(Debug, Clone)]
pub struct Bearer {
    token: MetadataValue<Ascii>,
}

impl Bearer {
    /// The caller with this token.
    ///
    /// # Errors
    /// Where the token cannot stand in a header.
    pub fn new(token: &str) -> Result<Self, StackError> {
        let token = format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| StackError::Invalid("a token is not plain text".into()))?;
        Ok(Self { token })
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.token.clone());
        Ok(request)
    }
}

/// A connection with a caller's token.
pub type Caller = InterceptedService<Channel, Bearer>;

/// Connections to the four services of a stack. They are made on the first call and again after each
/// loss, so they outlive the death of a service.
#[derive(Clone)]
pub struct Connections {
    description: StackDescription,
    channels: [Channel; 4],
    /// Where the stack has them.
    analysts: Option<Channel>,
}

impl Connections {
    /// Prepares connections to the stack.
    ///
    /// # Errors
    /// Where the authority's certificate cannot be read, or an address makes no sense.
    pub fn to(description: &StackDescription) -> Result<Self, StackError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = std::fs::read(&description.ca).map_err(StackError::file(&description.ca))?;
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
        let channel = |service: Service| -> Result<Channel, StackError> {
            let url = description.services.get(service.name()).cloned().unwrap_or_default();
            Ok(Endpoint::from_shared(url)?
                .connect_timeout(CONNECT_WITHIN)
                .tcp_nodelay(true)
                .http2_keep_alive_interval(Duration::from_secs(10))
                .keep_alive_timeout(Duration::from_secs(5))
                .tls_config(tls.clone())?
                .connect_lazy())
        };
        let [intake, routing, notification, statistics] = Service::ALL;
        Ok(Self {
            description: description.clone(),
            channels: [channel(intake)?, channel(routing)?, channel(notification)?, channel(statistics)?],
            analysts: description
                .services
                .contains_key(Service::Analysts.name())
                .then(|| channel(Service::Analysts))
                .transpose()?,
        })
    }

    /// The stack that they lead to.
    pub fn description(&self) -> &StackDescription {
        &self.description
    }

    /// The bare connection to a service. Without analysts it leads to statistics, which does not know their methods.
    pub fn channel(&self, service: Service) -> Channel {
        let [intake, routing, notification, statistics] = &self.channels;
        match service {
            Service::Intake => intake.clone(),
            Service::Routing => routing.clone(),
            Service::Notification => notification.clone(),
            Service::Statistics => statistics.clone(),
            Service::Analysts => self.analysts.as_ref().unwrap_or(statistics).clone(),
        }
    }

    /// A connection to a service as a caller that the stack has a token for.
    ///
    /// # Errors
    /// Where there is no such token.
    pub fn caller(&self, service: Service, caller: &str) -> Result<Caller, StackError> {
        let bearer = Bearer::new(&self.description.token(caller)?)?;
        Ok(InterceptedService::new(self.channel(service), bearer))
    }

    /// Intake, as a caller.
    ///
    /// # Errors
    /// Where there is no token of the caller.
    pub fn intake(&self, caller: &str) -> Result<IntakeServiceClient<Caller>, StackError> {
        Ok(IntakeServiceClient::new(self.caller(Service::Intake, caller)?))
    }

    /// What became of reports, as a caller.
    ///
    /// # Errors
    /// Where there is no token of the caller.
    pub fn changes(&self, caller: &str) -> Result<ChangeServiceClient<Caller>, StackError> {
        Ok(ChangeServiceClient::new(self.caller(Service::Intake, caller)?))
    }

    /// Routing, as a caller.
    ///
    /// # Errors
    /// Where there is no token of the caller.
    pub fn routing(&self, caller: &str) -> Result<RoutingServiceClient<Caller>, StackError> {
        Ok(RoutingServiceClient::new(self.caller(Service::Routing, caller)?))
    }

    /// Notification, as a caller.
    ///
    /// # Errors
    /// Where there is no token of the caller.
    pub fn notification(&self, caller: &str) -> Result<NotificationServiceClient<Caller>, StackError> {
        Ok(NotificationServiceClient::new(self.caller(Service::Notification, caller)?))
    }

    /// The accounts of a service's web pages, as an operator.
    ///
    /// # Errors
    /// Where there is no token of an operator.
    pub fn accounts(&self, service: Service) -> Result<AccountServiceClient<Caller>, StackError> {
        Ok(AccountServiceClient::new(self.caller(service, "operator")?))
    }

    /// Statistics, as a caller.
    ///
    /// # Errors
    /// Where there is no token of the caller.
    pub fn statistics(&self, caller: &str) -> Result<StatisticsServiceClient<Caller>, StackError> {
        Ok(StatisticsServiceClient::new(self.caller(Service::Statistics, caller)?))
    }
}
