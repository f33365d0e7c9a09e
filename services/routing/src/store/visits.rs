//! Who was out in people's homes when: a keyed hash of whom, and no name.

use std::collections::BTreeMap;

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::bounded;
use crate::{domain::standing::activities::Activity, error::RoutingError};

/// By what a visitor is found. The key of proofs never changes, so that time is found under it for as long as it is kept.
pub(super) fn visitor_hash(keyring: &Keyring, county: &str, visitor: &str) -> [u8; 16] {
    keyring.proof_hash("visitor", &format!("{county}\n{visitor}"))
}

/// Keeps how long people were out; of an activity what its newest revision says.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_visits(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    visits: impl Iterator<Item = &Activity>,
) -> Result<(), RoutingError> {
    // A statement takes a row once.
    let mut newest: BTreeMap<Uuid, &Activity> = BTreeMap::new();
    for visit in visits {
        let known = newest.entry(visit.id).or_insert(visit);
        if known.revision < visit.revision {
            *known = visit;
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let all = || newest.values();
    let hash = |visit: &&Activity| visitor_hash(keyring, county, &visit.visitor).to_vec();
    let statement = sqlx::query(include_str!("sql/keep_visits.sql"))
        .bind(county)
        .bind(all().map(|visit| visit.id).collect::<Vec<_>>())
        .bind(all().map(|visit| visit.revision).collect::<Vec<_>>())
        .bind(all().map(hash).collect::<Vec<_>>())
        .bind(all().map(|visit| to_sql(visit.begun_at)).collect::<Vec<_>>())
        .bind(all().map(|visit| to_sql(visit.ended_at)).collect::<Vec<_>>())
        .bind(all().map(|visit| visit.duty_id).collect::<Vec<_>>())
        .execute(conn);
    bounded("keep visits", statement).await.map(|_| ())
}

/// Keeps which activities fulfilled which duties, as duty and activity.
///
/// # Errors
/// [`RoutingError`]
pub async fn fulfilled_by(
    conn: &mut PgConnection,
    county: &str,
    fulfilled: &BTreeMap<Uuid, Uuid>,
) -> Result<(), RoutingError> {
    if fulfilled.is_empty() {
        return Ok(());
    }
    let statement = sqlx::query(include_str!("sql/fulfilled_by.sql"))
        .bind(county)
        .bind(fulfilled.keys().copied().collect::<Vec<_>>())
        .bind(fulfilled.values().copied().collect::<Vec<_>>())
        .execute(conn);
    bounded("keep what fulfilled duties", statement).await.map(|_| ())
}

/// Puts hashes in the place of the names that a process of before wrote, at most so many. Returns how many there were.
///
/// # Errors
/// [`RoutingError`]
pub async fn hash_named_stays(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    at_most: i64,
) -> Result<usize, RoutingError> {
    let statement = sqlx::query_as::<_, (Uuid, String)>(include_str!("sql/named_stays.sql"))
        .bind(county)
        .bind(at_most)
        .fetch_all(pool);
    let named = bounded("read named visits", statement).await?;
    if named.is_empty() {
        return Ok(0);
    }
    let hash = |(_, visitor): &(Uuid, String)| visitor_hash(keyring, county, visitor).to_vec();
    let statement = sqlx::query(include_str!("sql/hash_stays.sql"))
        .bind(county)
        .bind(named.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(named.iter().map(|(_, visitor)| visitor.as_str()).collect::<Vec<_>>())
        .bind(named.iter().map(hash).collect::<Vec<_>>())
        .execute(pool);
    bounded("hash the visitors of visits", statement).await?;
    Ok(named.len())
}

/// Removes who was out when, of visits that were over before a moment, at most so many of those with and of those without a
/// duty. Returns how many there were.
///
/// # Errors
/// [`RoutingError`]
pub async fn expire_stays(
    pool: &PgPool,
    county: &str,
    before: Timestamp,
    at_most: i64,
) -> Result<i64, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/expire_stays.sql"))
        .bind(county)
        .bind(to_sql(before))
        .bind(at_most)
        .fetch_one(pool);
    bounded("remove who visited", statement).await
}
