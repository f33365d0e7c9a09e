//! Reading everything that an audit looks at, page by page, as it was at one moment.

use std::collections::{BTreeMap, VecDeque};

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_sql;
use sqlx::{PgPool, Postgres, Row as _, Transaction, postgres::PgRow};
use uuid::Uuid;

use super::{bounded, readings::reading_row, rows};
use crate::{
    domain::{
        audit::{AuditedRow, CaseRow, EntryRow, ReadingRow},
        history_seals::{HistoryHead, docket_binding},
    },
    error::RoutingError,
};

const CASES_AT_ONCE: i64 = 500;
const ENTRIES_AT_ONCE: i64 = 2_000;
const READ_HEAD: &str = "SELECT sealed FROM history_head WHERE county = $1";

/// Where the histories of a county stand now; none before the first write.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or [`RoutingError::Seal`] where it does not open.
pub async fn history_head(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
) -> Result<Option<HistoryHead>, RoutingError> {
    let statement = sqlx::query_scalar::<_, Vec<u8>>(READ_HEAD).bind(county).fetch_optional(pool);
    let sealed = bounded("read where the histories stand", statement).await?;
    Ok(sealed.map(|sealed| HistoryHead::open(&sealed, county, keyring)).transpose()?)
}

/// Rows in the order in which they are checked.
#[derive(Debug)]
pub enum AuditedPage {
    /// Cases, each before its entries.
    Rows(Vec<AuditedRow>),
    /// Readings of protected cases; they come after the cases.
    Readings(Vec<ReadingRow>),
    /// That was all.
    End,
}

/// A county's histories at one moment. While it is read, the database keeps for it what is overwritten
/// meanwhile, so it should not stand still.
pub struct Auditing<'a> {
    tx: Transaction<'static, Postgres>,
    keyring: &'a Keyring,
    county: &'a str,
    head: Option<HistoryHead>,
    cases: Pages<CaseRow, Uuid>,
    entries: Pages<EntryRow, (Uuid, i64)>,
    readings: Pages<ReadingRow, (Uuid, i64)>,
}

/// Rows that were read ahead, and where to go on.
struct Pages<T, K> {
    waiting: VecDeque<T>,
    after: K,
    ended: bool,
}

impl<T, K: Default> Default for Pages<T, K> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), after: K::default(), ended: false }
    }
}

impl<T, K> Pages<T, K> {
    fn wants(&self) -> bool {
        self.waiting.is_empty() && !self.ended
    }

    fn take_in(&mut self, rows: Vec<T>, key: impl Fn(&T) -> K) {
        match rows.last() {
            Some(last) => self.after = key(last),
            None => self.ended = true,
        }
        self.waiting.extend(rows);
    }
}

impl<'a> Auditing<'a> {
    /// Begins at this moment.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn begin(pool: &PgPool, keyring: &'a Keyring, county: &'a str) -> Result<Self, RoutingError> {
        let operation = "begin an audit";
        let mut tx =
            bounded(operation, pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await?;
        let statement = sqlx::query_scalar::<_, Vec<u8>>(READ_HEAD).bind(county).fetch_optional(&mut *tx);
        let sealed = bounded(operation, statement).await?;
        // One that does not open is as good as none: that is a finding, not a failure.
        let head = sealed.and_then(|sealed| HistoryHead::open(&sealed, county, keyring).ok());
        Ok(Self {
            tx,
            keyring,
            county,
            head,
            cases: Pages::default(),
            entries: Pages::default(),
            readings: Pages::default(),
        })
    }

    /// Where the histories stand; none where there is none or it does not open.
    #[must_use]
    pub const fn head(&self) -> Option<HistoryHead> {
        self.head
    }

