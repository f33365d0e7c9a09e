//! A county's `forms/kinds.toml`, checked when it is loaded. What it leaves out is as shipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fengqiao_calendar::Limit;
use fengqiao_county::{Mistake, Mistakes, csv_rows, line_at, read_text};
use fengqiao_proto::types::v1::FormKind;
use serde::Deserialize;
use toml::Spanned;

use crate::{
    DataClass, DirectoryKind, FieldRule, FormRule, LevelLimits, Numbering, RecipientKind, Recipients,
    SeriesPattern, Template,
    rules::{all_kinds, kind_of, word_of},
};

/// The folder of forms in a county's folder.
pub const FORMS_FOLDER: &str = "forms";
/// The county's file of kinds in it.
pub const KINDS_FILE: &str = "kinds.toml";

/// The county's agencies: by them a slip of the pen among the recipients is found, and who can be written to.
const AGENCIES_FILE: &str = "agencies.csv";

const SHIPPED: &str = include_str!("../default/kinds.toml");
/// A form with more fields is not one form.
const MOST_FIELDS: usize = 40;
/// Titles, labels, prefixes and versions are short.
const MOST_CHARACTERS: usize = 60;

/// The forms of a county.
#[derive(Debug, Clone)]
pub struct CountyForms {
    /// The version of the county's file.
    pub version: String,
    /// Who sees what.
    pub recipients: Recipients,
    kinds: BTreeMap<i32, FormRule>,
    issuers: BTreeMap<String, Issuer>,
    agencies: BTreeMap<String, KnownAgency>,
}

/// In whose name forms are issued.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The name, as it stands in the head and at the seal's place.
    pub name: String,
    /// What its numbers begin with (机关代字).
    pub prefix: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: Option<String>,
    #[serde(default)]
    issuers: BTreeMap<String, Spanned<Issuer>>,
    #[serde(default)]
    kinds: BTreeMap<String, Spanned<RawKind>>,
    #[serde(default)]
    recipients: BTreeMap<String, Spanned<RawRecipient>>,
}

/// An agency of the county's folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownAgency {
    code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DirectoryKind,
}

#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
struct RawKind {
    title: Option<String>,
    template: Option<String>,
    template_version: Option<String>,
    series: Option<String>,
    by_hand: Option<bool>,
    recipients: Option<BTreeSet<String>>,
    sign: Option<BTreeMap<String, Limit>>,
    answer: Option<BTreeMap<String, Limit>>,
    fields: Option<Vec<RawField>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawField {
    key: String,
    label: String,
    #[serde(default)]
    required: bool,
    class: Option<DataClass>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawRecipient {
    #[serde(default)]
    agencies: BTreeSet<String>,
    #[serde(default)]
    kinds: BTreeSet<DirectoryKind>,
    sees: BTreeSet<DataClass>,
}

impl CountyForms {
    /// Reads the forms of a county's folder. `desk` is the agency in whose name forms are issued where nobody else
    /// is named; `name` is the county's, for a county that says nothing of its own.
    ///
    /// # Errors
    /// All mistakes, each with file, line and reason.
    pub fn load(county_folder: &Path, desk: &str, name: &str) -> Result<Self, Mistakes> {
        let folder = county_folder.join(FORMS_FOLDER);
        let path = folder.join(KINDS_FILE);
        let text = read_text(&path)?.unwrap_or_default();
        let own: RawFile = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_at(&text, span.start));
            Mistake::new(&path, line, error.message())
        })?;
        let shipped: RawFile = toml::from_str(SHIPPED)
            .map_err(|error| Mistake::new(Path::new("(shipped) kinds.toml"), 0, error.message()))?;
        let agencies = county_folder.join(AGENCIES_FILE);
        let agencies = if agencies.exists() { csv_rows::<KnownAgency>(&agencies)? } else { Vec::new() };
        let agencies = agencies.into_iter().map(|row| (row.value.code.clone(), row.value)).collect();
        let mut reading =
            Reading { path: &path, folder: &folder, text: &text, agencies, mistakes: Vec::new() };
        let forms = reading.read(own, shipped, desk, name);
        match forms {
            Some(forms) if reading.mistakes.is_empty() => Ok(forms),
            _ => Err(Mistakes(reading.mistakes)),
        }
    }

    /// What holds for a kind.
    #[must_use]
    pub fn rule(&self, kind: FormKind) -> Option<&FormRule> {
        self.kinds.get(&(kind as i32))
    }

    /// All kinds, in the contract's order.
    pub fn rules(&self) -> impl Iterator<Item = &FormRule> {
        self.kinds.values()
    }

    /// In whose name an agency issues; none where it issues nothing.
    #[must_use]
    pub fn issuer(&self, agency: &str) -> Option<&Issuer> {
        self.issuers.get(agency)
    }

    /// An agency of the county's folder; others have come since it was read.
    #[must_use]
    pub fn agency(&self, code: &str) -> Option<&KnownAgency> {
        self.agencies.get(code)
    }

    /// Of which kind of recipients an agency is, by what the directory says it is now, else by the county's folder. Who
    /// is neither is outside, and sees what those see.
    #[must_use]
    pub fn recipient(&self, agency: &str, said: &str) -> &RecipientKind {
        let kind = match DirectoryKind::of(said) {
            None if said.is_empty() => self.agency(agency).map(|agency| agency.kind),
            said => said,
        };
        self.recipients.of_agency(agency, kind)
    }

    /// How an issuer's forms of a kind are numbered in a year; none where it issues nothing.
    #[must_use]
    pub fn numbering(&self, kind: FormKind, issuer: &str, year: i16) -> Option<Numbering> {
        Some(self.rule(kind)?.series.of(&self.issuer(issuer)?.prefix, year))
    }
}

