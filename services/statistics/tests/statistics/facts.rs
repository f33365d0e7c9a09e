//! Facts: made anew to the same bytes, and what was known and was so at a time.

use fengqiao_proto::{
    routing::v1::{CaseChanged, CaseProgress},
    statistics::v1::QueryIndicatorsRequest,
    types::v1::CaseState,
};
use fengqiao_statistics::{
    StatisticsError,
    store::{Asked, Rebuilding},
};
use sqlx::Executor as _;

use crate::{
    definitions::any_events,
    world::{self, World, asking, at, envelope, id},
};

const COUNTY: &str = "421181";

/// A version of a case that was opened on 2 November.
fn version(version: i64, state: CaseState, changed_at: &str) -> CaseChanged {
    let settled = matches!(state, CaseState::Resolved | CaseState::Closed);
    CaseChanged {
        case_id: id(1),
        version,
        state: state.into(),
        area_code: "421181105201".into(),
        lead_agency: "police".into(),
        opened_at: at("2026-11-02T00:00:00Z"),
        resolved_at: settled.then(|| at(changed_at)).flatten(),
        changed_at: at(changed_at),
        progress: Some(CaseProgress::default()),
        ..Default::default()
    }
}

#[tokio::test]
async fn facts_are_made_anew_to_the_same_bytes_while_events_come_in() {
    let world = World::new().await;
    for seed in 0..4 {
        for batch in any_events(seed).chunks(11) {
            // Some come twice in one batch.
            let doubled: Vec<_> = batch.iter().chain(batch.iter().step_by(3)).cloned().collect();
            world.apply(&doubled).await;
        }
    }
    let question = world::question(asking(&[]));
    let before = world.count(COUNTY, &question).await;
    let rebuilt = world.rebuild(COUNTY).await;
    assert_eq!(rebuilt.generation, 2);
    assert!(rebuilt.now.rows > 100);
    assert_eq!(rebuilt.now, rebuilt.before, "byte for byte");
    assert_eq!(before.groups, world.count(COUNTY, &question).await.groups);

    // What comes while the new ones are made is in both.
    let mut rebuilding = Rebuilding::begin(&world.pool, COUNTY).await.unwrap().unwrap();
    for batch in any_events(9).chunks(17) {
        world.apply(batch).await;
        rebuilding.step().await.unwrap();
    }
    while rebuilding.step().await.unwrap() > 0 {}
    let rebuilt = rebuilding.finish().await.unwrap();
    assert_eq!(rebuilt.now, rebuilt.before);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM fact_case WHERE generation <> $1")
        .bind(rebuilt.generation)
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(left, 0, "the old ones are gone");
}

#[tokio::test]
async fn who_stops_rebuilding_leaves_the_old_facts() {
    let world = World::with_the_day(COUNTY).await;
    let mut rebuilding = Rebuilding::begin(&world.pool, COUNTY).await.unwrap().unwrap();
    rebuilding.step().await.unwrap();
    drop(rebuilding);
    let stopped = async {
        loop {
            let building: Option<i32> =
                sqlx::query_scalar("SELECT building FROM generation").fetch_one(&world.pool).await.unwrap();
            if building.is_none() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), stopped).await.unwrap();
    assert_eq!(world.figure(COUNTY, "reports", asking(&[])).await, (4, 0));
    assert_eq!(world.rebuild(COUNTY).await.generation, 2);
}

