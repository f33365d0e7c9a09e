//! Which agencies get their pushes by webhook: `endpoints.toml` in the county's folder, and files that
//! an installation adds. Secrets lie in files of their own.

use std::{collections::BTreeMap, path::Path};

use fengqiao_county::{Mistake, Mistakes, line_at};
use fengqiao_webhook::{Address, county_meant};
use serde::Deserialize;
use toml::Spanned;

/// A webhook of one agency.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The county's 6-digit code.
    pub county: String,
    /// The agency's code in the directory.
    pub agency: String,
    /// Where its pushes are posted, and what signs them.
    pub address: Address,
}

/// The webhooks of an installation, by county and agency.
#[derive(Debug, Clone, Default)]
pub struct Endpoints(BTreeMap<(String, String), Endpoint>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    endpoint: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Only needed in a file outside a county's folder.
    county: Option<String>,
    agency: String,
    url: String,
    /// Relative to the file that names it.
    secret_file: Option<String>,
    /// While one takes the other's place: both sign.
    #[serde(default)]
    secret_files: Vec<String>,
    #[serde(default)]
    allow_private: bool,
}

impl Endpoints {
    /// Adds the endpoints of a file; one that is there already for an agency is replaced. `county` is
    /// the one meant where the file does not say it.
    ///
    /// # Errors
    /// All mistakes of the file, each with line and reason.
    pub fn add(&mut self, file: &Path, county: Option<&str>) -> Result<(), Mistakes> {
        let text = std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?;
        let entries: File = toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_at(&text, span.start));
            Mistake::new(file, line, e.message())
        })?;
        let mut mistakes = Vec::new();
        let mut seen = BTreeMap::new();
        for entry in entries.endpoint {
            let line = line_at(&text, entry.span().start);
            match check(entry.into_inner(), file, county) {
                Ok(endpoint) => {
                    let key = (endpoint.county.clone(), endpoint.agency.clone());
                    if seen.insert(key, endpoint).is_some() {
                        mistakes.push(Mistake::new(file, line, "the agency has an endpoint already"));
                    }
                }
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        if mistakes.is_empty() {
            self.0.append(&mut seen);
            Ok(())
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// An agency's endpoint.
    #[must_use]
    pub fn get(&self, county: &str, agency: &str) -> Option<&Endpoint> {
        self.0.get(&(county.to_owned(), agency.to_owned()))
    }

    /// All endpoints, ordered by county and agency.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.values()
    }
}

fn check(entry: Entry, file: &Path, county: Option<&str>) -> Result<Endpoint, String> {
    let county = county_meant(entry.county, county)?;
    if entry.agency.is_empty() {
        return Err("agency is empty".to_owned());
    }
    let (field, named) = match (&entry.secret_file, entry.secret_files.as_slice()) {
        (Some(one), []) => ("secret_file", vec![one.as_str()]),
        (None, [_] | [_, _]) => ("secret_files", entry.secret_files.iter().map(String::as_str).collect()),
        _ => return Err("either secret_file or one or two secret_files are needed".to_owned()),
    };
    let address = Address::read(&entry.url, entry.allow_private, field, &named, file)?;
    Ok(Endpoint { county, agency: entry.agency, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        folder
    }

    fn add(text: &str, county: Option<&str>) -> Result<Vec<String>, Vec<(u64, String)>> {
        let folder = folder();
        let file = folder.path().join("endpoints.toml");
        std::fs::write(&file, text).unwrap();
        let mut endpoints = Endpoints::default();
        endpoints
            .add(&file, county)
            .map(|()| {
                endpoints.iter().map(|e| format!("{} {} {}", e.county, e.agency, e.address.url)).collect()
            })
            .map_err(|m| m.0.into_iter().map(|m| (m.line, m.reason)).collect())
    }

    #[test]
    fn endpoints_are_read_with_their_secrets() {
        let text = "[[endpoint]]\nagency = 'court'\nurl = 'http://127.0.0.1:8099/hook'\nsecret_file = 'secret'\nallow_private = true\n";
        assert_eq!(add(text, Some("421181")).unwrap(), ["421181 court http://127.0.0.1:8099/hook"]);
        assert!(add(text, None).unwrap_err()[0].1.contains("county is needed"));
    }

    #[test]
    fn each_mistake_is_named_by_its_line() {
        let text = "[[endpoint]]\nagency = 'court'\nurl = 'https://10.0.0.1/'\nsecret_file = 'secret'\n\n\
                    [[endpoint]]\nagency = 'police'\nurl = 'https://hooks.example.gov.cn/'\nsecret_file = 'none'\n";
        let mistakes = add(text, Some("421181")).unwrap_err();
        assert_eq!(mistakes.iter().map(|m| m.0).collect::<Vec<_>>(), [1, 6]);
        assert!(mistakes[0].1.contains("private"), "{mistakes:?}");
        let unknown = add("[[endpoint]]\nagenci = 'court'\n", Some("421181")).unwrap_err();
        assert!(unknown[0].1.contains("agenci"), "{unknown:?}");
    }
}
