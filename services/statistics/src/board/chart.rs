//! A chart: a table that everybody can read, which the script draws.

use jiff::civil::Date;
use maud::{Markup, html};

use super::view::View;

/// A line or row of bars.
pub(super) struct Series<'a> {
    pub name: &'a str,
    pub values: Vec<i64>,
}

/// How it is drawn.
#[derive(Clone, Copy)]
pub(super) enum Drawn {
    Lines,
    Bars,
}

/// A chart of days or months. `id` keeps it open when newer numbers come.
pub(super) fn chart(
    view: &View<'_>,
    (id, title): (&str, &str),
    drawn: Drawn,
    periods: &[Date],
    series: &[Series<'_>],
) -> Markup {
    let language = view.language;
    let (word, first) = match drawn {
        Drawn::Lines => ("lines", language.say("日期", "Day")),
        Drawn::Bars => ("bars", language.say("月份", "Month")),
    };
    html! {
        figure class="chart" data-chart=(word) {
            figcaption { (title) }
            div class="plot" aria-hidden="true" {}
            details id={ "table-" (id) } {
                summary { (language.say("数据表", "Table")) }
                div class="scrolled" tabindex="0" role="group" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (first) }
                            @for one in series { th scope="col" { (one.name) } }
                        } }
                        tbody {
                            @for (number, period) in periods.iter().enumerate() {
                                tr {
                                    th scope="row" data-day=(period) { (label(drawn, *period)) }
                                    @for one in series { td { (one.values.get(number).copied().unwrap_or_default()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn label(drawn: Drawn, period: Date) -> String {
    match drawn {
        Drawn::Lines => period.to_string(),
        Drawn::Bars => period.strftime("%Y-%m").to_string(),
    }
}
