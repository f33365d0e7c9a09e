//! What all pages share.

use std::sync::LazyLock;

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};
use fengqiao_signin::Signed;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest as _, Sha256};

use super::language::Language;

/// The one style sheet, for screen and paper.
pub(super) const STYLE: &str = include_str!("style.css");

/// Changes with the sheet, so that browsers may keep it.
pub(super) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.as_bytes());
    format!("/style.css?v={:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
});

/// What surrounds a page's own matter.
pub(super) struct Frame<'a> {
    pub language: Language,
    pub title: &'a str,
    /// Where the page is, for coming back to it in the other language.
    pub path: &'a str,
    /// Who is signed in, on pages for them.
    pub signed: Option<&'a Signed>,
}

/// A whole page.
pub(super) fn page(frame: &Frame<'_>, status: StatusCode, main: &Markup) -> Response {
    let language = frame.language;
    let (other, other_name) = language.other();
    let back: String = url::form_urlencoded::byte_serialize(frame.path.as_bytes()).collect();
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (frame.title) " · " (language.say("枫桥工作台", "Fengqiao desk")) }
                link rel="stylesheet" href=(STYLE_ADDRESS.as_str());
            }
            body {
                a class="skip" href="#main" { (language.say("跳到正文", "Skip to the content")) }
                header class="bar" {
                    p class="brand" { a href="/pushes" { (language.say("枫桥工作台", "Fengqiao desk")) } }
                    @if let Some(signed) = frame.signed {
                        p class="who" {
                            (signed.agency_name) " · " (signed.post_name) " " strong { (signed.person_name) }
                        }
                    }
                    nav aria-label=(language.say("账户与语言", "Account and language")) {
                        a href={ "/language/" (other) "?back=" (back) } lang=(other) hreflang=(other) { (other_name) }
                        @if let Some(signed) = frame.signed {
                            @if signed.account.has_password {
                                a href="/password" { (language.say("改口令", "Password")) }
                            }
                            form method="post" action="/sign-out" {
                                (form_token(signed))
                                button type="submit" class="plain" { (language.say("退出", "Sign out")) }
                            }
                        }
                    }
                }
                main id="main" tabindex="-1" { (main) }
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}

/// What each form that changes something carries.
pub(super) fn form_token(signed: &Signed) -> Markup {
    html! { input type="hidden" name="csrf" value=(signed.form_token()); }
}

/// What went wrong, said first and to screen readers at once.
pub(super) fn alert(text: &str) -> Markup {
    html! { p class="alert" role="alert" { (text) } }
}
