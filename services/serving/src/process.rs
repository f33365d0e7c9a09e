//! How a service's process ends.

use std::{error::Error, process::ExitCode};

use crate::{ServiceName, StartError};

/// Turns a service's end into its process's exit code, and says on standard error what went wrong and why.
#[must_use]
pub fn exit_code(service: ServiceName, ended: Result<(), StartError>) -> ExitCode {
    let Err(error) = ended else { return ExitCode::SUCCESS };
    eprintln!("fengqiao-{}: {error}", service.name());
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprintln!("  because {inner}");
        cause = inner.source();
    }
    ExitCode::FAILURE
}
