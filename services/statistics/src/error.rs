//! What can go wrong, and the one place where it becomes a gRPC status.

use std::time::Duration;

use fengqiao_serving::status::{self, Violation};
use tonic::{Code, Status};

use crate::domain::{
    figure::{MOST_ROWS, TooManyRows},
    question::Mistake,
};

/// Why a question was not answered or a fact not written.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The question has wrong fields.
    #[error("{} fields of the question are wrong", .0.len())]
    Question(Vec<Mistake>),
    /// An agency asks for another's figures.
    #[error("the figures are another agency's")]
    NotOwn,
    /// The county is not served here.
    #[error("the county is not served here")]
    UnknownCounty,
    /// The answer would be too long.
    #[error("the answer would have more than {MOST_ROWS} rows")]
    TooManyRows,
    /// Counting took too long.
    #[error("counting took too long")]
    TooSlow,
    /// Too many questions at once.
    #[error("too many questions at once")]
    Busy,
    /// Facts of an older version of the service are being taken over.
    #[error("the facts are being prepared")]
    Preparing,
    /// Another one began to make the facts anew.
    #[error("another rebuilding was begun meanwhile")]
    Overtaken,
    /// Nothing of the county was received yet.
    #[error("nothing of the county was received yet")]
    NothingReceived,
    /// There is no such case.
    #[error("there is no such case")]
    NoSuchCase,
    /// There is no such alert.
    #[error("there is no such alert")]
    NoSuchAlert,
    /// Someone has looked at the alert already.
    #[error("someone has looked at the alert already")]
    AcknowledgedAlready,
    /// There is no such bulletin, or it is not the caller's.
    #[error("there is no such bulletin")]
    NoSuchBulletin,
    /// The request made another bulletin.
    #[error("the request made another bulletin")]
    RequestUsed,
    /// The machine has no Chinese fonts.
    #[error("there are no fonts for Chinese")]
    NoFonts,
    /// A bulletin cannot be printed.
    #[error(transparent)]
    Paper(#[from] fengqiao_paper::PaperError),
    /// A bulletin does not fit into sheets.
    #[error("the bulletin cannot be made sheets")]
    Workbook,
    /// An event could not be written.
    #[error("an event cannot be sent")]
    Messaging(#[source] Box<fengqiao_messaging::MessagingError>),
    /// There is no such exclusion that holds.
    #[error("there is no such exclusion")]
    NoSuchExclusion,
    /// The case is excluded already.
    #[error("the case is excluded already")]
    ExcludedAlready,
    /// The database failed.
    #[error("{operation} failed")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
}

impl From<TooManyRows> for StatisticsError {
    fn from(_: TooManyRows) -> Self {
        Self::TooManyRows
    }
}

impl StatisticsError {
    /// One wrong field.
    pub(crate) fn wrong(field: impl Into<String>, right: impl Into<String>) -> Self {
        Self::Question(vec![Mistake { field: field.into(), description: right.into() }])
    }

    /// A failure of the database while something was tried.
    pub(crate) fn database(operation: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    /// A failure to write an event.
    pub(crate) fn messaging(source: fengqiao_messaging::MessagingError) -> Self {
        Self::Messaging(Box::new(source))
    }

    /// A failure of the database while counting: some say something about the question.
    pub(crate) fn counting(source: sqlx::Error) -> Self {
        let code = source.as_database_error().and_then(|error| error.code()).unwrap_or_default();
        match code.as_ref() {
            // query_canceled: the statement's time is over.
            "57014" => Self::TooSlow,
            // invalid_parameter_value: the only such parameter is the time zone, whose names the
            // database takes from its own system.
            "22023" => Self::Question(vec![Mistake {
                field: "timeZone".into(),
                description: "a time zone that the database knows".into(),
            }]),
            _ => Self::Database { operation: "counting", source },
        }
    }
}

impl From<StatisticsError> for Status {
    fn from(error: StatisticsError) -> Self {
        let smaller = |message: String| {
            let advice = "fewer dimensions, a coarser areaLevel, a shorter window or fewer indicators";
            let violations = vec![Violation::new("groupBy", advice)];
            status::with_violations(Code::ResourceExhausted, message, violations)
        };
        match error {
            StatisticsError::Question(mistakes) => status::invalid(
                mistakes.into_iter().map(|m| Violation::new(m.field, m.description)).collect(),
            ),
            StatisticsError::NotOwn => status::not_found("agency"),
            StatisticsError::UnknownCounty => status::not_found("county"),
            StatisticsError::TooManyRows | StatisticsError::TooSlow => smaller(error.to_string()),
            StatisticsError::Busy => status::exhausted(error.to_string(), Duration::from_secs(1)),
            StatisticsError::Preparing => status::unavailable("counting", &error),
            StatisticsError::Overtaken => status::aborted(error.to_string()),
            StatisticsError::NothingReceived => {
                status::failed_precondition("NOTHING_RECEIVED", "a county of which something was received")
            }
            StatisticsError::NoSuchCase => status::not_found("case"),
            StatisticsError::NoSuchExclusion => status::not_found("exclusion"),
            StatisticsError::NoSuchAlert => status::not_found("alert"),
            StatisticsError::AcknowledgedAlready => {
                status::failed_precondition("ACKNOWLEDGED_ALREADY", "an alert that nobody has looked at")
            }
            StatisticsError::NoSuchBulletin => status::not_found("bulletin"),
            StatisticsError::RequestUsed => {
                status::failed_precondition("REQUEST_USED", "a request id that made no other bulletin")
            }
            StatisticsError::NoFonts => {
                status::failed_precondition("NO_FONTS", "a machine with Debian's fonts-noto-cjk")
            }
            StatisticsError::Paper(_) | StatisticsError::Workbook => {
                status::failed_precondition("TEMPLATE", format!("a template that can be printed: {error}"))
            }
            StatisticsError::Messaging(error) => status::unavailable("sending", error.as_ref()),
            StatisticsError::ExcludedAlready => status::failed_precondition(
                "EXCLUDED_ALREADY",
                "a case that is not excluded from the indicator",
            ),
            StatisticsError::Database { operation, source } => status::database(operation, &source),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn too_much_says_how_to_ask_for_less() {
        for error in [StatisticsError::TooManyRows, StatisticsError::TooSlow] {
            let status = Status::from(error);
            assert_eq!(status.code(), Code::ResourceExhausted);
            let request = status.get_details_bad_request().unwrap();
            assert_eq!(request.field_violations[0].field, "groupBy");
            assert!(status.get_details_retry_info().is_none(), "waiting does not help");
        }
    }

    #[test]
    fn another_s_figures_do_not_exist() {
        assert_eq!(Status::from(StatisticsError::NotOwn).code(), Code::NotFound);
    }

    #[test]
    fn a_database_that_is_away_can_be_asked_again() {
        let away = StatisticsError::counting(sqlx::Error::PoolTimedOut);
        assert_eq!(Status::from(away).code(), Code::Unavailable);
    }
}
