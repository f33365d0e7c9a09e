//! A file that comes with the program: a sheet of style, a script.

use axum::{
    Router,
    http::{HeaderValue, header},
    response::IntoResponse as _,
    routing::get,
};
use sha2::{Digest as _, Sha256};

/// A file that pages name and browsers may keep: its address changes with what it says.
#[derive(Debug, Clone)]
pub struct Asset {
    path: &'static str,
    media_type: &'static str,
    text: String,
    address: String,
}

impl Asset {
    /// A sheet of style at a path.
    #[must_use]
    pub fn style(path: &'static str, text: String) -> Self {
        Self::of(path, "text/css; charset=utf-8", text)
    }

    /// A script at a path.
    #[must_use]
    pub fn script(path: &'static str, text: &str) -> Self {
        Self::of(path, "text/javascript; charset=utf-8", text.to_owned())
    }

    fn of(path: &'static str, media_type: &'static str, text: String) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let version: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { path, media_type, text, address: format!("{path}?v={version}") }
    }

    /// Where pages find it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Gives it out.
    pub(crate) fn route<S: Clone + Send + Sync + 'static>(&'static self, router: Router<S>) -> Router<S> {
        router.route(
            self.path,
            get(move || async move {
                let headers = [
                    (header::CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
                    // Pages name it with its version.
                    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
                ];
                (headers, self.text.as_str()).into_response()
            }),
        )
    }
}
