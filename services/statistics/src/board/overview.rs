//! The board itself: lights, what is open and late, trend, towns, agencies, repeat calls.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{
    Frame, Instead,
    level::{colour, mark},
    shell::dressed,
};
use fengqiao_proto::types::v1::Level;
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};

use super::{
    Board, SITE, cases,
    chart::{Drawn, Series, chart},
    definitions,
    explained::{Shown, explained, is_small},
    live, refused,
    view::View,
};
use crate::domain::board::{Dues, Period, Picture};

/// The board's address.
pub(super) const PATH: &str = "/board";
/// The same for the wall.
pub(super) const WALL: &str = "/board/wall";
/// The lights, from the most dangerous.
pub(super) const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];
/// Agencies in the table: those with most late signatures and feedback first.
const AGENCIES: usize = 12;

/// `GET /board`
pub(super) async fn show(State(board): State<Board>, headers: HeaderMap) -> Result<Response, Instead> {
    shown(&board, &headers, PATH, "board").await
}

/// `GET /board/wall`
pub(super) async fn wall(State(board): State<Board>, headers: HeaderMap) -> Result<Response, Instead> {
    shown(&board, &headers, WALL, "board wall").await
}

async fn shown(board: &Board, headers: &HeaderMap, path: &str, class: &str) -> Result<Response, Instead> {
    let visit = board.visit(headers).await?;
    let language = visit.language;
    let counted = async {
        let view = board.view(language, &visit.county.code, &visit.signed.account.agency)?;
        let picture = board.pictures.newest(visit.county, visit.now).await?;
        Ok((view, picture))
    };
    Ok(match counted.await {
        Ok((view, picture)) => {
            let (other, other_name) = if path == WALL {
                (PATH, language.say("普通模式", "For a desk"))
            } else {
                (WALL, language.say("大屏模式", "For the wall"))
            };
            let title = language.say("矛盾纠纷态势", "Disputes at a glance");
            let main = html! {
                div class="head" {
                    h1 { (view.county.name) " " (title) }
                    p class="fresh" id="fresh" data-lost=(language.say("连接中断，正在重连…", "The line is cut; trying again…")) {
                        (freshness(&view, &picture))
                    }
                    p class="ways no-print" {
                        a href=(other) { (other_name) } " "
                        a href=(definitions::PATH) { (language.say("指标口径", "Definitions")) }
                    }
                }
                div id="live" data-source=(live::PATH) { (fragment(&view, &picture)) }
            };
            let frame = Frame { site: &SITE, language, title, path, signed: Some(&visit.signed) };
            dressed(&frame, StatusCode::OK, class, &main)
        }
        Err(error) => refused(language, &error),
    })
}

/// Up to when the numbers are right, and how far they lag behind.
pub(super) fn freshness(view: &View<'_>, picture: &Picture) -> String {
    let language = view.language;
    match (picture.as_of, picture.lag()) {
        (Some(as_of), Some(lag)) => {
            let tenths = lag.as_millis().max(0) / 100;
            let lag = format!("{}.{}", tenths / 10, tenths % 10);
            format!(
                "{} {}{} {lag} {}",
                language.say("数据截至", "Right up to"),
                view.second(as_of),
                language.say("，延迟", ", behind by"),
                language.say("秒", "s")
            )
        }
        _ => language.say("还没有收到全部数据", "Not everything was received yet").to_owned(),
    }
}

/// All that changes: sent anew when numbers do.
pub(super) fn fragment(view: &View<'_>, picture: &Picture) -> Markup {
    html! {
        (lights(view, picture))
        (numbers(view, picture))
        div class="columns" {
            (trends(view, picture))
            (towns(view, picture))
        }
        (agencies(view, picture))
    }
}

fn lights(view: &View<'_>, picture: &Picture) -> Markup {
    let language = view.language;
    let now = language.say("现在", "now");
    let late = language.say("超时", "late");
    let (open, all_late) = picture.all_open();
    html! {
        section aria-labelledby="lights" {
            h2 id="lights" { (language.say("在办事项", "Open cases")) }
            ul class="lights" {
                @for level in LEVELS {
                    @let (cases, behind) = picture.light(level);
                    li class={ "light " (colour(level)) } data-number=(colour(level)) {
                        (linked(view, &format!("{}?level={}", cases::PATH, colour(level)), &html! {
                            span class="of" { (language.level(level)) }
                            strong { (cases) }
                            span class="late" { (late) " " (behind) }
                        }))
                    }
                }
                li class="light all" data-number="open" {
                    (linked(view, cases::PATH, &html! {
                        span class="of" { (language.say("全部在办", "All open")) } strong { (open) }
                    }))
                }
                li class="light behind" data-number="late" {
                    (linked(view, &format!("{}?late=true", cases::PATH), &html! {
                        span class="of" { (language.say("超时未办结", "Over the limit")) } strong { (all_late) }
                    }))
                }
            }
            (explained(view, "open", now, &[
                Shown::count("open_cases", open), Shown::share("open_late_rate", all_late, open),
            ]))
        }
    }
}

