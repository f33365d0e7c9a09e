//! What surrounds all pages.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};
use fengqiao_signin::Signed;
use maud::{DOCTYPE, Markup, html};

use crate::{Asset, Language};

/// The sheet that all sites share, for screen and paper.
const STYLE: &str = include_str!("style.css");

/// A site: the pages of a service behind one door.
#[derive(Debug)]
pub struct Site {
    /// Its name, in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Its first page for someone who is signed in.
    pub home: &'static str,
    style: Asset,
    scripts: Vec<Asset>,
}

impl Site {
    /// With a sheet of its own after the one that all share, and its scripts in their order.
    #[must_use]
    pub fn new(
        name: (&'static str, &'static str),
        home: &'static str,
        own_style: &str,
        scripts: Vec<Asset>,
    ) -> Self {
        Self { name, home, style: Asset::style("/style.css", format!("{STYLE}{own_style}")), scripts }
    }

    /// Its assets.
    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        std::iter::once(&self.style).chain(&self.scripts)
    }
}

/// What surrounds a page's own matter.
pub struct Frame<'a> {
    /// Of which site it is.
    pub site: &'a Site,
    /// In which language.
    pub language: Language,
    /// Its title.
    pub title: &'a str,
    /// Where the page is, for coming back to it in the other language.
    pub path: &'a str,
    /// Who is signed in, on pages for them.
    pub signed: Option<&'a Signed>,
}

/// A whole page.
#[must_use]
pub fn page(frame: &Frame<'_>, status: StatusCode, main: &Markup) -> Response {
    dressed(frame, status, "", main)
}

/// A whole page whose body has a class by which the site's sheet knows it.
#[must_use]
pub fn dressed(frame: &Frame<'_>, status: StatusCode, class: &str, main: &Markup) -> Response {
    let language = frame.language;
    let (other, other_name) = language.other();
    let back: String = url::form_urlencoded::byte_serialize(frame.path.as_bytes()).collect();
    let name = language.say(frame.site.name.0, frame.site.name.1);
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (frame.title) " · " (name) }
                link rel="stylesheet" href=(frame.site.style.address());
                @for script in &frame.site.scripts { script src=(script.address()) defer {} }
            }
            body class=[(!class.is_empty()).then_some(class)] {
                a class="skip" href="#main" { (language.say("跳到正文", "Skip to the content")) }
                header class="bar" {
                    p class="brand" { a href=(frame.site.home) { (name) } }
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
#[must_use]
pub fn form_token(signed: &Signed) -> Markup {
    html! { input type="hidden" name="csrf" value=(signed.form_token()); }
}

/// What went wrong, said first and to screen readers at once.
#[must_use]
pub fn alert(text: &str) -> Markup {
    html! { p class="alert" role="alert" { (text) } }
}
