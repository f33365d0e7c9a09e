//! The store: the only place with SQL of Postgres. It only reads, and only facts.

use fengqiao_serving::time::{from_sql, to_sql};
use futures::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use sqlx::{Executor as _, PgPool, Postgres, Row as _, Transaction, postgres::PgRow};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::error::AnalystsError;

/// How the facts of one of the analysts' tables are read.
#[derive(Debug, Clone, Copy)]
pub struct FactTable {
    /// The table's name in the catalogue.
    pub name: &'static str,
    /// Statistics' numbers of the things that it is about.
    pub entities: &'static [i16],
    /// Rows of a time. $1 county, $2 generation, $3 from, $4 before.
    pub segment: &'static str,
    /// Rows of things. $1 county, $2 generation, $3 ids.
    pub of_things: &'static str,
    /// In which months things are or were. $1 county, $2 generation, $3 ids.
    pub months: &'static str,
    /// The first and the last time. $1 county, $2 generation.
    pub span: &'static str,
}

macro_rules! fact_table {
    ($name:literal, $entities:expr, $table:literal, $time:literal, $which:literal) => {
        FactTable {
            name: $name,
            entities: &$entities,
            segment: concat!(
                include_str!(concat!("store/sql/", $name, ".sql")),
                "    AND fact.",
                $time,
                " >= $3::timestamptz AND fact.",
                $time,
                " < $4::timestamptz\n",
                // What is counted by stands together, so that it packs well and is found soon.
                "ORDER BY fact.area_code, fact.category, fact.",
                $time,
                ", fact.id"
            ),
            of_things: concat!(
                include_str!(concat!("store/sql/", $name, ".sql")),
                "    AND fact.id = ANY ($3::uuid[]) AND fact.",
                $time,
                " IS NOT NULL"
            ),
            months: concat!(
                "SELECT DISTINCT id, date_trunc('month', ",
                $time,
                " AT TIME ZONE 'Asia/Shanghai')::date FROM ",
                $table,
                " AS fact WHERE county = $1 AND generation = $2::int4 AND id = ANY ($3::uuid[]) AND ",
                $time,
                " IS NOT NULL"
            ),
            span: concat!(
                "SELECT min(",
                $time,
                "), max(",
                $time,
                ") FROM ",
                $table,
                " AS fact WHERE county = $1 AND generation = $2::int4 AND ",
                $which
            ),
        }
    };
}

/// The tables of facts. Of an event is asked by when it was received, which never changes and has an index.
pub const TABLES: [FactTable; 7] = [
    fact_table!("reports", [1], "fact_report", "accepted_at", "known_until IS NULL"),
    fact_table!("cases", [2], "fact_case", "opened_at", "valid_until IS NULL"),
    fact_table!("open_spells", [2], "fact_case", "valid_from", "state = 1"),
    fact_table!("pushes", [3], "fact_push", "requested_at", "known_until IS NULL"),
    fact_table!("duties", [2], "fact_duty", "due_at", "known_until IS NULL"),
    fact_table!("activities", [4], "fact_activity", "begun_at", "known_until IS NULL"),
    // Events are of no generation: all are of any.
    fact_table!(
        "events",
        [1, 2, 3, 4],
        "(SELECT county, id, known_at, $2::int4 AS generation FROM event WHERE entity = ANY ('{1,2,3,4}'))",
        "known_at",
        "known_at IS NOT NULL"
    ),
];

/// The SQL that is no table's own, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("changed", include_str!("store/sql/changed.sql")),
    ("reports_of_cases", include_str!("store/sql/reports_of_cases.sql")),
    ("generation", include_str!("store/sql/generation.sql")),
];

/// A thing that facts are about: statistics' number of its kind, and its id.
pub type Thing = (i16, Uuid);

/// One moment of the facts. Ends when it is dropped.
pub struct Moment {
    tx: Transaction<'static, Postgres>,
    county: String,
    /// The generation of facts that holds.
    pub generation: i32,
    /// When the last of what it knows was received.
    pub known_at: Timestamp,
}