/// A number that leads to its list, for who may see it.
fn linked(view: &View<'_>, address: &str, inside: &Markup) -> Markup {
    html! {
        @if view.may_list { a href=(address) { (inside) } } @else { div { (inside) } }
    }
}

fn numbers(view: &View<'_>, picture: &Picture) -> Markup {
    let language = view.language;
    let windows = picture.windows;
    let (today, trend, rates) = (picture.today(), picture.trend(), picture.all_rates());
    let days = view.days(windows.days_from, windows.tomorrow());
    let rated = view.days(windows.rates_from, windows.today);
    let number = |id: &str, label: &str, window: &str, shown: Shown| -> Markup {
        html! {
            li class=[is_small(view, shown).then_some("small")] data-number=(id) {
                span class="of" { (label) } strong { (shown.text()) }
                (explained(view, id, window, &[shown]))
            }
        }
    };
    html! {
        section aria-labelledby="numbers" {
            h2 id="numbers" { (language.say("今日与近三十日", "Today and the last thirty days")) }
            ul class="figures" {
                (number("today", language.say("今日新增", "New today"), &view.days(windows.today, windows.tomorrow()),
                    Shown::count("cases", today.opened)))
                (number("cases", language.say("三十日新增", "New in 30 days"), &days, Shown::count("cases", trend.opened)))
                (number("resolved", language.say("三十日化解率", "Resolved of them"), &days,
                    Shown::share("resolved_rate", trend.settled, trend.opened)))
                (number("repeats", language.say("三十日重复诉求", "Repeat calls in 30 days"), &days,
                    Shown::count("repeat_rate", trend.repeats)))
                (number("repeat-rate", language.say("重复诉求率", "Share of repeat calls"), &days,
                    Shown::share("repeat_rate", trend.repeats, trend.reports)))
                (number("signed", language.say("按时签收率", "Signed in time"), &rated,
                    Shown::share("on_time_sign_rate", rates.sign.in_time, rates.sign.pushes)))
                (number("answered", language.say("应反馈反馈率", "Answered of those due"), &rated,
                    Shown::share("due_feedback_rate", rates.feedback.done, rates.feedback.pushes)))
            }
        }
    }
}

/// The days from one on and before another.
fn days_between(from: Date, before: Date) -> Vec<Date> {
    from.series(1.day()).take_while(|day| *day < before).collect()
}

/// The first days of the months from one on and before a day.
pub(super) fn months_between(from: Date, before: Date) -> Vec<Date> {
    from.series(1.month()).take_while(|month| *month < before).collect()
}

fn trends(view: &View<'_>, picture: &Picture) -> Markup {
    let language = view.language;
    let windows = picture.windows;
    let days = days_between(windows.days_from, windows.tomorrow());
    let of_days = |number: fn(&Period) -> i64| -> Vec<i64> {
        days.iter().map(|day| picture.days.get(day).map_or(0, number)).collect()
    };
    let by_day = [
        Series { name: language.say("新增事项", "New cases"), values: of_days(|day| day.opened) },
        Series { name: language.say("诉求", "Reports"), values: of_days(|day| day.reports) },
        Series { name: language.say("重复诉求", "Repeat calls"), values: of_days(|day| day.repeats) },
    ];
    let months = months_between(windows.months_from, windows.tomorrow());
    let by_month = of_months(view, &months, &picture.months);
    let trend = picture.trend();
    html! {
        section class="trends" aria-labelledby="trends" {
            h2 id="trends" { (language.say("趋势", "Trend")) }
            (chart(view, ("days", language.say("近三十日", "The last thirty days")), Drawn::Lines, &days, &by_day))
            (chart(view, ("months", language.say("近十三个月", "The last thirteen months")), Drawn::Bars, &months, &by_month))
            (explained(view, "trend", &view.days(windows.days_from, windows.tomorrow()), &[
                Shown::count("cases", trend.opened), Shown::count("reports", trend.reports),
                Shown::share("repeat_rate", trend.repeats, trend.reports),
            ]))
        }
    }
}

