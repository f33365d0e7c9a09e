//! Making a setting hold: checked with everything else that holds, stored, and swapped in, all or nothing.

use std::{path::Path, sync::Arc};

use fengqiao_county::{LostArea, Mistake, Mistakes};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use prost::Message as _;
use sqlx::PgPool;

use super::{Files, SettingError, SettingKind, SettingTexts, areas, digest, given_files, staff};
use crate::{
    counties::RoutingCounty,
    directory::{Directory, DirectoryFiles, Rank},
    domain::history::Occasion,
    error::RoutingError,
    rulebook::Rulebook,
    store::{
        KeptText, NewSetting, SettingName, StoredSetting, activate_setting, cases_in_areas, find_setting,
        named_setting_digests, newest_settings, setting_by_request,
    },
};

/// So often a setting is checked anew because another kind was changed meanwhile.
const TRIES: usize = 5;

/// Changes what holds in counties.
#[derive(Clone)]
pub struct Settings {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// Seals texts and words.
    pub keyring: Arc<Keyring>,
    /// What time it is.
    pub clock: Clock,
}

/// What someone wants to hold from now on.
#[derive(Debug, Clone)]
pub struct Activation {
    /// Which kind.
    pub kind: SettingKind,
    /// Its files.
    pub files: Files,
    /// The version that holds, as the caller saw it; 0 is the county's folder.
    pub expected_version: i32,
    /// Makes it repeatable.
    pub request_id: String,
    /// Who, and in which capacity.
    pub actor: Occasion,
    /// Why.
    pub words: String,
}

/// A setting that fits what else holds.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its files, as they would be stored.
    pub files: Files,
    /// Names it by what it says.
    pub digest: String,
    /// The texts of all kinds with it.
    pub texts: SettingTexts,
    /// What would hold.
    pub rulebook: Rulebook,
}

impl Settings {
    /// Checks files of a kind with everything else that holds. Changes nothing.
    ///
    /// # Errors
    /// [`SettingError::Mistakes`] with all that were found, or what befell the store.
    pub async fn check(
        &self,
        place: &Arc<RoutingCounty>,
        kind: SettingKind,
        files: Files,
    ) -> Result<Checked, SettingError> {
        let holding = self.holding(place).await?;
        self.check_with(place, holding, kind, files).await
    }

    /// Makes files of a kind hold. The same request again changes nothing and says what it made.
    ///
    /// # Errors
    /// [`SettingError`]; what held before then holds on.
    pub async fn activate(
        &self,
        place: &Arc<RoutingCounty>,
        activation: &Activation,
    ) -> Result<StoredSetting, SettingError> {
        let Activation { kind, files, expected_version, actor, .. } = activation;
        for _ in 0..TRIES {
            if let Some(earlier) = self.repeated(place, activation).await? {
                return Ok(earlier);
            }
            let holding = self.holding(place).await?;
            let before = holding.versions();
            if before.get(*kind) != *expected_version {
                return Err(SettingError::ChangedSince { newest: before.get(*kind) });
            }
            let checked = self.check_with(place, holding, *kind, files.clone()).await?;
            let Checked { files, digest, texts, rulebook } = checked;
            let text = KeptText {
                kind: *kind,
                digest: &digest,
                name: rulebook.name(*kind),
                files: &files,
                at: actor.at,
            };
            let county = &place.county.code;
            let new = NewSetting {
                text,
                before,
                after: texts.versions(),
                by: &actor.actor,
                capacity: &actor.capacity,
                words: &activation.words,
                request_id: &activation.request_id,
                // The relay finds it by itself within its next look; nobody waits for it here.
                event: (*kind == SettingKind::Directory).then(|| {
                    areas::announcement(
                        texts.versions().get(*kind),
                        &files,
                        self.sealed_staff(county, &rulebook),
                    )
                }),
            };
            let stored = StoredSetting {
                kind: *kind,
                version: texts.versions().get(*kind),
                digest: digest.clone(),
                name: rulebook.name(*kind).to_owned(),
                at: actor.at,
                by: actor.actor.clone(),
                capacity: actor.capacity.clone(),
                words: activation.words.clone(),
            };
            if activate_setting(&self.pool, &self.keyring, county, &new).await? {
                place.set_rulebook(rulebook);
                tracing::info!(
                    county,
                    kind = kind.word(),
                    version = stored.version,
                    name = stored.name,
                    "a setting holds from now on"
                );
                return Ok(stored);
            }
        }
        Err(RoutingError::Overtaken.into())
    }

    /// Who works where by a rulebook's directory.
    fn sealed_staff(&self, county: &str, rulebook: &Rulebook) -> Vec<u8> {
        self.keyring.seal(&staff::of(&rulebook.directory).encode_to_vec(), county.as_bytes())
    }

    /// What the same request made before.
    ///
    /// # Errors
    /// Where the request id stands for something else, or what befell the store.
    pub async fn repeated(
        &self,
        place: &RoutingCounty,
        activation: &Activation,
    ) -> Result<Option<StoredSetting>, SettingError> {
        let county = &place.county.code;
        let (by, id) = (&activation.actor.actor, &activation.request_id);
        let Some(earlier) = setting_by_request(&self.pool, &self.keyring, county, by, id).await? else {
            return Ok(None);
        };
        if earlier.kind != activation.kind || !self.made(place, &earlier, activation).await? {
            return Err(RoutingError::another_command().into());
        }
        Ok(Some(earlier))
    }

