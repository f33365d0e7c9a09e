//! Every definition counts the same as SQL and as the plain functions, on any facts.

use std::collections::BTreeMap;

use fengqiao_messaging::Envelope;
use fengqiao_proto::{
    intake::v1::{ActivityKind, ActivityRecorded, CallsRepeated, Linkage, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, CaseDuty, CaseProgress, DutyKind, PushRequested},
    types::v1::{CaseState, FormKind, Level, PushSubject},
};
use fengqiao_statistics::domain::{
    definition::{Catalogue, Definition, Denominator},
    event::{Entity, Event, KnownEvent},
    facts::{CaseFact, Row, Rows},
    figure::{Place, figures},
    language::{Column, Grain, Measure, Moment, Record, Value, What, holds, measured, time_of},
    plan,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use prost::{Message as _, Name as _};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use uuid::Uuid;

use crate::world::{self, World, asking, envelope};

const COUNTY: &str = "421181";
const BEGIN: i64 = 1_793_000_000;
/// The days over which things happen.
const DAYS: i64 = 60;

fn at(second: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: BEGIN + second, nanos: 0 })
}

fn time(rng: &mut StdRng) -> Option<prost_types::Timestamp> {
    at(rng.random_range(0..DAYS * 86_400))
}

fn maybe(rng: &mut StdRng) -> Option<prost_types::Timestamp> {
    rng.random_bool(0.6).then(|| time(rng)).flatten()
}

fn id(kind: u128, number: u32) -> String {
    Uuid::from_u128(kind << 64 | u128::from(number)).to_string()
}

const AREAS: [&str; 3] = ["421181105201", "421181100", "421181"];
const AGENCIES: [&str; 3] = ["police", "justice", "town-421181105"];
const CATEGORIES: [&str; 2] = ["neighbourhood", "other"];

fn one_of<'a>(rng: &mut StdRng, all: &[&'a str]) -> &'a str {
    all[rng.random_range(0..all.len())]
}

/// Events of some reports, cases, pushes and activities, as they might be in months of work; by topic.
pub fn any_events(seed: u64) -> Vec<Envelope> {
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut events = Vec::new();
    for number in 0..12 {
        let (area, category) = (one_of(rng, &AREAS), one_of(rng, &CATEGORIES));
        for revision in 1..=rng.random_range(1..3) {
            let event = ReportAccepted {
                report_id: id(1, number),
                revision,
                source: rng.random_range(1..=4),
                area_code: area.into(),
                category: category.into(),
                occurred_at: time(rng),
                accepted_at: time(rng),
                linkage: Some(Linkage { repeat: rng.random_bool(0.3), ..Default::default() }),
                ..Default::default()
            };
            events.push(envelope(COUNTY, &event));
        }
    }
    // Some of them turn out to be repeats, before and after their last revision.
    for _ in 0..2 {
        let shown = (0..12).filter(|_| rng.random_bool(0.2)).map(|number| id(1, number)).collect();
        let event = CallsRepeated { report_ids: shown, shown_at: time(rng) };
        events.push(envelope(COUNTY, &event));
    }
    for number in 0..10 {
        any_case(rng, number, &mut events);
    }
    for number in 0..14 {
        any_push(rng, number, &mut events);
    }
    for number in 0..8 {
        let begun = rng.random_range(0..DAYS * 86_400);
        let event = ActivityRecorded {
            activity_id: id(4, number),
            revision: 1,
            source: 3,
            kind: rng.random_range(1..=i32::from(ActivityKind::Hazard)),
            area_code: one_of(rng, &AREAS).into(),
            agency: one_of(rng, &AGENCIES).into(),
            begun_at: at(begun),
            ended_at: at(begun + rng.random_range(0..20_000)),
            count: 1,
            ..Default::default()
        };
        events.push(envelope(COUNTY, &event));
    }
    events
}

