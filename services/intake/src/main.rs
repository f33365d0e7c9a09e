//! The intake service.

use std::process::ExitCode;

use clap::Parser as _;
use fengqiao_intake::config::IntakeSettings;
use fengqiao_serving::{ServiceName, exit_code};

/// Each report is some hundred small allocations, made on one thread and often freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Intake, fengqiao_intake::run(IntakeSettings::parse()).await)
}
