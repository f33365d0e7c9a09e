//! One push: the form as it looks on paper, what can be done, and what was done.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{
    Frame, Instead, Language, Visit,
    level::mark,
    shell::{alert, form_token, page},
};
use fengqiao_proto::{
    notification::v1::ReceiptState,
    types::v1::{FormKind, Matter, PushSubject},
};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Desk, SITE,
    history::history,
    inbox::{PATH, due_word, state_mark},
    reading::{Way, asking},
    refusal,
    words::{CANNOT_REASONS, DeskWords as _, OUTCOMES, RETURN_REASONS},
};
use crate::{
    answering::{FEEDBACK_TEXT, RETURN_TEXT},
    domain::owed::Owed,
    error::NotificationError,
    store::DeskPush,
    wire,
};

/// What was just done, and by which reading the page is open.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    done: String,
    #[serde(default)]
    reading: String,
}

/// What one had typed when something was wrong, to be typed no second time.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub return_text: String,
    pub evidence: String,
    pub feedback_text: String,
}

/// `GET /pushes/{push_id}`
pub(super) async fn show(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = desk.entrance.visit(&headers).await?;
    let Ok(push_id) = Uuid::parse_str(&push_id) else { return Ok(refusal::not_found(visit.language)) };
    let language = visit.language;
    let done = match after.done.as_str() {
        "signed" => Some(language.say("已签收。", "Signed.")),
        "returned" => Some(language.say("已退回。", "Returned.")),
        "answered" => Some(language.say("已反馈。", "Your feedback is taken.")),
        _ => None,
    };
    let top = done.map(|done| html! { p class="done" role="status" { (done) } });
    let way = Way::of(&after.reading);
    Ok(rendered(&desk, &visit, (push_id, way), StatusCode::OK, top, &Typed::default()).await)
}

/// The page after something that was not right.
pub(super) async fn with_alert(
    desk: &Desk,
    visit: &Visit<'_>,
    which: (Uuid, Way),
    (status, text): (StatusCode, String),
    typed: &Typed,
) -> Response {
    rendered(desk, visit, which, status, Some(alert(&text)), typed).await
}

async fn rendered(
    desk: &Desk,
    visit: &Visit<'_>,
    which: (Uuid, Way),
    status: StatusCode,
    top: Option<Markup>,
    typed: &Typed,
) -> Response {
    match whole(desk, visit, which, status, top, typed).await {
        Ok(response) => response,
        Err(error) => refusal::of(visit.language, "showing a push", &error),
    }
}

async fn whole(
    desk: &Desk,
    visit: &Visit<'_>,
    (push_id, way): (Uuid, Way),
    status: StatusCode,
    top: Option<Markup>,
    typed: &Typed,
) -> Result<Response, NotificationError> {
    let (county, agency) = (visit.signed.county.as_str(), visit.signed.account.agency.as_str());
    let store = &desk.delivery.store;
    let one = store.desk_push(county, agency, push_id).await?;
    let Some(way) = desk.way_in(visit, push_id, way).await? else {
        return Ok(asking(visit, &one, status, top, ""));
    };
    let matter = wire::open_matter(&desk.delivery.keyring, &one.push)?;
    let answers = store.given_answers(county, push_id, Some(agency)).await?;
    let files = desk.answering.files.list(county, push_id, Some(agency)).await?;
    let language = visit.language;
    let title = language.form(one.push.form);
    let main = html! {
        p class="back-link" { a href=(PATH) { (language.say("← 返回待办", "← Back to the list")) } }
        @if let Some(top) = top { (top) }
        p class="no-print" {
            (mark(language, one.push.level)) (state_mark(visit, &one))
            @if let Some(due) = one.due() {
                (due_word(language, one.owed())) " " strong { (visit.minute(due)) }
            }
        }
        (paper(visit, &one, &matter))
        @if !one.push.form_number.is_empty() {
            p class="no-print" {
                a href={ (PATH) "/" (push_id) "/paper" (way) } { (language.say("下载文书（PDF）", "The form as PDF")) }
            }
        }
        @if let Some(link) = bulletin_link(one.push.form, &matter) {
            p class="no-print" { a href=(link) rel="noreferrer" { (language.say("下载统计报告（PDF）", "The bulletin as PDF")) } }
        }
        (acts(desk, visit, &one, way, typed))
        h2 class="no-print" { (language.say("办理经过", "History")) }
        div class="no-print" { (history(desk, visit, (&one, way), &answers, &files)?) }
    };
    let path = format!("{PATH}/{push_id}{way}");
    Ok(page(&Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) }, status, &main))
}

/// Where the bulletin of a form is read: its link stands in the form's words.
fn bulletin_link(form: FormKind, matter: &Matter) -> Option<&str> {
    let link = matter.narrative.lines().filter_map(|line| line.find("https://").map(|at| &line[at..])).next();
    link.filter(|_| form == FormKind::Bulletin)?.split_whitespace().next()
}

