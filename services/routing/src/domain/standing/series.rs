//! Duties that come again: the weekly sweep of each grid, the daily zero report, the week's meeting.

use fengqiao_county::{AreaLevel, shortest_code};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::{Office, StandingDuty, StandingKind, Subject};
use crate::{
    directory::Directory,
    domain::{duty::Holder, history::SYSTEM, practice::Agenda},
};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each local day, until 24:00.
    Day,
    /// Each local week, until Sunday 24:00.
    Week,
}

/// What is owed again and again, by each area of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its code, unique in the county.
    pub code: String,
    /// What.
    pub kind: StandingKind,
    /// How often.
    pub every: Every,
    /// By each area of this level.
    pub areas: AreaLevel,
    /// Only within this area; in the whole county where none.
    pub within: Option<String>,
}

/// A day or a week of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day; a Monday where it is a week.
    pub first: Date,
    /// When it begins.
    pub begins_at: Timestamp,
    /// By when the duty is owed.
    pub due_at: Timestamp,
}

/// The Monday of a day's week.
#[must_use]
pub fn week_of(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// The period of a series at a moment. A meeting is owed by the day and the hour that the practice has for it.
#[must_use]
pub fn period_at(series: &Series, agenda: &Agenda, now: Timestamp, zone: &TimeZone) -> Period {
    let today = now.to_zoned_datetime(zone.clone()).date();
    let (first, days, hour) = match (series.every, series.kind) {
        (Every::Day, _) => (today, 1, 0),
        (Every::Week, StandingKind::Meeting) => (week_of(today), i64::from(agenda.weekday) - 1, agenda.hour),
        (Every::Week, _) => (week_of(today), 7, 0),
    };
    let local = |day: Date, hour: i8| zone.to_timestamp(day.at(hour, 0, 0, 0)).unwrap_or(now);
    Period { first, begins_at: local(first, 0), due_at: local(first.saturating_add(days.days()), hour) }
}

/// What a series owes in a period: one duty for each of its areas that is valid then.
#[must_use]
pub fn duties(series: &Series, period: Period, office: Office<'_>, now: Timestamp) -> Vec<StandingDuty> {
    let within = series.within.as_deref().and_then(shortest_code).unwrap_or_default();
    let areas = office.directory.areas();
    areas
        .iter()
        .filter(|area| area.level == series.areas && area.code.starts_with(within))
        .filter(|area| areas.change_of(area).is_none_or(|change| change.is_valid(period.first)))
        .map(|area| StandingDuty {
            id: Uuid::now_v7(),
            kind: series.kind,
            group: series.code.clone(),
            period: Some(period.first),
            area_code: area.code.clone(),
            place: None,
            topic: String::new(),
            restricted: false,
            parent: None,
            subject: Subject::default(),
            created_at: now,
            created_by: SYSTEM.to_owned(),
            duty: office.owed(
                series.kind,
                holder(series.kind, &area.code, office.directory, period.first),
                period.begins_at,
                Some(period.due_at),
            ),
            record: None,
        })
        .collect()
}

/// Who answers for an area: its community or town, in person the head of the grid; for meetings, and where
/// there is neither, the centre's desk.
fn holder(kind: StandingKind, area_code: &str, directory: &Directory, day: Date) -> Holder {
    if kind == StandingKind::Meeting {
        return Holder::agency(directory.desk());
    }
    let responsible = directory.responsible(area_code, "", "GRID", day);
    let agency = responsible.community.or(responsible.town);
    let person = directory.grid(area_code).and_then(|grid| grid.head.clone());
    Holder { agency: agency.unwrap_or_else(|| directory.desk().to_owned()), post: None, person }
}
