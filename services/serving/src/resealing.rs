//! Sealing old values anew after the current key has changed, so that an older key can go. In the background, in
//! bounded steps, as often as it takes: what is done stays done, and is passed over by its first byte.

mod column;
mod face;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use fengqiao_sealing::Keyring;
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::column::Page;
pub use self::column::{Bound, SealedColumn};
pub(crate) use self::face::SealingFace;

/// How often the key file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Every process of the service has seen a new key by then, so that nobody seals with an older one any more.
const SETTLED: Duration = Duration::from_secs(60);
/// How often all rows are looked at while there is more than one key.
const AGAIN: Duration = Duration::from_secs(6 * 3600);
/// After a failure.
const RETRY: Duration = Duration::from_secs(60);
/// Between two pages, so that whoever serves goes first.
const PAUSE: Duration = Duration::from_millis(20);
const PAGE: i64 = 200;
/// One page, with the values that are sealed anew in it.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Values that are sealed with a key that is not the current one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OldValues {
    /// That will be sealed anew.
    pub waiting: i64,
    /// That stay as they are.
    pub fixed: i64,
}

/// What a look at all rows found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// When it began.
    pub at: SystemTime,
    /// By the id of the key.
    pub old: BTreeMap<u8, OldValues>,
}

/// Seals a service's old values anew.
#[derive(Clone)]
pub struct Resealing {
    pool: PgPool,
    counties: Arc<Vec<String>>,
    keyring: Arc<Keyring>,
    columns: &'static [SealedColumn],
    counted: Arc<Mutex<Option<Counted>>>,
}

impl Resealing {
    /// Of these columns, in these counties.
    #[must_use]
    pub fn new(
        pool: PgPool,
        counties: Vec<String>,
        keyring: Arc<Keyring>,
        columns: &'static [SealedColumn],
    ) -> Self {
        Self { pool, counties: Arc::new(counties), keyring, columns, counted: Arc::default() }
    }

    /// What the last look that came to its end found.
    #[must_use]
    pub fn counted(&self) -> Option<Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Follows the key file, and seals anew what is old, until told to stop. A failure only means that it is done later.
    ///
    /// # Errors
    /// None.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        let mut next: Option<(Vec<u8>, u8, Instant)> = None;
        while !stop.is_cancelled() {
            self.follow_the_file().await;
            let (keys, (current, since)) = (self.keyring.keys(), self.keyring.current());
            let due = next.as_ref().is_none_or(|(known, sealing, at)| {
                *known != keys || *sealing != current || *at <= Instant::now()
            });
            let settled = keys.len() == 1 || since.elapsed().is_ok_and(|since| since >= SETTLED);
            if due && settled {
                let wait = match self.look(&stop).await {
                    Ok(_) => AGAIN,
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, "old values are sealed anew later");
                        RETRY
                    }
                };
                next = Some((keys, current, Instant::now() + wait));
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    async fn follow_the_file(&self) {
        let keyring = Arc::clone(&self.keyring);
        let reloaded = tokio::task::spawn_blocking(move || keyring.reload()).await;
        match reloaded {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => {
                let key = self.keyring.current().0;
                tracing::info!(key, "the sealing keys have changed; this one seals");
            }
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the key file is not taken; the keys stay as they were");
            }
            // The process is ending.
            Err(_) => {}
        }
    }

    /// Looks once at all values, and seals anew what an older key sealed. Says how many it sealed anew.
    ///
    /// # Errors
    /// The database's; what was done until then is done.
    pub async fn look(&self, stop: &CancellationToken) -> Result<u64, sqlx::Error> {
        let mut counted = Counted { at: SystemTime::now(), old: BTreeMap::new() };
        let mut sealed_anew = 0;
        // With one key there is nothing that another one sealed: it could not be read.
        if self.keyring.keys().len() > 1 {
            let mut connection = self.pool.acquire().await?.detach();
            // What is lost with the server's last moments is done again.
            connection.execute("SET synchronous_commit = off").await?;
            for column in self.columns {
                let before: i64 = counted.old.values().map(|old| old.waiting).sum();
                for county in self.counties.iter() {
                    let done = self.look_at(column, county, &mut connection, &mut counted, stop).await?;
                    sealed_anew += done;
                }
                let after: i64 = counted.old.values().map(|old| old.waiting).sum();
                left(column, after - before);
            }
            connection.close().await?;
        } else {
            self.columns.iter().for_each(|column| left(column, 0));
        }
        if !stop.is_cancelled() {
            *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
        }
        Ok(sealed_anew)
    }

    async fn look_at(
        &self,
        column: &SealedColumn,
        county: &str,
        connection: &mut PgConnection,
        counted: &mut Counted,
        stop: &CancellationToken,
    ) -> Result<u64, sqlx::Error> {
        let mut sealed_anew = 0;
        let mut after: Option<Vec<String>> = None;
        while !stop.is_cancelled() {
            let current = self.keyring.current().0;
            let looking = column.page(connection, county, after.as_deref(), current, PAGE);
            let page = timeout(PAGE_TIMEOUT, looking).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            let anew = self.seal_page(column, county, &page, connection, counted);
            sealed_anew += timeout(PAGE_TIMEOUT, anew).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            let Some(last) = page.last else { break };
            after = Some(last);
            sleep(PAUSE).await;
        }
        Ok(sealed_anew)
    }

    /// One value in one transaction: nobody who serves ever waits for more than one row.
    async fn seal_page(
        &self,
        column: &SealedColumn,
        county: &str,
        page: &Page,
        connection: &mut PgConnection,
        counted: &mut Counted,
    ) -> Result<u64, sqlx::Error> {
        let mut sealed_anew = 0;
        for old in &page.old {
            let Some(key) = old.sealed.first() else { continue };
            let held = counted.old.entry(*key).or_default();
            let Some(bound) = column.bound else {
                held.fixed += 1;
                continue;
            };
            let anew = self.keyring.seal_anew(&old.sealed, &bound(county, &old.key, &old.beside));
            let done = match anew {
                Ok(Some(anew)) => column.replace(connection, county, old, &anew).await?,
                Ok(None) => true,
                // It stands among those that wait, so that its key is not taken away.
                Err(_) => false,
            };
            if done {
                sealed_anew += 1;
                metrics::counter!("fengqiao_resealed_values_total", "table" => column.table).increment(1);
            } else {
                held.waiting += 1;
            }
        }
        Ok(sealed_anew)
    }
}

fn left(column: &SealedColumn, values: i64) {
    metrics::gauge!("fengqiao_values_to_reseal", "table" => column.table, "column" => column.column)
        .set(values as f64);
}
