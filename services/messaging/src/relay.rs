//! Publishing: from the outbox to the stream, in order, whatever Redis has lost.
//!
//! Any number of relays may run. A script appends only behind the expected last position, so two of
//! them cannot write an event twice, leave a gap, or swap two.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use redis::Script;
use sqlx::{PgPool, Row as _};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Backoff, Event, HealthReport, Keys, MessagingError, Outbox, OwnRedis, RedisServer, Topic,
    recent::Following,
};

/// How many events are published at once.
const BATCH: i64 = 500;
/// What a stream may hold; the rest waits in Postgres.
const STREAM_BOUND: usize = 100_000;
/// How long a relay waits without a nudge: other processes' commits are seen by then.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often the stream is asked whether it still holds what was published.
const VERIFY_EVERY: Duration = Duration::from_secs(1);
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

static PUBLISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("sql/publish.lua")));
static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("sql/begin.lua")));

/// Publishes a service's events.
pub struct Relay {
    pool: PgPool,
    server: RedisServer,
    keys: Keys,
    outbox: Outbox,
    counties: Vec<String>,
    health: HealthReport,
    /// The last position that each county's stream is believed to hold.
    published: HashMap<String, i64>,
    /// Counties whose stream is full: a receiver has not come for very long, and all others wait with it.
    full: HashSet<String>,
}

struct Pending {
    position: i64,
    kind: Cow<'static, str>,
    payload: Vec<u8>,
    trace: String,
}

/// Why the relay goes round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// Something was committed in this process.
    Nudged,
    /// Time to look into the outbox, for what other processes committed.
    Look,
    /// Time to compare the stream with the outbox, too.
    Verify,
}

impl Relay {
    /// A relay for these counties.
    #[must_use]
    pub fn new(
        pool: PgPool,
        server: RedisServer,
        keys: Keys,
        outbox: Outbox,
        counties: Vec<String>,
        health: HealthReport,
    ) -> Self {
        Self { pool, server, keys, outbox, counties, health, published: HashMap::new(), full: HashSet::new() }
    }

