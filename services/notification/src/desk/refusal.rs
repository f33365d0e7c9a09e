//! Pages for what cannot be done, each with its status. Nothing here repeats what was sent.

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{Language, refusal as shared};

use super::SITE;
use crate::{domain::receipt::Forbidden, error::NotificationError};

/// What is not there.
pub(super) async fn no_such_page(headers: HeaderMap) -> Response {
    not_found(Language::of(&headers))
}

pub(super) fn not_found(language: Language) -> Response {
    shared::not_found(&SITE, language)
}

/// A form without the session's token.
pub(super) fn forged(language: Language) -> Response {
    shared::forged(&SITE, language)
}

/// What a person learns of a fault; those that one can mend are said in [`what_is_wrong`].
pub(super) fn of(language: Language, operation: &'static str, error: &NotificationError) -> Response {
    match error {
        NotificationError::NoSuchPush
        | NotificationError::NoSuchFile
        | NotificationError::NoSuchForm
        | NotificationError::TermOver => not_found(language),
        _ => match what_is_wrong(language, error) {
            Some((status, text)) => shared::plain(&SITE, language, status, &text),
            None => {
                tracing::warn!(operation, error = error as &dyn std::error::Error, "a page cannot be served");
                shared::unavailable(&SITE, language)
            }
        },
    }
}

/// What one can mend, in words.
pub(super) fn what_is_wrong(language: Language, error: &NotificationError) -> Option<(StatusCode, String)> {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let said = match error {
        NotificationError::Invalid(fields) => (wrong, fields_in_words(language, fields.iter().map(|f| f.field))),
        NotificationError::Forbidden(forbidden) => {
            let text = match forbidden {
                Forbidden::Returned => language.say("已经退回，由中心重新交办。", "It was returned; the centre assigns it anew."),
                Forbidden::Answered => language.say("已经反馈，不能再退回。", "It was answered and cannot be returned any more."),
                Forbidden::Recalled => language.say(
                    "中心已撤回，无须再办。",
                    "The centre has recalled it; there is nothing more to do.",
                ),
                Forbidden::Unsigned => language.say("请先签收。", "Please sign it first."),
                Forbidden::EvidenceMissing => language.say(
                    "以此理由退回，须写明佐证材料。",
                    "A return for this reason has to name what shows it.",
                ),
            };
            (StatusCode::CONFLICT, text.to_owned())
        }
        // Whoever goes back to a page that was sent and writes something else has to send it as something new.
        NotificationError::Repeated => (
            StatusCode::CONFLICT,
            language
                .say(
                    "这份反馈已经提交过，内容不同的请重新提交。",
                    "This was sent before with other words; please send it once more as a new one.",
                )
                .to_owned(),
        ),
        NotificationError::FileTooLarge { most } => {
            let megabytes = most / 1_000_000;
            let text = match language {
                Language::Chinese => format!("附件过大：每个不超过{megabytes}兆字节。"),
                Language::English => format!("The file is too large: at most {megabytes} MB each."),
            };
            (StatusCode::PAYLOAD_TOO_LARGE, text)
        }
        NotificationError::FileKind => (
            wrong,
            language
                .say(
                    "附件须为照片、扫描件、文档或录音录像；以内容判断，与文件名无关。",
                    "A file is a photo, a scan or document, or a recording, by its content, whatever its name.",
                )
                .to_owned(),
        ),
        NotificationError::TooManyFiles => {
            (wrong, language.say("附件数量已到上限。", "There are as many files as there may be.").to_owned())
        }
        _ => return None,
    };
    Some(said)
}

fn fields_in_words<'a>(language: Language, fields: impl Iterator<Item = &'a str>) -> String {
    let said: Vec<&str> = fields
        .map(|field| match field {
            "reason" => language.say("请选择退回理由。", "Please choose why it is returned."),
            "outcome" => language.say("请选择办理情况。", "Please choose how far it is."),
            "cannotReason" => language.say(
                "“无法办理”须选择原因，其他情况不选。",
                "Choose a reason where it cannot be done, and only then.",
            ),
            "text" => language.say(
                "请写明办理情况，文字不能过长。",
                "Please say in words what was done, not at too great length.",
            ),
            "purpose" => language.say(
                "请写明查看事由，不超过200字。",
                "Please say why you read it, in at most 200 characters.",
            ),
            "evidence" => {
                language.say("佐证材料每行一项，至多20项。", "What shows it: one a line, at most 20.")
            }
            "attachmentIds" | "begin.name" | "begin.size" => language
                .say("附件有误：可能为空或文件名过长。", "A file is not right: empty, or its name too long."),
            _ => language.say("表单有误，请重新填写。", "The form is not right; please fill it in again."),
        })
        .collect();
    said.join(" ")
}