fn any_case(rng: &mut StdRng, number: u32, events: &mut Vec<Envelope>) {
    let opened = rng.random_range(0..DAYS * 86_400);
    let mut changed = opened;
    for version in 1..=rng.random_range(1..6) {
        changed += rng.random_range(0..9 * 86_400);
        let state =
            [CaseState::Open, CaseState::Open, CaseState::Resolved, CaseState::Closed, CaseState::Rejected]
                [rng.random_range(0..5)];
        let settled = matches!(state, CaseState::Resolved | CaseState::Closed);
        let duties = (1..=3).filter(|_| rng.random_bool(0.7)).collect::<Vec<_>>();
        let duty = |no: i32, rng: &mut StdRng| CaseDuty {
            no,
            kind: [DutyKind::Handle, DutyKind::Contact, DutyKind::ReportIn][(no - 1) as usize].into(),
            agency: if no == 3 { "justice" } else { "police" }.into(),
            started_at: at(opened),
            due_at: at(opened + rng.random_range(0..20) * 86_400),
            ended_at: rng.random_bool(0.5).then(|| at(changed)).flatten(),
            met: rng.random_bool(0.8),
        };
        let event = CaseChanged {
            case_id: id(2, number),
            version,
            state: state.into(),
            level: rng.random_range(0..=i32::from(Level::Red)),
            area_code: AREAS[number as usize % 3].into(),
            category: one_of(rng, &CATEGORIES).into(),
            first_source: rng.random_range(1..=4),
            lead_agency: "police".into(),
            opened_at: at(opened),
            resolved_at: settled.then(|| at(changed)).flatten(),
            closed_at: (state == CaseState::Closed).then(|| at(changed)).flatten(),
            report_count: rng.random_range(1..4),
            report_id: if rng.random_bool(0.6) { id(1, rng.random_range(0..12)) } else { String::new() },
            merged_into: if rng.random_bool(0.1) { id(2, 99) } else { String::new() },
            changed_at: at(changed),
            lead_signed_at: maybe(rng),
            revisited_at: maybe(rng),
            drill: rng.random_bool(0.05),
            progress: rng.random_bool(0.9).then(|| CaseProgress {
                follows: if rng.random_bool(0.1) { id(2, (number + 1) % 10) } else { String::new() },
                sessions: rng.random_range(0..15),
                agreed_at: maybe(rng),
                failed_at: maybe(rng),
                perform_due_at: maybe(rng),
                performed: rng.random_bool(0.5),
                returns: rng.random_range(0..2),
                extensions: rng.random_range(0..2),
                supervisions: rng.random_range(0..2),
                revisits_effective: 4,
                revisits_solved: rng.random_range(0..=4),
                revisits_rated: 3,
                revisits_content: rng.random_range(0..=2),
                revisits_mostly_content: rng.random_range(0..=1),
                settled_at: rng.random_range(0..=5),
                method: rng.random_range(0..=5),
                residents_credited: rng.random_bool(0.3),
                criminal_at: maybe(rng).filter(|_| number.is_multiple_of(3)),
                public_order_at: maybe(rng).filter(|_| number.is_multiple_of(2)),
                major: rng.random_bool(0.1),
            }),
            duties: duties.into_iter().map(|no| duty(no, rng)).collect(),
            ..Default::default()
        };
        events.push(envelope(COUNTY, &event));
    }
}

fn any_push(rng: &mut StdRng, number: u32, events: &mut Vec<Envelope>) {
    let requested = rng.random_range(0..DAYS * 86_400);
    let later = |rng: &mut StdRng| at(requested + rng.random_range(0..500_000));
    let event = PushRequested {
        push_id: id(3, number),
        case_id: id(2, rng.random_range(0..10)),
        agency: one_of(rng, &AGENCIES).into(),
        form: rng.random_range(1..=i32::from(FormKind::ReminderLetter)),
        level: rng.random_range(1..=4),
        area_code: one_of(rng, &AREAS).into(),
        category: one_of(rng, &CATEGORIES).into(),
        first_source: rng.random_range(1..=4),
        requested_at: at(requested),
        due_at: later(rng),
        sign_due_at: rng.random_bool(0.7).then(|| later(rng)).flatten(),
        feedback_due_at: rng.random_bool(0.7).then(|| later(rng)).flatten(),
        subject: PushSubject::Case.into(),
        ..Default::default()
    };
    events.push(envelope(COUNTY, &event));
    for kind in [ReceiptKind::Delivered, ReceiptKind::Signed, ReceiptKind::Returned, ReceiptKind::Feedback] {
        for _ in 0..rng.random_range(0..3) {
            let outcome = if kind == ReceiptKind::Feedback { rng.random_range(1..=3) } else { 0 };
            let event = PushReceipt {
                push_id: id(3, number),
                kind: kind.into(),
                at: later(rng),
                outcome,
                ..Default::default()
            };
            events.push(envelope(COUNTY, &event));
        }
    }
}

