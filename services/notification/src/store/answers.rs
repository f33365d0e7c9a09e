//! What agencies do with a push: sign, return, say what they did; or what an officer enters that they did. Each with its
//! event, in one transaction.

use fengqiao_messaging::{Event, append};
use fengqiao_proto::notification::v1::{
    AnswerKind, CannotReason, FeedbackOutcome, ReceiptKind, RecordedMeans, ReturnReason,
};
use fengqiao_serving::time::to_sql;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, rows};
use crate::{
    domain::{
        limit::told_at,
        push::Push,
        receipt::{Command, Decision, EvidenceFor, decide},
        recording::follows,
    },
    error::NotificationError,
    events::Receipt,
};

/// What stands on one paper is entered within this time.
const ENTERED_TOGETHER: SignedDuration = SignedDuration::from_mins(15);

/// What an agency does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes the assignment.
    Sign,
    /// Refuses it.
    Return {
        /// Why.
        reason: ReturnReason,
        /// In words, sealed; empty where there are none.
        sealed_text: Vec<u8>,
        /// References of what shows it, one a line, sealed; empty where there are none.
        sealed_evidence: Vec<u8>,
    },
    /// Says what it did.
    Feedback {
        /// Makes it repeatable.
        request_id: String,
        /// How far it is.
        outcome: FeedbackOutcome,
        /// Why it cannot be done.
        cannot_reason: CannotReason,
        /// Whether it says something of this matter.
        substantive: bool,
        /// Files of the push.
        attachments: Vec<Uuid>,
        /// What it did, sealed.
        sealed_text: Vec<u8>,
    },
}

/// An agency's answer to a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The county.
    pub county: String,
    /// Which push.
    pub push_id: Uuid,
    /// Who answers; another agency's push does not exist for it.
    pub agency: String,
    /// The principal's name.
    pub actor: String,
    /// In what capacity.
    pub capacity: String,
    /// What it does.
    pub act: Act,
    /// When.
    pub at: Timestamp,
    /// What belongs to it where an officer enters it; none where the agency itself answers.
    pub recorded: Option<KeptRecord>,
}

/// What is kept beside an answer that an officer entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// How the centre learned of it.
    pub means: RecordedMeans,
    /// Who at the agency did it, sealed.
    pub sealed_teller: Vec<u8>,
    /// When it was done.
    pub done_at: Timestamp,
    /// When it was entered.
    pub recorded_at: Timestamp,
}

pub(super) const SIGN: &str = concat!(include_str!("sql/sign.sql"), include_str!("sql/answered.sql"));
pub(super) const RETURN: &str = concat!(include_str!("sql/return.sql"), include_str!("sql/answered.sql"));
pub(super) const FEEDBACK: &str = concat!(include_str!("sql/feedback.sql"), include_str!("sql/answered.sql"));

impl Act {
    const fn command(&self) -> Command {
        match self {
            Self::Sign => Command::Sign,
            Self::Return { .. } => Command::Return,
            Self::Feedback { .. } => Command::Feedback,
        }
    }

    const fn kind(&self) -> AnswerKind {
        match self {
            Self::Sign => AnswerKind::Signed,
            Self::Return { .. } => AnswerKind::Returned,
            Self::Feedback { .. } => AnswerKind::Feedback,
        }
    }
}

