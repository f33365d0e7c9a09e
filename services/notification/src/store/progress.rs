//! How cases stand, for the residents' page.

use std::collections::HashMap;

use fengqiao_proto::types::v1::CaseState;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, rows};
use crate::{domain::progress::Standing, error::NotificationError};

/// What a resident's page is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownProgress {
    /// The case.
    pub case_id: Uuid,
    /// Its number.
    pub case_number: String,
    /// The second secret, sealed.
    pub sealed_code: Vec<u8>,
    /// Whether it is handled with another one.
    pub merged: bool,
    /// Whether nothing may be shown.
    pub protected: bool,
    /// The state, of the one that it is handled with.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the agency signed.
    pub signed_at: Option<Timestamp>,
    /// When it was settled.
    pub resolved_at: Option<Timestamp>,
    /// When people were asked again.
    pub revisited_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// Keeps how cases stand; a case that is new gets a code. No case stands there twice.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn keep_standings(
    conn: &mut PgConnection,
    county: &str,
    standings: &[Standing],
    sealed_code: impl Fn() -> Vec<u8>,
) -> Result<(), NotificationError> {
    const OPERATION: &str = "keep how cases stand";
    let time = |get: fn(&Standing) -> Option<Timestamp>| {
        standings.iter().map(|one| get(one).map(to_sql)).collect::<Vec<_>>()
    };
    let flag = |get: fn(&Standing) -> bool| standings.iter().map(get).collect::<Vec<_>>();
    let query = sqlx::query(include_str!("sql/progress/upsert.sql"))
        .bind(county)
        .bind(standings.iter().map(|s| s.case_id).collect::<Vec<_>>())
        .bind(standings.iter().map(|s| s.case_number.as_str()).collect::<Vec<_>>())
        .bind(standings.iter().map(|s| s.version).collect::<Vec<_>>())
        .bind(standings.iter().map(|s| s.state as i16).collect::<Vec<_>>())
        .bind(standings.iter().map(|s| to_sql(s.opened_at)).collect::<Vec<_>>())
        .bind(time(|s| s.signed_at))
        .bind(time(|s| s.resolved_at))
        .bind(time(|s| s.revisited_at))
        .bind(time(|s| s.closed_at))
        .bind(standings.iter().map(|s| s.merged_into).collect::<Vec<_>>())
        .bind(flag(|s| s.protected))
        .bind(flag(|s| s.drill))
        .bind(standings.iter().map(|_| sealed_code()).collect::<Vec<_>>());
    Store::within(OPERATION, async {
        query.execute(conn).await.map_err(NotificationError::database(OPERATION)).map(drop)
    })
    .await
}

/// The cases' codes, sealed.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn codes_of(
    conn: &mut PgConnection,
    county: &str,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<u8>>, NotificationError> {
    const OPERATION: &str = "read the codes of cases";
    let query = sqlx::query_as(include_str!("sql/progress/codes.sql")).bind(county).bind(cases);
    Store::within(OPERATION, async {
        let found: Vec<(Uuid, Vec<u8>)> =
            query.fetch_all(conn).await.map_err(NotificationError::database(OPERATION))?;
        Ok(found.into_iter().collect())
    })
    .await
}

impl Store {
    /// What a resident's page of a case is made of.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn progress(
        &self,
        county: &str,
        case_number: &str,
    ) -> Result<Option<ShownProgress>, NotificationError> {
        const OPERATION: &str = "read how a case stands";
        let query = sqlx::query(include_str!("sql/progress/get.sql")).bind(county).bind(case_number);
        Self::within(OPERATION, async {
            let row =
                query.fetch_optional(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            row.as_ref().map(shown).transpose().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Gives a case another code. False where there is none that could be shown.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn renew_code(
        &self,
        county: &str,
        case_number: &str,
        sealed_code: &[u8],
    ) -> Result<bool, NotificationError> {
        const OPERATION: &str = "renew the code of a case";
        let query = sqlx::query(include_str!("sql/progress/renew.sql"))
            .bind(county)
            .bind(case_number)
            .bind(sealed_code);
        Self::within(OPERATION, async {
            let row =
                query.fetch_optional(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(row.is_some())
        })
        .await
    }
}

fn shown(row: &PgRow) -> Result<ShownProgress, sqlx::Error> {
    Ok(ShownProgress {
        case_id: row.try_get("case_id")?,
        case_number: row.try_get("case_number")?,
        sealed_code: row.try_get("sealed_code")?,
        merged: row.try_get("merged")?,
        protected: row.try_get("protected")?,
        state: CaseState::try_from(i32::from(row.try_get::<i16, _>("state")?)).unwrap_or_default(),
        opened_at: rows::time(row, "opened_at")?,
        signed_at: rows::maybe_time(row, "signed_at")?,
        resolved_at: rows::maybe_time(row, "resolved_at")?,
        revisited_at: rows::maybe_time(row, "revisited_at")?,
        closed_at: rows::maybe_time(row, "closed_at")?,
    })
}
