//! In and out: by password, through the county's provider; changing one's password.

use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use fengqiao_serving::{PeerAddress, time::now};
use fengqiao_signin::{
    MAX_NAME, SignInError,
    edge::{SESSION_COOKIE, cookie, end_cookie, set_cookie},
    openid::{WAY_COOKIE, WAY_SECONDS},
    password::{FEWEST, MOST},
    token::Token,
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    Entrance, Instead, Language, refusal,
    shell::{Frame, alert, form_token, page},
};

/// The page where one signs in.
pub const PATH: &str = "/sign-in";
/// The page where one changes one's password.
pub const PASSWORD: &str = "/password";
/// To where a provider sends people back.
pub const OPENID_BACK: &str = "/openid-back";
/// Who has not signed in yet has a token too: so nobody is signed in as another by another's site.
const VISITOR_COOKIE: &str = "__Host-fengqiao-visitor";
/// Visitors are of no county.
const NO_COUNTY: &str = "000000";

/// What one types.
#[derive(Deserialize)]
pub(crate) struct Entry {
    csrf: String,
    county: String,
    name: String,
    password: String,
}

/// `GET /sign-in`
pub(crate) async fn show(State(entrance): State<Entrance>, headers: HeaderMap) -> Response {
    let visitor = cookie(&headers, VISITOR_COOKIE).and_then(Token::read);
    door_page(&entrance, Language::of(&headers), StatusCode::OK, None, visitor)
}

/// `POST /sign-in`
pub(crate) async fn enter(
    State(entrance): State<Entrance>,
    Extension(PeerAddress(from)): Extension<PeerAddress>,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Response {
    let language = Language::of(&headers);
    let visitor = cookie(&headers, VISITOR_COOKIE).and_then(Token::read);
    let refused = |status, text: &str, visitor| door_page(&entrance, language, status, Some(text), visitor);
    if !visitor.as_ref().is_some_and(|visitor| visitor.fits_form(&entry.csrf)) {
        let text = language
            .say("页面已失效，请重新登录。", "The page was not valid any more; please sign in again.");
        return refused(StatusCode::FORBIDDEN, text, None);
    }
    if !entrance.tries.may(from.ip()) {
        let text = language
            .say("此处登录过于频繁，请一分钟后再试。", "Too many tries from here; please wait a minute.");
        return refused(StatusCode::TOO_MANY_REQUESTS, text, visitor);
    }
    let now = now();
    match entrance.door.by_password(&entry.county, &entry.name, entry.password, now).await {
        Ok(token) => let_in(&entrance, &token),
        Err(SignInError::Waiting(until)) => {
            let seconds = until.duration_since(now).as_secs().max(1);
            let text = match language {
                Language::Chinese => format!("口令多次有误，请{seconds}秒后再试。"),
                Language::English => format!("Too many wrong passwords; please wait {seconds} seconds."),
            };
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, &text, visitor);
            if let Ok(seconds) = HeaderValue::from_str(&seconds.to_string()) {
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            response
        }
        Err(error) => {
            let (status, text) = why_not(language, &error);
            refused(status, text, visitor)
        }
    }
}

fn let_in(entrance: &Entrance, token: &Token) -> Response {
    let headers = [
        (header::SET_COOKIE, set_cookie(SESSION_COOKIE, &token.write(), None)),
        (header::SET_COOKIE, end_cookie(VISITOR_COOKIE)),
    ];
    (axum::response::AppendHeaders(headers), Redirect::to(entrance.site.home)).into_response()
}

fn why_not(language: Language, error: &SignInError) -> (StatusCode, &'static str) {
    match error {
        SignInError::Wrong => {
            (StatusCode::UNAUTHORIZED, language.say("账号或口令有误。", "The name or the password is wrong."))
        }
        SignInError::NoPost => (
            StatusCode::FORBIDDEN,
            language.say(
                "您今天不在所登记的岗位上，请联系综治中心。",
                "You do not hold the registered post today; please ask the centre.",
            ),
        ),
        SignInError::Stray => (
            StatusCode::FORBIDDEN,
            language.say("登录已超时，请重新开始。", "Signing in took too long; please begin again."),
        ),
        _ => {
            tracing::warn!(error = error as &dyn std::error::Error, "nobody is let in");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                language.say(
                    "暂时无法登录，请稍后再试。",
                    "Signing in is not possible now; please try again soon.",
                ),
            )
        }
    }
}

