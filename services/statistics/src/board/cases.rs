//! The second step down: a list of open cases. Ids, levels, ages, who has to act; nothing of people.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{
    Frame, Instead, Visit,
    level::{colour, mark},
    refusal,
    shell::dressed,
};
use fengqiao_proto::types::v1::Level;
use fengqiao_serving::paging;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Board, SITE,
    overview::{LEVELS, PATH as BOARD},
    refused,
    view::View,
};
use crate::{
    error::StatisticsError,
    store::{AfterCase, OpenCase, WhichOpen},
};

/// The list's address.
pub(super) const PATH: &str = "/board/cases";
/// Cases of a page.
const ROWS: i64 = 50;

/// Which of them; what is not said is all.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    level: String,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    town: String,
    #[serde(default)]
    agency: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    page: String,
}

impl Which {
    fn open(&self) -> WhichOpen {
        let level = LEVELS.into_iter().find(|level| colour(*level) == self.level).unwrap_or_default();
        let (town, agency) = (self.town.clone(), self.agency.clone());
        WhichOpen { level, late: self.late, town, agency, category: self.category.clone() }
    }
}

/// `GET /board/cases?level=red&late=true&town=…&agency=…&category=…&page=…`
pub(super) async fn show(
    State(board): State<Board>,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Result<Response, Instead> {
    let visit = board.visit(&headers).await?;
    Ok(listed(&board, &visit, &which).await.unwrap_or_else(|error| refused(visit.language, &error)))
}

async fn listed(board: &Board, visit: &Visit<'_>, which: &Which) -> Result<Response, StatisticsError> {
    let view = board.view(visit.language, &visit.county.code, &visit.signed.account.agency)?;
    let language = view.language;
    if !view.may_list {
        let text = language.say(
            "名单只对县（市、区）指定的单位开放。",
            "Lists are only for the agencies that the county names.",
        );
        return Ok(refusal::plain(&SITE, language, StatusCode::FORBIDDEN, text));
    }
    let open = which.open();
    let known = (open.town.is_empty() || view.towns().contains(&open.town))
        && (open.category.is_empty() || view.has_category(&open.category));
    if !known {
        return Ok(refusal::not_found(&SITE, language));
    }
    // A page that is not there is the first one.
    let after = paging::read::<AfterCase>(&which.page).ok().flatten();
    let mut cases = board.counts.open_cases(&visit.county.code, &open, visit.now, after, ROWS + 1).await?;
    let more = paging::cut(&mut cases, ROWS, |_| 0);
    let next = cases.last().filter(|_| more).map(|last| paging::write(&AfterCase::of(last)));
    let title = language.say("在办事项名单", "Open cases");
    let filter = filter(which);
    let main = html! {
        p class="back-link" { a href=(BOARD) { (language.say("← 返回态势屏", "← Back to the board")) } }
        h1 { (title) }
        p class="which" { (in_words(&view, &open)) }
        @if cases.is_empty() { p { (language.say("没有事项。", "There is none.")) } } @else {
            div class="scrolled" tabindex="0" role="group" aria-label=(title) { (table(&view, visit, &cases)) }
        }
        @if let Some(next) = next {
            p { a href={ (PATH) "?" (filter) "&page=" (next) } rel="next" { (language.say("下一页", "Next page")) } }
        }
    };
    let path = format!("{PATH}?{filter}");
    let frame = Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) };
    Ok(dressed(&frame, StatusCode::OK, "board", &main))
}

/// The same filter as an address has it.
fn filter(which: &Which) -> String {
    let late = if which.late { "true" } else { "false" };
    let said = [
        ("level", which.level.as_str()),
        ("late", late),
        ("town", &which.town),
        ("agency", &which.agency),
        ("category", &which.category),
    ];
    let mut filter = url::form_urlencoded::Serializer::new(String::new());
    filter.extend_pairs(said.iter().filter(|(_, value)| !value.is_empty())).finish()
}

fn in_words(view: &View<'_>, open: &WhichOpen) -> Markup {
    let language = view.language;
    html! {
        @if open.level != Level::Unspecified { (mark(language, open.level)) }
        @if open.late { span class="mark late" { (language.say("超时", "Late")) } }
        @if !open.town.is_empty() { span class="mark" { (view.area(&open.town)) } }
        @if !open.agency.is_empty() { span class="mark" { (view.agency(&open.agency)) } }
        @if !open.category.is_empty() { span class="mark" { (view.category(&open.category)) } }
        (language.say("最危险的在前，同级中最早的在前。", "The most dangerous first, of a level the oldest first."))
    }
}

fn table(view: &View<'_>, visit: &Visit<'_>, cases: &[OpenCase]) -> Markup {
    let (language, now) = (view.language, visit.now);
    html! {
        table class="cases" {
            thead { tr {
                th scope="col" { (language.say("等级", "Level")) }
                th scope="col" { (language.say("事项", "Case")) }
                th scope="col" { (language.say("乡镇（街道）", "Town")) }
                th scope="col" { (language.say("类别", "Category")) }
                th scope="col" { (language.say("主办", "Lead")) }
                th scope="col" { (language.say("已历", "Age")) }
                th scope="col" { (language.say("办结时限", "To be settled by")) }
            } }
            tbody {
                @for one in cases {
                    tr data-case=(one.id) {
                        td { (mark(language, one.level)) }
                        th scope="row" { code { (one.id) } }
                        td { (view.area(one.area_code.get(..9).unwrap_or(&one.area_code))) }
                        td { (view.category(&one.category)) }
                        td { (view.agency(&one.agency)) }
                        td { (age(now, one.opened_at)) " " (language.say("天", "d")) }
                        td {
                            @if let Some(due) = one.handle_due_at {
                                (visit.minute(due)) " "
                                @if due <= now { span class="mark late" { (language.say("超时", "Late")) } }
                            } @else { "—" }
                        }
                    }
                }
            }
        }
    }
}

/// Whole days since it was opened.
fn age(now: Timestamp, opened_at: Timestamp) -> i64 {
    now.duration_since(opened_at).as_hours().max(0) / 24
}
