//! What has to be counted for a question: one pass over each kind of fact and time.

use super::{
    definition::{Definition, Denominator},
    language::{Column, Condition, Grain, Measure},
    question::Question,
};

/// One pass: facts of a grain, put into the window by a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// The facts.
    pub grain: Grain,
    /// Which time puts them into the window; none where the conditions look at the window themselves.
    pub time: Option<Column>,
    /// What is counted in it.
    pub counts: Vec<Count>,
    /// Of which indicators p50 and p90 are wanted, by their place in the question.
    pub spreads: Vec<usize>,
}

/// Something that is counted for an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The indicator's place in the question.
    pub indicator: usize,
    /// For which of its numbers.
    pub part: Part,
}

/// A number of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The numerator.
    Numerator,
    /// The denominator.
    Denominator,
    /// A bucket of its sizes.
    Bucket(usize),
}

/// The passes of a question, in the order of its indicators.
pub fn passes(question: &Question) -> Vec<Pass> {
    let mut passes: Vec<Pass> = Vec::new();
    for (indicator, definition) in question.indicators.iter().enumerate() {
        let same = |pass: &&mut Pass| pass.grain == definition.grain && pass.time == definition.time;
        let place = match passes.iter_mut().find(same) {
            Some(pass) => pass,
            None => {
                let (grain, time) = (definition.grain, definition.time);
                passes.push(Pass { grain, time, counts: Vec::new(), spreads: Vec::new() });
                let Some(pass) = passes.last_mut() else { continue };
                pass
            }
        };
        place.counts.extend(parts(definition).map(|part| Count { indicator, part }));
        if definition.size.is_some() {
            place.spreads.push(indicator);
        }
    }
    passes
}

fn parts(definition: &Definition) -> impl Iterator<Item = Part> {
    let measured = matches!(definition.denominator, Some(Denominator::Measured(_)));
    let buckets = if definition.size.is_some() { definition.buckets.len() + 1 } else { 0 };
    std::iter::once(Part::Numerator)
        .chain(measured.then_some(Part::Denominator))
        .chain((0..buckets).map(Part::Bucket))
}

/// The measure of a part, without the exclusions; a bucket's is the numerator's.
pub fn measure(definition: &Definition, part: Part) -> &Measure {
    match (&definition.denominator, part) {
        (Some(Denominator::Measured(denominator)), Part::Denominator) => denominator,
        _ => &definition.numerator,
    }
}

/// Which facts a measure counts: those of its condition that are not excluded.
pub fn counted(definition: &Definition, measure: &Measure) -> Condition {
    Condition::All(vec![measure.condition.clone(), Condition::Not(Box::new(definition.exclude.clone()))])
}

/// The bounds of a bucket: above the first, up to the second.
pub fn bucket(definition: &Definition, number: usize) -> (Option<i64>, Option<i64>) {
    let above = number.checked_sub(1).and_then(|before| definition.buckets.get(before));
    (above.copied(), definition.buckets.get(number).copied())
}
