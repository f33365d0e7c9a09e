//! The settings of analysts' process.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// Analysts: SQL over the facts of statistics, by Arrow Flight SQL, and exports of them.
#[derive(Debug, Clone, Parser)]
#[command(name = "fengqiao-analysts", version, about)]
pub struct AnalystsSettings {
    /// What every service takes. The database is that of statistics.
    #[command(flatten)]
    pub serving: fengqiao_serving::Settings,
    /// Where segments of facts and exports lie. One process at a time may use it; what is lost is made anew.
    #[arg(long, env = "FENGQIAO_ANALYSTS_FOLDER", default_value = "analysts")]
    pub folder: PathBuf,
    /// What one query may take, and how many there may be.
    #[command(flatten)]
    pub limits: Limits,
}

/// What one query may take, and how many there may be.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limits {
    /// The longest that a query may take, in seconds.
    #[arg(long, env = "FENGQIAO_ANALYSTS_QUERY_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub query_seconds: u64,
    /// The most memory of a query's own, in MiB.
    #[arg(long, env = "FENGQIAO_ANALYSTS_QUERY_MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..=65_536))]
    pub query_mib: u32,
    /// The most rows of a result.
    #[arg(long, env = "FENGQIAO_ANALYSTS_RESULT_ROWS", default_value_t = 2_000_000)]
    pub result_rows: u64,
    /// Queries of one caller at once.
    #[arg(long, env = "FENGQIAO_ANALYSTS_QUERIES_EACH", default_value_t = 3)]
    pub queries_each: usize,
    /// Queries of all callers at once.
    #[arg(long, env = "FENGQIAO_ANALYSTS_QUERIES", default_value_t = 12)]
    pub queries: usize,
}

impl Limits {
    /// The longest that a query may take.
    pub const fn query_time(self) -> Duration {
        Duration::from_secs(self.query_seconds)
    }

    /// The most memory of a query's own, in bytes.
    pub const fn query_bytes(self) -> usize {
        self.query_mib as usize * 1024 * 1024
    }
}
