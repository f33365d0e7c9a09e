//! A stack's description, `stack.json`: where its services are, and with which tokens to call them.
//! `deploy/run` writes it; for another environment it is written by hand.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::errors::CommandError;

const PLACE: &str = ".local/stack.json";
const AGENCIES_FOLDER: &str = "agencies_dir";
/// How many names an error message lists at most.
const MOST_LISTED: usize = 12;

/// A stack's description.
#[derive(Debug, Default, Deserialize)]
pub struct Profile {
    /// The certificate of the authority that the services' certificates come from.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The URL of each service.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// The file of each token by its name; `agencies_dir` is the folder with those of agencies.
    #[serde(default)]
    pub tokens: BTreeMap<String, PathBuf>,
    /// The file it was read from.
    #[serde(skip)]
    pub file: PathBuf,
}

impl Profile {
    /// Reads a description. Its relative paths start at its own folder.
    ///
    /// # Errors
    /// Where the file cannot be read or is something else.
    pub fn read(file: &Path) -> Result<Self, CommandError> {
        let text = fs::read_to_string(file)
            .map_err(|source| CommandError::File { path: file.to_owned(), source })?;
        let mut profile: Self = serde_json::from_str(&text)
            .map_err(|source| CommandError::Profile { path: file.to_owned(), reason: source.to_string() })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for path in profile.ca.iter_mut().chain(profile.tokens.values_mut()) {
            *path = folder.join(&*path);
        }
        profile.file = file.to_owned();
        Ok(profile)
    }

    /// The description nearest to a folder, upwards; else the nearest to the running program, so that a
    /// built `target/debug/fengqiao` finds its clone from anywhere.
    pub fn find(folder: &Path, program: Option<&Path>) -> Option<PathBuf> {
        [Some(folder), program.and_then(Path::parent)]
            .into_iter()
            .flatten()
            .flat_map(Path::ancestors)
            .map(|ancestor| ancestor.join(PLACE))
            .find(|file| file.is_file())
    }

    /// The file of a caller's token: one of the stack's own names, or an agency's code.
    ///
    /// # Errors
    /// With the names that there are, where there is no such token.
    pub fn token_file(&self, caller: &str) -> Result<PathBuf, CommandError> {
        if let Some(file) = self.tokens.get(caller)
            && caller != AGENCIES_FOLDER
        {
            return Ok(file.clone());
        }
        let is_a_name = caller.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if is_a_name && let Some(folder) = self.tokens.get(AGENCIES_FOLDER) {
            let file = folder.join(format!("{caller}.token"));
            if file.is_file() {
                return Ok(file);
            }
        }
        Err(CommandError::NoToken {
            caller: caller.to_owned(),
            profile: self.file.clone(),
            known: self.similar(caller),
        })
    }

    /// Names of tokens, those that contain the wanted one first.
    fn similar(&self, caller: &str) -> Vec<String> {
        let own = self.tokens.keys().filter(|name| *name != AGENCIES_FOLDER).cloned();
        let folder = self.tokens.get(AGENCIES_FOLDER).and_then(|folder| fs::read_dir(folder).ok());
        let agencies = folder
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".token").map(str::to_owned));
        let mut names: Vec<String> = own.chain(agencies).collect();
        names.sort_by_key(|name| (!name.contains(caller), name.len(), name.clone()));
        names.truncate(MOST_LISTED);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> (tempfile::TempDir, Profile) {
        let folder = tempfile::tempdir().unwrap();
        let local = folder.path().join(".local");
        fs::create_dir_all(local.join("agencies")).unwrap();
        fs::write(local.join("agencies/police.token"), "p").unwrap();
        fs::write(local.join("agencies/traffic_police.token"), "t").unwrap();
        fs::write(
            local.join("stack.json"),
            r#"{"county":"421181","ca":"ca.pem","services":{"intake":"https://127.0.0.1:1"},
                "tokens":{"officer":"officer.token","agencies_dir":"agencies"}}"#,
        )
        .unwrap();
        let profile = Profile::read(&local.join("stack.json")).unwrap();
        (folder, profile)
    }

    #[test]
    fn paths_start_at_its_own_folder() {
        let (folder, profile) = stack();
        let local = folder.path().join(".local");
        assert_eq!(profile.ca, Some(local.join("ca.pem")));
        assert_eq!(profile.token_file("officer").unwrap(), local.join("officer.token"));
        assert_eq!(profile.token_file("police").unwrap(), local.join("agencies/police.token"));
    }

    #[test]
    fn an_unknown_caller_is_told_who_there_is() {
        let (_folder, profile) = stack();
        let error = profile.token_file("polic").unwrap_err();
        assert!(error.lines().join("\n").contains("police, traffic_police, officer"), "{error}");
        assert!(profile.token_file("../officer").is_err());
        assert!(profile.token_file(AGENCIES_FOLDER).is_err());
    }

    #[test]
    fn it_is_found_from_below_and_from_the_program() {
        let (folder, profile) = stack();
        let below = folder.path().join("services/command");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(Profile::find(&below, None), Some(profile.file.clone()));
        let elsewhere = tempfile::tempdir().unwrap();
        let program = folder.path().join("target/debug/fengqiao");
        assert_eq!(Profile::find(elsewhere.path(), Some(&program)), Some(profile.file));
    }
}
