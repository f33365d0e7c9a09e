//! A record in its source's own fields becomes what intake takes, by a mapping of the county.
//!
//! What the mapping does not know refuses nothing: it is kept with the report and told, so that it is counted. So is
//! kept what nothing was made of: a field that another had said before it.

mod closed;
mod duty;
mod fitting;
mod lists;
mod ticket;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use closed::{unknown_category, unknown_source_category};

use fengqiao_county::{
    AreaMapping, CategoryDictionary, CategoryMapping, County, Entries, Mapping, PART, PartyMapping,
    RecordKind, Setting, TargetKind, Template,
};
use fengqiao_proto::{
    intake::v1::{Activity, ActivityKind, PoliceDispatch, PoliceFeedback, PoliceTaking, Report},
    json::from_json,
    types::v1::Party,
};
use jiff::{Timestamp, civil::Date, fmt::strtime, tz::TimeZone};
use prost::Name;
use serde_json::{Map, Value, json};

use super::{
    area::AreaCode,
    details::{MOST_OWN_FIELDS, OWN_NAME_LENGTH, OWN_VALUE_LENGTH},
    said_numbers, text,
    validation::{NAME_LENGTH, NAMES_NOTHING, TITLE_LENGTH, Violation},
};

/// What a record has become.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A report.
    Report(Box<Report>),
    /// A call that the police have taken.
    Taking(Box<PoliceTaking>),
    /// Officers are sent.
    Dispatch(Box<PoliceDispatch>),
    /// What came of it.
    Feedback(Box<PoliceFeedback>),
    /// What people did that is no report.
    Activity(Box<Activity>),
}

/// A record that was translated.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// What it has become.
    pub form: Form,
    /// From which of the source's fields each path of the form comes.
    pub origins: HashMap<String, String>,
    /// What the mapping does not know.
    pub unmapped: Vec<Unmapped>,
}

/// Something that a mapping does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unmapped {
    /// The source's field; [`ANY_FIELD`] for one that the mapping does not name.
    pub field: String,
    /// What it says, where that is a code or a short word of a closed list; nothing where it may be personal.
    pub code: Option<String>,
}

/// Stands for all fields that a mapping does not name: their names come from outside.
pub const ANY_FIELD: &str = "*";

/// What a translation must know besides.
pub struct Knowledge<'a> {
    /// The county's dictionary.
    pub categories: &'a CategoryDictionary,
    /// The code of the area that a code of any system names.
    pub area_of_code: &'a dyn Fn(&str) -> Option<String>,
    /// The code of the area that a name names.
    pub area_of_name: &'a dyn Fn(&str) -> Option<String>,
    /// In which times without a zone are.
    pub zone: &'a TimeZone,
    /// The day: an id number's birth is not after it.
    pub today: Date,
}

impl Knowledge<'_> {
    /// What a county knows on a day, given to `ask`.
    pub fn of<T>(county: &County, today: Date, ask: impl FnOnce(&Knowledge<'_>) -> T) -> T {
        let areas = county.areas.now();
        let area_of_code = |code: &str| areas.resolve(code).map(|_| code.to_owned());
        let area_of_name =
            |name: &str| areas.named(name).map(|area| AreaCode::of_area(&area.code).as_str().to_owned());
        ask(&Knowledge {
            categories: &county.categories,
            area_of_code: &area_of_code,
            area_of_name: &area_of_name,
            zone: &county.time_zone,
            today,
        })
    }
}

/// What the fields say.
pub type Fields = BTreeMap<String, String>;

/// The most fields of one record.
pub const MOST_FIELDS: usize = 200;
/// Whether its source keeps a report confidential.
const CONFIDENTIAL: &str = "confidential";
/// What was done, of an activity.
const KIND: &str = "kind";
/// Times without which a record is none: one that cannot be read is refused. Every other time or number that cannot be
/// read (不详, 2人, /) is kept as it was said.
const NEEDED: &[&str] = &["occurredAt", "calledAt", "begunAt"];

/// What a record is known by.
const NUMBERS: &[&str] = &["sourceRef", "number"];

