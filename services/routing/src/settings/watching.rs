//! What other processes made to hold is seen within a second: one look at one row a county.

use std::{
    convert::Infallible,
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{SettingError, SettingKind, SettingVersions, Settings, digest};
use crate::{
    counties::{RoutingCounties, RoutingCounty},
    error::RoutingError,
    rulebook::Rulebook,
    store::{KeptText, keep_setting_text, setting_heads},
};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Brings the settings of a process up to date.
#[derive(Clone)]
pub struct SettingsWatch {
    /// Reads them.
    pub settings: Settings,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
}

impl SettingsWatch {
    /// Before anything is served: keeps the texts of the folders, and makes hold what was made to hold before.
    ///
    /// # Errors
    /// [`SettingError`], also where what was stored no longer fits the county's folder or this program.
    pub async fn start(&self) -> Result<(), SettingError> {
        for place in self.counties.iter() {
            self.keep_folder_texts(place).await?;
        }
        for (county, versions) in self.heads().await? {
            if let Some(place) = self.counties.get(&county) {
                self.catch_up(place, versions).await?;
            }
        }
        Ok(())
    }

    /// Looks every second until told to stop. What does not fit this program, an older one beside a newer, leaves
    /// what holds here as it is.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while !stop.is_cancelled() {
            if let Err(error) = self.look().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it could not be seen which settings hold"
                );
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    async fn look(&self) -> Result<(), RoutingError> {
        for (county, versions) in self.heads().await? {
            let Some(place) = self.counties.get(&county) else { continue };
            if let Err(error) = self.catch_up_unless_unfit(place, versions).await {
                tracing::error!(
                    county,
                    error = &error as &dyn std::error::Error,
                    "the settings that hold could not be taken; this process goes on with those before"
                );
            }
        }
        Ok(())
    }

    /// Makes hold here what holds in the store now, without waiting for the next look.
    ///
    /// # Errors
    /// [`SettingError`], also where what holds does not fit this process.
    pub async fn catch_up_now(&self, place: &Arc<RoutingCounty>) -> Result<(), SettingError> {
        let heads = setting_heads(&self.settings.pool, std::slice::from_ref(&place.county.code)).await?;
        for (_, versions) in heads {
            self.catch_up_unless_unfit(place, versions).await?;
        }
        Ok(())
    }

    /// The same, but what did not fit this process is not tried again before it changes.
    async fn catch_up_unless_unfit(
        &self,
        place: &Arc<RoutingCounty>,
        versions: SettingVersions,
    ) -> Result<(), SettingError> {
        let unfit = || place.unfit.lock().unwrap_or_else(PoisonError::into_inner);
        if *unfit() == Some(versions) {
            return Ok(());
        }
        let caught_up = self.catch_up(place, versions).await;
        let fits = match &caught_up {
            Ok(()) => true,
            Err(SettingError::Mistakes(_)) => false,
            Err(_) => return caught_up,
        };
        *unfit() = (!fits).then_some(versions);
        unfit_gauge(&place.county.code, if fits { 0.0 } else { 1.0 });
        caught_up
    }

    /// Makes hold here what holds in the store, if it is newer.
    async fn catch_up(
        &self,
        place: &Arc<RoutingCounty>,
        versions: SettingVersions,
    ) -> Result<(), SettingError> {
        if versions.changes() <= place.rulebook().versions.changes() {
            return Ok(());
        }
        let texts = self.settings.holding(place).await?;
        let (at, here) = (self.settings.clock.now(), Arc::clone(place));
        let rulebook = tokio::task::spawn_blocking(move || {
            let before = here.rulebook();
            Rulebook::assemble(&here.county, &texts, Some(&before), at)
        })
        .await
        .map_err(|_| RoutingError::Malformed("the reading of a setting"))??;
        tracing::info!(county = place.county.code, versions = ?rulebook.versions.all(), "settings have changed");
        place.set_rulebook(rulebook);
        Ok(())
    }

    async fn heads(&self) -> Result<Vec<(String, SettingVersions)>, RoutingError> {
        let counties: Vec<String> = self.counties.iter().map(|place| place.county.code.clone()).collect();
        setting_heads(&self.settings.pool, &counties).await
    }

    /// What an old case used stays readable after the folder has changed.
    async fn keep_folder_texts(&self, place: &RoutingCounty) -> Result<(), RoutingError> {
        let rulebook = place.rulebook();
        for kind in SettingKind::ALL {
            let files = place.folder_texts.files(kind);
            let text = KeptText {
                kind,
                digest: &digest(files),
                name: rulebook.name(kind),
                files,
                at: self.settings.clock.now(),
            };
            keep_setting_text(&self.settings.pool, &self.settings.keyring, &place.county.code, &text).await?;
        }
        Ok(())
    }
}

/// 1 while a process cannot take what holds.
fn unfit_gauge(county: &str, value: f64) {
    metrics::gauge!("fengqiao_routing_settings_unfit", "county" => county.to_owned()).set(value);
}
