//! What can go wrong, and what to do about it, in a few lines.

use std::{io, path::PathBuf};

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),
    /// No stack was named and none found.
    #[error("no local stack was found from here upwards")]
    NoStack,
    /// A description of a stack is something else.
    #[error("{}: not the description of a stack: {reason}", path.display())]
    Profile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The stack has no token for the caller.
    #[error("no token for {caller}")]
    NoToken {
        /// Who was to call.
        caller: String,
        /// The stack's description.
        profile: PathBuf,
        /// For whom there are tokens, the most similar first.
        known: Vec<String>,
    },
    /// Nothing says where a service is.
    #[error("nothing says where {0} is")]
    NoEndpoint(&'static str),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A service does not take connections.
    #[error("{service} at {url} cannot be reached: {cause}")]
    Unreachable {
        /// Which service.
        service: &'static str,
        /// Where.
        url: String,
        /// Why.
        cause: String,
        /// Whether it is the local stack's.
        local: bool,
    },
    /// A call failed.
    #[error("{what}: {}", status.message())]
    Call {
        /// What was tried.
        what: String,
        /// What the service said.
        status: Box<Status>,
    },
    /// Some of several reports were refused.
    #[error("{refused} of {all} reports were refused")]
    SomeRefused {
        /// How many.
        refused: usize,
        /// Of how many.
        all: usize,
    },
    /// It was told to stop before all was sent.
    #[error("stopped before the end")]
    Stopped,
    /// Files have mistakes, which are printed already.
    #[error("{0} mistakes")]
    HasMistakes(usize),
    /// An audit found something.
    #[error("the histories are not as they were written: {0} findings")]
    Unsound(i64),
    /// Several pushes fit what was typed, or none.
    #[error("{0}")]
    Unclear(String),
    /// A text is not the JSON form that it should be.
    #[error("{0}")]
    Json(#[from] fengqiao_proto::json::JsonError),
    /// A watched case could not be followed any longer.
    #[error("the connection was lost and {tries} tries to get it back failed")]
    Lost {
        /// How many.
        tries: u32,
        /// Why the last one failed.
        #[source]
        last: Box<CommandError>,
    },
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// Who read the output (`| head`) has enough. Not a failure.
    #[error("the reader is gone")]
    ReaderGone,
}

impl CommandError {
    /// A call that failed, and what it was for.
    pub fn call(what: impl Into<String>) -> impl FnOnce(Status) -> Self {
        let what = what.into();
        move |status| Self::Call { what, status: Box::new(status) }
    }

    /// A failed write; a closed pipe is only the end.
    pub fn from_output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::ReaderGone } else { Self::Output(error) }
    }

    /// 1 where it failed, 2 where it was asked wrongly.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// Whether the same may work a little later.
    pub fn passes(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Call { status, .. } => matches!(
                status.code(),
                Code::Unavailable
                    | Code::Unknown
                    | Code::Internal
                    | Code::Cancelled
                    | Code::DeadlineExceeded
                    | Code::ResourceExhausted
            ),
            _ => false,
        }
    }

    /// What happened, then what to do, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.to_string()];
        match self {
            Self::NoStack => {
                lines.push("start one with deploy/run in a clone of the project,".into());
                lines.push(
                    "or name another: --profile FILE, or --endpoint URL --ca FILE --token-file FILE".into(),
                );
            }
            Self::NoToken { profile, known, .. } => {
                lines.push(format!("{} has, among others: {}", profile.display(), known.join(", ")));
                lines.push("`fengqiao agencies` lists the agencies' codes".into());
            }
            Self::NoEndpoint("analysts") => {
                lines.push("deploy/run --analysts starts it; or give --endpoint analysts=URL".into());
            }
            Self::NoEndpoint(service) => {
                lines.push(format!("give --endpoint {service}=URL, or --profile FILE"));
            }
            Self::Unreachable { local, .. } => lines.push(
                if *local {
                    "is the local stack running? start it with deploy/run"
                } else {
                    "is the service running there, and does its certificate fit --ca?"
                }
                .into(),
            ),
            Self::Call { status, .. } => explain(status, &mut lines),
            Self::Stopped => {
                lines.push("repeat the same command: what was taken already is only known again".into());
            }
            Self::Lost { last, .. } => lines.extend(last.lines()),
            Self::Unsound(_) => lines.push(
                "stop writing to the database, keep it as it is, and compare it with the backups".into(),
            ),
            Self::Json(_) => {
                lines.push("`fengqiao report submit --help` shows the form".into());
            }
            _ => {}
        }
        lines
    }
}

