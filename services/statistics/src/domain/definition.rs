//! Definitions of indicators: data that says what is counted, out of what, and by which time.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use fengqiao_county::{Mistake, Mistakes, read_text};
use serde::Deserialize;

use super::{
    language::{self, Column, Condition, Grain, Measure, NotOfTheLanguage, Size, What},
    population::{Population, PopulationKind},
};

/// The definitions that every county has.
const DEFAULTS: &str = include_str!("../../data/indicators.toml");
/// The name of a county's own definitions in its folder.
pub const INDICATORS_FILE: &str = "indicators.toml";
/// More definitions than this are a slip of the pen.
const MOST_DEFINITIONS: usize = 500;
/// Most buckets of a definition, the one without an upper bound not counted.
const MOST_BUCKETS: usize = 20;

/// How an indicator is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its id.
    pub id: String,
    /// The version of this definition, from 1.
    pub version: i32,
    /// The facts that it counts.
    pub grain: Grain,
    /// Which time puts a fact into a window; none where the condition itself looks at the window.
    pub time: Option<Column>,
    /// What is counted.
    pub numerator: Measure,
    /// Out of what; none for a plain count.
    pub denominator: Option<Denominator>,
    /// How large a fact is, where p50 and p90 are asked for.
    pub size: Option<Size>,
    /// Upper bounds of the buckets of sizes, each itself inside; one more bucket has no upper bound.
    pub buckets: Vec<i64>,
    /// Which facts never count.
    pub exclude: Condition,
    /// Its unit.
    pub unit: Unit,
    /// Fewer facts than this in the denominator are too few to judge anyone by.
    pub minimum_sample: i32,
    /// Which is better, where one is.
    pub better: Option<Better>,
    /// What people read of it.
    pub text: Text,
}

/// Out of what.
#[derive(Debug, Clone, PartialEq)]
pub enum Denominator {
    /// Facts of the same grain and time.
    Measured(Measure),
    /// The people of an area.
    People(PopulationKind),
}

/// What people read of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Its name in Chinese.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// The numerator in words.
    pub numerator: String,
    /// The denominator in words.
    pub denominator: String,
    /// The numerator as it was written.
    pub numerator_rule: String,
    /// The denominator as it was written.
    pub denominator_rule: String,
    /// The size as it was written.
    pub value_rule: String,
    /// The exclusions as they were written.
    pub exclude_rule: String,
    /// Where it comes from.
    pub source: String,
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain count.
    Count,
    /// A share of a hundred.
    Percent,
    /// So many for each 10,000 people.
    #[serde(rename = "per_10000")]
    Per10000,
    /// Seconds.
    Seconds,
    /// A number.
    Number,
    /// Minutes.
    Minutes,
}

impl Unit {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Percent => "percent",
            Self::Per10000 => "per_10000",
            Self::Seconds => "seconds",
            Self::Number => "number",
            Self::Minutes => "minutes",
        }
    }

    /// What a numerator is multiplied with before it is divided.
    pub const fn scale(self) -> i64 {
        match self {
            Self::Per10000 => 10_000,
            _ => 1,
        }
    }
}

/// Which is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is.
    More,
    /// Less is.
    Less,
}

impl Better {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Less => "less",
        }
    }
}

impl Definition {
    /// Whether numerator and denominator count facts of which the one are among the others.
    pub fn is_a_share(&self) -> bool {
        let counts = |measure: &Measure| measure.what == What::Count;
        matches!(&self.denominator, Some(Denominator::Measured(all)) if counts(all))
            && counts(&self.numerator)
            && self.size.is_none()
    }
}

/// The definitions of a county, and its people.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    definitions: Vec<Arc<Definition>>,
    /// How many people live where.
    pub population: Population,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    indicator: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    version: i32,
    name: String,
    name_en: String,
    grain: String,
    time: String,
    numerator: String,
    numerator_words: String,
    #[serde(default)]
    denominator: String,
    #[serde(default)]
    denominator_words: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    buckets: Vec<i64>,
    #[serde(default)]
    exclude: String,
    unit: Unit,
    #[serde(default)]
    minimum_sample: i32,
    #[serde(default)]
    better: Option<Better>,
    source: String,
}

