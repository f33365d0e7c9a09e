//! By what persons are known who were told, hashed anew after the lookup key has changed.

use std::sync::{Arc, Mutex, PoisonError};

use fengqiao_sealing::{FIRST_LOOKUP_KEY, Keyring};
use fengqiao_serving::rehashing::{HashedAnew, Looked};
use uuid::Uuid;

use super::arriving::recipient;
use crate::{
    error::NotificationError,
    store::{Store, people::Rehashed},
};

/// So many messages are looked at in one step.
const STEP: i64 = 500;

/// Hashes anew, in some counties.
#[derive(Clone)]
pub struct PeopleRehashing {
    store: Store,
    counties: Vec<String>,
    keyring: Arc<Keyring>,
    /// For which lookup keys a look of this process found nothing to do.
    finished_for: Arc<Mutex<Option<Vec<u8>>>>,
}

impl PeopleRehashing {
    /// In these counties.
    #[must_use]
    pub fn new(store: Store, counties: Vec<String>, keyring: Arc<Keyring>) -> Self {
        Self { store, counties, keyring, finished_for: Arc::default() }
    }
}

impl HashedAnew for PeopleRehashing {
    type Error = NotificationError;

    async fn is_finished(&self, keys: &[u8]) -> Result<bool, NotificationError> {
        let held = self.finished_for.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys == [FIRST_LOOKUP_KEY] || held.as_deref() == Some(keys))
    }

    fn counties(&self) -> impl Iterator<Item = &str> + Send {
        self.counties.iter().map(String::as_str)
    }

    async fn step(
        &self,
        county: &str,
        after: Uuid,
        looked: &mut Looked,
    ) -> Result<Option<Uuid>, NotificationError> {
        let page = self.store.recipients_after(county, after, STEP).await?;
        let Some(last) = page.last().map(|row| row.message_id) else { return Ok(None) };
        let mut anew = Vec::new();
        for row in page {
            let Ok(plain) = self.keyring.open(&row.sealed_address, county.as_bytes()) else {
                looked.left += 1;
                continue;
            };
            let hash = recipient(&self.keyring, county, &String::from_utf8_lossy(&plain));
            if hash.as_slice() != row.recipient {
                anew.push(Rehashed { message_id: row.message_id, recipient: hash });
            }
        }
        looked.done += self.store.keep_recipients(county, &anew).await?;
        Ok(Some(last))
    }

    async fn finish(&self, keys: &[u8]) -> Result<(), NotificationError> {
        *self.finished_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.to_vec());
        Ok(())
    }
}