/// What the receiver makes of an envelope, without a database.
fn events_in(envelope: &Envelope) -> Vec<Event> {
    let bytes = envelope.payload.as_slice();
    let kind = envelope.kind.as_str();
    if kind == ReportAccepted::full_name() {
        Event::report_accepted(&ReportAccepted::decode(bytes).unwrap()).unwrap()
    } else if kind == CallsRepeated::full_name() {
        Event::calls_repeated(&CallsRepeated::decode(bytes).unwrap()).unwrap()
    } else if kind == CaseChanged::full_name() {
        Event::case_changed(&CaseChanged::decode(bytes).unwrap()).unwrap()
    } else if kind == PushRequested::full_name() {
        Event::push_requested(&PushRequested::decode(bytes).unwrap()).unwrap()
    } else if kind == PushReceipt::full_name() {
        Event::push_receipt(&PushReceipt::decode(bytes).unwrap()).unwrap()
    } else {
        Event::activity_recorded(&ActivityRecorded::decode(bytes).unwrap()).unwrap()
    }
}

/// The facts of these envelopes, each known a second after the one before.
fn facts_of(envelopes: &[Envelope]) -> Rows {
    let mut things: BTreeMap<(Entity, Uuid), Vec<KnownEvent>> = BTreeMap::new();
    let mut known = Timestamp::UNIX_EPOCH;
    for envelope in envelopes {
        known += SignedDuration::from_secs(1);
        for event in events_in(envelope) {
            let events = things.entry((event.told.entity(), event.id)).or_default();
            let same = |one: &KnownEvent| {
                (one.event.told.code(), one.event.other, one.event.ordinal)
                    == (event.told.code(), event.other, event.ordinal)
            };
            if !events.iter().any(same) {
                events.push(KnownEvent { event, known_at: known });
            }
        }
    }
    let mut rows = Rows::default();
    for ((entity, id), events) in &things {
        rows.add(*entity, *id, events);
    }
    rows
}

/// A fact, with what its grain adds to it.
struct With<'a> {
    fact: &'a dyn Record,
    besides: Vec<(&'static str, Owned)>,
}

enum Owned {
    Time(Timestamp),
    Number(i64),
    Text(String),
    Flag(bool),
}

impl Record for With<'_> {
    fn value(&self, column: &str) -> Option<Value<'_>> {
        let besides = self.besides.iter().find(|(name, _)| *name == column);
        match besides {
            Some((_, Owned::Time(time))) => Some(Value::Time(Some(*time))),
            Some((_, Owned::Number(number))) => Some(Value::Number(*number)),
            Some((_, Owned::Text(text))) => Some(Value::Text(text)),
            Some((_, Owned::Flag(flag))) => Some(Value::Flag(*flag)),
            None => self.fact.value(column),
        }
    }
}

fn present<F>(rows: &[Row<F>]) -> impl Iterator<Item = &Row<F>> {
    rows.iter().filter(|row| row.known_until.is_none())
}

/// The case as it was at a time; now where none is given.
fn case_at<'a>(rows: &'a Rows, id: Uuid, moment: &Moment) -> Option<&'a CaseFact> {
    let mut of = rows.cases.iter().filter(|row| row.id == id).map(|row| &row.fact);
    of.rfind(|fact| !moment.cut || fact.valid_from <= moment.now)
}

