//! The facts that analysts see are those of Postgres: from segments, from the tail, and after each is made anew.

use fengqiao_analysts::{catalogue::Catalogue, store};
use fengqiao_proto::types::v1::Level;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};

use crate::world::{World, analyst, case, report};

const TOWNS: [&str; 3] = ["421181105201", "421181105", "421181106200"];

const OURS: &str = "SELECT concat(month, ' ', town_code, ' ', category, ' ', level, ' ', agency, ' ', repeat) AS what, \
                    count(*) FROM reports GROUP BY 1";
const THEIRS: &str = "SELECT concat(date_trunc('month', accepted_at AT TIME ZONE 'Asia/Shanghai')::date, ' ', \
     left(fact.area_code, 9), ' ', fact.category, ' ', \
     CASE opened.level WHEN 1 THEN 'BLUE' WHEN 2 THEN 'YELLOW' WHEN 3 THEN 'ORANGE' WHEN 4 THEN 'RED' END, ' ', opened.agency, ' ', \
     CASE WHEN fact.repeat THEN 'true' ELSE 'false' END), count(*) \
     FROM fact_report AS fact LEFT JOIN fact_case AS opened ON opened.county = fact.county AND opened.id = fact.case_id \
       AND opened.generation = fact.generation AND opened.valid_until IS NULL \
     WHERE fact.known_until IS NULL AND fact.generation = (SELECT current FROM generation) GROUP BY 1";

/// Every column of a report and its case, without the names that both have.
const ALL: &str = "SELECT r.*, c.* EXCLUDE (case_key, month, day, town_code, area_code, source, category, level, agency, reports) \
                   FROM reports AS r JOIN cases AS c ON r.case_key = c.case_key";

async fn same(world: &World, when: &str) {
    // Looks are a second apart at least.
    let (mut ours, theirs) = (Default::default(), world.by_postgres(THEIRS).await);
    for _ in 0..60 {
        ours = world.numbers(&analyst(None), OURS).await;
        if ours == theirs {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(ours, theirs, "{when}");
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_and_tail_are_what_postgres_has() {
    let mut world = World::new().await;
    let days = ["2026-09-30", "2026-10-01", "2026-11-02"];
    let mut told = Vec::new();
    for number in 1..=300_u128 {
        let place = usize::try_from(number).unwrap();
        let (area, day) = (TOWNS[place % 3], days[place % 3]);
        told.push(report(number, area, ["traffic", "other"][place % 2], day, place.is_multiple_of(5)));
        if place.is_multiple_of(2) {
            told.push(case(1_000 + number, 1, number, area, day, Level::Blue, false));
        }
    }
    world.apply(&told).await;
    world.keep().await;
    same(&world, "segments").await;

    // Changes of old ones, new ones, and one that moves to another town: all in the tail.
    let mut told = Vec::new();
    for number in (2..=40_u128).step_by(2) {
        let day = days[usize::try_from(number).unwrap() % 3];
        told.push(case(1_000 + number, 2, number, "421181106200", day, Level::Red, false));
        told.push(report(5_000 + number, "421181106200", "other", "2026-11-20", true));
    }
    world.apply(&told).await;
    same(&world, "the tail").await;
    let cases = world.numbers(&analyst(None), "SELECT level, count(*) FROM cases GROUP BY 1").await;
    assert_eq!((cases["RED"], cases["BLUE"]), (20, 130), "a case that changed is there once");
    world.write_segments().await;
    same(&world, "the tail in the segments").await;

    world.apply(&[report(9_001, TOWNS[0], "traffic", "2026-11-21", false)]).await;
    world.start_again();
    world.keep().await;
    same(&world, "another process takes up the segments").await;
    world.rebuild().await;
    world.keep().await;
    same(&world, "facts that were made anew").await;
    std::fs::remove_dir_all(world.folder.path().join("421181")).unwrap();
    world.start_again();
    world.keep().await;
    same(&world, "without a disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_is_what_the_catalogue_says() {
    let world = World::new().await;
    let catalogue = Catalogue::read().unwrap();
    for table in store::TABLES {
        for sql in [table.segment, table.of_things] {
            let statement = (&world.pool).prepare(AssertSqlSafe(sql).into_sql_str()).await.unwrap();
            let columns: Vec<_> = statement.columns().iter().map(|column| column.name()).collect();
            let told: Vec<_> = catalogue
                .table(table.name)
                .unwrap()
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            assert_eq!(columns, told, "{}", table.name);
        }
        for sql in [table.months, table.span] {
            (&world.pool).prepare(AssertSqlSafe(sql).into_sql_str()).await.unwrap();
        }
    }
    for (name, sql) in store::STATEMENTS {
        if let Err(error) = (&world.pool).prepare(AssertSqlSafe(*sql).into_sql_str()).await {
            panic!("{name}: {error}");
        }
    }
    // Every one has a type that its rows can be read with: one fact of each kind is read.
    world.apply(&[report(1, TOWNS[0], "traffic", "2026-11-02", true)]).await;
    world.apply(&[case(7, 1, 1, TOWNS[0], "2026-11-02", Level::Red, true)]).await;
    world.keep().await;
    let all = world.ask(&analyst(None), ALL).await.unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0].contains("RED") && all[0].contains("2026-11-02T11:00:00+08:00"), "{}", all[0]);
    let towns = world.ask(&analyst(None), "SELECT name FROM areas WHERE level = 'TOWN'").await.unwrap();
    assert!(towns.iter().any(|name| name.contains("镇")), "{towns:?}");
    let words = "SELECT words FROM columns WHERE table_name = 'reports' AND column_name = 'level'";
    assert!(world.ask(&analyst(None), words).await.unwrap()[0].contains("RED"));
}