/// The form as an office has it on paper.
fn paper(visit: &Visit<'_>, one: &DeskPush, matter: &Matter) -> Markup {
    let (language, push) = (visit.language, &one.push);
    let row = |name: &str, value: &str| {
        html! {
            @if !value.trim().is_empty() { tr { th scope="row" { (name) } td { (value) } } }
        }
    };
    let due = |at: Option<jiff::Timestamp>| at.map(|at| visit.minute(at)).unwrap_or_default();
    let category = &visit.county.categories.canonical(&push.category).name;
    let opening = match push.form {
        FormKind::NoticeForm => language.say(
            "现将有关情况告知如下，请知悉并配合：",
            "You are told the following; please know of it and help:",
        ),
        FormKind::WarningLetter => {
            language.say("现就有关风险预警如下，请防范处置：", "You are warned of the following; please act:")
        }
        FormKind::SupervisionReminder | FormKind::SupervisionYellow | FormKind::SupervisionRed => language
            .say(
                "现就有关事项督办如下，请限期办理并反馈：",
                "You are pressed for the following; please settle it in time and answer:",
            ),
        FormKind::RectificationNotice => {
            language.say("现责令整改如下：", "The following has to be put right:")
        }
        FormKind::WhistleForm => language.say("请立即到场报到：", "Please come to the spot and report in:"),
        FormKind::MeetingMinutes => {
            language.say("会议议定事项如下，请办理：", "A meeting decided the following; please see to it:")
        }
        FormKind::OpinionOrAgreement => language.say("内容如下：", "It says the following:"),
        FormKind::Bulletin => language.say("现将统计报告送上，请阅：", "A bulletin for you to read:"),
        FormKind::ReminderLetter => language
            .say("现就有关事项提示如下，请办理：", "You are reminded of the following; please see to it:"),
        FormKind::ReportForm | FormKind::Unspecified => language.say(
            "现将有关情况报告如下，请签收办理：",
            "The following is reported to you; please sign and act:",
        ),
    };
    html! {
        article class="paper" aria-labelledby="form-title" {
            @if push.drill { p class="alert" { (language.say("演练", "Exercise")) } }
            h1 id="form-title" { (language.form(push.form)) }
            p class="number" {
                @match push.subject {
                    _ if !push.form_number.is_empty() => (push.form_number),
                    PushSubject::Duty => (language.say("职责事项", "A duty")),
                    _ => { (language.say("编号：", "No. ")) (push.case_number) },
                }
            }
            p class="to" { (visit.signed.agency_name) (language.say("：", ":")) }
            p { (opening) }
            table {
                tbody {
                    (row(language.say("事由", "Matter"), &matter.title))
                    @if !push.form_number.is_empty() {
                        (row(language.say("案件编号", "Case"), &push.case_number))
                    }
                    (row(language.say("需求", "What is needed"), &matter.need))
                    (row(language.say("安全联系时间", "When to call safely"), &matter.safe_contact_time))
                    (row(language.say("等级", "Level"), language.level(push.level)))
                    @if !push.category.is_empty() { (row(language.say("类别", "Kind"), category)) }
                    (row(language.say("地区", "Area"), &push.area_name))
                    (row(language.say("地址", "Address"), &matter.address))
                    @for party in &matter.parties {
                        (row(language.party(party.role()), &fengqiao_forms::person(party)))
                    }
                    @if !matter.narrative.is_empty() {
                        tr { th scope="row" { (language.say("内容", "What was told")) } td class="told" { (matter.narrative) } }
                    }
                    (row(language.say("推送缘由", "Why it is pushed"), &push.reason))
                    (row(language.say("签收时限", "Sign by"), &due(push.sign_by)))
                    (row(language.say("反馈时限", "Answer by"), &due(push.answer_by)))
                }
            }
            p class="seal" {
                (visit.county.name) (language.say("综治中心（印章）", " Governance Centre (seal)")) br;
                (visit.day(push.requested_at))
            }
        }
    }
}

/// What can be done in its state.
fn acts(desk: &Desk, visit: &Visit<'_>, one: &DeskPush, way: Way, typed: &Typed) -> Markup {
    let language = visit.language;
    let may_return = matches!(one.push.receipt, ReceiptState::Unsigned | ReceiptState::Signed);
    let may_answer = matches!(one.push.receipt, ReceiptState::Signed | ReceiptState::Answered);
    html! {
        section class="acts" aria-label=(language.say("办理", "Act")) {
            @if one.owed() == Owed::Signature {
                form class="act" method="post" action={ (PATH) "/" (one.push.push_id) "/sign" (way) } {
                    (form_token(&visit.signed))
                    button type="submit" { (language.say("签收", "Sign")) }
                }
            }
            @if may_answer { (feedback_form(desk, visit, one, way, typed)) }
            @if may_return { (return_form(visit, one, way, typed)) }
        }
    }
}

