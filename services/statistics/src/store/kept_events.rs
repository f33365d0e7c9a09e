//! The events that are kept, thing by thing.

use std::collections::{BTreeMap, HashSet};

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{PgConnection, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::{
    domain::event::{Event, KnownEvent, Told},
    error::StatisticsError,
};

/// A thing that facts are made of: its entity's number and its id.
pub(super) type Thing = (i16, Uuid);

/// All events of things.
pub(super) type EventsOf = BTreeMap<Thing, Vec<KnownEvent>>;

/// All events of the things that a batch says something new of.
pub(super) struct Touched {
    /// Of things of which something was known before.
    pub known: EventsOf,
    /// Of things that are new.
    pub new: EventsOf,
}

/// Keeps events of a county, and gives all events of what they say something new of.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn keep(
    connection: &mut PgConnection,
    county: &str,
    events: &[Event],
    known_at: Timestamp,
) -> Result<Touched, StatisticsError> {
    let touched = put(connection, county, events, known_at).await?;
    let (known, new): (Vec<_>, Vec<_>) = touched.into_iter().partition(|(_, _, known)| *known);
    let known: Vec<Thing> = known.into_iter().map(|(entity, id, _)| (entity, id)).collect();
    let known = read(connection, county, &known).await?;
    // Of a new thing there is nothing but what was just kept: of two that are the same event, the first.
    let mut new: EventsOf = new.into_iter().map(|(entity, id, _)| ((entity, id), Vec::new())).collect();
    let mut seen = HashSet::new();
    for event in events {
        let thing = (event.told.entity().code(), event.id);
        let Some(events) = new.get_mut(&thing) else { continue };
        if seen.insert((thing, event.told.code(), event.other, event.ordinal)) {
            events.push(KnownEvent { event: event.clone(), known_at });
        }
    }
    Ok(Touched { known, new })
}

async fn put(
    connection: &mut PgConnection,
    county: &str,
    events: &[Event],
    known_at: Timestamp,
) -> Result<Vec<(i16, Uuid, bool)>, StatisticsError> {
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

/// All events of things.
///
/// # Errors
/// [`StatisticsError::Database`].
pub(super) async fn read(
    connection: &mut PgConnection,
    county: &str,
    things: &[Thing],
) -> Result<EventsOf, StatisticsError> {
    if things.is_empty() {
        return Ok(EventsOf::new());
    }
    let (entities, ids): (Vec<i16>, Vec<Uuid>) = things.iter().copied().unzip();
    let found = sqlx::query(include_str!("sql/events_of.sql"))
        .bind(county)
        .bind(entities)
        .bind(ids)
        .fetch_all(connection)
        .await
        .map_err(StatisticsError::database("reading events"))?;
    let mut of = EventsOf::new();
    for row in &found {
        let (thing, event) = event_in(row).map_err(StatisticsError::database("reading events"))?;
        of.entry(thing).or_default().push(event);
    }
    Ok(of)
}

fn event_in(row: &PgRow) -> Result<(Thing, KnownEvent), sqlx::Error> {
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
}
