//! The intake service.

use std::process::ExitCode;

use clap::Parser as _;
use fengqiao_intake::config::IntakeSettings;
use fengqiao_serving::{ServiceName, exit_code};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Intake, fengqiao_intake::run(IntakeSettings::parse()).await)
}
