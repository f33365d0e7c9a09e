//! One queue for each agency in Redis Streams: a stream a lane, red before orange before yellow. It
//! carries only push ids; whether a push is still to be delivered, the claim in Postgres decides. So the
//! queue may be lost, or hold an id twice, and nothing is wrong.

mod bell;
mod entry;
mod keys;
mod seat;

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use fengqiao_messaging::SharedRedis;
use redis::Script;
use tokio::time::timeout;
use uuid::Uuid;

pub use bell::{Bells, Reachable, listen};
pub use entry::Entry;
pub use keys::QueueKeys;
pub use seat::{Reserved, Seat, Seated};

use crate::{
    domain::{lane::Lane, queued::Queued},
    error::NotificationError,
};

/// The longest that a command may take.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);
/// What one lane's stream holds at most; what comes beyond waits in Postgres for the sweeper, so that the
/// older goes first.
pub const LANE_BOUND: usize = 2_000;
/// The streams of an agency that nobody serves are forgotten after this; the sweeper fills them anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// How long a process's mark outlives it. One that ends too early only makes the sweeper look twice.
const MARK_LASTS: Duration = Duration::from_secs(60);
/// How many entries one script call adds; keeps the server free for others.
const ADDED_AT_ONCE: usize = 500;

static ENQUEUE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("queue/enqueue.lua")));
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("queue/take.lua")));

/// The queues of all agencies.
#[derive(Clone)]
pub struct Queues {
    redis: SharedRedis,
    keys: QueueKeys,
    process: Uuid,
}

impl Queues {
    /// Queues over a shared connection, on which nothing ever blocks.
    #[must_use]
    pub fn new(redis: SharedRedis, keys: QueueKeys) -> Self {
        Self { redis, keys, process: Uuid::now_v7() }
    }

    /// Puts pushes on their agencies' queues and rings for those agencies, in one round trip for each 500.
    ///
    /// # Errors
    /// [`NotificationError`] of Redis. Nothing is lost by it: the sweeper queues them later.
    pub async fn enqueue(&self, county: &str, pushes: &[Queued]) -> Result<(), NotificationError> {
        for chunk in pushes.chunks(ADDED_AT_ONCE) {
            let agencies: BTreeSet<&str> = chunk.iter().map(|push| push.agency.as_str()).collect();
            let mut call = ENQUEUE.prepare_invoke();
            call.arg(LANE_BOUND)
                .arg(FORGOTTEN_AFTER.as_secs())
                .arg(self.keys.bell(county))
                .arg(agencies.into_iter().collect::<Vec<_>>().join("\n"));
            for push in chunk {
                call.key(self.keys.lane(county, &push.agency, push.lane));
                call.arg(Entry::of(push.push_id).push);
            }
            let mut redis = self.redis.clone();
            bounded("queue pushes", call.invoke_async::<i64>(&mut redis)).await?;
            metrics::counter!("fengqiao_notification_queued_total", "county" => county.to_owned())
                .increment(chunk.len() as u64);
        }
        Ok(())
    }

    /// Takes at most `count` ids off an agency's queue: all red before any orange before any yellow, each
    /// lane oldest first. Whoever takes an id must claim it; one that gets lost between comes back by the
    /// sweeper.
    ///
    /// # Errors
    /// [`NotificationError`] of Redis.
    pub async fn take(
        &self,
        county: &str,
        agency: &str,
        count: usize,
    ) -> Result<Vec<Uuid>, NotificationError> {
        let mut call = TAKE.prepare_invoke();
        for lane in Lane::IN_ORDER {
            call.key(self.keys.lane(county, agency, lane));
        }
        call.arg(count);
        let mut redis = self.redis.clone();
        let taken: Vec<Vec<String>> = bounded("take from a queue", call.invoke_async(&mut redis)).await?;
        Ok(taken.iter().filter_map(|fields| Entry::read(fields)).collect())
    }

    /// How many entries the lanes of these agencies hold, three numbers each.
    ///
    /// # Errors
    /// [`NotificationError`] of Redis.
    pub async fn lengths(
        &self,
        county: &str,
        agencies: &[String],
    ) -> Result<Vec<[usize; 3]>, NotificationError> {
        if agencies.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for agency in agencies {
            for lane in Lane::IN_ORDER {
                pipe.xlen(self.keys.lane(county, agency, lane));
            }
        }
        let mut redis = self.redis.clone();
        let lengths: Vec<usize> = bounded("measure queues", pipe.query_async(&mut redis)).await?;
        Ok(lengths.chunks_exact(3).map(|three| [three[0], three[1], three[2]]).collect())
    }

    /// Leaves this process's mark in Redis. True where it was missing: Redis was emptied since, and so were
    /// the queues. Each process has a mark of its own, so that each learns it; a mark ends by itself with
    /// its process.
    ///
    /// # Errors
    /// [`NotificationError`] of Redis.
    pub async fn was_emptied(&self, county: &str) -> Result<bool, NotificationError> {
        let mut set = redis::cmd("SET");
        set.arg(self.keys.mark(county, self.process)).arg(1).arg("EX").arg(MARK_LASTS.as_secs()).arg("GET");
        let mut redis = self.redis.clone();
        let before: Option<String> = bounded("mark the queues", set.query_async(&mut redis)).await?;
        Ok(before.is_none())
    }
}

async fn bounded<T>(
    operation: &'static str,
    command: impl Future<Output = redis::RedisResult<T>>,
) -> Result<T, NotificationError> {
    timeout(REDIS_TIMEOUT, command)
        .await
        .map_err(|_| NotificationError::Late(operation))?
        .map_err(NotificationError::redis(operation))
}