impl Catalogue {
    /// The definitions that every county has.
    ///
    /// # Errors
    /// None, which a test sees to.
    pub fn defaults() -> Result<Self, Mistakes> {
        Self::of("", Path::new(INDICATORS_FILE), Population::default())
    }

    /// Those and a county's own, with the county's people.
    ///
    /// # Errors
    /// All mistakes of the county's files, each with its line.
    pub fn load(folder: &Path) -> Result<Self, Mistakes> {
        let file = folder.join(INDICATORS_FILE);
        let own = read_text(&file).map_err(|mistake| Mistakes(vec![mistake]))?.unwrap_or_default();
        Self::of(&own, &file, Population::load(folder)?)
    }

    /// The defaults and, beside them, those of a text; `file` is only named in mistakes.
    ///
    /// # Errors
    /// All mistakes of the text, each with its line.
    pub fn of(own: &str, file: &Path, population: Population) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut definitions = read(DEFAULTS, Path::new("the built-in indicators.toml"), &mut mistakes);
        definitions.extend(read(own, file, &mut mistakes));
        let mut seen: BTreeMap<(&str, i32), u64> = BTreeMap::new();
        for (definition, line) in &definitions {
            if seen.insert((&definition.id, definition.version), *line).is_some() {
                let reason = format!(
                    "{}@{} stands twice; a new way of counting is a new version",
                    definition.id, definition.version
                );
                mistakes.push(Mistake::new(file, *line, reason));
            }
        }
        if definitions.len() > MOST_DEFINITIONS {
            mistakes.push(Mistake::new(file, 0, format!("at most {MOST_DEFINITIONS} definitions")));
        }
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        let definitions = definitions.into_iter().map(|(definition, _)| Arc::new(definition)).collect();
        Ok(Self { definitions, population })
    }

    /// All definitions of all versions, in the order in which they are shown.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.definitions.iter()
    }

    /// The newest version of each, in the order in which they are shown.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.all().filter(|definition| self.is_newest(definition))
    }

    /// Whether there is no newer version of it.
    pub fn is_newest(&self, definition: &Definition) -> bool {
        !self.all().any(|other| other.id == definition.id && other.version > definition.version)
    }

    /// The newest definition with an id, or the one of `id@version`.
    pub fn find(&self, name: &str) -> Option<&Arc<Definition>> {
        match name.split_once('@') {
            Some((id, version)) => {
                let version: i32 = version.parse().ok()?;
                self.all().find(|definition| definition.id == id && definition.version == version)
            }
            None => self.newest().find(|definition| definition.id == name),
        }
    }
}

fn read(text: &str, file: &Path, mistakes: &mut Vec<Mistake>) -> Vec<(Definition, u64)> {
    let line_at = |offset: usize| {
        let before = text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    };
    let entries: File = match toml::from_str(text) {
        Ok(entries) => entries,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_at(span.start));
            mistakes.push(Mistake::new(file, line, error.message()));
            return Vec::new();
        }
    };
    let mut definitions = Vec::new();
    for entry in entries.indicator {
        let line = line_at(entry.span().start);
        match definition(entry.into_inner()) {
            Ok(definition) => definitions.push((definition, line)),
            Err(reasons) => {
                mistakes.extend(reasons.into_iter().map(|reason| Mistake::new(file, line, reason)));
            }
        }
    }
    definitions
}

