//! A database with the service's schema, and a small day that can be counted by hand.

use std::{collections::BTreeMap, path::Path, str::FromStr as _, sync::Arc};

use fengqiao_county::Counties;
use fengqiao_messaging::{Applied, Apply as _, Envelope, Step, Topic};
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    notification::v1::{DeliveredPush, PushReceipt, PushesDelivered, ReceiptKind},
    routing::v1::{CaseChanged, PushRequested},
    statistics::v1::QueryIndicatorsRequest,
    types::v1::{CaseState, FormKind, Level, Source},
};
use fengqiao_stack::test_database::TestDatabase;
use fengqiao_statistics::{
    answering::Answers,
    counties::CountedCounties,
    domain::{
        definition::Catalogue,
        figure::{self, Place},
        question::{self, Directory, Question},
    },
    receiver::FactReceiver,
    store::{Asked, Counted, Figures, MIGRATIONS, Rebuilding, Rebuilt},
};
use prost::{Message, Name};
use sqlx::{
    AssertSqlSafe, Executor as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// A database with the service's schema.
pub struct World {
    pub pool: PgPool,
    _database: TestDatabase,
}

/// A directory that knows every word.
struct KnowsAll;

impl Directory for KnowsAll {
    fn has_area(&self, _: &str) -> bool {
        true
    }
    fn has_category(&self, _: &str) -> bool {
        true
    }
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let options =
            PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", "statistics")]);
        let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
        pool.execute("CREATE SCHEMA statistics").await.unwrap();
        for migrations in [&fengqiao_messaging::MIGRATIONS, &fengqiao_areas::MIGRATIONS, &MIGRATIONS] {
            let migrator = sqlx::migrate::Migrator {
                migrations: migrations.migrations.clone(),
                ignore_missing: true,
                ..sqlx::migrate::Migrator::DEFAULT
            };
            migrator.run(&pool).await.unwrap();
        }
        Self { pool, _database: database }
    }

    pub async fn with_the_day(county: &str) -> Self {
        let world = Self::new().await;
        for topic in the_day(county) {
            world.apply(&topic).await;
        }
        world
    }

    pub async fn apply(&self, batch: &[Envelope]) {
        let Some(first) = batch.first() else { return };
        let mut conn = self.pool.acquire().await.unwrap();
        let step = Step::on_the_spot(&mut conn, &first.county, first.topic).await.unwrap();
        assert_eq!(FactReceiver.apply(&mut conn, &step, batch).await.unwrap(), Applied::Done);
    }

    pub fn store(&self) -> Figures {
        Figures::new(self.pool.clone())
    }

    /// What counts for the one county that has a folder.
    pub fn answers(&self) -> Arc<Answers> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let counties = Arc::new(Counties::load(&[folder]).unwrap());
        Arc::new(Answers::new(self.store(), CountedCounties::load(counties).unwrap()))
    }

    pub async fn count(&self, county: &str, question: &Question) -> Counted {
        let now = now();
        self.store().count(Asked { county, question, base: None, now, fair: false }).await.unwrap()
    }

    /// The rows as `dimensions indicator` with numerator and denominator.
    pub async fn figures(&self, county: &str, asked: QueryIndicatorsRequest) -> BTreeMap<String, (i64, i64)> {
        let catalogue = Catalogue::defaults().unwrap();
        let question = question(asked);
        let counted = self.count(county, &question).await;
        let place = Place { county, catalogue: &catalogue };
        let figures = figure::figures(&question, &counted.groups, place).unwrap();
        let rows = figures.into_iter().flat_map(|(values, row)| {
            let named = question.indicators.iter().zip(row);
            named
                .map(|(one, figure)| {
                    let name = format!("{} {}", values.join("|"), one.id);
                    (name, (figure.numerator, figure.denominator))
                })
                .collect::<Vec<_>>()
        });
        rows.collect()
    }

    /// One figure without groups.
    pub async fn figure(&self, county: &str, indicator: &str, asked: QueryIndicatorsRequest) -> (i64, i64) {
        let asked = QueryIndicatorsRequest { indicators: vec![indicator.to_owned()], ..asked };
        self.figures(county, asked).await.into_values().next().unwrap()
    }

    /// As if nothing had been received of a county.
    pub async fn forget(&self, county: &str) {
        for table in
            ["event", "generation", "fact_report", "fact_case", "fact_push", "fact_duty", "fact_activity"]
        {
            let sql = format!("DELETE FROM {table} WHERE county = $1");
            sqlx::query(AssertSqlSafe(sql)).bind(county).execute(&self.pool).await.unwrap();
        }
    }

    /// As if all that is known had been received at a time.
    pub async fn known_since(&self, time: &str) {
        for sql in [
            "UPDATE event SET known_at = $1::text::timestamptz",
            "UPDATE fact_case SET known_from = $1::text::timestamptz",
            "UPDATE fact_report SET known_from = $1::text::timestamptz",
        ] {
            sqlx::query(sql).bind(time).execute(&self.pool).await.unwrap();
        }
    }

    /// Makes all facts anew.
    pub async fn rebuild(&self, county: &str) -> Rebuilt {
        let mut rebuilding = Rebuilding::begin(&self.pool, county).await.unwrap().unwrap();
        while rebuilding.step().await.unwrap() > 0 {}
        rebuilding.finish().await.unwrap()
    }

    /// All present rows of all tables of facts, as text, without what says when they were known.
    pub async fn present_facts(&self, county: &str) -> Vec<String> {
        let mut rows = Vec::new();
        for table in fengqiao_statistics::store::FACT_TABLES {
            let sql = format!(
                "SELECT to_jsonb(fact) - '{{county,generation,known_from,known_until,seq}}'::text[] FROM {} AS fact \
                 WHERE county = $1 AND known_until IS NULL ORDER BY id, part, seq",
                table.name
            );
            let found: Vec<serde_json::Value> =
                sqlx::query_scalar(AssertSqlSafe(sql)).bind(county).fetch_all(&self.pool).await.unwrap();
            rows.extend(found.into_iter().map(|row| format!("{} {row}", table.name)));
        }
        rows
    }

    pub async fn caught_up(&self, county: &str, topic: &str, at: &str) {
        sqlx::query(
            "INSERT INTO receiver_position (county, topic, position, caught_up_at) VALUES ($1, $2, 0, $3::text::timestamptz)",
        )
        .bind(county)
        .bind(topic)
        .bind(at)
        .execute(&self.pool)
        .await
        .unwrap();
    }
}

