//! What an analyst of a town is told of the others: rounded cells, and no way around them.

use std::collections::{BTreeMap, BTreeSet};

use fengqiao_access::Principal;
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    statistics::v1::{
        AreaLevel, Comparison, Dimension, QueryIndicatorsRequest, StreamIndicatorsRequest,
        analysis_service_server::AnalysisService as _,
    },
    types::v1::{Level, Role, Source},
};
use fengqiao_statistics::domain::disclosure::Sight;
use tonic::{Code, Status};

use crate::{
    questions::{as_a, face},
    world::{self, World, at, envelope, id},
};

const COUNTY: &str = "421181";
const OWN: &str = "421181105";
const OTHER: &str = "421181106";

/// The own town has 7 reports in October; the other one 3 of one category, 12 of another.
async fn two_towns() -> World {
    let world = World::new().await;
    let report = |number: u128, area: &str, category: &str| {
        envelope(
            COUNTY,
            &ReportAccepted {
                report_id: id(number),
                revision: 1,
                source: Source::Police110.into(),
                area_code: area.into(),
                category: category.into(),
                occurred_at: at("2026-10-10T00:00:00Z"),
                accepted_at: at("2026-10-10T01:00:00Z"),
                linkage: Some(Linkage { repeat: number.is_multiple_of(2), ..Default::default() }),
                ..Default::default()
            },
        )
    };
    let mut told: Vec<_> = (1..=7).map(|n| report(n, "421181105201", "traffic")).collect();
    told.extend((11..=13).map(|n| report(n, "421181106201", "marriage_family")));
    told.extend((21..=32).map(|n| report(n, "421181106202", "traffic")));
    world.apply(&told).await;
    world
}

fn october(indicators: &[&str], group_by: &[Dimension]) -> QueryIndicatorsRequest {
    QueryIndicatorsRequest {
        indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
        from: at("2026-09-30T16:00:00Z"),
        before: at("2026-10-31T16:00:00Z"),
        group_by: group_by.iter().map(|one| (*one).into()).collect(),
        area_level: AreaLevel::Town.into(),
        ..Default::default()
    }
}

fn town() -> Sight {
    Sight::of(Some(OWN))
}

/// Numerators by their dimensions.
async fn told(world: &World, asked: &QueryIndicatorsRequest, sight: &Sight) -> BTreeMap<String, i64> {
    let answer = world.answers().answer_within(COUNTY, asked, world::now(), sight).await.unwrap();
    answer.rows.iter().map(|row| (row.dimensions.join("|"), row.numerator)).collect()
}

#[tokio::test]
async fn cells_outside_are_rounded_and_add_up() {
    let world = two_towns().await;
    let by_town = october(&["reports"], &[Dimension::Area]);
    let truth = told(&world, &by_town, &Sight::County).await;
    assert_eq!((truth[OWN], truth[OTHER]), (7, 15));
    let shown = told(&world, &by_town, &town()).await;
    assert_eq!((shown[OWN], shown[OTHER]), (7, 15), "the own town is exact, and a multiple of 5 stays");
    let by_category = october(&["reports", "repeat_rate"], &[Dimension::Area, Dimension::Category]);
    let answer = world.answers().answer_within(COUNTY, &by_category, world::now(), &town()).await.unwrap();
    for row in answer.rows.iter().filter(|row| row.dimensions[0] != OWN) {
        assert!(row.numerator % 5 == 0 && row.denominator % 5 == 0, "{row:?}");
        assert!(row.indicator != "repeat_rate" || row.numerator <= row.denominator, "{row:?}");
    }
    // What is asked for together is the sum of what is asked for by parts, the total included.
    let parts = told(&world, &october(&["reports"], &[Dimension::Area, Dimension::Category]), &town()).await;
    let whole = QueryIndicatorsRequest { total: true, ..october(&["reports"], &[Dimension::Category]) };
    let whole = told(&world, &whole, &town()).await;
    assert_eq!(whole[""], parts.values().sum::<i64>());
    let traffic = |name: &String| name.ends_with("traffic");
    let by_parts: i64 = parts.iter().filter(|(name, _)| traffic(name)).map(|(_, count)| count).sum();
    assert_eq!(whole["traffic"], by_parts);
}