    /// The next rows.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn next(&mut self) -> Result<AuditedPage, RoutingError> {
        if self.cases.wants() {
            self.read_cases().await?;
        }
        if self.entries.wants() {
            self.read_entries().await?;
        }
        let mut rows = Vec::new();
        // Up to where one of the two has to be read on.
        while !self.cases.wants() && !self.entries.wants() {
            let case = self.cases.waiting.front().map(|case| case.id);
            let entry = self.entries.waiting.front().map(|entry| entry.case_id);
            let row = match (case, entry) {
                (None, None) => break,
                (Some(case), Some(entry)) if case <= entry => {
                    self.cases.waiting.pop_front().map(AuditedRow::Case)
                }
                (Some(_), None) => self.cases.waiting.pop_front().map(AuditedRow::Case),
                _ => self.entries.waiting.pop_front().map(AuditedRow::Entry),
            };
            rows.extend(row);
        }
        if !rows.is_empty() || self.cases.wants() || self.entries.wants() {
            return Ok(AuditedPage::Rows(rows));
        }
        self.read_readings().await?;
        let readings: Vec<ReadingRow> = self.readings.waiting.drain(..).collect();
        Ok(if readings.is_empty() { AuditedPage::End } else { AuditedPage::Readings(readings) })
    }

    /// The last number that each day's series gave.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn series(&mut self) -> Result<BTreeMap<String, i32>, RoutingError> {
        let statement =
            sqlx::query_as::<_, (String, i32)>("SELECT day, last FROM case_number_series WHERE county = $1")
                .bind(self.county)
                .fetch_all(&mut *self.tx);
        Ok(bounded("read the number series", statement).await?.into_iter().collect())
    }

    /// The numbers of a day's series without a case, so many at most.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn missing_numbers(
        &mut self,
        day: &str,
        last: i32,
        at_most: i64,
    ) -> Result<Vec<String>, RoutingError> {
        let statement = sqlx::query_scalar(include_str!("sql/audit_missing_numbers.sql"))
            .bind(self.county)
            .bind(day)
            .bind(last)
            .bind(at_most)
            .fetch_all(&mut *self.tx);
        bounded("read which numbers have no case", statement).await
    }

    async fn read_cases(&mut self) -> Result<(), RoutingError> {
        let operation = "read the cases of an audit";
        let statement = sqlx::query(include_str!("sql/audit_cases.sql"))
            .bind(self.county)
            .bind(self.cases.after)
            .bind(CASES_AT_ONCE)
            .fetch_all(&mut *self.tx);
        let found = bounded(operation, statement).await?;
        let rows = rows::read_all(operation, &found, |row| case_row(row, self.county, self.keyring))?;
        self.cases.take_in(rows, |case| case.id);
        Ok(())
    }

    async fn read_entries(&mut self) -> Result<(), RoutingError> {
        let operation = "read the entries of an audit";
        let (case_id, sequence) = self.entries.after;
        let statement = sqlx::query(include_str!("sql/audit_entries.sql"))
            .bind(self.county)
            .bind(case_id)
            .bind(sequence)
            .bind(ENTRIES_AT_ONCE)
            .fetch_all(&mut *self.tx);
        let rows = rows::read_all(operation, &bounded(operation, statement).await?, entry_row)?;
        self.entries.take_in(rows, |entry| (entry.case_id, entry.sequence));
        Ok(())
    }

    async fn read_readings(&mut self) -> Result<(), RoutingError> {
        let operation = "read the readings of an audit";
        let (case_id, sequence) = self.readings.after;
        let statement = sqlx::query(include_str!("sql/audit_readings.sql"))
            .bind(self.county)
            .bind(case_id)
            .bind(sequence)
            .bind(ENTRIES_AT_ONCE)
            .fetch_all(&mut *self.tx);
        let rows = rows::read_all(operation, &bounded(operation, statement).await?, reading_row)?;
        self.readings.take_in(rows, |reading| (reading.case_id, reading.sequence));
        Ok(())
    }
}

fn case_row(row: &PgRow, county: &str, keyring: &Keyring) -> Result<CaseRow, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    let history_seal: Vec<u8> = row.try_get("history_seal")?;
    let docket: Option<Vec<u8>> = row.try_get("sealed_docket")?;
    let binding = docket_binding(county, id, &history_seal);
    Ok(CaseRow {
        id,
        number: row.try_get("number")?,
        history_count: row.try_get("history_count")?,
        docket_opens: docket.map(|docket| keyring.open(&docket, &binding).is_ok()),
        history_seal,
    })
}

fn entry_row(row: &PgRow) -> Result<EntryRow, sqlx::Error> {
    Ok(EntryRow {
        case_id: row.try_get("case_id")?,
        sequence: row.try_get("sequence")?,
        at: from_sql(row.try_get("at")?),
        kind: row.try_get("kind")?,
        actor: row.try_get("actor")?,
        capacity: row.try_get("capacity")?,
        text: row.try_get("text")?,
        sealed_remark: row.try_get("sealed_remark")?,
        trace_id: row.try_get("trace_id")?,
        batch: row.try_get("batch")?,
        seal: row.try_get("seal")?,
    })
}
