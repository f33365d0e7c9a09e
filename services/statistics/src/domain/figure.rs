//! From counted groups to the rows of an answer.

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_proto::statistics::v1::{Base, Dimension, IndicatorRow, RowKind, Spread};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    definition::{Catalogue, Definition, Denominator},
    plan::{Part, Pass},
    question::Question,
    wording,
};

/// Most rows in one answer.
pub const MOST_ROWS: usize = 10_000;
/// Most groups that are looked at for an answer of which only a page, or the top, is shown.
const MOST_LOOKED_AT: usize = 100_000;

/// What was counted of the facts that share their dimension values, in one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The values, as stored, in the order of the question.
    pub dimensions: Vec<String>,
    /// The numbers, in the order of the pass.
    pub counts: Vec<i64>,
    /// p50 and p90 of each of the pass's spreads.
    pub quantiles: Vec<Option<i64>>,
}

/// The numbers of one figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// What was counted.
    pub numerator: i64,
    /// Out of what.
    pub denominator: i64,
    /// How many in each bucket.
    pub buckets: Vec<i64>,
    /// p50 and p90.
    pub spread: Option<(i64, i64)>,
}

/// Figures by dimension values as they are written: one for each indicator of the question.
pub type Figures = BTreeMap<Vec<String>, Vec<Figure>>;

/// One group: its values, and its figures.
pub type OneGroup = (Vec<String>, Vec<Figure>);

/// The answer would be too long.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyRows;

/// Where people live and in what zone days are: what a figure per 10,000 has to know.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The county's code.
    pub county: &'a str,
    /// Its definitions and people.
    pub catalogue: &'a Catalogue,
}

/// Most groups that a question may have.
pub fn most_groups(question: &Question) -> usize {
    let most = if question.top > 0 || question.page_size > 0 { MOST_LOOKED_AT } else { MOST_ROWS };
    most / question.indicators.len().max(1)
}

/// Puts a pass's group to the figures of its dimension values. A group that one pass knows has a figure for every
/// indicator, so that a missing count is a visible 0.
pub fn put(figures: &mut Figures, question: &Question, pass: &Pass, group: &Group) {
    let written = question.group_by.iter().zip(&group.dimensions);
    let values = written.map(|(dimension, stored)| wording::written_value(*dimension, stored)).collect();
    let row = figures.entry(values).or_insert_with(|| none_yet(question));
    for (count, number) in pass.counts.iter().zip(&group.counts) {
        let Some(figure) = row.get_mut(count.indicator) else { continue };
        match count.part {
            Part::Numerator => figure.numerator += number,
            Part::Denominator => figure.denominator += number,
            Part::Bucket(bucket) => {
                if let Some(bucket) = figure.buckets.get_mut(bucket) {
                    *bucket += number;
                }
            }
        }
    }
    for (indicator, two) in pass.spreads.iter().zip(group.quantiles.chunks(2)) {
        if let (Some(figure), [Some(p50), Some(p90)]) = (row.get_mut(*indicator), two) {
            figure.spread = Some((*p50, *p90));
        }
    }
}

fn none_yet(question: &Question) -> Vec<Figure> {
    let none = |definition: &Arc<Definition>| {
        let buckets = if definition.size.is_some() { definition.buckets.len() + 1 } else { 0 };
        Figure { buckets: vec![0; buckets], ..Figure::default() }
    };
    question.indicators.iter().map(none).collect()
}

/// All figures of a question, from its passes; a question without groups has one, even where nothing was counted.
///
/// # Errors
/// [`TooManyRows`] where more groups were counted than are looked at.
pub fn figures(
    question: &Question,
    counted: &[(Pass, Vec<Group>)],
    place: Place<'_>,
) -> Result<Figures, TooManyRows> {
    let mut figures = Figures::new();
    if question.group_by.is_empty() {
        figures.insert(Vec::new(), none_yet(question));
    }
    for (pass, groups) in counted {
        for group in groups {
            put(&mut figures, question, pass, group);
        }
    }
    if figures.len() > most_groups(question) {
        return Err(TooManyRows);
    }
    for (values, row) in &mut figures {
        people(question, place, values, row);
    }
    Ok(figures)
}