fn feedback_form(desk: &Desk, visit: &Visit<'_>, one: &DeskPush, way: Way, typed: &Typed) -> Markup {
    let language = visit.language;
    let rules = desk.answering.rules(&visit.signed.county);
    let megabytes = rules.largest_file / 1_000_000;
    html! {
        h2 { (language.say("反馈", "Feedback")) }
        form class="act" method="post" enctype="multipart/form-data"
            action={ (PATH) "/" (one.push.push_id) "/feedback" (way) } {
            (form_token(&visit.signed))
            input type="hidden" name="request_id" value=(Uuid::now_v7());
            fieldset {
                legend { (language.say("办理情况", "How far it is")) }
                @for outcome in OUTCOMES {
                    label {
                        input type="radio" name="outcome" value=(outcome as i32) required;
                        " " (language.outcome(outcome))
                    }
                }
            }
            label for="cannot" { (language.say("无法办理的原因", "Why it cannot be done")) }
            select id="cannot" name="cannot_reason" {
                option value="0" { (language.say("（仅在无法办理时选择）", "(only where it cannot be done)")) }
                @for reason in CANNOT_REASONS { option value=(reason as i32) { (language.cannot_reason(reason)) } }
            }
            @if !rules.templates.is_empty() {
                label for="template" { (language.say("回复模板", "Reply template")) }
                select id="template" name="template" aria-describedby="template-hint" {
                    option value="" { (language.say("（不用模板）", "(none)")) }
                    @for (number, template) in rules.templates.iter().enumerate() {
                        option value=(number) { (language.outcome(template.outcome)) " · " (template.text) }
                    }
                }
                p class="hint" id="template-hint" {
                    (language.say("模板写在文字之前；只用模板不算实质性反馈。", "It is put before your words; a template alone does not count as substantive."))
                }
            }
            label for="feedback-text" { (language.say("做了什么", "What was done")) }
            textarea id="feedback-text" name="text" maxlength=(FEEDBACK_TEXT) { (typed.feedback_text) }
            label for="files" { (language.say("附件", "Files")) }
            input type="file" id="files" name="files" multiple aria-describedby="files-hint"
                accept="image/*,application/pdf,.doc,.docx,.xls,.xlsx,audio/*,video/mp4";
            p class="hint" id="files-hint" {
                @match language {
                    Language::Chinese => {
                        "照片、扫描件、文档、录音录像，每个不超过" (megabytes) "兆字节。"
                    },
                    Language::English => {
                        "Photos, scans, documents, recordings; at most " (megabytes) " MB each."
                    },
                }
            }
            p { button type="submit" { (language.say("提交反馈", "Send the feedback")) } }
        }
    }
}

fn return_form(visit: &Visit<'_>, one: &DeskPush, way: Way, typed: &Typed) -> Markup {
    let language = visit.language;
    html! {
        details open[!typed.return_text.is_empty() || !typed.evidence.is_empty()] {
            summary { (language.say("退回", "Return it")) }
            form class="act" method="post" action={ (PATH) "/" (one.push.push_id) "/return" (way) } {
                (form_token(&visit.signed))
                fieldset {
                    legend { (language.say("退回理由", "Why")) }
                    @for reason in RETURN_REASONS {
                        label {
                            input type="radio" name="reason" value=(reason as i32) required;
                            " " (language.return_reason(reason))
                        }
                    }
                }
                label for="return-text" { (language.say("说明", "In words")) }
                textarea id="return-text" name="text" maxlength=(RETURN_TEXT) { (typed.return_text) }
                label for="evidence" { (language.say("佐证材料（每行一项）", "What shows it (one a line)")) }
                textarea id="evidence" name="evidence" { (typed.evidence) }
                p { button type="submit" class="back" { (language.say("退回中心", "Return to the centre")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_of_a_bulletin_is_found_in_its_form() {
        let narrative =
            "主要情况：受理诉求120件。\n全文：https://board.example.gov.cn/bulletins/421181/b1/00ff\n"
                .to_owned();
        let matter = Matter { narrative, ..Matter::default() };
        let link = "https://board.example.gov.cn/bulletins/421181/b1/00ff";
        assert_eq!(bulletin_link(FormKind::Bulletin, &matter), Some(link));
        assert_eq!(bulletin_link(FormKind::ReminderLetter, &matter), None);
        let without = Matter { narrative: "全文：fengqiao bulletin get b1".into(), ..Matter::default() };
        assert_eq!(bulletin_link(FormKind::Bulletin, &without), None);
    }
}
