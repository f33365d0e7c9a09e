//! Templates of bulletins, in a county's folder `bulletins` or as shipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use fengqiao_county::{Mistake, Mistakes, line_at, read_text};
use fengqiao_proto::statistics::v1::{AreaLevel, Dimension};
use jiff::civil::Time;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{period::Period, text::Text};
use crate::domain::{definition::Catalogue, question::Directory};

/// The folder of templates in a county's folder.
pub const BULLETINS_FOLDER: &str = "bulletins";
/// How all bulletins of a county look, in that folder; as shipped where it is not there.
const LOOK_FILE: &str = "bulletin.typ";
const SHIPPED_LOOK: &str = include_str!("../../../data/bulletins/bulletin.typ");
const SHIPPED: &[(&str, &str)] = &[
    ("daily", include_str!("../../../data/bulletins/daily.toml")),
    ("monthly", include_str!("../../../data/bulletins/monthly.toml")),
    ("quarterly", include_str!("../../../data/bulletins/quarterly.toml")),
    ("special", include_str!("../../../data/bulletins/special.toml")),
    ("weekly", include_str!("../../../data/bulletins/weekly.toml")),
];
/// A template that says how bulletins look is no longer, in bytes.
const LARGEST_LOOK: usize = 256 << 10;
/// More kinds nobody reads.
const MOST_KINDS: usize = 50;
const MOST_SECTIONS: usize = 20;
const MOST_PARAGRAPHS: usize = 20;
const MOST_EXHIBITS: usize = 6;
const MOST_COLUMNS: usize = 8;
/// Most rows of a table.
pub const MOST_ROWS: i32 = 100;
/// Most numbers in the text of one bulletin.
const MOST_FIGURES: usize = 200;
const MOST_AGENCIES: usize = 50;

/// The bulletins of a county.
#[derive(Debug, Clone)]
pub struct Bulletins {
    /// Its kinds, by their names.
    pub kinds: BTreeMap<String, Template>,
    /// How they look: typst.
    pub look: String,
}

/// A kind of bulletins.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name.
    pub kind: String,
    /// The SHA-256 of its file and of how it looks.
    pub sha256: [u8; 32],
    /// Its title, as it was written.
    pub title_written: String,
    /// Its title.
    pub title: Text,
    /// Its period.
    pub period: Period,
    /// When it is made by itself; none where it is not.
    pub schedule: Option<Schedule>,
    /// To which agencies it is pushed.
    pub agencies: Vec<String>,
    /// What it says in short.
    pub summary: Text,
    /// What it says.
    pub sections: Vec<Section>,
}

/// When a bulletin is made by itself: on the day after its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The local time.
    pub at: Time,
    /// Whether it waits for the next working day.
    pub working_day: bool,
}

/// A part of a bulletin.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub heading: Text,
    /// Its paragraphs.
    pub paragraphs: Vec<Text>,
    /// Its tables.
    pub tables: Vec<TableOrder>,
    /// Its charts.
    pub charts: Vec<ChartOrder>,
}

/// A table: a row for each group.
#[derive(Debug, Clone, PartialEq)]
pub struct TableOrder {
    /// What it shows.
    pub title: Text,
    /// Its rows.
    pub by: By,
    /// Its columns.
    pub indicators: Vec<String>,
    /// So many rows only, the greatest of the first column, and the rest; all where 0.
    pub top: i32,
    /// Whether each column has the change since the period before beside it.
    pub with_change: bool,
}

/// A chart: a value for each group.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartOrder {
    /// What it shows.
    pub title: Text,
    /// Its values.
    pub by: By,
    /// Of which indicator.
    pub indicator: String,
    /// How it is drawn.
    pub drawn: Drawn,
    /// So many values only, the greatest ones; all where 0.
    pub top: i32,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// As a line.
    Line,
    /// As bars.
    Bars,
}

/// By what rows and values are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By town.
    Town,
    /// By community.
    Community,
    /// By grid.
    Grid,
    /// By agency.
    Agency,
    /// By category.
    Category,
    /// By door.
    Source,
    /// By level.
    Level,
    /// By day.
    Day,
    /// By week.
    Week,
    /// By month.
    Month,
}

