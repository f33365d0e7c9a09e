//! Watching indicators: each day that is over is looked at once, by one process of several, and what moved further than
//! chance explains is kept and sent. After a stop the days that were missed are looked at one after the other, each as it
//! was at its end.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use fengqiao_calendar::end_of_day;
use fengqiao_county::{Counties, County, Mistakes};
use fengqiao_messaging::Event;
use fengqiao_proto::statistics::v1::{AlertRaised, Dimension, QueryIndicatorsRequest};
use fengqiao_serving::time::{Clock, to_proto};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use prost::{Message as _, Name as _};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    answering::Answers,
    domain::{
        figure::{self, Figures as GroupFigures},
        question::Question,
        watching::{
            look::{DayCount, Series, first_day_needed, look},
            rules::{self, Rule},
            sentence,
        },
    },
    error::StatisticsError,
    store::{Alert, Alerts, Asked, Quiet, Work, hold},
};

/// The kind of event that this sends.
pub const ALERT_RAISED: &str = "fengqiao.statistics.v1.AlertRaised";
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// After a longer stop only so many days are looked at: an alert of what was a month ago helps nobody.
const MOST_DAYS_BACK: i32 = 31;
/// Days of series that are looked at together, at most.
const MOST_DAYS_COUNTED: usize = 2_000_000;

/// The rules of all counties.
#[derive(Debug)]
pub struct WatchedCounties(BTreeMap<String, (Arc<County>, Vec<Rule>)>);

impl WatchedCounties {
    /// Reads the rules of these counties, whose definitions are known.
    ///
    /// # Errors
    /// All mistakes of their files.
    pub fn load(counties: &Counties, answers: &Answers) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut watched = BTreeMap::new();
        for county in counties.iter() {
            let Ok(counted) = answers.county(&county.code) else { continue };
            match rules::load(&county.folder, counted.catalogue) {
                Ok(rules) => drop(watched.insert(county.code.clone(), (Arc::clone(county), rules))),
                Err(found) => mistakes.extend(found.0),
            }
        }
        if mistakes.is_empty() { Ok(Self(watched)) } else { Err(Mistakes(mistakes)) }
    }

    /// The rules of a county.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownCounty`]
    pub fn rules(&self, county: &str) -> Result<&[Rule], StatisticsError> {
        self.0.get(county).map(|(_, rules)| rules.as_slice()).ok_or(StatisticsError::UnknownCounty)
    }
}

/// Watches.
pub struct Watcher {
    /// Names this process among the others.
    pub id: Uuid,
    /// Connections in the service's schema.
    pub pool: PgPool,
    /// What counts.
    pub answers: Arc<Answers>,
    /// The rules.
    pub counties: Arc<WatchedCounties>,
    /// Where what is raised is kept.
    pub alerts: Alerts,
    /// What time it is.
    pub clock: Clock,
}

