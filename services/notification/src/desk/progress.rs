//! The residents' page (办理进度查询): by a case's number and a second secret one sees stage and days, and whom to phone.
//! Nothing else of the case is shown, and of a protected case nothing at all.

use std::sync::{Arc, LazyLock};

use axum::{
    Extension, Form, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use fengqiao_county::{Counties, County};
use fengqiao_pages::{
    Frame, Language, Site,
    entry::which_county,
    shell::{alert, page},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{PeerAddress, time::now};
use fengqiao_signin::{Door, Lockout, SignInError, edge::Tries};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use sqlx::PgPool;

use crate::{
    domain::progress::{Stage, fits, stage, typed_code, typed_number},
    error::NotificationError,
    people::People,
    store::{Store, progress::ShownProgress},
};

/// The page's address.
const PATH: &str = "/progress";

/// It is nobody's desk: nothing on it leads there. It wears the desk's sheet, which is served there.
static RESIDENTS: LazyLock<Site> = LazyLock::new(|| {
    let name = ("办理进度查询", "How does my case stand?");
    Site::new(name, PATH, include_str!("style.css"), Vec::new())
});

/// What the page needs.
#[derive(Clone)]
pub struct Residents {
    store: Store,
    keyring: Arc<Keyring>,
    counties: Arc<Counties>,
    door: Door,
    people: People,
    tries: Arc<Tries>,
    /// Wrong codes.
    lockout: Lockout,
}

impl Residents {
    /// On this store; the door names the counties, and wrong codes are counted in this service's schema.
    #[must_use]
    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        counties: Arc<Counties>,
        door: Door,
        people: People,
        pool: PgPool,
    ) -> Self {
        let lockout = Lockout::new(pool, "case:");
        Self { store, keyring, counties, door, people, tries: Arc::default(), lockout }
    }

    /// The page.
    pub(super) fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        Router::new().route(PATH, get(show).post(look)).with_state(self)
    }
}

/// What one types.
#[derive(Deserialize)]
struct Typed {
    county: String,
    number: String,
    code: String,
}

/// Why nothing is shown.
enum Refused {
    Wrong,
    Often,
    Waiting(i64),
    Unavailable,
}

/// `GET /progress`
async fn show(State(desk): State<Residents>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    whole(language, StatusCode::OK, &asking(&desk, language, None))
}

