//! How much each evidence weighs.

use serde::{Deserialize, Serialize};

/// How much each evidence weighs, and from when on reports belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Which weights these are; kept with what they decided.
    pub version: String,
}

/// The weights could not be read.
#[derive(Debug, thiserror::Error)]
#[error("weights: {0}")]
pub struct WeightsError(#[from] toml::de::Error);

impl Weights {
    /// The weights that come with the program.
    #[must_use]
    pub fn shipped() -> Self {
        Self { version: "1".to_owned() }
    }

    /// Reads weights from a county's file.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn read(text: &str) -> Result<Self, WeightsError> {
        Ok(toml::from_str(text)?)
    }
}
