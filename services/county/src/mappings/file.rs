//! The form of the file, and what may be wrong with it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use fengqiao_proto::types::v1::{PartyRole, Source};
use jiff::{civil, fmt::strtime, tz::TimeZone};
use serde::Deserialize;
use toml::Spanned;

use super::{
    AreaMapping, CategoryMapping, Mapping, PartyMapping, RecordKind, Setting, Template,
    target::{has, kind_at},
};
use crate::{AreaTree, CategoryDictionary, Mistake, line_at, read_text};

/// The number of an item among those of its record, as a template names it.
const ITEM: &str = "#";
/// Times as systems write them, where the file names no forms of its own.
const USUAL_TIMES: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%:z",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y-%m-%d",
    "%Y/%m/%d",
];
const USUAL_YES: &[&str] = &["是", "1", "Y", "y", "true"];
const USUAL_NO: &[&str] = &["否", "0", "N", "n", "false"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    record: Spanned<RawKind>,
    source: Spanned<String>,
    set: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    party: Vec<RawParty>,
    area: Option<RawArea>,
    category: Option<RawCategory>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    own: Vec<String>,
    #[serde(default)]
    times: Vec<Spanned<String>>,
    yes: Option<Vec<String>>,
    no: Option<Vec<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Report,
    PoliceTaking,
    PoliceDispatch,
    PoliceFeedback,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParty {
    role: Spanned<String>,
    name: Option<Spanned<String>>,
    phone: Option<Spanned<String>>,
    id_number: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    code: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    default: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCategory {
    list: Spanned<String>,
    code: Option<Spanned<String>>,
    word: Option<Spanned<String>>,
    #[serde(default)]
    canonical: BTreeMap<String, Spanned<String>>,
}

pub(super) fn load(
    file: &Path,
    areas: &AreaTree,
    categories: &CategoryDictionary,
    mistakes: &mut Vec<Mistake>,
) -> Option<Mapping> {
    match read_text(file) {
        Ok(text) => read(file, &text.unwrap_or_default(), areas, categories, mistakes),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    }
}

pub(super) fn read(
    file: &Path,
    text: &str,
    areas: &AreaTree,
    categories: &CategoryDictionary,
    mistakes: &mut Vec<Mistake>,
) -> Option<Mapping> {
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            mistakes.push(Mistake::new(file, line, error.message()));
            return None;
        }
    };
    let mut reader = Reader { file, text, mistakes, used: HashSet::new() };
    let record = match raw.record.get_ref() {
        RawKind::Report => RecordKind::Report,
        RawKind::PoliceTaking => RecordKind::PoliceTaking,
        RawKind::PoliceDispatch => RecordKind::PoliceDispatch,
        RawKind::PoliceFeedback => RecordKind::PoliceFeedback,
    };
    let source = reader.source(&raw.source, record);
    let set = raw.set.iter().filter_map(|(path, text)| reader.setting(record, path, text)).collect();
    if !raw.party.is_empty() && !has(record, "parties") {
        reader.wrong(&raw.record, "such a record has no parties".to_owned());
    }
    let parties = raw.party.iter().filter_map(|party| reader.party(party)).collect();
    let area = raw.area.as_ref().map(|area| reader.area(area, areas));
    match (&area, has(record, "areaCode")) {
        (None, true) => reader.wrong(&raw.record, "such a record needs [area]".to_owned()),
        (Some(_), false) => reader.wrong(&raw.record, "such a record has no area".to_owned()),
        _ => {}
    }
    let category = raw.category.as_ref().map(|category| reader.category(category, categories));
    if category.is_some() && !has(record, "category") {
        reader.wrong(&raw.record, "such a record has no category".to_owned());
    }
    for form in &raw.times {
        reader.time_form(form);
    }
    let texts = |own: Option<Vec<String>>, usual: &[&str]| {
        own.unwrap_or_else(|| usual.iter().map(|text| (*text).to_owned()).collect())
    };
    let used = reader.used;
    let known = used.iter().chain(&raw.own).chain(raw.values.keys()).cloned().collect();
    Some(Mapping {
        name: file.file_stem()?.to_string_lossy().into_owned(),
        record,
        source: source?,
        set,
        parties,
        area,
        category,
        values: raw.values,
        times: if raw.times.is_empty() {
            USUAL_TIMES.iter().map(|form| (*form).to_owned()).collect()
        } else {
            raw.times.into_iter().map(Spanned::into_inner).collect()
        },
        yes: texts(raw.yes, USUAL_YES),
        no: texts(raw.no, USUAL_NO),
        known,
        used,
    })
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    mistakes: &'a mut Vec<Mistake>,
    used: HashSet<String>,
}

