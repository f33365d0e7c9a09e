//! The process of the routing service.

use clap::Parser;
use fengqiao_serving::{Settings, StartError};

/// Makes one case of what belongs together, says who has to act, and keeps its history.
#[derive(Parser)]
#[command(name = "fengqiao-routing", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let arguments = Arguments::parse();
    fengqiao_routing::run(&arguments.settings).await
}
