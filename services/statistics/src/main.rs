//! The statistics service.

use std::process::ExitCode;

use clap::Parser;
use fengqiao_serving::{ServiceName, Settings, exit_code};

/// Counts what the county's services did, without personal data.
#[derive(Debug, Parser)]
#[command(name = "fengqiao-statistics", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Statistics, fengqiao_statistics::run(&Arguments::parse().settings).await)
}
