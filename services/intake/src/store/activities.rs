//! What people did that is no report.

use std::collections::BTreeMap;

use fengqiao_messaging::Event;
use fengqiao_proto::{intake::v1::ActivityKind, types::v1::Source};
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, types::Uuid};

use super::StoreError;
use crate::domain::{area::AreaCode, linkage::Digest};

/// An activity that is to be kept.
#[derive(Debug, Clone)]
pub struct KeptActivity {
    /// Its id, where it is new.
    pub activity_id: Uuid,
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// Keyed hash of the content.
    pub fingerprint: Digest,
    /// What was done.
    pub kind: ActivityKind,
    /// Where it belongs.
    pub area: AreaCode,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How many.
    pub count: i32,
    /// The agency that did it.
    pub agency: String,
    /// The duty that it fulfils, where one was named.
    pub duty_id: String,
    /// The principal's name.
    pub submitted_by: String,
    /// Who did it, sealed; empty where that is not said.
    pub sealed_person: Vec<u8>,
    /// The whole message, sealed.
    pub sealed: Vec<u8>,
}

/// What became of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredActivity {
    /// Its id.
    pub activity_id: Uuid,
    /// Its revision.
    pub revision: i32,
    /// Whether it was new, or its content.
    pub changed: bool,
}

/// By source and its number.
pub type StoredActivities = BTreeMap<(i16, String), StoredActivity>;

/// Keeps activities, each name once, with the events that `tell` makes of what became of them. Returns that, the
/// position of the first event, and the events.
///
/// # Errors
/// [`StoreError`]. It is then unknown whether it happened; sending again finds out.
pub async fn write_activities(
    pool: &PgPool,
    county: &str,
    activities: &[&KeptActivity],
    now: Timestamp,
    tell: impl FnOnce(&StoredActivities) -> Vec<Event>,
) -> Result<(StoredActivities, i64, Vec<Event>), StoreError> {
    type Row = (Uuid, i16, String, i32);
    let mut tx = pool.begin().await.map_err(StoreError::database("begin to write activities"))?;
    let sources: Vec<i16> = activities.iter().map(|one| one.source as i16).collect();
    let refs: Vec<&str> = activities.iter().map(|one| one.source_ref.as_str()).collect();
    let changed: Vec<Row> = sqlx::query_as(include_str!("sql/put_activities.sql"))
        .bind(county)
        .bind(to_sql(now))
        .bind(activities.iter().map(|one| one.activity_id).collect::<Vec<_>>())
        .bind(&sources)
        .bind(&refs)
        .bind(activities.iter().map(|one| one.fingerprint).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.kind as i16).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.area.as_str()).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| to_sql(one.begun_at)).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| to_sql(one.ended_at)).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.count).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.agency.as_str()).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.submitted_by.as_str()).collect::<Vec<_>>())
        .bind(activities.iter().map(|one| one.sealed.as_slice()).collect::<Vec<_>>())
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::database("write activities"))?;
    let mut stored = StoredActivities::new();
    let mut add = |rows: Vec<Row>, changed: bool| {
        for (activity_id, source, source_ref, revision) in rows {
            stored.entry((source, source_ref)).or_insert(StoredActivity { activity_id, revision, changed });
        }
    };
    let all_changed = changed.len() == activities.len();
    add(changed, true);
    if !all_changed {
        let known: Vec<Row> = sqlx::query_as(include_str!("sql/known_activities.sql"))
            .bind(county)
            .bind(&sources)
            .bind(&refs)
            .fetch_all(&mut *tx)
            .await
            .map_err(StoreError::database("read activities"))?;
        add(known, false);
    }
    let events = tell(&stored);
    let first = fengqiao_messaging::append(&mut tx, county, &events)
        .await
        .map_err(|error| StoreError::Events(error.into()))?;
    tx.commit().await.map_err(StoreError::database("commit activities"))?;
    Ok((stored, first, events))
}
