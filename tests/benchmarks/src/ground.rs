//! Where a benchmark runs: a stack of its own with release binaries, in a folder that is gone afterwards.

use std::path::Path;

use fengqiao_proto::intake::v1::intake_service_client::IntakeServiceClient;
use fengqiao_stack::{
    Stack, StackError, StackPlan,
    clients::{Caller, Connections},
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

    /// Intake over so many connections of their own.
    ///
    /// # Errors
    /// Where the hotline has no token.
    pub fn intake(&self, connections: usize) -> Result<Vec<IntakeServiceClient<Caller>>, StackError> {
        let description = self.stack.description();
        (0..connections).map(|_| Connections::to(&description)?.intake(HOTLINE)).collect()
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
