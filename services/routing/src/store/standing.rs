//! Duties besides cases.

use std::collections::HashMap;

use fengqiao_calendar::Limit;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{date_from_sql, date_to_sql, from_sql, to_sql};
use jiff::{Timestamp, civil::Date};
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{bounded, rows, visits::visitor_hash};
use crate::{
    domain::{
        duty::{Duty, DutyKind, Ending, Holder, Stage},
        standing::{
            Outcome, PlaceKind, Record, StandingDuty, StandingKind, Stay, Subject, limit_between,
            screening::Signal,
        },
    },
    error::RoutingError,
};

/// Which duties to list or to count.
#[derive(Debug, Clone, Default)]
pub struct StandingFilter {
    /// Only this agency's; what it may see.
    pub visible_to: Option<String>,
    /// Whether what is restricted is shown.
    pub restricted: bool,
    /// Only this kind.
    pub kind: Option<StandingKind>,
    /// Only this series or campaign.
    pub group: Option<String>,
    /// Only areas whose code begins so.
    pub area_prefix: Option<String>,
    /// Only this kind of place.
    pub place: Option<PlaceKind>,
    /// Only this holder's.
    pub agency: Option<String>,
    /// Only due from then on.
    pub due_from: Option<Timestamp>,
    /// Only due before then.
    pub due_before: Option<Timestamp>,
    /// Only so far.
    pub progress: Option<Progress>,
}

/// How far a duty is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Still owed.
    Owed,
    /// Still owed, and its time is over.
    Late,
    /// Done.
    Met,
}

impl Progress {
    /// The number by which the contract and the statements know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// How far of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Owed, Self::Late, Self::Met].into_iter().find(|progress| progress.code() == code)
    }
}

/// How much of what was owed was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingCount {
    /// The kind.
    pub kind: StandingKind,
    /// The kind of place.
    pub place: Option<PlaceKind>,
    /// How many are or were owed.
    pub owed: i64,
    /// How many were done.
    pub met: i64,
    /// How many were not done in time.
    pub late: i64,
    /// How many hazards were found.
    pub hazards: i64,
}

/// What is known of a family at risk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FamilySignals {
    /// What was signalled.
    pub signals: Vec<Signal>,
    /// When it was last screened.
    pub screened_at: Option<Timestamp>,
    /// Whether its screening is owed now.
    pub owed: bool,
}

/// Makes duties; what a series has made already is left as it is. Returns how many were made.
///
/// # Errors
/// [`RoutingError`]
pub async fn insert_standing(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    duties: &[StandingDuty],
) -> Result<u64, RoutingError> {
    let all = || duties.iter();
    let subjects = all().map(|d| seal_subject(d, county, keyring)).collect::<Result<Vec<_>, _>>()?;
    let statement = sqlx::query(include_str!("sql/insert_standing.sql"))
        .bind(county)
        .bind(all().map(|d| d.id).collect::<Vec<_>>())
        .bind(all().map(|d| d.group.as_str()).collect::<Vec<_>>())
        .bind(all().map(|d| d.period.map(date_to_sql)).collect::<Vec<_>>())
        .bind(all().map(|d| d.area_code.as_str()).collect::<Vec<_>>())
        .bind(all().map(|d| d.place.map_or(0, PlaceKind::code)).collect::<Vec<_>>())
        .bind(all().map(|d| d.topic.as_str()).collect::<Vec<_>>())
        .bind(all().map(|d| d.restricted).collect::<Vec<_>>())
        .bind(all().map(|d| d.parent).collect::<Vec<_>>())
        .bind(subjects)
        .bind(all().map(|d| to_sql(d.created_at)).collect::<Vec<_>>())
        .bind(all().map(|d| d.created_by.as_str()).collect::<Vec<_>>())
        .bind(all().map(|d| d.duty.kind.code()).collect::<Vec<_>>())
        .bind(all().map(|d| d.duty.holder.agency.as_str()).collect::<Vec<_>>())
        .bind(all().map(|d| d.duty.holder.post.as_deref()).collect::<Vec<_>>())
        .bind(all().map(|d| d.duty.holder.person.as_deref()).collect::<Vec<_>>())
        .bind(all().map(|d| to_sql(d.duty.started_at)).collect::<Vec<_>>())
        .bind(all().map(|d| to_sql(d.duty.due_at)).collect::<Vec<_>>())
        .bind(all().map(|d| d.duty.next_at.map(to_sql)).collect::<Vec<_>>())
        .bind(all().map(|d| working_days(d.duty.limit)).collect::<Vec<_>>())
        .execute(conn);
    Ok(bounded("make duties", statement).await?.rows_affected())
}