#[tokio::test]
async fn a_figure_as_of_friday_is_what_friday_knew_or_what_is_known_of_friday() {
    let world = World::new().await;
    let opened = version(1, CaseState::Open, "2026-11-02T00:00:00Z");
    world.apply(&[envelope(COUNTY, &opened)]).await;
    world.known_since("2026-11-02T00:00:10Z").await;
    // It was resolved on Thursday; word of it came on Monday.
    let resolved = version(2, CaseState::Resolved, "2026-11-19T00:00:00Z");
    world.apply(&[envelope(COUNTY, &resolved)]).await;
    let friday = at("2026-11-20T10:00:00Z");
    let figure = |asked: QueryIndicatorsRequest| {
        let world = &world;
        async move { world.figure(COUNTY, "resolved_rate", asked).await }
    };
    assert_eq!(figure(asking(&[])).await, (1, 1));
    let knew = QueryIndicatorsRequest { known_at: friday, ..asking(&[]) };
    assert_eq!(figure(knew).await, (0, 1), "what Friday knew");
    let was = QueryIndicatorsRequest { happened_by: friday, ..asking(&[]) };
    assert_eq!(figure(was).await, (1, 1), "what is known of Friday");
    let wednesday = at("2026-11-18T10:00:00Z");
    let was = QueryIndicatorsRequest { happened_by: wednesday, ..asking(&[]) };
    assert_eq!(figure(was).await, (0, 1), "on Wednesday it was open");
    let both = QueryIndicatorsRequest { known_at: wednesday, happened_by: wednesday, ..asking(&[]) };
    assert_eq!(figure(both).await, (0, 1));

    // It is opened again: now it is open, and of Friday it is still known that it was resolved.
    let again = version(3, CaseState::Open, "2026-11-25T00:00:00Z");
    world.apply(&[envelope(COUNTY, &again)]).await;
    assert_eq!(figure(asking(&[])).await, (0, 1));
    let was = QueryIndicatorsRequest { happened_by: friday, ..asking(&[]) };
    assert_eq!(figure(was).await, (1, 1), "on Friday it was resolved");
    assert_eq!(world.figure(COUNTY, "relapse_rate", asking(&[])).await, (1, 1));
}

#[tokio::test]
async fn a_day_s_open_cases_are_those_that_were_open_at_its_end() {
    let world = World::new().await;
    let changes = [
        version(1, CaseState::Open, "2026-11-02T00:00:00Z"),
        // Shanghai's 4th ends at 16:00.
        version(2, CaseState::Resolved, "2026-11-04T15:59:59Z"),
        version(3, CaseState::Open, "2026-11-06T00:00:00Z"),
        version(4, CaseState::Closed, "2026-11-07T00:00:00Z"),
    ];
    world.apply(&changes.map(|change| envelope(COUNTY, &change))).await;
    let mut asked = asking(&["open_cases"]);
    asked.group_by = vec![fengqiao_proto::statistics::v1::Dimension::Day.into()];
    let days: Vec<_> = world.figures(COUNTY, asked).await.into_keys().collect();
    assert_eq!(days, ["2026-11-02", "2026-11-03", "2026-11-06"].map(|day| format!("{day} open_cases")));
}

#[tokio::test]
async fn a_call_that_is_shown_to_be_a_repeat_counts_as_one_once_from_then_on() {
    let world = World::new().await;
    let call = |number, revision| fengqiao_proto::intake::v1::ReportAccepted {
        report_id: id(number),
        revision,
        source: 2,
        occurred_at: at("2026-11-02T00:00:00Z"),
        accepted_at: at("2026-11-02T00:00:00Z"),
        ..Default::default()
    };
    let shown = fengqiao_proto::intake::v1::CallsRepeated {
        report_ids: vec![id(6), id(9)],
        shown_at: at("2026-11-03T00:00:00Z"),
    };
    world.apply(&[envelope(COUNTY, &call(5, 1)), envelope(COUNTY, &call(6, 1))]).await;
    world.known_since("2026-11-02T00:00:10Z").await;
    let repeats = async |known_at| {
        let asked = QueryIndicatorsRequest { known_at, ..asking(&[]) };
        world.figure(COUNTY, "repeat_rate", asked).await
    };
    assert_eq!(repeats(None).await, (0, 2));
    // It is shown twice, and a later revision still says that it was the first of its kind.
    world.apply(&[envelope(COUNTY, &shown)]).await;
    world.apply(&[envelope(COUNTY, &shown), envelope(COUNTY, &call(6, 2))]).await;
    assert_eq!(repeats(None).await, (1, 2));
    assert_eq!(repeats(at("2026-11-20T00:00:00Z")).await, (0, 2), "what was known on the 20th");
    let facts = world.present_facts(COUNTY).await;
    world.rebuild(COUNTY).await;
    assert_eq!(world.present_facts(COUNTY).await, facts);
    assert_eq!(repeats(None).await, (1, 2));
}