impl Store {
    /// Carries out an answer. Returns the push as it is after it, and whether it changed; of a feedback it did not where
    /// its request id was used of this push before, whatever was said with it.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`], [`NotificationError::Forbidden`], [`NotificationError::Invalid`] where an officer
    /// enters a time that cannot be, or of the database; then nothing has changed.
    pub async fn answer(&self, answer: &Answer) -> Result<(Push, bool), NotificationError> {
        const OPERATION: &str = "write an agency's answer";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            let (before, evidence_for) = lock(&mut tx, answer).await?;
            if known(&mut tx, answer).await? {
                return Ok((before, false));
            }
            match decide(before.receipt, answer.act.command())? {
                Decision::Already => Ok((before, false)),
                Decision::Become(_) => {
                    if let Act::Return { reason, sealed_evidence, .. } = &answer.act {
                        evidence_for.check(*reason, !sealed_evidence.is_empty())?;
                    }
                    if let Some(recorded) = &answer.recorded {
                        follows(&before, recorded.done_at)
                            .map_err(|wrong| NotificationError::wrong("act.doneAt", wrong))?;
                        keep_record(&mut tx, answer, recorded).await.map_err(database())?;
                    }
                    let row = update(&mut tx, answer, &before).await.map_err(database())?;
                    let after = rows::push(&answer.county, &row).map_err(database())?;
                    let arrived = row.try_get("arrived").map_err(database())?;
                    let events = events(answer, &before, arrived);
                    let first = append(&mut tx, &answer.county, &events).await?;
                    tx.commit().await.map_err(database())?;
                    self.outbox.sent(&answer.county, first, events);
                    Ok((after, true))
                }
            }
        })
        .await
    }
}

/// A push that nobody else changes before the transaction ends.
pub(super) struct Locked {
    pub(super) push: Push,
    evidence_for: EvidenceFor,
}

/// Holds a push, whoever's it is.
pub(super) async fn lock_any(
    conn: &mut PgConnection,
    county: &str,
    push_id: Uuid,
) -> Result<Locked, NotificationError> {
    let database = || NotificationError::database("read a push");
    let row = sqlx::query(include_str!("sql/lock_push.sql"))
        .bind(county)
        .bind(push_id)
        .fetch_optional(conn)
        .await
        .map_err(database())?
        .ok_or(NotificationError::NoSuchPush)?;
    let bits = row.try_get("evidence_for").map_err(database())?;
    Ok(Locked {
        push: rows::push(county, &row).map_err(database())?,
        evidence_for: EvidenceFor::from_bits(bits),
    })
}

async fn lock(conn: &mut PgConnection, answer: &Answer) -> Result<(Push, EvidenceFor), NotificationError> {
    let Locked { push, evidence_for } = lock_any(conn, &answer.county, answer.push_id).await?;
    if push.agency != answer.agency {
        return Err(NotificationError::NoSuchPush);
    }
    Ok((push, evidence_for))
}

/// Whether a feedback was given before under this request id. Whether it said the same, the caller finds out: here nothing
/// is opened.
async fn known(conn: &mut PgConnection, answer: &Answer) -> Result<bool, NotificationError> {
    let Act::Feedback { request_id, .. } = &answer.act else { return Ok(false) };
    sqlx::query_scalar(include_str!("sql/feedback_known.sql"))
        .bind(&answer.county)
        .bind(answer.push_id)
        .bind(request_id)
        .fetch_one(conn)
        .await
        .map_err(NotificationError::database("look for an earlier answer"))
}

/// Keeps what belongs to an answer that an officer entered.
async fn keep_record(
    conn: &mut PgConnection,
    answer: &Answer,
    recorded: &KeptRecord,
) -> Result<(), sqlx::Error> {
    let request_id = match &answer.act {
        Act::Sign | Act::Return { .. } => "",
        Act::Feedback { request_id, .. } => request_id,
    };
    let query = sqlx::query(include_str!("sql/recorded/keep.sql"))
        .bind(&answer.county)
        .bind(answer.push_id)
        .bind(answer.act.kind() as i16)
        .bind(request_id)
        .bind(recorded.means as i16)
        .bind(&recorded.sealed_teller)
        .bind(to_sql(recorded.done_at))
        .bind(to_sql(recorded.recorded_at));
    query.execute(conn).await.map(drop)
}

/// When it is told that the limit for answering nears. Signature and answer of one paper are entered one after the other:
/// where an officer enters the one, nobody is pressed for the other before there was time for that.
fn answer_told_at(answer: &Answer, limit: Timestamp) -> Timestamp {
    let told_at = told_at(answer.at, limit);
    let entered = answer.recorded.as_ref().and_then(|one| one.recorded_at.checked_add(ENTERED_TOGETHER).ok());
    entered.map_or(told_at, |entered| told_at.max(entered))
}