/// Keeps what came of a duty.
///
/// # Errors
/// [`RoutingError`]
pub async fn record_standing(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    id: Uuid,
    record: &Record,
) -> Result<(), RoutingError> {
    let words =
        (!record.words.is_empty()).then(|| keyring.seal(record.words.as_bytes(), &rows::binding(county, id)));
    let stay = record.stay.as_ref();
    let statement = sqlx::query(include_str!("sql/record_standing.sql"))
        .bind(county)
        .bind(id)
        .bind(record.outcome.code())
        .bind(words)
        .bind(stay.map(|stay| stay.visitor.as_str()))
        .bind(stay.map(|stay| to_sql(stay.begun_at)))
        .bind(stay.map(|stay| to_sql(stay.left_at)))
        .bind(i32::try_from(record.hazards).unwrap_or(i32::MAX))
        .bind(to_sql(record.at))
        .bind(&record.by)
        .bind(&record.capacity)
        .execute(conn);
    bounded("record a duty", statement).await.map(|_| ())
}

/// Duties by their ids, and what follows from them where that is wanted.
///
/// # Errors
/// [`RoutingError`]
pub async fn find_standing(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    ids: &[Uuid],
    with_follows: bool,
) -> Result<Vec<StandingDuty>, RoutingError> {
    let statement = sqlx::query(include_str!("sql/get_standing.sql"))
        .bind(county)
        .bind(ids)
        .bind(with_follows)
        .fetch_all(conn);
    let found = bounded("read duties", statement).await?;
    read_standing(&found, county, keyring)
}

/// What is asked of an activity: the duty that it names, else what its area owes.
#[derive(Debug, Clone, Copy)]
pub struct ActivityName<'a> {
    /// The duty.
    pub duty_id: Option<Uuid>,
    /// What is owed.
    pub kind: Option<StandingKind>,
    /// Where.
    pub area_code: &'a str,
    /// When it began.
    pub begun_at: Timestamp,
}

/// The open duties that activities may fulfil, each with the position of its activity in `asked`.
///
/// # Errors
/// [`RoutingError`]
pub async fn standing_of_activities(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    asked: &[ActivityName<'_>],
) -> Result<Vec<(usize, StandingDuty)>, RoutingError> {
    let operation = "read the duties of activities";
    let statement = sqlx::query(include_str!("sql/standing_of_activities.sql"))
        .bind(county)
        .bind(asked.iter().map(|one| one.duty_id).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| one.kind.map(|kind| kind.duty().code())).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| one.area_code).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| to_sql(one.begun_at)).collect::<Vec<_>>())
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        let position: i64 = row.try_get("position")?;
        let position = usize::try_from(position - 1).map_err(|_| rows::unreadable("position"))?;
        Ok((position, standing(row, county, keyring)?))
    })
}

/// A page of duties, by time.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_standing(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    filter: &StandingFilter,
    now: Timestamp,
    limit: i64,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<StandingDuty>, RoutingError> {
    let statement = sqlx::query(include_str!("sql/list_standing.sql"))
        .bind(county)
        .bind(&filter.visible_to)
        .bind(filter.restricted)
        .bind(filter.kind.map(|kind| kind.duty().code()))
        .bind(&filter.group)
        .bind(&filter.area_prefix)
        .bind(filter.place.map(PlaceKind::code))
        .bind(&filter.agency)
        .bind(filter.due_from.map(to_sql))
        .bind(filter.due_before.map(to_sql))
        .bind(filter.progress.map_or(0, Progress::code))
        .bind(to_sql(now))
        .bind(limit)
        .bind(after.map(|(due_at, _)| to_sql(due_at)))
        .bind(after.map(|(_, id)| id))
        .fetch_all(pool);
    let found = bounded("list duties", statement).await?;
    read_standing(&found, county, keyring)
}

