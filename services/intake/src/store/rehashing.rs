//! What linkage keeps of reports, hashed anew; and by which lookup key a county is read.

use fengqiao_messaging::{advance_turn, hold_turn};
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, types::Uuid};

use super::StoreError;

const OPERATION: &str = "hash anew";

/// By which lookup key a county is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupState {
    /// The key's id.
    pub read_by: u8,
    /// Whether there are hashes by this key only.
    pub one_key: bool,
}

/// By which lookup key a county is read; none where the key has never changed.
///
/// # Errors
/// [`StoreError`]
pub async fn lookup_state(pool: &PgPool, county: &str) -> Result<Option<LookupState>, StoreError> {
    let row: Option<(i16, bool)> = sqlx::query_as(include_str!("sql/rehashing/state.sql"))
        .bind(county)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    row.map(|(key, one_key)| {
        let read_by = u8::try_from(key).map_err(|_| StoreError::Malformed("lookup key"))?;
        Ok(LookupState { read_by, one_key })
    })
    .transpose()
}

/// Keeps by which lookup key a county is read from now on.
///
/// # Errors
/// [`StoreError`]
pub async fn keep_lookup_state(
    pool: &PgPool,
    county: &str,
    state: LookupState,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/rehashing/keep_state.sql"))
        .bind(county)
        .bind(i16::from(state.read_by))
        .bind(state.one_key)
        .bind(to_sql(now))
        .execute(pool)
        .await
        .map(drop)
        .map_err(StoreError::database(OPERATION))
}

/// A report that has a hash by an older key.
#[derive(Debug, Clone)]
pub struct OldRow {
    /// The report.
    pub report_id: Uuid,
    /// Its traits by the older key.
    pub traits: Vec<u8>,
    /// By the newest key, where it has them.
    pub next_traits: Option<Vec<u8>>,
    /// Where it is.
    pub area_code: String,
    /// Its canonical category.
    pub category: String,
    /// What it says.
    pub sealed_matter: Vec<u8>,
    /// What its source's own form says besides.
    pub sealed_details: Option<Vec<u8>>,
}

/// Reports that were looked at together.
#[derive(Debug)]
pub struct OldPage {
    /// The last one.
    pub last: Uuid,
    /// Those that are to be hashed anew.
    pub old: Vec<OldRow>,
}

/// A row of the page: its last report, and one that is to be hashed anew.
type PageRow = (
    Uuid,
    Option<Uuid>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

/// The next reports after one: those that have no hash by the newest key, or with `all_old` any by another one. None where
/// there are no more reports.
///
/// # Errors
/// [`StoreError`]
pub async fn rows_to_rehash(
    pool: &PgPool,
    county: &str,
    after: Uuid,
    newest: u8,
    all_old: bool,
    limit: i64,
) -> Result<Option<OldPage>, StoreError> {
    let rows: Vec<PageRow> = sqlx::query_as(include_str!("sql/rehashing/page.sql"))
        .bind(county)
        .bind(after)
        .bind(limit)
        .bind(i16::from(newest))
        .bind(all_old)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    let Some(last) = rows.first().map(|row| row.0) else { return Ok(None) };
    let old = rows.into_iter().filter_map(
        |(_, id, traits, next_traits, area, category, matter, sealed_details)| {
            Some(OldRow {
                report_id: id?,
                traits: traits?,
                next_traits,
                area_code: area?,
                category: category?,
                sealed_matter: matter?,
                sealed_details,
            })
        },
    );
    Ok(Some(OldPage { last, old: old.collect() }))
}

/// What linkage keeps, by the newest key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedRow {
    /// The traits.
    pub traits: Vec<u8>,
    /// The keys under which it is found.
    pub keys: Vec<i64>,
}

/// A report that is hashed anew.
#[derive(Debug, Clone)]
pub struct Rehashed {
    /// The report.
    pub report_id: Uuid,
    /// Its traits as they were read: what has changed meanwhile is left as it is.
    pub before: Vec<u8>,
    /// By the newest key.
    pub hashed: HashedRow,
    /// The keys of the older hash alone.
    pub gone: Vec<i64>,
}

/// Adds the hashes by the newest key beside the older ones. Where the county is read by it already its turn ends, so that
/// nobody goes on with what was known before. Says of how many.
///
/// # Errors
/// [`StoreError`]; then nothing has happened.
pub async fn add_hashes(
    pool: &PgPool,
    county: &str,
    rows: &[Rehashed],
    is_read: bool,
) -> Result<i64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let (keys, whose) = each_key(rows, |row| &row.hashed.keys);
    let statement = sqlx::query_scalar(include_str!("sql/rehashing/add.sql"))
        .bind(county)
        .bind(ids(rows))
        .bind(rows.iter().map(|row| row.before.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.hashed.traits.as_slice()).collect::<Vec<_>>())
        .bind(keys)
        .bind(whose);
    let failed = || StoreError::database(OPERATION);
    let mut tx = pool.begin().await.map_err(failed())?;
    if is_read {
        hold_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    }
    let done: i64 = statement.fetch_one(&mut *tx).await.map_err(failed())?;
    if is_read {
        advance_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    }
    tx.commit().await.map_err(failed())?;
    Ok(done)
}

/// Puts the hashes by the newest key in the place of older ones, which go. Says of how many.
///
/// # Errors
/// [`StoreError`]; then nothing has happened.
pub async fn replace_hashes(
    pool: &PgPool,
    county: &str,
    newest: u8,
    rows: &[Rehashed],
) -> Result<i64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let (keys, whose) = each_key(rows, |row| &row.hashed.keys);
    let (gone, of_gone) = each_key(rows, |row| &row.gone);
    let failed = || StoreError::database(OPERATION);
    let mut tx = pool.begin().await.map_err(failed())?;
    // A report may be found under its new keys only from now on.
    hold_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    let done: i64 = sqlx::query_scalar(include_str!("sql/rehashing/replace.sql"))
        .bind(county)
        .bind(ids(rows))
        .bind(rows.iter().map(|row| row.before.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.hashed.traits.as_slice()).collect::<Vec<_>>())
        .bind(keys)
        .bind(whose)
        .bind(i16::from(newest))
        .bind(gone)
        .bind(of_gone)
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
    advance_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    tx.commit().await.map_err(failed())?;
    Ok(done)
}

fn ids(rows: &[Rehashed]) -> Vec<Uuid> {
    rows.iter().map(|row| row.report_id).collect()
}

fn each_key(rows: &[Rehashed], of: impl Fn(&Rehashed) -> &Vec<i64>) -> (Vec<i64>, Vec<Uuid>) {
    rows.iter().flat_map(|row| of(row).iter().map(|key| (*key, row.report_id))).unzip()
}