impl By {
    /// By what the question groups.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Town | Self::Community | Self::Grid => Dimension::Area,
            Self::Agency => Dimension::Agency,
            Self::Category => Dimension::Category,
            Self::Source => Dimension::Source,
            Self::Level => Dimension::Level,
            Self::Day => Dimension::Day,
            Self::Week => Dimension::Week,
            Self::Month => Dimension::Month,
        }
    }

    /// To which level areas are cut.
    pub const fn area_level(self) -> AreaLevel {
        match self {
            Self::Town => AreaLevel::Town,
            Self::Community => AreaLevel::Community,
            Self::Grid => AreaLevel::Grid,
            _ => AreaLevel::Unspecified,
        }
    }

    /// The heading of its column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Town => "乡镇（街道）",
            Self::Community => "村（社区）",
            Self::Grid => "网格",
            Self::Agency => "单位",
            Self::Category => "类别",
            Self::Source => "来源",
            Self::Level => "等级",
            Self::Day => "日期",
            Self::Week => "周",
            Self::Month => "月份",
        }
    }

    /// Whether it is one of time.
    pub const fn is_of_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }
}

/// What the words of a template are held against.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The county's definitions.
    pub catalogue: &'a Catalogue,
    /// Its areas and categories.
    pub directory: &'a dyn Directory,
    /// Its agencies.
    pub agencies: &'a BTreeSet<String>,
    /// Whether an agency that the county does not have is a mistake; else it is left out.
    pub needs_agencies: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The county wants no bulletin of this kind.
    #[serde(default)]
    off: bool,
    #[serde(default)]
    title: String,
    period: Option<Period>,
    schedule: Option<RawSchedule>,
    #[serde(default)]
    agencies: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    section: Vec<RawSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchedule {
    at: String,
    #[serde(default)]
    working_day: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSection {
    heading: String,
    #[serde(default)]
    paragraphs: Vec<String>,
    #[serde(default)]
    table: Vec<RawTable>,
    #[serde(default)]
    chart: Vec<RawChart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    title: String,
    by: By,
    indicators: Vec<String>,
    #[serde(default)]
    top: i32,
    #[serde(default)]
    with_change: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChart {
    title: String,
    by: By,
    indicator: String,
    drawn: Drawn,
    #[serde(default)]
    top: i32,
}

impl Bulletins {
    /// Reads the templates of a county's folder, and those that are shipped where it has none of the name.
    ///
    /// # Errors
    /// All mistakes.
    pub fn load(county_folder: &Path, known: &Known<'_>) -> Result<Self, Mistakes> {
        let folder = county_folder.join(BULLETINS_FOLDER);
        let look_file = folder.join(LOOK_FILE);
        let look = read_text(&look_file)?.unwrap_or_else(|| SHIPPED_LOOK.to_owned());
        let mut mistakes = Vec::new();
        if look.len() > LARGEST_LOOK {
            mistakes.push(Mistake::new(&look_file, 0, "longer than 256 KiB"));
        }
        let mut kinds = BTreeMap::new();
        let names: BTreeSet<String> = own_kinds(&folder)
            .into_iter()
            .chain(SHIPPED.iter().map(|(name, _)| (*name).to_owned()))
            .collect();
        if names.len() > MOST_KINDS {
            mistakes.push(Mistake::new(&folder, 0, format!("at most {MOST_KINDS} kinds")));
        }
        for name in names {
            let path = folder.join(format!("{name}.toml"));
            let own = read_text(&path)?;
            let shipped = SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text);
            let Some(text) = own.as_deref().or(shipped) else { continue };
            // A county need not have every agency that what is shipped is pushed to.
            let known = if own.is_some() { known } else { &Known { needs_agencies: false, ..*known } };
            match template(&name, text, &look, known) {
                Ok(Some(template)) => drop(kinds.insert(name, template)),
                Ok(None) => {}
                Err(found) => {
                    mistakes
                        .extend(found.into_iter().map(|(line, reason)| Mistake::new(&path, line, reason)));
                }
            }
        }
        if mistakes.is_empty() { Ok(Self { kinds, look }) } else { Err(Mistakes(mistakes)) }
    }
}

/// The names of a county's own templates.
fn own_kinds(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect()
}

/// A template; none where the county wants none of the kind.
fn template(
    kind: &str,
    text: &str,
    look: &str,
    known: &Known<'_>,
) -> Result<Option<Template>, Vec<(u64, String)>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(text, span.start));
        vec![(line, error.message().to_owned())]
    })?;
    if file.off {
        return Ok(None);
    }
    let mut reading = Reading { text, known, wrong: Vec::new(), figures: 0 };
    let simple = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    reading.hold(
        !kind.is_empty() && kind.len() <= 32 && simple(kind),
        "",
        "the file's name: small letters, digits, - and _, at most 32",
    );
    let period = file.period.unwrap_or(Period::Any);
    reading.hold(file.period.is_some(), "", "period: day, week, month, quarter or any");
    let schedule = file.schedule.map(|schedule| reading.schedule(&schedule, period));
    reading.hold(
        file.agencies.len() <= MOST_AGENCIES,
        "agencies",
        &format!("agencies: at most {MOST_AGENCIES}"),
    );
    for agency in file.agencies.iter().filter(|_| known.needs_agencies) {
        reading.hold(
            known.agencies.contains(agency),
            agency,
            &format!("agencies: {agency} is none of agencies.csv"),
        );
    }
    reading.hold(
        (1..=MOST_SECTIONS).contains(&file.section.len()),
        "[[section]]",
        &format!("1 to {MOST_SECTIONS} sections"),
    );
    let sections = file.section.iter().map(|section| reading.section(section)).collect();
    let (title, summary) = (reading.words(&file.title), reading.words(&file.summary));
    reading.hold(
        title.figures().next().is_none() && !file.title.trim().is_empty(),
        "title",
        "title: words, without numbers",
    );
    let most = format!("at most {MOST_FIGURES} numbers in the text");
    reading.hold(reading.figures <= MOST_FIGURES, "", &most);
    if !reading.wrong.is_empty() {
        return Err(reading.wrong);
    }
    let mut hash = Sha256::new();
    for part in [text, "\0", look] {
        hash.update(part);
    }
    Ok(Some(Template {
        kind: kind.to_owned(),
        sha256: hash.finalize().into(),
        title_written: file.title,
        title,
        period,
        schedule: schedule.flatten(),
        agencies: file.agencies.into_iter().filter(|agency| known.agencies.contains(agency)).collect(),
        summary,
        sections,
    }))
}

