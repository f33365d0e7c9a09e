//! Counting what mappings do not know, and kinds of matter that come without a mapping and that the county does not know:
//! in memory, every few seconds into the database, and what is left at an orderly stop. A process that is killed loses
//! the counts of these seconds, and nothing else: what was counted is kept with its report.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    config::LAST_CALLERS,
    domain::mapping::Unmapped,
    store::{UnmappedCount, add_unmapped},
};

const WRITTEN_EVERY: Duration = Duration::from_secs(2);
/// The mapping of what came without one, in the contract's own fields.
pub const WITHOUT_A_MAPPING: &str = "*";
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that is held in memory; beyond it, values are counted without being told apart.
const MOST_HELD: usize = 10_000;

/// What was counted and not yet written: by county, mapping, field and value.
#[derive(Clone, Default)]
pub struct UnmappedCounts(Arc<Mutex<HashMap<Key, Seen>>>);

type Key = (String, String, String, String);

#[derive(Clone, Copy)]
struct Seen {
    count: i64,
    first: Timestamp,
    last: Timestamp,
}

/// What a record brought that is counted when this is dropped: a sender that does not wait for its answer may send
/// nothing more, and then the record is known.
#[must_use]
pub struct Counting {
    counts: UnmappedCounts,
    county: String,
    mapping: String,
    unmapped: Vec<Unmapped>,
    at: Timestamp,
}

impl Counting {
    /// A record that is known was counted when it first came.
    pub fn unless(mut self, known: bool) {
        if known {
            self.unmapped.clear();
        }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.counts.add(&self.county, &self.mapping, &self.unmapped, self.at);
    }
}

impl UnmappedCounts {
    fn add(&self, county: &str, mapping: &str, unmapped: &[Unmapped], now: Timestamp) {
        for one in unmapped {
            metrics::counter!("fengqiao_intake_unmapped_total", "county" => county.to_owned(), "mapping" => mapping.to_owned(), "field" => one.field.clone())
                .increment(1);
            let value = one.code.clone().unwrap_or_default();
            let key = (county.to_owned(), mapping.to_owned(), one.field.clone(), value);
            self.count(key, Seen { count: 1, first: now, last: now });
        }
    }

    /// Counts what a record brought as soon as it is seen what becomes of it, unless the record is known. None where there is
    /// nothing to count, as of nearly all.
    pub fn counting(
        &self,
        county: &str,
        mapping: &str,
        unmapped: Vec<Unmapped>,
        now: Timestamp,
    ) -> Option<Counting> {
        (!unmapped.is_empty()).then(|| Counting {
            counts: self.clone(),
            county: county.to_owned(),
            mapping: mapping.to_owned(),
            unmapped,
            at: now,
        })
    }

    fn count(&self, mut key: Key, seen: Seen) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST_HELD && !held.contains_key(&key) {
            key.3.clear();
        }
        held.entry(key)
            .and_modify(|earlier| {
                earlier.count += seen.count;
                earlier.first = earlier.first.min(seen.first);
                earlier.last = earlier.last.max(seen.last);
            })
            .or_insert(seen);
    }

    /// Writes now and then, and a last time after the stop, when the calls that were open at it have brought what they
    /// had.
    pub async fn write_until(self, pool: PgPool, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = sleep(WRITTEN_EVERY) => self.write(&pool).await,
                () = stop.cancelled() => break,
            }
        }
        sleep(LAST_CALLERS).await;
        self.write(&pool).await;
    }

    async fn write(&self, pool: &PgPool) {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return;
        }
        let counts: Vec<_> = taken
            .iter()
            .map(|((county, mapping, field, value), seen)| UnmappedCount {
                county: county.clone(),
                mapping: mapping.clone(),
                field: field.clone(),
                value: value.clone(),
                count: seen.count,
                first_seen: seen.first,
                last_seen: seen.last,
            })
            .collect();
        if !matches!(timeout(WRITE_TIMEOUT, add_unmapped(pool, &counts)).await, Ok(Ok(()))) {
            tracing::warn!(counts = counts.len(), "what mappings do not know is written later");
            taken.into_iter().for_each(|(key, seen)| self.count(key, seen));
        }
    }
}
