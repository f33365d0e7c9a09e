//! Signing and returning.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use fengqiao_pages::{Instead, Visit, entry::TokenOnly};
use fengqiao_proto::notification::v1::ReturnReason;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Desk, answerer,
    form::{Typed, with_alert},
    inbox::PATH,
    reading::{By, Way},
    refusal,
};
use crate::{answering::GivenBack, domain::push::Push, error::NotificationError};

/// `POST /pushes/{push_id}/sign`
pub(super) async fn sign(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    Query(by): Query<By>,
    headers: HeaderMap,
    Form(form): Form<TokenOnly>,
) -> Result<Response, Instead> {
    let (visit, push_id) = desk.visit_to_change(&headers, &push_id, &form.csrf).await?;
    let done = desk.answering.sign(&answerer(&visit), push_id, visit.now).await;
    Ok(desk.after(&visit, (push_id, by.way()), "signed", done, &Typed::default()).await)
}

/// Why it is returned.
#[derive(Deserialize)]
pub(super) struct ReturnForm {
    csrf: String,
    #[serde(default)]
    reason: i32,
    #[serde(default)]
    text: String,
    #[serde(default)]
    evidence: String,
}

/// `POST /pushes/{push_id}/return`
pub(super) async fn give_back(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    Query(by): Query<By>,
    headers: HeaderMap,
    Form(form): Form<ReturnForm>,
) -> Result<Response, Instead> {
    let (visit, push_id) = desk.visit_to_change(&headers, &push_id, &form.csrf).await?;
    let given = GivenBack {
        reason: ReturnReason::try_from(form.reason).unwrap_or_default(),
        // Browsers end lines in their own way, and count them as one.
        text: form.text.replace("\r\n", "\n"),
        evidence: form
            .evidence
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let done = desk.answering.give_back(&answerer(&visit), push_id, &given, visit.now).await;
    let typed = Typed { return_text: form.text, evidence: form.evidence, ..Typed::default() };
    Ok(desk.after(&visit, (push_id, by.way()), "returned", done, &typed).await)
}

impl Desk {
    /// Who changes something, with a form of this session.
    pub(super) async fn visit_to_change(
        &self,
        headers: &HeaderMap,
        push_id: &str,
        form_token: &str,
    ) -> Result<(Visit<'_>, Uuid), Instead> {
        let visit = self.entrance.visit(headers).await?;
        if !visit.signed.fits_form(form_token) {
            return Err(refusal::forged(visit.language).into());
        }
        let push_id =
            Uuid::parse_str(push_id).map_err(|_| Instead::from(refusal::not_found(visit.language)))?;
        Ok((visit, push_id))
    }

    /// Back to the push where it was done; else the page again, saying what is to be mended.
    pub(super) async fn after(
        &self,
        visit: &Visit<'_>,
        (push_id, way): (Uuid, Way),
        word: &str,
        done: Result<Push, NotificationError>,
        typed: &Typed,
    ) -> Response {
        match done {
            Ok(_) => Redirect::to(&format!("{PATH}/{push_id}?done={word}{}", way.beside())).into_response(),
            Err(error) => match refusal::what_is_wrong(visit.language, &error) {
                Some(wrong) => with_alert(self, visit, (push_id, way), wrong, typed).await,
                None => refusal::of(visit.language, "changing a push", &error),
            },
        }
    }
}