/// What a status says beyond its message, and what to do about it.
fn explain(status: &Status, lines: &mut Vec<String>) {
    if let Some(request) = status.get_details_bad_request() {
        for violation in request.field_violations {
            let line = format!("{}: {}", violation.field, violation.description);
            // Where only one field is wrong, the message says it already.
            if !status.message().contains(&line) {
                lines.push(line);
            }
            if violation.field == "purpose" {
                lines
                    .push("--purpose TEXT says why it is read; who read it, when and why is kept".to_owned());
            }
        }
    }
    if let Some(failure) = status.get_details_precondition_failure() {
        for violation in failure.violations {
            lines.push(format!("{} {}", violation.subject, violation.description).trim().to_owned());
        }
    }
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let advice = match status.code() {
        Code::Unauthenticated => {
            "the token was not accepted; a stack that was started anew has new ones: is this its stack.json?"
        }
        Code::PermissionDenied => "this caller may not do that; --as NAME calls as someone else",
        Code::NotFound => "it does not exist, or is not this caller's to see",
        Code::FailedPrecondition => "nothing was changed; `fengqiao case show` tells how it stands",
        Code::Aborted => "it was changed meanwhile; look again, then repeat",
        Code::DeadlineExceeded => {
            "no answer in time; --timeout SECONDS waits longer. A command may have taken effect"
        }
        Code::Unavailable => "the service is starting, stopping or cut off; try again",
        Code::ResourceExhausted if wait.is_none() => "ask for less at a time",
        Code::Internal | Code::Unknown | Code::DataLoss => "the service failed; its log says why",
        Code::Unimplemented => "that service is of another version, or another service answers at this URL",
        _ => "",
    };
    if !advice.is_empty() {
        lines.push(advice.to_owned());
    }
    if let Some(wait) = wait {
        lines.push(format!("try again in {:.1} s", wait.as_secs_f64()));
    }
    let code = format!("{:?}", status.code());
    lines.push(if reason.is_empty() { format!("({code})") } else { format!("({code}, {reason})") });
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use tonic_types::ErrorDetails;

    use super::*;

    fn lines(status: Status) -> Vec<String> {
        CommandError::call("the report")(status).lines()
    }

    #[test]
    fn each_wrong_field_has_its_line() {
        let mut details = ErrorDetails::new();
        details
            .add_bad_request_violation("parties[0].phone", "a mobile or landline number")
            .add_bad_request_violation("areaCode", "an area of the county");
        let status = Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", details);
        assert_eq!(
            lines(status),
            [
                "the report: 2 fields are wrong",
                "parties[0].phone: a mobile or landline number",
                "areaCode: an area of the county",
                "(InvalidArgument)",
            ]
        );
    }

    #[test]
    fn who_has_to_say_why_learns_how() {
        let mut details = ErrorDetails::new();
        details.add_bad_request_violation("purpose", "is needed: the case is protected");
        let status = Status::with_error_details(Code::InvalidArgument, "a field is wrong", details);
        assert!(lines(status).iter().any(|line| line.contains("--purpose TEXT")));
    }

    #[test]
    fn reason_and_wait_are_told() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("INTAKE_FULL", "fengqiao", HashMap::new())
            .set_retry_info(Some(Duration::from_millis(1500)));
        let status = Status::with_error_details(Code::ResourceExhausted, "intake is full", details);
        let lines = lines(status);
        assert!(lines.contains(&"try again in 1.5 s".to_owned()), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "(ResourceExhausted, INTAKE_FULL)");
    }

    #[test]
    fn an_unreachable_local_stack_says_how_to_start_it() {
        let error = CommandError::Unreachable {
            service: "intake",
            url: "https://127.0.0.1:1".into(),
            cause: "Connection refused".into(),
            local: true,
        };
        assert!(error.lines()[1].contains("deploy/run"));
        assert!(error.passes());
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn what_is_refused_does_not_pass() {
        for code in [Code::NotFound, Code::PermissionDenied, Code::Unauthenticated] {
            assert!(!CommandError::call("x")(Status::new(code, "")).passes(), "{code:?}");
        }
        assert!(CommandError::call("x")(Status::unavailable("")).passes());
    }

    #[test]
    fn a_closed_pipe_is_the_end() {
        let error = CommandError::from_output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(error, CommandError::ReaderGone));
    }
}
