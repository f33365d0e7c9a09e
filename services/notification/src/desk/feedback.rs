//! Feedback with its files. The form's parts come in their order: the token is seen before any file is read, and a file
//! is taken piece by piece as it comes.

use axum::{
    extract::{Multipart, Path, Query, State, multipart::Field},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use fengqiao_pages::{Instead, Visit, refusal as shared};
use fengqiao_proto::notification::v1::{CannotReason, FeedbackOutcome};
use fengqiao_serving::time::now;
use uuid::Uuid;

use super::{Desk, SITE, answerer, form::Typed, reading::By, refusal};
use crate::{
    answer_rules::AnswerRules,
    answering::{Feedback, MOST_FILES},
    attachments::Coming,
    error::NotificationError,
};

/// All files of a form together are at most so many times as large as one may be.
const FILES_AT_ONCE: u64 = 4;
/// The parts of the form that are no files, in bytes each.
const PART_BYTES: usize = 20_000;

/// Why a form is not taken.
enum Refused {
    /// It carries no token of this session.
    Forged,
    /// The connection broke, or it is no form.
    Broken,
    Wrong(NotificationError),
}

impl From<NotificationError> for Refused {
    fn from(error: NotificationError) -> Self {
        Self::Wrong(error)
    }
}

/// `POST /pushes/{push_id}/feedback`
pub(super) async fn take(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    Query(by): Query<By>,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Instead> {
    let visit = desk.entrance.visit(&headers).await?;
    let language = visit.language;
    let Ok(push_id) = Uuid::parse_str(&push_id) else { return Ok(refusal::not_found(language)) };
    let rules = desk.answering.rules(&visit.signed.county);
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|bytes| bytes > rules.largest_file * FILES_AT_ONCE) {
        // Nothing of it is read.
        let error = NotificationError::FileTooLarge { most: rules.largest_file };
        return Ok(refusal::of(language, "taking files", &error));
    }
    Ok(match received(&desk, &visit, &rules, push_id, form).await {
        Ok(given) => {
            let done = desk.answering.feedback(&answerer(&visit), push_id, &given, now()).await;
            let typed = Typed { feedback_text: given.text, ..Typed::default() };
            desk.after(&visit, (push_id, by.way()), "answered", done, &typed).await
        }
        Err(Refused::Forged) => refusal::forged(language),
        Err(Refused::Broken) => {
            let text = language
                .say("表单没有完整送达，请再试一次。", "The form did not come whole; please try again.");
            shared::plain(&SITE, language, StatusCode::BAD_REQUEST, text)
        }
        Err(Refused::Wrong(error)) => {
            desk.after(&visit, (push_id, by.way()), "", Err(error), &Typed::default()).await
        }
    })
}

async fn received(
    desk: &Desk,
    visit: &Visit<'_>,
    rules: &AnswerRules,
    push_id: Uuid,
    mut form: Multipart,
) -> Result<Feedback, Refused> {
    let mut given = Feedback::default();
    let mut template = None;
    let mut is_ours = false;
    while let Some(field) = form.next_field().await.map_err(|_| Refused::Broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "csrf" {
            is_ours = visit.signed.fits_form(&text_of(field).await?);
            continue;
        }
        if !is_ours {
            return Err(Refused::Forged);
        }
        match name.as_str() {
            "request_id" => given.request_id = text_of(field).await?,
            "outcome" => {
                let number = text_of(field).await?.parse::<i32>().unwrap_or_default();
                given.outcome = FeedbackOutcome::try_from(number).unwrap_or_default();
            }
            "cannot_reason" => {
                let number = text_of(field).await?.parse::<i32>().unwrap_or_default();
                given.cannot_reason = CannotReason::try_from(number).unwrap_or_default();
            }
            "template" => {
                let number = text_of(field).await?.parse::<usize>().ok();
                template = number.and_then(|number| rules.templates.get(number));
            }
            // Browsers end lines in their own way.
            "text" => given.text = text_of(field).await?.replace("\r\n", "\n"),
            // An empty choice of files comes as one without a name.
            "files" if field.file_name().is_some_and(|name| !name.is_empty()) => {
                if given.attachments.len() == MOST_FILES {
                    return Err(NotificationError::TooManyFiles.into());
                }
                given.attachments.push(file_of(desk, visit, rules, push_id, field).await?);
            }
            _ => drop(text_of(field).await?),
        }
    }
    if !is_ours {
        return Err(Refused::Forged);
    }
    if given.outcome == FeedbackOutcome::Cannot && given.cannot_reason == CannotReason::Unspecified {
        return Err(NotificationError::wrong("cannotReason", "must say why it cannot be done").into());
    }
    if let Some(template) = template {
        let own = given.text.trim();
        given.text = if own.is_empty() { template.text.clone() } else { format!("{}\n{own}", template.text) };
    }
    Ok(given)
}

/// A part that is no file; longer than any may be is broken.
async fn text_of(mut field: Field<'_>) -> Result<String, Refused> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| Refused::Broken)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > PART_BYTES {
            return Err(Refused::Broken);
        }
    }
    String::from_utf8(bytes).map_err(|_| Refused::Broken)
}

async fn file_of(
    desk: &Desk,
    visit: &Visit<'_>,
    rules: &AnswerRules,
    push_id: Uuid,
    mut field: Field<'_>,
) -> Result<Uuid, Refused> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let coming = Coming { push_id, name, size: None, most: rules.largest_file };
    let mut upload = desk.answering.files.begin(&answerer(visit), coming).await?;
    loop {
        let written = match field.chunk().await {
            Ok(None) => break,
            Ok(Some(piece)) => upload.write(&piece).await.map_err(Refused::Wrong),
            Err(_) => Err(Refused::Broken),
        };
        if let Err(refused) = written {
            upload.give_up().await;
            return Err(refused);
        }
    }
    let attachment = upload.finish(now()).await?;
    // It is one that we made.
    Ok(Uuid::parse_str(&attachment.attachment_id).unwrap_or_default())
}
