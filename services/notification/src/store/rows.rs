//! Rows of the database as the domain's types.

use fengqiao_proto::{
    notification::v1::{DeliveryState, ReceiptState, ReturnReason},
    types::v1::{FormKind, Level, PushSubject},
};
use fengqiao_serving::time::from_sql;
use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};
use time::OffsetDateTime;

use crate::domain::{
    lane::Lane,
    push::{Push, RequestedPush},
    queued::Queued,
};

/// A row that has all columns of a push.
pub(super) fn push(county: &str, row: &PgRow) -> Result<Push, sqlx::Error> {
    Ok(Push {
        county: county.to_owned(),
        push_id: row.try_get("push_id")?,
        subject: subject(row)?,
        case_id: row.try_get("case_id")?,
        case_number: row.try_get("case_number")?,
        agency: row.try_get("agency")?,
        form: known(row, "form", FormKind::try_from)?,
        level: level(row)?,
        area_code: row.try_get("area_code")?,
        area_name: row.try_get("area_name")?,
        category: row.try_get("category")?,
        reason: row.try_get("reason")?,
        requested_at: time(row, "requested_at")?,
        due_at: maybe_time(row, "due_at")?,
        delivery: known(row, "delivery", DeliveryState::try_from)?,
        receipt: known(row, "receipt", ReceiptState::try_from)?,
        delivered_at: maybe_time(row, "delivered_at")?,
        signed_at: maybe_time(row, "signed_at")?,
        returned_at: maybe_time(row, "returned_at")?,
        return_reason: known(row, "return_reason", ReturnReason::try_from)?,
        feedback_at: maybe_time(row, "feedback_at")?,
        parked_at: maybe_time(row, "parked_at")?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        last_error: row.try_get("last_error")?,
        form_number: row.try_get("form_number")?,
        drill: row.try_get("drill")?,
        sign_by: maybe_time(row, "sign_by")?,
        answer_by: maybe_time(row, "answer_by")?,
        traceparent: row.try_get("traceparent")?,
        sealed_matter: row.try_get("sealed_matter")?,
    })
}

/// A row of what waits for an agency. By their places and not by their names: many are read at once.
pub(super) fn waiting(county: &str, agency: &str, row: &PgRow) -> Result<Push, sqlx::Error> {
    let (requested_at, push_id) = (from_sql(row.try_get(1)?), row.try_get(2)?);
    let maybe = |column: usize| row.try_get::<Option<OffsetDateTime>, _>(column).map(|at| at.map(from_sql));
    let asked = RequestedPush {
        subject: number(row, 5, PushSubject::try_from)?,
        case_id: row.try_get(6)?,
        case_number: row.try_get(7)?,
        form: number(row, 8, FormKind::try_from)?,
        level: number(row, 0, Level::try_from)?,
        area_code: row.try_get(9)?,
        area_name: row.try_get(10)?,
        category: row.try_get(11)?,
        reason: row.try_get(12)?,
        due_at: maybe(13)?,
        traceparent: row.try_get(14)?,
        drill: row.try_get(16)?,
        sign_by: maybe(17)?,
        answer_by: maybe(18)?,
        sealed_matter: row.try_get(19)?,
        ..RequestedPush::blank(county, push_id, agency, requested_at)
    };
    Ok(Push {
        attempts: row.try_get(3)?,
        failures: row.try_get(4)?,
        form_number: row.try_get(15)?,
        ..asked.waiting()
    })
}

/// Rows of `push_id, agency, level, requested_at`, in the order in which they are to be queued.
pub(super) fn queued(rows: &[PgRow]) -> Result<Vec<Queued>, sqlx::Error> {
    let mut found = rows
        .iter()
        .map(|row| {
            let one = Queued {
                agency: row.try_get("agency")?,
                lane: Lane::of(level(row)?),
                push_id: row.try_get("push_id")?,
            };
            Ok((time(row, "requested_at")?, one))
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    found.sort_by_key(|(requested_at, one)| (one.lane, *requested_at, one.push_id));
    Ok(found.into_iter().map(|(_, one)| one).collect())
}

pub(super) fn subject(row: &PgRow) -> Result<PushSubject, sqlx::Error> {
    known(row, "subject", PushSubject::try_from)
}

pub(super) fn level(row: &PgRow) -> Result<Level, sqlx::Error> {
    known(row, "level", Level::try_from)
}

pub(super) fn time(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get::<OffsetDateTime, _>(column).map(from_sql)
}

pub(super) fn maybe_time(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    row.try_get::<Option<OffsetDateTime>, _>(column).map(|at| at.map(from_sql))
}

/// An enumeration's number. One that this build does not know is a fault, not a default: a newer
/// process wrote it, and guessing would lose its meaning.
pub(super) fn known<T, E>(
    row: &PgRow,
    column: &str,
    read: impl Fn(i32) -> Result<T, E>,
) -> Result<T, sqlx::Error>
where
    E: std::error::Error + Send + Sync + 'static,
{
    number(row, column, read)
}

fn number<T, E, C>(row: &PgRow, column: C, read: impl Fn(i32) -> Result<T, E>) -> Result<T, sqlx::Error>
where
    E: std::error::Error + Send + Sync + 'static,
    C: sqlx::ColumnIndex<PgRow> + std::fmt::Display + Copy,
{
    let number: i16 = row.try_get(column)?;
    read(number.into())
        .map_err(|e| sqlx::Error::ColumnDecode { index: column.to_string(), source: Box::new(e) })
}
