//! Faults as gRPC statuses. The one place that decides it.

use std::time::Duration;

use fengqiao_messaging::MessagingError;
use fengqiao_serving::status::{self, Violation};
use fengqiao_signin::SignInError;
use tonic::{Code, Status};

use crate::error::NotificationError;

/// How long a caller waits before it opens one more stream.
const STREAMS_RETRY: Duration = Duration::from_secs(5);
/// How long a caller waits before it hands in one more file.
const FILES_RETRY: Duration = Duration::from_secs(1);

/// What a caller learns of a fault of an operation.
pub(super) fn of(operation: &str) -> impl Fn(NotificationError) -> Status {
    move |error| match &error {
        NotificationError::Invalid(fields) => {
            status::invalid(fields.iter().map(|f| Violation::new(f.field, f.description.clone())).collect())
        }
        NotificationError::NoSuchPush => status::not_found("push"),
        NotificationError::NoSuchMessage => status::not_found("message"),
        NotificationError::NoSuchProgress | NotificationError::NoSuchCase => status::not_found("case"),
        NotificationError::NoSuchForm => status::not_found("form"),
        NotificationError::TermOver => status::failed_precondition("TERM_OVER", error.to_string()),
        NotificationError::OfCase => status::failed_precondition("FORM_OF_CASE", error.to_string()),
        NotificationError::Repeated => status::failed_precondition("REQUEST_ID_USED", error.to_string()),
        NotificationError::NoFonts => status::failed_precondition("NO_FONTS", error.to_string()),
        NotificationError::NoSuchFile => status::not_found("file"),
        NotificationError::FileKind => status::invalid(vec![Violation::new("piece", error.to_string())]),
        NotificationError::FileTooLarge { .. } => {
            let violation = Violation::new("begin.size", error.to_string());
            status::with_violations(Code::OutOfRange, error.to_string(), vec![violation])
        }
        NotificationError::TooManyFiles => status::failed_precondition("TOO_MANY_FILES", error.to_string()),
        NotificationError::FilesBusy => status::exhausted(error.to_string(), FILES_RETRY),
        NotificationError::NoSuchAttempt => status::not_found("attempt"),
        NotificationError::NoSuchEndpoint => status::not_found("endpoint"),
        NotificationError::HasWebhook => status::failed_precondition("HAS_WEBHOOK", error.to_string()),
        NotificationError::Forbidden(forbidden) => {
            status::failed_precondition(forbidden.code(), forbidden.to_string())
        }
        NotificationError::DoesItself(way) => status::failed_precondition(way.code(), way.to_string()),
        NotificationError::TooManyStreams => status::exhausted(error.to_string(), STREAMS_RETRY),
        NotificationError::Database { source, .. }
        | NotificationError::Accounts(SignInError::Database { source, .. })
        | NotificationError::Messaging(MessagingError::Database { source, .. }) => {
            status::database(operation, source)
        }
        NotificationError::Objects { .. }
        | NotificationError::Redis { .. }
        | NotificationError::Late(_)
        | NotificationError::Accounts(SignInError::Late(_))
        | NotificationError::Stopping => status::unavailable(operation, &error),
        NotificationError::Messaging(_)
        | NotificationError::Accounts(_)
        | NotificationError::TemplateChanged { .. }
        | NotificationError::Paper(_)
        | NotificationError::Sealed(_)
        | NotificationError::Matter(_)
        | NotificationError::NoObjectStore
        | NotificationError::Json(_) => status::internal(operation, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::receipt::Forbidden, error::WrongField};

    #[test]
    fn each_fault_has_its_code() {
        let wrong = WrongField { field: "pushId", description: "must be a UUID".into() };
        let code = |error| of("sign a push")(error).code();
        assert_eq!(code(NotificationError::Invalid(vec![wrong])), Code::InvalidArgument);
        assert_eq!(code(NotificationError::NoSuchPush), Code::NotFound);
        assert_eq!(code(Forbidden::Returned.into()), Code::FailedPrecondition);
        assert_eq!(code(NotificationError::Repeated), Code::FailedPrecondition);
        assert_eq!(code(NotificationError::FileTooLarge { most: 1 }), Code::OutOfRange);
        assert_eq!(code(NotificationError::FileKind), Code::InvalidArgument);
        assert_eq!(code(NotificationError::TooManyStreams), Code::ResourceExhausted);
        assert_eq!(code(NotificationError::Late("read a push")), Code::Unavailable);
        let broken =
            NotificationError::Database { operation: "read a push", source: sqlx::Error::RowNotFound };
        assert_eq!(code(broken), Code::Internal);
    }
}