/// How much of what was owed was done, by kind and place.
///
/// # Errors
/// [`RoutingError`]
pub async fn count_standing(
    pool: &PgPool,
    county: &str,
    filter: &StandingFilter,
    now: Timestamp,
) -> Result<Vec<StandingCount>, RoutingError> {
    let operation = "count duties";
    let statement = sqlx::query(include_str!("sql/count_standing.sql"))
        .bind(county)
        .bind(&filter.visible_to)
        .bind(filter.kind.map(|kind| kind.duty().code()))
        .bind(&filter.group)
        .bind(&filter.area_prefix)
        .bind(filter.place.map(PlaceKind::code))
        .bind(filter.due_from.map(to_sql))
        .bind(filter.due_before.map(to_sql))
        .bind(to_sql(now))
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    let read = |row: &PgRow| -> Result<StandingCount, sqlx::Error> {
        Ok(StandingCount {
            kind: kind(row.try_get("kind")?)?,
            place: PlaceKind::from_code(row.try_get("place")?),
            owed: row.try_get("owed")?,
            met: row.try_get("met")?,
            late: row.try_get("late")?,
            hazards: row.try_get("hazards")?,
        })
    };
    rows::read_all(operation, &found, read)
}

/// When someone was out in people's homes, by when it began.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_stays(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    visitor: &str,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<(Timestamp, Timestamp)>, RoutingError> {
    let statement = sqlx::query_as::<_, (OffsetDateTime, OffsetDateTime)>(include_str!("sql/list_stays.sql"))
        .bind(county)
        .bind(visitor)
        .bind(to_sql(from))
        .bind(to_sql(before))
        .bind(visitor_hash(keyring, county, visitor).to_vec())
        .fetch_all(pool);
    let found = bounded("read someone's visits", statement).await?;
    Ok(found.into_iter().map(|(begun, left)| (from_sql(begun), from_sql(left))).collect())
}

/// Of zero reports those whose area told something in their time.
///
/// # Errors
/// [`RoutingError`]
pub async fn told_by_grids(
    conn: &mut PgConnection,
    county: &str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, RoutingError> {
    let statement =
        sqlx::query_scalar(include_str!("sql/told_by_grids.sql")).bind(county).bind(ids).fetch_all(conn);
    bounded("ask what grids told", statement).await
}

/// Up to which period each series of a county was made.
///
/// # Errors
/// [`RoutingError`]
pub async fn series_made(
    conn: &mut PgConnection,
    county: &str,
) -> Result<HashMap<String, Date>, RoutingError> {
    let statement = sqlx::query_as::<_, (String, time::Date)>(include_str!("sql/series_made.sql"))
        .bind(county)
        .fetch_all(conn);
    let found = bounded("ask what series were made", statement).await?;
    Ok(found.into_iter().filter_map(|(code, made)| Some((code, date_from_sql(made)?))).collect())
}

/// Takes the making of a period of a series. False where it was made already.
///
/// # Errors
/// [`RoutingError`]
pub async fn begin_period(
    conn: &mut PgConnection,
    county: &str,
    code: &str,
    first: Date,
) -> Result<bool, RoutingError> {
    let statement = sqlx::query(include_str!("sql/begin_period.sql"))
        .bind(county)
        .bind(code)
        .bind(date_to_sql(first))
        .fetch_optional(conn);
    Ok(bounded("begin a period of a series", statement).await?.is_some())
}

/// The duty to hold the joint meeting of a week, where it is owed.
///
/// # Errors
/// [`RoutingError`]
pub async fn meeting_duty(
    conn: &mut PgConnection,
    county: &str,
    week: Date,
) -> Result<Option<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/meeting_duty.sql"))
        .bind(county)
        .bind(date_to_sql(week))
        .bind(DutyKind::Meeting.code())
        .fetch_optional(conn);
    bounded("ask for the week's meeting", statement).await
}

