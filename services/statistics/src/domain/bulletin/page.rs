//! What a bulletin says, once its figures are looked up: the one thing that both files are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    chart::{self, Values},
    period::{Period, When},
    shown::{self, Found},
    template::{By, Drawn, Template},
    text::{Lookup, Name, Only, Piece, Side, Text},
};
use crate::domain::{
    days::Days,
    definition::{Catalogue, Definition},
};

/// What stands in a bulletin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page {
    /// In whose name.
    pub issuer: String,
    /// Its title.
    pub title: String,
    /// Its period.
    pub period: String,
    /// When it was made, for people.
    pub made: String,
    /// What it says in short.
    pub summary: String,
    /// Its parts.
    pub sections: Vec<Section>,
    /// How its figures are counted.
    pub notes: Vec<String>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows, as they are written.
    pub rows: Vec<Vec<String>>,
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The picture.
    pub svg: String,
    /// The indicator's name.
    pub name: String,
    /// What is drawn.
    #[serde(skip)]
    pub values: Vec<(String, Option<f64>)>,
    /// How it is drawn.
    #[serde(skip)]
    pub drawn: Drawn,
}

/// A figure in the text, and the question that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// As it stands in the text.
    pub shown: String,
    /// As it stands in the template.
    pub asked: String,
    /// The indicator's id.
    pub indicator: String,
    /// The version of its definition.
    pub version: i32,
    /// The window's first day.
    pub first_day: String,
    /// The window's last day.
    pub last_day: String,
    /// Only this area, where not empty.
    pub area: String,
    /// Only this agency, where not empty.
    pub agency: String,
    /// Only this category, where not empty.
    pub category: String,
    /// What was counted.
    pub numerator: i64,
    /// Out of what.
    pub denominator: i64,
}

/// What a bulletin is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The days.
    pub days: Days,
    /// All figures of the text that name no part of their own are of this one.
    pub only: Only,
}

/// What was found for a group: its label, and its figures in the order of the columns.
pub type Group = (String, Vec<Found>);

/// What was found for a table or a chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups {
    /// In the order in which they are shown; what is left and the total at the end.
    pub now: Vec<Group>,
    /// Those of the period before, by label.
    pub before: BTreeMap<String, Vec<Found>>,
}

/// All that was looked up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The figures of the text.
    pub figures: BTreeMap<Lookup, Found>,
    /// Those of the tables, by section and place in it.
    pub tables: BTreeMap<(usize, usize), Groups>,
    /// Those of the charts, by section and place in it.
    pub charts: BTreeMap<(usize, usize), Groups>,
}

/// What the bulletin knows without counting.
#[derive(Debug, Clone)]
pub struct Around<'a> {
    /// The county's definitions.
    pub catalogue: &'a Catalogue,
    /// In whose name.
    pub issuer: String,
    /// The county's name.
    pub county: String,
    /// The name of the place or topic that it is of.
    pub place: String,
    /// When it is made, for people.
    pub made: String,
    /// The same as one types it to ask for what was known then.
    pub known_at: String,
}

/// A bulletin before it is made a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// What it says.
    pub page: Page,
    /// The figures in its text.
    pub told: Vec<Told>,
}

/// All that the text of a template looks up, of a scope.
pub fn lookups(template: &Template, scope: &Scope) -> BTreeSet<Lookup> {
    let texts = template
        .sections
        .iter()
        .flat_map(|section| std::iter::once(&section.heading).chain(&section.paragraphs));
    let texts = texts.chain([&template.title, &template.summary]);
    let figures = texts.flat_map(Text::figures);
    figures
        .flat_map(|figure| figure.lookups().map(|lookup| within(lookup, scope)).collect::<Vec<_>>())
        .collect()
}

/// A lookup of the text within what the bulletin is of.
fn within(lookup: Lookup, scope: &Scope) -> Lookup {
    let or = |own: String, all: &String| if own.is_empty() { all.clone() } else { own };
    let only = Only {
        area: or(lookup.only.area, &scope.only.area),
        agency: or(lookup.only.agency, &scope.only.agency),
        category: or(lookup.only.category, &scope.only.category),
    };
    Lookup { only, ..lookup }
}