impl Reader<'_> {
    fn wrong<T>(&mut self, at: &Spanned<T>, reason: String) {
        self.mistakes.push(Mistake::new(self.file, line_at(self.text, at.span().start), reason));
    }

    fn source(&mut self, given: &Spanned<String>, record: RecordKind) -> Option<Source> {
        let source = Source::from_str_name(&format!("SOURCE_{}", given.get_ref()));
        match source.filter(|source| *source != Source::Unspecified) {
            Some(source) if record != RecordKind::Report && source != Source::Police110 => {
                self.wrong(given, "a record of the police comes from POLICE_110".to_owned());
                None
            }
            None => {
                self.wrong(given, format!("{} is none of the known sources", given.get_ref()));
                None
            }
            found => found,
        }
    }

    fn template(&mut self, given: &Spanned<String>) -> Option<Template> {
        match Template::read(given.get_ref()) {
            Ok(template) => {
                self.used.extend(template.fields().filter(|field| *field != ITEM).map(str::to_owned));
                Some(template)
            }
            Err(reason) => {
                self.wrong(given, reason);
                None
            }
        }
    }

    fn setting(&mut self, record: RecordKind, path: &str, given: &Spanned<String>) -> Option<Setting> {
        match kind_at(record, path) {
            Ok(kind) => {
                self.template(given).map(|template| Setting { path: path.to_owned(), kind, template })
            }
            Err(reason) => {
                self.wrong(given, reason);
                None
            }
        }
    }

    fn party(&mut self, raw: &RawParty) -> Option<PartyMapping> {
        let role = PartyRole::from_str_name(&format!("PARTY_ROLE_{}", raw.role.get_ref()))
            .filter(|role| *role != PartyRole::Unspecified);
        if role.is_none() {
            self.wrong(&raw.role, format!("{} is none of the known roles", raw.role.get_ref()));
        }
        let mut template =
            |given: &Option<Spanned<String>>| given.as_ref().and_then(|text| self.template(text));
        let (name, phone, id_number) = (template(&raw.name), template(&raw.phone), template(&raw.id_number));
        Some(PartyMapping { role: role?, name, phone, id_number })
    }

    fn area(&mut self, raw: &RawArea, areas: &AreaTree) -> AreaMapping {
        if areas.resolve(raw.default.get_ref()).is_none() {
            self.wrong(&raw.default, format!("{} is no area of the county", raw.default.get_ref()));
        }
        AreaMapping {
            code: raw.code.as_ref().and_then(|text| self.template(text)),
            name: raw.name.as_ref().and_then(|text| self.template(text)),
            default: raw.default.get_ref().clone(),
        }
    }

    fn category(&mut self, raw: &RawCategory, categories: &CategoryDictionary) -> CategoryMapping {
        if raw.list.get_ref().is_empty() || raw.list.get_ref().chars().count() > 64 {
            self.wrong(&raw.list, "list must have 1 to 64 characters".to_owned());
        }
        let mut canonical = HashMap::new();
        for (word, meant) in &raw.canonical {
            if categories.all().iter().any(|known| known.code == *meant.get_ref()) {
                canonical.insert(word.clone(), meant.get_ref().clone());
            } else {
                self.wrong(meant, format!("{} is no canonical category", meant.get_ref()));
            }
        }
        CategoryMapping {
            list: raw.list.get_ref().clone(),
            code: raw.code.as_ref().and_then(|text| self.template(text)),
            word: raw.word.as_ref().and_then(|text| self.template(text)),
            canonical,
        }
    }

    /// What it writes it must be able to read, with the whole of the day at least.
    fn time_form(&mut self, given: &Spanned<String>) {
        let sample =
            TimeZone::UTC.to_ambiguous_zoned_datetime(civil::date(2026, 11, 24).at(0, 0, 0, 0)).compatible();
        let day = sample.ok().and_then(|sample| {
            let written = strtime::format(given.get_ref(), &sample).ok()?;
            strtime::parse(given.get_ref(), written).ok()?.to_date().ok()
        });
        if day != Some(civil::date(2026, 11, 24)) {
            self.wrong(given, "must be the form of a time, as %Y-%m-%d %H:%M:%S".to_owned());
        }
    }
}
