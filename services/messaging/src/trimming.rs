//! Removing what every receiver has applied: from the stream soon, from the outbox after a while.

use std::{collections::HashMap, time::Duration};

use sqlx::{PgPool, Row as _};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Keys, MessagingError, SharedRedis, Topic,
    relay::{bounded, floor_of},
};

const TRIM_EVERY: Duration = Duration::from_secs(2);
/// How long applied events stay in the outbox, so that figures can be made anew from them.
const KEEP_DAYS: i32 = 30;

/// Trims a service's streams and its outbox.
pub struct Trimmer {
    pool: PgPool,
    redis: SharedRedis,
    keys: Keys,
    topic: Topic,
    counties: Vec<String>,
    /// Counties whose stream lacked what a receiver needs at the last look.
    lacking: HashMap<String, i64>,
}

impl Trimmer {
    /// A trimmer for these counties.
    #[must_use]
    pub fn new(pool: PgPool, redis: SharedRedis, keys: Keys, topic: Topic, counties: Vec<String>) -> Self {
        Self { pool, redis, keys, topic, counties, lacking: HashMap::new() }
    }

    /// Trims until told to stop. Faults only mean that more is kept.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(TRIM_EVERY) => {}
            }
            for county in self.counties.clone() {
                if let Err(error) = self.trim(&county).await {
                    tracing::warn!(topic = %self.topic, error = &error as &dyn std::error::Error, "not trimmed");
                }
            }
        }
    }

    async fn trim(&mut self, county: &str) -> Result<(), MessagingError> {
        let said: HashMap<String, i64> = redis::cmd("HGETALL")
            .arg(self.keys.acknowledged(county, self.topic))
            .query_async(&mut self.redis)
            .await
            .map_err(MessagingError::redis("read what receivers have"))?;
        let (receivers, positions): (Vec<String>, Vec<i64>) =
            said.into_iter().filter(|(name, _)| self.topic.receivers().contains(&name.as_str())).unzip();
        if !receivers.is_empty() {
            // Kept here too: Redis may forget, and then this is where publishing starts again.
            let query = sqlx::query(include_str!("sql/save_acknowledged.sql"))
                .bind(county)
                .bind(receivers)
                .bind(positions)
                .execute(&self.pool);
            bounded("save what receivers have", query).await?;
        }
        let query = sqlx::query(include_str!("sql/acknowledged.sql")).bind(county).fetch_all(&self.pool);
        let rows = bounded("read what receivers have", query).await?;
        let known: HashMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let floor = floor_of(self.topic, &known);
        self.heal(county, floor).await?;
        let _: i64 = redis::cmd("XTRIM")
            .arg(self.keys.events(county, self.topic))
            .arg("MINID")
            .arg(format!("{}-0", floor + 1))
            .query_async(&mut self.redis)
            .await
            .map_err(MessagingError::redis("trim a stream"))?;
        let query = sqlx::query(include_str!("sql/delete_applied.sql"))
            .bind(county)
            .bind(floor)
            .bind(KEEP_DAYS)
            .execute(&self.pool);
        bounded("delete applied events", query).await?;
        Ok(())
    }

    /// A receiver whose database was restored from a backup needs what was trimmed: seen twice in a row,
    /// the stream is made anew from what that receiver has.
    async fn heal(&mut self, county: &str, floor: i64) -> Result<(), MessagingError> {
        let key = self.keys.events(county, self.topic);
        let first: redis::streams::StreamRangeReply = redis::cmd("XRANGE")
            .arg(&key)
            .arg("-")
            .arg("+")
            .arg("COUNT")
            .arg(1)
            .query_async(&mut self.redis)
            .await
            .map_err(MessagingError::redis("read a stream's begin"))?;
        let first = first.ids.first().and_then(|entry| entry.id.split_once('-')?.0.parse::<i64>().ok());
        match first {
            Some(first) if first > floor + 1 => {
                let query = sqlx::query_scalar(include_str!("sql/outbox_begin.sql"))
                    .bind(county)
                    .fetch_one(&self.pool);
                let begin: Option<i64> = bounded("read the outbox's begin", query).await?;
                if begin.is_none_or(|begin| begin >= first) {
                    // Older than what is kept: only a person can say whether to start from here.
                    metrics::counter!("fengqiao_receiver_beyond_help_total", "topic" => self.topic.name())
                        .increment(1);
                    tracing::error!(topic = %self.topic, county, floor, first, "a receiver needs events that are no longer kept");
                } else if self.lacking.insert(county.to_owned(), floor) == Some(floor) {
                    tracing::warn!(topic = %self.topic, county, floor, first, "a receiver needs what was trimmed; the stream is made anew");
                    let _: i64 = redis::cmd("DEL")
                        .arg(&key)
                        .query_async(&mut self.redis)
                        .await
                        .map_err(MessagingError::redis("remove a stream"))?;
                    self.lacking.remove(county);
                }
            }
            _ => {
                self.lacking.remove(county);
            }
        }
        Ok(())
    }
}
