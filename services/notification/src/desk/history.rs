//! What was done with a push, for its page.

use fengqiao_pages::Visit;
use fengqiao_proto::notification::v1::{Answer, AnswerKind, Attachment};
use maud::{Markup, html};

use super::{Desk, inbox::PATH, reading::Way, words::DeskWords as _};
use crate::{
    error::NotificationError,
    store::{DeskPush, GivenAnswer},
    wire,
};

/// The push and what followed, the oldest first.
pub(super) fn history(
    desk: &Desk,
    visit: &Visit<'_>,
    (one, way): (&DeskPush, Way),
    answers: &[GivenAnswer],
    files: &[Attachment],
) -> Result<Markup, NotificationError> {
    let (language, push) = (visit.language, &one.push);
    let staff = desk.entrance.door().staff(&visit.signed.county);
    let who = |given: &GivenAnswer, shown: &Answer| match (&shown.recorded, &staff) {
        (Some(recorded), _) => format!("{} {}", recorded.capacity, recorded.name),
        (None, Some(staff)) => {
            format!("{} {}", staff.post_name(&given.capacity), staff.person_name(&given.actor))
        }
        (None, None) => given.actor.clone(),
    };
    let told = answers
        .iter()
        .map(|given| Ok((given, wire::answer(&desk.delivery.keyring, &push.county, given)?)))
        .collect::<Result<Vec<_>, NotificationError>>()?;
    Ok(html! {
        ol class="history" {
            li { (visit.minute(push.requested_at)) " " strong { (language.say("推送", "Pushed")) } " " (push.reason) }
            @if let Some(at) = push.delivered_at {
                li { (visit.minute(at)) " " strong { (language.say("送达", "Delivered")) } }
            }
            @for (given, shown) in told {
                li {
                    (visit.minute(given.at)) " " strong { (language.answer(given.kind)) } " " (who(given, &shown)) " "
                    @if let Some(recorded) = &given.recorded {
                        span class="mark" { (language.recorded(recorded.means)) }
                    }
                    @match given.kind {
                        AnswerKind::Returned => span class="mark" { (language.return_reason(given.return_reason)) },
                        AnswerKind::Feedback => {
                            span class="mark" { (language.outcome(given.outcome)) }
                            @if given.cannot_reason != Default::default() {
                                span class="mark" { (language.cannot_reason(given.cannot_reason)) }
                            }
                            @if given.substantive == Some(true) {
                                span class="mark good" { (language.say("实质性反馈", "Substantive")) }
                            }
                        },
                        _ => {},
                    }
                    @if !shown.text.is_empty() { p class="said" { (shown.text) } }
                    @for file in files.iter().filter(|file| given.attachments.iter().any(|id| id.to_string() == file.attachment_id)) {
                        p { a href={ (PATH) "/" (push.push_id) "/files/" (file.attachment_id) (way) } { (file.name) }
                            " (" (kilobytes(file.size)) ")" }
                    }
                }
            }
        }
    })
}

fn kilobytes(size: i64) -> String {
    format!("{} kB", (size / 1000).max(1))
}
