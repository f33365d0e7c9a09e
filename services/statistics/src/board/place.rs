//! The first step down: a town, an agency.

use axum::{
    extract::{Path, State},
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
use maud::{Markup, html};

use super::{
    Board, SITE, cases,
    chart::{Drawn, chart},
    explained::{Shown, explained, is_small, percent},
    overview::{LEVELS, PATH, months_between, of_months},
    refused,
    view::View,
};
use crate::{
    domain::board::{Dues, Span},
    error::StatisticsError,
};

/// `GET /board/towns/{code}`
pub(super) async fn town(
    State(board): State<Board>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = board.visit(&headers).await?;
    Ok(town_page(&board, &visit, &code).await.unwrap_or_else(|error| refused(visit.language, &error)))
}

async fn town_page(board: &Board, visit: &Visit<'_>, code: &str) -> Result<Response, StatisticsError> {
    let view = board.view(visit.language, &visit.county.code, &visit.signed.account.agency)?;
    let language = view.language;
    if !view.towns().iter().any(|town| town == code) {
        return Ok(refusal::not_found(&SITE, language));
    }
    let county = &visit.county.code;
    let picture = board.pictures.newest(visit.county, visit.now).await?;
    let windows = picture.windows;
    let year = (windows.months_from, windows.tomorrow());
    let known = board.counts.periods(county, Span::Month, year, code).await?;
    let mut categories = board.counts.town_categories(county, year, code).await?;
    categories.sort_by_key(|one| -one.opened);
    let place = picture.place(code);
    let months = months_between(windows.months_from, windows.tomorrow());
    let open: Vec<_> = LEVELS
        .into_iter()
        .map(|level| {
            let of_level = picture.open.iter().filter(|group| group.town == code && group.level == level);
            let (cases, late) =
                of_level.fold((0, 0), |(cases, late), one| (cases + one.cases, late + one.late));
            (level, cases, late)
        })
        .collect();
    let days = view.days(windows.days_from, windows.tomorrow());
    let title = view.area(code);
    let main = html! {
        (back(&view))
        h1 { (title) }
        (open_by_level(&view, &format!("town={code}"), &open))
        ul class="figures" {
            li data-number="cases" {
                span class="of" { (language.say("三十日新增", "New in 30 days")) } strong { (place.trend.opened) }
            }
            @let resolved = Shown::share("resolved_rate", place.trend.settled, place.trend.opened);
            li class=[is_small(&view, resolved).then_some("small")] {
                span class="of" { (language.say("三十日化解率", "Resolved of them")) } strong { (resolved.text()) }
            }
            li data-number="repeats" {
                span class="of" { (language.say("三十日重复诉求", "Repeat calls in 30 days")) }
                strong { (place.trend.repeats) }
            }
        }
        (explained(&view, "town", &days, &[
            Shown::count("cases", place.trend.opened), resolved,
            Shown::share("repeat_rate", place.trend.repeats, place.trend.reports),
        ]))
        (chart(&view, ("months", language.say("近十三个月", "The last thirteen months")), Drawn::Bars, &months,
            &of_months(&view, &months, &known)))
        h2 id="categories" { (language.say("近十三个月按类别", "The last thirteen months by category")) }
        div class="scrolled" tabindex="0" role="group" aria-labelledby="categories" {
            table {
                thead { tr {
                    th scope="col" { (language.say("类别", "Category")) }
                    th scope="col" { (language.say("新增", "New")) }
                    th scope="col" { (language.say("化解率", "Resolved")) }
                    @if view.may_list { th scope="col" { (language.say("在办名单", "Open ones")) } }
                } }
                tbody {
                    @for one in &categories {
                        tr {
                            th scope="row" { (view.category(&one.key)) }
                            td { (one.opened) }
                            td { (percent(one.settled, one.opened)) }
                            @if view.may_list {
                                td { a href={ (cases::PATH) "?town=" (code) "&category=" (one.key) } {
                                    (language.say("名单", "List")) span class="unseen" { " " (view.category(&one.key)) }
                                } }
                            }
                        }
                    }
                }
            }
        }
    };
    let path = format!("/board/towns/{code}");
    let frame = Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) };
    Ok(dressed(&frame, StatusCode::OK, "board", &main))
}

/// `GET /board/agencies/{code}`
pub(super) async fn agency(
    State(board): State<Board>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = board.visit(&headers).await?;
    Ok(agency_page(&board, &visit, &code).await.unwrap_or_else(|error| refused(visit.language, &error)))
}

async fn agency_page(board: &Board, visit: &Visit<'_>, code: &str) -> Result<Response, StatisticsError> {
    let view = board.view(visit.language, &visit.county.code, &visit.signed.account.agency)?;
    let language = view.language;
    let picture = board.pictures.newest(visit.county, visit.now).await?;
    let known = picture.agencies.get(code);
    let title = view.agency(code);
    if known.is_none() && title == code {
        return Ok(refusal::not_found(&SITE, language));
    }
    let rates = known.copied().unwrap_or_default();
    let counted = board.counts.open_of_agency(&visit.county.code, code, visit.now).await?;
    let open: Vec<_> = LEVELS
        .into_iter()
        .map(|level| counted.iter().copied().find(|one| one.0 == level).unwrap_or((level, 0, 0)))
        .collect();
    let window = view.days(picture.windows.rates_from, picture.windows.today);
    let Dues { pushes, done, in_time } = rates.feedback;
    let shown = [
        (
            language.say("按时签收率", "Signed in time"),
            Shown::share("on_time_sign_rate", rates.sign.in_time, rates.sign.pushes),
        ),
        (
            language.say("应反馈反馈率", "Answered of those due"),
            Shown::share("due_feedback_rate", done, pushes),
        ),
        (
            language.say("按时反馈率", "Answered in time"),
            Shown::share("on_time_feedback_rate", in_time, pushes),
        ),
    ];
    let main = html! {
        (back(&view))
        h1 { (title) }
        ul class="figures" {
            @for (label, one) in shown {
                li class=[is_small(&view, one).then_some("small")] data-number=(one.indicator) {
                    span class="of" { (label) } strong { (one.text()) }
                    span class="out-of" { (one.numerator) "/" (one.denominator.unwrap_or_default()) }
                }
            }
        }
        (explained(&view, "agency", &window, &shown.map(|(_, one)| one)))
        (open_by_level(&view, &format!("agency={code}"), &open))
    };
    let path = format!("/board/agencies/{code}");
    let frame = Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) };
    Ok(dressed(&frame, StatusCode::OK, "board", &main))
}

fn back(view: &View<'_>) -> Markup {
    html! { p class="back-link" { a href=(PATH) { (view.language.say("← 返回态势屏", "← Back to the board")) } } }
}

/// What is open, by level, each with the way to its list. `of` is the filter.
fn open_by_level(view: &View<'_>, of: &str, open: &[(Level, i64, i64)]) -> Markup {
    let language = view.language;
    html! {
        h2 { (language.say("在办事项", "Open cases")) }
        ul class="lights" {
            @for (level, cases, late) in open {
                li class={ "light " (colour(*level)) } data-number=(colour(*level)) {
                    @let inside = html! {
                        span class="of" { (mark(language, *level)) } strong { (cases) }
                        span class="late" { (language.say("超时", "late")) " " (late) }
                    };
                    @if view.may_list {
                        a href={ (cases::PATH) "?" (of) "&level=" (colour(*level)) } { (inside) }
                    } @else { div { (inside) } }
                }
            }
        }
    }
}
