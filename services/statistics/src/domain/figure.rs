//! From counted groups to the rows of an answer.

use std::collections::BTreeMap;

use fengqiao_proto::statistics::v1::{Dimension, IndicatorRow};

use super::{
    indicator::{Definition, Fact},
    question::{MOST_DIMENSIONS, Question},
    wording,
};

/// Most rows in one answer.
pub const MOST_ROWS: usize = 10_000;

/// The counts of the facts that share their dimension values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The values, as stored; always as many as a question may have at most.
    pub dimensions: Vec<String>,
    /// The measures, in the order of [`super::indicator::Measure::place`].
    pub measures: Vec<i64>,
}

/// The answer would be too long.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyRows;

/// Most groups that a question's answer can hold.
pub fn most_groups(question: &Question) -> usize {
    MOST_ROWS / question.indicators.len().max(1)
}

/// Makes the rows of an answer: ordered by dimension values, then indicators as they were asked for. A
/// group that one fact knows gets a row for every indicator, so that a missing count is a visible 0.
///
/// # Errors
/// [`TooManyRows`] where more groups were counted than an answer holds.
pub fn rows(
    question: &Question,
    counted: &[(Fact, Vec<Group>)],
    label: &dyn Fn(Dimension, &str) -> Option<String>,
) -> Result<Vec<IndicatorRow>, TooManyRows> {
    let mut groups: BTreeMap<Vec<String>, BTreeMap<Fact, &[i64]>> = BTreeMap::new();
    if question.group_by.is_empty() {
        groups.entry(Vec::new()).or_default();
    }
    for (fact, counts) in counted {
        for group in counts {
            let values = question
                .group_by
                .iter()
                .zip(group.dimensions.iter().take(MOST_DIMENSIONS))
                .map(|(dimension, stored)| wording::written_value(*dimension, stored))
                .collect();
            groups.entry(values).or_default().insert(*fact, &group.measures);
        }
    }
    if groups.len() > most_groups(question) {
        return Err(TooManyRows);
    }
    let mut rows = Vec::with_capacity(groups.len() * question.indicators.len());
    for (dimensions, facts) in groups {
        let labels: Vec<String> = question
            .group_by
            .iter()
            .zip(&dimensions)
            .map(|(dimension, value)| label(*dimension, value).unwrap_or_else(|| value.clone()))
            .collect();
        for definition in &question.indicators {
            rows.push(row(definition, &facts, dimensions.clone(), labels.clone()));
        }
    }
    Ok(rows)
}

fn row(
    definition: &Definition,
    facts: &BTreeMap<Fact, &[i64]>,
    dimensions: Vec<String>,
    labels: Vec<String>,
) -> IndicatorRow {
    let counted = |measure: super::indicator::Measure| {
        let (fact, place) = measure.place();
        facts.get(&fact).and_then(|measures| measures.get(place)).copied().unwrap_or(0)
    };
    let numerator = counted(definition.numerator);
    let denominator = definition.denominator.map_or(0, counted);
    // Counts stay far below 2^53, where a float would lose one.
    #[allow(clippy::cast_precision_loss)]
    let ratio = (denominator > 0).then(|| numerator as f64 / denominator as f64);
    IndicatorRow {
        dimensions,
        labels,
        indicator: definition.id.to_owned(),
        definition_version: definition.version,
        numerator,
        denominator,
        ratio,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{indicator::find, question::Window};

    fn question(indicators: &[&str], group_by: &[Dimension]) -> Question {
        Question {
            indicators: indicators.iter().map(|id| find(id).unwrap()).collect(),
            group_by: group_by.to_vec(),
            area_digits: 0,
            window: Window { from: Timestamp::UNIX_EPOCH, before: Timestamp::MAX },
            time_zone: "UTC".into(),
            area_prefix: String::new(),
            agencies: vec![],
            sources: vec![],
            levels: vec![],
            categories: vec![],
        }
    }

    fn group(values: [&str; 4], measures: &[i64]) -> Group {
        Group { dimensions: values.map(str::to_owned).to_vec(), measures: measures.to_vec() }
    }

    fn no_label(_: Dimension, _: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_total_of_nothing_is_zero_without_ratio() {
        let rows = rows(&question(&["reports", "sign_rate"], &[]), &[], &no_label).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1].numerator, rows[1].denominator, rows[1].ratio), (0, 0, None));
    }

    #[test]
    fn rates_carry_both_counts() {
        let counted = [(Fact::Push, vec![group(["", "", "", ""], &[8, 7, 6, 1, 3])])];
        let asked = question(&["pushes", "sign_rate", "feedback_rate", "return_rate"], &[]);
        let rows = rows(&asked, &counted, &no_label).unwrap();
        let seen: Vec<_> = rows.iter().map(|r| (r.numerator, r.denominator, r.ratio)).collect();
        assert_eq!(seen, [(8, 0, None), (6, 8, Some(0.75)), (3, 8, Some(0.375)), (1, 8, Some(0.125))]);
    }

    #[test]
    fn facts_meet_in_their_groups_in_order() {
        let counted = [
            (Fact::Report, vec![group(["4", "", "", ""], &[5, 1]), group(["1", "", "", ""], &[2, 0])]),
            (Fact::Case, vec![group(["4", "", "", ""], &[3, 2])]),
        ];
        let asked = question(&["reports", "cases"], &[Dimension::Level]);
        let label = |_: Dimension, value: &str| (value == "RED").then(|| "红".to_owned());
        let rows = rows(&asked, &counted, &label).unwrap();
        let seen: Vec<_> = rows
            .iter()
            .map(|r| (r.dimensions[0].as_str(), r.labels[0].as_str(), r.indicator.as_str(), r.numerator))
            .collect();
        assert_eq!(
            seen,
            [
                ("BLUE", "BLUE", "reports", 2),
                ("BLUE", "BLUE", "cases", 0),
                ("RED", "红", "reports", 5),
                ("RED", "红", "cases", 3),
            ]
        );
    }

    #[test]
    fn too_many_groups_are_refused() {
        let groups = (0..=MOST_ROWS).map(|n| group([&n.to_string(), "", "", ""], &[1, 0])).collect();
        let asked = question(&["reports"], &[Dimension::Category]);
        assert_eq!(rows(&asked, &[(Fact::Report, groups)], &no_label), Err(TooManyRows));
    }
}
