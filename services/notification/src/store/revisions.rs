//! What the centre takes back, and limits that have moved.

use fengqiao_messaging::{Event, append};
use fengqiao_proto::{
    notification::v1::{PushLimitsMoved, ReceiptKind},
    types::v1::PushSubject,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{to_proto, to_sql};
use jiff::Timestamp;
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, answers::lock_any, rows};
use crate::{
    domain::{
        receipt::{Command, Decision, decide},
        revision::{Revised, Revision},
    },
    error::NotificationError,
    events::{Receipt, SYSTEM, limits_moved},
};

/// Pushes that do not hold any more as they were pushed, with the events that say it, until the transaction is committed.
#[derive(Debug, Default)]
pub struct RevisedPushes {
    /// Those that were taken back, each with its agency.
    pub recalled: Vec<(String, Uuid)>,
    events: Vec<Event>,
    first: i64,
}

/// Carries out what routing says of earlier pushes, in the transaction that stores what came with it. When that is
/// committed, [`Store::told`] says so.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn revise_pushes(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    revised: &[Revised],
) -> Result<RevisedPushes, NotificationError> {
    const OPERATION: &str = "revise pushes";
    Store::within(OPERATION, async {
        let database = || NotificationError::database(OPERATION);
        let mut events = move_limits(conn, county, revised).await.map_err(database())?;
        let taken_back = recall(conn, keyring, county, revised).await.map_err(database())?;
        let (recalled, told): (_, Vec<Event>) = taken_back.into_iter().unzip();
        events.extend(told);
        let first = if events.is_empty() { 0 } else { append(conn, county, &events).await? };
        Ok(RevisedPushes { recalled, events, first })
    })
    .await
}

impl Store {
    /// What was revised is committed.
    pub fn told(&self, county: &str, revised: RevisedPushes) {
        if !revised.events.is_empty() {
            self.outbox.sent(county, revised.first, revised.events);
        }
    }

    /// Takes back a form that was issued by hand to an agency. Taken back already, it stays as it is. Returns the agency.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`] where no push has this id, [`NotificationError::Forbidden`] where it is a case's
    /// own or its state does not allow it, or of the database; then nothing has changed.
    pub async fn recall_form(
        &self,
        county: &str,
        form_id: Uuid,
        sealed_reason: &[u8],
        actor: &str,
        at: Timestamp,
    ) -> Result<String, NotificationError> {
        const OPERATION: &str = "recall a form";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            let before = match lock_any(&mut tx, county, form_id).await {
                Err(NotificationError::NoSuchPush) => return Err(NotificationError::NoSuchForm),
                found => found?.push,
            };
            if before.subject != PushSubject::Form {
                return Err(NotificationError::OfCase);
            }
            if decide(before.receipt, Command::Recall)? == Decision::Already {
                return Ok(before.agency);
            }
            sqlx::query(include_str!("sql/recall_one.sql"))
                .bind(county)
                .bind(form_id)
                .bind(to_sql(at))
                .bind(before.receipt as i16)
                .bind(sealed_reason)
                .bind(actor)
                .execute(&mut *tx)
                .await
                .map_err(database())?;
            let mut told = Receipt::plain(&before, ReceiptKind::Recalled, at, actor);
            told.trace = before.traceparent.clone();
            let events = vec![told.event()];
            let first = append(&mut tx, county, &events).await?;
            tx.commit().await.map_err(database())?;
            self.outbox.sent(county, first, events);
            Ok(before.agency)
        })
        .await
    }
}

/// The event of each push whose limits moved.
async fn move_limits(
    conn: &mut PgConnection,
    county: &str,
    revised: &[Revised],
) -> Result<Vec<Event>, sqlx::Error> {
    let moved: Vec<(&Revised, Option<Timestamp>, Option<Timestamp>)> = revised
        .iter()
        .filter_map(|one| match &one.now {
            Revision::Limits { sign_by, answer_by } => Some((one, *sign_by, *answer_by)),
            Revision::Recalled { .. } => None,
        })
        .collect();
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(include_str!("sql/move_limits.sql"))
        .bind(county)
        .bind(moved.iter().map(|(one, ..)| one.case_id).collect::<Vec<_>>())
        .bind(moved.iter().map(|(one, ..)| one.agency.as_str()).collect::<Vec<_>>())
        .bind(moved.iter().map(|(one, ..)| to_sql(one.at)).collect::<Vec<_>>())
        .bind(moved.iter().map(|(_, sign_by, _)| sign_by.map(to_sql)).collect::<Vec<_>>())
        .bind(moved.iter().map(|(.., answer_by)| answer_by.map(to_sql)).collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    found.iter().map(told_as_moved).collect()
}

fn told_as_moved(row: &PgRow) -> Result<Event, sqlx::Error> {
    let moved = PushLimitsMoved {
        push_id: row.try_get::<Uuid, _>("push_id")?.to_string(),
        case_id: row.try_get::<Uuid, _>("case_id")?.to_string(),
        agency: row.try_get("agency")?,
        at: Some(to_proto(rows::time(row, "moved_at")?)),
        sign_due_at: rows::maybe_time(row, "sign_by")?.map(to_proto),
        feedback_due_at: rows::maybe_time(row, "answer_by")?.map(to_proto),
    };
    Ok(limits_moved(&moved, row.try_get("traceparent")?))
}

/// Each push that is recalled, with its agency and its event.
async fn recall(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    revised: &[Revised],
) -> Result<Vec<((String, Uuid), Event)>, sqlx::Error> {
    let recalled: Vec<(&Revised, Vec<u8>)> = revised
        .iter()
        .filter_map(|one| match &one.now {
            Revision::Recalled { reason } => Some((one, keyring.seal(reason.as_bytes(), county.as_bytes()))),
            Revision::Limits { .. } => None,
        })
        .collect();
    if recalled.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(include_str!("sql/recall.sql"))
        .bind(county)
        .bind(recalled.iter().map(|(one, _)| one.case_id).collect::<Vec<_>>())
        .bind(recalled.iter().map(|(one, _)| one.agency.as_str()).collect::<Vec<_>>())
        .bind(recalled.iter().map(|(one, _)| to_sql(one.at)).collect::<Vec<_>>())
        .bind(recalled.iter().map(|(_, why)| why.as_slice()).collect::<Vec<_>>())
        .bind(SYSTEM)
        .fetch_all(conn)
        .await?;
    found.iter().map(told_as_recalled).collect()
}

fn told_as_recalled(row: &PgRow) -> Result<((String, Uuid), Event), sqlx::Error> {
    let (agency, push_id): (String, Uuid) = (row.try_get("agency")?, row.try_get("push_id")?);
    let receipt = Receipt {
        push_id,
        subject: rows::subject(row)?,
        case_id: row.try_get("case_id")?,
        agency: &agency,
        kind: ReceiptKind::Recalled,
        at: rows::time(row, "recalled_at")?,
        actor: SYSTEM,
        trace: row.try_get("traceparent")?,
        ..Receipt::default()
    };
    let event = receipt.event();
    Ok(((agency, push_id), event))
}
