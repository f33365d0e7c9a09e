//! What the board adds up is what the definitions count, after any course of events; and what it lists.

use std::collections::BTreeMap;

use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    routing::v1::CaseChanged,
    statistics::v1::{AreaLevel, Dimension, QueryIndicatorsRequest},
    types::v1::{CaseState, Level},
};
use fengqiao_statistics::{
    StatisticsError,
    domain::board::{Span, Windows},
    store::{AfterCase, BoardCounts, WhichOpen, roll_up},
};
use jiff::civil::date;
use sqlx::AssertSqlSafe;

use crate::{
    definitions::any_events,
    world::{self, World, asking, at, envelope, id},
};

const COUNTY: &str = "421181";
const ZONE: &str = "Asia/Shanghai";
const TABLES: [&str; 4] = ["rolled_report", "rolled_case_level", "rolled_case_category", "rolled_push"];

/// Two numbers by their keys, as the store has added them up.
async fn added_up(world: &World, sql: &str) -> BTreeMap<String, (i64, i64)> {
    let sql = format!(
        "{sql} WHERE county = $1 AND generation = (SELECT current FROM generation WHERE county = $1)"
    );
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(COUNTY).fetch_all(&world.pool).await.unwrap();
    rows.into_iter().map(|(key, first, second)| (key, (first, second))).collect()
}

/// The same numbers, counted by the definition.
async fn counted(world: &World, indicator: &str, by: &[Dimension]) -> BTreeMap<String, (i64, i64)> {
    let asked = QueryIndicatorsRequest {
        from: at("2026-01-01T00:00:00Z"),
        before: at("2028-01-01T00:00:00Z"),
        group_by: by.iter().map(|one| i32::from(*one)).collect(),
        area_level: AreaLevel::Town.into(),
        ..asking(&[&format!("{indicator}@1")])
    };
    let figures = world.figures(COUNTY, asked).await;
    let named = figures.into_iter().map(|(key, counts)| (key.split(' ').next().unwrap().to_owned(), counts));
    named.filter(|(_, counts)| *counts != (0, 0)).collect()
}

const PERIOD: &str =
    "CASE span WHEN 1 THEN begins::text WHEN 2 THEN left(begins::text, 7) ELSE left(begins::text, 4) END";
const LEVEL: &str =
    "CASE level WHEN 4 THEN 'RED' WHEN 3 THEN 'ORANGE' WHEN 2 THEN 'YELLOW' WHEN 1 THEN 'BLUE' ELSE '' END";

/// That all that is added up is what the definitions of version 1 count.
async fn agree(world: &World, when: &str) {
    for (span, period) in [(1, Dimension::Day), (2, Dimension::Month), (3, Dimension::Year)] {
        let of = |key: &str, numbers: &str, table: &str| {
            format!(
                "SELECT {PERIOD} || '|' || {key}, {numbers} FROM (SELECT * FROM {table} WHERE span = {span}) AS {table}"
            )
        };
        let levels =
            added_up(world, &of(&format!("town || '|' || {LEVEL}"), "settled, opened", "rolled_case_level"))
                .await;
        let expected = counted(world, "resolved_rate", &[period, Dimension::Area, Dimension::Level]).await;
        assert!(!expected.is_empty());
        assert_eq!(levels, expected, "{when}: levels by {period:?}");
        let categories =
            added_up(world, &of("town || '|' || category", "settled, opened", "rolled_case_category")).await;
        let expected = counted(world, "resolved_rate", &[period, Dimension::Area, Dimension::Category]).await;
        assert_eq!(categories, expected, "{when}: categories by {period:?}");
        let reports = added_up(world, &of("town", "repeats, reports", "rolled_report")).await;
        let expected = counted(world, "repeat_rate", &[period, Dimension::Area]).await;
        assert_eq!(reports, expected, "{when}: reports by {period:?}");
    }
    // Of what is due later than now a definition says nothing yet.
    let rates = [
        (1, "in_time", "on_time_sign_rate"),
        (2, "done", "due_feedback_rate"),
        (2, "in_time", "on_time_feedback_rate"),
    ];
    for (due, number, indicator) in rates {
        let sql = format!(
            "SELECT begins::text || '|' || agency, {number}, pushes FROM (SELECT * FROM rolled_push \
             WHERE span = 1 AND due = {due} AND begins < '2026-11-28') AS rolled_push"
        );
        let pushes = added_up(world, &sql).await;
        let mut expected = counted(world, indicator, &[Dimension::Day, Dimension::Agency]).await;
        expected.retain(|key, _| key.as_str() < "2026-11-28");
        assert_eq!(pushes, expected, "{when}: {indicator}");
    }
}