    /// Publishes until told to stop. A fault of Postgres or Redis is waited out, however long.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.run_connected(&mut backoff) => ended,
            };
            if let Err(error) = ended {
                (self.health)("relay", false);
                tracing::warn!(topic = %self.outbox.topic(), error = &error as &dyn std::error::Error, "publishing is interrupted");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(backoff.next_wait()) => {}
            }
        }
    }

    async fn run_connected(&mut self, backoff: &mut Backoff) -> Result<(), MessagingError> {
        let mut redis = self.server.connect(REDIS_TIMEOUT).await.map_err(MessagingError::redis("connect"))?;
        // What the stream held before the connection broke is not to be trusted.
        self.published.clear();
        let (mut looked, mut verified) = (Instant::now(), Instant::now());
        let mut round = Round::Look;
        let mut unfinished = HashSet::new();
        loop {
            // One batch of each county, so that one's backlog keeps no other waiting.
            for county in self.counties.clone() {
                // What was taken from memory for the last try may lie in the outbox only.
                let of_county = if unfinished.remove(&county) { round.max(Round::Look) } else { round };
                if self.publish(&mut redis, &county, of_county).await? {
                    unfinished.insert(county);
                }
            }
            backoff.reset();
            (self.health)("relay", self.full.is_empty());
            if unfinished.is_empty() {
                // A timeout is not an error: it is the look for what other processes committed.
                let _ = timeout(LOOK_EVERY.saturating_sub(looked.elapsed()), self.outbox.committed()).await;
            }
            round = Round::Nudged;
            if looked.elapsed() >= LOOK_EVERY {
                (looked, round) = (Instant::now(), Round::Look);
            }
            if verified.elapsed() >= VERIFY_EVERY {
                (verified, round) = (Instant::now(), Round::Verify);
            }
        }
    }

    /// Publishes one batch of a county. True where there may be more.
    async fn publish(
        &mut self,
        redis: &mut OwnRedis,
        county: &str,
        round: Round,
    ) -> Result<bool, MessagingError> {
        let topic = self.outbox.topic();
        let verify = round == Round::Verify;
        let believed = match self.published.get(county) {
            Some(position) => *position,
            None => self.end(redis, county).await?.0,
        };
        if verify && self.is_from_another_life(redis, county, believed).await? {
            return Ok(true);
        }
        if self.full.contains(county) && (round == Round::Nudged || self.is_still_full(redis, county).await?)
        {
            return Ok(false);
        }
        // An empty stream starts behind what all receivers have applied, not at the beginning of time.
        let from = if believed == 0 { self.floor(county).await? } else { believed };
        let pending = self.pending(county, from, round).await?;
        if pending.is_empty() && !verify {
            return Ok(false);
        }
        if pending.is_empty() && from > believed && from == self.head(county).await? {
            // Nobody needs anything, and only an empty stream that ends here tells receivers so.
            self.begin(redis, county, from).await?;
            self.published.remove(county);
            return Ok(false);
        }
        let (last, length) = self.append(redis, county, believed, &pending).await?;
        self.published.insert(county.to_owned(), last);
        self.note_fullness(county, length);
        if verify {
            metrics::gauge!("fengqiao_stream_entries", "topic" => topic.name(), "county" => county.to_owned())
                .set(length as f64);
        }
        if last < believed {
            tracing::warn!(%topic, county, believed, last, "the stream has lost events; they are published again");
        }
        // Another relay, a loss, or a full batch: look again at once. A full stream: wait.
        let all = pending.last().map_or(believed, |event| event.position);
        Ok(last != believed && (last != all || pending.len() == BATCH as usize))
    }

    /// Reading for a full stream, and sending what it does not take, would cost those who commit.
    async fn is_still_full(&mut self, redis: &mut OwnRedis, county: &str) -> Result<bool, MessagingError> {
        let (_, length) = self.end(redis, county).await?;
        self.note_fullness(county, length);
        Ok(self.full.contains(county))
    }

    /// A full stream is an alarm: one receiver that does not come holds up all others.
    fn note_fullness(&mut self, county: &str, length: usize) {
        if length < STREAM_BOUND {
            self.full.remove(county);
        } else if self.full.insert(county.to_owned()) {
            tracing::error!(topic = %self.outbox.topic(), county, length, "the stream is full: a receiver does not come");
        }
    }

    /// Compares the stream with the outbox's head, which also gives the lag. A stream that is ahead is from
    /// another life of the database: what it holds cannot be ours, and it is removed.
    async fn is_from_another_life(
        &mut self,
        redis: &mut OwnRedis,
        county: &str,
        believed: i64,
    ) -> Result<bool, MessagingError> {
        let topic = self.outbox.topic();
        let head = self.head(county).await?;
        metrics::gauge!("fengqiao_outbox_lag_events", "topic" => topic.name(), "county" => county.to_owned())
            .set((head - believed).max(0) as f64);
        if believed <= head {
            return Ok(false);
        }
        tracing::error!(%topic, county, believed, head, "the stream is ahead of the outbox and is made anew");
        self.remove(redis, county).await?;
        self.published.insert(county.to_owned(), 0);
        Ok(true)
    }

    async fn head(&self, county: &str) -> Result<i64, MessagingError> {
        let query = sqlx::query_scalar(include_str!("sql/head.sql")).bind(county).fetch_optional(&self.pool);
        let head: Option<i64> = bounded("read the outbox's head", query).await?;
        Ok(head.unwrap_or(0))
    }

    /// The position that every receiver has applied.
    async fn floor(&self, county: &str) -> Result<i64, MessagingError> {
        let query = sqlx::query(include_str!("sql/acknowledged.sql")).bind(county).fetch_all(&self.pool);
        let rows = bounded("read what receivers have", query).await?;
        let known: HashMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(floor_of(self.outbox.topic(), &known))
    }

    async fn pending(&self, county: &str, after: i64, round: Round) -> Result<Vec<Pending>, MessagingError> {
        match self.outbox.after(county, after, BATCH as usize) {
            Following::Events(events) => Ok(events.into_iter().map(Pending::from).collect()),
            Following::Nothing if round == Round::Nudged => Ok(Vec::new()),
            Following::Nothing | Following::Elsewhere => self.read_outbox(county, after).await,
        }
    }

    async fn read_outbox(&self, county: &str, after: i64) -> Result<Vec<Pending>, MessagingError> {
        let query = sqlx::query(include_str!("sql/outbox_after.sql"))
            .bind(county)
            .bind(after)
            .bind(BATCH)
            .fetch_all(&self.pool);
        let rows = bounded("read the outbox", query).await?;
        Ok(rows
            .into_iter()
            .map(|row| Pending {
                position: row.get(0),
                kind: Cow::Owned(row.get(1)),
                payload: row.get(2),
                trace: row.get::<Option<String>, _>(3).unwrap_or_default(),
            })
            .collect())
    }

    async fn append(
        &self,
        redis: &mut OwnRedis,
        county: &str,
        expected: i64,
        pending: &[Pending],
    ) -> Result<(i64, usize), MessagingError> {
        let mut call = PUBLISH.prepare_invoke();
        call.key(self.keys.events(county, self.outbox.topic())).arg(expected).arg(STREAM_BOUND);
        for event in pending {
            call.arg(event.position).arg(event.kind.as_ref()).arg(&event.payload).arg(&event.trace);
        }
        call.invoke_async(redis).await.map_err(MessagingError::redis("append to a stream"))
    }

    async fn end(&self, redis: &mut OwnRedis, county: &str) -> Result<(i64, usize), MessagingError> {
        end_of_stream(redis, self.keys.events(county, self.outbox.topic())).await
    }

    /// Begins a stream behind a position, where there is none.
    async fn begin(&self, redis: &mut OwnRedis, county: &str, behind: i64) -> Result<(), MessagingError> {
        BEGIN
            .key(self.keys.events(county, self.outbox.topic()))
            .arg(behind)
            .invoke_async(redis)
            .await
            .map_err(MessagingError::redis("begin a stream"))
    }

    async fn remove(&self, redis: &mut OwnRedis, county: &str) -> Result<(), MessagingError> {
        redis::cmd("DEL")
            .arg(self.keys.events(county, self.outbox.topic()))
            .query_async(redis)
            .await
            .map_err(MessagingError::redis("remove a stream"))
    }
}

