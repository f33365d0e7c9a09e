//! Kinds of recipients, and what of people each sees.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A class of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// The people's names.
    Name,
    /// The people's numbers.
    Phone,
    /// The people's id numbers.
    IdNumber,
    /// Where it is.
    Address,
    /// What was told.
    Narrative,
    /// What the people need.
    Need,
    /// When and how they can be called without danger.
    SafeContactTime,
}

impl DataClass {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::Phone,
        Self::IdNumber,
        Self::Address,
        Self::Narrative,
        Self::Need,
        Self::SafeContactTime,
    ];

    /// Its word in the county's file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::IdNumber => "id_number",
            Self::Address => "address",
            Self::Narrative => "narrative",
            Self::Need => "need",
            Self::SafeContactTime => "safe_contact_time",
        }
    }
}

/// What an agency is, by the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryKind {
    /// The county's governance centre.
    Centre,
    /// A department of the county.
    Functional,
    /// A town or sub-district.
    Town,
    /// A town's justice office.
    Justice,
    /// A community (village) committee.
    Community,
}

impl DirectoryKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Centre, Self::Functional, Self::Town, Self::Justice, Self::Community];

    /// Its word in the directory and in the county's file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Functional => "functional",
            Self::Town => "town",
            Self::Justice => "justice",
            Self::Community => "community",
        }
    }

    /// By the directory's word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A kind of recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientKind {
    /// Its name.
    pub name: String,
    /// Agencies that are of it by their code.
    pub agencies: BTreeSet<String>,
    /// Kinds of the directory that are of it, where the code says nothing else.
    pub directory_kinds: BTreeSet<DirectoryKind>,
    /// What it sees.
    pub sees: BTreeSet<DataClass>,
}

/// All kinds of recipients of a county: each agency is of exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    kinds: BTreeMap<String, RecipientKind>,
    outside: RecipientKind,
}

/// Who is no agency: a household, a firm, another county.
pub const OUTSIDE: &str = "outside";

impl Recipients {
    /// Checks that each agency will be of exactly one kind.
    ///
    /// # Errors
    /// Each thing that would have to be true, with the name of the kind that it is about.
    pub(crate) fn check(kinds: BTreeMap<String, RecipientKind>) -> Result<Self, Vec<(String, String)>> {
        let mut mistakes = Vec::new();
        let mut agencies: BTreeMap<&str, &str> = BTreeMap::new();
        let mut directory: BTreeMap<DirectoryKind, &str> = BTreeMap::new();
        for kind in kinds.values() {
            for agency in &kind.agencies {
                if let Some(other) = agencies.insert(agency, &kind.name) {
                    mistakes.push((
                        kind.name.clone(),
                        format!("{agency} is a recipient of the kind {other} already"),
                    ));
                }
            }
            for of in &kind.directory_kinds {
                if let Some(other) = directory.insert(*of, &kind.name) {
                    let reason = format!("{} are recipients of the kind {other} already", of.word());
                    mistakes.push((kind.name.clone(), reason));
                }
            }
        }
        for missing in DirectoryKind::ALL.into_iter().filter(|kind| !directory.contains_key(kind)) {
            mistakes
                .push((String::new(), format!("no kind of recipients has kinds = [\"{}\"]", missing.word())));
        }
        let outside = kinds.get(OUTSIDE).cloned();
        if outside.is_none() {
            mistakes.push((
                String::new(),
                format!("the kind of recipients {OUTSIDE} is needed: who is no agency"),
            ));
        }
        match outside {
            Some(outside) if mistakes.is_empty() => Ok(Self { kinds, outside }),
            _ => Err(mistakes),
        }
    }

    /// Of which kind an agency is; outside where its code and its kind say nothing.
    #[must_use]
    pub fn of_agency(&self, code: &str, directory_kind: Option<DirectoryKind>) -> &RecipientKind {
        let by_code = self.kinds.values().find(|kind| kind.agencies.contains(code));
        let by_kind = || {
            let of = directory_kind?;
            self.kinds.values().find(|kind| kind.directory_kinds.contains(&of))
        };
        by_code.or_else(by_kind).unwrap_or(&self.outside)
    }

    /// Who is no agency.
    #[must_use]
    pub const fn outside(&self) -> &RecipientKind {
        &self.outside
    }

    /// All of them, ordered by name.
    pub fn all(&self) -> impl Iterator<Item = &RecipientKind> {
        self.kinds.values()
    }

    /// Whether there is a kind of this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.kinds.contains_key(name)
    }
}