/// The field of a form that says which county is meant; where there is one only, nobody is asked.
#[must_use]
pub fn which_county(language: Language, counties: &[(&str, &str)]) -> Markup {
    html! {
        @if let [(code, _)] = counties {
            input type="hidden" name="county" value=(code);
        } @else {
            label for="county" { (language.say("县（市、区）", "County")) }
            select id="county" name="county" {
                @for (code, name) in counties { option value=(code) { (name) } }
            }
        }
    }
}

fn door_page(
    entrance: &Entrance,
    language: Language,
    status: StatusCode,
    wrong: Option<&str>,
    visitor: Option<Token>,
) -> Response {
    let visitor = visitor.unwrap_or_else(|| Token::generate(NO_COUNTY));
    let title = language.say("登录", "Sign in");
    let counties = entrance.door.counties();
    let mut providers: Vec<_> = entrance.providers.keys().map(String::as_str).collect();
    providers.sort_unstable();
    let name_of = |code: &str| counties.iter().find(|(known, _)| *known == code).map_or("", |(_, name)| name);
    let main = html! {
        div class="entry" {
            h1 { (title) }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            form method="post" action=(PATH) {
                input type="hidden" name="csrf" value=(visitor.form_token());
                (which_county(language, &counties))
                label for="name" { (language.say("账号", "Name")) }
                input type="text" id="name" name="name" maxlength=(MAX_NAME) autocomplete="username"
                    autocapitalize="none" spellcheck="false" required;
                label for="password" { (language.say("口令", "Password")) }
                input type="password" id="password" name="password" maxlength=(MOST)
                    autocomplete="current-password" required;
                p { button type="submit" { (title) } }
            }
            @for county in providers {
                p { a href={ "/openid/" (county) } {
                    (language.say("用统一身份认证登录：", "Sign in through the provider of ")) (name_of(county))
                } }
            }
        }
    };
    let frame = Frame { site: entrance.site, language, title, path: PATH, signed: None };
    let mut response = page(&frame, status, &main);
    response
        .headers_mut()
        .append(header::SET_COOKIE, set_cookie(VISITOR_COOKIE, &visitor.write(), Some(3600)));
    response
}

/// A form that carries nothing but its token.
#[derive(Deserialize)]
pub struct TokenOnly {
    /// The token of the form.
    pub csrf: String,
}

/// `POST /sign-out`
pub(crate) async fn leave(
    State(entrance): State<Entrance>,
    headers: HeaderMap,
    Form(form): Form<TokenOnly>,
) -> Result<Response, Instead> {
    let visit = entrance.visit_before_change(&headers).await?;
    if !visit.signed.fits_form(&form.csrf) {
        return Ok(refusal::forged(entrance.site, visit.language));
    }
    if let Err(error) = entrance.door.sign_out(&visit.signed).await {
        return Ok(refusal::at_the_door(entrance.site, visit.language, &error));
    }
    Ok(([(header::SET_COOKIE, end_cookie(SESSION_COOKIE))], Redirect::to(PATH)).into_response())
}

/// `GET /openid/{county}`
pub(crate) async fn to_provider(
    State(entrance): State<Entrance>,
    Path(county): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = Language::of(&headers);
    let Some(provider) = entrance.providers.get(&county) else {
        return refusal::not_found(entrance.site, language);
    };
    match provider.begin(&entrance.keyring, now()).await {
        Ok((address, way)) => {
            let set = set_cookie(WAY_COOKIE, &way, Some(WAY_SECONDS));
            ([(header::SET_COOKIE, set)], Redirect::to(&address)).into_response()
        }
        Err(error) => {
            let (status, text) = why_not(language, &error);
            door_page(&entrance, language, status, Some(text), None)
        }
    }
}

