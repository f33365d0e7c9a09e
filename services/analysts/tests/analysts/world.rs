//! A county with facts in a real Postgres, and what answers analysts over it.

use std::{collections::BTreeMap, path::Path, str::FromStr as _, sync::Arc};

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use fengqiao_access::Principal;
use fengqiao_analysts::{
    AnalystsError,
    catalogue::Catalogue,
    config::Limits,
    engine::{Caller, Engine},
    warehouse::Warehouse,
};
use fengqiao_county::Counties;
use fengqiao_messaging::{Applied, Apply as _, Envelope, Step, Topic};
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    routing::v1::CaseChanged,
    types::v1::{CaseState, Level, Source},
};
use fengqiao_serving::time::Clock;
use fengqiao_stack::test_database::TestDatabase;
use fengqiao_statistics::{
    receiver::FactReceiver,
    store::{MIGRATIONS, Rebuilding},
};
use futures::TryStreamExt as _;
use prost::{Message, Name};
use sqlx::{
    Executor as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

pub const COUNTY: &str = "421181";

pub const LIMITS: Limits =
    Limits { query_seconds: 30, query_mib: 256, result_rows: 100_000, queries_each: 4, queries: 8 };

pub struct World {
    pub pool: PgPool,
    pub engine: Arc<Engine>,
    pub folder: tempfile::TempDir,
    _database: TestDatabase,
}

/// The moment at which is asked.
pub fn now() -> jiff::Timestamp {
    "2026-11-28T00:00:00Z".parse().unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::within(LIMITS).await
    }

    pub async fn within(limits: Limits) -> Self {
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
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(&pool, folder.path(), limits);
        Self { pool, engine, folder, _database: database }
    }

    /// As if the process had been started anew.
    pub fn start_again(&mut self) {
        self.engine = engine(&self.pool, self.folder.path(), LIMITS);
    }

    pub async fn keep(&self) {
        self.engine.warehouse.county(COUNTY).unwrap().keep().await.unwrap();
    }

    pub async fn write_segments(&self) {
        self.engine.warehouse.county(COUNTY).unwrap().write_tail().await.unwrap();
    }

    pub async fn apply(&self, batch: &[Envelope]) {
        let mut conn = self.pool.acquire().await.unwrap();
        for part in batch.chunks(500) {
            let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Intake).await.unwrap();
            assert_eq!(FactReceiver.apply(&mut conn, &step, part).await.unwrap(), Applied::Done);
        }
    }

    /// Makes all facts anew.
    pub async fn rebuild(&self) {
        let mut rebuilding = Rebuilding::begin(&self.pool, COUNTY).await.unwrap().unwrap();
        while rebuilding.step().await.unwrap() > 0 {}
        rebuilding.finish().await.unwrap();
    }

    /// The rows of an answer as text, cells by `|`, sorted.
    pub async fn ask(&self, who: &Principal, query: &str) -> Result<Vec<String>, AnalystsError> {
        let stream = self.engine.run(&Caller::of(who), query).await?;
        let batches: Vec<_> = stream.try_collect().await?;
        let options = FormatOptions::default();
        let mut rows = Vec::new();
        for batch in &batches {
            let columns: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
                .collect();
            rows.extend((0..batch.num_rows()).map(|row| {
                columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")
            }));
        }
        rows.sort();
        Ok(rows)
    }

    /// Numbers under their names, of an answer of two columns.
    pub async fn numbers(&self, who: &Principal, query: &str) -> BTreeMap<String, i64> {
        let rows = self.ask(who, query).await.unwrap();
        rows.iter()
            .map(|row| {
                let (name, number) = row.rsplit_once('|').unwrap();
                (name.to_owned(), number.parse().unwrap())
            })
            .collect()
    }

    /// The same by Postgres itself.
    pub async fn by_postgres(&self, query: &str) -> BTreeMap<String, i64> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(query.to_owned())).fetch_all(&self.pool).await.unwrap();
        rows.into_iter().collect()
    }
}

fn engine(pool: &PgPool, folder: &Path, limits: Limits) -> Arc<Engine> {
    let catalogue = Arc::new(Catalogue::read().unwrap());
    let county = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let counties = Arc::new(Counties::load(&[county]).unwrap());
    let warehouse = Warehouse::new(pool, &[COUNTY.to_owned()], folder, &catalogue);
    Arc::new(
        Engine::new(
            warehouse,
            catalogue,
            counties,
            limits,
            Clock::moved_by(now),
            tokio::runtime::Handle::current(),
        )
        .unwrap(),
    )
}

/// The county's analyst, or one of an area.
pub fn analyst(area: Option<&str>) -> Principal {
    Principal::new("someone", COUNTY, "analyst", area).unwrap()
}

pub fn at(time: &str) -> Option<prost_types::Timestamp> {
    let time: jiff::Timestamp = time.parse().unwrap();
    Some(prost_types::Timestamp { seconds: time.as_second(), nanos: 0 })
}

pub fn envelope<M: Message + Name>(event: &M) -> Envelope {
    Envelope {
        county: COUNTY.to_owned(),
        topic: Topic::Intake,
        position: 1,
        kind: M::full_name(),
        payload: event.encode_to_vec(),
        trace: None,
    }
}

/// A report of a day.
pub fn report(number: u128, area: &str, category: &str, day: &str, repeat: bool) -> Envelope {
    envelope(&ReportAccepted {
        report_id: Uuid::from_u128(number).to_string(),
        revision: 1,
        source: if number.is_multiple_of(2) { Source::Police110 } else { Source::Hotline12345 }.into(),
        area_code: area.into(),
        category: category.into(),
        occurred_at: at(&format!("{day}T02:00:00Z")),
        accepted_at: at(&format!("{day}T03:00:00Z")),
        linkage: Some(Linkage { repeat, ..Default::default() }),
        ..Default::default()
    })
}

/// A version of a case of a report.
pub fn case(
    number: u128,
    version: i64,
    report: u128,
    area: &str,
    day: &str,
    level: Level,
    settled: bool,
) -> Envelope {
    envelope(&CaseChanged {
        case_id: Uuid::from_u128(number).to_string(),
        version,
        state: if settled { CaseState::Resolved } else { CaseState::Open }.into(),
        level: level.into(),
        area_code: area.into(),
        category: "neighbourhood".into(),
        first_source: Source::Police110.into(),
        lead_agency: "police".into(),
        opened_at: at(&format!("{day}T03:00:00Z")),
        resolved_at: if settled { at(&format!("{day}T09:00:00Z")) } else { None },
        changed_at: at(&format!("{day}T0{version}:30:00Z")),
        report_id: Uuid::from_u128(report).to_string(),
        ..Default::default()
    })
}