/// Translates the fields of one record, or of one item of it; `ordinal` is the item's number, from 1.
///
/// # Errors
/// Each field that the record needs and that is not of its kind, by the source's name.
pub fn translate(
    mapping: &Mapping,
    fields: &Fields,
    ordinal: usize,
    knowledge: &Knowledge<'_>,
) -> Result<Mapped, Vec<Violation>> {
    if fields.len() > MOST_FIELDS {
        return Err(vec![Violation::new("fields", format!("must be at most {MOST_FIELDS}"))]);
    }
    let ordinal = ordinal.to_string();
    let mut translation = Translation {
        mapping,
        fields,
        ordinal: &ordinal,
        knowledge,
        body: Map::new(),
        origins: HashMap::new(),
        unmapped: Vec::new(),
        wrong: Vec::new(),
        kept: HashSet::new(),
        spoken: HashSet::new(),
    };
    translation.look_through_values();
    for setting in &mapping.set {
        translation.set(setting);
    }
    for list in &mapping.lists {
        translation.list(list);
    }
    if let Some(area) = &mapping.area {
        translation.area(area);
    }
    if let Some(category) = &mapping.category {
        translation.category(category);
    }
    let mut people = Vec::with_capacity(mapping.parties.len());
    for party in &mapping.parties {
        if let Some(person) = translation.party(party) {
            translation.say_whence(people.len(), party);
            people.push(person);
        }
    }
    translation.complete_ticket();
    translation.complete_activity();
    translation.keep_own();
    translation.finish(people)
}

struct Translation<'a> {
    mapping: &'a Mapping,
    fields: &'a Fields,
    ordinal: &'a str,
    knowledge: &'a Knowledge<'a>,
    body: Map<String, Value>,
    origins: HashMap<String, String>,
    unmapped: Vec<Unmapped>,
    wrong: Vec<Violation>,
    /// Fields that are kept although they are used.
    kept: HashSet<&'a str>,
    /// Fields of which something was made.
    spoken: HashSet<&'a str>,
}

/// What a field that is to be set says.
enum Said {
    Nothing,
    Value(Value),
    /// A word that is in none of the lists.
    Unknown(String),
    /// It is not of its kind; what would be right.
    Wrong(String),
}

