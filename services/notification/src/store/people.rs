//! Messages to persons.

use std::{collections::HashMap, time::Duration};

use fengqiao_proto::types::v1::{Level, PersonKind, PushSubject, TellingKind};
use fengqiao_serving::time::to_sql;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, millis, rows};
use crate::{
    domain::people::{Channel, Late, NewMessage},
    error::NotificationError,
};

/// Messages of duties besides cases are kept so long; those of cases go with the case.
const OF_DUTIES_KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);
/// So many of them are removed at once.
const SWEPT: i64 = 1_000;

/// How far a message is. The numbers stand in the statements and in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// Waits for a try.
    Waiting = 1,
    /// A gateway has it.
    Taken = 2,
    /// All tries failed.
    Parked = 3,
    /// The person was told of the same a moment ago.
    Withheld = 4,
    /// The case was protected meanwhile.
    Dropped = 5,
    /// A later reminder of the same took its place.
    Overtaken = 6,
}

/// A message that is being tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub message_id: Uuid,
    /// By which channels, in their order.
    pub channels: Vec<Channel>,
    /// By which now.
    pub channel: Channel,
    /// Which claim.
    pub claims: i32,
    /// How often it failed.
    pub failures: i32,
    /// To which number, sealed.
    pub sealed_address: Vec<u8>,
    /// What is said, sealed.
    pub sealed_text: Vec<u8>,
    /// Of what.
    pub kind: TellingKind,
    /// Since when it waits.
    pub requested_at: Timestamp,
}

impl Claimed {
    /// The channel after this one; after the last the first.
    #[must_use]
    pub fn next_channel(&self) -> Channel {
        let place = self.channels.iter().position(|one| *one == self.channel).map_or(0, |place| place + 1);
        self.channels.get(place).or(self.channels.first()).copied().unwrap_or(self.channel)
    }
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The word in metrics.
    pub result: &'static str,
    state: MessageState,
    channel: Channel,
    wait: Duration,
    http_status: i32,
    error: String,
}

impl Tried {
    /// A gateway has it.
    #[must_use]
    pub const fn taken(channel: Channel, http_status: i32) -> Self {
        let (state, wait) = (MessageState::Taken, Duration::ZERO);
        Self { result: "taken", state, channel, wait, http_status, error: String::new() }
    }

    /// It is tried again by this channel, after a wait.
    #[must_use]
    pub const fn failed(channel: Channel, wait: Duration, http_status: i32, error: String) -> Self {
        Self { result: "failed", state: MessageState::Waiting, channel, wait, http_status, error }
    }

    /// It is not tried any more by itself.
    #[must_use]
    pub const fn parked(channel: Channel, http_status: i32, error: String) -> Self {
        let (state, wait) = (MessageState::Parked, Duration::ZERO);
        Self { result: "parked", state, channel, wait, http_status, error }
    }
}

/// A resident who was told of a case before, or of one that was merged into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldResident {
    /// To which number, sealed.
    pub sealed_address: Vec<u8>,
    /// The number of the case by which the resident knows the matter.
    pub case_number: String,
    /// Its code, sealed.
    pub sealed_code: Option<Vec<u8>>,
}

/// A message as it is shown: without address and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// Its id.
    pub message_id: Uuid,
    /// Of what.
    pub kind: TellingKind,
    /// Whom.
    pub person_kind: PersonKind,
    /// An officer's principal, a contact's code.
    pub person: String,
    /// A case, or a duty besides cases.
    pub subject: PushSubject,
    /// Its id.
    pub case_id: Uuid,
    /// The number that people say.
    pub case_number: String,
    /// What is owed.
    pub what: String,
    /// How urgent it is.
    pub level: Level,
    /// Whether it is of an exercise.
    pub drill: bool,
    /// The keyed hash of the address.
    pub recipient: Vec<u8>,
    /// By which channel.
    pub channel: Channel,
    /// The version of the words.
    pub version: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How far it is: a number of [`MessageState`].
    pub state: i16,
    /// How often it was tried.
    pub tries: i32,
    /// When it was taken, parked, withheld or dropped.
    pub ended_at: Option<Timestamp>,
    /// What the gateway answered, or 0.
    pub http_status: i32,
    /// Why the last try failed.
    pub error: String,
}

