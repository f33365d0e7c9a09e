//! Templates, which say how a form looks: typst, in the county's folder or as shipped.

use std::{fs, path::Path, sync::Arc};

use sha2::{Digest as _, Sha256};

/// A template is at most so large; more is no template.
const MOST_BYTES: usize = 256 << 10;

const SHIPPED: &[(&str, &str)] = &[
    ("form.typ", include_str!("../default/form.typ")),
    ("letter.typ", include_str!("../default/letter.typ")),
];

/// How a kind of forms looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The file's name.
    pub name: String,
    /// Its version, by which forms remember it.
    pub version: String,
    /// The text.
    pub source: Arc<str>,
    /// The SHA-256 of the text.
    pub sha256: [u8; 32],
}

impl Template {
    /// A template of this text.
    #[must_use]
    pub fn new(name: &str, version: &str, source: &str) -> Self {
        let sha256 = Sha256::digest(source.as_bytes()).into();
        Self { name: name.to_owned(), version: version.to_owned(), source: source.into(), sha256 }
    }

    /// Reads a template from the county's folder of forms; the shipped one where that has none of the name.
    ///
    /// # Errors
    /// What would have to be true.
    pub(crate) fn read(folder: &Path, name: &str, version: &str) -> Result<Self, String> {
        if !name.ends_with(".typ") || name.contains(['/', '\\']) {
            return Err(format!("{name} is no file of this folder that ends with .typ"));
        }
        match fs::read_to_string(folder.join(name)) {
            Ok(source) if source.len() > MOST_BYTES => Err(format!("{name} is longer than 256 KiB")),
            Ok(source) => Ok(Self::new(name, version, &source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => SHIPPED
                .iter()
                .find(|(shipped, _)| *shipped == name)
                .map(|(_, source)| Self::new(name, version, source))
                .ok_or_else(|| format!("the template {name} is neither in this folder nor shipped")),
            Err(error) => Err(format!("{name}: {error}")),
        }
    }
}
