//! Removing what says who and what of a report, in bounded steps; and which tables hold any of it.

use fengqiao_messaging::{Event, append, hold_turn};
use fengqiao_proto::intake::v1::ReportsExpired;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::{PgConnection, PgPool, types::Uuid};
use time::OffsetDateTime;

use super::{StoreError, cases_of, reading::first_id_at};
use crate::{
    clue_keys,
    domain::retention::{Aged, Fate, fate},
};

/// Every table besides `report` that holds personal data of a report, sealed or as keyed hashes, with the statement
/// that removes it. A new one has its line here. Each takes the county and the reports' ids.
pub(super) const REMOVALS: &[(&str, &str)] = &[
    ("report_revision", include_str!("sql/retention/remove_revisions.sql")),
    ("report_link", include_str!("sql/retention/remove_links.sql")),
    ("police_record", include_str!("sql/retention/remove_police_records.sql")),
    ("retention_kept", include_str!("sql/retention/remove_released.sql")),
];

/// Which reports a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those that nobody has looked at yet, in the order of their acceptance.
    Next,
    /// Those that were passed and kept, after one.
    KeptAfter(Uuid),
}

/// The kind of event that tells who else keeps something of a report.
const REPORTS_EXPIRED: &str = "fengqiao.intake.v1.ReportsExpired";

/// What a step came to.
#[derive(Debug)]
pub struct Step {
    /// How many reports were looked at.
    pub looked_at: usize,
    /// Of how many the personal part was removed.
    pub removed: usize,
    /// The last one that was looked at.
    pub last: Option<Uuid>,
    /// What the others are told, and its place in the outbox.
    pub told: Option<(i64, Vec<Event>)>,
}

const OPERATION: &str = "remove what is past its term";

/// Takes one step of so many reports, in one transaction: what was over before `bound` is removed. Nothing where another
/// process is at it.
///
/// # Errors
/// [`StoreError`]; then nothing has happened.
pub async fn remove_past_term(
    pool: &PgPool,
    county: &str,
    part: Part,
    bound: Timestamp,
    now: Timestamp,
    at_most: i64,
) -> Result<Option<Step>, StoreError> {
    let failed = || StoreError::database(OPERATION);
    let begin = sqlx::query(include_str!("sql/retention/begin.sql")).bind(county);
    begin.execute(pool).await.map_err(failed())?;
    let mut tx = pool.begin().await.map_err(failed())?;
    let turn = sqlx::query_scalar(include_str!("sql/retention/turn.sql")).bind(county);
    let Some(come_to): Option<Uuid> = turn.fetch_optional(&mut *tx).await.map_err(failed())? else {
        return Ok(None);
    };
    // Nobody revises meanwhile what is removed.
    hold_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    let aged = look(&mut tx, county, part, come_to, bound, at_most).await?;
    let places: Vec<(Uuid, Uuid)> = aged.iter().map(|one| (one.report_id, one.cluster_id)).collect();
    let cases = cases_of(&mut tx, county, &places).await?;
    let (gone, kept): (Vec<&Aged>, Vec<&Aged>) =
        aged.iter().partition(|one| fate(one, cases.get(&one.report_id), bound) == Fate::Removed);
    let ids = |reports: &[&Aged]| reports.iter().map(|one| one.report_id).collect::<Vec<_>>();
    let mut told = None;
    if !gone.is_empty() {
        let gone = ids(&gone);
        remove(&mut tx, county, &gone, now).await?;
        let events = vec![expired(&gone)];
        // It ends the county's turn: whoever remembers any of it forgets it with the next batch.
        let first =
            append(&mut tx, county, &events).await.map_err(|error| StoreError::Events(error.into()))?;
        told = Some((first, events));
    }
    let last = aged.last().map(|one| one.report_id);
    if part == Part::Next {
        if !kept.is_empty() {
            let keep = sqlx::query(include_str!("sql/retention/keep.sql")).bind(county).bind(ids(&kept));
            keep.execute(&mut *tx).await.map_err(failed())?;
        }
        if let Some(last) = last {
            let advance = sqlx::query(include_str!("sql/retention/advance.sql")).bind(county).bind(last);
            advance.execute(&mut *tx).await.map_err(failed())?;
        }
    }
    tx.commit().await.map_err(failed())?;
    Ok(Some(Step { looked_at: aged.len(), removed: gone.len(), last, told }))
}

