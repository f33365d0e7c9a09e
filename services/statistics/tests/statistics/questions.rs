//! Questions: tops, pages, long answers, cancelling, and the cases behind a figure.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_access::Principal;
use fengqiao_proto::{
    routing::v1::CaseChanged,
    statistics::v1::{
        Dimension, FigureSide, IndicatorRow, ListFigureCasesRequest, QueryIndicatorsRequest, RowKind,
        StreamIndicatorsRequest, analysis_service_server::AnalysisService as _,
    },
    types::v1::{CaseState, Role},
};
use fengqiao_serving::time::Clock;
use fengqiao_statistics::{
    grpc::AnalysisFace,
    store::{Asked, Exclusions},
};
use futures::StreamExt as _;
use sqlx::Executor as _;
use tonic::{Code, Request};

use crate::world::{self, World, asking, at, envelope, id};

const COUNTY: &str = "421181";

/// As someone of a role.
pub fn as_a<T>(role: Role, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let agency = (role == Role::Agency).then(|| "police".to_owned());
    let who =
        Principal { name: "someone".into(), county: COUNTY.into(), role, agency, source: None, area: None };
    request.extensions_mut().insert(Arc::new(who));
    request
}

/// What looks behind figures.
pub fn face(world: &World) -> AnalysisFace {
    let clock = Clock::moved_by(world::now);
    AnalysisFace::new(world.answers(), Exclusions::new(world.pool.clone()), clock)
}

/// So many cases of so many categories, the first of each resolved.
async fn with_cases(cases: u128, categories: u128) -> World {
    let world = World::new().await;
    let told: Vec<_> = (0..cases)
        .map(|number| CaseChanged {
            case_id: id(number + 1),
            version: 1,
            state: if number < categories { CaseState::Resolved } else { CaseState::Open }.into(),
            area_code: "421181105201".into(),
            category: format!("category-{:04}", number % categories),
            lead_agency: if number % 2 == 0 { "police" } else { "justice" }.into(),
            opened_at: at("2026-11-03T00:00:00Z"),
            resolved_at: if number < categories { at("2026-11-04T00:00:00Z") } else { None },
            changed_at: at("2026-11-04T00:00:00Z"),
            ..Default::default()
        })
        .map(|case| envelope(COUNTY, &case))
        .collect();
    for batch in told.chunks(500) {
        world.apply(batch).await;
    }
    world
}

fn by_category(indicators: &[&str]) -> QueryIndicatorsRequest {
    QueryIndicatorsRequest { group_by: vec![Dimension::Category.into()], ..asking(indicators) }
}

#[tokio::test]
async fn the_top_the_rest_and_the_total_add_up() {
    let world = with_cases(25, 10).await;
    let asked = QueryIndicatorsRequest { top: 3, total: true, ..by_category(&["cases"]) };
    let rows = world.answers().answer(COUNTY, &asked, world::now()).await.unwrap().rows;
    let kinds: Vec<_> = rows.iter().map(IndicatorRow::kind).collect();
    assert_eq!(kinds[..3], [RowKind::Unspecified; 3]);
    assert_eq!(kinds[3..], [RowKind::Rest, RowKind::Total]);
    let counts: Vec<_> = rows.iter().map(|row| row.numerator).collect();
    assert_eq!(counts, [3, 3, 3, 16, 25]);
}

#[tokio::test]
async fn pages_are_of_one_moment() {
    let world = with_cases(25, 10).await;
    let answers = world.answers();
    let mut asked = QueryIndicatorsRequest { page_size: 4, ..by_category(&["cases"]) };
    let first = answers.answer(COUNTY, &asked, world::now()).await.unwrap();
    // What comes meanwhile is on no later page.
    let late = CaseChanged {
        case_id: id(999),
        version: 1,
        state: 1,
        category: "category-0009".into(),
        opened_at: at("2026-11-03T00:00:00Z"),
        ..Default::default()
    };
    world.apply(&[envelope(COUNTY, &late)]).await;
    let mut rows = first.rows;
    asked.page_token = first.next_page_token;
    let other = QueryIndicatorsRequest { total: true, ..asked.clone() };
    assert!(answers.answer(COUNTY, &other, world::now()).await.is_err(), "a token is of its question");
    while !asked.page_token.is_empty() {
        let page = answers.answer(COUNTY, &asked, world::now()).await.unwrap();
        assert!(page.rows.len() <= 4);
        rows.extend(page.rows);
        asked.page_token = page.next_page_token;
    }
    assert_eq!(rows.iter().map(|row| row.numerator).sum::<i64>(), 25);
    assert_eq!(rows.len(), 10);
}

#[tokio::test]
async fn a_long_answer_comes_in_parts_and_says_the_same() {
    let world = with_cases(1_500, 1_200).await;
    let asked = by_category(&["cases", "resolved_rate", "open_cases"]);
    let whole = world.answers().answer(COUNTY, &asked, world::now()).await.unwrap().rows;
    let question = StreamIndicatorsRequest { question: Some(asked) };
    let answer = face(&world).stream_indicators(as_a(Role::Analyst, question)).await.unwrap();
    let parts: Vec<_> = answer.into_inner().map(Result::unwrap).collect().await;
    assert!(parts.len() > 5);
    assert_eq!(parts.into_iter().flat_map(|part| part.rows).collect::<Vec<_>>(), whole);
}

#[tokio::test]
async fn who_goes_away_ends_the_statement() {
    let world = with_cases(5, 5).await;
    let mut lock = world.pool.begin().await.unwrap();
    lock.execute("LOCK TABLE fact_case IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let question = world::question(asking(&["cases"]));
    let store = world.store();
    let asked = Asked { county: COUNTY, question: &question, base: None, now: world::now(), fair: false };
    let waits = async |expected: i64| {
        let began = Instant::now();
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .fetch_one(&world.pool)
            .await
            .unwrap();
            if waiting == expected {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(8), "{waiting} wait");
            tokio::task::yield_now().await;
        }
    };
    // The call is dropped while it waits for the lock.
    tokio::select! {
        counted = store.count(asked) => unreachable!("it waits: {counted:?}"),
        () = waits(1) => {}
    }
    waits(0).await;
    lock.rollback().await.unwrap();
    assert_eq!(world.figure(COUNTY, "cases", asking(&[])).await, (5, 0), "the others' connections are well");
}

#[tokio::test]
async fn the_cases_behind_a_figure_are_as_many_as_it_says() {
    let world = with_cases(25, 10).await;
    let face = face(&world);
    let ask = |side: FigureSide, role: Role, page_token: String| {
        let question = Some(asking(&["resolved_rate"]));
        let request = ListFigureCasesRequest { question, side: side.into(), page_size: 6, page_token };
        face.list_figure_cases(as_a(role, request))
    };
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let page = ask(FigureSide::Rest, Role::Officer, token).await.unwrap().into_inner();
        all.extend(page.case_ids);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(all, (11..=25).map(id).collect::<Vec<_>>());
    let own = ask(FigureSide::Denominator, Role::Agency, String::new()).await.unwrap().into_inner();
    assert!(own.case_ids.iter().all(|case| (0..13).any(|odd| id(odd * 2 + 1) == *case)), "its own");
    let many = ListFigureCasesRequest { question: Some(asking(&[])), ..Default::default() };
    let refused = face.list_figure_cases(as_a(Role::Officer, many)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
