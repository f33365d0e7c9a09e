//! What can go wrong with the local stack, said so that a person can act on it.

use std::path::PathBuf;

/// Why the local stack, or a part of it, does not run.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A program is not installed.
    #[error("{program} was not found; install the package {package}")]
    NotInstalled {
        /// The program that was looked for.
        program: &'static str,
        /// The Debian or Ubuntu package that has it.
        package: &'static str,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("{name} could not be started: {source}")]
    Spawn {
        /// Which program.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended, or did not become ready in time.
    #[error("{name} {what}; the end of {log}:\n{tail}")]
    Ended {
        /// Which program.
        name: String,
        /// What happened to it.
        what: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// Another run holds this clone.
    #[error("another run is using {folder} (process {pid}); end it first, or run from another clone")]
    Busy {
        /// The folder of the run.
        folder: PathBuf,
        /// The process that holds it, as it wrote itself down.
        pid: String,
    },
    /// The database refused something.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Redis refused something.
    #[error("redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// A connection to a service could not be prepared.
    #[error("connection: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// Secrets could not be made or read.
    #[error("secrets: {0}")]
    Secrets(String),
    /// Something given to the stack makes no sense.
    #[error("{0}")]
    Invalid(String),
}

impl StackError {
    /// A closure for `map_err` that names the file.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