/// Which messages to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhichMessages {
    /// Of this case or duty.
    pub case_id: Option<Uuid>,
    /// Only in this state.
    pub state: Option<i16>,
    /// Only to this officer or contact.
    pub person: Option<String>,
}

/// A place in the list, the newest first, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePlace {
    /// When the last one seen was asked for.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Its id.
    #[serde(rename = "i")]
    pub message_id: Uuid,
}

/// Stores messages; those that are there stay as they are. Returns the channels that have something to do.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn insert_messages(
    conn: &mut PgConnection,
    county: &str,
    messages: &[NewMessage],
    late: Late,
) -> Result<Vec<Channel>, NotificationError> {
    const OPERATION: &str = "store messages to persons";
    let column = |get: fn(&NewMessage) -> &str| messages.iter().map(get).collect::<Vec<_>>();
    let number = |get: fn(&NewMessage) -> i16| messages.iter().map(get).collect::<Vec<_>>();
    let channels = |message: &NewMessage| {
        let codes: Vec<String> = message.channels.iter().map(|one| one.code().to_string()).collect();
        format!("{{{}}}", codes.join(","))
    };
    let query = sqlx::query_scalar::<_, i16>(include_str!("sql/people/insert.sql"))
        .bind(county)
        .bind(messages.iter().map(|m| m.message_id).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.telling_id).collect::<Vec<_>>())
        .bind(number(|m| m.kind as i16))
        .bind(number(|m| m.person_kind as i16))
        .bind(column(|m| &m.person))
        .bind(number(|m| m.subject as i16))
        .bind(messages.iter().map(|m| m.case_id).collect::<Vec<_>>())
        .bind(column(|m| &m.case_number))
        .bind(column(|m| &m.what))
        .bind(number(|m| m.level as i16))
        .bind(messages.iter().map(|m| m.drill).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.recipient.as_slice()).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.sealed_address.as_slice()).collect::<Vec<_>>())
        .bind(messages.iter().map(channels).collect::<Vec<_>>())
        .bind(column(|m| &m.version))
        .bind(messages.iter().map(|m| m.sealed_text.as_slice()).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| to_sql(m.requested_at)).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| i32::from(m.again_minutes)).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.repeated).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.recipient_before.map(|hash| hash.to_vec())).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.overtaken).collect::<Vec<_>>())
        .bind(i32::from(late.after_minutes))
        .bind(i32::from(late.wait_seconds));
    Store::within(OPERATION, async {
        let found = query.fetch_all(conn).await.map_err(NotificationError::database(OPERATION))?;
        Ok(found.into_iter().filter_map(Channel::from_code).collect())
    })
    .await
}

/// Which residents have been told of cases before.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn residents_told(
    conn: &mut PgConnection,
    county: &str,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<ToldResident>>, NotificationError> {
    const OPERATION: &str = "read which residents were told";
    let query = sqlx::query(include_str!("sql/people/residents_told.sql")).bind(county).bind(cases);
    Store::within(OPERATION, async {
        let rows = query.fetch_all(conn).await.map_err(NotificationError::database(OPERATION))?;
        let mut told: HashMap<Uuid, Vec<ToldResident>> = HashMap::new();
        for row in rows {
            let read = || -> Result<(Uuid, ToldResident), sqlx::Error> {
                let resident = ToldResident {
                    sealed_address: row.try_get("sealed_address")?,
                    case_number: row.try_get("case_number")?,
                    sealed_code: row.try_get("sealed_code")?,
                };
                Ok((row.try_get("case_id")?, resident))
            };
            let (case_id, resident) = read().map_err(NotificationError::database(OPERATION))?;
            told.entry(case_id).or_default().push(resident);
        }
        Ok(told)
    })
    .await
}

/// What waits for residents of cases that are protected now is not told any more.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn drop_protected(
    conn: &mut PgConnection,
    county: &str,
    cases: &[Uuid],
) -> Result<(), NotificationError> {
    on_cases(
        conn,
        "drop messages of protected cases",
        include_str!("sql/people/drop_protected.sql"),
        county,
        cases,
    )
    .await
}

/// Removes who was told of cases, and what residents could see of them.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn expire_people(
    conn: &mut PgConnection,
    county: &str,
    cases: &[Uuid],
) -> Result<(), NotificationError> {
    on_cases(conn, "remove who was told of cases", include_str!("sql/people/expire.sql"), county, cases).await
}

