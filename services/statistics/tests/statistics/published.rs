//! The five counties' published figures, counted from events.

use fengqiao_proto::{
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, CaseDuty, CaseProgress, DutyKind, PushRequested},
    statistics::v1::{AreaLevel, Comparison, Dimension, QueryIndicatorsRequest, QueryIndicatorsResponse},
    types::v1::CaseState,
};

use crate::world::{self, World, asking, at, envelope, id};

const COUNTY: &str = "421181";

/// A case of a year, resolved or not.
fn case(number: u128, opened_at: &str, resolved: bool) -> CaseChanged {
    CaseChanged {
        case_id: id(number),
        version: 1,
        state: if resolved { CaseState::Resolved } else { CaseState::Open }.into(),
        area_code: "421181105201".into(),
        lead_agency: "police".into(),
        opened_at: at(opened_at),
        resolved_at: resolved.then(|| at(opened_at)).flatten(),
        changed_at: at(opened_at),
        progress: Some(CaseProgress::default()),
        ..Default::default()
    }
}

async fn answer(world: &World, asked: QueryIndicatorsRequest) -> QueryIndicatorsResponse {
    world.answers().answer(COUNTY, &asked, world::now()).await.unwrap()
}

/// A ratio as a bulletin prints it, in hundredths with one decimal.
fn printed(ratio: Option<f64>) -> String {
    ratio.map(|ratio| format!("{:.1}", ratio * 100.0)).unwrap_or_default()
}

#[tokio::test]
async fn s4_03_of_12104_disputes_11994_were_resolved_and_110_are_open() {
    let world = World::new().await;
    let cases: Vec<_> = (0..12_104)
        .map(|number| envelope(COUNTY, &case(number, "2026-11-03T00:00:00Z", number >= 110)))
        .collect();
    for batch in cases.chunks(500) {
        world.apply(batch).await;
    }
    let answer = answer(&world, asking(&["resolved_rate", "open_cases"])).await;
    let rate = &answer.rows[0];
    assert_eq!((rate.numerator, rate.denominator), (11_994, 12_104));
    assert_eq!(printed(rate.ratio), "99.1");
    let mut day = asking(&["open_cases"]);
    (day.from, day.before) = (at("2026-11-26T16:00:00Z"), at("2026-11-27T16:00:00Z"));
    assert_eq!(world.figure(COUNTY, "open_cases", day).await.0, 110);
}

#[tokio::test]
async fn s3_03_of_4000_pushes_500_were_answered() {
    let world = World::new().await;
    let pushes: Vec<_> = (0..4_000)
        .map(|number| PushRequested {
            push_id: id(number),
            case_id: id(9),
            agency: format!("unit-{}", number % 9),
            requested_at: at("2026-11-03T00:00:00Z"),
            ..Default::default()
        })
        .map(|push| envelope(COUNTY, &push))
        .collect();
    let answers: Vec<_> = (0..500)
        .map(|number| PushReceipt {
            push_id: id(number * 8),
            kind: ReceiptKind::Feedback.into(),
            at: at("2026-11-04T00:00:00Z"),
            ..Default::default()
        })
        .map(|receipt| envelope(COUNTY, &receipt))
        .collect();
    for batch in pushes.chunks(500).chain(answers.chunks(500)) {
        world.apply(batch).await;
    }
    let rate = &answer(&world, asking(&["feedback_rate"])).await.rows[0];
    assert_eq!((rate.numerator, rate.denominator, rate.ratio), (500, 4_000, Some(0.125)));
    let mut by_unit = asking(&["feedback_rate"]);
    (by_unit.group_by, by_unit.total) = (vec![Dimension::Agency.into()], true);
    let rows = answer(&world, by_unit).await.rows;
    assert_eq!(rows.len(), 10);
    let (total, units) = rows.split_last().unwrap();
    let added = units.iter().fold((0, 0), |sum, row| (sum.0 + row.numerator, sum.1 + row.denominator));
    assert_eq!(added, (total.numerator, total.denominator), "the total adds up");
}

#[tokio::test]
async fn s0_07_a_case_was_resolved_after_thirteen_sessions() {
    let world = World::new().await;
    let told = CaseChanged {
        progress: Some(CaseProgress { sessions: 13, ..Default::default() }),
        ..case(1, "2026-11-03T00:00:00Z", true)
    };
    world.apply(&[envelope(COUNTY, &told)]).await;
    let rows = answer(&world, asking(&["sessions_per_settled", "sessions_of_settled"])).await.rows;
    assert_eq!(rows[0].ratio, Some(13.0));
    let spread = rows[1].spread.as_ref().unwrap();
    assert_eq!((spread.p50, spread.p90, spread.buckets.as_slice()), (13, 13, &[0, 0, 0, 0, 1, 0][..]));
}

/// So many seconds after the beginning.
fn after(seconds: i64) -> Option<prost_types::Timestamp> {
    let begin = at("2026-11-03T00:00:00Z").unwrap();
    Some(prost_types::Timestamp { seconds: begin.seconds + seconds, ..begin })
}

/// A case of which something was owed from the beginning on and was done so many seconds later. It was passed on meanwhile.
fn done_after(number: u128, kind: DutyKind, seconds: i64) -> [CaseChanged; 2] {
    let owed = |agency: &str| CaseDuty {
        no: 1,
        kind: kind.into(),
        agency: agency.into(),
        started_at: after(0),
        due_at: after(180),
        ..Default::default()
    };
    let told = |duty: CaseDuty, version: i64, changed: i64| CaseChanged {
        version,
        changed_at: after(changed),
        duties: vec![duty],
        ..case(number, "2026-11-03T00:00:00Z", false)
    };
    let done = CaseDuty { ended_at: after(seconds), met: true, ..owed("centre") };
    [told(owed("community-421181105201"), 1, 0), told(done, 2, seconds)]
}