/// That windows that begin and end anywhere are counted as the definitions do.
async fn windows_agree(world: &World) {
    let board = BoardCounts::new(world.pool.clone());
    let zone = jiff::tz::TimeZone::get(ZONE).unwrap();
    for (from, before) in [
        (date(2026, 10, 1), date(2026, 12, 1)),
        (date(2026, 1, 1), date(2027, 1, 1)),
        (date(2026, 11, 3), date(2026, 11, 29)),
        (date(2026, 10, 30), date(2027, 1, 2)),
        (date(2025, 12, 15), date(2026, 12, 30)),
    ] {
        let moment = |day: jiff::civil::Date| {
            let second = zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap().as_second();
            Some(prost_types::Timestamp { seconds: second, nanos: 0 })
        };
        let asked = QueryIndicatorsRequest {
            from: moment(from),
            before: moment(before),
            group_by: vec![Dimension::Area.into(), Dimension::Category.into()],
            area_level: AreaLevel::Town.into(),
            ..asking(&["resolved_rate@1"])
        };
        let mut expected = world.figures(COUNTY, asked).await;
        expected.retain(|_, counts| *counts != (0, 0));
        let found = board.town_categories(COUNTY, (from, before), "").await.unwrap();
        let found: BTreeMap<_, _> = found
            .into_iter()
            .map(|one| (format!("{}|{} resolved_rate", one.town, one.key), (one.settled, one.opened)))
            .collect();
        assert_eq!(found, expected, "{from} to {before}");
    }
}

/// All that is added up, as text.
async fn everything(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT (to_jsonb(one) - 'generation')::text FROM {table} AS one ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&world.pool).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{table} {row}")));
    }
    all
}

#[tokio::test]
async fn what_is_added_up_is_what_the_definitions_count_after_any_course() {
    let world = World::new().await;
    // Some facts are there before anything is added up.
    for batch in any_events(20).chunks(13) {
        world.apply(batch).await;
    }
    assert!(everything(&world).await.is_empty());
    assert!(roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap());
    agree(&world, "added up at once").await;
    // The rest comes meanwhile: corrections, mergers and what is undone; the same events twice.
    for seed in 21..25 {
        let events = any_events(seed);
        for batch in events.chunks(7).chain(events.chunks(31)) {
            world.apply(batch).await;
        }
        agree(&world, &format!("events of {seed}")).await;
    }
    windows_agree(&world).await;
    let before = everything(&world).await;
    let rebuilt = world.rebuild(COUNTY).await;
    assert_eq!(everything(&world).await, before, "generation {}", rebuilt.generation);
    agree(&world, "rebuilt").await;
    // Made anew from the facts, and back: days of another zone are other days.
    assert!(!roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap(), "nothing is to be done");
    assert!(roll_up(&world.pool, COUNTY, "America/New_York", 1_000).await.unwrap());
    assert_ne!(everything(&world).await, before);
    assert!(roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap());
    assert_eq!(everything(&world).await, before);
    world.forget(COUNTY).await;
    assert_eq!(everything(&world).await, Vec::<String>::new(), "nothing of nothing");
}

#[tokio::test]
async fn facts_are_added_up_step_by_step_while_others_come() {
    let world = World::new().await;
    for batch in any_events(30).chunks(13) {
        world.apply(batch).await;
    }
    // A process is killed after its first step; meanwhile old facts change and new ones come, on both sides of it.
    let step = "SELECT roll_up_step($1, $2, 5)";
    let mut steps = 0;
    let mut later = (31..34).flat_map(any_events).collect::<Vec<_>>();
    loop {
        let is_over: bool =
            sqlx::query_scalar(step).bind(COUNTY).bind(ZONE).fetch_one(&world.pool).await.unwrap();
        steps += 1;
        if is_over {
            break;
        }
        let board = BoardCounts::new(world.pool.clone());
        let half = board.town_levels(COUNTY, (date(2026, 1, 1), date(2027, 1, 1))).await;
        assert!(matches!(half, Err(StatisticsError::Preparing)), "nobody is shown a half");
        let batch: Vec<_> = later.drain(..later.len().min(11)).collect();
        world.apply(&batch).await;
        if steps == 2 {
            world.rebuild(COUNTY).await;
        }
    }
    assert!(steps > 5, "{steps} steps");
    agree(&world, "step by step").await;
    assert!(!roll_up(&world.pool, COUNTY, ZONE, 5).await.unwrap(), "nothing is to be done");
    world.apply(&later).await;
    agree(&world, "and what came after").await;
    let meanwhile = everything(&world).await;
    sqlx::query("SELECT roll_up_county($1, $2)").bind(COUNTY).bind(ZONE).execute(&world.pool).await.unwrap();
    assert_eq!(everything(&world).await, meanwhile, "at once");
}