/// Puts the figures where the template names them.
pub fn compose(template: &Template, scope: &Scope, answers: &Answers, around: &Around<'_>) -> Composed {
    let mut writer = Writer { template, scope, answers, around, told: Vec::new(), used: BTreeSet::new() };
    let title = writer.text(&template.title);
    let summary = writer.text(&template.summary);
    let mut sections = Vec::new();
    for (number, section) in template.sections.iter().enumerate() {
        sections.push(Section {
            heading: writer.text(&section.heading),
            paragraphs: section.paragraphs.iter().map(|paragraph| writer.text(paragraph)).collect(),
            tables: (0..section.tables.len()).map(|place| writer.table(number, place)).collect(),
            charts: (0..section.charts.len()).map(|place| writer.chart(number, place)).collect(),
        });
    }
    let notes = writer.notes();
    let page = Page {
        issuer: around.issuer.clone(),
        title,
        period: template.period.name(scope.days),
        made: around.made.clone(),
        summary,
        sections,
        notes,
    };
    Composed { page, told: writer.told }
}

struct Writer<'a> {
    template: &'a Template,
    scope: &'a Scope,
    answers: &'a Answers,
    around: &'a Around<'a>,
    told: Vec<Told>,
    /// The indicators that were shown, as they were named.
    used: BTreeSet<String>,
}