/// The moment for which is counted.
pub fn now() -> jiff::Timestamp {
    "2026-11-28T00:00:00Z".parse().unwrap()
}

pub fn question(asked: QueryIndicatorsRequest) -> Question {
    question::check(&asked, &Catalogue::defaults().unwrap(), &KnowsAll).unwrap()
}

/// November 2026, these indicators.
pub fn asking(indicators: &[&str]) -> QueryIndicatorsRequest {
    QueryIndicatorsRequest {
        indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
        from: at("2026-11-01T00:00:00Z"),
        before: at("2026-12-01T00:00:00Z"),
        ..Default::default()
    }
}

pub fn at(time: &str) -> Option<prost_types::Timestamp> {
    let time: jiff::Timestamp = time.parse().unwrap();
    Some(prost_types::Timestamp { seconds: time.as_second(), nanos: 0 })
}

pub fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

pub fn envelope<M: Message + Name>(county: &str, event: &M) -> Envelope {
    Envelope {
        county: county.to_owned(),
        topic: Topic::Intake,
        position: 1,
        kind: M::full_name(),
        payload: event.encode_to_vec(),
        trace: None,
    }
}

/// Four reports, two cases, three pushes, and receipts of a fourth push that was never requested; by topic:
/// intake, routing, notification.
pub fn the_day(county: &str) -> [Vec<Envelope>; 3] {
    let report = |number, revision, source: Source, area: &str, category: &str, repeat, accepted| {
        let event = ReportAccepted {
            report_id: id(number),
            revision,
            source: source as i32,
            area_code: area.into(),
            category: category.into(),
            occurred_at: at("2026-11-20T00:00:00Z"),
            accepted_at: at(accepted),
            linkage: Some(Linkage { repeat, ..Default::default() }),
            ..Default::default()
        };
        envelope(county, &event)
    };
    let intake = vec![
        report(1, 1, Source::Hotline12345, "421181105201", "other", false, "2026-11-24T07:00:00Z"),
        report(2, 1, Source::Police110, "421181105201", "neighbourhood", true, "2026-11-24T15:59:59Z"),
        report(3, 1, Source::Grid, "421181100000", "traffic", false, "2026-11-24T16:00:00Z"),
        report(4, 1, Source::Petition, "421181000000", "other", false, "2026-11-25T01:00:00Z"),
        // A later revision of the first: another category, the same window.
        report(1, 2, Source::Hotline12345, "421181105201", "neighbourhood", false, "2026-12-24T07:00:00Z"),
    ];
    let case = |number, version, state: CaseState, level: Level, report: u128| CaseChanged {
        case_id: id(number),
        version,
        state: state as i32,
        level: level as i32,
        area_code: if number == 101 { "421181105201" } else { "421181100000" }.into(),
        category: if number == 101 { "neighbourhood" } else { "traffic" }.into(),
        first_source: if number == 101 { Source::Hotline12345 } else { Source::Grid } as i32,
        lead_agency: if number == 101 { "police" } else { "traffic_police" }.into(),
        opened_at: if number == 101 { at("2026-11-24T07:00:00Z") } else { at("2026-11-24T16:00:00Z") },
        report_id: if report == 0 { String::new() } else { id(report) },
        ..Default::default()
    };
    let push = |number, agency: &str| PushRequested {
        push_id: id(number),
        case_id: id(101),
        agency: agency.into(),
        form: FormKind::ReportForm as i32,
        level: Level::Red as i32,
        area_code: "421181105201".into(),
        category: "neighbourhood".into(),
        first_source: Source::Hotline12345 as i32,
        requested_at: at("2026-11-24T07:00:01Z"),
        ..Default::default()
    };
    let routing = vec![
        envelope(county, &case(101, 1, CaseState::Open, Level::Blue, 1)),
        envelope(county, &push(201, "police")),
        envelope(county, &push(202, "town-421181105")),
        envelope(county, &push(203, "community-421181105201")),
        envelope(county, &case(101, 2, CaseState::Open, Level::Red, 2)),
        envelope(county, &case(102, 1, CaseState::Open, Level::Blue, 3)),
        envelope(county, &case(101, 3, CaseState::Resolved, Level::Red, 0)),
    ];
    let receipt = |number, kind: ReceiptKind| {
        let event = PushReceipt {
            push_id: id(number),
            case_id: id(101),
            kind: kind as i32,
            at: at("2026-11-24T08:00:00Z"),
            ..Default::default()
        };
        envelope(county, &event)
    };
    let delivered = |number| DeliveredPush {
        push_id: id(number),
        case_id: id(101),
        at: at("2026-11-24T08:00:00Z"),
        ..Default::default()
    };
    let notification = vec![
        envelope(county, &PushesDelivered { pushes: vec![delivered(201), delivered(202)] }),
        receipt(203, ReceiptKind::Parked),
        receipt(203, ReceiptKind::Delivered),
        receipt(201, ReceiptKind::Signed),
        receipt(202, ReceiptKind::Returned),
        receipt(201, ReceiptKind::Feedback),
        receipt(201, ReceiptKind::Feedback),
        receipt(299, ReceiptKind::Delivered),
    ];
    [intake, routing, notification]
}