/// Reading one file.
struct Reading<'a> {
    text: &'a str,
    known: &'a Known<'a>,
    wrong: Vec<(u64, String)>,
    figures: usize,
}

impl Reading<'_> {
    /// Keeps a mistake where something does not hold, with the line of the first place where it is written.
    fn hold(&mut self, holds: bool, place: &str, right: &str) {
        if !holds {
            let place = (!place.is_empty()).then(|| self.text.find(place)).flatten();
            self.wrong.push((place.map_or(0, |place| line_at(self.text, place)), right.to_owned()));
        }
    }

    fn schedule(&mut self, schedule: &RawSchedule, period: Period) -> Option<Schedule> {
        let at = Time::strptime("%H:%M", &schedule.at).ok();
        self.hold(at.is_some(), "schedule", "schedule.at: a local time, as 08:30");
        self.hold(period != Period::Any, "schedule", "schedule: not of any days");
        at.map(|at| Schedule { at, working_day: schedule.working_day })
    }

    fn section(&mut self, section: &RawSection) -> Section {
        let fits = section.paragraphs.len() <= MOST_PARAGRAPHS
            && section.table.len() <= MOST_EXHIBITS
            && section.chart.len() <= MOST_EXHIBITS;
        let most =
            format!("a section has at most {MOST_PARAGRAPHS} paragraphs, {MOST_EXHIBITS} tables and charts");
        self.hold(fits, &section.heading, &most);
        Section {
            heading: self.words(&section.heading),
            paragraphs: section.paragraphs.iter().map(|paragraph| self.words(paragraph)).collect(),
            tables: section.table.iter().map(|table| self.table(table)).collect(),
            charts: section.chart.iter().map(|chart| self.chart(chart)).collect(),
        }
    }

    fn table(&mut self, table: &RawTable) -> TableOrder {
        let columns = 1..=MOST_COLUMNS;
        let most = format!("indicators: {} to {}", columns.start(), columns.end());
        self.hold(columns.contains(&table.indicators.len()), &table.title, &most);
        self.hold((0..=MOST_ROWS).contains(&table.top), &table.title, &format!("top: 0 to {MOST_ROWS}"));
        self.hold(!(table.with_change && table.by.is_of_time()), &table.title, "with_change: not by time");
        for indicator in &table.indicators {
            self.indicator(indicator, table.by.is_of_time());
        }
        TableOrder {
            title: self.words(&table.title),
            by: table.by,
            indicators: table.indicators.clone(),
            top: table.top,
            with_change: table.with_change,
        }
    }

    fn chart(&mut self, chart: &RawChart) -> ChartOrder {
        self.hold((0..=MOST_ROWS).contains(&chart.top), &chart.title, &format!("top: 0 to {MOST_ROWS}"));
        let fits = chart.drawn == Drawn::Bars || chart.by.is_of_time();
        self.hold(fits, &chart.title, "drawn: a line runs through time");
        self.indicator(&chart.indicator, chart.by.is_of_time());
        ChartOrder {
            title: self.words(&chart.title),
            by: chart.by,
            indicator: chart.indicator.clone(),
            drawn: chart.drawn,
            top: chart.top,
        }
    }

    fn indicator(&mut self, name: &str, by_time: bool) {
        match self.known.catalogue.find(name) {
            None => self.hold(false, name, &format!("{name} is no indicator of the county")),
            Some(definition) => {
                let fits = !by_time || definition.time.is_some();
                self.hold(fits, name, &format!("{name} looks at the whole period: it has no days"));
            }
        }
    }

    fn words(&mut self, written: &str) -> Text {
        let text = Text::read(written).unwrap_or_else(|right| {
            self.hold(false, written, &right);
            Text(Vec::new())
        });
        for figure in text.figures() {
            self.figures += 1;
            self.indicator(&figure.lookup.indicator, false);
            let only = &figure.lookup.only;
            let (area, category) = (&only.area, &only.category);
            let known = area.is_empty() || self.known.directory.has_area(area);
            self.hold(known, &figure.written, &format!("area={area} is no area of the county"));
            let known = category.is_empty() || self.known.directory.has_category(category);
            self.hold(known, &figure.written, &format!("category={category} is no category of the county"));
            let known = only.agency.is_empty() || self.known.agencies.contains(&only.agency);
            self.hold(known, &figure.written, &format!("agency={} is none of agencies.csv", only.agency));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Anything;

    impl Directory for Anything {
        fn has_area(&self, code: &str) -> bool {
            code == "421181001"
        }
        fn has_category(&self, code: &str) -> bool {
            code == "property"
        }
    }

    fn read(text: &str) -> Result<Option<Template>, Vec<(u64, String)>> {
        let catalogue = Catalogue::defaults().unwrap();
        let agencies = BTreeSet::from(["centre".to_owned(), "government".to_owned()]);
        template(
            "x",
            text,
            "",
            &Known { catalogue: &catalogue, directory: &Anything, agencies: &agencies, needs_agencies: true },
        )
    }

    #[test]
    fn what_is_shipped_has_no_mistake() {
        for (name, text) in SHIPPED {
            let text = text.replace("\"party_committee\", ", "");
            let template = read(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}")).unwrap();
            assert_eq!(template.schedule.is_some(), template.period != Period::Any, "{name}");
        }
    }

    #[test]
    fn a_county_may_want_none() {
        assert_eq!(read("off = true"), Ok(None));
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        let text = "title = \"{reports}\"\nperiod = \"week\"\nagencies = [\"nobody\"]\nsummary = \"\"\n[schedule]\nat = \"25:00\"\n\
                    [[section]]\nheading = \"一\"\nparagraphs = [\"{nothing}\", \"{reports area=1}\"]\n\
                    [[section.chart]]\ntitle = \"c\"\nby = \"town\"\nindicator = \"resolved_flow_rate\"\ndrawn = \"line\"\n";
        let wrong = read(text).unwrap_err();
        let said: Vec<&str> = wrong.iter().map(|(_, reason)| reason.as_str()).collect();
        for part in ["08:30", "nobody", "nothing", "area=1", "through time", "without numbers"] {
            assert!(said.iter().any(|reason| reason.contains(part)), "{part}: {said:?}");
        }
        assert!(wrong.contains(&(9, "nothing is no indicator of the county".to_owned())), "{wrong:?}");
        assert_eq!(read("title = 1").unwrap_err()[0].0, 1);
    }
}
