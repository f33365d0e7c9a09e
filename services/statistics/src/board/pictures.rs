//! The newest picture of each county: counted when somebody looks, at most once a second, for all who look together.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_county::County;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{
    domain::board::{Picture, Windows},
    error::StatisticsError,
    store::BoardCounts,
};

/// So long a picture is the newest one without asking.
const NEW: Duration = Duration::from_secs(1);
/// So long a picture is right where nothing came: limits pass meanwhile.
const RIGHT: Duration = Duration::from_secs(30);

/// The newest pictures.
pub(super) struct Pictures {
    counts: BoardCounts,
    kept: BTreeMap<String, Mutex<Option<Kept>>>,
}

struct Kept {
    asked: Instant,
    counted: Instant,
    picture: Arc<Picture>,
}

impl Pictures {
    /// Of these counties.
    pub fn new(counts: BoardCounts, counties: Vec<String>) -> Self {
        Self { counts, kept: counties.into_iter().map(|code| (code, Mutex::default())).collect() }
    }

    /// The newest one of a county.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn newest(&self, county: &County, now: Timestamp) -> Result<Arc<Picture>, StatisticsError> {
        let kept = self.kept.get(&county.code).ok_or(StatisticsError::UnknownCounty)?;
        // Who waits here gets what the first one counts.
        let mut kept = kept.lock().await;
        let windows = Windows::on(county.day(now));
        if let Some(kept) = kept.as_mut() {
            if kept.asked.elapsed() < NEW {
                return Ok(Arc::clone(&kept.picture));
            }
            let (known_at, as_of) = self.counts.freshness(&county.code).await?;
            let is_right = kept.picture.known_at == known_at
                && kept.picture.windows == windows
                && kept.counted.elapsed() < RIGHT;
            if is_right {
                kept.asked = Instant::now();
                let picture = Picture { as_of, counted_at: now, ..Picture::clone(&kept.picture) };
                kept.picture = Arc::new(picture);
                return Ok(Arc::clone(&kept.picture));
            }
        }
        let picture = Arc::new(self.counts.picture(&county.code, windows, now).await?);
        let at = Instant::now();
        *kept = Some(Kept { asked: at, counted: at, picture: Arc::clone(&picture) });
        Ok(picture)
    }
}
