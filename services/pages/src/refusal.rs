//! Pages for what cannot be done, each with its status. Nothing here repeats what was sent.

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use fengqiao_signin::SignInError;
use maud::html;

use crate::{
    Language, Site,
    shell::{Frame, alert, page},
};

/// What is not there.
#[must_use]
pub fn not_found(site: &Site, language: Language) -> Response {
    let text = language
        .say("没有这一页，或者它不属于您的单位。", "There is no such page, or it is not your agency's.");
    plain(site, language, StatusCode::NOT_FOUND, text)
}

/// A form without the session's token.
#[must_use]
pub fn forged(site: &Site, language: Language) -> Response {
    let text = language.say(
        "这张表单已失效，没有作任何更改。请返回后重新填写。",
        "This form is not valid any more; nothing was changed. Please go back and fill it in again.",
    );
    plain(site, language, StatusCode::FORBIDDEN, text)
}

/// A session that cannot be read.
#[must_use]
pub fn at_the_door(site: &Site, language: Language, error: &SignInError) -> Response {
    tracing::warn!(error = error as &dyn std::error::Error, "a session cannot be read");
    unavailable(site, language)
}

/// What passes.
#[must_use]
pub fn unavailable(site: &Site, language: Language) -> Response {
    let text =
        language.say("系统暂时不可用，请稍后再试。", "This is not possible now; please try again soon.");
    let mut response = plain(site, language, StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

/// A page that says so.
#[must_use]
pub fn plain(site: &Site, language: Language, status: StatusCode, text: &str) -> Response {
    let title = language.say("未能完成", "Not done");
    let frame = Frame { site, language, title, path: site.home, signed: None };
    let main = html! {
        h1 { (title) }
        (alert(text))
        p { a href=(site.home) { (language.say("返回首页", "Back to the first page")) } }
    };
    page(&frame, status, &main)
}
