//! The files of a setting as they were named at the terminal.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use fengqiao_proto::routing::v1::SettingKind;
use fengqiao_routing::{directory::DirectoryFiles, settings};

use crate::errors::CommandError;

/// The files, by the names that they have in a county's folder.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The texts.
    pub(super) texts: HashMap<String, String>,
    paths: HashMap<String, PathBuf>,
}

impl Given {
    /// Reads files. A kind that is one file may have it under any name; a folder stands for its files of the
    /// kind.
    pub(super) fn read(kind: SettingKind, paths: &[PathBuf]) -> Result<Self, CommandError> {
        let only = i16::try_from(i32::from(kind))
            .ok()
            .and_then(settings::SettingKind::from_code)
            .and_then(settings::SettingKind::file);
        let mut given = Self::default();
        if let Some(name) = only {
            let [path] = paths else {
                return Err(CommandError::Usage(format!("this kind is one file, {name}")));
            };
            let path = if path.is_dir() { path.join(name) } else { path.clone() };
            given.add(name.to_owned(), &path)?;
            return Ok(given);
        }
        for path in paths {
            if path.is_dir() {
                let files = DirectoryFiles::read(path)
                    .map_err(|mistakes| CommandError::Unclear(mistakes.to_string()))?;
                for name in files.texts().keys() {
                    given.add(name.clone(), &path.join(name))?;
                }
            } else {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                given.add(name.unwrap_or_default(), path)?;
            }
        }
        Ok(given)
    }

    fn add(&mut self, name: String, path: &Path) -> Result<(), CommandError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CommandError::File { path: path.to_owned(), source })?;
        if self.texts.insert(name.clone(), text).is_some() {
            return Err(CommandError::Usage(format!("{name} is given twice")));
        }
        self.paths.insert(name, path.to_owned());
        Ok(())
    }

    /// Where a file is at the terminal; its name where it is none of those given.
    pub(super) fn path<'a>(&'a self, name: &'a str) -> &'a Path {
        self.paths.get(name).map_or(Path::new(name), PathBuf::as_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_files_of_the_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let rules = Given::read(SettingKind::Levels, std::slice::from_ref(&folder)).unwrap();
        assert_eq!(rules.texts.keys().collect::<Vec<_>>(), ["levels.toml"]);
        let directory = Given::read(SettingKind::Directory, std::slice::from_ref(&folder)).unwrap();
        assert!(directory.texts.contains_key("people.csv") && !directory.texts.contains_key("county.toml"));
        assert_eq!(directory.path("people.csv"), folder.join("people.csv"));
        assert_eq!(directory.path("practice.toml"), Path::new("practice.toml"));
        let other = folder.join("county.toml");
        let under_another_name = Given::read(SettingKind::Practice, std::slice::from_ref(&other)).unwrap();
        assert_eq!(under_another_name.path("practice.toml"), other);
        assert!(Given::read(SettingKind::Levels, &[folder.clone(), folder.clone()]).is_err());
        assert!(Given::read(SettingKind::Directory, &[folder.clone(), folder]).is_err());
    }
}
