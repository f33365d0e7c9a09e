//! The statistics service.

use std::process::ExitCode;

use clap::Parser;
use fengqiao_serving::Settings;

/// Counts what the county's services did, without personal data.
#[derive(Debug, Parser)]
#[command(name = "fengqiao-statistics", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> ExitCode {
    match fengqiao_statistics::run(&Arguments::parse().settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            let mut line = Vec::new();
            while let Some(held) = cause {
                line.push(held.to_string());
                cause = held.source();
            }
            eprintln!("fengqiao-statistics: {}", line.join(": "));
            ExitCode::FAILURE
        }
    }
}
