//! Events and what stands open at the end of each day: counted by hand, against statistics' own answer, after facts are
//! made anew, and attacked from outside.

use std::collections::BTreeMap;

use fengqiao_messaging::Envelope;
use fengqiao_proto::{
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, CaseDuty, CaseProgress, DutyKind, PushRequested},
    types::v1::{CaseState, FormKind, Level, Source},
};
use fengqiao_statistics::{
    domain::{
        definition::Catalogue,
        question::{self, Directory},
    },
    store::{Asked, Figures},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::world::{COUNTY, World, analyst, at, envelope, now, report};

const OWN: &str = "421181105201";
const OTHER: &str = "421181106200";

/// A version of a case, as it left it at a time.
#[derive(Debug, Clone)]
struct Version {
    case: u128,
    number: i64,
    at: String,
    state: CaseState,
    level: Level,
    agency: &'static str,
    area: &'static str,
    merged: bool,
    drill: bool,
    due: Option<String>,
}

fn told(version: &Version) -> Envelope {
    let duty = version.due.as_ref().map(|due| CaseDuty {
        no: 1,
        kind: DutyKind::Handle.into(),
        agency: version.agency.into(),
        started_at: at(&version.at),
        due_at: at(due),
        ..Default::default()
    });
    envelope(&CaseChanged {
        case_id: Uuid::from_u128(version.case).to_string(),
        version: version.number,
        state: version.state.into(),
        level: version.level.into(),
        area_code: version.area.into(),
        category: "neighbourhood".into(),
        first_source: Source::Police110.into(),
        lead_agency: version.agency.into(),
        opened_at: at("2026-11-01T00:00:00Z"),
        resolved_at: if version.state == CaseState::Open { None } else { at(&version.at) },
        changed_at: at(&version.at),
        merged_into: if version.merged { Uuid::from_u128(1).to_string() } else { String::new() },
        drill: version.drill,
        progress: Some(CaseProgress::default()),
        duties: duty.into_iter().collect(),
        ..Default::default()
    })
}

fn version(case: u128, number: i64, at: &str, state: CaseState, level: Level) -> Version {
    Version {
        case,
        number,
        at: at.into(),
        state,
        level,
        agency: "police",
        area: OWN,
        merged: false,
        drill: false,
        due: None,
    }
}

const PER_DAY: &str =
    "SELECT concat(day, ' ', area_code, ' ', level, ' ', agency), open_cases FROM open_per_day";

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_open_is_what_a_hand_counts() {
    let world = World::new().await;
    use CaseState as S;
    let mut all = vec![
        // Opened on the 2nd (23:30 of the county's time), relevelled on the 4th, settled on the 6th, opened again on the 8th.
        version(10, 1, "2026-11-02T15:30:00Z", S::Open, Level::Blue),
        version(10, 2, "2026-11-04T02:00:00Z", S::Open, Level::Red),
        version(10, 3, "2026-11-06T02:00:00Z", S::Resolved, Level::Red),
        version(10, 4, "2026-11-08T02:00:00Z", S::Open, Level::Red),
        version(10, 5, "2026-11-10T02:00:00Z", S::Closed, Level::Red),
        // Of one day: at no day's end it stood open.
        version(11, 1, "2026-11-03T01:00:00Z", S::Open, Level::Blue),
        version(11, 2, "2026-11-03T09:00:00Z", S::Resolved, Level::Blue),
    ];
    // From the 5th on, in the other town from the 7th, merged on the 9th: while it is, it is another's.
    all.push(version(12, 1, "2026-11-05T02:00:00Z", S::Open, Level::Yellow));
    all.push(Version { area: OTHER, ..version(12, 2, "2026-11-07T02:00:00Z", S::Open, Level::Yellow) });
    all.push(Version {
        area: OTHER,
        merged: true,
        ..version(12, 3, "2026-11-09T02:00:00Z", S::Open, Level::Yellow)
    });
    // An exercise.
    all.push(Version { drill: true, ..version(13, 1, "2026-11-05T02:00:00Z", S::Open, Level::Red) });
    // Still open today, over its limit from the 27th on.
    let due = Some("2026-11-26T16:00:00Z".to_owned());
    all.push(Version { due, ..version(14, 1, "2026-11-26T02:00:00Z", S::Open, Level::Orange) });
    world.apply(&all.iter().map(told).collect::<Vec<_>>()).await;
    world.keep().await;
    let hand: BTreeMap<String, i64> = [
        ("2026-11-02", OWN, "BLUE"),
        ("2026-11-03", OWN, "BLUE"),
        ("2026-11-04", OWN, "RED"),
        ("2026-11-05", OWN, "RED"),
        ("2026-11-05", OWN, "YELLOW"),
        ("2026-11-06", OWN, "YELLOW"),
        ("2026-11-07", OTHER, "YELLOW"),
        ("2026-11-08", OTHER, "YELLOW"),
        ("2026-11-08", OWN, "RED"),
        ("2026-11-09", OWN, "RED"),
        ("2026-11-26", OWN, "ORANGE"),
        ("2026-11-27", OWN, "ORANGE"),
        ("2026-11-28", OWN, "ORANGE"),
    ]
    .into_iter()
    .map(|(day, area, level)| (format!("{day} {area} {level} police"), 1))
    .collect();
    let who = analyst(None);
    assert_eq!(world.numbers(&who, PER_DAY).await, hand);
    let late = "SELECT CAST(day AS varchar), late_cases FROM open_per_day WHERE late_cases > 0";
    assert_eq!(world.ask(&who, late).await.unwrap(), ["2026-11-27|1", "2026-11-28|1"]);
    // Only some days are asked for: the same numbers.
    let some = format!("{PER_DAY} WHERE day >= '2026-11-05' AND day < '2026-11-08' AND level = 'YELLOW'");
    let of_some = hand.iter().filter(|(name, _)| name.contains("YELLOW") && name.as_str() < "2026-11-08");
    assert_eq!(world.numbers(&who, &some).await, of_some.map(|(name, n)| (name.clone(), *n)).collect());
    let month = "SELECT month, sum(open_cases) FROM open_per_day WHERE month = '2026-11-01' GROUP BY 1";
    assert_eq!(world.ask(&who, month).await.unwrap(), ["2026-11-01|13"]);

    // What comes late changes the days that it is about, and no others.
    let changed = [
        version(15, 1, "2026-11-01T02:00:00Z", S::Open, Level::Blue),
        version(15, 2, "2026-11-03T02:00:00Z", S::Rejected, Level::Blue),
    ];
    world.apply(&changed.iter().map(told).collect::<Vec<_>>()).await;
    world.write_segments().await;
    let mut expected = hand;
    expected.insert(format!("2026-11-01 {OWN} BLUE police"), 1);
    expected.insert(format!("2026-11-02 {OWN} BLUE police"), 2);
    assert_eq!(world.numbers(&who, PER_DAY).await, expected);
    world.rebuild().await;
    world.keep().await;
    assert_eq!(world.numbers(&who, PER_DAY).await, expected, "facts that were made anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_say_what_each_change_was() {
    let world = World::new().await;
    use CaseState as S;
    let push = |kind: Option<ReceiptKind>| match kind {
        None => envelope(&PushRequested {
            push_id: Uuid::from_u128(900).to_string(),
            case_id: Uuid::from_u128(10).to_string(),
            agency: "justice".into(),
            form: FormKind::ReportForm.into(),
            level: Level::Red.into(),
            area_code: OWN.into(),
            category: "neighbourhood".into(),
            first_source: Source::Police110.into(),
            requested_at: at("2026-11-02T04:00:00Z"),
            ..Default::default()
        }),
        Some(kind) => envelope(&PushReceipt {
            push_id: Uuid::from_u128(900).to_string(),
            kind: kind.into(),
            at: at("2026-11-02T05:00:00Z"),
            ..Default::default()
        }),
    };
    let changed = [
        version(10, 1, "2026-11-02T03:00:00Z", S::Open, Level::Blue),
        version(10, 2, "2026-11-02T04:00:00Z", S::Open, Level::Red),
        Version { agency: "justice", ..version(10, 3, "2026-11-03T04:00:00Z", S::Open, Level::Red) },
        Version { agency: "justice", ..version(10, 4, "2026-11-04T04:00:00Z", S::Resolved, Level::Red) },
        Version { agency: "justice", ..version(10, 5, "2026-11-05T04:00:00Z", S::Open, Level::Red) },
        Version {
            agency: "justice",
            area: OTHER,
            ..version(10, 6, "2026-11-06T04:00:00Z", S::Open, Level::Red)
        },
        Version { drill: true, ..version(13, 1, "2026-11-05T02:00:00Z", S::Open, Level::Red) },
    ];
    let mut all = vec![report(1, OWN, "traffic", "2026-11-02", false)];
    all.extend(changed.iter().map(told));
    all.push(crate::world::case(20, 1, 1, OWN, "2026-11-02", Level::Yellow, false));
    all.extend([push(None), push(Some(ReceiptKind::Delivered)), push(Some(ReceiptKind::Signed))]);
    world.apply(&all).await;
    world.keep().await;
    let who = analyst(None);
    let asked = "SELECT concat(day, ' ', about, ' ', kind, ' ', coalesce(level_before, '-'), '>', coalesce(level, '-'), ' ', \
                 coalesce(agency_before, '-'), '>', agency, ' ', town_code, ' ', case_key IS NOT NULL), count(*) \
                 FROM events GROUP BY 1";
    let hand: BTreeMap<String, i64> = [
        "2026-11-02 CASE OPENED ->BLUE ->police 421181105 true",
        "2026-11-02 CASE OPENED ->YELLOW ->police 421181105 true",
        "2026-11-02 CASE RELEVELLED BLUE>RED police>police 421181105 true",
        "2026-11-02 PUSH DELIVERED ->RED ->justice 421181105 true",
        "2026-11-02 PUSH REQUESTED ->RED ->justice 421181105 true",
        "2026-11-02 PUSH SIGNED ->RED ->justice 421181105 true",
        "2026-11-02 REPORT ACCEPTED ->- -> 421181105 true",
        "2026-11-02 REPORT JOINED ->YELLOW ->police 421181105 true",
        "2026-11-03 CASE HANDED_OVER RED>RED police>justice 421181105 true",
        "2026-11-04 CASE RESOLVED RED>RED justice>justice 421181105 true",
        "2026-11-05 CASE REOPENED RED>RED justice>justice 421181105 true",
        "2026-11-06 CASE MOVED RED>RED justice>justice 421181106 true",
    ]
    .into_iter()
    .map(|name| (name.to_owned(), 1))
    .collect();
    assert_eq!(world.numbers(&who, asked).await, hand, "in segments");
    // One more: it is in the tail, and what it is about is there once.
    let more = Version {
        agency: "justice",
        area: OTHER,
        ..version(10, 7, "2026-11-07T04:00:00Z", S::Closed, Level::Red)
    };
    world.apply(&[told(&more)]).await;
    world.keep().await;
    let mut expected = hand;
    expected.insert("2026-11-07 CASE CLOSED RED>RED justice>justice 421181106 true".into(), 1);
    assert_eq!(world.numbers(&who, asked).await, expected, "in the tail");
    world.write_segments().await;
    assert_eq!(world.numbers(&who, asked).await, expected, "the tail in the segments");
    world.rebuild().await;
    world.keep().await;
    assert_eq!(world.numbers(&who, asked).await, expected, "facts that were made anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_other_towns_neither_events_nor_days_are_told() {
    let world = World::new().await;
    let mut all = Vec::new();
    for case in 0..6_u128 {
        let area = if case < 2 { OWN } else { OTHER };
        let opened = version(10 + case, 1, "2026-11-02T03:00:00Z", CaseState::Open, Level::Red);
        all.push(told(&Version { area, ..opened }));
    }
    world.apply(&all).await;
    world.keep().await;
    let own = analyst(Some("421181105"));
    let open = "SELECT town_code, sum(open_cases) FROM open_per_day WHERE day = '2026-11-10' GROUP BY 1";
    assert_eq!(world.ask(&own, open).await.unwrap(), ["421181105|2"]);
    assert_eq!(world.ask(&analyst(None), open).await.unwrap(), ["421181105|2", "421181106|4"]);
    for table in ["events", "open_spells", "open_per_day"] {
        let seen = format!("SELECT DISTINCT town_code FROM {table}");
        assert_eq!(world.ask(&own, &seen).await.unwrap(), ["421181105"], "{table}");
        // What fails on rows of the other town would say that they are there.
        let probe = format!(
            "SELECT count(*) FROM {table} WHERE 1 / (CASE WHEN area_code LIKE '421181106%' THEN 0 ELSE 1 END) = 1"
        );
        world.ask(&own, &probe).await.unwrap();
        assert!(
            world.ask(&analyst(None), &probe).await.is_err(),
            "the probe works where the rows are: {table}"
        );
    }
    // A case that a person is known to have is opened there: nothing that can be asked moves, whatever is subtracted.
    let asked = [
        "SELECT concat(day, area_code, level, agency, source, category), open_cases FROM open_per_day",
        "SELECT concat(about, kind, day, area_code), count(*) FROM events GROUP BY 1",
        "SELECT 'all', (SELECT count(*) FROM events) - (SELECT count(*) FROM events WHERE level = 'RED')",
        "SELECT 'days', (SELECT sum(open_cases) FROM open_per_day) - (SELECT sum(open_cases) FROM open_per_day WHERE agency = 'police')",
        "SELECT measure, sum(count) FROM town_months GROUP BY 1",
    ];
    let mut before = Vec::new();
    for query in asked {
        before.push(world.ask(&own, query).await.unwrap());
    }
    let new = Version { area: OTHER, ..version(99, 1, "2026-11-20T03:00:00Z", CaseState::Open, Level::Blue) };
    world.apply(&[told(&new)]).await;
    world.keep().await;
    world.write_segments().await;
    assert_eq!(world.ask(&analyst(None), "SELECT count(*) FROM cases").await.unwrap(), ["7"], "it is there");
    for (query, before) in asked.iter().zip(before) {
        assert_eq!(world.ask(&own, query).await.unwrap(), before, "{query}");
    }
}

struct Everywhere;

impl Directory for Everywhere {
    fn has_area(&self, _: &str) -> bool {
        true
    }

    fn has_category(&self, _: &str) -> bool {
        true
    }
}

/// What statistics answers: open cases, and those over their limit, by day, area, level and agency.
async fn by_statistics(world: &World) -> BTreeMap<String, (i64, i64)> {
    use fengqiao_proto::statistics::v1::{AreaLevel, Dimension, QueryIndicatorsRequest};
    let catalogue = Catalogue::defaults().unwrap();
    let request = QueryIndicatorsRequest {
        indicators: vec!["open_late_rate".into()],
        from: at("2026-10-31T16:00:00Z"),
        before: at("2026-11-28T16:00:00Z"),
        group_by: [Dimension::Day, Dimension::Area, Dimension::Level, Dimension::Agency]
            .map(Into::into)
            .to_vec(),
        area_level: AreaLevel::Unspecified.into(),
        time_zone: "Asia/Shanghai".into(),
        page_size: 10_000,
        ..Default::default()
    };
    let question = question::check(&request, &catalogue, &Everywhere).unwrap();
    let asked = Asked { county: COUNTY, question: &question, base: None, now: now(), fair: false };
    let counted = Figures::new(world.pool.clone()).count(asked).await.unwrap();
    let groups = counted.groups.iter().flat_map(|(_, groups)| groups);
    groups
        .map(|group| {
            let [day, area, level, agency] = &group.dimensions[..] else { panic!("{group:?}") };
            let words = fengqiao_statistics::domain::language::Words::Level;
            let level = words.word(level.parse().unwrap()).unwrap();
            (format!("{day} {area} {level} {agency}"), (group.counts[1], group.counts[0]))
        })
        .filter(|(_, (open, _))| *open > 0)
        .collect()
}

/// Lives of a few cases, each version some hours after the one before, told in any order.
fn lives() -> impl Strategy<Value = Vec<Version>> {
    let step = (0_i64..70, 0..6_usize, 0..4_usize, 0..2_usize, 0..2_usize, 0..10_u8, 0..60_i64);
    let life = prop::collection::vec(step, 1..7);
    prop::collection::vec(life, 1..9).prop_map(|lives| {
        let mut all = Vec::new();
        for (case, life) in (10_u128..).zip(lives) {
            let mut time: jiff::Timestamp = "2026-11-01T03:00:00Z".parse().unwrap();
            for (number, (hours, state, level, agency, area, flag, due)) in (1_i64..).zip(life) {
                time += jiff::SignedDuration::from_hours(hours);
                let due = (due > 10).then(|| (time + jiff::SignedDuration::from_hours(due)).to_string());
                all.push(Version {
                    at: time.to_string(),
                    state: [
                        CaseState::Open,
                        CaseState::Open,
                        CaseState::Open,
                        CaseState::Resolved,
                        CaseState::Closed,
                        CaseState::Rejected,
                    ][state],
                    level: [Level::Blue, Level::Yellow, Level::Orange, Level::Red][level],
                    agency: ["police", "justice"][agency],
                    area: [OWN, OTHER][area],
                    merged: flag == 1,
                    drill: flag == 2,
                    due,
                    ..version(case, number, "", CaseState::Open, Level::Blue)
                });
            }
        }
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn days_are_counted_as_statistics_counts_them(lives in lives().prop_shuffle()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let half = lives.len() / 2;
            world.apply(&lives[..half].iter().map(told).collect::<Vec<_>>()).await;
            if half > 0 {
                world.keep().await;
            }
            world.apply(&lives[half..].iter().map(told).collect::<Vec<_>>()).await;
            world.keep().await;
            let asked = "SELECT concat(day, ' ', area_code, ' ', level, ' ', agency, ' ', open_cases), late_cases FROM open_per_day";
            let ours: BTreeMap<String, (i64, i64)> = world
                .numbers(&analyst(None), asked)
                .await
                .into_iter()
                .map(|(name, late)| {
                    let (name, open) = name.rsplit_once(' ').unwrap();
                    (name.to_owned(), (open.parse().unwrap(), late))
                })
                .collect();
            assert_eq!(ours, by_statistics(&world).await);
        });
    }
}
