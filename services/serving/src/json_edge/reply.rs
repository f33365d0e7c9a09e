//! What a request is answered.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fengqiao_proto::json::to_json;
use prost::Name;

use super::problem::Problem;

/// An answer: small enough to be kept for who asks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// What the body is.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// When to come again, in seconds, rounded up.
    pub retry_after: Option<u64>,
}

impl Reply {
    /// A JSON document.
    #[must_use]
    pub fn json(body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json".to_owned(), body, retry_after: None }
    }

    /// A message of the contract in its JSON form.
    #[must_use]
    pub fn message<M: Name>(message: &M) -> Self {
        match to_json(message) {
            Ok(json) => Self::json(json.to_string().into_bytes()),
            Err(error) => Problem::internal(&error).reply(),
        }
    }

    /// Whether asking again would be answered the same, as far as we are concerned.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !self.status.is_server_error()
            && self.status != StatusCode::TOO_MANY_REQUESTS
            && self.status != StatusCode::REQUEST_TIMEOUT
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.content_type) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Answers hold personal data; nothing between here and the caller may keep them.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
