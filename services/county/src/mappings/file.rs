//! The form of the file, and what may be wrong with it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use fengqiao_proto::{
    json::short_name,
    types::v1::{PartyRole, Source},
};
use jiff::{civil, fmt::strtime, tz::TimeZone};
use prost_reflect::{EnumDescriptor, EnumValueDescriptor};
use serde::Deserialize;
use toml::Spanned;

use super::{
    AreaMapping, CategoryMapping, Entries, ListMapping, Mapping, PART, PartyMapping, RecordKind, Setting,
    Template,
    target::{Target, entry_at, has, target_at, target_in},
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
/// The most columns of one kind that are told apart by their numbers.
const MOST_NUMBERED: u32 = 50;
/// The part of a report's details that only the hotline has.
const OF_THE_HOTLINE: &str = "details.hotlineTicket";
const USUAL_YES: &[&str] = &["是", "1", "Y", "y", "true"];
const USUAL_NO: &[&str] = &["否", "0", "N", "n", "false"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    record: Spanned<RawKind>,
    source: Spanned<String>,
    set: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    list: Vec<RawList>,
    #[serde(default)]
    meaning: BTreeMap<String, BTreeMap<String, Spanned<String>>>,
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
    Activity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    into: Spanned<String>,
    when: Option<Spanned<String>>,
    each: Option<Spanned<String>>,
    numbered: Option<Spanned<u32>>,
    set: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParty {
    role: Spanned<String>,
    unless: Option<Spanned<String>>,
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
    let texts = |own: Option<Vec<String>>, usual: &[&str]| {
        own.unwrap_or_else(|| usual.iter().map(|text| (*text).to_owned()).collect())
    };
    let (yes, no) = (texts(raw.yes, USUAL_YES), texts(raw.no, USUAL_NO));
    let mut reader = Reader { file, text, mistakes, used: HashSet::new(), meaning: raw.meaning, yes, no };
    let record = match raw.record.get_ref() {
        RawKind::Report => RecordKind::Report,
        RawKind::PoliceTaking => RecordKind::PoliceTaking,
        RawKind::PoliceDispatch => RecordKind::PoliceDispatch,
        RawKind::PoliceFeedback => RecordKind::PoliceFeedback,
        RawKind::Activity => RecordKind::Activity,
    };
    let source = reader.source(&raw.source, record);
    for (path, at) in raw.set.iter().chain(raw.list.iter().map(|list| (list.into.get_ref(), &list.into))) {
        if path.starts_with(OF_THE_HOTLINE) && source.is_some_and(|source| source != Source::Hotline12345) {
            reader.wrong(at, format!("{path} comes from HOTLINE_12345 only"));
        }
    }
    let set = raw.set.iter().filter_map(|(path, text)| {
        let target = target_at(record, path);
        reader.setting(target, (path, path), text)
    });
    let set = set.collect();
    let lists = raw.list.iter().flat_map(|list| reader.list(record, list)).collect();
    reader.all_meanings_are_used(raw.set.keys(), &raw.list);
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
    let known = reader.used.iter().chain(&raw.own).chain(raw.values.keys()).cloned().collect();
    Some(Mapping {
        name: file.file_stem()?.to_string_lossy().into_owned(),
        record,
        source: source?,
        set,
        lists,
        parties,
        area,
        category,
        values: raw.values,
        times: if raw.times.is_empty() {
            USUAL_TIMES.iter().map(|form| (*form).to_owned()).collect()
        } else {
            raw.times.into_iter().map(Spanned::into_inner).collect()
        },
        yes: reader.yes,
        no: reader.no,
        known,
    })
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    mistakes: &'a mut Vec<Mistake>,
    used: HashSet<String>,
    /// By path: what the source's words mean.
    meaning: BTreeMap<String, BTreeMap<String, Spanned<String>>>,
    yes: Vec<String>,
    no: Vec<String>,
}

impl Reader<'_> {
    fn wrong<T>(&mut self, at: &Spanned<T>, reason: String) {
        self.mistakes.push(Mistake::new(self.file, line_at(self.text, at.span().start), reason));
    }

    fn source(&mut self, given: &Spanned<String>, record: RecordKind) -> Option<Source> {
        let source = Source::from_str_name(&format!("SOURCE_{}", given.get_ref()));
        match source.filter(|source| *source != Source::Unspecified) {
            Some(source)
                if !matches!(record, RecordKind::Report | RecordKind::Activity)
                    && source != Source::Police110 =>
            {
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
        let template = self.unused(given)?;
        if template.fields().any(|field| field == PART) {
            self.wrong(given, "{.} is one of those that a [[list]] has by `each`".to_owned());
            return None;
        }
        self.uses(&template);
        Some(template)
    }

    fn unused(&mut self, given: &Spanned<String>) -> Option<Template> {
        Template::read(given.get_ref()).map_err(|reason| self.wrong(given, reason)).ok()
    }

    fn uses(&mut self, template: &Template) {
        self.used.extend(template.fields().filter(|field| ![ITEM, PART].contains(field)).map(str::to_owned));
    }

    /// What is set at a path; `whole` is the path in the whole message.
    fn setting(
        &mut self,
        target: Result<Target, String>,
        (path, whole): (&str, &str),
        given: &Spanned<String>,
    ) -> Option<Setting> {
        let template = self.template(given)?;
        self.setting_of(target, (path, whole), given, template)
    }

    fn setting_of(
        &mut self,
        target: Result<Target, String>,
        (path, whole): (&str, &str),
        given: &Spanned<String>,
        template: Template,
    ) -> Option<Setting> {
        match target {
            Ok(Target { kind, words }) => {
                let words = words.map(|of| self.words(&of, whole)).unwrap_or_default();
                Some(Setting { path: path.to_owned(), kind, template, words })
            }
            Err(reason) => {
                self.wrong(given, reason);
                None
            }
        }
    }

    /// What each word of the source means in the contract's words. Those themselves are always known; yes and no, where
    /// the contract has both, by the file's `yes` and `no`.
    fn words(&mut self, of: &EnumDescriptor, path: &str) -> HashMap<String, String> {
        let none = of.default_value();
        let full = |value: EnumValueDescriptor| value.name().to_owned();
        let short: BTreeMap<String, String> = of
            .values()
            .map(|value| (short_name(value.name(), none.name()).to_owned(), full(value)))
            .collect();
        let own: HashMap<String, String> = short
            .clone()
            .into_iter()
            .chain(of.values().map(|value| (full(value.clone()), full(value))))
            .collect();
        let mut words = own.clone();
        if let (Some(yes), Some(no)) = (short.get("YES"), short.get("NO")) {
            words.extend(self.yes.iter().map(|word| (word.clone(), yes.clone())));
            words.extend(self.no.iter().map(|word| (word.clone(), no.clone())));
        }
        let mut wrong = Vec::new();
        for (word, meant) in self.meaning.get(path).into_iter().flatten() {
            match own.get(meant.get_ref()) {
                Some(full) => drop(words.insert(word.clone(), full.clone())),
                None => wrong.push(meant.clone()),
            }
        }
        for meant in wrong {
            let known: Vec<&str> = short.keys().map(String::as_str).collect();
            self.wrong(&meant, format!("{} is none of {}", meant.get_ref(), known.join(", ")));
        }
        words
    }

    /// Words that are given for nothing would be missed silently.
    fn all_meanings_are_used<'a>(&mut self, set: impl Iterator<Item = &'a String>, lists: &[RawList]) {
        let in_lists = lists
            .iter()
            .flat_map(|list| list.set.keys().map(move |path| format!("{}.{path}", list.into.get_ref())));
        let set: HashSet<String> = set.cloned().chain(in_lists).collect();
        let lost = self.meaning.iter().filter(|(path, _)| !set.contains(*path));
        let lost: Vec<_> = lost.map(|(path, words)| (path.clone(), words.values().next().cloned())).collect();
        for (path, word) in lost {
            let at = word.unwrap_or_else(|| Spanned::new(0..0, String::new()));
            self.wrong(&at, format!("{path} has meanings and is set nowhere"));
        }
    }

    /// The entries of a list: of those that are told apart by numbers each by itself.
    fn list(&mut self, record: RecordKind, raw: &RawList) -> Vec<ListMapping> {
        let path = raw.into.get_ref();
        let entry = match entry_at(record, path) {
            Ok(entry) => entry,
            Err(reason) => {
                self.wrong(&raw.into, reason);
                return Vec::new();
            }
        };
        let (given, several) = match (&raw.when, &raw.each) {
            (Some(when), None) => (when, false),
            (None, Some(each)) => (each, true),
            _ => {
                self.wrong(&raw.into, "a list has either `when` or `each`".to_owned());
                return Vec::new();
            }
        };
        if let Some(most) = raw.numbered.as_ref().filter(|most| !(1..=MOST_NUMBERED).contains(most.get_ref()))
        {
            self.wrong(most, format!("numbered must be 1 to {MOST_NUMBERED}"));
            return Vec::new();
        }
        let Some(template) = self.unused(given) else { return Vec::new() };
        let mut settings = Vec::with_capacity(raw.set.len());
        for (sub, given) in &raw.set {
            let Some(template) = self.unused(given) else { continue };
            if !several && template.fields().any(|field| field == PART) {
                self.wrong(given, "{.} is one of those that a [[list]] has by `each`".to_owned());
            }
            let target = target_in(&entry, sub);
            settings.extend(self.setting_of(target, (sub, &format!("{path}.{sub}")), given, template));
        }
        let numbers: Vec<Option<u32>> = match &raw.numbered {
            Some(most) => (1..=*most.get_ref()).map(Some).collect(),
            None => vec![None],
        };
        numbers.into_iter().map(|number| self.numbered(path, several, number, &template, &settings)).collect()
    }

    fn numbered(
        &mut self,
        path: &str,
        several: bool,
        number: Option<u32>,
        template: &Template,
        settings: &[Setting],
    ) -> ListMapping {
        let of_number = |template: &Template| match number {
            Some(number) => template.numbered(number),
            None => template.clone(),
        };
        let template = of_number(template);
        self.uses(&template);
        let set: Vec<Setting> = settings
            .iter()
            .map(|setting| Setting { template: of_number(&setting.template), ..setting.clone() })
            .collect();
        set.iter().for_each(|setting| self.uses(&setting.template));
        let entries = if several { Entries::Each(template) } else { Entries::When(template) };
        ListMapping { path: path.to_owned(), entries, set }
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
        let unless = template(&raw.unless);
        Some(PartyMapping { role: role?, unless, name, phone, id_number })
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
