//! A change, its events and a receiver's step in one statement that commits by itself.
//!
//! What a change needs is read first, together with the county's turn, in one statement; what follows from
//! it is written in a second one that does nothing unless the turn is still the same. That is as safe as a
//! lock held from the first to the second, and costs two round trips instead of five. Who lost its turn to
//! another process reads and writes again, this time under the lock.

use std::borrow::Cow;

use sqlx::{
    Connection as _, PgConnection, Postgres, Transaction,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::{Applied, Event, MessagingError, Topic, relay::bounded};

/// A statement that changes something, sends events and takes a receiver's step, all or nothing, in the county's turn. Each
/// kind of step has its own, since what a statement does not need costs it time even so: Postgres makes all of it ready.
#[derive(Debug)]
pub struct InTurnStatement {
    alone: String,
    ahead: String,
    over_parked: String,
}

impl InTurnStatement {
    /// One that goes on so. The rest takes its rows `FROM go`, its parameters begin with `$10`, and it ends with
    /// `SELECT position FROM go`.
    #[must_use]
    pub fn new(rest: &str) -> Self {
        let begun = |opening: &str| format!("{opening}{}{rest}", include_str!("sql/turn/sent.sql"));
        Self {
            alone: begun(include_str!("sql/turn/alone.sql")),
            ahead: begun(include_str!("sql/turn/ahead.sql")),
            over_parked: begun(include_str!("sql/turn/over_parked.sql")),
        }
    }

    /// All its texts, so that a test can hold them against the real schema.
    #[must_use]
    pub fn into_texts(self) -> [String; 3] {
        [self.alone, self.ahead, self.over_parked]
    }
}

/// A statement that takes a receiver's step and changes nothing that another change is made of: such as inserting what is new.
/// Each kind of step has its own, as in [`InTurnStatement`].
#[derive(Debug)]
pub struct InStepStatement {
    ahead: Cow<'static, str>,
    over_parked: Cow<'static, str>,
}

impl InStepStatement {
    /// One that goes on so. The rest takes its rows `FROM go`, and its parameters begin with `$6`.
    #[must_use]
    pub fn new(rest: &str) -> Self {
        Self {
            ahead: format!("{}{rest}", include_str!("sql/step/ahead.sql")).into(),
            over_parked: format!("{}{rest}", include_str!("sql/step/over_parked.sql")).into(),
        }
    }

    /// All its texts, so that a test can hold them against the real schema.
    #[must_use]
    pub fn into_texts(self) -> [String; 2] {
        [self.ahead, self.over_parked].map(Cow::into_owned)
    }
}

/// A step alone.
static STEP_ALONE: InStepStatement =
    InStepStatement { ahead: Cow::Borrowed(AHEAD_ALONE), over_parked: Cow::Borrowed(OVER_PARKED_ALONE) };
pub(crate) const AHEAD_ALONE: &str =
    concat!(include_str!("sql/step/ahead.sql"), "own AS (SELECT 1) SELECT FROM go");
pub(crate) const OVER_PARKED_ALONE: &str =
    concat!(include_str!("sql/step/over_parked.sql"), "own AS (SELECT 1) SELECT FROM go");

/// The county's turn, read in one statement with what a change is made of: `outbox_head.turn`, and 0 where
/// the county has no row yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(pub i64);

impl Turn {
    /// The turn after a change in this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A receiver's step over a batch. It belongs into the transaction that applies the batch.
#[derive(Debug, Clone)]
pub struct Step {
    pub(crate) county: String,
    /// The name under which the receiver's position is kept.
    pub(crate) held_as: Cow<'static, str>,
    /// Where the receiver stands; of a parked event its own position.
    pub(crate) from: i64,
    /// Where the receiver stands after it. None over a parked event: the receiver stays where it is, and the event is no
    /// longer parked.
    pub(crate) to: Option<i64>,
    /// Nothing is left after it, as far as is known.
    pub(crate) caught_up: bool,
}

impl Step {
    /// A step on the spot: for events that come another way than by the stream.
    ///
    /// # Errors
    /// [`MessagingError::Database`]
    pub async fn on_the_spot(
        conn: &mut PgConnection,
        county: &str,
        topic: Topic,
    ) -> Result<Self, MessagingError> {
        let position = receiver_position(conn, county, topic.name()).await?;
        let held_as = Cow::Borrowed(topic.name());
        Ok(Self { county: county.to_owned(), held_as, from: position, to: Some(position), caught_up: false })
    }

    /// A step over one event that is parked: whoever takes it takes the event out, and nobody else can.
    pub(crate) fn over_parked(county: &str, held_as: Cow<'static, str>, position: i64) -> Self {
        Self { county: county.to_owned(), held_as, from: position, to: None, caught_up: false }
    }

    /// Whether it is over an event that was parked: others that followed it may have been applied before.
    #[must_use]
    pub const fn is_over_parked(&self) -> bool {
        self.to.is_none()
    }

    /// Begins a transaction and takes the step in it, first, so that of two processes one waits here and
    /// then finds that it came too late: it gets none.
    ///
    /// # Errors
    /// What Postgres says.
    pub async fn begin<'c>(
        &self,
        conn: &'c mut PgConnection,
    ) -> Result<Option<Transaction<'c, Postgres>>, sqlx::Error> {
        let mut tx = conn.begin().await?;
        Ok(self.take(&mut tx).await?.then_some(tx))
    }

    /// A statement that takes this step, with its first five parameters.
    pub fn query<'q>(&self, statement: &'static InStepStatement) -> Query<'q, Postgres, PgArguments> {
        let text = if self.is_over_parked() { &statement.over_parked } else { &statement.ahead };
        sqlx::query(text.as_ref())
            .bind(self.county.clone())
            .bind(self.held_as.clone())
            .bind(self.from)
            .bind(self.to)
            .bind(self.caught_up)
    }

    /// Takes the step by itself, for a batch that changes nothing.
    ///
    /// # Errors
    /// What Postgres says.
    pub async fn take_alone(&self, conn: &mut PgConnection) -> Result<Applied, sqlx::Error> {
        Ok(if self.take(conn).await? { Applied::Done } else { Applied::Overtaken })
    }

    /// Takes the step. False where another process was faster.
    async fn take(&self, tx: &mut PgConnection) -> Result<bool, sqlx::Error> {
        Ok(self.query(&STEP_ALONE).fetch_optional(tx).await?.is_some())
    }
}