/// Reading one county's file.
struct Reading<'a> {
    path: &'a Path,
    folder: &'a Path,
    text: &'a str,
    /// All agencies of the county's folder.
    agencies: BTreeMap<String, KnownAgency>,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn read(&mut self, own: RawFile, shipped: RawFile, desk: &str, name: &str) -> Option<CountyForms> {
        let version = own.version.or(shipped.version).unwrap_or_default();
        self.short(0, "version", &version);
        let mut issuers = BTreeMap::new();
        for (code, issuer) in own.issuers {
            let line = self.line(&issuer);
            let issuer = issuer.into_inner();
            self.short(line, &format!("issuers.{code}.name"), &issuer.name);
            self.short(line, &format!("issuers.{code}.prefix"), &issuer.prefix);
            issuers.insert(code, issuer);
        }
        issuers.entry(desk.to_owned()).or_insert_with(|| Issuer {
            name: format!("{name}社会治安综合治理中心"),
            prefix: format!("{}综治", name.chars().next().map(String::from).unwrap_or_default()),
        });
        if let Some((code, other)) = twin(&issuers) {
            self.mistake(
                0,
                format!("issuers.{code} and issuers.{other} have the same prefix: numbers would double"),
            );
        }
        let recipients = self.recipients(own.recipients, shipped.recipients);
        let mut own_kinds = own.kinds;
        let mut kinds = BTreeMap::new();
        for kind in all_kinds() {
            let word = word_of(kind);
            let own = own_kinds.remove(&word);
            let line = own.as_ref().map_or(0, |own| self.line(own));
            let own = own.map(Spanned::into_inner).unwrap_or_default();
            let base = shipped.kinds.get(&word).map(|kind| kind.get_ref().clone()).unwrap_or_default();
            if let Some(rule) = self.kind(kind, line, own, base, recipients.as_ref()) {
                kinds.insert(kind as i32, rule);
            }
        }
        for (word, kind) in &own_kinds {
            let line = self.line(kind);
            let known: Vec<String> = all_kinds().map(word_of).collect();
            debug_assert!(kind_of(word).is_none());
            self.mistake(line, format!("kinds.{word} is no kind of forms; there are {}", known.join(", ")));
        }
        let agencies = std::mem::take(&mut self.agencies);
        Some(CountyForms { version, recipients: recipients?, kinds, issuers, agencies })
    }

    fn kind(
        &mut self,
        kind: FormKind,
        line: u64,
        own: RawKind,
        base: RawKind,
        recipients: Option<&Recipients>,
    ) -> Option<FormRule> {
        let before = self.mistakes.len();
        let key = |name: &str| format!("kinds.{}.{name}", word_of(kind));
        // A template of one's own has a version of one's own.
        if own.template.is_some() && own.template_version.is_none() {
            self.mistake(line, format!("{} goes with {}", key("template"), key("template_version")));
        }
        let title = own.title.or(base.title).unwrap_or_default();
        let version = own.template_version.or(base.template_version).unwrap_or_default();
        self.short(line, &key("title"), &title);
        self.short(line, &key("template_version"), &version);
        let series = own.series.or(base.series).unwrap_or_default();
        let series = self.held(line, &key("series"), SeriesPattern::read(&series));
        let template = own.template.or(base.template).unwrap_or_default();
        let template = self.held(line, &key("template"), Template::read(self.folder, &template, &version));
        let sign = own.sign.or(base.sign).unwrap_or_default();
        let sign = self.held(line, &key("sign"), LevelLimits::read(&sign));
        let answer = own.answer.or(base.answer).unwrap_or_default();
        let answer = self.held(line, &key("answer"), LevelLimits::read(&answer));
        let goes_to = own.recipients.or(base.recipients).unwrap_or_default();
        if let Some(unknown) = recipients.and_then(|known| goes_to.iter().find(|name| !known.knows(name))) {
            self.mistake(line, format!("{}: there are no recipients.{unknown}", key("recipients")));
        }
        let fields = self.fields(line, &key("fields"), own.fields.or(base.fields).unwrap_or_default());
        if self.mistakes.len() > before {
            return None;
        }
        Some(FormRule {
            kind,
            title,
            series: series?,
            template: template?,
            by_hand: own.by_hand.or(base.by_hand).unwrap_or(false),
            fields,
            recipients: goes_to,
            sign: sign?,
            answer: answer?,
        })
    }

    fn fields(&mut self, line: u64, key: &str, raw: Vec<RawField>) -> Vec<FieldRule> {
        if raw.len() > MOST_FIELDS {
            self.mistake(line, format!("{key}: at most {MOST_FIELDS}"));
        }
        let mut seen = BTreeSet::new();
        for field in &raw {
            self.short(line, &format!("{key}.{}.label", field.key), &field.label);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if field.key.is_empty() || field.key.len() > MOST_CHARACTERS || !field.key.chars().all(plain) {
                self.mistake(line, format!("{key}: a key has small letters, digits and _"));
            }
            if !seen.insert(field.key.as_str()) {
                self.mistake(line, format!("{key}: {} is there twice", field.key));
            }
        }
        let rule = |RawField { key, label, required, class }| FieldRule { key, label, required, class };
        raw.into_iter().map(rule).collect()
    }

    fn recipients(
        &mut self,
        own: BTreeMap<String, Spanned<RawRecipient>>,
        shipped: BTreeMap<String, Spanned<RawRecipient>>,
    ) -> Option<Recipients> {
        let lines: BTreeMap<String, u64> =
            own.iter().map(|(name, kind)| (name.clone(), self.line(kind))).collect();
        for (name, kind) in &own {
            // Who is not found by its code is of another kind, and would see what that sees.
            if let Some(unknown) =
                kind.get_ref().agencies.iter().find(|code| !self.agencies.contains_key(*code))
            {
                self.mistake(lines[name], format!("recipients.{name}: {unknown} is not in {AGENCIES_FILE}"));
            }
        }
        let mut all = shipped;
        all.extend(own);
        let kinds = all
            .into_iter()
            .map(|(name, raw)| {
                let RawRecipient { agencies, kinds, sees } = raw.into_inner();
                let kind = RecipientKind { name: name.clone(), agencies, directory_kinds: kinds, sees };
                (name, kind)
            })
            .collect();
        match Recipients::check(kinds) {
            Ok(recipients) => Some(recipients),
            Err(found) => {
                for (name, reason) in found {
                    let line = lines.get(&name).copied().unwrap_or(0);
                    let at =
                        if name.is_empty() { "recipients".to_owned() } else { format!("recipients.{name}") };
                    self.mistake(line, format!("{at}: {reason}"));
                }
                None
            }
        }
    }

    fn held<T>(&mut self, line: u64, key: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|reason| self.mistake(line, format!("{key}: {reason}"))).ok()
    }

    fn short(&mut self, line: u64, key: &str, text: &str) {
        if text.trim().is_empty() || text.chars().count() > MOST_CHARACTERS {
            self.mistake(line, format!("{key} has 1 to {MOST_CHARACTERS} characters"));
        }
    }

    fn line<T>(&self, spanned: &Spanned<T>) -> u64 {
        line_at(self.text, spanned.span().start)
    }

    fn mistake(&mut self, line: u64, reason: String) {
        self.mistakes.push(Mistake::new(self.path, line, reason));
    }
}

/// Two issuers whose numbers would be written alike.
fn twin(issuers: &BTreeMap<String, Issuer>) -> Option<(&str, &str)> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    issuers
        .iter()
        .find_map(|(code, issuer)| seen.insert(&issuer.prefix, code).map(|other| (code.as_str(), other)))
}