/// A definition, or everything that is wrong with it.
fn definition(entry: Entry) -> Result<Definition, Vec<String>> {
    let mut wrong = Vec::new();
    let is_id = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.len() <= 64
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if !is_id(&entry.id) {
        wrong.push("an id has 1 to 64 small letters, digits and _, and begins with a letter".to_owned());
    }
    let id = entry.id.clone();
    if entry.version < 1 || entry.minimum_sample < 0 {
        wrong.push(format!("{id}: version is from 1, minimum_sample from 0"));
    }
    if entry.name.is_empty() || entry.name_en.is_empty() || entry.numerator_words.is_empty() {
        wrong.push(format!("{id}: name, name_en and numerator_words say what it is"));
    }
    let ascending = entry.buckets.windows(2).all(|two| two[0] < two[1]);
    if !ascending
        || entry.buckets.len() > MOST_BUCKETS
        || (entry.value.is_empty() && !entry.buckets.is_empty())
    {
        wrong.push(format!("{id}: buckets are at most {MOST_BUCKETS}, ascend, and belong to a value"));
    }
    let Some(grain) = Grain::of_word(&entry.grain) else {
        let words = Grain::ALL.map(Grain::word).join(", ");
        wrong.push(format!("{id}: grain is one of {words}"));
        return Err(wrong);
    };
    let mut said = |field: &str, error: NotOfTheLanguage| wrong.push(format!("{id}: {field}: {error}"));
    let time = match entry.time.as_str() {
        "none" => None,
        name => language::time_column(name, grain).map_err(|error| said("time", error)).ok(),
    };
    let numerator = language::measure(&entry.numerator, grain).map_err(|error| said("numerator", error)).ok();
    let denominator = match PopulationKind::of_rule(&entry.denominator) {
        Some(kind) => Some(Denominator::People(kind)),
        None if entry.denominator.is_empty() => None,
        None => language::measure(&entry.denominator, grain)
            .map_err(|error| said("denominator", error))
            .ok()
            .map(Denominator::Measured),
    };
    let size = (!entry.value.is_empty())
        .then(|| language::size(&entry.value, grain).map_err(|error| said("value", error)).ok())
        .flatten();
    let exclude = match entry.exclude.as_str() {
        "" => Some(Condition::Any(Vec::new())),
        text => language::condition(text, grain).map_err(|error| said("exclude", error)).ok(),
    };
    if entry.time == "none" && grain == Grain::OpenDay {
        wrong.push(format!("{id}: an open day has its time, day_end"));
    }
    let (Some(numerator), Some(exclude), true) = (numerator, exclude, wrong.is_empty()) else {
        return Err(wrong);
    };
    Ok(Definition {
        id: entry.id,
        version: entry.version,
        grain,
        time,
        numerator,
        denominator,
        size,
        buckets: entry.buckets,
        exclude,
        unit: entry.unit,
        minimum_sample: entry.minimum_sample,
        better: entry.better,
        text: Text {
            name: entry.name,
            name_en: entry.name_en,
            numerator: entry.numerator_words,
            denominator: entry.denominator_words,
            numerator_rule: entry.numerator,
            denominator_rule: entry.denominator,
            value_rule: entry.value,
            exclude_rule: entry.exclude,
            source: entry.source,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_defaults_are_sound_and_their_ids_and_names_unique() {
        let catalogue = Catalogue::defaults().unwrap();
        let ids: HashSet<_> = catalogue.all().map(|one| one.id.as_str()).collect();
        let names: HashSet<_> = catalogue.all().map(|one| one.text.name.as_str()).collect();
        assert_eq!((ids.len(), names.len()), (catalogue.all().count(), catalogue.all().count()));
    }

    const OWN: &str = r#"
[[indicator]]
id = "sign_rate"
version = 2
name = "签收率"
name_en = "Signed within a day"
grain = "push"
time = "requested_at"
numerator = "count where signed_at <= requested_at + 24h"
numerator_words = "24小时内签收的"
denominator = "count"
unit = "percent"
source = "the county's notice of 2027"
"#;

    #[test]
    fn a_county_s_newer_version_holds_and_the_old_one_can_be_asked_for() {
        let catalogue = Catalogue::of(OWN, Path::new("x"), Population::default()).unwrap();
        assert_eq!(catalogue.find("sign_rate").unwrap().version, 2);
        assert_eq!(catalogue.find("sign_rate@1").unwrap().version, 1);
        assert!(catalogue.find("sign_rate@3").is_none());
        assert_eq!(catalogue.newest().filter(|one| one.id == "sign_rate").count(), 1);
    }

    #[test]
    fn mistakes_are_said_with_their_lines() {
        let wrong = |from: &str, to: &str| {
            let refused = Catalogue::of(&OWN.replace(from, to), Path::new("x"), Population::default());
            refused.unwrap_err().to_string()
        };
        assert!(wrong("version = 2", "version = 1").contains("x:2: sign_rate@1 stands twice"));
        assert!(wrong("signed_at <=", "phone <=").contains("numerator: at `phone`"));
        assert!(wrong("\"push\"", "\"person\"").contains("grain is one of"));
        assert!(wrong("unit", "colour").contains("unknown field"));
        assert!(wrong("unit", "buckets = [1]\nunit").contains("belong to a value"));
    }
}
