//! Telling routing of limits that have no clock there, so that whoever owes what they limit is reminded.

use std::time::Duration;

use fengqiao_serving::time::now;
use tokio::time::sleep;

use crate::{error::NotificationError, store::Store};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);
/// So many are told of in one transaction.
const AT_ONCE: usize = 500;

/// Tells until the future is dropped. Several processes may: each limit is told once.
pub async fn tell_owed_forever(store: Store, counties: Vec<String>) {
    loop {
        for county in &counties {
            if let Err(error) = tell_owed(&store, county).await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(county, error, "limits that near are told later");
            }
        }
        sleep(EVERY).await;
    }
}

/// Tells of all whose time to be told of has come.
///
/// # Errors
/// [`NotificationError`] of the database; what was told until then is told.
pub async fn tell_owed(store: &Store, county: &str) -> Result<(), NotificationError> {
    let at_most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    while store.tell_owed(county, now(), at_most).await? >= AT_ONCE {}
    Ok(())
}
