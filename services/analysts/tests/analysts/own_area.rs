//! Who is of a town sees its facts and nobody else's: attacks on what lies outside.

use std::collections::BTreeSet;

use fengqiao_proto::types::v1::Level;
use tonic::{Code, Status};

use crate::world::{World, analyst, case, report};

const OWN: &str = "421181105";
const OTHER: &str = "421181106";

/// The own town has 7 reports in October; the other one 3 of one category and 12 of another, one of a person who is known
/// to the attacker.
async fn two_towns() -> World {
    let world = World::new().await;
    let mut told: Vec<_> =
        (1..=7).map(|n| report(n, "421181105201", "traffic", "2026-10-10", n == 1)).collect();
    told.extend((11..=13).map(|n| report(n, "421181106201", "marriage", "2026-10-11", n == 11)));
    told.extend((21..=32).map(|n| report(n, "421181106202", "traffic", "2026-10-12", n == 21)));
    told.push(report(41, "421181106202", "traffic", "2026-11-12", false));
    told.push(case(1_011, 1, 11, "421181106201", "2026-10-11", Level::Red, false));
    told.push(case(1_001, 1, 1, "421181105201", "2026-10-10", Level::Blue, true));
    world.apply(&told).await;
    world.keep().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_outside_are_not_there_and_cannot_be_felt() {
    let world = two_towns().await;
    let who = analyst(Some(OWN));
    assert_eq!(world.ask(&who, "SELECT count(*) FROM reports").await.unwrap(), ["7"]);
    assert_eq!(world.ask(&who, "SELECT DISTINCT town_code FROM cases").await.unwrap(), [OWN]);
    assert_eq!(world.ask(&analyst(None), "SELECT count(*) FROM reports").await.unwrap(), ["23"]);
    // Expressions that fail on rows of the other town, if they were computed on them.
    for probe in [
        "SELECT count(*) FROM reports WHERE 1 / (CASE WHEN town_code = '421181106' THEN 0 ELSE 1 END) = 1",
        "SELECT count(*) FROM reports WHERE CAST(CASE WHEN category = 'marriage' THEN 'no number' ELSE '1' END AS int) = 1",
        "SELECT sum(CASE WHEN level = 'RED' THEN 1 / (case_key - case_key) ELSE 1 END) FROM cases",
        "SELECT count(*) FROM reports AS a JOIN cases AS b ON a.case_key = b.case_key \
         WHERE 10 / (CASE WHEN b.area_code LIKE '421181106%' THEN 0 ELSE 1 END) > 1",
    ] {
        world.ask(&who, probe).await.unwrap();
        let open = world.ask(&analyst(None), probe).await;
        assert!(open.is_err(), "the probe works where the rows are: {probe}");
    }
    for table in ["information_schema.tables", "information_schema.columns"] {
        let told = world.ask(&who, &format!("SELECT * FROM {table}")).await.unwrap();
        assert!(!told.is_empty() && told.iter().all(|row| !row.contains(OTHER)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_outside_are_rounded_cells_and_differences_are_useless() {
    let world = two_towns().await;
    let who = analyst(Some(OWN));
    let all =
        "SELECT concat(town_code, ' ', month, ' ', split, ' ', value, ' ', measure), count FROM town_months";
    let told = world.numbers(&who, all).await;
    let truth = world.numbers(&analyst(None), all).await;
    assert_eq!(truth["421181106 2026-10-01 category marriage reports"], 3);
    assert_eq!(told["421181105 2026-10-01 whole  reports"], 7, "the own town is exact");
    for (cell, count) in &told {
        if !cell.starts_with(OWN) {
            assert_eq!(count % 5, 0, "{cell}");
            assert!((count - truth[cell]).abs() < 5, "{cell}");
            assert!(!cell.contains("2026-11"), "a month that is not over: {cell}");
        }
    }
    // A known person's report is or is not among the three. Whatever is subtracted from whatever, over all subsets of
    // categories and in any phrasing, the difference that belongs to the cell is the cell as it is shown.
    let shown = told.get("421181106 2026-10-01 category marriage reports").copied().unwrap_or(0);
    let with = |condition: &str| {
        format!(
            "SELECT 'sum', coalesce(sum(count), 0) FROM town_months WHERE town_code = '{OTHER}' AND split = 'category' \
             AND measure = 'reports' AND month = '2026-10-01' AND {condition}"
        )
    };
    let mut differences = BTreeSet::new();
    for (more, less) in [
        ("true", "value <> 'marriage'"),
        ("value IN ('marriage', 'traffic')", "value = 'traffic'"),
        ("value = 'marriage'", "false"),
        ("value >= 'm'", "value > 'marriage'"),
    ] {
        let (more, less) = (world.numbers(&who, &with(more)).await, world.numbers(&who, &with(less)).await);
        differences.insert(more["sum"] - less["sum"]);
    }
    assert_eq!(differences, [shown].into());
    // The whole is rounded by itself: it minus the shown parts is not the truth of a part either.
    let asked_again: BTreeSet<_> = [world.numbers(&who, all).await, told.clone()].into();
    assert_eq!(asked_again.len(), 1, "asking again teaches nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_s_area_can_be_claimed() {
    let world = two_towns().await;
    // A query cannot reach behind the tables that were given.
    for query in ["SELECT * FROM fengqiao.public.reports", "SELECT * FROM datafusion.public.reports"] {
        let refused = world.ask(&analyst(Some(OWN)), query).await.unwrap_err();
        assert_eq!(Status::from(refused).code(), Code::InvalidArgument);
    }
}
