//! What can go wrong, and the one place where it becomes a gRPC status.

use std::time::Duration;

use datafusion::{arrow::error::ArrowError, error::DataFusionError};
use fengqiao_serving::status::{self, Violation};
use tonic::{Code, Status};

/// Why a query, a segment or an export failed.
#[derive(Debug, thiserror::Error)]
pub enum AnalystsError {
    /// The file of the tables is damaged.
    #[error("the catalogue is damaged: {0}")]
    Catalogue(String),
    /// The caller's mistake.
    #[error("{field}: {right}")]
    Wrong {
        /// Which field.
        field: &'static str,
        /// What would be right.
        right: String,
    },
    /// There is no such export of the caller.
    #[error("there is no such export")]
    NoSuchExport,
    /// The export is not there yet, or not any more.
    #[error("the export is not done")]
    NotDone,
    /// The county is not served here.
    #[error("the county is not served here")]
    UnknownCounty,
    /// The segments are being made.
    #[error("the facts are being prepared")]
    Preparing,
    /// Too many at once.
    #[error("{0}")]
    Busy(&'static str),
    /// The query takes too long.
    #[error("the query took longer than {0} seconds")]
    TooSlow(u64),
    /// The result is too long.
    #[error("the result has more than {0} rows; aggregate, or export it")]
    TooManyRows(u64),
    /// The query engine says no.
    #[error("the query failed")]
    Query(#[from] DataFusionError),
    /// A file cannot be read or written.
    #[error("{path} cannot be used")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Writing a workbook failed.
    #[error("a workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The database failed.
    #[error("{operation} failed")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// The statistics' store failed.
    #[error(transparent)]
    Statistics(#[from] fengqiao_statistics::StatisticsError),
}

impl From<ArrowError> for AnalystsError {
    fn from(error: ArrowError) -> Self {
        Self::Query(error.into())
    }
}

impl From<parquet::errors::ParquetError> for AnalystsError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Query(error.into())
    }
}

impl AnalystsError {
    /// A wrong field.
    pub(crate) fn wrong(field: &'static str, right: impl Into<String>) -> Self {
        Self::Wrong { field, right: right.into() }
    }

    /// A failure of the database while something was tried.
    pub(crate) const fn database(operation: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    /// A failure of a file.
    pub(crate) fn file(path: &std::path::Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.display().to_string();
        move |source| Self::File { path: path.clone(), source }
    }
}

/// What the engine says of a query is for who asked, and for nobody else: it may quote what the caller sees.
fn of_the_query(error: &DataFusionError) -> Status {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            let advice = "fewer groups, or a smaller part to sort or to join";
            let violations = vec![Violation::new("query", advice)];
            status::with_violations(
                Code::ResourceExhausted,
                "the query needs more memory than it may",
                violations,
            )
        }
        DataFusionError::IoError(_)
        | DataFusionError::ObjectStore(_)
        | DataFusionError::ParquetError(_)
        | DataFusionError::Internal(_) => status::internal("the query", error),
        other => status::invalid(vec![Violation::new("query", other.strip_backtrace())]),
    }
}

impl From<AnalystsError> for Status {
    fn from(error: AnalystsError) -> Self {
        match error {
            AnalystsError::Wrong { field, right } => status::invalid(vec![Violation::new(field, right)]),
            AnalystsError::NoSuchExport => status::not_found("export"),
            AnalystsError::NotDone => {
                status::failed_precondition("NOT_DONE", "an export that is done and still kept")
            }
            AnalystsError::UnknownCounty => status::not_found("county"),
            AnalystsError::Preparing => status::unavailable("the query", &error),
            AnalystsError::Busy(what) => status::exhausted(what, Duration::from_secs(1)),
            AnalystsError::TooSlow(_) => Status::deadline_exceeded(error.to_string()),
            AnalystsError::TooManyRows(_) => {
                let violations = vec![Violation::new("query", "an aggregate, a LIMIT, or an export")];
                status::with_violations(Code::ResourceExhausted, error.to_string(), violations)
            }
            AnalystsError::Query(source) => of_the_query(&source),
            AnalystsError::Database { operation, source } => status::database(operation, &source),
            AnalystsError::Statistics(source) => source.into(),
            AnalystsError::Catalogue(_) | AnalystsError::File { .. } | AnalystsError::Workbook(_) => {
                status::internal("the answer", &error)
            }
        }
    }
}
