//! A push of a protected case is opened with a purpose: the page asks for it first, and who opened it, and why, is kept
//! before anything is shown. It is asked again each time that somebody comes from the list, and not at each act on the page:
//! the page's address, its forms and its links carry the reading by which it was opened, which opens it to the same person
//! only, and not for long.

use std::fmt;

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use fengqiao_pages::{
    Frame, Instead, Language, Visit,
    level::mark,
    shell::{alert, form_token, page},
};
use fengqiao_proto::notification::v1::ReadPart;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Desk, SITE,
    inbox::{PATH, state_mark},
    refusal,
    words::DeskWords as _,
};
use crate::{
    domain::reading::{PURPOSE, Reader, STAYS_OPEN},
    error::NotificationError,
    readings::{Reads, keep},
    store::{DeskPush, Opened},
};

/// By which reading a page was opened, as its address says.
#[derive(Deserialize)]
pub(super) struct By {
    #[serde(default)]
    reading: String,
}

impl By {
    pub(super) fn way(&self) -> Way {
        Way::of(&self.reading)
    }
}

/// The reading by which a page was opened; none where none was needed, or none was given. It is shown as the end of an
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way(Option<Uuid>);

impl Way {
    /// The reading that an address names.
    pub(super) fn of(text: &str) -> Self {
        Self(Uuid::parse_str(text).ok())
    }

    /// The same after something else that the address says.
    pub(super) fn beside(self) -> String {
        self.0.map(|reading| format!("&reading={reading}")).unwrap_or_default()
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |reading| write!(f, "?reading={reading}"))
    }
}

/// Why it is read.
#[derive(Deserialize)]
pub(super) struct PurposeForm {
    csrf: String,
    #[serde(default)]
    purpose: String,
}

/// `POST /pushes/{push_id}/open`
pub(super) async fn open(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<PurposeForm>,
) -> Result<Response, Instead> {
    let (visit, push_id) = desk.visit_to_change(&headers, &push_id, &form.csrf).await?;
    let opened = desk.opened(&visit, push_id, &form.purpose).await;
    Ok(opened.unwrap_or_else(|error| refusal::of(visit.language, "opening a push", &error)))
}

impl Desk {
    async fn opened(
        &self,
        visit: &Visit<'_>,
        push_id: Uuid,
        purpose: &str,
    ) -> Result<Response, NotificationError> {
        let reader = reader(visit);
        let county = visit.signed.county.as_str();
        let one = self.delivery.store.desk_push(county, reader.agency, push_id).await?;
        let reads = Reads { county, push_id, part: ReadPart::Push, reader, purpose };
        match keep(&self.delivery, reads, visit.now).await {
            Ok(reading) => Ok(Redirect::to(&format!("{PATH}/{push_id}{}", Way(reading))).into_response()),
            Err(error) => {
                let (status, text) = refusal::what_is_wrong(visit.language, &error).ok_or(error)?;
                Ok(asking(visit, &one, status, Some(alert(&text)), purpose))
            }
        }
    }

    /// The way by which a push may be shown: as it came, or none where its case is not protected. Nothing where it has to
    /// be asked first why it is read.
    pub(super) async fn way_in(
        &self,
        visit: &Visit<'_>,
        push_id: Uuid,
        way: Way,
    ) -> Result<Option<Way>, NotificationError> {
        let store = &self.delivery.store;
        if store.protected_of(&visit.signed.county, &[push_id]).await?.is_empty() {
            return Ok(Some(Way(None)));
        }
        let Some(reading) = way.0 else { return Ok(None) };
        Ok(store.is_open(opened_by(visit, push_id, reading)).await?.then_some(way))
    }

    /// Whether what belongs to a push may be given out; that it is, is kept where its case is protected.
    pub(super) async fn may_give(
        &self,
        visit: &Visit<'_>,
        push_id: Uuid,
        way: Way,
        part: ReadPart,
    ) -> Result<bool, NotificationError> {
        let store = &self.delivery.store;
        if store.protected_of(&visit.signed.county, &[push_id]).await?.is_empty() {
            return Ok(true);
        }
        match way.0 {
            Some(reading) => store.keep_part(opened_by(visit, push_id, reading), part, visit.now).await,
            None => Ok(false),
        }
    }
}

fn reader<'a>(visit: &'a Visit<'_>) -> Reader<'a> {
    let account = &visit.signed.account;
    Reader { actor: &account.person, capacity: &account.post, agency: &account.agency }
}

fn opened_by<'a>(visit: &'a Visit<'_>, push_id: Uuid, id: Uuid) -> Opened<'a> {
    let since = visit.now - STAYS_OPEN;
    Opened { county: &visit.signed.county, id, push_id, reader: reader(visit), since }
}

/// To the page of a push, which asks.
pub(super) fn ask_first(push_id: Uuid) -> Response {
    Redirect::to(&format!("{PATH}/{push_id}")).into_response()
}

/// That the case is protected, in a word.
pub(super) fn protected_mark(language: Language) -> Markup {
    html! { span class="mark" { (language.say("受保护", "Protected")) } }
}

/// The page that asks why, with no more of the push than the list shows.
pub(super) fn asking(
    visit: &Visit<'_>,
    one: &DeskPush,
    status: StatusCode,
    top: Option<Markup>,
    typed: &str,
) -> Response {
    let (language, push) = (visit.language, &one.push);
    let title = language.say("受保护事项", "A protected case");
    let main = html! {
        p class="back-link" { a href=(PATH) { (language.say("← 返回待办", "← Back to the list")) } }
        @if let Some(top) = top { (top) }
        h1 { (title) }
        p {
            (mark(language, push.level)) (state_mark(visit, one)) (protected_mark(language))
            (language.form(push.form)) " " (push.case_number)
            @if !push.area_name.is_empty() { " · " (push.area_name) }
        }
        form class="act" method="post" action={ (PATH) "/" (push.push_id) "/open" } {
            (form_token(&visit.signed))
            label for="purpose" { (language.say("查看事由", "Why you read it")) }
            input type="text" id="purpose" name="purpose" value=(typed) maxlength=(PURPOSE) required
                autocomplete="off" aria-describedby="purpose-hint";
            p class="hint" id="purpose-hint" {
                (language.say(
                    "涉及未成年人、家庭暴力、健康或保密的事项，查看前须写明事由；何人、何时、因何查看均留记录。请勿写当事人姓名。",
                    "It is about a minor, violence in a family, health, or is confidential. Who reads it, when and why is kept. \
                     Please name none of its people.",
                ))
            }
            p { button type="submit" { (language.say("查看", "Open")) } }
        }
    };
    let path = format!("{PATH}/{}", push.push_id);
    page(&Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) }, status, &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_the_reading_or_nothing() {
        let way = Way::of("01939f2a-0000-7000-8000-000000000000");
        assert_eq!(way.to_string(), "?reading=01939f2a-0000-7000-8000-000000000000");
        assert_eq!(way.beside(), "&reading=01939f2a-0000-7000-8000-000000000000");
        let none = Way::of("\"><script>");
        assert_eq!((none.to_string(), none.beside()), (String::new(), String::new()));
    }
}
