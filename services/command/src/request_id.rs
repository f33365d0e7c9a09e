//! What makes a command repeatable.

use clap::Args;
use uuid::Uuid;

/// The id that makes a command repeatable.
#[derive(Debug, Clone, Args)]
pub struct RequestId {
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl RequestId {
    /// The id as it was given, or a new one.
    pub fn or_new(self) -> String {
        self.request_id.unwrap_or_else(|| Uuid::now_v7().to_string())
    }

    /// The id as it was given.
    pub fn given(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}