/// Someone looks at something restricted.
#[derive(Debug, Clone)]
pub struct StandingReading<'a> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// In which capacity.
    pub capacity: &'a str,
    /// Why.
    pub purpose: &'a str,
    /// What is shown.
    pub shown: Vec<Uuid>,
}

/// Keeps who looked at something restricted, and why.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_reading(
    pool: &PgPool,
    county: &str,
    reading: &StandingReading<'_>,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/keep_reading.sql"))
        .bind(county)
        .bind(Uuid::now_v7())
        .bind(to_sql(reading.at))
        .bind(reading.actor)
        .bind(reading.capacity)
        .bind(reading.purpose)
        .bind(&reading.shown)
        .execute(pool);
    bounded("keep who looked", statement).await.map(|_| ())
}

/// What an agency sees of a family.
#[derive(Debug, Clone)]
pub struct NewSignal<'a> {
    /// The id.
    pub id: Uuid,
    /// The family.
    pub family_id: Uuid,
    /// Who says it, and when.
    pub signal: &'a Signal,
    /// The principal.
    pub raised_by: &'a str,
    /// What; sealed at rest.
    pub words: &'a str,
}

/// Keeps what an agency sees of a family.
///
/// # Errors
/// [`RoutingError`]
pub async fn insert_signal(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    new: &NewSignal<'_>,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/insert_signal.sql"))
        .bind(county)
        .bind(new.id)
        .bind(new.family_id)
        .bind(&new.signal.agency)
        .bind(to_sql(new.signal.raised_at))
        .bind(new.raised_by)
        .bind(keyring.seal(new.words.as_bytes(), &rows::binding(county, new.id)))
        .execute(conn);
    bounded("keep a signal", statement).await.map(|_| ())
}

/// What is known of a family at risk.
///
/// # Errors
/// [`RoutingError`]
pub async fn family_signals(
    conn: &mut PgConnection,
    county: &str,
    family_id: Uuid,
) -> Result<FamilySignals, RoutingError> {
    let operation = "read a family's signals";
    let statement = sqlx::query(include_str!("sql/family_signals.sql"))
        .bind(county)
        .bind(family_id)
        .bind(family_id.to_string())
        .bind(DutyKind::Screening.code())
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<FamilySignals, sqlx::Error> {
        let mut family = FamilySignals::default();
        for row in &found {
            family.screened_at = rows::moment_if(row, "screened_at")?;
            family.owed = row.try_get("owed")?;
            let agency: Option<String> = row.try_get("agency")?;
            if let (Some(agency), Some(raised_at)) = (agency, rows::moment_if(row, "raised_at")?) {
                family.signals.push(Signal { agency, raised_at });
            }
        }
        Ok(family)
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// A page of the families that are to be screened, and how many agencies signalled something of each.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_screening(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    limit: i64,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<(StandingDuty, i64)>, RoutingError> {
    let operation = "list families";
    let statement = sqlx::query(include_str!("sql/list_screening.sql"))
        .bind(county)
        .bind(DutyKind::Screening.code())
        .bind(limit)
        .bind(after.map(|(due_at, _)| to_sql(due_at)))
        .bind(after.map(|(_, id)| id))
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| Ok((standing(row, county, keyring)?, row.try_get("agencies")?)))
}

fn read_standing(
    found: &[PgRow],
    county: &str,
    keyring: &Keyring,
) -> Result<Vec<StandingDuty>, RoutingError> {
    let operation = "read duties";
    rows::read_all(operation, found, |row| standing(row, county, keyring))
}

