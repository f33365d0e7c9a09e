//! Brings the areas of a process up to date with what its service was told, whichever of its processes heard it.

use std::{collections::BTreeMap, convert::Infallible, path::Path, sync::Arc, time::Duration};

use fengqiao_county::{AreaTexts, AreaTree, Counties, Mistakes};
use fengqiao_serving::{Foundation, StartError};
use sqlx::PgPool;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{news::AreaNews, store::newer};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Why it could not be seen which areas hold.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// The database.
    #[error("the database did not say which areas hold")]
    Database(#[from] sqlx::Error),
    /// The database, in time.
    #[error("the database did not say in time which areas hold")]
    TooSlow,
}

/// Keeps the areas of a process up to date, from before it serves until it ends.
///
/// # Errors
/// [`StartError::Areas`] where it cannot be seen which areas hold.
pub async fn follow(foundation: &Foundation) -> Result<(), StartError> {
    let watch = AreaWatch::start(foundation.pool.clone(), Arc::clone(&foundation.counties)).await;
    let watch = watch.map_err(|error| StartError::Areas(Box::new(error)))?;
    foundation.tasks.spawn("watching areas", watch.run(foundation.stop.clone()));
    Ok(())
}

/// Swaps the areas of a process' counties.
pub struct AreaWatch {
    pool: PgPool,
    counties: Arc<Counties>,
    /// The newest version seen of each county, whether it could be taken or not: what could not is not tried again.
    seen: BTreeMap<String, i32>,
}

impl AreaWatch {
    /// Looks once, before anything is served, so that what was told earlier holds from the start.
    ///
    /// # Errors
    /// [`AreaError`]
    pub async fn start(pool: PgPool, counties: Arc<Counties>) -> Result<Self, AreaError> {
        let seen = counties.iter().map(|county| (county.code.clone(), county.areas.version())).collect();
        let mut watch = Self { pool, counties, seen };
        watch.look().await?;
        Ok(watch)
    }

    /// Looks every second until told to stop. Areas that this program cannot read, an older one beside a newer,
    /// leave those that hold here as they are.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Infallible> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it could not be seen which areas hold"
                );
            }
        }
    }

    async fn look(&mut self) -> Result<(), AreaError> {
        let (counties, versions): (Vec<String>, Vec<i32>) =
            self.seen.iter().map(|(county, version)| (county.clone(), *version)).unzip();
        let told = timeout(LOOK_TIMEOUT, newer(&self.pool, &counties, &versions)).await;
        for news in told.map_err(|_| AreaError::TooSlow)?? {
            let (county, version) = (news.county.clone(), news.version);
            // Reading a large tree takes a moment that reports and questions should not wait for.
            let Ok(tree) = tokio::task::spawn_blocking(move || tree_of(&news)).await else { continue };
            self.take(&county, version, tree);
            self.seen.insert(county, version);
        }
        Ok(())
    }

    fn take(&self, county: &str, version: i32, tree: Result<AreaTree, Mistakes>) {
        let Some(held) = self.counties.get(county) else { return };
        let unfit = match tree {
            Ok(tree) => {
                held.areas.replace(version, Arc::new(tree));
                tracing::info!(county, version, "areas hold from now on");
                0.0
            }
            Err(mistakes) => {
                tracing::error!(
                    county,
                    version,
                    error = &mistakes as &dyn std::error::Error,
                    "the areas that hold do not fit this process; it goes on with those before"
                );
                1.0
            }
        };
        metrics::gauge!("fengqiao_areas_unfit", "county" => county.to_owned()).set(unfit);
    }
}

fn tree_of(news: &AreaNews) -> Result<AreaTree, Mistakes> {
    let texts = AreaTexts {
        folder: Path::new(""),
        areas: &news.areas,
        codes: news.codes.as_deref(),
        changes: news.changes.as_deref(),
    };
    AreaTree::read(&news.county, &texts)
}