#[tokio::test]
async fn s4_11_half_and_nine_of_ten_were_answered_within_so_many_seconds() {
    let world = World::new().await;
    let mut told: Vec<CaseChanged> = Vec::new();
    for (number, seconds) in (0..).zip([3, 10, 20, 40, 50, 55, 120, 150, 200, 400]) {
        told.extend(done_after(number, DutyKind::AnswerCall, seconds));
    }
    // Called in vain: it is a call all the same.
    told.push(done_after(50, DutyKind::AnswerCall, 0)[0].clone());
    for (number, seconds) in (100..).zip([200, 400, 800, 1_500, 3_000]) {
        told.extend(done_after(number, DutyKind::ReportIn, seconds));
    }
    let told: Vec<_> = told.iter().map(|change| envelope(COUNTY, change)).collect();
    world.apply(&told).await;
    // The buckets of the bulletins on 110: signatures by seconds, feedback by hours.
    let mut pushed = Vec::new();
    for (number, (signed, answered)) in
        (0..).zip([(20, 600), (45, 2_700), (100, 5_400), (150, 10_800), (600, 18_000)])
    {
        let push = PushRequested {
            push_id: id(number),
            case_id: id(number),
            agency: "police".into(),
            requested_at: after(0),
            ..Default::default()
        };
        pushed.push(envelope(COUNTY, &push));
        for (kind, seconds) in [(ReceiptKind::Signed, signed), (ReceiptKind::Feedback, answered)] {
            let receipt = PushReceipt {
                push_id: id(number),
                kind: kind.into(),
                at: after(seconds),
                ..Default::default()
            };
            pushed.push(envelope(COUNTY, &receipt));
        }
    }
    world.apply(&pushed).await;
    let phases = ["answer_call_seconds", "arrival_seconds", "sign_seconds", "feedback_seconds"];
    let rows = answer(&world, asking(&phases)).await.rows;
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            let spread = row.spread.as_ref().unwrap();
            (row.numerator, row.denominator, spread.p50, spread.p90, spread.buckets.clone())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (10, 11, 50, 200, vec![1, 2, 3, 2, 2]),
            (5, 5, 800, 3_000, vec![1; 5]),
            (5, 5, 100, 600, vec![1; 5]),
            (5, 5, 5_400, 18_000, vec![1; 5]),
        ]
    );
}

#[tokio::test]
async fn s4_15_fifteen_towns_are_told_apart_and_s3_09_both_readings_are() {
    let world = World::new().await;
    let mut cases = Vec::new();
    for town in 0..15 {
        let told = CaseChanged {
            area_code: format!("421181{:03}201", 100 + town),
            ..case(town, "2026-11-03T00:00:00Z", town % 3 == 0)
        };
        cases.push(envelope(COUNTY, &told));
    }
    // Registered before the window: one resolved in it, and one that is still open.
    let carried = CaseChanged {
        resolved_at: at("2026-11-05T00:00:00Z"),
        changed_at: at("2026-11-05T00:00:00Z"),
        ..case(90, "2026-10-03T00:00:00Z", true)
    };
    cases.push(envelope(COUNTY, &carried));
    cases.push(envelope(COUNTY, &case(91, "2026-10-03T00:00:00Z", false)));
    world.apply(&cases).await;
    let mut by_town = asking(&["cases"]);
    (by_town.group_by, by_town.area_level) = (vec![Dimension::Area.into()], AreaLevel::Town.into());
    assert_eq!(answer(&world, by_town).await.rows.len(), 15);
    let rows = answer(&world, asking(&["resolved_rate", "resolved_flow_rate"])).await.rows;
    assert_eq!((rows[0].numerator, rows[0].denominator), (5, 15), "of those registered");
    assert_eq!((rows[1].numerator, rows[1].denominator), (6, 17), "of those open at the begin or new");
}

#[tokio::test]
async fn s0_11_and_s2_08_changes_stand_beside_both_values() {
    let world = World::new().await;
    let mut cases = Vec::new();
    for (first, count, opened_at) in [
        (0, 114, "2026-11-03T00:00:00Z"),
        (1000, 93, "2025-11-03T00:00:00Z"),
        (2000, 228, "2026-10-03T00:00:00Z"),
    ] {
        cases.extend((first..first + count).map(|number| envelope(COUNTY, &case(number, opened_at, false))));
    }
    world.apply(&cases).await;
    let compare = |comparison: Comparison| QueryIndicatorsRequest {
        comparison: comparison.into(),
        ..asking(&["cases"])
    };
    let yoy = answer(&world, compare(Comparison::Yoy)).await;
    let base = yoy.rows[0].base.as_ref().unwrap();
    assert_eq!((yoy.rows[0].numerator, base.numerator, printed(base.change).as_str()), (114, 93, "22.6"));
    // The month is not over: both are cut to what is over of it.
    assert_eq!(yoy.counted_before, at("2026-11-28T00:00:00Z"));
    assert_eq!(yoy.base_before, at("2025-11-28T00:00:00Z"));
    let mom = answer(&world, compare(Comparison::Mom)).await;
    let base = mom.rows[0].base.as_ref().unwrap();
    assert_eq!((base.numerator, printed(base.change).as_str()), (228, "-50.0"));
    let previous = answer(&world, compare(Comparison::Previous)).await;
    assert!(previous.base_before == previous.from);
}
