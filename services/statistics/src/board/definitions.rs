//! What stands behind the numbers: the county's definitions, as they are counted.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{Frame, Instead, shell::dressed};
use maud::html;

use super::{
    Board, SITE,
    explained::{name, unit},
    overview, refused,
};

/// The page's address; `#id` is a definition.
pub(super) const PATH: &str = "/board/definitions";

/// `GET /board/definitions`
pub(super) async fn show(State(board): State<Board>, headers: HeaderMap) -> Result<Response, Instead> {
    let visit = board.visit(&headers).await?;
    let view = match board.view(visit.language, &visit.county.code, &visit.signed.account.agency) {
        Ok(view) => view,
        Err(error) => return Ok(refused(visit.language, &error)),
    };
    let language = view.language;
    let title = language.say("指标口径", "Definitions");
    let main = html! {
        p class="back-link" { a href=(overview::PATH) { (language.say("← 返回态势屏", "← Back to the board")) } }
        h1 { (title) }
        p class="hint" { (language.say(
            "态势屏上的数字按内置口径第1版累计；本县另有新版本的，在数字旁注明。",
            "The numbers of the board are added up by the built-in definitions of version 1; where a newer one is in force, the number says so.",
        )) }
        @for definition in view.catalogue.all() {
            @let text = &definition.text;
            // The first version has the plain anchor, since that is what the board counts.
            @let anchor = if definition.version == 1 { definition.id.clone() } else {
                format!("{}-{}", definition.id, definition.version)
            };
            section class="definition" id=(anchor) {
                h2 { (name(&view, definition)) " " code { (definition.id) "@" (definition.version) } }
                dl {
                    dt { (language.say("分子", "Numerator")) } dd { (text.numerator) " " code { (text.numerator_rule) } }
                    @if !text.denominator_rule.is_empty() {
                        dt { (language.say("分母", "Denominator")) }
                        dd { (text.denominator) " " code { (text.denominator_rule) } }
                    }
                    dt { (language.say("时间", "Time")) }
                    dd { @match definition.time {
                        Some(column) => code { (column.name) },
                        None => (language.say("整个时段", "the whole window")),
                    } }
                    @if !text.exclude_rule.is_empty() {
                        dt { (language.say("不计", "Left out")) } dd { code { (text.exclude_rule) } }
                    }
                    dt { (language.say("单位", "Unit")) } dd { (unit(&view, definition.unit)) }
                    dt { (language.say("最小样本", "Least sample")) } dd { (definition.minimum_sample) }
                    dt { (language.say("出处", "Source")) } dd { (text.source) }
                }
            }
        }
    };
    let frame = Frame { site: &SITE, language, title, path: PATH, signed: Some(&visit.signed) };
    Ok(dressed(&frame, StatusCode::OK, "board", &main))
}
