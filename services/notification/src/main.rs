//! The notification service.

use std::process::ExitCode;

use clap::Parser as _;
use fengqiao_notification::{Options, run};
use fengqiao_serving::{ServiceName, exit_code};

/// Its events are some hundred small allocations each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Notification, run(Options::parse()).await)
}