#[tokio::test]
async fn differences_are_useless() {
    let world = two_towns().await;
    // One wants to know whether a known person's report is among the three of its category. Each way to have a sum with
    // and without it gives the same one look.
    let of = |categories: &[&str], from: &str, before: &str| QueryIndicatorsRequest {
        categories: categories.iter().map(|one| (*one).to_owned()).collect(),
        area_code: OTHER.into(),
        from: at(from),
        before: at(before),
        ..october(&["reports"], &[])
    };
    let mut looks = BTreeSet::new();
    for (from, before) in
        [("2026-09-30T16:00:00Z", "2026-10-31T16:00:00Z"), ("2026-08-31T16:00:00Z", "2026-10-31T16:00:00Z")]
    {
        for others in [&["traffic"][..], &["traffic", "other"], &["other"], &["medical"]] {
            let with: Vec<_> = others.iter().copied().chain(["marriage_family"]).collect();
            let more = told(&world, &of(&with, from, before), &town()).await;
            let less = told(&world, &of(others, from, before), &town()).await;
            looks.insert(more[""] - less[""]);
        }
    }
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!(looks.first().unwrap() % 5, 0);
}

#[tokio::test]
async fn what_would_be_another_look_is_refused_by_its_field() {
    let world = two_towns().await;
    let plain = || october(&["reports"], &[]);
    let cases = [
        ("before", QueryIndicatorsRequest { before: at("2026-10-31T16:00:01Z"), ..plain() }),
        ("before", QueryIndicatorsRequest { before: at("2026-11-30T16:00:00Z"), ..plain() }),
        ("before", QueryIndicatorsRequest { time_zone: "Asia/Tokyo".into(), ..plain() }),
        ("groupBy", october(&["reports"], &[Dimension::Day])),
        ("groupBy", october(&["reports"], &[Dimension::Category, Dimension::Source])),
        (
            "groupBy",
            QueryIndicatorsRequest {
                levels: vec![Level::Red.into()],
                ..october(&["reports"], &[Dimension::Category])
            },
        ),
        (
            "areaLevel",
            QueryIndicatorsRequest {
                area_level: AreaLevel::Community.into(),
                ..october(&["reports"], &[Dimension::Area])
            },
        ),
        ("areaCode", QueryIndicatorsRequest { area_code: "421181106200".into(), ..plain() }),
        ("knownAt", QueryIndicatorsRequest { known_at: at("2026-11-01T00:00:00Z"), ..plain() }),
        ("knownAt", QueryIndicatorsRequest { happened_by: at("2026-11-01T00:00:00Z"), ..plain() }),
        ("indicators[0]", october(&["visit_minutes"], &[])),
    ];
    for (field, asked) in cases {
        let refused = world.answers().answer_within(COUNTY, &asked, world::now(), &town()).await;
        let status = Status::from(refused.expect_err(field));
        assert_eq!(status.code(), Code::InvalidArgument, "{field}");
        assert!(status.message().starts_with(field), "{field}: {}", status.message());
    }
    // In the own area all of them may be asked.
    let own = QueryIndicatorsRequest { area_code: OWN.into(), ..october(&["reports"], &[Dimension::Day]) };
    assert_eq!(told(&world, &own, &town()).await["2026-10-10"], 7);
    let compared = QueryIndicatorsRequest { comparison: Comparison::Mom.into(), ..plain() };
    told(&world, &compared, &town()).await;
}

#[tokio::test]
async fn lists_and_leagues_are_of_the_own_area() {
    let world = two_towns().await;
    let face = face(&world);
    let mut request =
        as_a(Role::Analyst, StreamIndicatorsRequest { question: Some(october(&["reports"], &[])) });
    let who = Principal::new("someone", COUNTY, "analyst", Some(OWN)).unwrap();
    request.extensions_mut().insert(std::sync::Arc::new(who));
    let refused = face.stream_indicators(request).await.err().unwrap();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("question.areaCode"), "{}", refused.message());
}