impl Watcher {
    /// Watches until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// None.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while !stop.is_cancelled() {
            for (county, rules) in self.counties.0.values() {
                let looking = async {
                    while self.look_at_next_day(county, rules).await? {}
                    Ok(())
                };
                let looked: Option<Result<(), StatisticsError>> = stop.run_until_cancelled(looking).await;
                if let Some(Err(error)) = looked {
                    let (county, error) = (&county.code, &error as &dyn std::error::Error);
                    tracing::warn!(county, error, "indicators could not be watched");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    /// Looks at the next day of a county that is over and of which all is known. False where there is none, or where
    /// another process does it.
    ///
    /// # Errors
    /// [`StatisticsError`]; the day is then looked at again.
    pub async fn look_at_next_day(&self, county: &County, rules: &[Rule]) -> Result<bool, StatisticsError> {
        let now = self.clock.now();
        let Some(held) = hold(&self.pool, &county.code, Work::Watching, self.id, now).await? else {
            return Ok(false);
        };
        let Some(day) = next_day(held.done_through, county.day(now)) else { return Ok(false) };
        let over = end_of_day(day, &county.time_zone);
        let known = self.answers.figures().as_of(&county.code).await?;
        if over > now || known.is_none_or(|known| known < over) {
            return Ok(false);
        }
        let longest = rules.iter().map(|rule| rule.quiet_days).max().unwrap_or_default();
        let quiet_since = day.checked_sub(longest.days()).unwrap_or(day);
        let quiet = self.alerts.quiet(&county.code, quiet_since, now).await?;
        let mut raised = Vec::new();
        for rule in rules {
            match self.raised(county, rule, day, over, &quiet, now).await {
                Ok(found) => raised.extend(found),
                // It would be so tomorrow too, and no other rule waits for it.
                Err(error @ (StatisticsError::TooManyRows | StatisticsError::Question(_))) => {
                    let (county, rule) = (&county.code, &rule.id);
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(county, rule, error, "a rule cannot be watched");
                }
                Err(error) => return Err(error),
            }
        }
        let event = |alert: &Alert| event(alert, county);
        if !self.alerts.raise(&held, &county.code, day, &raised, event, now).await? {
            return Ok(false);
        }
        for alert in &raised {
            let (county, rule) = (county.code.clone(), alert.rule.clone());
            metrics::counter!("fengqiao_statistics_alerts_total", "county" => county, "rule" => rule)
                .increment(1);
        }
        Ok(true)
    }

    /// What a rule raises on a day, counted as it was at the day's end.
    async fn raised(
        &self,
        county: &County,
        rule: &Rule,
        day: Date,
        over: Timestamp,
        quiet: &Quiet,
        now: Timestamp,
    ) -> Result<Vec<Alert>, StatisticsError> {
        let question = self.question(county, rule, day, over)?;
        let Some(definition) = question.indicators.first().cloned() else { return Ok(Vec::new()) };
        let all = self.series(county, rule, &question).await?;
        let Some(known_since) = all.values().filter_map(|series| series.keys().next()).min().copied() else {
            return Ok(Vec::new());
        };
        let counted = self.answers.county(&county.code)?;
        let mut raised = Vec::new();
        let found = look(rule, &all, day, known_since);
        for (series, finding) in found {
            if quiet.is_quiet(&rule.id, series, day, rule.quiet_days) {
                continue;
            }
            let label = rule.by.dimension().and_then(|dimension| counted.label(dimension, series));
            let series_name = label.unwrap_or_else(|| series.to_owned());
            raised.push(Alert {
                alert_id: Uuid::now_v7(),
                rule: rule.id.clone(),
                rule_name: rule.name.clone(),
                indicator: definition.id.clone(),
                definition_version: definition.version,
                moves: rule.moves,
                reason: sentence::why(rule, &definition, &series_name, &finding),
                series: series.to_owned(),
                series_name,
                days: finding.days,
                observed: finding.observed,
                expected: finding.expected,
                limit: finding.limit,
                past: finding.past.sum,
                past_windows: finding.past.windows,
                scatter: finding.past.scatter,
                chance: finding.chance,
                raised_at: now,
                seen: None,
            });
        }
        Ok(raised)
    }

    fn question(
        &self,
        county: &County,
        rule: &Rule,
        day: Date,
        over: Timestamp,
    ) -> Result<Question, StatisticsError> {
        let out_of_range = || StatisticsError::wrong("day", "a day within the years that can be counted");
        let first =
            first_day_needed(rule, day).and_then(|first| first.yesterday().ok()).ok_or_else(out_of_range)?;
        let group_by = rule.by.dimension().into_iter().chain([Dimension::Day]);
        let asked = QueryIndicatorsRequest {
            indicators: vec![rule.indicator.clone()],
            group_by: group_by.map(i32::from).collect(),
            area_level: rule.by.area_level().into(),
            from: Some(to_proto(end_of_day(first, &county.time_zone))),
            before: Some(to_proto(over)),
            time_zone: county.time_zone.iana_name().unwrap_or_default().to_owned(),
            happened_by: Some(to_proto(over)),
            ..Default::default()
        };
        self.answers.county(&county.code)?.check(&asked)
    }

    /// What was counted of each series on its days.
    async fn series(
        &self,
        county: &County,
        rule: &Rule,
        question: &Question,
    ) -> Result<BTreeMap<String, Series>, StatisticsError> {
        let _turn = self.answers.turn().await?;
        let now = question.happened_by.unwrap_or(question.window.before);
        let asked = Asked { county: &county.code, question, base: None, now, fair: false };
        let mut open = self.answers.figures().open(asked).await?;
        let (mut all, mut count) = (BTreeMap::<String, Series>::new(), 0_usize);
        while let Some(parts) = open.next().await? {
            let mut figures = GroupFigures::new();
            for (pass, group) in &parts {
                figure::put(&mut figures, question, pass, group);
            }
            for (mut values, row) in figures {
                let day = values.pop().and_then(|day| day.parse::<Date>().ok());
                let series = values.pop().unwrap_or_default();
                // What is of no area, agency or category is no series.
                let is_one = rule.by.dimension().is_none() || !series.is_empty();
                let Some((day, figure)) = day.zip(row.first()).filter(|_| is_one) else { continue };
                count += 1;
                if count > MOST_DAYS_COUNTED {
                    return Err(StatisticsError::TooManyRows);
                }
                let counted = DayCount { numerator: figure.numerator, denominator: figure.denominator };
                all.entry(series).or_default().insert(day, counted);
            }
        }
        Ok(all)
    }
}

/// The next day to look at: after the last one that was, and not too long ago; the first time the day before today.
fn next_day(done_through: Option<Date>, today: Date) -> Option<Date> {
    let yesterday = today.yesterday().ok()?;
    let Some(done) = done_through else { return Some(yesterday) };
    let earliest = today.checked_sub(MOST_DAYS_BACK.days()).ok()?;
    Some(done.tomorrow().ok()?.max(earliest)).filter(|day| *day <= yesterday)
}

fn event(alert: &Alert, county: &County) -> Event {
    debug_assert_eq!(ALERT_RAISED, AlertRaised::full_name());
    // A rule's series are of one kind, and no agency or category is named like an area.
    let is_area = county.areas.now().find(&alert.series).is_some();
    let told = AlertRaised {
        alert_id: alert.alert_id.to_string(),
        rule: alert.rule.clone(),
        rule_name: alert.rule_name.clone(),
        area_code: if is_area { alert.series.clone() } else { county.code.clone() },
        series_name: alert.series_name.clone(),
        day: alert.days.last.to_string(),
        reason: alert.reason.clone(),
        raised_at: Some(to_proto(alert.raised_at)),
    };
    Event { kind: ALERT_RAISED, payload: told.encode_to_vec(), trace: None }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_follow_each_other_and_very_old_ones_are_left_out() {
        let today = date(2026, 11, 28);
        assert_eq!(next_day(None, today), Some(date(2026, 11, 27)));
        assert_eq!(next_day(Some(date(2026, 11, 24)), today), Some(date(2026, 11, 25)));
        assert_eq!(next_day(Some(date(2026, 11, 27)), today), None);
        assert_eq!(next_day(Some(date(2026, 3, 1)), today), Some(date(2026, 10, 28)));
    }
}