pub(super) fn standing(row: &PgRow, county: &str, keyring: &Keyring) -> Result<StandingDuty, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    let duty = standing_clock(row)?;
    let open = |sealed: Vec<u8>, column| {
        keyring.open(&sealed, &rows::binding(county, id)).map_err(|_| rows::unreadable(column))
    };
    let subject: Subject = serde_json::from_slice(&open(row.try_get("sealed_subject")?, "sealed_subject")?)
        .map_err(|_| rows::unreadable("sealed_subject"))?;
    let outcome: Option<i16> = row.try_get("outcome")?;
    let record = match outcome {
        Some(code) => {
            let sealed: Option<Vec<u8>> = row.try_get("sealed_words")?;
            let words = sealed.map(|sealed| open(sealed, "sealed_words")).transpose()?.unwrap_or_default();
            let visitor: Option<String> = row.try_get("visitor")?;
            let (begun_at, left_at) = (rows::moment_if(row, "begun_at")?, rows::moment_if(row, "left_at")?);
            let stay = visitor.zip(begun_at.zip(left_at)).map(|(visitor, (begun_at, left_at))| Stay {
                visitor,
                begun_at,
                left_at,
            });
            Some(Record {
                outcome: Outcome::from_code(code).ok_or_else(|| rows::unreadable("outcome"))?,
                words: String::from_utf8(words).map_err(|_| rows::unreadable("sealed_words"))?,
                stay,
                hazards: u32::try_from(row.try_get::<i32, _>("hazards")?).unwrap_or_default(),
                at: rows::moment(row, "recorded_at")?,
                by: row.try_get("recorded_by")?,
                capacity: row.try_get("recorded_as")?,
            })
        }
        None => None,
    };
    Ok(StandingDuty {
        id,
        kind: kind(row.try_get("kind")?)?,
        group: row.try_get("group_code")?,
        period: row.try_get::<Option<time::Date>, _>("period")?.and_then(date_from_sql),
        area_code: row.try_get("area_code")?,
        place: PlaceKind::from_code(row.try_get("place")?),
        topic: row.try_get("topic")?,
        restricted: row.try_get("restricted")?,
        parent: row.try_get("parent_id")?,
        subject,
        created_at: rows::moment(row, "created_at")?,
        created_by: row.try_get("created_by")?,
        duty,
        record,
    })
}

/// By whom and by when a standing duty is owed, of a row of `duty`.
pub(super) fn standing_clock(row: &PgRow) -> Result<Duty, sqlx::Error> {
    let (started_at, due_at) = (rows::moment(row, "started_at")?, rows::moment(row, "due_at")?);
    let met = row.try_get("met")?;
    let days = row.try_get::<Option<i16>, _>("working_days")?.and_then(|days| u16::try_from(days).ok());
    Ok(Duty {
        no: 0,
        kind: DutyKind::from_code(row.try_get("kind")?).ok_or_else(|| rows::unreadable("kind"))?,
        holder: Holder {
            agency: row.try_get("agency")?,
            post: row.try_get("post")?,
            person: row.try_get("person")?,
        },
        about: 0,
        limit: days.map_or_else(|| limit_between(started_at, due_at), |days| Limit::WorkingDays { days }),
        started_at,
        due_at,
        pauses: Vec::new(),
        stage: Stage::from_code(row.try_get("stage")?).ok_or_else(|| rows::unreadable("stage"))?,
        next_at: rows::moment_if(row, "next_at")?,
        ending: rows::moment_if(row, "ended_at")?.map(|at| Ending { at, met }),
    })
}

fn working_days(limit: Limit) -> Option<i16> {
    match limit {
        Limit::WorkingDays { days } => i16::try_from(days).ok(),
        Limit::Natural { .. } => None,
    }
}

pub(super) fn kind(code: i16) -> Result<StandingKind, sqlx::Error> {
    DutyKind::from_code(code).and_then(StandingKind::of_duty).ok_or_else(|| rows::unreadable("kind"))
}

fn seal_subject(duty: &StandingDuty, county: &str, keyring: &Keyring) -> Result<Vec<u8>, RoutingError> {
    let plain = serde_json::to_vec(&duty.subject).map_err(|_| RoutingError::Malformed("a duty's subject"))?;
    Ok(keyring.seal(&plain, &rows::binding(county, duty.id)))
}
