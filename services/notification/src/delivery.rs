//! Bringing pushes to agencies: from their arrival over the queues to what became of each try.

mod arrival;
mod console;
mod gauges;
mod issuing;
mod keeping;
mod owed;
mod settling;
mod stream;
mod sweep;
mod webhook;

use std::{collections::HashMap, sync::Arc};

use fengqiao_sealing::Keyring;
use uuid::Uuid;

pub use arrival::Arrivals;
pub use console::{Console, Exchange, SentRequest};
pub use gauges::show_gauges;
pub use keeping::{Keeper, Kept};
pub use owed::{tell_owed, tell_owed_forever};
pub use settling::{Settler, Settling};
pub use stream::StreamSession;
pub use sweep::sweep_forever;
pub use webhook::{AgencyQueue, OnWay};

use crate::{
    domain::push::Push,
    endpoints::Endpoints,
    error::NotificationError,
    queue::{Bells, Queues},
    settings::DeliverySettings,
    store::Store,
};

/// What every channel works with.
pub struct Delivery {
    /// The truth.
    pub store: Store,
    /// What is to be delivered next.
    pub queues: Queues,
    /// Who is served here.
    pub bells: Bells,
    /// Which queues this process owns.
    pub kept: Kept,
    /// Which agencies have webhooks.
    pub endpoints: Endpoints,
    /// Where outcomes go.
    pub settling: Settling,
    /// Opens matters.
    pub keyring: Arc<Keyring>,
    /// How each county delivers.
    pub settings: HashMap<String, DeliverySettings>,
}

impl Delivery {
    /// How a county delivers.
    #[must_use]
    pub fn settings_of(&self, county: &str) -> DeliverySettings {
        self.settings.get(county).cloned().unwrap_or_default()
    }

    /// They were taken back: an owner in this process lets go of them. One elsewhere may bring what it holds once more.
    pub fn recalled(&self, county: &str, agency: &str, push_ids: &[Uuid]) {
        if let Some(queue) = self.kept.queue(county, agency) {
            queue.recalled(push_ids);
        }
    }

    /// Takes the next pushes of an agency and claims them: at most `count`, most dangerous first. Also says
    /// whether the queue probably holds more.
    ///
    /// # Errors
    /// [`NotificationError`] of the stores. What was taken comes back by the sweeper.
    pub async fn next_pushes(
        &self,
        county: &str,
        agency: &str,
        count: usize,
    ) -> Result<(Vec<Push>, bool), NotificationError> {
        let taken = self.queues.take(county, agency, count).await?;
        let more = taken.len() == count;
        let lease = self.settings.get(county).map_or(DeliverySettings::default().lease, |s| s.lease);
        let pushes = self.store.claim(county, agency, &taken, lease).await?;
        Ok((pushes, more))
    }
}
