//! Looking up what a bulletin names: by the same questions that anyone can ask, all at one moment.

use std::collections::BTreeMap;

use fengqiao_calendar::end_of_day;
use fengqiao_proto::statistics::v1::{Dimension, IndicatorRow, QueryIndicatorsRequest, RowKind};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;

use super::BulletinCounty;
use crate::{
    answering::Answers,
    domain::{
        bulletin::{
            page::{Answers as Found, Group, Groups, Scope, lookups},
            period::When,
            shown::Found as Figure,
            template::{By, MOST_ROWS, Template},
            text::{Lookup, Only},
        },
        days::Days,
        question::MOST_INDICATORS,
    },
    error::StatisticsError,
};

/// Looks up.
pub struct LookingUp<'a> {
    /// What answers.
    pub answers: &'a Answers,
    /// Of which county.
    pub place: &'a BulletinCounty,
    /// Of what.
    pub template: &'a Template,
    /// Of which part.
    pub scope: &'a Scope,
    /// At which moment: what is known then is counted, as it is then.
    pub at: Timestamp,
}

impl LookingUp<'_> {
    /// All that the template names.
    ///
    /// # Errors
    /// [`StatisticsError`] of a question.
    pub async fn all(&self) -> Result<Found, StatisticsError> {
        let mut found = Found { figures: self.figures().await?, ..Found::default() };
        for (number, section) in self.template.sections.iter().enumerate() {
            for (place, table) in section.tables.iter().enumerate() {
                let groups =
                    self.groups(&table.indicators, table.by, table.top, table.with_change, true).await?;
                found.tables.insert((number, place), groups);
            }
            for (place, chart) in section.charts.iter().enumerate() {
                let indicators = std::slice::from_ref(&chart.indicator);
                let groups = self.groups(indicators, chart.by, chart.top, false, false).await?;
                found.charts.insert((number, place), groups);
            }
        }
        Ok(found)
    }

    /// The question for some indicators of a part of the facts.
    ///
    /// # Errors
    /// [`StatisticsError::Question`] for a period out of range.
    pub fn question(
        &self,
        indicators: &[String],
        when: When,
        only: &Only,
    ) -> Result<QueryIndicatorsRequest, StatisticsError> {
        let zone = &self.place.county.time_zone;
        let days = self.template.period.at(self.scope.days, when);
        let window = days.and_then(|Days { first, last }| {
            Some((end_of_day(first.yesterday().ok()?, zone), end_of_day(last, zone)))
        });
        let (from, before) = window
            .ok_or_else(|| StatisticsError::wrong("day", "a day within the years that can be counted"))?;
        let one = |word: &String| if word.is_empty() { Vec::new() } else { vec![word.clone()] };
        Ok(QueryIndicatorsRequest {
            county: self.place.county.code.clone(),
            indicators: indicators.to_vec(),
            from: Some(to_proto(from)),
            before: Some(to_proto(before)),
            time_zone: zone.iana_name().unwrap_or_default().to_owned(),
            area_code: only.area.clone(),
            agencies: one(&only.agency),
            categories: one(&only.category),
            known_at: Some(to_proto(self.at)),
            happened_by: Some(to_proto(self.at)),
            ..Default::default()
        })
    }

    async fn ask(&self, asked: &QueryIndicatorsRequest) -> Result<Vec<IndicatorRow>, StatisticsError> {
        Ok(self.answers.answer(&self.place.county.code, asked, self.at).await?.rows)
    }

    async fn figures(&self) -> Result<BTreeMap<Lookup, Figure>, StatisticsError> {
        let mut asked: BTreeMap<(When, Only), Vec<String>> = BTreeMap::new();
        for Lookup { when, only, indicator } in lookups(self.template, self.scope) {
            asked.entry((when, only)).or_default().push(indicator);
        }
        let catalogue = self.answers.county(&self.place.county.code)?.catalogue;
        let mut found = BTreeMap::new();
        for ((when, only), names) in asked {
            for names in names.chunks(MOST_INDICATORS) {
                let rows = self.ask(&self.question(names, when, &only)?).await?;
                for name in names {
                    let Some(definition) = catalogue.find(name) else { continue };
                    let is_of = |row: &&IndicatorRow| {
                        row.indicator == definition.id && row.definition_version == definition.version
                    };
                    let Some(row) = rows.iter().find(is_of) else { continue };
                    let lookup = Lookup { when, only: only.clone(), indicator: name.clone() };
                    found.insert(lookup, figure(row));
                }
            }
        }
        Ok(found)
    }

    async fn groups(
        &self,
        indicators: &[String],
        by: By,
        top: i32,
        with_change: bool,
        with_total: bool,
    ) -> Result<Groups, StatisticsError> {
        let grouped = QueryIndicatorsRequest {
            group_by: vec![by.dimension().into()],
            area_level: by.area_level().into(),
            top,
            total: with_total,
            ..self.question(indicators, When::This, &self.scope.only)?
        };
        let mut now = self.in_groups(&self.ask(&grouped).await?, by);
        // What is left and the total are at the end.
        let most = usize::try_from(MOST_ROWS).unwrap_or_default();
        let named = now.iter().filter(|(kind, _)| *kind == RowKind::Unspecified).count();
        if named > most {
            now.drain(most..named);
        }
        let mut before = BTreeMap::new();
        if with_change {
            let window = self.question(indicators, When::Previous, &self.scope.only)?;
            let grouped =
                QueryIndicatorsRequest { from: window.from, before: window.before, top: 0, ..grouped };
            before.extend(self.in_groups(&self.ask(&grouped).await?, by).into_iter().map(|(_, group)| group));
        }
        Ok(Groups { now: now.into_iter().map(|(_, group)| group).collect(), before })
    }

    /// Rows that follow each other are of one group.
    fn in_groups(&self, rows: &[IndicatorRow], by: By) -> Vec<(RowKind, Group)> {
        let same = |one: &IndicatorRow, next: &IndicatorRow| {
            one.kind == next.kind && one.dimensions == next.dimensions
        };
        let groups = rows.chunk_by(same).filter_map(|rows| {
            let first = rows.first()?;
            Some((first.kind(), (self.label(first, by), rows.iter().map(figure).collect())))
        });
        groups.collect()
    }

    fn label(&self, row: &IndicatorRow, by: By) -> String {
        match row.kind() {
            RowKind::Total => return "合计".to_owned(),
            RowKind::Rest => return "其他".to_owned(),
            RowKind::Unspecified => {}
        }
        let code = row.dimensions.first().map_or("", String::as_str);
        let label = row.labels.first().map_or("", String::as_str);
        let agency = self.place.agencies.get(code).filter(|_| by.dimension() == Dimension::Agency);
        match agency.map_or(label, String::as_str) {
            "" => "未定".to_owned(),
            label => label.to_owned(),
        }
    }
}

fn figure(row: &IndicatorRow) -> Figure {
    Figure {
        numerator: row.numerator,
        denominator: row.denominator,
        ratio: row.ratio,
        spread: row.spread.as_ref().map(|spread| (spread.p50, spread.p90)),
        small: row.small,
    }
}
