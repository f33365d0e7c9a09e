//! Who works where, where a directory was given to the running services: routing tells of it, it is kept sealed, and each
//! process takes it for the accounts of its pages within seconds. Until then the county's folder holds.

use std::{collections::HashMap, sync::Arc, time::Duration};

use fengqiao_messaging::{ApplyError, Envelope};
use fengqiao_proto::routing::v1::{AreasActivated, Staff as Told};
use fengqiao_sealing::Keyring;
use fengqiao_signin::{Door, staff::Staff};
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use tokio::time::sleep;

use crate::{
    error::NotificationError,
    store::{Store, staff::keep_staff},
};

/// How often it is looked for newer ones.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Keeps the newest that a batch of a county's events tells; events of other kinds say nothing here. Done again it changes
/// nothing.
///
/// # Errors
/// [`ApplyError`]
pub async fn keep_newest(conn: &mut PgConnection, batch: &[Envelope]) -> Result<(), ApplyError> {
    let kind = AreasActivated::full_name();
    let mut newest: Option<(&Envelope, AreasActivated)> = None;
    for event in batch.iter().filter(|event| event.kind == kind) {
        let told = AreasActivated::decode(event.payload.as_slice())
            .map_err(|_| event.refused("it is not an AreasActivated"))?;
        // A routing from before it was said tells of areas only.
        let newer = newest.as_ref().is_none_or(|(_, held)| held.version < told.version);
        if newer && !told.sealed_staff.is_empty() {
            newest = Some((event, told));
        }
    }
    let Some((event, told)) = newest else { return Ok(()) };
    keep_staff(conn, &event.county, told.version, &told.sealed_staff)
        .await
        .map_err(|error| ApplyError::Retry(Box::new(error)))
}

/// Brings the accounts' people of a process up to date with what its service was told.
pub struct StaffWatch {
    store: Store,
    door: Door,
    keyring: Arc<Keyring>,
    /// The newest version that was looked at, of each county; what could not be read is not tried again.
    seen: HashMap<String, i32>,
}

impl StaffWatch {
    /// Of these counties; nothing was looked at yet.
    #[must_use]
    pub fn new(store: Store, door: Door, keyring: Arc<Keyring>, counties: Vec<String>) -> Self {
        Self { store, door, keyring, seen: counties.into_iter().map(|county| (county, 0)).collect() }
    }

    /// Looks again and again until the future is dropped. A failure only means that it is taken later.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.look().await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "who works where is looked at later");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Takes what is newer than what was looked at.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn look(&mut self) -> Result<(), NotificationError> {
        for (county, version, sealed) in self.store.newer_staff(&self.seen).await? {
            let staff = self.keyring.open(&sealed, county.as_bytes()).ok();
            let staff = staff.and_then(|plain| Told::decode(plain.as_slice()).ok());
            match staff {
                Some(told) => {
                    self.door.take_people(&county, Staff::of_directory(&told));
                    tracing::info!(county, version, "the directory's people have the accounts from now on");
                }
                None => {
                    tracing::error!(county, version, "who works where cannot be read; it stays as it was")
                }
            }
            self.seen.insert(county, version);
        }
        Ok(())
    }
}
