//! Meetings and their agendas.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{date_from_sql, date_to_sql, to_sql};
use jiff::{SignedDuration, Timestamp, civil::Date};
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::{bounded, rows};
use crate::{
    domain::{
        case::{CaseFile, State},
        meetings::{AgendaItem, AgendaReason, Attendee, Meeting, MeetingKind, MeetingRecord},
        practice::Agenda,
    },
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// So many candidates are read for each reason: an agenda holds fewer, the most urgent.
const MOST_CANDIDATES: i64 = 400;

/// Which meeting.
#[derive(Debug, Clone, Copy)]
pub enum MeetingName {
    /// By its id.
    Id(Uuid),
    /// The joint meeting of the week that begins on this Monday.
    JointOf(Date),
}

/// A report of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingReport {
    /// Intake's id.
    pub report_id: Uuid,
    /// The meeting's id, a stroke, and the report's number in the meeting.
    pub source_ref: String,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// Its case.
    pub case_id: Uuid,
    /// The case's number.
    pub case_number: String,
    /// The case's state.
    pub state: State,
}

/// Opens a meeting.
///
/// # Errors
/// [`RoutingError`]
pub async fn insert_meeting(
    conn: &mut PgConnection,
    county: &str,
    meeting: &Meeting,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/insert_meeting.sql"))
        .bind(county)
        .bind(meeting.id)
        .bind(meeting.kind.code())
        .bind(date_to_sql(meeting.week))
        .bind(&meeting.title)
        .bind(to_sql(meeting.opened_at))
        .bind(&meeting.opened_by)
        .bind(&meeting.opened_as)
        .execute(conn);
    bounded("open a meeting", statement).await.map(|_| ())
}

/// Puts cases on an agenda.
///
/// # Errors
/// [`RoutingError`]
pub async fn insert_items(
    conn: &mut PgConnection,
    county: &str,
    meeting_id: Uuid,
    items: &[AgendaItem],
) -> Result<(), RoutingError> {
    let reasons = |item: &AgendaItem| {
        item.reasons.iter().map(|reason| reason.code().to_string()).collect::<Vec<_>>().join(",")
    };
    let statement = sqlx::query(include_str!("sql/insert_items.sql"))
        .bind(county)
        .bind(meeting_id)
        .bind(items.iter().map(|item| i32::try_from(item.no).unwrap_or(i32::MAX)).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.case_id).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.case_number.as_str()).collect::<Vec<_>>())
        .bind(items.iter().map(reasons).collect::<Vec<_>>())
        .execute(conn);
    bounded("put cases on an agenda", statement).await.map(|_| ())
}

/// Keeps what was recorded of a meeting, and on which cases something was decided, once for each decision.
///
/// # Errors
/// [`RoutingError`]
pub async fn record_meeting(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    meeting_id: Uuid,
    record: &MeetingRecord,
    decided: &[Uuid],
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/record_meeting.sql"))
        .bind(county)
        .bind(meeting_id)
        .bind(to_sql(record.held_at))
        .bind(Json(&record.attendees))
        .bind(keyring.seal(record.minutes.as_bytes(), &rows::binding(county, meeting_id)))
        .bind(to_sql(record.at))
        .bind(&record.by)
        .bind(&record.capacity)
        .execute(&mut *conn);
    bounded("record a meeting", statement).await?;
    let statement = sqlx::query(include_str!("sql/count_decisions.sql"))
        .bind(county)
        .bind(meeting_id)
        .bind(decided)
        .execute(conn);
    bounded("count a meeting's decisions", statement).await.map(|_| ())
}

/// One meeting.
///
/// # Errors
/// [`RoutingError`]
pub async fn find_meeting(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    name: MeetingName,
) -> Result<Option<Meeting>, RoutingError> {
    let operation = "read a meeting";
    let (id, week) = match name {
        MeetingName::Id(id) => (Some(id), None),
        MeetingName::JointOf(week) => (None, Some(date_to_sql(week))),
    };
    let statement = sqlx::query(include_str!("sql/get_meeting.sql"))
        .bind(county)
        .bind(id)
        .bind(week)
        .fetch_optional(conn);
    bounded(operation, statement)
        .await?
        .map(|row| meeting(&row, county, keyring))
        .transpose()
        .map_err(|source| RoutingError::Database { operation, source })
}

/// A page of meetings, the newest first.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_meetings(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    kind: Option<MeetingKind>,
    limit: i64,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<Meeting>, RoutingError> {
    let operation = "list meetings";
    let statement = sqlx::query(include_str!("sql/list_meetings.sql"))
        .bind(county)
        .bind(kind.map(MeetingKind::code))
        .bind(limit)
        .bind(after.map(|(opened_at, _)| to_sql(opened_at)))
        .bind(after.map(|(_, id)| id))
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| meeting(row, county, keyring))
}

