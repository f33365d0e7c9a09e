//! `stack.json`: where a running stack is found, for the `fengqiao` command and for people's own programs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{StackError, private_file::write_private};

/// Where a running stack is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDescription {
    /// The county's 6-digit code.
    pub county: String,
    /// The county's configuration folder.
    pub county_folder: PathBuf,
    /// The certificate of the authority that signed the services'.
    pub ca: PathBuf,
    /// gRPC of each service.
    pub services: BTreeMap<String, String>,
    /// HTTP/JSON of the services that have it.
    #[serde(default)]
    pub http: BTreeMap<String, String>,
    /// The agency desk's address.
    #[serde(default)]
    pub desk: Option<String>,
    /// The county board's address.
    #[serde(default)]
    pub board: Option<String>,
    /// Metrics and health of each service.
    pub ops: BTreeMap<String, String>,
    /// The file of each caller's token; `agencies_dir` is a folder with one for each agency.
    pub tokens: BTreeMap<String, PathBuf>,
    /// The process that keeps the stack.
    pub pid: u32,
}

impl StackDescription {
    /// The file below a stack's folder.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("stack.json")
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), StackError> {
        let text =
            serde_json::to_string_pretty(self).map_err(|error| StackError::Invalid(error.to_string()))?;
        write_private(&Self::path(folder), &text)
    }

    /// Reads that of a running stack.
    ///
    /// # Errors
    /// Where there is none, or it is damaged.
    pub fn read(folder: &Path) -> Result<Self, StackError> {
        let path = Self::path(folder);
        let text = std::fs::read_to_string(&path).map_err(StackError::file(&path))?;
        serde_json::from_str(&text)
            .map_err(|error| StackError::Invalid(format!("{}: {error}", path.display())))
    }

    /// The token of a caller: `officer`, `source-…`, or an agency's code.
    ///
    /// # Errors
    /// Where there is none.
    pub fn token(&self, caller: &str) -> Result<String, StackError> {
        let path = match (self.tokens.get(caller), self.tokens.get("agencies_dir")) {
            (Some(file), _) => file.clone(),
            (None, Some(folder)) => folder.join(format!("{caller}.token")),
            (None, None) => return Err(StackError::Invalid(format!("no token of {caller}"))),
        };
        Ok(std::fs::read_to_string(&path).map_err(StackError::file(path))?.trim().to_owned())
    }
}
