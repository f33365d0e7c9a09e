//! What a county can change while the service runs: its directory, level rules, practice and calendar. Each is a
//! text or a few, named by what it says; the newest version of each kind holds, and where none was ever given, the
//! county's folder holds.

mod activation;
mod areas;
mod characters;
mod dry_run;
mod staff;
mod watching;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use fengqiao_calendar::CALENDAR_FILE;
use fengqiao_county::{Mistake, Mistakes, read_text};
use fengqiao_serving::status::{self, Violation};
use sha2::{Digest as _, Sha256};
use tonic::Status;

pub use activation::{Activation, Checked, Settings};
pub use areas::AREAS_ACTIVATED;
pub use dry_run::{MOST_CASES, RulesTrial, TriedRules, rule_files};
pub use watching::SettingsWatch;

use crate::{directory::DirectoryFiles, domain::practice::Practice, error::RoutingError};

/// The file of the level rules.
pub const LEVELS_FILE: &str = "levels.toml";
/// The file of the practice.
pub const PRACTICE_FILE: &str = "practice.toml";

/// So many bytes the files of one setting may have together.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// So many mistakes are told where a setting is refused; all of them where it is only checked.
const MISTAKES_IN_REFUSAL: usize = 50;

/// The files of a setting, by name.
pub type Files = BTreeMap<String, String>;

/// What can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettingKind {
    /// Areas, agencies, posts, people, who answers for what.
    Directory,
    /// How dangerous a report is.
    Levels,
    /// States, limits, who is told of what.
    Practice,
    /// Which days are working days.
    Calendar,
}

impl SettingKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Directory, Self::Levels, Self::Practice, Self::Calendar];

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Levels => "levels",
            Self::Practice => "practice",
            Self::Calendar => "calendar",
        }
    }

    /// The one file of the kind; none for a directory, which has several.
    #[must_use]
    pub const fn file(self) -> Option<&'static str> {
        match self {
            Self::Directory => None,
            Self::Levels => Some(LEVELS_FILE),
            Self::Practice => Some(PRACTICE_FILE),
            Self::Calendar => Some(CALENDAR_FILE),
        }
    }
}

/// Which version of each kind holds; 0 is the county's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SettingVersions([i32; 4]);

impl SettingVersions {
    /// These versions, in the order of [`SettingKind::ALL`].
    #[must_use]
    pub const fn of(versions: [i32; 4]) -> Self {
        Self(versions)
    }

    /// The versions, in the order of [`SettingKind::ALL`].
    #[must_use]
    pub const fn all(self) -> [i32; 4] {
        self.0
    }

    /// The version of a kind.
    #[must_use]
    pub const fn get(self, kind: SettingKind) -> i32 {
        self.0[kind as usize]
    }

    /// How many changes there were: of two states of one county the later has the greater number.
    #[must_use]
    pub fn changes(self) -> i64 {
        self.0.iter().copied().map(i64::from).sum()
    }
}

/// The texts that make a rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingTexts {
    files: [Files; 4],
    versions: SettingVersions,
}

impl SettingTexts {
    /// Reads the texts of a county's folder.
    ///
    /// # Errors
    /// Each file that cannot be read or is not UTF-8.
    pub fn read(folder: &Path) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let directory = DirectoryFiles::read(folder).map_err(|found| mistakes.extend(found.0)).ok();
        let mut one = |name: &str| -> Files {
            match read_text(&folder.join(name)) {
                Ok(text) => text.map(|text| (name.to_owned(), text)).into_iter().collect(),
                Err(mistake) => {
                    mistakes.push(mistake);
                    Files::new()
                }
            }
        };
        let (levels, mut practice, calendar) = (one(LEVELS_FILE), one(PRACTICE_FILE), one(CALENDAR_FILE));
        practice.entry(PRACTICE_FILE.to_owned()).or_insert_with(|| Practice::shipped_text().to_owned());
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        let directory = directory.map(|files| files.texts().clone()).unwrap_or_default();
        let files = [directory, levels, practice, calendar];
        let spoilt = files.iter().flat_map(characters::wrong_characters);
        mistakes.extend(spoilt.map(|found| Mistake::new(&folder.join(found.file), found.line, found.reason)));
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        Ok(Self { files, versions: SettingVersions::default() })
    }

    /// The same, with other texts of one kind.
    #[must_use]
    pub fn with(mut self, kind: SettingKind, version: i32, files: Files) -> Self {
        self.files[kind as usize] = files;
        self.versions.0[kind as usize] = version;
        self
    }

    /// The files of a kind.
    #[must_use]
    pub const fn files(&self, kind: SettingKind) -> &Files {
        &self.files[kind as usize]
    }

    /// The text of a kind that has one file; none where it is not there.
    #[must_use]
    pub fn text(&self, kind: SettingKind) -> Option<&str> {
        self.files(kind).get(kind.file()?).map(String::as_str)
    }

    /// The versions.
    #[must_use]
    pub const fn versions(&self) -> SettingVersions {
        self.versions
    }
}