/// The agenda of a meeting.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_items(
    conn: &mut PgConnection,
    county: &str,
    meeting_id: Uuid,
) -> Result<Vec<AgendaItem>, RoutingError> {
    let operation = "read an agenda";
    let statement =
        sqlx::query(include_str!("sql/list_items.sql")).bind(county).bind(meeting_id).fetch_all(conn);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        let reasons: Vec<i16> = row.try_get("reasons")?;
        Ok(AgendaItem {
            no: u32::try_from(row.try_get::<i32, _>("no")?).unwrap_or_default(),
            case_id: row.try_get("case_id")?,
            case_number: row.try_get("case_number")?,
            reasons: reasons.into_iter().filter_map(AgendaReason::from_code).collect(),
            decisions: u32::try_from(row.try_get::<i32, _>("decisions")?).unwrap_or_default(),
        })
    })
}

/// Cases for an agenda: of each reason for which a case may be on it the most urgent open ones. Those that cannot be
/// read are left out and told beside.
///
/// # Errors
/// [`RoutingError`]
pub async fn agenda_candidates(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    rules: &Agenda,
    now: Timestamp,
) -> Result<(Vec<CaseFile>, Vec<UnreadableCase>), RoutingError> {
    let operation = "read the cases for an agenda";
    let open_since = now.checked_sub(SignedDuration::from_hours(24 * i64::from(rules.open_days)));
    let statement = sqlx::query(include_str!("sql/agenda_candidates.sql"))
        .bind(county)
        .bind(rules.level.code())
        .bind(to_sql(open_since.unwrap_or(Timestamp::MIN)))
        .bind(i64::from(rules.returned))
        .bind(MOST_CANDIDATES)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    let (mut cases, mut unreadable) = (Vec::new(), Vec::new());
    for read in rows::read_all(operation, &found, |row| rows::case_if_readable(row, county, keyring))? {
        match read {
            Ok(case) => cases.push(case),
            Err(case) => unreadable.push(case),
        }
    }
    Ok((cases, unreadable))
}

/// A page of the reports that came of a meeting, after a reference.
///
/// # Errors
/// [`RoutingError`]
pub async fn meeting_reports(
    pool: &PgPool,
    county: &str,
    meeting_id: Uuid,
    limit: i64,
    after: &str,
) -> Result<Vec<MeetingReport>, RoutingError> {
    let operation = "list a meeting's reports";
    let statement = sqlx::query(include_str!("sql/meeting_reports.sql"))
        .bind(county)
        .bind(format!("{meeting_id}/%"))
        .bind(limit)
        .bind(after)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        Ok(MeetingReport {
            report_id: row.try_get("report_id")?,
            source_ref: row.try_get("source_ref")?,
            occurred_at: rows::moment(row, "occurred_at")?,
            case_id: row.try_get("case_id")?,
            case_number: row.try_get("number")?,
            state: State::from_code(row.try_get("state")?).ok_or_else(|| rows::unreadable("state"))?,
        })
    })
}

fn meeting(row: &PgRow, county: &str, keyring: &Keyring) -> Result<Meeting, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    let record = match rows::moment_if(row, "recorded_at")? {
        Some(at) => {
            let sealed: Vec<u8> = row.try_get("sealed_minutes")?;
            let minutes = keyring
                .open(&sealed, &rows::binding(county, id))
                .ok()
                .and_then(|plain| String::from_utf8(plain).ok())
                .ok_or_else(|| rows::unreadable("sealed_minutes"))?;
            let Json(attendees): Json<Vec<Attendee>> = row.try_get("attendees")?;
            Some(MeetingRecord {
                held_at: rows::moment(row, "held_at")?,
                attendees,
                minutes,
                at,
                by: row.try_get("recorded_by")?,
                capacity: row.try_get("recorded_as")?,
            })
        }
        None => None,
    };
    Ok(Meeting {
        id,
        kind: MeetingKind::from_code(row.try_get("kind")?).ok_or_else(|| rows::unreadable("kind"))?,
        week: date_from_sql(row.try_get("week")?).ok_or_else(|| rows::unreadable("week"))?,
        title: row.try_get("title")?,
        opened_at: rows::moment(row, "opened_at")?,
        opened_by: row.try_get("opened_by")?,
        opened_as: row.try_get("opened_as")?,
        record,
    })
}
