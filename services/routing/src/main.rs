//! The routing service.

use std::process::ExitCode;

use clap::Parser;
use fengqiao_serving::{ServiceName, Settings, exit_code};

/// Makes one case of what belongs together, says who has to act, and keeps its history.
#[derive(Parser)]
#[command(name = "fengqiao-routing", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

/// Its events are some hundred small allocations each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(ServiceName::Routing, fengqiao_routing::run(&Arguments::parse().settings).await)
}