/// Removes the personal part of so many activities that were last accepted before `bound`. Returns of how many.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn remove_activities_past_term(
    pool: &PgPool,
    county: &str,
    bound: Timestamp,
    now: Timestamp,
    at_most: i64,
) -> Result<u64, StoreError> {
    let removed = sqlx::query(include_str!("sql/retention/remove_activities.sql"))
        .bind(county)
        .bind(to_sql(bound))
        .bind(to_sql(now))
        .bind(at_most)
        .execute(pool)
        .await;
    removed.map(|done| done.rows_affected()).map_err(StoreError::database(OPERATION))
}

/// Removes what was said in so many values that a mapping did not know and that came last before `bound`; their counts
/// stay. Returns of how many.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn remove_unmapped_words(
    pool: &PgPool,
    county: &str,
    bound: Timestamp,
    at_most: i64,
) -> Result<u64, StoreError> {
    let removed: i64 = sqlx::query_scalar(include_str!("sql/retention/remove_unmapped_words.sql"))
        .bind(county)
        .bind(to_sql(bound))
        .bind(at_most)
        .fetch_one(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    Ok(removed.unsigned_abs())
}

fn expired(reports: &[Uuid]) -> Event {
    let message = ReportsExpired { report_ids: reports.iter().map(Uuid::to_string).collect() };
    Event { kind: REPORTS_EXPIRED, payload: message.encode_to_vec(), trace: None }
}

async fn look(
    conn: &mut PgConnection,
    county: &str,
    part: Part,
    come_to: Uuid,
    bound: Timestamp,
    at_most: i64,
) -> Result<Vec<Aged>, StoreError> {
    let query = match part {
        Part::Next => sqlx::query_as(include_str!("sql/retention/next.sql"))
            .bind(county)
            .bind(come_to)
            .bind(first_id_at(bound)),
        Part::KeptAfter(last) => {
            sqlx::query_as(include_str!("sql/retention/next_kept.sql")).bind(county).bind(last)
        }
    };
    let rows: Vec<(Uuid, Uuid, OffsetDateTime)> =
        query.bind(at_most).fetch_all(conn).await.map_err(StoreError::database(OPERATION))?;
    let aged = |(report_id, cluster_id, accepted_at)| Aged {
        report_id,
        cluster_id,
        accepted_at: from_sql(accepted_at),
    };
    Ok(rows.into_iter().map(aged).collect())
}

/// Removes the personal part of reports.
async fn remove(
    conn: &mut PgConnection,
    county: &str,
    reports: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    let failed = || StoreError::database(OPERATION);
    // The keys have no index by report; what linkage kept says which they are.
    let traits: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(include_str!("sql/retention/traits_of.sql"))
        .bind(county)
        .bind(reports)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed())?;
    let (mut keys, mut whose) = (Vec::new(), Vec::new());
    for (report, traits) in traits {
        let of_report = clue_keys::of_traits(&traits).map_err(|_| StoreError::Malformed("traits"))?;
        whose.extend(of_report.iter().map(|_| report));
        keys.extend(of_report);
    }
    sqlx::query(include_str!("sql/retention/remove_keys.sql"))
        .bind(county)
        .bind(keys)
        .bind(whose)
        .execute(&mut *conn)
        .await
        .map_err(failed())?;
    for (_, statement) in REMOVALS {
        sqlx::query(*statement).bind(county).bind(reports).execute(&mut *conn).await.map_err(failed())?;
    }
    sqlx::query(include_str!("sql/retention/remove_matter.sql"))
        .bind(county)
        .bind(reports)
        .bind(to_sql(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed())
}