/// New cases of months, and those of them that are settled.
pub(super) fn of_months<'a>(
    view: &View<'_>,
    months: &[Date],
    known: &std::collections::BTreeMap<Date, Period>,
) -> [Series<'a>; 2] {
    let of = |number: fn(&Period) -> i64| -> Vec<i64> {
        months.iter().map(|month| known.get(month).map_or(0, number)).collect()
    };
    [
        Series { name: view.language.say("新增事项", "New cases"), values: of(|month| month.opened) },
        Series {
            name: view.language.say("其中已化解", "Of them resolved"),
            values: of(|month| month.settled),
        },
    ]
}

fn towns(view: &View<'_>, picture: &Picture) -> Markup {
    let language = view.language;
    let tiles = view.tiles();
    let most = tiles.iter().map(|tile| picture.place(&tile.town).trend.opened).max().unwrap_or_default();
    let days = view.days(picture.windows.days_from, picture.windows.tomorrow());
    let trend = picture.trend();
    html! {
        section class="towns" aria-labelledby="towns" {
            h2 id="towns" { (language.say("乡镇（街道）", "Towns")) }
            ul class="tiles" {
                @for tile in &tiles {
                    @let place = picture.place(&tile.town);
                    li class={ "tile r" (tile.spot.row) " c" (tile.spot.column) " heat-" (heat(place.trend.opened, most)) } {
                        a href={ "/board/towns/" (tile.town) } data-town=(tile.town) {
                            span class="of" { (view.area(&tile.town)) }
                            strong { (place.trend.opened) }
                            span class="now" {
                                (language.say("在办", "open")) " " (place.open)
                                @if place.red > 0 { " " (mark(language, Level::Red)) (place.red) }
                            }
                        }
                    }
                }
            }
            p class="hint" { (language.say(
                "大数为近三十日新增，颜色深浅随之；小字为现在在办。",
                "The large number is what is new in thirty days, and the shade goes with it; below, what is open now.",
            )) }
            (explained(view, "towns", &days, &[Shown::count("cases", trend.opened)]))
        }
    }
}

/// One of five shades, by what share it is of the most.
fn heat(number: i64, most: i64) -> i64 {
    if most <= 0 { 0 } else { (number.saturating_mul(4) + most - 1) / most }
}

fn agencies(view: &View<'_>, picture: &Picture) -> Markup {
    let language = view.language;
    let missed = |dues: &Dues| dues.pushes - dues.in_time;
    let mut agencies: Vec<_> = picture.agencies.iter().collect();
    // What was missed most stands first; equal ones in the order of their codes.
    agencies.sort_by_key(|(_, rates)| -(missed(&rates.sign) + missed(&rates.feedback)));
    let all = picture.all_rates();
    let window = view.days(picture.windows.rates_from, picture.windows.today);
    let share = |shown: Shown| -> Markup {
        html! {
            td class=[is_small(view, shown).then_some("small")] {
                (shown.text()) " " span class="out-of" { (shown.numerator) "/" (shown.denominator.unwrap_or_default()) }
            }
        }
    };
    html! {
        section aria-labelledby="agencies" {
            h2 id="agencies" { (language.say("单位", "Agencies")) }
            div class="scrolled" tabindex="0" role="group" aria-labelledby="agencies" {
                table class="agencies" {
                    thead { tr {
                        th scope="col" { (language.say("单位", "Agency")) }
                        th scope="col" { (language.say("按时签收率", "Signed in time")) }
                        th scope="col" { (language.say("应反馈反馈率", "Answered of those due")) }
                        th scope="col" { (language.say("按时反馈率", "Answered in time")) }
                    } }
                    tbody {
                        @for (agency, rates) in agencies.iter().take(AGENCIES) {
                            tr data-agency=(agency) {
                                th scope="row" { a href={ "/board/agencies/" (agency) } { (view.agency(agency)) } }
                                (share(Shown::share("on_time_sign_rate", rates.sign.in_time, rates.sign.pushes)))
                                (share(Shown::share("due_feedback_rate", rates.feedback.done, rates.feedback.pushes)))
                                (share(Shown::share("on_time_feedback_rate", rates.feedback.in_time, rates.feedback.pushes)))
                            }
                        }
                    }
                }
            }
            @if agencies.len() > AGENCIES {
                p class="hint" {
                    (language.say("失时最多的在前，另有", "Those who missed most stand first; there are more:")) " "
                    (agencies.len() - AGENCIES) (language.say("个单位。", ""))
                }
            }
            @if agencies.is_empty() { p { (language.say("此时段没有到期的推送。", "No push was due in this window.")) } }
            (explained(view, "agencies", &window, &[
                Shown::share("on_time_sign_rate", all.sign.in_time, all.sign.pushes),
                Shown::share("due_feedback_rate", all.feedback.done, all.feedback.pushes),
                Shown::share("on_time_feedback_rate", all.feedback.in_time, all.feedback.pushes),
            ]))
        }
    }
}
