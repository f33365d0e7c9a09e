//! Facts and figures, against a count by hand.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use fengqiao_areas::AreaWatch;
use fengqiao_county::Counties;
use fengqiao_proto::{
    intake::v1::{ActivityKind, ActivityRecorded, Linkage, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{AreasActivated, CaseChanged, PushRequested},
    statistics::v1::{AreaLevel, Dimension, QueryIndicatorsRequest},
    types::v1::{CaseState, FormKind, Level, Source},
};
use fengqiao_statistics::{
    StatisticsError,
    store::{Asked, FACT_TABLES, STATEMENTS},
};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use crate::world::{self, World, asking, at, envelope, id};

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let world = World::new().await;
    let of_tables = FACT_TABLES.iter().flat_map(|table| {
        [table.clear, table.put, table.fingerprint, table.drop_old].map(|statement| (table.name, statement))
    });
    for (name, statement) in STATEMENTS.iter().copied().chain(of_tables) {
        let prepared = world.pool.prepare(AssertSqlSafe(statement.to_owned()).into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
}

#[tokio::test]
async fn rows_of_facts_have_the_columns_of_their_tables_in_order() {
    let world = World::new().await;
    for table in FACT_TABLES {
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT attname::text FROM pg_attribute
             WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        )
        .bind(table.name)
        .fetch_all(&world.pool)
        .await
        .unwrap();
        assert_eq!(table.columns, columns, "{}", table.name);
    }
}

#[tokio::test]
async fn totals_equal_a_count_by_hand() {
    let world = World::with_the_day("421181").await;
    let mut figures = world.figures("421181", asking(&[])).await;
    let expected: BTreeMap<_, _> = [
        (" reports", (4, 0)),
        (" cases", (2, 0)),
        (" repeat_rate", (1, 4)),
        (" pushes", (3, 0)),
        (" delivery_rate", (3, 3)),
        (" sign_rate", (1, 3)),
        (" return_rate", (1, 3)),
        (" feedback_rate", (1, 3)),
        (" resolved_rate", (1, 2)),
        (" activities", (0, 0)),
        (" visits", (0, 0)),
        (" visit_minutes", (0, 0)),
        (" sweeps", (0, 0)),
        (" zero_reports", (0, 0)),
        (" patrols", (0, 0)),
        (" publicity", (0, 0)),
        (" hazard_searches", (0, 0)),
    ]
    .map(|(indicator, counts)| (indicator.to_owned(), counts))
    .into();
    figures.retain(|name, _| expected.contains_key(name));
    assert_eq!(figures, expected);
}

#[tokio::test]
async fn groups_equal_a_count_by_hand() {
    let world = World::with_the_day("421181").await;
    let grouped = |by: &[Dimension], indicators: &[&str]| {
        let asked = QueryIndicatorsRequest {
            group_by: by.iter().map(|dimension| *dimension as i32).collect(),
            area_level: AreaLevel::Town as i32,
            ..asking(indicators)
        };
        world.figures("421181", asked)
    };
    let counts = |expected: &[(&str, i64)]| -> BTreeMap<String, (i64, i64)> {
        expected.iter().map(|(row, count)| ((*row).to_owned(), (*count, 0))).collect()
    };

    let days = grouped(&[Dimension::Day], &["reports", "cases"]).await;
    let expected = [
        ("2026-11-24 reports", 2),
        ("2026-11-24 cases", 1),
        ("2026-11-25 reports", 2),
        ("2026-11-25 cases", 1),
    ];
    assert_eq!(days, counts(&expected), "midnight is Shanghai's");

    let towns = grouped(&[Dimension::Area], &["reports"]).await;
    let expected = [("421181 reports", 1), ("421181100 reports", 1), ("421181105 reports", 2)];
    assert_eq!(towns, counts(&expected));

    let leads = grouped(&[Dimension::Agency, Dimension::Level], &["reports"]).await;
    let expected = [("| reports", 1), ("police|RED reports", 2), ("traffic_police|BLUE reports", 1)];
    assert_eq!(leads, counts(&expected), "a report whose case is not known yet has no lead");

    let addressees = grouped(&[Dimension::Agency], &["pushes"]).await;
    let expected = [("community-421181105201 pushes", 1), ("police pushes", 1), ("town-421181105 pushes", 1)];
    assert_eq!(addressees, counts(&expected));

    let doors = grouped(&[Dimension::Source], &["reports"]).await;
    let expected = [
        ("GRID reports", 1),
        ("HOTLINE_12345 reports", 1),
        ("PETITION reports", 1),
        ("POLICE_110 reports", 1),
    ];
    assert_eq!(doors, counts(&expected));

    let all = [Dimension::Week, Dimension::Month, Dimension::Category, Dimension::Level];
    let cases = grouped(&all, &["cases"]).await;
    let expected =
        [("2026-W48|2026-11|neighbourhood|RED cases", 1), ("2026-W48|2026-11|traffic|BLUE cases", 1)];
    assert_eq!(cases, counts(&expected));
}

#[tokio::test]
async fn filters_and_windows_equal_a_count_by_hand() {
    let world = World::with_the_day("421181").await;
    let one = |asked: QueryIndicatorsRequest| async {
        let figures = world.figures("421181", asked).await;
        figures.into_values().next().unwrap().0
    };
    let reports = || asking(&["reports"]);
    assert_eq!(one(QueryIndicatorsRequest { area_code: "421181105000".into(), ..reports() }).await, 2);
    assert_eq!(one(QueryIndicatorsRequest { agencies: vec!["police".into()], ..reports() }).await, 2);
    let doors = vec![Source::Grid as i32, Source::Police110 as i32];
    assert_eq!(one(QueryIndicatorsRequest { sources: doors, ..reports() }).await, 2);
    let levels = vec![Level::Red as i32];
    assert_eq!(one(QueryIndicatorsRequest { levels, ..asking(&["pushes"]) }).await, 3);
    let categories = vec!["traffic".to_owned()];
    assert_eq!(one(QueryIndicatorsRequest { categories, ..asking(&["cases"]) }).await, 1);
    let end = QueryIndicatorsRequest { before: at("2026-11-24T15:59:59Z"), ..reports() };
    assert_eq!(one(end).await, 1, "the end is outside");
    let begin = QueryIndicatorsRequest { from: at("2026-11-24T15:59:59Z"), ..reports() };
    assert_eq!(one(begin).await, 3, "the begin is inside");
}

#[tokio::test]
async fn the_order_of_topics_and_repetition_change_nothing() {
    let world = World::new().await;
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut all = Vec::new();
    for (number, order) in orders.into_iter().enumerate() {
        let county = format!("42118{number}");
        let day = world::the_day(&county);
        for topic in order {
            world.apply(&day[topic]).await;
        }
        // A receiver that lost its position sends everything again, alone and event by event.
        for topic in order {
            for envelope in &day[topic] {
                world.apply(std::slice::from_ref(envelope)).await;
            }
        }
        all.push(world.figures(&county, asking(&[])).await);
    }
    assert!(all.iter().all(|figures| *figures == all[0]), "{all:#?}");
    assert_eq!(all[0][" reports"], (4, 0));
}

#[tokio::test]
async fn an_older_version_of_a_case_changes_nothing() {
    let world = World::with_the_day("421181").await;
    let older = CaseChanged {
        case_id: id(101),
        version: 1,
        state: 1,
        opened_at: at("2026-11-24T07:00:00Z"),
        ..Default::default()
    };
    world.apply(&[envelope("421181", &older)]).await;
    let figures = world.figures("421181", asking(&["resolved_rate"])).await;
    assert_eq!(figures[" resolved_rate"], (1, 2));
}

#[tokio::test]
async fn a_merged_case_is_none_of_its_own_and_counts_again_when_it_comes_back() {
    let world = World::with_the_day("421181").await;
    let change = |version, merged_into: &str| CaseChanged {
        case_id: id(101),
        version,
        state: 3,
        opened_at: at("2026-11-24T07:00:00Z"),
        merged_into: merged_into.into(),
        ..Default::default()
    };
    world.apply(&[envelope("421181", &change(90, &id(102)))]).await;
    let figures = world.figures("421181", asking(&["cases", "resolved_rate"])).await;
    assert_eq!((figures[" cases"], figures[" resolved_rate"].1), ((1, 0), 1));
    world.apply(&[envelope("421181", &change(91, ""))]).await;
    assert_eq!(world.figures("421181", asking(&["cases"])).await[" cases"], (2, 0));
}

#[tokio::test]
async fn a_time_zone_that_the_database_lacks_is_the_question_s_fault() {
    let world = World::new().await;
    let mut question = world::question(asking(&[]));
    question.time_zone = "Mars/Olympus".into();
    question.group_by = vec![Dimension::Day];
    world.apply(&world::the_day("421181")[0]).await;
    let asked = Asked { county: "421181", question: &question, base: None, now: world::now(), fair: false };
    let error = world.store().count(asked).await.unwrap_err();
    assert!(matches!(error, StatisticsError::Question(_)), "{error:?}");
}

#[tokio::test]
async fn the_as_of_is_the_oldest_of_three_topics() {
    let world = World::new().await;
    let as_of = || async { world.store().as_of("421181").await.unwrap().map(|time| time.to_string()) };
    world.caught_up("421181", "intake", "2026-11-24T01:00:00Z").await;
    world.caught_up("421181", "routing", "2026-11-24T00:30:00Z").await;
    assert_eq!(as_of().await, None, "one topic was never received");
    world.caught_up("421181", "notification", "2026-11-24T02:00:00Z").await;
    assert_eq!(as_of().await.as_deref(), Some("2026-11-24T00:30:00Z"));
}

#[tokio::test]
async fn areas_that_routing_told_of_hold_from_the_start() {
    let world = World::new().await;
    let areas = "code,level,name,parent_code\n421181,county,麻城市,\n421181199,town,新镇,421181\n".to_owned();
    let told = AreasActivated { version: 1, areas, ..Default::default() };
    world.apply(&[envelope("421181", &told)]).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let counties = Arc::new(Counties::load(&[folder]).unwrap());
    AreaWatch::start(world.pool.clone(), Arc::clone(&counties)).await.unwrap();
    assert_eq!(counties.get("421181").unwrap().areas.now().name_path("421181199"), "新镇");
}

#[tokio::test]
async fn activities_are_counted_by_kind_and_area_each_once() {
    let world = World::new().await;
    let activity = |number, revision, kind: ActivityKind, area: &str, minutes: i64| {
        let begun_at = at("2026-11-24T01:00:00Z").unwrap();
        let event = ActivityRecorded {
            activity_id: id(number),
            revision,
            kind: kind.into(),
            source: 3,
            area_code: area.into(),
            begun_at: Some(begun_at),
            ended_at: Some(prost_types::Timestamp { seconds: begun_at.seconds + 60 * minutes, nanos: 0 }),
            count: 1,
            agency: "community-421181105201".into(),
            ..Default::default()
        };
        envelope("421181", &event)
    };
    let told = [
        activity(1, 1, ActivityKind::Visit, "421181105201", 30),
        activity(1, 2, ActivityKind::Visit, "421181105201", 45),
        activity(2, 1, ActivityKind::Visit, "421181105202", 15),
        activity(3, 1, ActivityKind::ZeroReport, "421181105202", 0),
        activity(4, 1, ActivityKind::Hazard, "421181105202", 90),
        activity(5, 1, ActivityKind::Other, "421181105202", 60),
    ];
    world.apply(&told).await;
    // Once more, and an older revision: nothing changes.
    world.apply(&told[..1]).await;
    let ids = ["activities", "visits", "visit_minutes", "zero_reports", "hazard_searches", "sweeps"];
    let mut asked = asking(&ids);
    let figures = world.figures("421181", asked.clone()).await;
    let counts: Vec<_> = ids.iter().map(|name| figures[&format!(" {name}")].0).collect();
    assert_eq!(counts, [5, 2, 60, 1, 1, 0]);
    asked.group_by = vec![Dimension::Area.into()];
    let figures = world.figures("421181", asked).await;
    assert_eq!(figures["421181105201 visit_minutes"], (45, 0));
    assert_eq!(figures["421181105202 activities"], (4, 0));
}

/// An exercise goes the whole way of a day and is in none of its figures (演练).
#[tokio::test]
async fn an_exercise_is_in_no_figure() {
    let world = World::with_the_day("421181").await;
    let all = || world.figures("421181", asking(&[]));
    let before = all().await;
    assert!(before.values().any(|counts| counts.0 > 0));
    let at_nine = at("2026-11-24T09:00:00Z");
    let report = ReportAccepted {
        report_id: id(901),
        revision: 1,
        source: Source::Hotline12345.into(),
        area_code: "421181105201".into(),
        category: "other".into(),
        occurred_at: at_nine,
        accepted_at: at_nine,
        linkage: Some(Linkage { repeat: true, ..Default::default() }),
        drill: true,
        ..Default::default()
    };
    let case = CaseChanged {
        case_id: id(911),
        version: 1,
        state: CaseState::Resolved.into(),
        level: Level::Red.into(),
        area_code: "421181105201".into(),
        first_source: Source::Hotline12345.into(),
        lead_agency: "police".into(),
        opened_at: at_nine,
        resolved_at: at_nine,
        report_id: id(901),
        drill: true,
        ..Default::default()
    };
    let push = PushRequested {
        push_id: id(921),
        case_id: id(911),
        agency: "police".into(),
        form: FormKind::ReportForm.into(),
        level: Level::Red.into(),
        area_code: "421181105201".into(),
        first_source: Source::Hotline12345.into(),
        requested_at: at_nine,
        drill: true,
        ..Default::default()
    };
    let receipt = |kind: ReceiptKind| PushReceipt {
        push_id: id(921),
        case_id: id(911),
        kind: kind.into(),
        at: at_nine,
        ..Default::default()
    };
    // Receipts come before what they answer, too.
    world.apply(&[envelope("421181", &receipt(ReceiptKind::Signed))]).await;
    world.apply(&[envelope("421181", &report)]).await;
    world.apply(&[envelope("421181", &case), envelope("421181", &push)]).await;
    world.apply(&[envelope("421181", &receipt(ReceiptKind::Feedback))]).await;
    assert_eq!(all().await, before);
}
