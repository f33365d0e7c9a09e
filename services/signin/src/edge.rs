//! What each HTTP edge with signed-in people has: cookies, headers against misuse, a limit of tries per address.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

pub use fengqiao_access::Tries;

use crate::token::Token;

/// The session's cookie. The prefix makes browsers hold it to this host, to TLS and to the path `/`.
pub const SESSION_COOKIE: &str = "__Host-fengqiao";

/// A cookie's value.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(given, _)| *given == name)
        .map(|(_, value)| value)
}

/// The session's token that a browser sent.
#[must_use]
pub fn session_of(headers: &HeaderMap) -> Option<Token> {
    cookie(headers, SESSION_COOKIE).and_then(Token::read)
}

/// A cookie that no script reads and only TLS carries; without an age it ends with the browser. `Lax`: the way back
/// from the provider is a step from another site. What changes something is guarded by the form's token.
#[must_use]
pub fn set_cookie(name: &str, value: &str, max_age_seconds: Option<u32>) -> HeaderValue {
    let age = max_age_seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Takes a cookie back.
#[must_use]
pub fn end_cookie(name: &str) -> HeaderValue {
    set_cookie(name, "", Some(0))
}

/// Headers against misuse on every answer, and no change that another site asked for. Put it outermost.
pub async fn guarded(request: Request, next: Next) -> Response {
    let mut response = if comes_from_elsewhere(&request) {
        StatusCode::FORBIDDEN.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        // No script at all, inline or not; forms go to ourselves only.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Pages show people's matters: no cache keeps them, unless the page says that it may.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers
        .insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    response
}

/// A browser says from where a request comes. An old one that does not is held by the form's token.
fn comes_from_elsewhere(request: &Request) -> bool {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    changes && matches!(site, Some("cross-site" | "same-site"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; fq_lang=en"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(cookie(&headers, "fq_lang"), Some("en"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "lang"), None);
        let token = Token::generate("421181");
        let set = set_cookie(SESSION_COOKIE, &token.write(), None);
        let set = set.to_str().unwrap();
        assert!(set.contains("Secure; HttpOnly; SameSite=Lax") && !set.contains("Max-Age"), "{set}");
    }
}