async fn on_cases(
    conn: &mut PgConnection,
    operation: &'static str,
    sql: &'static str,
    county: &str,
    cases: &[Uuid],
) -> Result<(), NotificationError> {
    let query = sqlx::query(sql).bind(county).bind(cases);
    Store::within(operation, async {
        query.execute(conn).await.map_err(NotificationError::database(operation)).map(drop)
    })
    .await
}

/// By what the person of a message is known.
#[derive(Debug, Clone)]
pub struct KnownRecipient {
    /// The message.
    pub message_id: Uuid,
    /// The keyed hash of the address.
    pub recipient: Vec<u8>,
    /// The address.
    pub sealed_address: Vec<u8>,
}

/// A message whose person is known by another hash from now on.
#[derive(Debug, Clone, Copy)]
pub struct Rehashed {
    /// The message.
    pub message_id: Uuid,
    /// The keyed hash of the address.
    pub recipient: [u8; 16],
}

impl Store {
    /// By what the persons of the next messages after one are known.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn recipients_after(
        &self,
        county: &str,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<KnownRecipient>, NotificationError> {
        const OPERATION: &str = "read by what persons are known";
        let query = sqlx::query_as(include_str!("sql/people/recipients_after.sql"))
            .bind(county)
            .bind(after)
            .bind(limit);
        Self::within(OPERATION, async {
            let rows: Vec<(Uuid, Vec<u8>, Vec<u8>)> =
                query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            let known = |(message_id, recipient, sealed_address)| KnownRecipient {
                message_id,
                recipient,
                sealed_address,
            };
            Ok(rows.into_iter().map(known).collect())
        })
        .await
    }

    /// Keeps by what persons are known from now on. Says of how many messages.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn keep_recipients(&self, county: &str, anew: &[Rehashed]) -> Result<i64, NotificationError> {
        const OPERATION: &str = "keep by what persons are known";
        if anew.is_empty() {
            return Ok(0);
        }
        let query = sqlx::query(include_str!("sql/people/keep_recipients.sql"))
            .bind(county)
            .bind(anew.iter().map(|row| row.message_id).collect::<Vec<_>>())
            .bind(anew.iter().map(|row| row.recipient.as_slice()).collect::<Vec<_>>());
        Self::within(OPERATION, async {
            let done = query.execute(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
        })
        .await
    }