#[tokio::test]
async fn exercises_are_in_no_figure() {
    let world = World::new().await;
    let drill =
        CaseChanged { drill: true, report_id: id(5), ..version(1, CaseState::Open, "2026-11-02T00:00:00Z") };
    world.apply(&[envelope(COUNTY, &drill)]).await;
    let report = fengqiao_proto::intake::v1::ReportAccepted {
        report_id: id(5),
        revision: 1,
        source: 1,
        occurred_at: at("2026-11-02T00:00:00Z"),
        accepted_at: at("2026-11-02T00:00:00Z"),
        ..Default::default()
    };
    // One says so itself, the other is of a case that does.
    let other =
        fengqiao_proto::intake::v1::ReportAccepted { report_id: id(6), drill: true, ..report.clone() };
    let push = fengqiao_proto::routing::v1::PushRequested {
        push_id: id(7),
        case_id: id(1),
        requested_at: at("2026-11-02T00:00:00Z"),
        drill: true,
        ..Default::default()
    };
    world.apply(&[envelope(COUNTY, &report), envelope(COUNTY, &other), envelope(COUNTY, &push)]).await;
    let figures =
        world.figures(COUNTY, asking(&["cases", "reports", "repeat_rate", "open_cases", "pushes"])).await;
    assert!(figures.values().all(|counts| *counts == (0, 0)), "{figures:?}");
}

#[tokio::test]
async fn facts_of_an_older_version_are_taken_over_once_and_questions_wait() {
    let world = World::new().await;
    world
        .pool
        .execute(
            "INSERT INTO report_fact (county, report_id, revision, source, area_code, category, repeat, occurred_at,
                accepted_at, case_id)
             VALUES ('421181', '00000000-0000-0000-0000-000000000001', 2, 1, '421181105', 'other', true,
                '2026-11-20T00:00:00Z', '2026-11-20T00:00:00Z', '00000000-0000-0000-0000-000000000002');
             INSERT INTO case_fact (county, case_id, version, state, level, area_code, category, first_source,
                lead_agency, opened_at, resolved_at)
             VALUES ('421181', '00000000-0000-0000-0000-000000000002', 3, 2, 4, '421181105', 'other', 1, 'police',
                '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z');
             INSERT INTO push_fact (county, push_id, case_id, agency, form, level, area_code, category, first_source,
                requested_at, signed_at)
             VALUES ('421181', '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000002',
                'police', 1, 4, '421181105', 'other', 1, '2026-11-20T00:00:00Z', '2026-11-20T01:00:00Z');
             INSERT INTO activity_fact (county, activity_id, revision, source, kind, area_code, agency, begun_at,
                minutes, count)
             VALUES ('421181', '00000000-0000-0000-0000-000000000004', 1, 3, 1, '421181105', '',
                '2026-11-20T00:00:00Z', 45, 1);
             INSERT INTO generation (county, current, known_at) VALUES ('421181', 0, now())",
        )
        .await
        .unwrap();
    let question = world::question(asking(&[]));
    let asked = Asked { county: COUNTY, question: &question, base: None, now: world::now(), fair: false };
    assert!(matches!(world.store().count(asked).await, Err(StatisticsError::Preparing)));
    world.rebuild(COUNTY).await;
    let figures = world.figures(COUNTY, asking(&[])).await;
    for (name, counts) in [
        (" repeat_rate", (1, 1)),
        (" resolved_rate", (1, 1)),
        (" sign_rate", (1, 1)),
        (" visit_minutes", (45, 0)),
        (" handed_over_rate", (0, 1)),
    ] {
        assert_eq!(figures[name], counts, "{name}");
    }
}

#[tokio::test]
async fn the_order_of_events_and_repetition_change_no_present_fact() {
    let mut seen = Vec::new();
    for order in 0..3 {
        let world = World::new().await;
        let mut events = any_events(77);
        match order {
            1 => events.rotate_left(20),
            2 => events.extend(any_events(77)),
            _ => {}
        }
        for batch in events.chunks(13) {
            world.apply(batch).await;
        }
        seen.push(world.present_facts(COUNTY).await);
    }
    assert!(seen[0].len() > 40);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}