/// Sets the denominators that are people: those of the group's area, or the filter's, or all of the county.
pub fn people(question: &Question, place: Place<'_>, values: &[String], row: &mut [Figure]) {
    let of_group = question.group_by.iter().position(|one| *one == Dimension::Area);
    let area = of_group.and_then(|index| values.get(index)).map(String::as_str);
    let filtered = Some(question.area_prefix.as_str()).filter(|prefix| !prefix.is_empty());
    let area = area.or(filtered).unwrap_or(place.county);
    for (definition, figure) in question.indicators.iter().zip(row) {
        if let Some(Denominator::People(kind)) = definition.denominator {
            figure.denominator = place.catalogue.population.of(area, kind, last_day(question));
        }
    }
}

fn last_day(question: &Question) -> Date {
    let zone = TimeZone::get(&question.time_zone).unwrap_or(TimeZone::UTC);
    let last = question.window.before.checked_sub(jiff::SignedDuration::from_micros(1));
    zone.to_datetime(last.unwrap_or(question.window.before)).date()
}

/// The figures of the greatest groups, the greatest first, and what the others have together; none where there are no
/// others. Counts of the rest add up; its p50 and p90 are not known.
pub fn top(question: &Question, figures: Figures) -> (Vec<OneGroup>, Option<Vec<Figure>>) {
    let Some(first) = question.indicators.first() else { return (Vec::new(), None) };
    let mut groups: Vec<_> = figures.into_iter().collect();
    let size =
        |row: &[Figure]| row.first().map_or(0.0, |figure| ratio(first, figure).unwrap_or(counted(figure)));
    // Equal ones stay in the order of their names.
    groups.sort_by(|(_, one), (_, next)| size(next).total_cmp(&size(one)));
    let others = groups.split_off(question.top.min(groups.len()));
    let rest = (!others.is_empty()).then(|| {
        let mut rest = none_yet(question);
        for (sum, figure) in others.iter().flat_map(|(_, row)| row.iter().enumerate()) {
            rest[sum].numerator += figure.numerator;
            rest[sum].denominator += figure.denominator;
        }
        rest
    });
    (groups, rest)
}

/// The rows of one group, one for each indicator.
pub fn rows(
    question: &Question,
    kind: RowKind,
    dimensions: &[String],
    figures: &[Figure],
    base: Option<&[Figure]>,
    label: &dyn Fn(Dimension, &str) -> Option<String>,
) -> Vec<IndicatorRow> {
    let labels: Vec<String> = question
        .group_by
        .iter()
        .zip(dimensions)
        .map(|(dimension, value)| label(*dimension, value).unwrap_or_else(|| value.clone()))
        .collect();
    let indicators = question.indicators.iter().zip(figures).enumerate();
    indicators
        .map(|(index, (definition, figure))| {
            let ratio = ratio(definition, figure);
            IndicatorRow {
                dimensions: dimensions.to_vec(),
                labels: labels.clone(),
                indicator: definition.id.clone(),
                definition_version: definition.version,
                numerator: figure.numerator,
                denominator: figure.denominator,
                ratio,
                kind: kind.into(),
                base: base.and_then(|base| base.get(index)).map(|base| compared(definition, figure, base)),
                spread: spread(definition, figure),
                small: definition.denominator.is_some()
                    && figure.denominator < i64::from(definition.minimum_sample),
            }
        })
        .collect()
}

/// numerator / denominator, in the definition's unit; none where there is none.
// Counts stay far below 2^53, where a float would lose one.
#[allow(clippy::cast_precision_loss)]
pub fn ratio(definition: &Definition, figure: &Figure) -> Option<f64> {
    let scaled = figure.numerator.saturating_mul(definition.unit.scale());
    (definition.denominator.is_some() && figure.denominator > 0)
        .then(|| scaled as f64 / figure.denominator as f64)
}

// As above.
#[allow(clippy::cast_precision_loss)]
fn counted(figure: &Figure) -> f64 {
    figure.numerator as f64
}

fn compared(definition: &Definition, now: &Figure, then: &Figure) -> Base {
    let before = ratio(definition, then);
    let change = if definition.denominator.is_some() {
        ratio(definition, now).zip(before).map(|(now, before)| now - before)
    } else {
        (then.numerator > 0).then(|| (counted(now) - counted(then)) / counted(then))
    };
    Base { numerator: then.numerator, denominator: then.denominator, ratio: before, change }
}

