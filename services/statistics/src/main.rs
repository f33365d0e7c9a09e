//! The statistics service.

use std::process::ExitCode;

use clap::Parser;
use fengqiao_serving::{ServiceName, exit_code};
use fengqiao_statistics::config::StatisticsSettings;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Statistics, fengqiao_statistics::run(&StatisticsSettings::parse()).await)
}