/// All records of a grain, as a question sees them.
fn records<'a>(rows: &'a Rows, grain: Grain, moment: &Moment) -> Vec<With<'a>> {
    fn plain(fact: &dyn Record) -> With<'_> {
        With { fact, besides: vec![] }
    }
    let mut cases: Vec<Uuid> = rows.cases.iter().map(|row| row.id).collect();
    cases.dedup();
    match grain {
        Grain::Push => present(&rows.pushes).map(|row| plain(&row.fact)).collect(),
        Grain::Duty => present(&rows.duties).map(|row| plain(&row.fact)).collect(),
        Grain::Activity => present(&rows.activities).map(|row| plain(&row.fact)).collect(),
        Grain::Case => {
            let found = cases.iter().filter_map(|id| case_at(rows, *id, moment));
            found.map(|fact| plain(fact)).collect()
        }
        Grain::Report => present(&rows.reports)
            .filter_map(|row| {
                let case = row.fact.case_id.and_then(|id| case_at(rows, id, moment));
                if case.is_some_and(|case| case.drill) {
                    return None;
                }
                let besides = vec![
                    ("agency", Owned::Text(case.map(|case| case.agency.clone()).unwrap_or_default())),
                    ("level", Owned::Number(case.map_or(0, |case| case.level.into()))),
                    ("has_case", Owned::Flag(case.is_some())),
                ];
                Some(With { fact: &row.fact, besides })
            })
            .collect(),
        Grain::OpenDay => {
            let zone = TimeZone::get("Asia/Shanghai").unwrap();
            let micro = SignedDuration::from_micros(1);
            let mut day = zone.to_datetime(moment.from).date();
            let last = zone.to_datetime((moment.before - micro).min(moment.now)).date();
            let mut open = Vec::new();
            while day <= last {
                let midnight = zone.to_timestamp(day.tomorrow().unwrap().at(0, 0, 0, 0)).unwrap();
                let day_end = (midnight - micro).min(moment.now);
                for id in &cases {
                    let then = Moment { now: day_end, cut: true, ..*moment };
                    let fact = case_at(rows, *id, &then);
                    let fact = fact.filter(|fact| i32::from(fact.state) == i32::from(CaseState::Open));
                    open.extend(
                        fact.map(|fact| With { fact, besides: vec![("day_end", Owned::Time(day_end))] }),
                    );
                }
                day = day.tomorrow().unwrap();
            }
            open
        }
    }
}

fn is_in(time: Option<Column>, record: &dyn Record, moment: &Moment) -> bool {
    time.is_none_or(|time| {
        time_of(time, record, moment).is_some_and(|at| at >= moment.from && at < moment.before)
    })
}

fn sum(what: &What, record: &dyn Record) -> i64 {
    let number = |column: &Column| match record.value(column.name) {
        Some(Value::Number(number)) => number,
        _ => 0,
    };
    match what {
        What::Count => 1,
        What::Sum(columns) => columns.iter().map(number).sum(),
    }
}

/// Numerator, denominator, and p50 and p90, by the plain functions.
fn by_hand(
    definition: &Definition,
    rows: &Rows,
    moment: &Moment,
) -> (i64, i64, Option<(i64, i64)>, Vec<i64>) {
    let records = records(rows, definition.grain, moment);
    let inside = || records.iter().filter(|one| is_in(definition.time, *one, moment));
    let count = |measure: &Measure| {
        let counted = plan::counted(definition, measure);
        inside().filter(|one| holds(&counted, *one, moment)).map(|one| sum(&measure.what, one)).sum()
    };
    let denominator = match &definition.denominator {
        Some(Denominator::Measured(measure)) => count(measure),
        _ => 0,
    };
    let counted = plan::counted(definition, &definition.numerator);
    let mut sizes: Vec<i64> = definition
        .size
        .iter()
        .flat_map(|size| {
            let of = inside().filter(|one| holds(&counted, *one, moment));
            of.filter_map(|one| measured(size, one, moment)).collect::<Vec<_>>()
        })
        .collect();
    sizes.sort_unstable();
    // The least value that at least so many hundredths do not exceed.
    let quantile = |hundredths: usize| sizes[(sizes.len() * hundredths).div_ceil(100) - 1];
    let spread = (!sizes.is_empty()).then(|| (quantile(50), quantile(90)));
    let buckets = (0..=definition.buckets.len()).filter(|_| definition.size.is_some()).map(|number| {
        let (above, up_to) = plan::bucket(definition, number);
        let inside = |size: &&i64| {
            above.is_none_or(|above| **size > above) && up_to.is_none_or(|up_to| **size <= up_to)
        };
        i64::try_from(sizes.iter().filter(inside).count()).unwrap()
    });
    (count(&definition.numerator), denominator, spread, buckets.collect())
}

