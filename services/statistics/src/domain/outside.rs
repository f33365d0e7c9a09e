//! A question about areas that are not all the caller's own: as [`super::disclosure`] allows it, it is counted in fixed
//! cells, each cell outside is rounded, and the answer is their sums.

use std::collections::BTreeMap;

use fengqiao_proto::statistics::v1::{Comparison, Dimension};
use jiff::{Timestamp, civil::Time, tz::TimeZone};

use super::{
    definition::{Definition, Denominator},
    disclosure::{Cell, Dice, Sight, Split, TOWN_DIGITS},
    figure::Group,
    language::{Condition, Grain, Measure, TimeBase, TimeTerm, What},
    plan::Pass,
    question::{Mistake, Question, Window},
    wording,
};

/// The zone of a cell's months.
const ZONE: &str = "Asia/Shanghai";

/// The same question by its cells.
#[derive(Debug, Clone)]
pub struct Cells {
    /// What is counted: by month, town and the split.
    pub question: Question,
    split: Split,
}

const SPLITS: [(Dimension, Split); 5] = [
    (Dimension::Category, Split::Category),
    (Dimension::Level, Split::Level),
    (Dimension::Source, Split::Source),
    (Dimension::Agency, Split::Agency),
    (Dimension::Kind, Split::Kind),
];

impl Cells {
    /// The cells of a question that is asked at a moment.
    ///
    /// # Errors
    /// Everything of it that is not told outside the own area, field by field.
    pub fn of(question: &Question, now: Timestamp) -> Result<Self, Vec<Mistake>> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, right: &str| {
            let description = format!("{right}, outside the caller's own area");
            wrong.push(Mistake { field: field.to_owned(), description });
        };
        for (index, definition) in question.indicators.iter().enumerate() {
            if !is_told(definition) {
                refuse(&format!("indicators[{index}]"), "an indicator that counts facts by their time");
            }
        }
        let whole = whole_months(question.window, now);
        if !whole || question.time_zone != ZONE {
            refuse("before", "whole months of the county's own time that are over");
        }
        if question.known_at.is_some() || question.happened_by.is_some() {
            refuse("knownAt", "what is known now");
        }
        if !(0..=TOWN_DIGITS).contains(&question.area_prefix.len()) {
            refuse("areaCode", "a town or the county");
        }
        let by_area = question.group_by.contains(&Dimension::Area);
        if by_area && !matches!(usize::try_from(question.area_digits), Ok(6 | TOWN_DIGITS)) {
            refuse("areaLevel", "TOWN or COUNTY");
        }
        let others = |dimension: &Dimension| {
            use Dimension as D;
            !matches!(dimension, D::Month | D::Quarter | D::Year | D::Area)
                && !SPLITS.iter().any(|(known, _)| known == dimension)
        };
        if question.group_by.iter().any(others) {
            refuse("groupBy", "MONTH, QUARTER, YEAR, AREA, CATEGORY, LEVEL, SOURCE, AGENCY or KIND");
        }
        let used = |dimension: Dimension| {
            question.group_by.contains(&dimension)
                || match dimension {
                    Dimension::Category => !question.categories.is_empty(),
                    Dimension::Level => !question.levels.is_empty(),
                    Dimension::Source => !question.sources.is_empty(),
                    Dimension::Agency => !question.agencies.is_empty(),
                    _ => false,
                }
        };
        let splits: Vec<_> = SPLITS.into_iter().filter(|(dimension, _)| used(*dimension)).collect();
        if splits.len() > 1 {
            refuse("groupBy", "only one of category, level, source, agency and kind, filters included");
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let split = splits.first().copied();
        let mut group_by = vec![Dimension::Month, Dimension::Area];
        group_by.extend(split.map(|(dimension, _)| dimension));
        let counted = Question {
            group_by,
            area_digits: i32::try_from(TOWN_DIGITS).unwrap_or_default(),
            comparison: Comparison::Unspecified,
            top: 0,
            total: false,
            // As many groups as are looked at for a page.
            page_size: question.page_size.max(1),
            ..question.clone()
        };
        Ok(Self { question: counted, split: split.map_or(Split::Whole, |(_, split)| split) })
    }

