//! What the rules look at of a report in its case: the same for a report that comes and for rules that are tried
//! on old cases.

use fengqiao_county::County;
use fengqiao_proto::types::v1::{Matter, Source};
use jiff::{SignedDuration, Timestamp};

use super::{
    case::CaseFile,
    level::{Facts, Past, People},
    wording::short_source,
};

/// A report that is graded.
#[derive(Debug, Clone, Copy)]
pub struct GradedReport<'a> {
    /// The canonical category.
    pub category: &'a str,
    /// The area.
    pub area_code: &'a str,
    /// The door.
    pub source: Source,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// Whether it is a repeat call.
    pub repeat: bool,
    /// How urgent its source says it is, a word of level rules; empty where it says nothing.
    pub urgency: &'a str,
    /// Who and what.
    pub matter: &'a Matter,
    /// The case that it belongs to already.
    pub case: Option<&'a CaseFile>,
    /// The tags of that case.
    pub tags: &'a [String],
    /// When the reports of that case were told, and through which door.
    pub recent: &'a [(Timestamp, Source)],
    /// Whether it is one of those itself.
    pub counted: bool,
}

impl<'a> GradedReport<'a> {
    /// The facts of it.
    #[must_use]
    pub fn facts(&self, county: &County) -> Facts<'a> {
        let local = self.occurred_at.to_zoned_datetime(county.time_zone.clone());
        let window = SignedDuration::from_hours(24 * i64::from(county.settings.repeat_window_days));
        let since = self.occurred_at.checked_sub(window).unwrap_or(Timestamp::MIN);
        let mut sources: Vec<Source> =
            self.recent.iter().filter(|(at, _)| *at >= since).map(|(_, source)| *source).collect();
        if !self.counted || sources.is_empty() {
            sources.push(self.source);
        }
        let days_open = self
            .case
            .map_or(0, |case| self.occurred_at.duration_since(case.opened_at).as_hours().max(0) / 24);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Facts {
            category: self.category,
            source: short_source(self.source),
            area: self.area_code,
            hour: i64::from(local.hour()),
            weekday: i64::from(local.weekday().to_monday_one_offset()),
            past: Past {
                repeat: self.repeat,
                sessions: self.case.map_or(0, |case| count(case.docket.mediation.sessions.len())),
                returns: self.case.map_or(0, |case| count(case.docket.returns.len())),
                days_open,
                ..Past::of_reports(sources)
            },
            urgency: self.urgency,
            tags: self.tags,
            people: People::of(self.matter, local.date()),
            title: &self.matter.title,
            narrative: &self.matter.narrative,
        }
    }
}