/// `POST /progress`
async fn look(
    State(desk): State<Residents>,
    Extension(PeerAddress(from)): Extension<PeerAddress>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let language = Language::of(&headers);
    let found = if desk.tries.may(from.ip()) { desk.found(&typed).await } else { Err(Refused::Often) };
    match found {
        Ok((county, shown)) => {
            let phone = desk.people.county(&county.code).map_or("", |people| &people.settings.phone);
            whole(language, StatusCode::OK, &standing(language, county, &shown, phone))
        }
        Err(refused) => {
            let (status, text) = said(language, &refused);
            let mut response = whole(language, status, &asking(&desk, language, Some(&text)));
            if let Refused::Waiting(seconds) = refused
                && let Ok(seconds) = HeaderValue::from_str(&seconds.to_string())
            {
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            response
        }
    }
}

impl Residents {
    /// The case of what was typed. Whether there is none, or the code is wrong, is not said; each try at a number counts,
    /// before it is looked at.
    async fn found(&self, typed: &Typed) -> Result<(&County, ShownProgress), Refused> {
        let county = self.counties.get(&typed.county).ok_or(Refused::Wrong)?;
        let number = typed_number(&typed.number).ok_or(Refused::Wrong)?;
        let code = typed_code(&typed.code).ok_or(Refused::Wrong)?;
        let now = now();
        self.lockout.count_try(&county.code, &number, now).await.map_err(|error| match error {
            SignInError::Waiting(until) => Refused::Waiting(until.duration_since(now).as_secs().max(1)),
            error => unavailable(&error),
        })?;
        let found = self.store.progress(&county.code, &number).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let shown = found.filter(|shown| !shown.protected).ok_or(Refused::Wrong)?;
        let right = self.keyring.open(&shown.sealed_code, county.code.as_bytes());
        let right = right.map_err(|error| unavailable(&NotificationError::from(error)))?;
        if !fits(&code, &String::from_utf8_lossy(&right)) {
            return Err(Refused::Wrong);
        }
        self.lockout.forgive(&county.code, &number).await.map_err(|error| unavailable(&error))?;
        Ok((county, shown))
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Refused {
    tracing::warn!(error, "how a case stands cannot be shown");
    Refused::Unavailable
}

fn said(language: Language, refused: &Refused) -> (StatusCode, String) {
    let (status, text) = match refused {
        Refused::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            language.say("编号或查询码有误。", "The number or the code is wrong."),
        ),
        Refused::Often => (
            StatusCode::TOO_MANY_REQUESTS,
            language.say("查询过于频繁，请一分钟后再试。", "Too many tries from here; please wait a minute."),
        ),
        Refused::Waiting(seconds) => {
            let text = match language {
                Language::Chinese => format!("多次有误，请{seconds}秒后再试。"),
                Language::English => format!("Too many wrong tries; please wait {seconds} seconds."),
            };
            return (StatusCode::TOO_MANY_REQUESTS, text);
        }
        Refused::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            language.say("暂时无法查询，请稍后再试。", "This is not possible now; please try again soon."),
        ),
    };
    (status, text.to_owned())
}

fn asking(desk: &Residents, language: Language, wrong: Option<&str>) -> Markup {
    let counties = desk.door.counties();
    html! {
        div class="entry" {
            h1 { (language.say("办理进度查询", "How does my case stand?")) }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            form method="post" action=(PATH) {
                (which_county(language, &counties))
                label for="number" { (language.say("事项编号", "Case number")) }
                input type="text" id="number" name="number" maxlength="40" autocomplete="off" inputmode="text"
                    placeholder="20261124-0001" required;
                label for="code" { (language.say("查询码（8位数字）", "Code (8 digits)")) }
                input type="text" id="code" name="code" maxlength="20" autocomplete="off" inputmode="numeric" required;
                p class="hint" {
                    (language.say("编号和查询码在短信或受理回执上。", "Both stand in the message or on the receipt."))
                }
                p { button type="submit" { (language.say("查询", "Look")) } }
            }
        }
    }
}

fn standing(language: Language, county: &County, shown: &ShownProgress, phone: &str) -> Markup {
    let day = |at: Timestamp| {
        let form = language.say("%Y年%-m月%-d日", "%Y-%m-%d");
        at.to_zoned_datetime(county.time_zone.clone()).strftime(form).to_string()
    };
    let now = stage(shown.state, shown.signed_at, shown.revisited_at);
    let days = [
        (Stage::Received, Some(shown.opened_at)),
        (Stage::InHand, shown.signed_at),
        (Stage::Settled, shown.resolved_at),
        (Stage::Asked, shown.revisited_at),
        (if now == Stage::Rejected { Stage::Rejected } else { Stage::Closed }, shown.closed_at),
    ];
    // What was reached before the case was opened again is no stage of it now.
    let reached = days.into_iter().filter(|(stage, _)| *stage <= now);
    html! {
        div class="entry" {
            h1 { (language.say("办理进度", "How it stands")) }
            p { (language.say("事项编号：", "Case number: ")) strong { (shown.case_number) } }
            p { (language.say("当前进度：", "Now: ")) strong { (stage_name(language, now)) } }
            @if shown.merged {
                p class="hint" {
                    (language.say("已与相关事项合并办理。", "It is handled together with a related case."))
                }
            }
            ol class="history" {
                @for (stage, at) in reached {
                    @if let Some(at) = at { li { (day(at)) "　" (stage_name(language, stage)) } }
                }
            }
            @if !phone.is_empty() { p { (language.say("咨询电话：", "Whom to phone: ")) (phone) } }
            p { a href=(PATH) { (language.say("查询其他事项", "Look for another one")) } }
        }
    }
}

const fn stage_name(language: Language, stage: Stage) -> &'static str {
    match stage {
        Stage::Received => language.say("已受理", "Taken in"),
        Stage::InHand => language.say("办理中", "In hand"),
        Stage::Settled => language.say("已办结，待回访", "Settled; we shall ask you about it"),
        Stage::Asked => language.say("已回访", "Asked again"),
        Stage::Closed => language.say("已归档", "Closed"),
        Stage::Rejected => language.say("不予受理，已告知依法途径", "Not taken up; the lawful way was told"),
    }
}

fn whole(language: Language, status: StatusCode, main: &Markup) -> Response {
    let title = language.say("办理进度", "Progress");
    page(&Frame { site: &RESIDENTS, language, title, path: PATH, signed: None }, status, main)
}
