//! A duty: what an agency owed in a case by a time, and when it did it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Row, add_row, case::Course};
use crate::domain::event::{Changed, DutyTold};

/// A duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyFact {
    /// Its case.
    pub case_id: Option<Uuid>,
    /// The contract's number of the kind.
    pub kind: i16,
    /// Who owes it.
    pub agency: String,
    /// The contract's number of the case's level.
    pub level: i16,
    /// The significant digits of the case's area.
    pub area_code: String,
    /// The case's canonical category.
    pub category: String,
    /// The contract's number of the door of the case's first report.
    pub source: i16,
    /// Whether it is an exercise.
    pub drill: bool,
    /// Since when.
    pub started_at: Option<Timestamp>,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// When it was done; none where it was not.
    pub met_at: Option<Timestamp>,
    /// When it fell away without being done.
    pub dropped_at: Option<Timestamp>,
}

/// The rows of all duties of a case.
pub(super) fn rows(case_id: Uuid, course: &Course<'_>) -> Vec<Row<DutyFact>> {
    let mut rows: BTreeMap<i16, Vec<Row<DutyFact>>> = BTreeMap::new();
    for point in course.0.iter().filter(|point| point.is_version) {
        // A routing that does not say what is owed says nothing of what is not.
        let Some(progress) = &point.changed.progress else { continue };
        for duty in &progress.duties {
            let fact = fact(case_id, point.changed, duty);
            add_row(rows.entry(duty.no).or_default(), case_id, duty.no, point.known_at, fact);
        }
        // What was owed and is not named any more fell away, as all does of a case that goes into another one.
        for (no, known) in &mut rows {
            if progress.duties.iter().any(|duty| duty.no == *no) {
                continue;
            }
            let Some(last) = known.last().filter(|last| last.fact.is_owed()) else { continue };
            let fact = DutyFact { dropped_at: Some(point.at), ..last.fact.clone() };
            add_row(known, case_id, *no, point.known_at, fact);
        }
    }
    rows.into_values().flatten().collect()
}

impl DutyFact {
    fn is_owed(&self) -> bool {
        self.met_at.is_none() && self.dropped_at.is_none()
    }
}

fn fact(case_id: Uuid, case: &Changed, duty: &DutyTold) -> DutyFact {
    DutyFact {
        case_id: Some(case_id),
        kind: duty.kind,
        agency: duty.agency.clone(),
        level: case.level,
        area_code: case.area_code.clone(),
        category: case.category.clone(),
        source: case.source,
        drill: case.drill,
        started_at: Some(duty.started_at),
        due_at: Some(duty.due_at),
        met_at: duty.ended_at.filter(|_| duty.met),
        dropped_at: duty.ended_at.filter(|_| !duty.met),
    }
}
