//! The intake service.

use std::process::ExitCode;

use clap::Parser as _;
use fengqiao_intake::config::IntakeSettings;

#[tokio::main]
async fn main() -> ExitCode {
    match fengqiao_intake::run(IntakeSettings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fengqiao-intake: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                eprintln!("  because {inner}");
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}
