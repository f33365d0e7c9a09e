//! League tables: figures of agencies or areas, without what was excluded, in the order of one of them.

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_proto::statistics::v1::{
    Dimension, GetLeagueTableResponse, LeagueFigure, LeagueRow, QueryIndicatorsRequest, RowKind,
};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;

use crate::{
    answering::Answers,
    domain::{
        definition::{Better, Definition},
        figure::{self, Figure},
        league::{self, METHOD, Rate},
        question::Question,
    },
    error::StatisticsError,
    store::{Asked, Exclusions},
};

/// What a county's league shows where nothing else is asked for. Closing does not rank: it stands near 99 % everywhere.
const USUAL: [&str; 6] = [
    "on_time_settled_rate",
    "on_time_feedback_rate",
    "due_feedback_rate",
    "relapse_rate",
    "repeat_rate",
    "resolved_rate",
];

/// Makes league tables.
#[derive(Debug)]
pub struct Leagues {
    answers: Arc<Answers>,
    exclusions: Exclusions,
}

impl Leagues {
    /// Of these figures, without these exclusions.
    pub fn new(answers: Arc<Answers>, exclusions: Exclusions) -> Self {
        Self { answers, exclusions }
    }

    /// A league table for a moment.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn table(
        &self,
        code: &str,
        mut asked: QueryIndicatorsRequest,
        now: Timestamp,
    ) -> Result<GetLeagueTableResponse, StatisticsError> {
        let county = self.answers.county(code)?;
        if asked.indicators.is_empty() {
            asked.indicators = USUAL.map(str::to_owned).to_vec();
        }
        let question = county.check(&asked)?;
        let (first, better) = ranking(&question)?;
        let _turn = self.answers.turn().await?;
        let to_count = Asked { county: code, question: &question, base: None, now, fair: true };
        let counted = self.answers.figures().count(to_count).await?;
        let figures = figure::figures(&question, &counted.groups, county.place())?;
        let ids: Vec<_> = question.indicators.iter().map(|one| one.id.as_str()).collect();
        let at = question.known_at.unwrap_or(now);
        let excluded_cases = self.exclusions.count(code, &ids, at).await?;
        let label = |dimension: Dimension, value: &str| county.label(dimension, value);
        // What belongs to nobody is nobody's merit.
        let named: BTreeMap<_, _> = figures
            .into_iter()
            .filter(|(values, _)| values.first().is_some_and(|value| !value.is_empty()))
            .collect();
        Ok(GetLeagueTableResponse {
            rows: ranked(&question, better, &named, &label),
            ranked_by: first.id.clone(),
            minimum_sample: first.minimum_sample,
            method: METHOD.to_owned(),
            excluded_cases,
            as_of: counted.as_of.map(to_proto),
        })
    }
}

/// The indicator that ranks, and which of its values are better.
fn ranking(question: &Question) -> Result<(&Definition, Better), StatisticsError> {
    if !matches!(question.group_by.as_slice(), [Dimension::Agency | Dimension::Area]) {
        return Err(StatisticsError::wrong("groupBy", "exactly one of AGENCY and AREA"));
    }
    let first = question.indicators.first().filter(|first| first.is_a_share());
    let ranks = first.and_then(|first| Some((&**first, first.better?)));
    ranks.ok_or_else(|| {
        StatisticsError::wrong("indicators[0]", "a rate of which it is said whether more or less is better")
    })
}

fn ranked(
    question: &Question,
    better: Better,
    figures: &BTreeMap<Vec<String>, Vec<Figure>>,
    label: &dyn Fn(Dimension, &str) -> Option<String>,
) -> Vec<LeagueRow> {
    let rate = |figure: &Figure| Rate { numerator: figure.numerator, denominator: figure.denominator };
    let rates: Vec<Rate> =
        figures.values().map(|row| row.first().map_or(Rate { numerator: 0, denominator: 0 }, rate)).collect();
    let minimum = question.indicators.first().map_or(0, |first| i64::from(first.minimum_sample));
    let ranks = league::ranks(&rates, minimum, better);
    let mut rows: Vec<LeagueRow> = figures
        .iter()
        .zip(&ranks)
        .map(|((values, row), rank)| {
            let written = figure::rows(question, RowKind::Unspecified, values, row, None, label);
            let code = values.first().cloned().unwrap_or_default();
            let name = written.first().and_then(|row| row.labels.first()).cloned().unwrap_or_default();
            let told = written.into_iter().zip(row).zip(&question.indicators);
            let figures = told
                .map(|((row, figure), definition)| {
                    let interval = rate(figure).interval().filter(|_| definition.is_a_share());
                    LeagueFigure {
                        row: Some(row),
                        low: interval.map(|interval| interval.low),
                        high: interval.map(|interval| interval.high),
                    }
                })
                .collect();
            LeagueRow {
                code,
                label: name,
                rank: rank.map_or(0, |rank| rank.rank),
                rank_from: rank.map_or(0, |rank| rank.best),
                rank_to: rank.map_or(0, |rank| rank.worst),
                figures,
            }
        })
        .collect();
    // Those without a rank last; equal ones in the order of their codes.
    rows.sort_by_key(|row| if row.rank == 0 { i32::MAX } else { row.rank });
    rows
}