impl Moment {
    /// Takes it; none where nothing of the county was received yet.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn take(pool: &PgPool, county: &str) -> Result<Option<Self>, AnalystsError> {
        let failed = AnalystsError::database("looking at the facts");
        let mut tx =
            pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(&failed)?;
        // Old moments hold up the cleaning of tables: it ends in any case.
        let limits = "SET LOCAL statement_timeout = '300s'; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                      SET LOCAL work_mem = '64MB'";
        tx.execute(limits).await.map_err(&failed)?;
        let holds: Option<(i32, OffsetDateTime)> = sqlx::query_as(include_str!("store/sql/generation.sql"))
            .bind(county)
            .fetch_optional(&mut *tx)
            .await
            .map_err(&failed)?;
        Ok(holds.map(|(generation, known_at)| Self {
            tx,
            county: county.to_owned(),
            generation,
            known_at: from_sql(known_at),
        }))
    }

    /// What has changed since a time; none where it is more than `most`.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn changed(
        &mut self,
        since: Timestamp,
        most: usize,
    ) -> Result<Option<Vec<Thing>>, AnalystsError> {
        let bound = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let found: Vec<Thing> = sqlx::query_as(include_str!("store/sql/changed.sql"))
            .bind(&self.county)
            .bind(to_sql(since))
            .bind(bound)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(AnalystsError::database("looking for what has changed"))?;
        Ok(Some(found).filter(|found| found.len() <= most))
    }

    /// The reports of cases; none where they are more than `most`.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn reports_of(
        &mut self,
        cases: &[Uuid],
        most: usize,
    ) -> Result<Option<Vec<Uuid>>, AnalystsError> {
        let bound = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let found: Vec<Uuid> = sqlx::query_scalar(include_str!("store/sql/reports_of_cases.sql"))
            .bind(&self.county)
            .bind(self.generation)
            .bind(cases)
            .bind(bound)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(AnalystsError::database("looking for reports of cases"))?;
        Ok(Some(found).filter(|found| found.len() <= most))
    }

    /// The rows of things.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn rows_of(&mut self, table: FactTable, ids: &[Uuid]) -> Result<Vec<PgRow>, AnalystsError> {
        sqlx::query(table.of_things)
            .bind(&self.county)
            .bind(self.generation)
            .bind(ids)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(AnalystsError::database("reading what has changed"))
    }

    /// In which months things are or were, by the first days.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn months_of(
        &mut self,
        table: FactTable,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, Date)>, AnalystsError> {
        sqlx::query_as(table.months)
            .bind(&self.county)
            .bind(self.generation)
            .bind(ids)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(AnalystsError::database("looking for months that have changed"))
    }

    /// The first and the last time of a table's facts; none where it has none.
    ///
    /// # Errors
    /// [`AnalystsError::Database`]
    pub async fn span(&mut self, table: FactTable) -> Result<Option<(Timestamp, Timestamp)>, AnalystsError> {
        let failed = AnalystsError::database("looking for the first and the last fact");
        let row = sqlx::query(table.span)
            .bind(&self.county)
            .bind(self.generation)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(&failed)?;
        let first: Option<OffsetDateTime> = row.try_get(0).map_err(&failed)?;
        let last: Option<OffsetDateTime> = row.try_get(1).map_err(&failed)?;
        Ok(first.zip(last).map(|(first, last)| (from_sql(first), from_sql(last))))
    }

    /// The rows of a time, as they come.
    pub fn segment(
        &mut self,
        table: FactTable,
        from: Timestamp,
        before: Timestamp,
    ) -> impl Stream<Item = Result<PgRow, AnalystsError>> + Send {
        sqlx::query(table.segment)
            .bind(&self.county)
            .bind(self.generation)
            .bind(to_sql(from))
            .bind(to_sql(before))
            .fetch(&mut *self.tx)
            .map_err(AnalystsError::database("reading facts"))
    }

    /// Ends it in order.
    pub async fn end(self) {
        // One that cannot be ended ends with its connection.
        let _ = self.tx.rollback().await;
    }
}
