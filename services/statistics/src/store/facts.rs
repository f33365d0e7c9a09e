//! Making facts of events, and writing them.

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    fact_rows::{ActivityRow, CaseRow, DutyRow, FactRow, PushRow, ReportRow},
    fact_tables::FactTable,
    kept_events::{self, EventsOf, Thing, Touched},
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
    let Touched { known, new } = kept_events::keep(connection, county, events, known_at).await?;
    let new = rows_of(&new, None);
    if let Some(building) = generations.building {
        // What stands there may be left of one that was given up: all rows of a thing, not only those that changed.
        let mut rows = rows_of(&known, None);
        rows.append(new.clone());
        clear(connection, county, building, &rows).await?;
        put(connection, county, building, &rows).await?;
    }
    let mut rows = rows_of(&known, Some(known_at));
    clear(connection, county, generations.current, &rows).await?;
    rows.append(new);
    put(connection, county, generations.current, &rows).await
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
    let rows = rows_of(&events_of, None);
    clear(connection, county, generation, &rows).await?;
    put(connection, county, generation, &rows).await
}

/// The rows of things; where a time is given, those that what is known since then made or ended.
fn rows_of(events_of: &EventsOf, changed_at: Option<Timestamp>) -> Rows {
    let mut rows = Rows::default();
    for ((entity, id), events) in events_of {
        let Some(entity) = Entity::ALL.into_iter().find(|known| known.code() == *entity) else { continue };
        match changed_at {
            Some(since) => rows.add_changed(entity, *id, events, since),
            None => rows.add(entity, *id, events),
        }
    }
    rows
}

/// Takes out what the rows say anew.
async fn clear(
    connection: &mut PgConnection,
    county: &str,
    generation: i32,
    rows: &Rows,
) -> Result<(), StatisticsError> {
    write(connection, |table| table.clear, county, generation, rows).await
}

async fn put(
    connection: &mut PgConnection,
    county: &str,
    generation: i32,
    rows: &Rows,
) -> Result<(), StatisticsError> {
    write(connection, |table| table.put, county, generation, rows).await
}

async fn write(
    connection: &mut PgConnection,
    statement: fn(FactTable) -> &'static str,
    county: &str,
    generation: i32,
    rows: &Rows,
) -> Result<(), StatisticsError> {
    write_to::<ReportRow>(connection, statement, county, generation, &rows.reports).await?;
    write_to::<CaseRow>(connection, statement, county, generation, &rows.cases).await?;
    write_to::<PushRow>(connection, statement, county, generation, &rows.pushes).await?;
    write_to::<DutyRow>(connection, statement, county, generation, &rows.duties).await?;
    write_to::<ActivityRow>(connection, statement, county, generation, &rows.activities).await
}

async fn write_to<R: FactRow>(
    connection: &mut PgConnection,
    statement: fn(FactTable) -> &'static str,
    county: &str,
    generation: i32,
    rows: &[Row<R::Fact>],
) -> Result<(), StatisticsError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(statement(R::TABLE))
        .bind(rows.iter().map(|row| R::of(county, generation, row.clone())).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing facts"))?;
    Ok(())
}
