//! Facts: rows that are counted. Each is made of the events of one thing, by a plain function, so that they can be
//! made anew at any time and are the same, in whatever order and however often the events came.
//!
//! A row says from when until when it was the newest that statistics knew, so that a figure of last Friday can be found
//! again. Rows of cases say besides from when until when the case was so: with that the state of any day is there,
//! without a job that has to run at midnight.

mod activity;
mod case;
mod duty;
mod push;
mod report;

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::{activity::ActivityFact, case::CaseFact, duty::DutyFact, push::PushFact, report::ReportFact};
use super::event::{Entity, KnownEvent};

/// A row of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<F> {
    /// The report, case, push or activity.
    pub id: Uuid,
    /// Which part of it: the number of a duty; else 0.
    pub part: i16,
    /// Counts the rows of the part from 1.
    pub seq: i32,
    /// Since when it is known.
    pub known_from: Timestamp,
    /// Since when something newer is known; none where nothing is.
    pub known_until: Option<Timestamp>,
    /// The fact.
    pub fact: F,
}

/// All rows of one thing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Reports.
    pub reports: Vec<Row<ReportFact>>,
    /// Cases.
    pub cases: Vec<Row<CaseFact>>,
    /// Pushes.
    pub pushes: Vec<Row<PushFact>>,
    /// Duties.
    pub duties: Vec<Row<DutyFact>>,
    /// Activities.
    pub activities: Vec<Row<ActivityFact>>,
}

impl Rows {
    /// Adds those rows of a thing that what is known since a time made or ended: what is written of it already need not be
    /// written again. Its events come in any order.
    pub fn add_changed(&mut self, entity: Entity, id: Uuid, events: &[KnownEvent], since: Timestamp) {
        let earlier: Vec<_> = events.iter().filter(|event| event.known_at < since).cloned().collect();
        let (mut before, mut after) = (Self::default(), Self::default());
        before.add(entity, id, &earlier);
        after.add(entity, id, events);
        self.reports.extend(changed(before.reports, after.reports));
        self.cases.extend(changed(before.cases, after.cases));
        self.pushes.extend(changed(before.pushes, after.pushes));
        self.duties.extend(changed(before.duties, after.duties));
        self.activities.extend(changed(before.activities, after.activities));
    }

    /// Adds all rows of others.
    pub fn append(&mut self, others: Self) {
        self.reports.extend(others.reports);
        self.cases.extend(others.cases);
        self.pushes.extend(others.pushes);
        self.duties.extend(others.duties);
        self.activities.extend(others.activities);
    }

    /// Adds the rows of a thing, made of all its events in any order.
    pub fn add(&mut self, entity: Entity, id: Uuid, events: &[KnownEvent]) {
        match entity {
            Entity::Report => self.reports.extend(as_known(id, events, report::fact)),
            Entity::Push => self.pushes.extend(as_known(id, events, push::fact)),
            Entity::Activity => self.activities.extend(as_known(id, events, activity::fact)),
            Entity::Case => {
                let course = case::Course::of(events);
                self.duties.extend(duty::rows(id, &course));
                self.cases.extend(case::rows(id, &course));
            }
        }
    }
}

/// What stands differently before and after, of rows that are told apart by part and number.
fn changed<F: PartialEq>(before: Vec<Row<F>>, after: Vec<Row<F>>) -> impl Iterator<Item = Row<F>> {
    let before: HashMap<_, _> = before.into_iter().map(|row| ((row.part, row.seq), row)).collect();
    after.into_iter().filter(move |row| before.get(&(row.part, row.seq)) != Some(row))
}

/// What was known of a thing, from when until when: the fact after each batch of events that changed it.
fn as_known<F: PartialEq>(
    id: Uuid,
    events: &[KnownEvent],
    fact: impl Fn(&[&KnownEvent]) -> Option<F>,
) -> Vec<Row<F>> {
    let mut events: Vec<&KnownEvent> = events.iter().collect();
    events.sort_by_key(|known| (known.known_at, known.event.told.code(), known.event.ordinal));
    let mut rows: Vec<Row<F>> = Vec::new();
    let mut known = 0;
    for batch in events.chunk_by(|one, next| one.known_at == next.known_at) {
        known += batch.len();
        let Some(fact) = fact(&events[..known]) else { continue };
        add_row(&mut rows, id, 0, batch[0].known_at, fact);
    }
    rows
}

/// Adds a row where it says something new, and ends the one before.
fn add_row<F: PartialEq>(rows: &mut Vec<Row<F>>, id: Uuid, part: i16, known_from: Timestamp, fact: F) {
    let last = rows.last_mut();
    if last.as_ref().is_some_and(|last| last.fact == fact) {
        return;
    }
    let seq = last.as_ref().map_or(1, |last| last.seq.saturating_add(1));
    if let Some(last) = last {
        last.known_until = Some(known_from);
    }
    rows.push(Row { id, part, seq, known_from, known_until: None, fact });
}
