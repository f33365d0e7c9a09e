//! The list: what there is to do, in four numbers and row by row.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use fengqiao_pages::{
    Frame, Instead, Language, Visit,
    level::{colour, mark},
    shell::page,
};
use fengqiao_proto::types::v1::Matter;
use fengqiao_serving::paging;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Desk, SITE, reading::protected_mark, refusal, words::DeskWords as _};
use crate::{
    domain::owed::{Nearness, Owed, nearness},
    error::NotificationError,
    store::{Bucket, DeskPush, FourNumbers, Place},
    wire,
};

/// The list's address.
pub(super) const PATH: &str = "/pushes";
/// Rows of a page: some 600 bytes each.
const ROWS: i64 = 40;
/// A number that is this large is shown as "this and more".
const MOST_SHOWN: i64 = 999;

/// Which of them.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: String,
}

const BUCKETS: [(Bucket, &str); 6] = [
    (Bucket::ToSign, "to-sign"),
    (Bucket::Today, "today"),
    (Bucket::Late, "late"),
    (Bucket::Returned, "returned"),
    (Bucket::Owed, "owed"),
    (Bucket::All, "all"),
];

/// `GET /pushes?show=late&page=…`
pub(super) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Result<Response, Instead> {
    let visit = desk.entrance.visit(&headers).await?;
    Ok(listed(&desk, &visit, &which)
        .await
        .unwrap_or_else(|error| refusal::of(visit.language, "listing pushes", &error)))
}

async fn listed(desk: &Desk, visit: &Visit<'_>, which: &Which) -> Result<Response, NotificationError> {
    let language = visit.language;
    let (bucket, word) =
        BUCKETS.into_iter().find(|(_, word)| *word == which.show).unwrap_or((Bucket::Owed, "owed"));
    let (county, agency) = (visit.signed.county.as_str(), visit.signed.account.agency.as_str());
    // A page that is not there is the first one.
    let after = paging::read::<Place>(&which.page).ok().flatten().unwrap_or_else(Place::start);
    let (now, tomorrow) = (visit.now, visit.tomorrow());
    let numbers = desk.delivery.store.desk_numbers(county, agency, now, tomorrow).await?;
    let listed = desk.delivery.store.desk_list((county, agency), bucket, (now, tomorrow), &after, ROWS + 1);
    let mut pushes = listed.await?;
    let more = paging::cut(&mut pushes, ROWS, |_| 0);
    let next = pushes.last().filter(|_| more).map(|last| paging::write(&Place::in_inbox(&last.push)));
    let title = title(language, bucket);
    let ids: Vec<_> = pushes.iter().map(|one| one.push.push_id).collect();
    let protected = desk.delivery.store.protected_of(county, &ids).await?;
    let shown = |one: &DeskPush| row(desk, visit, one, protected.contains_key(&one.push.push_id));
    let rows = pushes.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let main = html! {
        h1 { (language.say("待办事项", "What there is to do")) }
        (four(language, &numbers, bucket))
        p class="more-lists" {
            @for (other, word) in &BUCKETS[4..] {
                a href={ (PATH) "?show=" (word) } aria-current=[(*other == bucket).then_some("page")] {
                    (self::title(language, *other))
                }
            }
        }
        h2 { (title) }
        @if rows.is_empty() {
            p { (language.say("没有事项。", "There is nothing here.")) }
        } @else {
            ul class="pushes" { @for row in &rows { (row) } }
        }
        @if let Some(next) = next {
            p { a href={ (PATH) "?show=" (word) "&page=" (next) } rel="next" { (language.say("下一页", "Next page")) } }
        }
    };
    let path = format!("{PATH}?show={word}");
    Ok(page(
        &Frame { site: &SITE, language, title, path: &path, signed: Some(&visit.signed) },
        StatusCode::OK,
        &main,
    ))
}

const fn title(language: Language, bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::ToSign => language.say("待签收", "To sign"),
        Bucket::Today => language.say("今日到期", "Due today"),
        Bucket::Late => language.say("已逾期", "Late"),
        Bucket::Returned => language.say("已退回", "Returned"),
        Bucket::Owed => language.say("全部待办", "All to do"),
        Bucket::All => language.say("全部推送", "All pushes"),
    }
}

fn four(language: Language, numbers: &FourNumbers, here: Bucket) -> Markup {
    let shown = |number: i64| {
        if number > MOST_SHOWN { format!("{MOST_SHOWN}+") } else { number.to_string() }
    };
    let values = [numbers.to_sign, numbers.today, numbers.late, numbers.returned];
    html! {
        nav aria-label=(language.say("四项数字", "Four numbers")) {
            ul class="numbers" {
                @for ((bucket, word), value) in BUCKETS.into_iter().zip(values) {
                    li class=[(bucket == Bucket::Late && value > 0).then_some("is-late")] {
                        a href={ (PATH) "?show=" (word) } data-number=(word)
                            aria-current=[(bucket == here).then_some("page")] {
                            strong { (shown(value)) } (title(language, bucket))
                        }
                    }
                }
            }
        }
    }
}

/// One of the list; of a protected case nothing of what it is about, since nobody is asked why here.
fn row(desk: &Desk, visit: &Visit<'_>, one: &DeskPush, protected: bool) -> Result<Markup, NotificationError> {
    let (language, push) = (visit.language, &one.push);
    let matter =
        if protected { Matter::default() } else { wire::masked_matter(&desk.delivery.keyring, push)? };
    let title = if matter.title.is_empty() { push.reason.as_str() } else { matter.title.as_str() };
    Ok(html! {
        li class=(colour(push.level)) {
            a href={ (PATH) "/" (push.push_id) } { (title) }
            p {
                (mark(language, push.level)) (state_mark(visit, one))
                @if protected { (protected_mark(language)) }
                (language.form(push.form)) " " (push.case_number)
                @if !push.area_name.is_empty() { " · " (push.area_name) }
            }
            p {
                (language.say("推送", "Pushed")) " " (visit.minute(push.requested_at))
                @if let Some(due) = one.due() {
                    " · " (due_word(language, one.owed())) " " (visit.minute(due))
                }
            }
        }
    })
}

pub(super) const fn due_word(language: Language, owed: Owed) -> &'static str {
    match owed {
        Owed::Signature => language.say("签收时限", "Sign by"),
        Owed::Result | Owed::Nothing => language.say("反馈时限", "Answer by"),
    }
}

/// The state, and that it is late, in words: colour alone says nothing to some.
pub(super) fn state_mark(visit: &Visit<'_>, one: &DeskPush) -> Markup {
    let language = visit.language;
    let state = match one.owed() {
        Owed::Result if one.push.feedback_at.is_some() => language.outcome(one.last_outcome),
        _ => language.receipt(one.push.receipt),
    };
    let near = nearness(one.due(), visit.now, visit.tomorrow());
    html! {
        span class="mark" { (state) }
        @match near {
            Nearness::Late => span class="mark late" { (language.say("逾期", "Late")) },
            Nearness::Today => span class="mark" { (language.say("今日到期", "Due today")) },
            Nearness::Later => {},
        }
    }
}