    /// What is told of the counted cells: rounded where they are not the caller's own, and added up to the groups of the
    /// question. A group of which nothing is left is not told: that it is there would be.
    pub fn told(
        &self,
        county: &str,
        cells: &[(Pass, Vec<Group>)],
        to: &Question,
        sight: &Sight,
        dice: &Dice,
    ) -> Vec<(Pass, Vec<Group>)> {
        let of_pass = |(pass, groups): &(Pass, Vec<Group>)| {
            let mut sums: BTreeMap<Vec<String>, Vec<i64>> = BTreeMap::new();
            for group in groups {
                let [month, town, rest @ ..] = group.dimensions.as_slice() else { continue };
                let stored = rest.first().map(String::as_str).unwrap_or_default();
                let dimension = self.question.group_by.get(2).copied().unwrap_or_default();
                let value = wording::written_value(dimension, stored);
                let cell = Cell { county, month, town, split: self.split, value: &value };
                let shown = |count: &i64| if sight.holds(town) { *count } else { dice.shown(cell, *count) };
                let shown: Vec<i64> = group.counts.iter().map(shown).collect();
                if shown.iter().all(|count| *count == 0) {
                    continue;
                }
                let place = to.group_by.iter().map(|one| coarse(*one, month, town, stored, to)).collect();
                let sum = sums.entry(place).or_insert_with(|| vec![0; shown.len()]);
                sum.iter_mut().zip(&shown).for_each(|(sum, one)| *sum = sum.saturating_add(*one));
            }
            let groups = sums.into_iter();
            let groups =
                groups.map(|(dimensions, counts)| Group { dimensions, counts, quantiles: Vec::new() });
            (pass.clone(), groups.collect())
        };
        cells.iter().map(of_pass).collect()
    }
}

/// The value of a dimension of the answer, for a cell.
fn coarse(dimension: Dimension, month: &str, town: &str, value: &str, to: &Question) -> String {
    let year = month.get(..4).unwrap_or_default();
    match dimension {
        Dimension::Month => month.to_owned(),
        Dimension::Year => year.to_owned(),
        Dimension::Quarter => {
            let number: u32 = month.get(5..).and_then(|number| number.parse().ok()).unwrap_or(1);
            format!("{year}-Q{}", number.div_ceil(3))
        }
        Dimension::Area => {
            let digits = usize::try_from(to.area_digits).unwrap_or_default();
            town.get(..digits).unwrap_or(town).to_owned()
        }
        _ => value.to_owned(),
    }
}

/// Whether a window is one of whole months that are over.
pub fn whole_months(window: Window, now: Timestamp) -> bool {
    let Ok(zone) = TimeZone::get(ZONE) else { return false };
    let begins = |at: Timestamp| {
        let local = zone.to_datetime(at);
        local.day() == 1 && local.time() == Time::midnight()
    };
    begins(window.from) && begins(window.before) && window.before <= now
}

/// Whether an indicator counts facts that one time puts into their month, whatever the window is.
fn is_told(definition: &Definition) -> bool {
    let counts = |measure: &Measure| measure.what == What::Count && !looks_at_window(&measure.condition);
    let denominator = match &definition.denominator {
        Some(Denominator::Measured(measure)) => counts(measure),
        Some(Denominator::People(_)) | None => true,
    };
    definition.time.is_some()
        && definition.size.is_none()
        && definition.grain != Grain::OpenDay
        && counts(&definition.numerator)
        && denominator
        && !looks_at_window(&definition.exclude)
}

fn looks_at_window(condition: &Condition) -> bool {
    let term = |term: &TimeTerm| matches!(term.base, TimeBase::From | TimeBase::Before);
    match condition {
        Condition::All(many) | Condition::Any(many) => many.iter().any(looks_at_window),
        Condition::Not(one) => looks_at_window(one),
        Condition::Time(left, _, right) => term(left) || term(right),
        Condition::Flag(_)
        | Condition::Has(_)
        | Condition::Number(..)
        | Condition::Code(..)
        | Condition::Text(..) => false,
    }
}
