//! What agencies did with a push until now.

use fengqiao_proto::notification::v1::{
    AnswerKind, CannotReason, FeedbackOutcome, RecordedMeans, ReturnReason,
};
use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{KeptRecord, Store, rows};
use crate::error::NotificationError;

/// At most so many answers of a push are shown.
const SHOWN: i64 = 200;

/// What an agency did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// What.
    pub kind: AnswerKind,
    /// When.
    pub at: Timestamp,
    /// Who; empty of an answer from before it was kept.
    pub actor: String,
    /// In what capacity.
    pub capacity: String,
    /// Why it was returned.
    pub return_reason: ReturnReason,
    /// How far the agency is.
    pub outcome: FeedbackOutcome,
    /// Why it cannot be done.
    pub cannot_reason: CannotReason,
    /// What was said, sealed; empty where nothing was.
    pub sealed_text: Vec<u8>,
    /// Whether a feedback says something of its matter; none where nobody asked.
    pub substantive: Option<bool>,
    /// The files that came with it.
    pub attachments: Vec<Uuid>,
    /// What belongs to it where an officer entered it.
    pub recorded: Option<KeptRecord>,
}

impl Store {
    /// What was done with a push, the oldest first; only where it is this agency's, where given.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn given_answers(
        &self,
        county: &str,
        push_id: Uuid,
        agency: Option<&str>,
    ) -> Result<Vec<GivenAnswer>, NotificationError> {
        const OPERATION: &str = "list answers";
        Self::within(OPERATION, async {
            let rows = sqlx::query(include_str!("sql/given_answers.sql"))
                .bind(county)
                .bind(push_id)
                .bind(agency)
                .bind(SHOWN)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            rows.iter().map(given).collect::<Result<_, _>>().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Whether a system of the agency has taken a push.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn reached(&self, county: &str, push_id: Uuid) -> Result<bool, NotificationError> {
        const OPERATION: &str = "look whether a push was delivered";
        let query = sqlx::query_scalar(include_str!("sql/recorded/reached.sql")).bind(county).bind(push_id);
        Self::within(OPERATION, async {
            query.fetch_one(&self.pool).await.map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// What was said of a push under a request id; none where nothing was.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn given_feedback(
        &self,
        county: &str,
        push_id: Uuid,
        request_id: &str,
    ) -> Result<Option<GivenAnswer>, NotificationError> {
        const OPERATION: &str = "read an earlier answer";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/given_feedback.sql"))
                .bind(county)
                .bind(push_id)
                .bind(request_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            row.as_ref().map(given).transpose().map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}

fn given(row: &PgRow) -> Result<GivenAnswer, sqlx::Error> {
    Ok(GivenAnswer {
        kind: rows::known(row, "kind", AnswerKind::try_from)?,
        at: rows::time(row, "at")?,
        actor: row.try_get("actor")?,
        capacity: row.try_get("capacity")?,
        return_reason: rows::known(row, "return_reason", ReturnReason::try_from)?,
        outcome: rows::known(row, "outcome", FeedbackOutcome::try_from)?,
        cannot_reason: rows::known(row, "cannot_reason", CannotReason::try_from)?,
        sealed_text: row.try_get::<Option<Vec<u8>>, _>("sealed_text")?.unwrap_or_default(),
        substantive: row.try_get("substantive")?,
        attachments: row.try_get("attachments")?,
        recorded: recorded(row)?,
    })
}

fn recorded(row: &PgRow) -> Result<Option<KeptRecord>, sqlx::Error> {
    let Some(recorded_at) = rows::maybe_time(row, "recorded_at")? else { return Ok(None) };
    let means = rows::known(row, "means", RecordedMeans::try_from)?;
    let done_at = rows::time(row, "done_at")?;
    Ok(Some(KeptRecord { means, sealed_teller: row.try_get("sealed_teller")?, done_at, recorded_at }))
}