fn spread(definition: &Definition, figure: &Figure) -> Option<Spread> {
    let (p50, p90) = figure.spread.filter(|_| definition.size.is_some())?;
    Some(Spread { p50, p90, buckets: figure.buckets.clone() })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{plan::passes, question::Window};

    fn question(indicators: &[&str], group_by: &[Dimension]) -> Question {
        let catalogue = Catalogue::defaults().unwrap();
        Question {
            indicators: indicators.iter().map(|id| catalogue.find(id).unwrap().clone()).collect(),
            group_by: group_by.to_vec(),
            area_digits: 0,
            window: Window { from: Timestamp::UNIX_EPOCH, before: Timestamp::MAX },
            time_zone: "UTC".into(),
            area_prefix: String::new(),
            agencies: vec![],
            sources: vec![],
            levels: vec![],
            categories: vec![],
            known_at: None,
            happened_by: None,
            comparison: Default::default(),
            spring_festival: false,
            top: 0,
            total: false,
            page_size: 0,
        }
    }

    fn group(value: &str, counts: &[i64]) -> Group {
        Group { dimensions: vec![value.to_owned()], counts: counts.to_vec(), quantiles: vec![] }
    }

    fn told(question: &Question, groups: &[&[Group]]) -> Result<Figures, TooManyRows> {
        let catalogue = Catalogue::defaults().unwrap();
        let counted: Vec<_> =
            passes(question).into_iter().zip(groups.iter().map(|one| one.to_vec())).collect();
        figures(question, &counted, Place { county: "421181", catalogue: &catalogue })
    }

    fn one(numerator: i64, denominator: i64) -> Figure {
        Figure { numerator, denominator, ..Figure::default() }
    }

    #[test]
    fn a_total_of_nothing_is_zero_without_ratio() {
        let asked = question(&["reports", "sign_rate"], &[]);
        let figures = told(&asked, &[]).unwrap();
        let rows = rows(&asked, RowKind::Unspecified, &[], &figures[&vec![]], None, &|_, _| None);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1].numerator, rows[1].denominator, rows[1].ratio), (0, 0, None));
        assert!(rows[1].small && !rows[0].small);
    }

    #[test]
    fn passes_meet_in_their_groups_in_order() {
        let asked = question(&["reports", "resolved_rate"], &[Dimension::Level]);
        let reports = [group("4", &[5]), group("1", &[2])];
        let figures = told(&asked, &[&reports, &[group("4", &[2, 3])]]).unwrap();
        let expected: Figures = [
            (vec!["BLUE".to_owned()], vec![one(2, 0), one(0, 0)]),
            (vec!["RED".to_owned()], vec![one(5, 0), one(2, 3)]),
        ]
        .into();
        assert_eq!(figures, expected);
    }

    #[test]
    fn the_rest_of_the_top_adds_up() {
        let mut asked = question(&["resolved_rate"], &[Dimension::Category]);
        asked.top = 1;
        let groups =
            [group("a", &[9, 10]), group("b", &[1, 10]), group("c", &[99, 100]), group("d", &[0, 0])];
        let (shown, rest) = top(&asked, told(&asked, &[&groups]).unwrap());
        assert_eq!(shown, [(vec!["c".to_owned()], vec![one(99, 100)])], "by its rate, not by its size");
        assert_eq!(rest, Some(vec![one(10, 20)]));
    }

    #[test]
    fn s0_11_a_change_stands_beside_both_values_and_from_nothing_is_none() {
        let cases = question(&["cases"], &[]);
        let change = |now, then| compared(&cases.indicators[0], &one(now, 0), &one(then, 0)).change;
        assert_eq!(change(56, 67).map(|change| format!("{change:.3}")), Some("-0.164".into()));
        assert_eq!(change(5, 0), None);
    }

    #[test]
    fn too_many_groups_are_refused() {
        let groups: Vec<_> = (0..=MOST_ROWS).map(|n| group(&n.to_string(), &[1])).collect();
        let asked = question(&["reports"], &[Dimension::Category]);
        assert_eq!(told(&asked, &[&groups]), Err(TooManyRows));
    }
}
