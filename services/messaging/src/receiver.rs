//! Receiving: each event applied exactly once, in order, with the position in the same transaction.

mod parking;

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::streams::StreamReadReply;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::parking::ParkedRound;
use crate::{
    ApplyError, Backoff, Envelope, HealthReport, Keys, MessagingError, OwnRedis, RedisServer, Step, Topic,
    data_fault::is_of_the_data,
    relay::{bounded, end_of_stream},
    turn::receiver_position,
};

/// How many events one transaction applies at most.
const BATCH: usize = 500;
/// How long one read waits for news.
const BLOCK: Duration = Duration::from_millis(500);
const REDIS_TIMEOUT: Duration = Duration::from_secs(3);
/// A batch that takes longer is given up and comes again.
const APPLY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the sender is told how far we are.
const ACKNOWLEDGE_EVERY: Duration = Duration::from_millis(500);
/// How often an idle receiver writes down that it has everything.
const CAUGHT_UP_EVERY: Duration = Duration::from_secs(1);
/// How often it is counted what is parked: another process may have parked an event or taken one out.
const COUNT_PARKED_EVERY: Duration = Duration::from_secs(60);
/// After so many failures in a row the service says that it is not well.
const TROUBLE_AFTER: u32 = 3;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// It is applied and committed, and the step is taken.
    Done,
    /// Another process has taken the step; nothing is changed.
    Overtaken,
}

/// What a service does with another's events.
#[async_trait]
pub trait Apply: Send + Sync + 'static {
    /// Applies a batch, at most 500 events of one county, in order, and takes the step in the same
    /// transaction: either with [`Step::begin`], or in one [statement](crate::InTurnStatement). The connection is the
    /// receiver's own.
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError>;

    /// The part of the service that this is, where it goes at its own pace: it has a position of its own, and nobody who
    /// waits for the rest of the service waits for it. It stands among the topic's [receivers](Topic::receivers).
    fn part(&self) -> Option<&'static str> {
        None
    }

    /// How long events may gather before they are applied. Zero where somebody waits for them; what nobody
    /// waits for costs far less in a few large batches than in many small ones.
    fn gathers_for(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether an event that was parked may be applied after others that followed it. Not where events say what something
    /// is now: the next one says it anew, and an old one would undo it.
    fn takes_late(&self) -> bool {
        true
    }
}

/// Receives one topic of one county for one service.
pub struct Receiver {
    /// The receiving service.
    pub service: &'static str,
    /// What is received.
    pub topic: Topic,
    /// Of which county.
    pub county: String,
    /// The receiving service's database; the receiver makes a connection of its own, since one that is always
    /// the same is always warm.
    pub pool: PgPool,
    /// Redis; the receiver makes a connection of its own, since it waits on it.
    pub server: RedisServer,
    /// The names of keys.
    pub keys: Keys,
    /// What is done.
    pub apply: Arc<dyn Apply>,
    /// Who is told whether it works.
    pub health: HealthReport,
}

enum Outcome {
    /// Applied up to here.
    Moved(i64),
    /// Another process has moved the position.
    Overtaken,
}