    /// Claims what is due on a channel, the most urgent first, for as long as the lease.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn claim_messages(
        &self,
        county: &str,
        channel: Channel,
        at_most: usize,
        only_red: bool,
        left_alone: bool,
        lease: Duration,
    ) -> Result<Vec<Claimed>, NotificationError> {
        const OPERATION: &str = "claim messages to persons";
        let query = sqlx::query(include_str!("sql/people/claim.sql"))
            .bind(county)
            .bind(channel.code())
            .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
            .bind(only_red)
            .bind(millis(lease))
            .bind(left_alone)
            .bind(Level::Red as i16);
        Self::within(OPERATION, async {
            let rows = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            rows.iter().map(claimed).collect::<Result<_, _>>().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Writes down what became of a try; of an earlier claim nothing.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn settle_message(
        &self,
        county: &str,
        message: &Claimed,
        tried: &Tried,
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "write down what became of a message";
        let query = sqlx::query(include_str!("sql/people/settle.sql"))
            .bind(county)
            .bind(message.message_id)
            .bind(message.claims)
            .bind(tried.state as i16)
            .bind(tried.channel.code())
            .bind(millis(tried.wait))
            .bind(tried.state != MessageState::Taken)
            .bind(tried.http_status)
            .bind(&tried.error);
        Self::within(OPERATION, async {
            query.execute(&self.pool).await.map_err(NotificationError::database(OPERATION)).map(drop)
        })
        .await
    }

    /// A page of messages, the newest first.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn messages(
        &self,
        county: &str,
        which: &WhichMessages,
        after: &MessagePlace,
        limit: i64,
    ) -> Result<Vec<KeptMessage>, NotificationError> {
        const OPERATION: &str = "list messages to persons";
        let query = sqlx::query(include_str!("sql/people/list.sql"))
            .bind(county)
            .bind(to_sql(after.at))
            .bind(after.message_id)
            .bind(which.case_id)
            .bind(which.state)
            .bind(&which.person)
            .bind(limit);
        Self::within(OPERATION, async {
            let rows = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            rows.iter().map(kept).collect::<Result<_, _>>().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// The sealed address and words of a message.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchMessage`], or of the database.
    pub async fn message_words(
        &self,
        county: &str,
        message_id: Uuid,
    ) -> Result<(Vec<u8>, Vec<u8>), NotificationError> {
        const OPERATION: &str = "read a message to a person";
        let query = sqlx::query_as(include_str!("sql/people/get.sql")).bind(county).bind(message_id);
        Self::within(OPERATION, async {
            let found =
                query.fetch_optional(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            found.ok_or(NotificationError::NoSuchMessage)
        })
        .await
    }

    /// Tries parked messages again. Returns how many, and their channels.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn resend_messages(
        &self,
        county: &str,
        messages: &[Uuid],
    ) -> Result<Vec<Channel>, NotificationError> {
        const OPERATION: &str = "send messages to persons again";
        let query =
            sqlx::query_scalar::<_, i16>(include_str!("sql/people/resend.sql")).bind(county).bind(messages);
        Self::within(OPERATION, async {
            let found = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            Ok(found.into_iter().filter_map(Channel::from_code).collect())
        })
        .await
    }

    /// How many messages wait, and how many are parked.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn measure_messages(&self, county: &str) -> Result<(i64, i64), NotificationError> {
        const OPERATION: &str = "count messages to persons";
        let query = sqlx::query_as(include_str!("sql/people/measure.sql")).bind(county);
        Self::within(OPERATION, async {
            query.fetch_one(&self.pool).await.map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Removes what was told long ago of duties besides cases.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn sweep_messages(&self, county: &str, now: Timestamp) -> Result<(), NotificationError> {
        const OPERATION: &str = "remove old messages to persons";
        let query = sqlx::query(include_str!("sql/people/expire_of_duties.sql"))
            .bind(county)
            .bind(to_sql(now - OF_DUTIES_KEPT))
            .bind(SWEPT);
        Self::within(OPERATION, async {
            query.execute(&self.pool).await.map_err(NotificationError::database(OPERATION)).map(drop)
        })
        .await
    }
}

fn claimed(row: &PgRow) -> Result<Claimed, sqlx::Error> {
    let channels: Vec<i16> = row.try_get("channels")?;
    Ok(Claimed {
        message_id: row.try_get("message_id")?,
        channels: channels.into_iter().filter_map(Channel::from_code).collect(),
        channel: channel(row)?,
        claims: row.try_get("claims")?,
        failures: row.try_get("failures")?,
        sealed_address: row.try_get("sealed_address")?,
        sealed_text: row.try_get("sealed_text")?,
        kind: kind(row)?,
        requested_at: rows::time(row, "requested_at")?,
    })
}

fn kept(row: &PgRow) -> Result<KeptMessage, sqlx::Error> {
    let number = |column| row.try_get::<i16, _>(column).map(i32::from);
    Ok(KeptMessage {
        message_id: row.try_get("message_id")?,
        kind: kind(row)?,
        person_kind: PersonKind::try_from(number("person_kind")?).unwrap_or_default(),
        person: row.try_get("person")?,
        subject: PushSubject::try_from(number("subject")?).unwrap_or_default(),
        case_id: row.try_get("case_id")?,
        case_number: row.try_get("case_number")?,
        what: row.try_get("what")?,
        level: Level::try_from(number("level")?).unwrap_or_default(),
        drill: row.try_get("drill")?,
        recipient: row.try_get("recipient")?,
        channel: channel(row)?,
        version: row.try_get("template_version")?,
        requested_at: rows::time(row, "requested_at")?,
        state: row.try_get("state")?,
        tries: row.try_get("claims")?,
        ended_at: rows::maybe_time(row, "ended_at")?,
        http_status: row.try_get("http_status")?,
        error: row.try_get("error")?,
    })
}

fn channel(row: &PgRow) -> Result<Channel, sqlx::Error> {
    let code: i16 = row.try_get("channel")?;
    Channel::from_code(code).ok_or_else(|| sqlx::Error::Decode("there is no such channel".into()))
}

fn kind(row: &PgRow) -> Result<TellingKind, sqlx::Error> {
    Ok(TellingKind::try_from(i32::from(row.try_get::<i16, _>("kind")?)).unwrap_or_default())
}
