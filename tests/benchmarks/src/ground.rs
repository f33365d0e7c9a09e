//! Where a benchmark runs: a stack of its own with release binaries, in a folder that is gone afterwards.

use std::path::Path;

use fengqiao_proto::intake::v1::{
    background_service_client::BackgroundServiceClient, intake_service_client::IntakeServiceClient,
};
use fengqiao_stack::{
    Stack, StackError, StackPlan,
    clients::{Bearer, Caller, Connections},
    services::Service,
};

/// The caller that benchmarks submit as.
pub const HOTLINE: &str = "source-hotline_12345";

/// A running stack and its folder.
pub struct Ground {
    /// The stack.
    pub stack: Stack,
    folder: tempfile::TempDir,
}

impl Ground {
    /// Starts a stack.
    ///
    /// # Errors
    /// Where a part does not start.
    pub async fn start() -> Result<Self, StackError> {
        let folder = tempfile::tempdir().map_err(StackError::file("a temporary folder"))?;
        let plan = StackPlan::new(folder.path().join("stack"), StackPlan::sample_county());
        let stack = Stack::start(plan, |part| eprintln!("starting {part}")).await?;
        Ok(Self { stack, folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a stack and ends what follows intake: it would only share the two cores unevenly between the rounds.
    ///
    /// # Errors
    /// Where a part does not start.
    pub async fn of_intake() -> Result<Self, StackError> {
        let ground = Self::start().await?;
        for service in [Service::Routing, Service::Notification, Service::Statistics] {
            ground.stack.service(service).stop().await;
        }
        Ok(ground)
    }

    /// Intake over so many connections of their own.
    ///
    /// # Errors
    /// Where the hotline has no token.
    pub fn intake(&self, connections: usize) -> Result<Vec<IntakeServiceClient<Caller>>, StackError> {
        let description = self.stack.description();
        (0..connections).map(|_| Connections::to(&description)?.intake(HOTLINE)).collect()
    }

    /// Intake for an officer, who may hand in what came through any door.
    ///
    /// # Errors
    /// Where there is no token.
    pub fn intake_for_all_doors(&self) -> Result<IntakeServiceClient<Caller>, StackError> {
        Connections::to(&self.stack.description())?.intake("officer")
    }

    /// Who was here before, for an officer of this name.
    ///
    /// # Errors
    /// Where no token can be made.
    pub fn background(&self, officer: &str) -> Result<BackgroundServiceClient<Caller>, StackError> {
        let secrets = &self.stack.secrets;
        let bearer = Bearer::new(&secrets.token(&secrets.principal(officer, "officer", None)?)?)?;
        let channel = self.stack.connections()?.channel(Service::Intake);
        Ok(BackgroundServiceClient::with_interceptor(channel, bearer))
    }

    /// The URL of the stack's Postgres.
    ///
    /// # Errors
    /// Where the stack did not start one itself.
    pub fn database_url(&self) -> Result<String, StackError> {
        let postgres = self.stack.postgres().ok_or_else(|| StackError::Invalid("no Postgres".into()))?;
        Ok(postgres.url().to_owned())
    }

    /// Ends the stack in order.
    pub async fn stop(self) {
        self.stack.stop().await;
    }
}
