//! Which sources are told by webhook what became of their reports: `sources.toml` in the county's folder, and files
//! that an installation adds. Secrets lie in files of their own.

use std::{collections::BTreeMap, path::Path};

use fengqiao_county::{Counties, Mistake, Mistakes, line_at};
use fengqiao_proto::types::v1::Source;
use fengqiao_webhook::{Address, county_meant};
use serde::Deserialize;
use toml::Spanned;

/// A webhook of one source.
#[derive(Debug, Clone)]
pub struct SourceWebhook {
    /// The county's 6-digit code.
    pub county: String,
    /// The source.
    pub source: Source,
    /// Where its changes are posted, and what signs them.
    pub address: Address,
}

/// The webhooks of an installation, by county and source.
#[derive(Debug, Clone, Default)]
pub struct SourceWebhooks(BTreeMap<(String, i32), SourceWebhook>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    webhook: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Only needed in a file outside a county's folder.
    county: Option<String>,
    /// The source's short name in any case, for instance `hotline_12345`.
    source: String,
    url: String,
    /// One file, or two while one secret takes the place of the other; relative to the file that names them.
    secret_files: Vec<String>,
    #[serde(default)]
    allow_private: bool,
}

impl SourceWebhooks {
    /// Reads those of the counties' folders, and of further files, whose entries take the place of the same in a
    /// folder.
    ///
    /// # Errors
    /// All mistakes of a file, each with line and reason.
    pub fn load(counties: &Counties, further: &[std::path::PathBuf]) -> Result<Self, Mistakes> {
        let mut webhooks = Self::default();
        for county in counties.iter() {
            let file = county.folder.join("sources.toml");
            if file.exists() {
                webhooks.add(&file, Some(&county.code), counties)?;
            }
        }
        let codes = counties.codes();
        let only = if let [only] = codes.as_slice() { Some(only.as_str()) } else { None };
        for file in further {
            webhooks.add(file, only, counties)?;
        }
        Ok(webhooks)
    }

    fn add(&mut self, file: &Path, county: Option<&str>, counties: &Counties) -> Result<(), Mistakes> {
        let text = std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?;
        let entries: File = toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_at(&text, span.start));
            Mistake::new(file, line, e.message())
        })?;
        let (mut mistakes, mut seen) = (Vec::new(), BTreeMap::new());
        for entry in entries.webhook {
            let line = line_at(&text, entry.span().start);
            match check(entry.into_inner(), file, county, counties) {
                Ok(webhook) => {
                    let key = (webhook.county.clone(), i32::from(webhook.source));
                    if seen.insert(key, webhook).is_some() {
                        mistakes.push(Mistake::new(file, line, "the source has a webhook already"));
                    }
                }
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        self.0.append(&mut seen);
        Ok(())
    }

    /// All webhooks, ordered by county and source.
    pub fn iter(&self) -> impl Iterator<Item = &SourceWebhook> {
        self.0.values()
    }
}

fn check(
    entry: Entry,
    file: &Path,
    county: Option<&str>,
    counties: &Counties,
) -> Result<SourceWebhook, String> {
    let county = county_meant(entry.county, county)?;
    if counties.get(&county).is_none() {
        return Err(format!("county {county} is not served here"));
    }
    let source = Source::from_str_name(&format!("SOURCE_{}", entry.source.to_ascii_uppercase()))
        .filter(|source| *source != Source::Unspecified)
        .ok_or_else(|| format!("source {} is none of the known ones", entry.source))?;
    if !(1..=2).contains(&entry.secret_files.len()) {
        return Err("secret_files must name one file, or two during a rotation".to_owned());
    }
    let secrets: Vec<&str> = entry.secret_files.iter().map(String::as_str).collect();
    let address = Address::read(&entry.url, entry.allow_private, "secret_files", &secrets, file)?;
    Ok(SourceWebhook { county, source, address })
}

#[cfg(test)]
mod tests {
    use fengqiao_stack::StackPlan;

    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Vec<(u64, String)>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("now"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let file = folder.path().join("sources.toml");
        std::fs::write(&file, text).unwrap();
        let counties = Counties::load(&[StackPlan::sample_county()]).unwrap();
        let told = |webhook: &SourceWebhook| {
            let secrets = webhook.address.secrets.len();
            format!("{} {} {secrets}", webhook.county, webhook.source.as_str_name())
        };
        SourceWebhooks::load(&counties, &[file])
            .map(|webhooks| webhooks.iter().map(told).collect())
            .map_err(|mistakes| mistakes.0.into_iter().map(|one| (one.line, one.reason)).collect())
    }

    #[test]
    fn a_webhook_has_one_secret_or_two() {
        let text = |secrets: &str| {
            format!(
                "[[webhook]]\nsource = 'hotline_12345'\nurl = 'https://h.example.gov.cn/'\nsecret_files = {secrets}\n"
            )
        };
        assert_eq!(read(&text("['now']")).unwrap(), ["421181 SOURCE_HOTLINE_12345 1"]);
        assert_eq!(read(&text("['now', 'now']")).unwrap(), ["421181 SOURCE_HOTLINE_12345 2"]);
        assert!(read(&text("[]")).unwrap_err()[0].1.contains("one file, or two"));
    }

    #[test]
    fn each_mistake_is_named_by_its_line() {
        let entry = |source: &str, url: &str| {
            format!("[[webhook]]\nsource = '{source}'\nurl = '{url}'\nsecret_files = ['now']\n\n")
        };
        let wrong = read(&format!(
            "{}{}{}",
            entry("telegraph", "https://h.example.gov.cn/"),
            entry("grid", "http://h.example.gov.cn/"),
            entry("court", "https://h.example.gov.cn/")
        ));
        assert_eq!(wrong.unwrap_err().iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 6]);
        let county = read(
            "[[webhook]]\ncounty = '999999'\nsource = 'grid'\nurl = 'https://h.example.gov.cn/'\nsecret_files = ['now']\n",
        );
        assert!(county.unwrap_err()[0].1.contains("999999"));
    }
}
