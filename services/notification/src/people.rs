//! Persons: officers, contacts and residents are told by SMS, voice or WeChat.
//!
//! Routing says who has to be told what. Here it becomes words of the county's, sealed, and a message that is handed to a
//! gateway at least once, under the same id. [`settings`] is the county's file, [`arriving`] makes messages of events,
//! [`gateway`] hands one over, [`sending`] does so for all that wait.

mod arriving;
mod gateway;
mod rehashing;
mod sending;
pub mod settings;
mod upkeep;

use std::{collections::HashMap, path::Path, sync::Arc};

use fengqiao_county::{Counties, County, Mistakes};
use fengqiao_webhook::Poster;
use tokio::sync::Notify;

pub use arriving::PeopleEvents;
pub use gateway::{FileGateway, Gateway, HttpForm, HttpGateway, Outgoing};
pub use rehashing::PeopleRehashing;
pub use sending::Sender;
pub use settings::PeopleSettings;
pub use upkeep::keep_up_forever;

use self::settings::GatewaySettings;
use crate::domain::people::Channel;

/// The file in a county's folder.
const PEOPLE_FILE: &str = "people.toml";

/// How one county tells persons.
pub struct CountyPeople {
    /// Its code, zone and folder.
    pub county: Arc<County>,
    /// Its file.
    pub settings: PeopleSettings,
    /// Its channels.
    pub gateways: HashMap<Channel, Arc<dyn Gateway>>,
    /// Rung when a channel has something new.
    bells: HashMap<Channel, Arc<Notify>>,
}

impl CountyPeople {
    /// A county with these gateways.
    #[must_use]
    pub fn new(
        county: Arc<County>,
        settings: PeopleSettings,
        gateways: HashMap<Channel, Arc<dyn Gateway>>,
    ) -> Self {
        let bells = gateways.keys().map(|channel| (*channel, Arc::default())).collect();
        Self { county, settings, gateways, bells }
    }

    /// Something waits on a channel.
    pub fn ring(&self, channel: Channel) {
        if let Some(bell) = self.bells.get(&channel) {
            bell.notify_one();
        }
    }
}

/// How counties tell persons.
#[derive(Clone, Default)]
pub struct People(Arc<HashMap<String, Arc<CountyPeople>>>);

impl People {
    /// Of these counties.
    #[must_use]
    pub fn of(counties: impl IntoIterator<Item = CountyPeople>) -> Self {
        let of = |people: CountyPeople| (people.county.code.clone(), Arc::new(people));
        Self(Arc::new(counties.into_iter().map(of).collect()))
    }

    /// Reads the counties' files. `folder` is where the channels lie that are files; without it there are none of those.
    ///
    /// # Errors
    /// All mistakes of a file.
    pub fn load(counties: &Counties, folder: Option<&Path>, poster: &Poster) -> Result<Self, Mistakes> {
        let mut all = Vec::new();
        for county in counties.iter() {
            let settings = PeopleSettings::load(&county.folder.join(PEOPLE_FILE))?;
            let mut gateways: HashMap<Channel, Arc<dyn Gateway>> = HashMap::new();
            for (channel, of) in &settings.channels {
                match (&of.gateway, folder) {
                    (GatewaySettings::Http { address, form }, _) => {
                        let (address, form) = (address.as_ref().clone(), form.clone());
                        gateways.insert(*channel, Arc::new(HttpGateway::new(poster.clone(), address, form)));
                    }
                    (GatewaySettings::File, Some(folder)) => {
                        let place = folder.join(&county.code).join(channel.name());
                        gateways.insert(*channel, Arc::new(FileGateway::new(place)));
                    }
                    (GatewaySettings::File, None) => {
                        tracing::info!(
                            county = county.code,
                            channel = channel.name(),
                            "no folder is given for the channels that are files: nobody is told by this one"
                        );
                    }
                }
            }
            all.push(CountyPeople::new(Arc::clone(county), settings, gateways));
        }
        Ok(Self::of(all))
    }

    /// How a county tells persons.
    #[must_use]
    pub fn county(&self, code: &str) -> Option<&Arc<CountyPeople>> {
        self.0.get(code)
    }

    /// All counties.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CountyPeople>> {
        self.0.values()
    }
}
