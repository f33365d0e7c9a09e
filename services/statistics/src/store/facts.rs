//! Making facts of events, and writing them.

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    fact_rows::{ActivityRow, CaseRow, DutyRow, FactRow, PushRow, ReportRow},
    fact_tables::FactTable,
    kept_events::{self, EventsOf, Thing},
};
use crate::{
    domain::{
        event::{Entity, Event},
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

/// Keeps a batch of events of a county, and makes the facts that they change.
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
    let touched = kept_events::keep(connection, county, events, known_at).await?;
    let mut written = vec![generations.current];
    written.extend(generations.building);
    let mut rows = rows_of(touched.known, Some(known_at));
    clear(connection, county, &written, &rows).await?;
    rows.append(rows_of(touched.new, None));
    put(connection, county, &written, &rows).await
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

/// Makes all facts of things in one generation. Only while held.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn make_in(
    connection: &mut PgConnection,
    county: &str,
    generation: i32,
    things: &[Thing],
) -> Result<(), StatisticsError> {
    let events_of = kept_events::read(connection, county, things).await?;
    let rows = rows_of(events_of, None);
    clear(connection, county, &[generation], &rows).await?;
    put(connection, county, &[generation], &rows).await
}

/// The rows of things; where a time is given, those that what is known since then made or ended.
fn rows_of(events_of: EventsOf, changed_at: Option<Timestamp>) -> Rows {
    let mut rows = Rows::default();
    for ((entity, id), mut events) in events_of {
        let Some(entity) = Entity::ALL.into_iter().find(|known| known.code() == entity) else { continue };
        match changed_at {
            Some(since) => rows.add_changed(entity, id, &mut events, since),
            None => rows.add(entity, id, &events),
        }
    }
    rows
}

/// Takes out what the rows say anew.
async fn clear(
    connection: &mut PgConnection,
    county: &str,
    generations: &[i32],
    rows: &Rows,
) -> Result<(), StatisticsError> {
    let clear = |table: FactTable| table.clear;
    write::<ReportRow>(connection, clear, county, generations, &rows.reports).await?;
    write::<CaseRow>(connection, clear, county, generations, &rows.cases).await?;
    write::<PushRow>(connection, clear, county, generations, &rows.pushes).await?;
    write::<DutyRow>(connection, clear, county, generations, &rows.duties).await?;
    write::<ActivityRow>(connection, clear, county, generations, &rows.activities).await
}

async fn put(
    connection: &mut PgConnection,
    county: &str,
    generations: &[i32],
    rows: &Rows,
) -> Result<(), StatisticsError> {
    let put = |table: FactTable| table.put;
    write::<ReportRow>(connection, put, county, generations, &rows.reports).await?;
    write::<CaseRow>(connection, put, county, generations, &rows.cases).await?;
    write::<PushRow>(connection, put, county, generations, &rows.pushes).await?;
    write::<DutyRow>(connection, put, county, generations, &rows.duties).await?;
    write::<ActivityRow>(connection, put, county, generations, &rows.activities).await
}

async fn write<R: FactRow>(
    connection: &mut PgConnection,
    statement: fn(FactTable) -> &'static str,
    county: &str,
    generations: &[i32],
    rows: &[Row<R::Fact>],
) -> Result<(), StatisticsError> {
    if rows.is_empty() {
        return Ok(());
    }
    let of = |generation: &i32| {
        let generation = *generation;
        rows.iter().map(move |row| R::of(county, generation, row.clone()))
    };
    sqlx::query(statement(R::TABLE))
        .bind(generations.iter().flat_map(of).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing facts"))?;
    Ok(())
}