/// What a provider sends back.
#[derive(Deserialize)]
pub(crate) struct FromProvider {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /openid-back?code=…&state=…`
pub(crate) async fn back_from_provider(
    State(entrance): State<Entrance>,
    Extension(PeerAddress(from)): Extension<PeerAddress>,
    headers: HeaderMap,
    Query(said): Query<FromProvider>,
) -> Response {
    let language = Language::of(&headers);
    let entered = async {
        if !entrance.tries.may(from.ip()) {
            return Err(SignInError::Busy);
        }
        let way = cookie(&headers, WAY_COOKIE).ok_or(SignInError::Stray)?;
        let county = way.split_once('.').map_or("", |(county, _)| county);
        let provider = entrance.providers.get(county).ok_or(SignInError::Stray)?;
        let now = now();
        let subject = provider.finish(&entrance.keyring, way, &said.state, said.code, now).await?;
        entrance.door.by_subject(county, &subject, now).await
    };
    let mut response = match entered.await {
        Ok(token) => let_in(&entrance, &token),
        Err(error) => {
            let (status, text) = why_not(language, &error);
            door_page(&entrance, language, status, Some(text), None)
        }
    };
    response.headers_mut().append(header::SET_COOKIE, end_cookie(WAY_COOKIE));
    response
}

/// `GET /password`
pub(crate) async fn show_password(
    State(entrance): State<Entrance>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = entrance.visit_before_change(&headers).await?;
    Ok(password_page(&entrance, visit.language, &visit.signed, StatusCode::OK, None))
}

/// The old password and twice the new one.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    csrf: String,
    old: String,
    new: String,
    again: String,
}

/// `POST /password`
pub(crate) async fn change_password(
    State(entrance): State<Entrance>,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Instead> {
    let visit = entrance.visit_before_change(&headers).await?;
    let (language, signed) = (visit.language, &visit.signed);
    if !signed.fits_form(&form.csrf) {
        return Ok(refusal::forged(entrance.site, language));
    }
    let refused =
        |text: &str| password_page(&entrance, language, signed, StatusCode::UNPROCESSABLE_ENTITY, Some(text));
    if form.new != form.again {
        return Ok(refused(
            language.say("两次输入的新口令不一致。", "The new password was not typed alike twice."),
        ));
    }
    Ok(match entrance.door.change_password(signed, form.old, form.new, visit.now).await {
        Ok(()) => Redirect::to(entrance.site.home).into_response(),
        Err(SignInError::Password(_)) => refused(language.say(
            "新口令太简单：12至128个字符，至少6种不同字符，不含账号。",
            "The new password is too easy: 12 to 128 characters, at least 6 different ones, without the name.",
        )),
        Err(SignInError::Wrong) => refused(language.say("原口令有误。", "The old password is wrong.")),
        Err(SignInError::Waiting(_)) => {
            refused(language.say("口令多次有误，请稍后再试。", "Too many wrong passwords; please wait a little."))
        }
        Err(error) => refusal::at_the_door(entrance.site, language, &error),
    })
}

fn password_page(
    entrance: &Entrance,
    language: Language,
    signed: &fengqiao_signin::Signed,
    status: StatusCode,
    wrong: Option<&str>,
) -> Response {
    let title = language.say("修改口令", "Change the password");
    let field = |name: &str, label: &str, known: bool| -> Markup {
        let complete = if known { "current-password" } else { "new-password" };
        html! {
            label for=(name) { (label) }
            input type="password" id=(name) name=(name) maxlength=(MOST) autocomplete=(complete)
                minlength=[(!known).then_some(FEWEST)] required;
        }
    };
    let main = html! {
        div class="entry" {
            h1 { (title) }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            @if signed.account.must_change {
                p { (language.say("初次登录，请先设置自己的口令。", "Please set a password of your own first.")) }
            }
            form method="post" action=(PASSWORD) {
                (form_token(signed))
                (field("old", language.say("原口令", "Old password"), true))
                (field("new", language.say("新口令（至少12个字符）", "New password (at least 12 characters)"), false))
                (field("again", language.say("再输一次新口令", "New password again"), false))
                p { button type="submit" { (title) } }
            }
        }
    };
    page(&Frame { site: entrance.site, language, title, path: PASSWORD, signed: Some(signed) }, status, &main)
}