impl From<(i64, Event)> for Pending {
    fn from((position, event): (i64, Event)) -> Self {
        Self {
            position,
            kind: Cow::Borrowed(event.kind),
            payload: event.payload,
            trace: event.trace.unwrap_or_default(),
        }
    }
}

/// The position that a stream ends with, also where all is trimmed, and how many entries it holds; 0 where it is gone.
pub(crate) async fn end_of_stream(
    redis: &mut OwnRedis,
    stream: String,
) -> Result<(i64, usize), MessagingError> {
    // No stream ends there, so nothing is ever added.
    let mut call = PUBLISH.key(stream);
    call.arg(-1).arg(STREAM_BOUND);
    call.invoke_async(redis).await.map_err(MessagingError::redis("read a stream's end"))
}

/// The position that every receiver of a topic has applied; 0 while one of them has not been heard of.
pub(crate) fn floor_of(topic: Topic, known: &HashMap<String, i64>) -> i64 {
    topic.receivers().iter().map(|receiver| known.get(*receiver).copied().unwrap_or(0)).min().unwrap_or(0)
}

/// A query that does not wait for ever.
pub(crate) async fn bounded<T>(
    operation: &'static str,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, MessagingError> {
    match timeout(DATABASE_TIMEOUT, query).await {
        Ok(answer) => answer.map_err(MessagingError::database(operation)),
        Err(_) => Err(MessagingError::Database { operation, source: sqlx::Error::PoolTimedOut }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_trimmed_before_every_receiver_and_part_has_it() {
        let mut known: HashMap<String, i64> =
            ["intake", "notification", "statistics"].map(|receiver| (receiver.to_owned(), 7)).into();
        assert_eq!(floor_of(Topic::Routing, &known), 0, "a part has not been heard of");
        known.insert("notification people".to_owned(), 5);
        assert_eq!(floor_of(Topic::Routing, &known), 5);
    }
}
