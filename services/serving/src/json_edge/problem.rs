//! Refusals as problem details (RFC 9457). What a caller is told is what the gRPC status says.

use axum::http::StatusCode;
use fengqiao_proto::types::v1::FieldViolation;
use serde_json::{Map, Value, json};
use tonic::{Code, Status};

use super::reply::Reply;
use crate::status::{self, refusal_of};

const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    /// A stable word in capitals: the gRPC code, or what only HTTP knows.
    code: &'static str,
    detail: String,
    violations: Vec<FieldViolation>,
    retry_after_ms: u64,
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let refusal = refusal_of(&status);
        let (http, code) = http_status(status.code());
        Self {
            status: http,
            code,
            detail: refusal.message,
            violations: refusal.violations,
            retry_after_ms: u64::try_from(refusal.retry_after_ms).unwrap_or(0),
        }
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), violations: Vec::new(), retry_after_ms: 0 }
    }

    /// The body is no JSON; the reader's words say line and column.
    #[must_use]
    pub fn not_json(error: &serde_json::Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "NOT_JSON", format!("the body is no JSON: {error}"))
    }

    /// The body is too large.
    #[must_use]
    pub fn too_large(at_most: usize) -> Self {
        let detail = format!("the body must have at most {at_most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
    }

    /// The body broke off.
    #[must_use]
    pub fn broken_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BROKEN_BODY", "the body broke off")
    }

    /// The body is of another type.
    #[must_use]
    pub fn wrong_content_type(right: &str) -> Self {
        let detail = format!("the content type must be {right}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "WRONG_CONTENT_TYPE", detail)
    }

    /// There is no such page.
    #[must_use]
    pub fn no_such_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NO_SUCH_PAGE", "there is no such page; see /openapi.json")
    }

    /// The page does not know the method.
    #[must_use]
    pub fn wrong_method() -> Self {
        let detail = "the page does not know this method; see /openapi.json";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "WRONG_METHOD", detail)
    }

    /// The request was not done in time.
    #[must_use]
    pub fn too_slow() -> Self {
        let detail = "the request was not done in time; send it again";
        Self { retry_after_ms: 1_000, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "TOO_SLOW", detail) }
    }

    /// The `Idempotency-Key` is none.
    #[must_use]
    pub fn wrong_key() -> Self {
        let detail = "the Idempotency-Key must have 1 to 255 visible ASCII characters";
        Self::new(StatusCode::BAD_REQUEST, "WRONG_IDEMPOTENCY_KEY", detail)
    }

    /// The `Idempotency-Key` was used with another request.
    #[must_use]
    pub fn other_request() -> Self {
        let detail = "the Idempotency-Key was used with another request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", detail)
    }

    /// The request with this `Idempotency-Key` is being worked on.
    #[must_use]
    pub fn in_flight() -> Self {
        let detail = "the request with this Idempotency-Key is being worked on";
        Self { retry_after_ms: 1_000, ..Self::new(StatusCode::CONFLICT, "IN_FLIGHT", detail) }
    }

    /// Our own fault; the cause is logged.
    #[must_use]
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::from(status::internal("answering", error))
    }

    /// As it is sent.
    #[must_use]
    pub fn reply(self) -> Reply {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!("about:blank"));
        body.insert("title".to_owned(), json!(self.status.canonical_reason().unwrap_or_default()));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert("code".to_owned(), json!(self.code));
        if !self.violations.is_empty() {
            let one = |violation: &FieldViolation| json!({ "field": violation.field, "description": violation.description });
            body.insert("violations".to_owned(), self.violations.iter().map(one).collect());
        }
        if self.retry_after_ms > 0 {
            body.insert("retryAfterMs".to_owned(), json!(self.retry_after_ms));
        }
        Reply {
            status: self.status,
            content_type: CONTENT_TYPE.to_owned(),
            body: Value::Object(body).to_string().into_bytes(),
            retry_after: (self.retry_after_ms > 0).then(|| self.retry_after_ms.div_ceil(1_000)),
        }
    }
}

fn http_status(code: Code) -> (StatusCode, &'static str) {
    match code {
        Code::InvalidArgument => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
        Code::OutOfRange => (StatusCode::BAD_REQUEST, "OUT_OF_RANGE"),
        Code::FailedPrecondition => (StatusCode::BAD_REQUEST, "FAILED_PRECONDITION"),
        Code::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        Code::PermissionDenied => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
        Code::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Code::Aborted => (StatusCode::CONFLICT, "ABORTED"),
        Code::AlreadyExists => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
        Code::ResourceExhausted => (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED"),
        Code::Cancelled => (StatusCode::REQUEST_TIMEOUT, "CANCELLED"),
        Code::DeadlineExceeded => (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED"),
        Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Code::Unimplemented => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => {
            (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::status::Violation;

    fn body(reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).unwrap()
    }

    #[test]
    fn a_problem_says_what_the_status_says() {
        let wrong = status::invalid(vec![Violation::new("parties[1].phone", "must be a number")]);
        let reply = Problem::from(wrong).reply();
        assert_eq!((reply.status.as_u16(), reply.content_type.as_str()), (400, CONTENT_TYPE));
        let said = body(&reply);
        assert_eq!(said["violations"][0]["field"], "parties[1].phone");
        assert_eq!((said["status"].as_u64(), said["code"].as_str()), (Some(400), Some("INVALID_ARGUMENT")));
    }

    #[test]
    fn who_is_to_come_again_is_told_when() {
        let reply = Problem::from(status::exhausted("full", Duration::from_millis(200))).reply();
        assert_eq!((reply.status.as_u16(), reply.retry_after), (429, Some(1)));
        assert_eq!(body(&reply)["retryAfterMs"], 200);
        assert!(!reply.is_final());
    }
}
