//! Claims, what became of them, and what belongs on a queue.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use fengqiao_messaging::{Event, append};
use fengqiao_proto::notification::v1::{CannotReason, FeedbackOutcome, ReceiptKind, ReturnReason};
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Postgres, Row as _, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::{QUEUED_BY_THEN, Store, millis, rows};
use crate::{
    domain::{
        lane::Lane,
        outcome::{Ending, Outcome},
        push::Push,
        queued::Queued,
        retry::Next,
    },
    error::NotificationError,
    events::{Receipt, SYSTEM},
};

/// How long a queued push may stay untaken before the sweeper queues it once more. Doubles are harmless.
const QUEUED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How much more one lane's queue can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRoom {
    /// Whose queue.
    pub agency: String,
    /// Which lane.
    pub lane: Lane,
    /// For so many.
    pub room: usize,
}

/// A push whose state an outcome changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The push, as it is queued.
    pub push: Queued,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// What it ended with.
    pub ending: SettledEnding,
    /// When.
    pub ended_at: Timestamp,
}

/// The endings as the database numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettledEnding {
    /// The agency has it.
    Delivered,
    /// It is tried again.
    Waits,
    /// It was the last try.
    Parked,
    /// Free at once.
    Released,
}

impl SettledEnding {
    const fn of(ending: Ending) -> (Self, Duration) {
        match ending {
            Ending::Delivered => (Self::Delivered, Duration::ZERO),
            Ending::Failed(Next::After(wait)) => (Self::Waits, wait),
            Ending::Failed(Next::Park) => (Self::Parked, Duration::ZERO),
            Ending::Released => (Self::Released, Duration::ZERO),
        }
    }

    const fn number(self) -> i16 {
        match self {
            Self::Delivered => 1,
            Self::Waits => 2,
            Self::Parked => 3,
            Self::Released => 4,
        }
    }

    const fn of_number(number: i16) -> Self {
        match number {
            1 => Self::Delivered,
            2 => Self::Waits,
            3 => Self::Parked,
            _ => Self::Released,
        }
    }
}

impl Store {
    /// Claims those of an agency's pushes that wait and nobody else delivers, for one try each. Returned
    /// most dangerous first. Correct with any number of processes.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn claim(
        &self,
        county: &str,
        agency: &str,
        push_ids: &[Uuid],
        lease: Duration,
    ) -> Result<Vec<Push>, NotificationError> {
        const OPERATION: &str = "claim pushes";
        if push_ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/claim.sql"))
                .bind(county)
                .bind(agency)
                .bind(push_ids)
                .bind(millis(lease))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let mut pushes = found
                .iter()
                .map(|row| rows::push(county, row))
                .collect::<Result<Vec<_>, _>>()
                .map_err(NotificationError::database(OPERATION))?;
            Push::sort_for_delivery(&mut pushes);
            Ok(pushes)
        })
        .await
    }

    /// Writes what became of tries of one county: attempt records, next states and receipts, in one
    /// transaction. At most one outcome for each push. Returns the pushes that changed.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then nothing is written.
    pub async fn settle(
        &self,
        county: &str,
        outcomes: &[Outcome],
    ) -> Result<Vec<Settled>, NotificationError> {
        const OPERATION: &str = "settle deliveries";
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let settled = Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            let changed = self::settle(county, outcomes).fetch_all(&mut *tx).await.map_err(database())?;
            let traces: HashMap<Uuid, Option<&str>> =
                outcomes.iter().map(|o| (o.push_id, o.trace.as_deref())).collect();
            let mut settled = Vec::with_capacity(changed.len());
            let mut events = Vec::new();
            for row in &changed {
                let (one, event) = settled_row(row, &traces).map_err(database())?;
                settled.push(one);
                events.extend(event);
            }
            if settled.len() < outcomes.len() {
                let known: HashSet<Uuid> = settled.iter().map(|one| one.push.push_id).collect();
                let others: Vec<_> = outcomes.iter().filter(|o| !known.contains(&o.push_id)).collect();
                record(county, &others).execute(&mut *tx).await.map_err(database())?;
            }
            let first = append(&mut tx, county, &events).await?;
            tx.commit().await.map_err(database())?;
            self.outbox.sent(county, first, events);
            Ok(settled)
        })
        .await?;
        Ok(settled)
    }

    /// Which of these agencies have something that should be on their queue.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn due_agencies(
        &self,
        county: &str,
        reachable: &[String],
    ) -> Result<Vec<String>, NotificationError> {
        const OPERATION: &str = "look for due pushes";
        Self::within(OPERATION, async {
            sqlx::query_scalar(include_str!("sql/due_agencies.sql"))
                .bind(county)
                .bind(reachable)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// What is due for these lanes' queues, as much as each has room for; with `lost`, also what was
    /// queued before and may have been lost.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn requeue(
        &self,
        county: &str,
        lanes: &[LaneRoom],
        lost: bool,
    ) -> Result<Vec<Queued>, NotificationError> {
        const OPERATION: &str = "queue due pushes";
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/requeue.sql"))
                .bind(county)
                .bind(lanes.iter().map(|l| l.agency.as_str()).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| l.lane.levels().0 as i16).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| l.lane.levels().1 as i16).collect::<Vec<_>>())
                .bind(lanes.iter().map(|l| i64::try_from(l.room).unwrap_or(0)).collect::<Vec<_>>())
                .bind(lost)
                .bind(millis(QUEUED_AGAIN_AFTER))
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            rows::queued(&found).map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Ends the waits of an agency that has just come, at most `page` of them. Returns how many.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn make_due(&self, county: &str, agency: &str, page: u32) -> Result<u64, NotificationError> {
        const OPERATION: &str = "make pushes due";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/make_due.sql"))
                .bind(county)
                .bind(agency)
                .bind(i64::from(page))
                .execute(&self.pool)
                .await
                .map(|done| done.rows_affected())
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}

type Statement<'a> = Query<'a, Postgres, PgArguments>;

fn settle<'a>(county: &'a str, outcomes: &'a [Outcome]) -> Statement<'a> {
    let endings: Vec<_> = outcomes.iter().map(|o| SettledEnding::of(o.ending)).collect();
    let mut agencies: Vec<&str> =
        outcomes.iter().filter_map(|o| o.fence.as_ref()).map(|fence| fence.agency.as_str()).collect();
    agencies.sort_unstable();
    agencies.dedup();
    sqlx::query(include_str!("sql/settle.sql"))
        .bind(county)
        .bind(outcomes.iter().map(|o| o.push_id).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.attempt).collect::<Vec<_>>())
        .bind(endings.iter().map(|(ending, _)| ending.number()).collect::<Vec<_>>())
        .bind(endings.iter().map(|(_, wait)| millis(*wait)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.began_at)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.ended_at())).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.channel.name()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.http_status).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.error.as_str()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(took_millis).collect::<Vec<_>>())
        .bind(millis(QUEUED_BY_THEN))
        .bind(agencies)
        .bind(outcomes.iter().map(|o| o.fence.as_ref().map(|fence| fence.token)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(sealed_answer).collect::<Vec<_>>())
}

