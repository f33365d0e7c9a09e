//! Keeping events, and making facts of them.

use std::collections::BTreeMap;

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, Row as _, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::fact_tables::{self, FactTable};
use crate::{
    domain::{
        event::{Entity, Event, KnownEvent, Told},
        facts::{Row, Rows},
    },
    error::StatisticsError,
};

/// The generations of a county's facts that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generations {
    /// The one that holds.
    pub current: i32,
    /// The one that is made beside it.
    pub building: Option<i32>,
}

/// A thing that facts are made of.
pub type Thing = (i16, Uuid);

/// Keeps a batch of events of a county, and makes the facts of what they are about.
///
/// # Errors
/// [`StatisticsError::Database`].
pub async fn save(
    connection: &mut PgConnection,
    county: &str,
    events: &[Event],
    now: Timestamp,
) -> Result<(), StatisticsError> {
    if events.is_empty() {
        return Ok(());
    }
    let (generations, known_at) = hold(connection, county, now).await?;
    let things = put_events(connection, county, events, known_at).await?;
    make(connection, county, generations, &things).await
}

/// Holds a county's facts until the transaction ends. Says which generations are written, and at which time what is
/// received now is known.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn hold(
    connection: &mut PgConnection,
    county: &str,
    now: Timestamp,
) -> Result<(Generations, Timestamp), StatisticsError> {
    let (current, building, known_at): (i32, Option<i32>, OffsetDateTime) =
        sqlx::query_as(include_str!("sql/hold_generation.sql"))
            .bind(county)
            .bind(to_sql(now))
            .fetch_one(connection)
            .await
            .map_err(StatisticsError::database("holding the facts"))?;
    Ok((Generations { current, building }, from_sql(known_at)))
}

async fn put_events(
    connection: &mut PgConnection,
    county: &str,
    events: &[Event],
    known_at: Timestamp,
) -> Result<Vec<Thing>, StatisticsError> {
    let column = |value: fn(&Event) -> i16| events.iter().map(value).collect::<Vec<_>>();
    sqlx::query_as(include_str!("sql/put_events.sql"))
        .bind(county)
        .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
        .bind(column(|event| event.told.entity().code()))
        .bind(column(|event| event.told.code()))
        .bind(events.iter().map(|event| event.other).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.ordinal).collect::<Vec<_>>())
        .bind(events.iter().map(|event| to_sql(event.happened_at)).collect::<Vec<_>>())
        .bind(events.iter().map(|event| Json(&event.told)).collect::<Vec<_>>())
        .bind(to_sql(known_at))
        .fetch_all(connection)
        .await
        .map_err(StatisticsError::database("keeping events"))
}

/// Makes the facts of things from all their events, in the generations that are written. Only while held.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn make(
    connection: &mut PgConnection,
    county: &str,
    generations: Generations,
    things: &[Thing],
) -> Result<(), StatisticsError> {
    if things.is_empty() {
        return Ok(());
    }
    let rows = rows_of(connection, county, things).await?;
    let mut written = vec![generations.current];
    written.extend(generations.building);
    write(connection, county, &written, &rows).await
}

/// Makes the facts of things in one generation. Only while held.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn make_in(
    connection: &mut PgConnection,
    county: &str,
    generation: i32,
    things: &[Thing],
) -> Result<(), StatisticsError> {
    let rows = rows_of(connection, county, things).await?;
    write(connection, county, &[generation], &rows).await
}

async fn rows_of(
    connection: &mut PgConnection,
    county: &str,
    things: &[Thing],
) -> Result<Rows, StatisticsError> {
    let (entities, ids): (Vec<i16>, Vec<Uuid>) = things.iter().copied().unzip();
    let found = sqlx::query(include_str!("sql/events_of.sql"))
        .bind(county)
        .bind(entities)
        .bind(ids)
        .fetch_all(connection)
        .await
        .map_err(StatisticsError::database("reading events"))?;
    let mut events: BTreeMap<Thing, Vec<KnownEvent>> = BTreeMap::new();
    let read = |row: &sqlx::postgres::PgRow| -> Result<(Thing, KnownEvent), sqlx::Error> {
        let Json(told): Json<Told> = row.try_get("body")?;
        let id = row.try_get("id")?;
        let event = Event {
            id,
            other: row.try_get("other")?,
            ordinal: row.try_get("ordinal")?,
            happened_at: from_sql(row.try_get("happened_at")?),
            told,
        };
        Ok(((row.try_get("entity")?, id), KnownEvent { event, known_at: from_sql(row.try_get("known_at")?) }))
    };
    for row in &found {
        let (thing, event) = read(row).map_err(StatisticsError::database("reading events"))?;
        events.entry(thing).or_default().push(event);
    }
    let mut rows = Rows::default();
    for ((entity, id), events) in &events {
        if let Some(entity) = Entity::ALL.into_iter().find(|known| known.code() == *entity) {
            rows.add(entity, *id, events);
        }
    }
    Ok(rows)
}

async fn write(
    connection: &mut PgConnection,
    county: &str,
    generations: &[i32],
    rows: &Rows,
) -> Result<(), StatisticsError> {
    write_to(connection, fact_tables::REPORT, county, generations, &rows.reports).await?;
    write_to(connection, fact_tables::CASE, county, generations, &rows.cases).await?;
    write_to(connection, fact_tables::PUSH, county, generations, &rows.pushes).await?;
    write_to(connection, fact_tables::DUTY, county, generations, &rows.duties).await?;
    write_to(connection, fact_tables::ACTIVITY, county, generations, &rows.activities).await
}

/// A row as its table has it.
#[derive(Serialize)]
struct Stored<'a, F> {
    county: &'a str,
    generation: i32,
    #[serde(flatten)]
    row: &'a Row<F>,
}

async fn write_to<F: Serialize + Sync>(
    connection: &mut PgConnection,
    table: FactTable,
    county: &str,
    generations: &[i32],
    rows: &[Row<F>],
) -> Result<(), StatisticsError> {
    if rows.is_empty() {
        return Ok(());
    }
    let of = |generation: &i32| {
        let generation = *generation;
        rows.iter().map(move |row| Stored { county, generation, row })
    };
    let stored = Json(generations.iter().flat_map(of).collect::<Vec<_>>());
    for statement in [table.clear, table.put] {
        sqlx::query(statement)
            .bind(&stored)
            .execute(&mut *connection)
            .await
            .map_err(StatisticsError::database("writing facts"))?;
    }
    Ok(())
}
