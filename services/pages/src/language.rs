//! Chinese first, English too.

use axum::{
    extract::{Path, Query},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
};
use fengqiao_signin::edge::{cookie, set_cookie};
use serde::Deserialize;

const COOKIE: &str = "__Host-fengqiao-language";
const A_YEAR: u32 = 365 * 86_400;

/// In which language a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// What the browser chose here, else what it prefers, else Chinese.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let prefers = || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        match cookie(headers, COOKIE).or_else(prefers) {
            Some(first) if first.trim_start().to_ascii_lowercase().starts_with("en") => Self::English,
            _ => Self::Chinese,
        }
    }

    /// The text of this language.
    #[must_use]
    pub const fn say<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// For the page's `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.say("zh-CN", "en")
    }

    /// The other one: its path, and its own name.
    #[must_use]
    pub const fn other(self) -> (&'static str, &'static str) {
        match self {
            Self::Chinese => ("en", "English"),
            Self::English => ("zh", "中文"),
        }
    }
}

/// To where one goes back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /language/{language}?back=/pushes`
pub(crate) async fn choose(Path(language): Path<String>, Query(Back { back }): Query<Back>) -> Response {
    let language = if language == "en" { "en" } else { "zh" };
    let set = set_cookie(COOKIE, language, Some(A_YEAR));
    ([(header::SET_COOKIE, set)], Redirect::to(own_path(&back))).into_response()
}

/// A path of ours; nobody is led away by a link to us.
fn own_path(back: &str) -> &str {
    let is_own = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n']);
    if is_own && back.len() <= 500 { back } else { "/" }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_was_chosen_goes_before_what_is_preferred() {
        let mut headers = HeaderMap::new();
        assert_eq!(Language::of(&headers), Language::Chinese);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en-GB,zh;q=0.5"));
        assert_eq!(Language::of(&headers), Language::English);
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-fengqiao-language=zh"));
        assert_eq!(Language::of(&headers), Language::Chinese);
    }

    #[test]
    fn nobody_is_led_away() {
        assert_eq!(own_path("/pushes?show=late"), "/pushes?show=late");
        for away in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb"] {
            assert_eq!(own_path(away), "/", "{away:?}");
        }
    }
}