impl Receiver {
    /// Receives until told to stop. Faults are waited out, however long. What is parked is tried once more at the begin: a
    /// newer version, or a key that was missing, may be what it waits for.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        let part = format!("receiver {} {}", self.held_as(), self.county);
        let mut round = Some(ParkedRound { tried: 0, until: None });
        loop {
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.run_connected(&mut backoff, &part, &mut round) => ended,
            };
            if let Err(error) = ended {
                if backoff.tries() >= TROUBLE_AFTER {
                    (self.health)(&part, false);
                }
                metrics::counter!("fengqiao_receiver_failures_total", "topic" => self.held_as()).increment(1);
                tracing::warn!(topic = %self.held_as(), county = self.county, error = &error as &dyn std::error::Error, "receiving is interrupted");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(backoff.next_wait()) => {}
            }
        }
    }

    async fn run_connected(
        &self,
        backoff: &mut Backoff,
        part: &str,
        round: &mut Option<ParkedRound>,
    ) -> Result<(), MessagingError> {
        let mut redis = self.server.connect(REDIS_TIMEOUT).await.map_err(MessagingError::redis("connect"))?;
        let options = self.pool.connect_options();
        let conn = &mut bounded("connect", PgConnection::connect_with(&options)).await?;
        let mut position = self.position(conn).await?;
        self.try_parked(conn, round).await?;
        self.count_parked(conn).await?;
        let mut counted = Instant::now();
        let mut acknowledged = Instant::now() - ACKNOWLEDGE_EVERY;
        let mut caught_up = Instant::now() - CAUGHT_UP_EVERY;
        loop {
            let batch = self.read_gathered(&mut redis, position).await?;
            if batch.is_empty() {
                if caught_up.elapsed() >= CAUGHT_UP_EVERY {
                    position = self.idle(&mut redis, conn, position).await?;
                    caught_up = Instant::now();
                }
            } else if batch[0].position == position + 1 {
                match self.apply_batch(conn, position, &batch).await? {
                    Outcome::Moved(to) => position = to,
                    Outcome::Overtaken => position = self.position(conn).await?,
                }
            } else {
                position = self.after_gap(conn, position, batch[0].position).await?;
            }
            backoff.reset();
            (self.health)(part, true);
            if acknowledged.elapsed() >= ACKNOWLEDGE_EVERY {
                self.acknowledge(&mut redis, position).await?;
                acknowledged = Instant::now();
            }
            if counted.elapsed() >= COUNT_PARKED_EVERY {
                self.count_parked(conn).await?;
                counted = Instant::now();
            }
        }
    }

    /// The next batch; where more may gather, what is there after that time. So nothing that nobody waits for competes with
    /// those who are waited for at the very moment when an event arrives.
    async fn read_gathered(&self, redis: &mut OwnRedis, after: i64) -> Result<Vec<Envelope>, MessagingError> {
        let batch = self.read(redis, after).await?;
        let gathers_for = self.apply.gathers_for();
        // A sleep of no time at all would still wait for the timer's next millisecond.
        if gathers_for.is_zero() || batch.is_empty() || batch.len() == BATCH {
            return Ok(batch);
        }
        drop(batch);
        sleep(gathers_for).await;
        self.read(redis, after).await
    }

    async fn read(&self, redis: &mut OwnRedis, after: i64) -> Result<Vec<Envelope>, MessagingError> {
        let reply: Option<StreamReadReply> = redis::cmd("XREAD")
            .arg("COUNT")
            .arg(BATCH)
            .arg("BLOCK")
            .arg(BLOCK.as_millis() as u64)
            .arg("STREAMS")
            .arg(self.keys.events(&self.county, self.topic))
            .arg(format!("{after}-0"))
            .query_async(redis)
            .await
            .map_err(MessagingError::redis("read a stream"))?;
        reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids)
            .map(|entry| Envelope::read(&self.county, self.topic, &entry))
            .collect()
    }

    /// Applies a batch whose first event follows our position.
    async fn apply_batch(
        &self,
        conn: &mut PgConnection,
        position: i64,
        batch: &[Envelope],
    ) -> Result<Outcome, MessagingError> {
        let began = Instant::now();
        let step = match timeout(APPLY_TIMEOUT, self.transact(conn, position, batch)).await {
            Ok(Ok(step)) => step,
            Ok(Err(ApplyError::Refuse { position: refused, reason })) => {
                // What stands before it is applied first; then it is the first itself and is parked.
                let before = batch.iter().take_while(|event| event.position < refused).count();
                let Some(event) = batch.get(before) else {
                    return Err(MessagingError::Apply(
                        format!("{reason} (position {refused} is not in the batch)").into(),
                    ));
                };
                if before == 0 {
                    self.park(conn, position, event, &reason).await?
                } else {
                    Box::pin(self.apply_batch(conn, position, &batch[..before])).await?
                }
            }
            Ok(Err(ApplyError::Retry(source))) if is_of_the_data(source.as_ref()) => {
                self.narrow_down(conn, position, batch, source).await?
            }
            Ok(Err(ApplyError::Retry(source))) => return Err(MessagingError::Apply(source)),
            Err(_) => return Err(MessagingError::Apply("it took too long".into())),
        };
        if let Outcome::Moved(to) = step {
            metrics::counter!("fengqiao_events_applied_total", "topic" => self.held_as())
                .increment((to - position) as u64);
            metrics::histogram!("fengqiao_apply_seconds", "topic" => self.held_as())
                .record(began.elapsed().as_secs_f64());
        }
        Ok(step)
    }

    async fn transact(
        &self,
        conn: &mut PgConnection,
        position: i64,
        batch: &[Envelope],
    ) -> Result<Outcome, ApplyError> {
        let Some(last) = batch.last() else { return Ok(Outcome::Moved(position)) };
        let step = self.step(position, last.position, batch.len() < BATCH);
        #[cfg(debug_assertions)]
        if let Some(left) = planted::passed_over(batch) {
            let applied = match left.as_slice() {
                [] => step.take_alone(conn).await?,
                left => self.apply.apply(conn, &step, left).await?,
            };
            return Ok(match applied {
                Applied::Done => Outcome::Moved(last.position),
                Applied::Overtaken => Outcome::Overtaken,
            });
        }
        Ok(match self.apply.apply(conn, &step, batch).await? {
            Applied::Done => Outcome::Moved(last.position),
            Applied::Overtaken => Outcome::Overtaken,
        })
    }

    fn step(&self, from: i64, to: i64, caught_up: bool) -> Step {
        #[cfg(debug_assertions)]
        let to = if planted::forgets_position() { from } else { to };
        Step { county: self.county.clone(), held_as: self.held_as(), from, to: Some(to), caught_up }
    }

    /// The name under which the position is kept: the topic's, and the part's.
    fn held_as(&self) -> Cow<'static, str> {
        with_part(self.topic.name(), self.apply.part())
    }

    async fn position(&self, conn: &mut PgConnection) -> Result<i64, MessagingError> {
        receiver_position(conn, &self.county, &self.held_as()).await
    }

    /// Nothing came: say so where nothing is missing, and see whether another process has moved on.
    async fn idle(
        &self,
        redis: &mut OwnRedis,
        conn: &mut PgConnection,
        position: i64,
    ) -> Result<i64, MessagingError> {
        if !self.has_all(redis, position).await? {
            return self.position(conn).await;
        }
        let query = sqlx::query(include_str!("sql/caught_up.sql"))
            .bind(&self.county)
            .bind(self.held_as())
            .bind(position)
            .execute(&mut *conn);
        let still_there = bounded("say that all is applied", query).await?.rows_affected() == 1;
        if still_there { Ok(position) } else { self.position(conn).await }
    }

    /// Whether the stream ends where we are. One that is gone, or that Redis has lost the end of, says nothing of what was
    /// published, until the sender has made it anew; one that goes on is still to be read, or was trimmed before we had it.
    /// Of a county that never had an event there is none, and we are at 0.
    async fn has_all(&self, redis: &mut OwnRedis, position: i64) -> Result<bool, MessagingError> {
        let (end, _) = end_of_stream(redis, self.keys.events(&self.county, self.topic)).await?;
        Ok(end == position)
    }

    /// The stream does not go on where we are. Mostly another process was faster; if not, our
    /// acknowledgement lets the sender make the stream anew.
    async fn after_gap(
        &self,
        conn: &mut PgConnection,
        position: i64,
        first: i64,
    ) -> Result<i64, MessagingError> {
        let now = self.position(conn).await?;
        if now == position {
            tracing::warn!(topic = %self.held_as(), county = self.county, position, first, "the stream lacks events; waiting for the sender");
            metrics::counter!("fengqiao_receiver_gaps_total", "topic" => self.held_as()).increment(1);
            sleep(BLOCK).await;
        }
        Ok(now)
    }

    async fn acknowledge(&self, redis: &mut OwnRedis, position: i64) -> Result<(), MessagingError> {
        redis::cmd("HSET")
            .arg(self.keys.acknowledged(&self.county, self.topic))
            .arg(with_part(self.service, self.apply.part()).as_ref())
            .arg(position)
            .query_async(redis)
            .await
            .map_err(MessagingError::redis("take an acknowledgement"))
    }
}

fn with_part(name: &'static str, part: Option<&'static str>) -> Cow<'static, str> {
    part.map_or(Cow::Borrowed(name), |part| Cow::Owned(format!("{name} {part}")))
}

/// Faults that the fault suite plants to prove that they would be found. Not in release builds.
#[cfg(debug_assertions)]
mod planted {
    use std::sync::LazyLock;

    use crate::Envelope;

    /// Each event at a multiple of this position is passed over.
    const PASSED_OVER: i64 = 17;

    static PLANTED: LazyLock<String> =
        LazyLock::new(|| std::env::var("FENGQIAO_PLANTED_FAULT").unwrap_or_default());

    /// The receiver never writes down how far it is: it applies what comes first again and again, and nothing after it.
    pub(super) fn forgets_position() -> bool {
        *PLANTED == "forget-position"
    }

    /// The receiver writes down that it has a batch, and applies only these of it.
    pub(super) fn passed_over(batch: &[Envelope]) -> Option<Vec<Envelope>> {
        let kept = |event: &&Envelope| event.position % PASSED_OVER != 0;
        (*PLANTED == "pass-over" && !batch.iter().all(|event| kept(&event)))
            .then(|| batch.iter().filter(kept).cloned().collect())
    }
}