impl Writer<'_> {
    fn text(&mut self, text: &Text) -> String {
        let mut written = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Words(words) => written.push_str(words),
                Piece::Name(name) => written.push_str(&self.name(*name)),
                Piece::Figure(figure) => {
                    let lookup = within(figure.lookup.clone(), self.scope);
                    let other = figure.change.map(|when| Lookup { when, ..lookup.clone() });
                    let shown = self.figure(&lookup, figure.side, other.as_ref());
                    for asked in std::iter::once(&lookup).chain(other.as_ref()) {
                        let told = self.told_of(asked, &shown, &figure.written);
                        self.told.extend(told);
                    }
                    written.push_str(&shown);
                }
            }
        }
        written
    }

    fn name(&self, name: Name) -> String {
        let period = |when| {
            let days = self.template.period.at(self.scope.days, when);
            days.map(|days| self.template.period.name(days)).unwrap_or_default()
        };
        match name {
            Name::County => self.around.county.clone(),
            Name::Place => self.around.place.clone(),
            Name::Period => period(When::This),
            Name::Previous => period(When::Previous),
            Name::YearBefore => period(When::YearBefore),
            Name::FirstDay => day(self.scope.days.first),
            Name::LastDay => day(self.scope.days.last),
            Name::Made => self.around.made.clone(),
        }
    }

    fn definition(&self, name: &str) -> Option<&Definition> {
        self.around.catalogue.find(name).map(AsRef::as_ref)
    }

    fn figure(&mut self, lookup: &Lookup, side: Side, other: Option<&Lookup>) -> String {
        self.used.insert(lookup.indicator.clone());
        let Some(definition) = self.definition(&lookup.indicator) else { return shown::NONE.to_owned() };
        let found = |lookup: &Lookup| self.answers.figures.get(lookup).copied().unwrap_or_default();
        match other {
            None => shown::written(definition, &found(lookup), side),
            Some(other) => shown::change(definition, &found(lookup), &found(other), other.when),
        }
    }

    fn told_of(&self, lookup: &Lookup, shown: &str, asked: &str) -> Option<Told> {
        let definition = self.definition(&lookup.indicator)?;
        let days = self.template.period.at(self.scope.days, lookup.when)?;
        let found = self.answers.figures.get(lookup).copied().unwrap_or_default();
        Some(Told {
            shown: shown.to_owned(),
            asked: asked.to_owned(),
            indicator: definition.id.clone(),
            version: definition.version,
            first_day: days.first.to_string(),
            last_day: days.last.to_string(),
            area: lookup.only.area.clone(),
            agency: lookup.only.agency.clone(),
            category: lookup.only.category.clone(),
            numerator: found.numerator,
            denominator: found.denominator,
        })
    }

    fn table(&mut self, section: usize, place: usize) -> Table {
        let empty = Groups::default();
        let groups = self.answers.tables.get(&(section, place)).unwrap_or(&empty);
        let order = &self.template.sections[section].tables[place];
        self.used.extend(order.indicators.iter().cloned());
        let definitions: Vec<&Definition> =
            order.indicators.iter().filter_map(|name| self.definition(name)).collect();
        let mut columns = vec![order.by.word().to_owned()];
        for definition in &definitions {
            columns.push(definition.text.name.clone());
            columns.extend(order.with_change.then(|| "环比".to_owned()));
        }
        let nothing = Found::default();
        let row = |(label, found): &Group| {
            let before = groups.before.get(label);
            let cells = definitions.iter().enumerate().flat_map(|(column, definition)| {
                let now = found.get(column).unwrap_or(&nothing);
                // Too few to judge anyone by.
                let mark = if now.small && now.ratio.is_some() { "*" } else { "" };
                let shown = format!("{}{mark}", shown::written(definition, now, Side::Value));
                let change = order.with_change.then(|| {
                    let then = before.and_then(|before| before.get(column)).unwrap_or(&nothing);
                    let change = shown::change(definition, now, then, When::Previous);
                    change.trim_start_matches("环比").to_owned()
                });
                std::iter::once(shown).chain(change)
            });
            std::iter::once(label.clone()).chain(cells).collect()
        };
        let rows = groups.now.iter().map(row).collect();
        let title = order.title.clone();
        Table { title: self.text(&title), columns, rows }
    }

    fn chart(&mut self, section: usize, place: usize) -> Chart {
        let empty = Groups::default();
        let groups = self.answers.charts.get(&(section, place)).unwrap_or(&empty);
        let order = self.template.sections[section].charts[place].clone();
        self.used.insert(order.indicator.clone());
        let title = self.text(&order.title);
        let Some(definition) = self.definition(&order.indicator) else {
            return Chart {
                title,
                svg: String::new(),
                name: String::new(),
                values: Vec::new(),
                drawn: order.drawn,
            };
        };
        let number = |found: &Vec<Found>| found.first().and_then(|found| shown::number(definition, found));
        let known: BTreeMap<&str, Option<f64>> =
            groups.now.iter().map(|(label, found)| (label.as_str(), number(found))).collect();
        let is_count = definition.denominator.is_none() && definition.size.is_none();
        let values: Vec<(String, Option<f64>)> = match order.by {
            // A day without any is one with none.
            By::Day => each_day(self.scope.days)
                .map(|day| {
                    let value = known.get(day.to_string().as_str()).copied().flatten();
                    (day.strftime("%-m.%-d").to_string(), value.or(is_count.then_some(0.0)))
                })
                .collect(),
            _ => groups.now.iter().map(|(label, found)| (label.clone(), number(found))).collect(),
        };
        let unit = shown::unit_word(definition.unit);
        let svg = chart::svg(&Values { drawn: order.drawn, values: &values, unit });
        Chart { title, svg, name: definition.text.name.clone(), values, drawn: order.drawn }
    }

    /// How each indicator that was shown is counted, by which version, and at which moment.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "统计时点：{}。复核：fengqiao stats --known-at {at} --happened-by {at}。标*的样本不足，不宜评价。",
            self.around.made,
            at = self.around.known_at
        )];
        notes.extend(self.used.iter().filter_map(|name| self.definition(name)).map(|definition| {
            let text = &definition.text;
            let counted = if text.denominator.is_empty() {
                text.numerator.clone()
            } else {
                format!("{}／{}", text.numerator, text.denominator)
            };
            format!("{}（{}@{}）：{counted}。", text.name, definition.id, definition.version)
        }));
        notes
    }
}

fn each_day(days: Days) -> impl Iterator<Item = jiff::civil::Date> {
    days.first.series(jiff::ToSpan::days(1)).take_while(move |day| *day <= days.last)
}

fn day(day: jiff::civil::Date) -> String {
    Period::Day.name(Days { first: day, last: day })
}