async fn holds_for(world: &World, seed: u64, from: i64, length: i64, happened_by: Option<i64>) {
    let mut events = any_events(seed);
    events.shuffle(&mut StdRng::seed_from_u64(seed));
    // Versions of a case come in order.
    let versions = |envelope: &Envelope| envelope.kind == CaseChanged::full_name();
    let mut in_order: Vec<_> = any_events(seed).into_iter().filter(versions).collect();
    in_order.reverse();
    for envelope in events.iter_mut().filter(|envelope| versions(envelope)) {
        *envelope = in_order.pop().unwrap();
    }
    world.forget(COUNTY).await;
    for batch in events.chunks(7) {
        world.apply(batch).await;
    }
    let rows = facts_of(&events);
    let catalogue = Catalogue::defaults().unwrap();
    let mut asked = asking(&[]);
    (asked.from, asked.before) = (at(from), at(from + length));
    asked.happened_by = happened_by.and_then(at);
    let question = world::question(asked);
    let moment = Moment {
        from: question.window.from,
        before: question.window.before,
        now: question.happened_by.unwrap_or(world::now()),
        cut: question.happened_by.is_some(),
    };
    let counted = world.count(COUNTY, &question).await;
    let place = Place { county: COUNTY, catalogue: &catalogue };
    let figures = figures(&question, &counted.groups, place).unwrap();
    for (definition, figure) in question.indicators.iter().zip(&figures[&vec![]]) {
        let (numerator, denominator, spread, buckets) = by_hand(definition, &rows, &moment);
        let seen = (figure.numerator, figure.denominator, figure.spread, figure.buckets.clone());
        assert_eq!(
            seen,
            (numerator, denominator, spread, buckets),
            "{} with seed {seed} from {from} over {length} by {happened_by:?}",
            definition.id
        );
    }
}

#[tokio::test]
async fn sql_counts_as_the_plain_functions_do() {
    let world = World::new().await;
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let days = 86_400_i64;
    let strategy = (any::<u64>(), 0..40 * days, 1..30 * days, prop::option::of(0..80 * days));
    for _ in 0..runner.config().cases {
        let (seed, from, length, by) = strategy.new_tree(&mut runner).unwrap().current();
        holds_for(&world, seed, from, length, by).await;
    }
}

#[test]
fn a_share_s_numerator_is_part_of_its_denominator() {
    let catalogue = Catalogue::defaults().unwrap();
    for seed in 0..200 {
        let rows = facts_of(&any_events(seed));
        let second = |seconds: i64| Timestamp::from_second(BEGIN + seconds).unwrap();
        let moment =
            Moment { from: second(0), before: second(DAYS * 43_200), now: second(DAYS * 80_000), cut: false };
        for definition in catalogue.all().filter(|one| one.is_a_share()) {
            let Some(Denominator::Measured(all)) = &definition.denominator else { continue };
            let (part, all) =
                (plan::counted(definition, &definition.numerator), plan::counted(definition, all));
            for record in records(&rows, definition.grain, &moment) {
                let both = holds(&part, &record, &moment) && !holds(&all, &record, &moment);
                assert!(!both, "{} counts what is not in its denominator", definition.id);
            }
        }
    }
}

#[test]
fn any_order_and_any_repetition_of_events_give_the_same_facts() {
    for seed in 0..100 {
        let events = any_events(seed);
        let mut others = events.clone();
        others.extend(events.iter().filter(|_| seed % 2 == 0).cloned());
        others.shuffle(&mut StdRng::seed_from_u64(seed + 1));
        assert_eq!(contents(facts_of(&events)), contents(facts_of(&others)), "seed {seed}");
    }
}

/// What facts say, without when it was known.
fn contents(rows: Rows) -> String {
    fn of<F: std::fmt::Debug>(rows: &[Row<F>], all: bool) -> Vec<String> {
        let shown = rows.iter().filter(|row| all || row.known_until.is_none());
        shown.map(|row| format!("{} {} {:?}", row.id, row.part, row.fact)).collect()
    }
    // Of cases all versions, since they say what was when.
    format!(
        "{:#?}",
        (
            of(&rows.reports, false),
            of(&rows.cases, true),
            of(&rows.pushes, false),
            of(&rows.duties, false),
            of(&rows.activities, false)
        )
    )
}