    /// Whether an activation is the one that made a version.
    async fn made(
        &self,
        place: &RoutingCounty,
        earlier: &StoredSetting,
        activation: &Activation,
    ) -> Result<bool, SettingError> {
        let (kind, given) = (activation.kind, activation.files.clone());
        if earlier.digest == digest(&given) {
            return Ok(true);
        }
        if kind != SettingKind::Directory {
            return Ok(false);
        }
        // A directory that was given without areas is stored with those that held then. One of an earlier version of
        // this program is stored without any.
        let name = SettingName::Version(earlier.version);
        let county = &place.county.code;
        let stored = find_setting(&self.pool, &self.keyring, county, kind, &name).await?;
        let stored = stored.map(|(_, files)| files).unwrap_or_default();
        let had_areas = areas::without_areas(stored.clone()) != stored;
        let given = if had_areas { given_files(kind, given, &stored)? } else { areas::without_areas(given) };
        Ok(given == stored)
    }

    /// The texts that hold, as the store has them now.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn holding(&self, place: &RoutingCounty) -> Result<SettingTexts, RoutingError> {
        let newest = newest_settings(&self.pool, &self.keyring, &place.county.code).await?;
        Ok(newest.into_iter().fold(place.folder_texts.clone(), |texts, held| {
            let files = match held.kind {
                // One of an earlier version of this program has no areas: its areas are the folder's.
                SettingKind::Directory => areas::with_areas_of(held.files, texts.files(held.kind)),
                _ => held.files,
            };
            texts.with(held.kind, held.version, files)
        }))
    }

    async fn check_with(
        &self,
        place: &Arc<RoutingCounty>,
        holding: SettingTexts,
        kind: SettingKind,
        files: Files,
    ) -> Result<Checked, SettingError> {
        let (at, for_reading) = (self.clock.now(), Arc::clone(place));
        // Reading a large directory takes a moment that calls should not wait for.
        let (checked, lost) = tokio::task::spawn_blocking(move || {
            let place = for_reading;
            let files = given_files(kind, files, holding.files(kind))?;
            if *holding.files(kind) == files {
                return Err(Mistakes::from(Mistake::new(
                    Path::new(kind.file().unwrap_or("files")),
                    0,
                    "says what holds already",
                )));
            }
            let version = holding.versions().get(kind).saturating_add(1);
            let areas_before = (kind == SettingKind::Directory)
                .then(|| DirectoryFiles::from(holding.files(kind).clone()).areas(&place.county.code));
            let texts = holding.with(kind, version, files.clone());
            let before = place.rulebook();
            let rulebook = Rulebook::assemble(&place.county, &texts, Some(&before), at)?;
            if kind == SettingKind::Directory {
                someone_leads(&rulebook.directory, place.county.day(at))?;
            }
            let lost = areas_before.flatten().map(|(before, _)| before.lost_in(rulebook.directory.areas()));
            let lost = lost.unwrap_or_default();
            Ok::<_, Mistakes>((Checked { digest: digest(&files), files, texts, rulebook }, lost))
        })
        .await
        .map_err(|_| RoutingError::Malformed("the check of a setting"))??;
        self.cases_keep_their_areas(place, &lost, &checked.files).await?;
        self.name_is_its_own(place, kind, &checked).await?;
        Ok(checked)
    }

    /// The name of a case's area stays known, and someone answers for each open case. A report that comes at the same
    /// moment may still open a case in an area that is gone: it is then the centre's.
    async fn cases_keep_their_areas(
        &self,
        place: &RoutingCounty,
        lost: &[LostArea],
        files: &Files,
    ) -> Result<(), SettingError> {
        let found = cases_in_areas(&self.pool, &place.county.code, lost).await?;
        let mistakes = areas::lost_under_cases(lost, found, files);
        if mistakes.is_empty() { Ok(()) } else { Err(Mistakes(mistakes).into()) }
    }

    /// Cases keep the version that a practice or a rule set gives itself: two texts of one name could not be told
    /// apart later.
    async fn name_is_its_own(
        &self,
        place: &RoutingCounty,
        kind: SettingKind,
        checked: &Checked,
    ) -> Result<(), SettingError> {
        let (SettingKind::Levels | SettingKind::Practice, Some(file)) = (kind, kind.file()) else {
            return Ok(());
        };
        let name = checked.rulebook.name(kind);
        let known = named_setting_digests(&self.pool, &place.county.code, kind, name).await?;
        if known.iter().any(|digest| *digest != checked.digest) {
            let reason =
                format!("the version {name:?} is that of another text already; it needs one of its own");
            return Err(Mistakes::from(Mistake::new(Path::new(file), 0, reason)).into());
        }
        Ok(())
    }
}

/// Whoever changes settings is a leader of the centre: a directory without one could never be changed again.
fn someone_leads(directory: &Directory, today: jiff::civil::Date) -> Result<(), Mistakes> {
    let leads = directory.posts().iter().any(|post| {
        post.agency == directory.desk()
            && post.rank >= Rank::Leader
            && !directory.holder_of(&post.code, today).is_empty()
    });
    if leads {
        return Ok(());
    }
    let reason = "nobody holds a leading post of the centre today, who could change the settings again";
    Err(Mistake::new(Path::new("people.csv"), 0, reason).into())
}