/// Changes the push, only from the state in which it was read.
async fn update(conn: &mut PgConnection, answer: &Answer, before: &Push) -> Result<PgRow, sqlx::Error> {
    let statement = match answer.act {
        Act::Sign => SIGN,
        Act::Return { .. } => RETURN,
        Act::Feedback { .. } => FEEDBACK,
    };
    let query = sqlx::query(statement)
        .bind(&answer.county)
        .bind(answer.push_id)
        .bind(to_sql(answer.at))
        .bind(before.receipt as i16);
    let query = match &answer.act {
        Act::Sign => query,
        Act::Return { reason, sealed_text, sealed_evidence } => {
            query.bind(*reason as i16).bind(sealed_text).bind(sealed_evidence)
        }
        Act::Feedback { request_id, outcome, sealed_text, cannot_reason, substantive, attachments } => query
            .bind(request_id)
            .bind(*outcome as i16)
            .bind(sealed_text)
            .bind(*cannot_reason as i16)
            .bind(*substantive)
            .bind(attachments),
    };
    let query = query.bind(&answer.actor).bind(&answer.capacity);
    let query = match answer.act {
        Act::Sign => query.bind(before.answer_by.map(|limit| to_sql(answer_told_at(answer, limit)))),
        Act::Return { .. } | Act::Feedback { .. } => query,
    };
    query.fetch_one(conn).await
}

/// What the other services learn. The receipt stays in the push's own trace, which began with the report,
/// so that one trace shows the whole way. `arrived`: by this answer it counts as delivered.
fn events(answer: &Answer, before: &Push, arrived: bool) -> Vec<Event> {
    let plain = |kind| {
        let mut receipt = Receipt::plain(before, kind, answer.at, &answer.actor);
        receipt.capacity = &answer.capacity;
        receipt.entered = answer.recorded.as_ref().map(|kept| (kept.recorded_at, kept.means));
        receipt.trace = before.traceparent.clone();
        receipt
    };
    let mut events = Vec::with_capacity(2);
    if arrived {
        events.push(plain(ReceiptKind::Delivered).event());
    }
    let receipt = match &answer.act {
        Act::Sign => plain(ReceiptKind::Signed),
        Act::Return { reason, sealed_text, sealed_evidence } => {
            Receipt { return_reason: *reason, sealed_text, sealed_evidence, ..plain(ReceiptKind::Returned) }
        }
        Act::Feedback { outcome, cannot_reason, substantive, attachments, sealed_text, .. } => Receipt {
            outcome: *outcome,
            cannot_reason: *cannot_reason,
            substantive: Some(*substantive),
            attachments: i32::try_from(attachments.len()).unwrap_or(i32::MAX),
            sealed_text,
            ..plain(ReceiptKind::Feedback)
        },
    };
    events.push(receipt.event());
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_enters_a_signature_has_time_to_enter_the_answer_of_the_same_paper() {
        let hours = |hours: i64| Timestamp::from_second(1_795_000_000 + hours * 3_600).unwrap();
        let signed = |recorded_at: Option<Timestamp>| Answer {
            county: "421181".into(),
            push_id: Uuid::nil(),
            agency: "community-421181105202".into(),
            actor: "wang".into(),
            capacity: "officer".into(),
            act: Act::Sign,
            at: hours(0),
            recorded: recorded_at.map(|recorded_at| KeptRecord {
                means: RecordedMeans::Paper,
                sealed_teller: Vec::new(),
                done_at: hours(0),
                recorded_at,
            }),
        };
        let limit = hours(24);
        assert_eq!(answer_told_at(&signed(None), limit), hours(18));
        assert_eq!(answer_told_at(&signed(Some(hours(2))), limit), hours(18));
        assert_eq!(answer_told_at(&signed(Some(hours(30))), limit), hours(30) + ENTERED_TOGETHER);
    }
}