/// What every [`InTurnStatement`] takes along.
#[derive(Debug, Clone, Copy)]
pub struct InTurn<'a> {
    /// The county.
    pub county: &'a str,
    /// The turn in which was read what the change is made of.
    pub turn: Turn,
    /// A receiver's step, where it is a receiver that changes something.
    pub step: Option<&'a Step>,
    /// What is sent.
    pub events: &'a [Event],
}

impl InTurn<'_> {
    /// A statement in this turn, with its first nine parameters.
    pub fn query<'q>(&self, statement: &'static InTurnStatement) -> Query<'q, Postgres, PgArguments> {
        let text = match self.step {
            None => &statement.alone,
            Some(step) if step.is_over_parked() => &statement.over_parked,
            Some(_) => &statement.ahead,
        };
        let kinds: Vec<&str> = self.events.iter().map(|event| event.kind).collect();
        let payloads: Vec<&[u8]> = self.events.iter().map(|event| event.payload.as_slice()).collect();
        let traces: Vec<Option<&str>> = self.events.iter().map(|event| event.trace.as_deref()).collect();
        sqlx::query(text.as_str())
            .bind(self.county.to_owned())
            .bind(self.turn.0)
            .bind(self.step.map(|step| step.held_as.clone()))
            .bind(self.step.map(|step| step.from))
            .bind(self.step.and_then(|step| step.to))
            .bind(self.step.is_some_and(|step| step.caught_up))
            .bind(kinds)
            .bind(payloads)
            .bind(traces)
    }

    /// What the statement answered: the position of the first event, or none where the turn or the step was
    /// another's and nothing was written.
    ///
    /// # Errors
    /// Where the row is not what such a statement ends with.
    pub fn first_position(row: Option<&PgRow>) -> Result<Option<i64>, sqlx::Error> {
        use sqlx::Row as _;
        row.map(|row| row.try_get::<i64, _>("position").map(|before| before + 1)).transpose()
    }
}

/// How far a receiver has applied what it receives; its position is kept under this name.
pub(crate) async fn receiver_position(
    conn: &mut PgConnection,
    county: &str,
    held_as: &str,
) -> Result<i64, MessagingError> {
    let ensure =
        sqlx::query(include_str!("sql/ensure_position.sql")).bind(county).bind(held_as).execute(&mut *conn);
    bounded("make a receiver's position", ensure).await?;
    let read =
        sqlx::query_scalar(include_str!("sql/position.sql")).bind(county).bind(held_as).fetch_one(conn);
    bounded("read a receiver's position", read).await
}

/// Ends the county's turn, which is held, without an event: what was changed is seen by whoever has read before.
///
/// # Errors
/// [`MessagingError::Database`]
pub async fn advance_turn(tx: &mut PgConnection, county: &str) -> Result<(), MessagingError> {
    sqlx::query(include_str!("sql/advance_turn.sql"))
        .bind(county)
        .execute(tx)
        .await
        .map(|_| ())
        .map_err(MessagingError::database("end a county's turn"))
}

/// Waits for the county's turn and holds it until the end of the transaction: what is read after it can be
/// written in the same turn.
///
/// # Errors
/// [`MessagingError::Database`]
pub async fn hold_turn(tx: &mut PgConnection, county: &str) -> Result<(), MessagingError> {
    sqlx::query(include_str!("sql/hold_turn.sql"))
        .bind(county)
        .execute(tx)
        .await
        .map(|_| ())
        .map_err(MessagingError::database("hold a county's turn"))
}