impl<'a> Translation<'a> {
    /// What a field says, in the word of its code where it has a list of values; nothing where it is empty.
    fn say(&self, field: &str) -> Option<&'a str> {
        if field == "#" {
            return Some(self.ordinal);
        }
        let said = self.fields.get(field).map(|value| value.trim()).filter(|value| !value.is_empty())?;
        let word = self.mapping.values.get(field).and_then(|list| list.get(said));
        Some(word.map_or(said, String::as_str))
    }

    fn fill(&self, template: &Template) -> String {
        self.fill_with(template, None)
    }

    /// The same for an entry of a list, which may be one part of what a field says.
    fn fill_with(&self, template: &Template, part: Option<&str>) -> String {
        template.fill(&|field| if field == PART { part } else { self.say(field) })
    }

    fn fill_some(&self, template: Option<&Template>) -> String {
        template.map(|template| self.fill(template)).unwrap_or_default()
    }

    /// The fields that speak in a template.
    fn speakers(&self, template: &'a Template) -> Vec<&'a str> {
        template.speakers(&|field| self.say(field).is_some())
    }

    /// The field that a template speaks by: the first that says something, or the first of all.
    fn speaker(&self, template: &Template) -> String {
        let named = template.fields().find(|field| self.say(field).is_some());
        named.or_else(|| template.fields().next()).unwrap_or_default().to_owned()
    }

    /// Whether all that a template says of the record, besides which item of it this is, stands where there is no number.
    fn names_nothing(&self, template: &'a Template) -> bool {
        let mut said = self.speakers(template).into_iter().filter(|field| *field != "#").peekable();
        said.peek().is_some() && said.all(|field| self.say(field).is_some_and(text::names_nothing))
    }

    /// Something was made of what a template says.
    fn hear(&mut self, template: &'a Template) {
        let speakers = self.speakers(template);
        self.spoken.extend(speakers);
    }

    fn unknown(&mut self, field: &str, code: Option<String>) {
        self.unmapped.push(Unmapped { field: field.to_owned(), code });
    }

    /// What a template says cannot be used: its fields are kept as they are, and counted; with the value only where it
    /// is one of a closed list.
    fn set_aside(&mut self, template: &'a Template, of_list: Option<&str>) {
        let speakers = self.speakers(template);
        let code = of_list.filter(|_| speakers.len() == 1).and_then(closed::countable);
        for field in speakers {
            self.kept.insert(field);
            self.unknown(field, code.clone());
        }
    }

    /// What was to be set at a path is kept as the source's own, and counted.
    fn set_aside_path(&mut self, path: &str) {
        let mapping = self.mapping;
        for setting in mapping.set.iter().filter(|setting| setting.path == path) {
            self.set_aside(&setting.template, None);
        }
        for list in mapping.lists.iter().filter(|list| list.path == path) {
            let (Entries::When(template) | Entries::Each(template)) = &list.entries;
            self.set_aside(template, None);
            for setting in &list.set {
                self.set_aside(&setting.template, None);
            }
        }
    }

    fn look_through_values(&mut self) {
        let mapping = self.mapping;
        for (field, list) in &mapping.values {
            self.kept.insert(field);
            let Some(said) = self.fields.get(field).map(|said| said.trim()).filter(|said| !said.is_empty())
            else {
                continue;
            };
            if !list.contains_key(said) && !list.values().any(|word| word == said) {
                self.unknown(field, closed::countable(said));
            }
        }
    }

    fn set(&mut self, setting: &'a Setting) {
        let speaker = self.speaker(&setting.template);
        self.origins.insert(setting.path.clone(), speaker.clone());
        if NUMBERS.contains(&setting.path.as_str()) && self.names_nothing(&setting.template) {
            self.wrong.push(Violation::new(speaker, NAMES_NOTHING));
            return;
        }
        match self.read(setting, None) {
            Said::Nothing => {}
            Said::Value(value) => {
                self.hear(&setting.template);
                let value = self.fitting(&setting.path, value, &setting.template);
                insert(&mut self.body, &setting.path, value);
            }
            Said::Unknown(said) => {
                if setting.path == CONFIDENTIAL {
                    // Who says anything there that is not a no (保密, 不公开) does not want it open.
                    insert(&mut self.body, CONFIDENTIAL, Value::Bool(true));
                }
                if setting.path == KIND && self.mapping.record == RecordKind::Activity {
                    // It was done, whatever it is called.
                    insert(&mut self.body, KIND, Value::from(ActivityKind::Other.as_str_name()));
                }
                self.set_aside(&setting.template, Some(&said));
            }
            Said::Wrong(right) if NEEDED.contains(&setting.path.as_str()) => {
                self.wrong.push(Violation::new(speaker, right));
            }
            Said::Wrong(_) => self.set_aside(&setting.template, None),
        }
    }

    /// What fits of a value at a path; of what does not, the whole is kept.
    fn fitting(&mut self, path: &str, value: Value, template: &'a Template) -> Value {
        let Some(said) = value.as_str() else { return value };
        let Some(cut) = fitting::cut(path, said) else { return value };
        // A line end that has become a space is no loss.
        if cut.chars().count() < said.chars().count() {
            let speakers = self.speakers(template);
            self.kept.extend(speakers);
        }
        Value::String(cut)
    }

    /// What a setting says, of its kind; in an entry of a list `part` is the part that the entry is.
    fn read(&self, setting: &Setting, part: Option<&str>) -> Said {
        let said = self.fill_with(&setting.template, part);
        if said.is_empty() {
            return Said::Nothing;
        }
        match setting.kind {
            TargetKind::Text => Said::Value(Value::String(said)),
            TargetKind::TextOfList => {
                Said::Value(parts(&said).map(|part| Value::String(part.to_owned())).collect())
            }
            TargetKind::Truth => match (self.mapping.yes.contains(&said), self.mapping.no.contains(&said)) {
                (true, _) => Said::Value(Value::Bool(true)),
                (false, true) => Said::Value(Value::Bool(false)),
                (false, false) => Said::Unknown(said),
            },
            TargetKind::Word => match setting.words.get(&said) {
                Some(word) => Said::Value(Value::String(word.clone())),
                None => Said::Unknown(said),
            },
            TargetKind::Whole => match said.parse::<i32>() {
                Ok(number) if number >= 0 => Said::Value(Value::from(number)),
                _ => Said::Wrong("must be a whole number, 0 or more".to_owned()),
            },
            TargetKind::Number => match said.parse::<f64>() {
                Ok(number) if number.is_finite() => Said::Value(json!(number)),
                _ => Said::Wrong("must be a number".to_owned()),
            },
            TargetKind::Time => match self.time(&said) {
                Ok(at) => Said::Value(Value::String(at.to_string())),
                Err(right) => Said::Wrong(right),
            },
        }
    }

    fn time(&self, said: &str) -> Result<Timestamp, String> {
        let read = |form: &String| {
            let time = strtime::parse(form, said).ok()?;
            // With a zone of its own, or else in the county's.
            time.to_timestamp().ok().or_else(|| {
                let local =
                    time.to_datetime().or_else(|_| time.to_date().map(|day| day.at(0, 0, 0, 0))).ok()?;
                self.knowledge.zone.to_ambiguous_timestamp(local).compatible().ok()
            })
        };
        self.mapping.times.iter().find_map(read).ok_or_else(|| {
            let day = jiff::civil::date(2026, 11, 24).at(8, 0, 0, 0);
            let sample = self.knowledge.zone.to_ambiguous_zoned_datetime(day).compatible().ok();
            let form = self.mapping.times.first();
            let written = sample.zip(form).and_then(|(sample, form)| strtime::format(form, &sample).ok());
            format!("must be a time as {}", written.unwrap_or_default())
        })
    }

    fn area(&mut self, area: &'a AreaMapping) {
        let ways = [(&area.code, self.knowledge.area_of_code), (&area.name, self.knowledge.area_of_name)];
        let mut found = None;
        for (template, area_of) in ways {
            let Some(template) = template.as_ref().filter(|_| found.is_none()) else { continue };
            let said = self.fill(template);
            if said.is_empty() {
                continue;
            }
            found = area_of(&said);
            if found.is_some() { self.hear(template) } else { self.set_aside(template, None) }
        }
        let template = area.code.as_ref().or(area.name.as_ref());
        let origin = template.map(|template| self.speaker(template)).unwrap_or_default();
        self.origins.insert("areaCode".to_owned(), origin);
        self.body.insert("areaCode".to_owned(), Value::String(found.unwrap_or_else(|| area.default.clone())));
    }

    fn category(&mut self, category: &'a CategoryMapping) {
        let code = self.fill_some(category.code.as_ref());
        let word = self.fill_some(category.word.as_ref());
        if code.is_empty() && word.is_empty() {
            return;
        }
        for template in [&category.code, &category.word].into_iter().flatten() {
            self.hear(template);
        }
        let by_map = category.canonical.get(&code).or_else(|| category.canonical.get(&word)).cloned();
        let canonical = by_map.or_else(|| {
            let known = [&word, &code].into_iter().find_map(|said| self.knowledge.categories.known(said));
            known.map(|known| known.code.clone())
        });
        let template = category.code.as_ref().filter(|_| !code.is_empty()).or(category.word.as_ref());
        let field = template.map(|template| self.speaker(template)).unwrap_or_default();
        if canonical.is_none() {
            self.unknown(&field, closed::countable(if code.is_empty() { &word } else { &code }));
        }
        self.origins.insert("category".to_owned(), field);
        let own = json!({
            "list": category.list, "code": code, "word": word, "canonical": canonical.clone().unwrap_or_default(),
        });
        if self.mapping.record == RecordKind::Report {
            let said = if word.is_empty() { code } else { word };
            // The source's own word as long as the county's dictionary reads it in the same way.
            let read = self.knowledge.categories.canonical(&said).code.clone();
            let category = canonical.filter(|meant| *meant != read).unwrap_or(said);
            self.body.insert("category".to_owned(), Value::String(category));
            insert(&mut self.body, "details.sourceCategory", own);
        } else {
            self.body.insert("category".to_owned(), own);
        }
    }

    fn party(&mut self, party: &'a PartyMapping) -> Option<Party> {
        if !self.fill_some(party.unless.as_ref()).is_empty() {
            return None;
        }
        let mut name = self.fill_some(party.name.as_ref());
        if let Some(template) = &party.name {
            if text::single_line(&name, NAME_LENGTH).is_ok() {
                self.hear(template);
            } else {
                name.clear();
                self.set_aside(template, None);
            }
        }
        let person = said_numbers::of_party(
            Party {
                role: party.role.into(),
                name,
                phone: self.fill_some(party.phone.as_ref()),
                id_number: self.fill_some(party.id_number.as_ref()),
                ..Party::default()
            },
            self.knowledge.today,
        );
        let numbers = [(&party.phone, &person.phone_as_said), (&party.id_number, &person.id_number_as_said)];
        for (template, as_said) in numbers {
            match template {
                Some(template) if as_said.is_empty() => self.hear(template),
                // Kept under its own name, too, and counted.
                Some(template) => self.set_aside(template, None),
                None => {}
            }
        }
        let nobody = person.name.is_empty() && person.phone.is_empty() && person.id_number.is_empty();
        (!nobody).then_some(person)
    }

    /// What nothing was made of is kept under its own name, in the order of the names.
    fn keep_own(&mut self) {
        let mut own = Vec::new();
        let mut strange = false;
        for (name, value) in self.fields {
            strange |= !self.mapping.known.contains(name);
            let kept = !self.spoken.contains(name.as_str()) || self.kept.contains(name.as_str());
            if kept && !value.trim().is_empty() {
                self.check_own(name, value);
                own.push(json!({ "name": name, "value": value }));
            }
        }
        if strange {
            self.unknown(ANY_FIELD, None);
        }
        if own.len() > MOST_OWN_FIELDS {
            self.wrong.push(Violation::new(
                "fields",
                format!("must be at most {MOST_OWN_FIELDS} beside those that the mapping uses"),
            ));
        }
        if !own.is_empty() {
            let path = match self.mapping.record {
                RecordKind::Report => "details.ownFields",
                _ => "ownFields",
            };
            insert(&mut self.body, path, Value::Array(own));
        }
    }

    fn check_own(&mut self, name: &str, value: &str) {
        // The name comes from outside, so it is not repeated where it is wrong itself.
        if name.trim().is_empty() || text::single_line(name, OWN_NAME_LENGTH).is_err() {
            let right = format!("must be named on one line, with 1 to {OWN_NAME_LENGTH} characters");
            self.wrong.push(Violation::new("fields", right));
        } else if let Err(right) = text::lines(value, OWN_VALUE_LENGTH) {
            self.wrong.push(Violation::new(name, right));
        }
    }

    /// From where a person comes, by the place among those whom the record names.
    fn say_whence(&mut self, index: usize, party: &PartyMapping) {
        let parts = [("name", &party.name), ("phone", &party.phone), ("idNumber", &party.id_number)];
        for (part, template) in parts {
            if let Some(template) = template {
                self.origins.insert(format!("parties[{index}].{part}"), self.speaker(template));
            }
        }
    }

    fn finish(mut self, people: Vec<Party>) -> Result<Mapped, Vec<Violation>> {
        // A name that stands in the wrong column is nobody's word for a kind of matter.
        closed::without_names(&mut self.unmapped, &people);
        let body = Value::Object(std::mem::take(&mut self.body));
        let form = match self.mapping.record {
            RecordKind::Report => read::<Report>(body).map(|report| {
                Form::Report(Box::new(Report {
                    source: self.mapping.source.into(),
                    parties: people,
                    ..report
                }))
            }),
            RecordKind::Activity => read::<Activity>(body).map(|activity| {
                Form::Activity(Box::new(Activity { source: self.mapping.source.into(), ..activity }))
            }),
            RecordKind::PoliceTaking => read(body).map(|taking| Form::Taking(Box::new(taking))),
            RecordKind::PoliceDispatch => read(body).map(|dispatch| Form::Dispatch(Box::new(dispatch))),
            RecordKind::PoliceFeedback => read::<PoliceFeedback>(body)
                .map(|feedback| Form::Feedback(Box::new(PoliceFeedback { parties: people, ..feedback }))),
        };
        self.unmapped.sort();
        self.unmapped.dedup();
        match form {
            Ok(form) if self.wrong.is_empty() => {
                Ok(Mapped { form, origins: self.origins, unmapped: self.unmapped })
            }
            Ok(_) => Err(self.wrong),
            Err(violation) => {
                self.wrong.push(violation);
                Err(self.wrong)
            }
        }
    }
}

/// The mapping was checked against the contract, so only a value beyond its type's limits does not fit.
fn read<M: Name + Default>(body: Value) -> Result<M, Violation> {
    from_json(body).map_err(|_| Violation::new("fields", "must fit the fields that they are mapped to"))
}

/// Several in one field.
fn parts(said: &str) -> impl Iterator<Item = &str> {
    said.split([',', '，', ';', '；', '、', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

/// Puts a value at a path, with the objects on the way.
fn insert(body: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = body.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// A title of any text: on one line, cut where it is too long; the whole stands in the narrative or the own fields.
pub(super) fn on_one_line(text: &str) -> String {
    fitting::on_one_line(text, TITLE_LENGTH)
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;

#[cfg(test)]
mod shipped_tests;