#[tokio::test]
async fn what_proves_to_be_an_exercise_goes_and_what_proves_to_be_none_comes_back() {
    let world = World::with_the_day(COUNTY).await;
    roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap();
    let before = everything(&world).await;
    let change = |version, drill| CaseChanged {
        case_id: id(102),
        version,
        state: CaseState::Open.into(),
        level: Level::Blue.into(),
        area_code: "421181100000".into(),
        category: "traffic".into(),
        first_source: 3,
        lead_agency: "traffic_police".into(),
        opened_at: at("2026-11-24T16:00:00Z"),
        drill,
        ..Default::default()
    };
    world.apply(&[envelope(COUNTY, &change(2, true))]).await;
    agree(&world, "an exercise").await;
    assert_ne!(everything(&world).await, before);
    // A report of it comes, and one is corrected, while it is one.
    let report = |revision, area: &str| ReportAccepted {
        report_id: id(3),
        revision,
        source: 3,
        area_code: area.into(),
        category: "traffic".into(),
        occurred_at: at("2026-11-20T00:00:00Z"),
        accepted_at: at("2026-11-24T16:00:00Z"),
        linkage: Some(Linkage::default()),
        ..Default::default()
    };
    world.apply(&[envelope(COUNTY, &report(2, "421181105201"))]).await;
    agree(&world, "corrected in an exercise").await;
    world.apply(&[envelope(COUNTY, &report(3, "421181100000"))]).await;
    world.apply(&[envelope(COUNTY, &change(3, false))]).await;
    agree(&world, "no exercise any more").await;
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn the_board_s_picture_equals_a_count_by_hand() {
    let world = World::with_the_day(COUNTY).await;
    let board = BoardCounts::new(world.pool.clone());
    let windows = Windows::on(date(2026, 11, 28));
    let preparing = board.picture(COUNTY, windows, world::now()).await.unwrap_err();
    assert!(matches!(preparing, StatisticsError::Preparing), "{preparing:?}");
    roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap();
    let picture = board.picture(COUNTY, windows, world::now()).await.unwrap();
    assert_eq!(picture.light(Level::Blue), (1, 0));
    assert_eq!(picture.light(Level::Red), (0, 0), "the red one is resolved");
    let trend = picture.trend();
    assert_eq!((trend.opened, trend.settled, trend.reports, trend.repeats), (2, 1, 4, 1));
    assert_eq!(picture.days[&date(2026, 11, 24)].opened, 1);
    assert_eq!(picture.days[&date(2026, 11, 25)].opened, 1, "after midnight in Shanghai");
    assert_eq!(picture.months[&date(2026, 11, 1)].reports, 4);
    assert_eq!(picture.place("421181105").trend.repeats, 1);
    assert_eq!(picture.place("421181100").open, 1);
    let year = (date(2026, 1, 1), date(2027, 1, 1));
    let categories = board.town_categories(COUNTY, year, "421181105").await.unwrap();
    assert_eq!((categories.len(), categories[0].key.as_str()), (1, "neighbourhood"));
    let levels = board.town_levels(COUNTY, (date(2026, 11, 24), date(2026, 11, 25))).await.unwrap();
    assert_eq!((levels[0].key, levels[0].opened, levels[0].settled), (Level::Red, 1, 1));
    let months = board.periods(COUNTY, Span::Month, year, "").await.unwrap();
    assert_eq!(months[&date(2026, 11, 1)].opened, 2);
    let agency = board.open_of_agency(COUNTY, "traffic_police", world::now()).await.unwrap();
    assert_eq!(agency, [(Level::Blue, 1, 0)]);
}

#[tokio::test]
async fn open_cases_are_listed_page_by_page_the_most_dangerous_first() {
    let world = World::new().await;
    roll_up(&world.pool, COUNTY, ZONE, 7).await.unwrap();
    let open = |number: u128, level: Level, day: u32| CaseChanged {
        case_id: id(number),
        version: 1,
        state: CaseState::Open.into(),
        level: level.into(),
        area_code: if number.is_multiple_of(2) { "421181105201" } else { "421181100000" }.into(),
        category: "other".into(),
        lead_agency: "police".into(),
        opened_at: at(&format!("2026-11-{day:02}T00:00:00Z")),
        ..Default::default()
    };
    let cases = [
        open(1, Level::Blue, 1),
        open(2, Level::Red, 20),
        open(3, Level::Red, 10),
        open(4, Level::Yellow, 5),
        open(5, Level::Blue, 1),
    ];
    for case in &cases {
        world.apply(&[envelope(COUNTY, case)]).await;
    }
    let board = BoardCounts::new(world.pool.clone());
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let all = WhichOpen::default();
        let page = board.open_cases(COUNTY, &all, world::now(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(AfterCase::of(last));
        found.extend(page.into_iter().map(|case| case.id.as_u128()));
    }
    assert_eq!(found, [3, 2, 4, 1, 5]);
    let of = async |which: WhichOpen| {
        let page = board.open_cases(COUNTY, &which, world::now(), None, 50).await.unwrap();
        page.into_iter().map(|case| case.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(of(WhichOpen { level: Level::Red, ..WhichOpen::default() }).await, [3, 2]);
    assert_eq!(of(WhichOpen { town: "421181105".into(), ..WhichOpen::default() }).await, [2, 4]);
    assert!(of(WhichOpen { agency: "justice".into(), ..WhichOpen::default() }).await.is_empty());
    assert!(of(WhichOpen { late: true, ..WhichOpen::default() }).await.is_empty(), "none has a limit");
}
