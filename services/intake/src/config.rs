//! Intake's own settings.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;

/// Intake: takes every report from every source, fast and durably.
#[derive(Debug, Clone, Parser)]
#[command(name = "fengqiao-intake", version, about)]
pub struct IntakeSettings {
    /// What every service takes.
    #[command(flatten)]
    pub serving: fengqiao_serving::Settings,
    /// How intake commits.
    #[command(flatten)]
    pub committing: CommitSettings,
    /// The doors besides gRPC.
    #[command(flatten)]
    pub doors: DoorSettings,
}

/// HTTP, and what sources are told.
#[derive(Debug, Clone, clap::Args)]
pub struct DoorSettings {
    /// Where HTTP/JSON is served, over TLS with the same certificate as gRPC.
    #[arg(long, env = "FENGQIAO_INTAKE_HTTP_LISTEN", default_value = "127.0.0.1:0")]
    pub http_listen: SocketAddr,
    /// A file with more webhooks of sources than the counties' folders have, in the form of sources.toml, each with
    /// its county.
    #[arg(long, env = "FENGQIAO_SOURCES_FILE", value_delimiter = ',')]
    pub sources_file: Vec<PathBuf>,
    /// For how many days sources can still ask what became of their reports.
    #[arg(long, env = "FENGQIAO_INTAKE_CHANGES_DAYS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub changes_days: u32,
}

/// How many reports may wait, and how many go into one commit.
#[derive(Debug, Clone, clap::Args)]
pub struct CommitSettings {
    /// The most reports of a county that wait for a commit; one more is told to come again.
    #[arg(long, env = "FENGQIAO_INTAKE_QUEUE_REPORTS", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub queue_reports: u32,
    /// The most memory that the waiting reports of a county take, in KiB.
    #[arg(long, env = "FENGQIAO_INTAKE_QUEUE_KIB", default_value_t = 32 * 1024, value_parser = clap::value_parser!(u32).range(1024..=4_194_304))]
    pub queue_kib: u32,
    /// The most reports in one commit.
    #[arg(long, env = "FENGQIAO_INTAKE_BATCH_REPORTS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub batch_reports: u32,
    /// How many earlier reports of a county are remembered between commits, so that they need not be read again: about
    /// 2 KiB each.
    #[arg(long, env = "FENGQIAO_INTAKE_REMEMBERED_REPORTS", default_value_t = 32_768, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub remembered_reports: u32,
    /// How far intake reads ahead in one stream, in reports: enough for a commit that is written, one that is decided
    /// meanwhile, and those who wait.
    #[arg(long, env = "FENGQIAO_INTAKE_STREAM_WINDOW", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub stream_window: u32,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            queue_reports: 4096,
            queue_kib: 32 * 1024,
            batch_reports: 500,
            remembered_reports: 32_768,
            stream_window: 2048,
        }
    }
}

/// How long one commit may take; then its callers are told to come again.
pub const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call waits for its answer, whatever its own deadline.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a caller who found intake full should wait.
pub const FULL_RETRY_AFTER: Duration = Duration::from_millis(200);
/// How long reading may take.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an officer's decision may take; it waits for the county's turn.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long learning weights may take.
pub const LEARN_TIMEOUT: Duration = Duration::from_secs(25);
/// How long the committer waits for the last callers after the stop.
pub const LAST_CALLERS: Duration = Duration::from_secs(1);
