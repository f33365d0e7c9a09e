//! The names that an expression may use, and their values for one report.

use cel::{
    common::{
        types::{CelBool, CelInt, CelList, CelString},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};

use super::{
    Facts,
    words::{Found, WordGroups},
};

/// Longer texts are cut before rules look at them.
const MAX_TEXT_CHARS: usize = 20_000;
/// Further tags are not shown to the rules.
const MAX_TAGS: usize = 64;
/// Groups of words are asked for as fields of this name.
pub(super) const WORDS: &str = "words";

/// A name that an expression may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    Category,
    Source,
    Area,
    Hour,
    Weekday,
    Reports30d,
    Repeat,
    Visits,
    Calls,
    Helps,
    Sessions,
    Returns,
    DaysOpen,
    Parties,
    Minors,
    GroupSize,
    Scale,
    Urgency,
    Tags,
    Title,
    Narrative,
}

impl Variable {
    pub(super) const ALL: [Self; 21] = [
        Self::Category,
        Self::Source,
        Self::Area,
        Self::Hour,
        Self::Weekday,
        Self::Reports30d,
        Self::Repeat,
        Self::Visits,
        Self::Calls,
        Self::Helps,
        Self::Sessions,
        Self::Returns,
        Self::DaysOpen,
        Self::Parties,
        Self::Minors,
        Self::GroupSize,
        Self::Scale,
        Self::Urgency,
        Self::Tags,
        Self::Title,
        Self::Narrative,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Source => "source",
            Self::Area => "area",
            Self::Hour => "hour",
            Self::Weekday => "weekday",
            Self::Reports30d => "reports_30d",
            Self::Repeat => "repeat",
            Self::Visits => "visits",
            Self::Calls => "calls",
            Self::Helps => "helps",
            Self::Sessions => "sessions",
            Self::Returns => "returns",
            Self::DaysOpen => "days_open",
            Self::Parties => "parties",
            Self::Minors => "minors",
            Self::GroupSize => "group_size",
            Self::Scale => "scale",
            Self::Urgency => "urgency",
            Self::Tags => "tags",
            Self::Title => "title",
            Self::Narrative => "narrative",
        }
    }

    /// The variable of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variable| variable.name() == name)
    }
}

/// The values of all names for one report. Texts are borrowed; nothing is copied when a rule asks.
pub(super) struct Values<'a> {
    words: &'a WordGroups,
    found: Found,
    tag_names: Vec<&'a str>,
    category: CelString<'a>,
    source: CelString<'a>,
    area: CelString<'a>,
    hour: CelInt,
    weekday: CelInt,
    reports_30d: CelInt,
    repeat: CelBool,
    visits: CelInt,
    calls: CelInt,
    helps: CelInt,
    sessions: CelInt,
    returns: CelInt,
    days_open: CelInt,
    parties: CelInt,
    minors: CelBool,
    group_size: CelInt,
    scale: CelString<'a>,
    urgency: CelString<'a>,
    tags: CelList<'a>,
    title: CelString<'a>,
    narrative: CelString<'a>,
}

impl<'a> Values<'a> {
    /// The values of a report, with the words that stand in it.
    pub(super) fn of(facts: &Facts<'a>, scale: &'a str, words: &'a WordGroups) -> Self {
        let found = words.look([cut(facts.title), cut(facts.narrative)]);
        Self::with_words(facts, scale, words, found)
    }

    /// The values of a report, whatever words stand in it.
    pub(super) fn with_words(facts: &Facts<'a>, scale: &'a str, words: &'a WordGroups, found: Found) -> Self {
        let (past, people) = (facts.past, facts.people);
        let mut values = Self {
            words,
            found,
            tag_names: Vec::new(),
            category: facts.category.into(),
            source: facts.source.into(),
            area: facts.area.into(),
            hour: facts.hour.into(),
            weekday: facts.weekday.into(),
            reports_30d: past.reports_30d.into(),
            repeat: past.repeat.into(),
            visits: past.visits.into(),
            calls: past.calls.into(),
            helps: past.helps.into(),
            sessions: past.sessions.into(),
            returns: past.returns.into(),
            days_open: past.days_open.into(),
            parties: people.parties.into(),
            minors: people.minors.into(),
            group_size: people.group_size.into(),
            scale: scale.into(),
            urgency: facts.urgency.into(),
            tags: CelList::from(Vec::new()),
            title: cut(facts.title).into(),
            narrative: cut(facts.narrative).into(),
        };
        values.add_tags(facts.tags.iter().map(String::as_str));
        values
    }

