//! Hashing anew what linkage keeps of the reports that are there, after the lookup key has changed.
//!
//! With two keys each report that has only hashes by the older one is opened and hashed by the newer one beside them; when
//! none is left the county is read by the newer one. When the older key is gone its hashes go.

use std::{sync::Arc, time::Duration};

use fengqiao_sealing::{FIRST_LOOKUP_KEY, LookupKey};
use fengqiao_serving::{
    rehashing::{HashedAnew, Looked},
    time::Clock,
};
use jiff::Timestamp;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    clue_keys,
    intake::Intake,
    lookup_keys::Hashes,
    store::{self, HashedRow, OldRow, Rehashed, StoreError},
};

/// So many reports are looked at in one step.
const STEP: i64 = 200;
/// A step that takes longer is given up, and tried again with the next look.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);

/// Hashes anew, in all counties of an intake.
#[derive(Clone)]
pub struct Rehashing {
    intake: Arc<Intake>,
    clock: Clock,
}

impl Rehashing {
    /// Of this intake.
    #[must_use]
    pub const fn new(intake: Arc<Intake>, clock: Clock) -> Self {
        Self { intake, clock }
    }

    async fn page(&self, county: &str, after: Uuid, looked: &mut Looked) -> Result<Option<Uuid>, StoreError> {
        let pool = &self.intake.pool;
        let keys = self.intake.reception.keyring().lookup_keys();
        let Some(newest) = keys.last().map(LookupKey::id) else { return Ok(None) };
        let one_key = keys.len() == 1;
        let page = store::rows_to_rehash(pool, county, after, newest, one_key, STEP).await?;
        let Some(page) = page else { return Ok(None) };
        let now = self.clock.now();
        let (mut anew, mut unreadable) = (Vec::new(), 0_i64);
        for old in page.old {
            match self.rehashed(county, &old, newest, now) {
                Some(hashed) => anew.push((old, hashed)),
                None => unreadable += 1,
            }
        }
        let wanted = i64::try_from(anew.len()).unwrap_or(i64::MAX);
        let read_by_newest = self.intake.lookups.reading(county) == newest;
        let rows: Vec<Rehashed> = anew.into_iter().map(|(old, hashed)| rehashed_row(old, hashed)).collect();
        let done = if one_key {
            store::replace_hashes(pool, county, newest, &rows).await?
        } else {
            store::add_hashes(pool, county, &rows, read_by_newest).await?
        };
        looked.done += done;
        // What has just changed was hashed by who changed it; the next look sees it.
        looked.left += unreadable + (wanted - done);
        Ok(Some(page.last))
    }

    /// By the newest key; none where it cannot be opened.
    fn rehashed(&self, county: &str, old: &OldRow, newest: u8, now: Timestamp) -> Option<HashedRow> {
        if let Some(next) = &old.next_traits {
            return Some(HashedRow { traits: next.clone(), keys: clue_keys::of_traits(next).ok()? });
        }
        // Of a report from before there were traits, and of an exercise, nothing is hashed by any key.
        if old.traits.is_empty() || clue_keys::are_of_nothing(&old.traits) {
            return Some(HashedRow { traits: old.traits.clone(), keys: Vec::new() });
        }
        let reception = &self.intake.reception;
        let (matter, details) =
            reception.open(county, &old.sealed_matter, old.sealed_details.as_deref()).ok()?;
        let place = (old.area_code.as_str(), old.category.as_str());
        let hashes: Hashes = reception.hash_anew(county, (&matter, details.as_ref()), place, now).ok()?;
        let hashed = hashes.by(newest);
        (hashed.lookup == newest).then(|| HashedRow {
            traits: hashed.traits.encode(),
            keys: hashed.keys.iter().map(|key| key.0).collect(),
        })
    }
}

fn rehashed_row(old: OldRow, hashed: HashedRow) -> Rehashed {
    let mut gone = clue_keys::of_traits(&old.traits).unwrap_or_default();
    gone.retain(|key| !hashed.keys.contains(key));
    Rehashed { report_id: old.report_id, before: old.traits, hashed, gone }
}

impl HashedAnew for Rehashing {
    type Error = StoreError;

    async fn is_finished(&self, keys: &[u8]) -> Result<bool, StoreError> {
        let mut finished = true;
        for county in self.counties() {
            let state = store::lookup_state(&self.intake.pool, county).await?;
            if let Some(state) = state {
                self.intake.lookups.read_by(county, state.read_by);
            }
            finished &= state.map_or(keys == [FIRST_LOOKUP_KEY], |state| {
                keys.last() == Some(&state.read_by) && state.one_key == (keys.len() == 1)
            });
        }
        Ok(finished)
    }

    fn counties(&self) -> impl Iterator<Item = &str> + Send {
        self.intake.reception.county_codes()
    }

    async fn step(&self, county: &str, after: Uuid, looked: &mut Looked) -> Result<Option<Uuid>, StoreError> {
        let step = timeout(STEP_TIMEOUT, self.page(county, after, looked)).await;
        step.unwrap_or(Err(StoreError::TooSlow { operation: "hash anew" }))
    }

    async fn finish(&self, keys: &[u8]) -> Result<(), StoreError> {
        let Some(newest) = keys.last() else { return Ok(()) };
        for county in self.counties() {
            let state = store::LookupState { read_by: *newest, one_key: keys.len() == 1 };
            store::keep_lookup_state(&self.intake.pool, county, state, self.clock.now()).await?;
            self.intake.lookups.read_by(county, *newest);
        }
        Ok(())
    }
}
