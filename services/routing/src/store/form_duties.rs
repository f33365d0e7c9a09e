//! Duties of forms that no case presses.

use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{
    bounded, rows,
    standing::{kind, standing_clock},
};
use crate::{
    domain::{duty::DutyKind, standing::forms::FormDuty},
    error::RoutingError,
};

/// What is or was owed of the forms of these pushes.
///
/// # Errors
/// [`RoutingError`]
pub async fn form_duties(
    conn: &mut PgConnection,
    county: &str,
    push_ids: &[Uuid],
) -> Result<Vec<FormDuty>, RoutingError> {
    let operation = "read what is owed of forms";
    let statement = sqlx::query(include_str!("sql/form_duties.sql"))
        .bind(county)
        .bind(push_ids)
        .bind([DutyKind::SignForm.code(), DutyKind::AnswerForm.code()])
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        Ok(FormDuty {
            id: row.try_get("id")?,
            push_id: row.try_get("parent_id")?,
            kind: kind(row.try_get("kind")?)?,
            duty: standing_clock(row)?,
        })
    })
}

/// Of duties of forms those that nobody owes any more, though no receipt of the form says so.
///
/// # Errors
/// [`RoutingError`]
pub async fn settled_forms(
    conn: &mut PgConnection,
    county: &str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/settled_forms.sql"))
        .bind(county)
        .bind(ids)
        .bind(DutyKind::SignForm.code())
        .fetch_all(conn);
    bounded("ask which forms are settled", statement).await
}
