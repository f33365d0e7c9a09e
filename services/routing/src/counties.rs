//! The counties of an installation, and what routing knows of each.

use std::{
    collections::BTreeMap,
    sync::{self, Arc, PoisonError, RwLock},
};

use fengqiao_county::{Counties, County, Mistakes};
use jiff::Timestamp;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    commands::Waiting,
    rulebook::Rulebook,
    settings::{SettingKind, SettingTexts, SettingVersions},
    store::CountyTurn,
    unreadable::PutAside,
};

/// What a batch of reports left behind: what the next one would read, unless another process came between.
#[derive(Debug)]
pub struct KeptTurn {
    /// The county's turn after it.
    pub turn: CountyTurn,
    /// The last running number of the days of its reports.
    pub series: BTreeMap<String, i32>,
}

/// A county's turn, held in this process.
pub type HeldTurn = OwnedMutexGuard<Option<KeptTurn>>;

/// One county, with everything that decides where its cases go.
#[derive(Debug)]
pub struct RoutingCounty {
    /// Areas, categories, settings.
    pub county: Arc<County>,
    /// Held from reading to writing. Only other processes can then come between, which is rare; see
    /// [`Attempt`](crate::store::Attempt).
    turn: Arc<Mutex<Option<KeptTurn>>>,
    /// Commands that wait for the turn; who has it takes them all.
    pub(crate) waiting: Waiting,
    /// Cases that cannot be read.
    pub put_aside: PutAside,
    /// What the county's folder says; it holds where nothing else was given.
    pub folder_texts: SettingTexts,
    /// Settings that hold and do not fit this process; they are not tried again before they change.
    pub(crate) unfit: sync::Mutex<Option<SettingVersions>>,
    rulebook: RwLock<Arc<Rulebook>>,
}

impl RoutingCounty {
    /// Reads routing's files in a county's folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn load(county: Arc<County>, now: Timestamp) -> Result<Self, Mistakes> {
        let folder_texts = SettingTexts::read(&county.folder)?;
        let rulebook = RwLock::new(Arc::new(Rulebook::of_folder(&county, &folder_texts, now)?));
        Ok(Self {
            county,
            turn: Arc::default(),
            waiting: Waiting::default(),
            put_aside: PutAside::default(),
            folder_texts,
            unfit: sync::Mutex::default(),
            rulebook,
        })
    }

    /// Waits for the turn. What was kept of the one before does not hold after it.
    pub async fn alone(&self) -> HeldTurn {
        let mut turn = self.alone_with_kept().await;
        *turn = None;
        turn
    }

    /// Waits for the turn, with what is kept of it. Whoever writes in it keeps what holds then, or nothing.
    pub async fn alone_with_kept(&self) -> HeldTurn {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// What holds now. Whoever asks keeps it for what it does; what comes later counts for the next.
    #[must_use]
    pub fn rulebook(&self) -> Arc<Rulebook> {
        Arc::clone(&self.rulebook.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets what holds from now on; unless it is older than what holds, since news may come twice.
    pub fn set_rulebook(&self, rulebook: Rulebook) {
        let mut held = self.rulebook.write().unwrap_or_else(PoisonError::into_inner);
        if rulebook.versions.changes() >= held.versions.changes() {
            let version = rulebook.versions.get(SettingKind::Directory);
            self.county.areas.replace(version, Arc::clone(rulebook.directory.areas()));
            let old = std::mem::replace(&mut *held, Arc::new(rulebook));
            // To take a large directory apart takes a moment in which nobody should wait.
            drop(held);
            drop(old);
        }
    }
}

/// The counties of an installation, by code.
#[derive(Debug)]
pub struct RoutingCounties(BTreeMap<String, Arc<RoutingCounty>>);

impl RoutingCounties {
    /// Reads routing's files of all counties.
    ///
    /// # Errors
    /// All mistakes of all counties.
    pub fn load(counties: &Counties, now: Timestamp) -> Result<Self, Mistakes> {
        let mut loaded = BTreeMap::new();
        let mut mistakes = Vec::new();
        for county in counties.iter() {
            match RoutingCounty::load(Arc::clone(county), now) {
                Ok(routing) => {
                    loaded.insert(county.code.clone(), Arc::new(routing));
                }
                Err(found) => mistakes.extend(found.0),
            }
        }
        if mistakes.is_empty() { Ok(Self(loaded)) } else { Err(Mistakes(mistakes)) }
    }

    /// The county with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Arc<RoutingCounty>> {
        self.0.get(code)
    }

    /// All counties, ordered by code.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RoutingCounty>> {
        self.0.values()
    }
}