fn record<'a>(county: &'a str, outcomes: &[&'a Outcome]) -> Statement<'a> {
    sqlx::query(include_str!("sql/record_attempts.sql"))
        .bind(county)
        .bind(outcomes.iter().map(|o| o.push_id).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.attempt).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.began_at)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.channel.name()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.ending == Ending::Delivered).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.http_status).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.error.as_str()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| took_millis(o)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| sealed_answer(o)).collect::<Vec<_>>())
}

fn took_millis(outcome: &Outcome) -> i32 {
    i32::try_from(outcome.took.as_millis()).unwrap_or(i32::MAX)
}

fn sealed_answer(outcome: &Outcome) -> Option<&[u8]> {
    Some(outcome.sealed_answer.as_slice()).filter(|sealed| !sealed.is_empty())
}

fn settled_row(
    row: &sqlx::postgres::PgRow,
    traces: &HashMap<Uuid, Option<&str>>,
) -> Result<(Settled, Option<Event>), sqlx::Error> {
    let push_id: Uuid = row.try_get("push_id")?;
    let agency: String = row.try_get("agency")?;
    let ending = SettledEnding::of_number(row.try_get("ending")?);
    let ended_at = rows::time(row, "ended_at")?;
    let kind = match ending {
        SettledEnding::Delivered => Some(ReceiptKind::Delivered),
        SettledEnding::Parked => Some(ReceiptKind::Parked),
        SettledEnding::Waits | SettledEnding::Released => None,
    };
    let event = match kind {
        None => None,
        Some(kind) => {
            let trace = traces.get(&push_id).copied().flatten().map(str::to_owned);
            let receipt = Receipt {
                push_id,
                subject: rows::subject(row)?,
                case_id: row.try_get("case_id")?,
                agency: &agency,
                kind,
                at: ended_at,
                actor: SYSTEM,
                return_reason: ReturnReason::Unspecified,
                outcome: FeedbackOutcome::Unspecified,
                sealed_text: &[],
                sealed_evidence: &[],
                capacity: "",
                cannot_reason: CannotReason::Unspecified,
                substantive: None,
                attachments: 0,
                trace,
            };
            Some(receipt.event())
        }
    };
    let lane = Lane::of(rows::level(row)?);
    let settled = Settled {
        push: Queued { agency, lane, push_id },
        requested_at: rows::time(row, "requested_at")?,
        ending,
        ended_at,
    };
    Ok((settled, event))
}