/// Names a setting by what it says: 64 hexadecimal digits, the same for the same files wherever they came from.
#[must_use]
pub fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        // With their lengths, so that no text can stand for two.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The files of a kind as they were given, or what is wrong with their names. A directory that is given without areas
/// keeps those of `before`, the directory that it follows.
fn given_files(kind: SettingKind, files: Files, before: &Files) -> Result<Files, Mistakes> {
    let spoilt = characters::wrong_characters(&files);
    if !spoilt.is_empty() {
        return Err(Mistakes(spoilt));
    }
    let whole = |name: &str, reason: String| Mistakes::from(Mistake::new(Path::new(name), 0, reason));
    let Some(only) = kind.file() else {
        let files = areas::with_areas_of(files, before);
        return match areas::too_large(&files).or_else(|| staff::too_large(&files)) {
            Some(mistake) => Err(mistake.into()),
            None => Ok(files),
        };
    };
    if let Some(other) = files.keys().find(|name| *name != only) {
        return Err(whole(other, format!("a setting of the kind {} is the file {only}", kind.word())));
    }
    if !files.contains_key(only) {
        return Err(whole(only, "is missing".to_owned()));
    }
    Ok(files)
}

/// Why a setting is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The files have mistakes, or do not fit what else holds.
    #[error("the files have mistakes:\n{0}")]
    Mistakes(#[from] Mistakes),
    /// Another version holds than the caller saw.
    #[error("version {newest} holds now")]
    ChangedSince {
        /// The one that holds.
        newest: i32,
    },
    /// There is no such setting.
    #[error("no such setting")]
    NotFound,
    /// Anything else.
    #[error(transparent)]
    Routing(#[from] RoutingError),
}

impl From<SettingError> for Status {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Mistakes(Mistakes(found)) => {
                let all = found.len();
                let mut told: Vec<Violation> = found
                    .into_iter()
                    .take(MISTAKES_IN_REFUSAL)
                    .map(|mistake| {
                        Violation::new(format!("{}:{}", mistake.file, mistake.line), mistake.reason)
                    })
                    .collect();
                if all > MISTAKES_IN_REFUSAL {
                    let more = all - MISTAKES_IN_REFUSAL;
                    told.push(Violation::new(
                        "files",
                        format!("{more} more mistakes; check the setting first"),
                    ));
                }
                status::invalid(told)
            }
            SettingError::ChangedSince { newest } => {
                status::aborted(format!("the setting has changed since: version {newest} holds now"))
            }
            SettingError::NotFound => status::not_found("setting"),
            SettingError::Routing(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(given: &[(&str, &str)]) -> Files {
        given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_digest_names_the_contents() {
        let one = digest(&files(&[("posts.csv", "a"), ("people.csv", "b")]));
        assert_eq!(one.len(), 64);
        assert_ne!(one, digest(&files(&[("posts.csv", "b"), ("people.csv", "a")])));
        assert_ne!(one, digest(&files(&[("posts.csv", "ab"), ("people.csv", "")])));
    }

    #[test]
    fn codes_and_kinds_are_the_same_things() {
        for kind in SettingKind::ALL {
            assert_eq!(SettingKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(SettingKind::from_code(0), None);
        let versions = SettingVersions::of([1, 2, 3, 4]);
        assert_eq!((versions.get(SettingKind::Practice), versions.changes()), (3, 10));
    }

    #[test]
    fn files_of_another_kind_are_named() {
        let refused =
            |kind, given: &[(&str, &str)]| given_files(kind, files(given), &Files::new()).unwrap_err();
        assert!(refused(SettingKind::Levels, &[("level.toml", "")]).to_string().starts_with("level.toml:0:"));
        assert!(refused(SettingKind::Calendar, &[]).to_string().contains("calendar.csv:0: is missing"));
    }
}