    /// Shows more tags to whatever is evaluated from now on.
    pub(super) fn add_tags(&mut self, tags: impl IntoIterator<Item = &'a str>) {
        for tag in tags {
            if self.tag_names.len() < MAX_TAGS && !self.tag_names.contains(&tag) {
                self.tag_names.push(tag);
            }
        }
        let values = self.tag_names.iter().map(|tag| Box::new(CelString::from(*tag)) as Box<dyn Val + 'a>);
        self.tags = CelList::from(values.collect::<Vec<_>>());
    }

    /// What a reason tells of a variable; nothing of what a person wrote.
    pub(super) fn told(&self, variable: Variable) -> Option<String> {
        Some(match variable {
            Variable::Category => self.category.inner().to_owned(),
            Variable::Source => self.source.inner().to_owned(),
            Variable::Area => self.area.inner().to_owned(),
            Variable::Scale => self.scale.inner().to_owned(),
            Variable::Urgency => self.urgency.inner().to_owned(),
            Variable::Repeat => self.repeat.inner().to_string(),
            Variable::Minors => self.minors.inner().to_string(),
            Variable::Hour => self.hour.inner().to_string(),
            Variable::Weekday => self.weekday.inner().to_string(),
            Variable::Reports30d => self.reports_30d.inner().to_string(),
            Variable::Visits => self.visits.inner().to_string(),
            Variable::Calls => self.calls.inner().to_string(),
            Variable::Helps => self.helps.inner().to_string(),
            Variable::Sessions => self.sessions.inner().to_string(),
            Variable::Returns => self.returns.inner().to_string(),
            Variable::DaysOpen => self.days_open.inner().to_string(),
            Variable::Parties => self.parties.inner().to_string(),
            Variable::GroupSize => self.group_size.inner().to_string(),
            Variable::Tags => self.tag_names.join(","),
            Variable::Title | Variable::Narrative => return None,
        })
    }

    /// Whether a word of a group stands in the report.
    pub(super) fn has_word_of(&self, group: &str) -> bool {
        self.words.place(group).is_some_and(|place| self.found.has(place))
    }

    fn value(&self, variable: Variable) -> &(dyn Val + 'a) {
        match variable {
            Variable::Category => &self.category,
            Variable::Source => &self.source,
            Variable::Area => &self.area,
            Variable::Hour => &self.hour,
            Variable::Weekday => &self.weekday,
            Variable::Reports30d => &self.reports_30d,
            Variable::Repeat => &self.repeat,
            Variable::Visits => &self.visits,
            Variable::Calls => &self.calls,
            Variable::Helps => &self.helps,
            Variable::Sessions => &self.sessions,
            Variable::Returns => &self.returns,
            Variable::DaysOpen => &self.days_open,
            Variable::Parties => &self.parties,
            Variable::Minors => &self.minors,
            Variable::GroupSize => &self.group_size,
            Variable::Scale => &self.scale,
            Variable::Urgency => &self.urgency,
            Variable::Tags => &self.tags,
            Variable::Title => &self.title,
            Variable::Narrative => &self.narrative,
        }
    }
}

impl VariableResolver for Values<'_> {
    /// A qualified name is asked for as a whole first, so that a group of words needs no map.
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(group) = name.strip_prefix(WORDS).and_then(|rest| rest.strip_prefix('.')) {
            let place = self.words.place(group)?;
            return Some(CowVal::Borrowed(if self.found.has(place) {
                &CelBool::TRUE
            } else {
                &CelBool::FALSE
            }));
        }
        Variable::of(name).map(|variable| CowVal::Borrowed(self.value(variable)))
    }
}

/// The text, or as much of its beginning as rules may look at.
fn cut(text: &str) -> &str {
    if text.len() <= MAX_TEXT_CHARS {
        return text;
    }
    text.char_indices().nth(MAX_TEXT_CHARS).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("漏水"), "漏水");
        let long = "水".repeat(MAX_TEXT_CHARS);
        assert_eq!(cut(&long), long);
        assert_eq!(cut(&format!("{long}多")), long);
    }

    #[test]
    fn each_name_is_that_of_one_variable() {
        for variable in Variable::ALL {
            assert_eq!(Variable::of(variable.name()), Some(variable));
        }
        assert_eq!(Variable::of(WORDS), None);
    }
}
