//! What holds for one kind of forms in a county.

use std::collections::BTreeSet;

use fengqiao_proto::types::v1::FormKind;

use crate::{DataClass, LevelLimits, SeriesPattern, Template};

/// What holds for one kind of forms.
#[derive(Debug, Clone)]
pub struct FormRule {
    /// Which kind.
    pub kind: FormKind,
    /// The document's title.
    pub title: String,
    /// How it is numbered.
    pub series: SeriesPattern,
    /// How it looks.
    pub template: Template,
    /// Whether it can be issued by hand.
    pub by_hand: bool,
    /// Its fields, in their order.
    pub fields: Vec<FieldRule>,
    /// The kinds of recipients that can get it; any where it is empty.
    pub recipients: BTreeSet<String>,
    /// How long its recipient has to sign.
    pub sign: LevelLimits,
    /// How long its recipient has to answer.
    pub answer: LevelLimits,
}

/// A field of a kind of forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRule {
    /// Its key.
    pub key: String,
    /// Its label.
    pub label: String,
    /// Whether a form by hand needs it.
    pub required: bool,
    /// What personal data it may hold.
    pub class: Option<DataClass>,
}

impl FormRule {
    /// Whether a kind of recipients can get it.
    #[must_use]
    pub fn goes_to(&self, recipient: &str) -> bool {
        self.recipients.is_empty() || self.recipients.contains(recipient)
    }
}

/// The word of a kind in the county's file: the contract's, in small letters.
#[must_use]
pub fn word_of(kind: FormKind) -> String {
    kind.as_str_name().trim_start_matches("FORM_KIND_").to_ascii_lowercase()
}

/// The kind of a word.
pub(crate) fn kind_of(word: &str) -> Option<FormKind> {
    let name = format!("FORM_KIND_{}", word.to_ascii_uppercase());
    FormKind::from_str_name(&name).filter(|kind| *kind != FormKind::Unspecified && word_of(*kind) == word)
}

/// All kinds of the contract.
pub(crate) fn all_kinds() -> impl Iterator<Item = FormKind> {
    (1..).map_while(|number| FormKind::try_from(number).ok())
}
