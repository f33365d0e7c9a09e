//! Analysts' process.

use std::process::ExitCode;

use clap::Parser;
use fengqiao_analysts::config::AnalystsSettings;
use fengqiao_serving::{ServiceName, exit_code};

fn main() -> ExitCode {
    let settings = AnalystsSettings::parse();
    // Queries have threads of their own, so that calls are answered while they work.
    let started = fengqiao_analysts::runtime().and_then(|calls| Ok((calls, fengqiao_analysts::runtime()?)));
    match started {
        Ok((calls, queries)) => {
            let ended = calls.block_on(fengqiao_analysts::run(&settings, queries.handle().clone()));
            queries.shutdown_background();
            exit_code(ServiceName::Analysts, ended)
        }
        Err(error) => {
            eprintln!("fengqiao-analysts: no threads: {error}");
            ExitCode::FAILURE
        }
    }
}
