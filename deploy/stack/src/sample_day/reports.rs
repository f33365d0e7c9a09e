//! The reports of the day: read from the county's file, put on the date on which they are played.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use fengqiao_proto::{intake::v1::Report, json::from_json, types::v1::PartyRole};
use jiff::{Timestamp, civil::Date};

use crate::StackError;

/// The date that stands in the file.
const DATE_IN_FILE: &str = "2026-11-23";

/// A report of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct DayReport {
    /// The report.
    pub report: Report,
    /// The caller that hands it in, as in `stack.json`.
    pub caller: String,
    /// The report of the day that must be in before this one: the one before it in the same dispute.
    pub after: Option<usize>,
}

/// What a person who reads the file by hand would count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandCount {
    /// Reports.
    pub reports: usize,
    /// Reports whose caller's phone, id number or address came before.
    pub repeats: usize,
    /// Disputes.
    pub cases: usize,
}

/// A day of reports, in the order in which they were told.
#[derive(Debug, Clone)]
pub struct SampleDay {
    /// The reports.
    pub reports: Vec<DayReport>,
}

impl SampleDay {
    /// Reads `sample-day.jsonl` of a county's folder; none where the county has no such file.
    ///
    /// The day is the last whole one in China before `now`: nothing lies in the future, and the same day
    /// played again brings the same reports.
    ///
    /// # Errors
    /// Where a line is not a report.
    pub fn load(county_folder: &Path, now: Timestamp) -> Result<Option<Self>, StackError> {
        let path = county_folder.join("sample-day.jsonl");
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).map_err(StackError::file(&path))?;
        let wrong = |error: String| StackError::Invalid(format!("{}: {error}", path.display()));
        let date = day_before(now).map_err(|error| wrong(error.to_string()))?;
        Self::read(&text, date).map(Some).map_err(wrong)
    }

    fn read(text: &str, date: Date) -> Result<Self, String> {
        let date = date.to_string();
        let text =
            text.replace(DATE_IN_FILE, &date).replace(&DATE_IN_FILE.replace('-', ""), &date.replace('-', ""));
        let mut reports = Vec::new();
        let mut last_with: HashMap<String, usize> = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line_wrong = |error: String| format!("line {}: {error}", number + 1);
            let value = serde_json::from_str(line).map_err(|e| line_wrong(e.to_string()))?;
            let report: Report = from_json(value).map_err(|e| line_wrong(e.to_string()))?;
            let keys = known_by(&report);
            let after = keys.iter().filter_map(|key| last_with.get(key).copied()).max();
            for key in keys {
                last_with.insert(key, reports.len());
            }
            let door = report.source().as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase();
            reports.push(DayReport { report, caller: format!("source-{door}"), after });
        }
        Ok(Self { reports })
    }

    /// Counts the day as a person would who reads it from the top and knows nothing of services.
    pub fn hand_count(&self) -> HandCount {
        let mut seen = HashSet::new();
        let mut repeats = 0;
        for day_report in &self.reports {
            let keys = known_by(&day_report.report);
            repeats += usize::from(keys.iter().any(|key| seen.contains(key)));
            seen.extend(keys);
        }
        let reports = self.reports.len();
        HandCount { reports, repeats, cases: reports - repeats }
    }
}

/// What the caller and the place can be known by again.
fn known_by(report: &Report) -> Vec<String> {
    let reporters = report.parties.iter().filter(|party| party.role() == PartyRole::Reporter);
    reporters
        .flat_map(|party| [&party.phone, &party.id_number])
        .chain([&report.address])
        .filter(|value| !value.is_empty())
        .cloned()
        .collect()
}

fn day_before(now: Timestamp) -> Result<Date, jiff::Error> {
    now.in_tz("Asia/Shanghai")?.date().yesterday()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn macheng() -> SampleDay {
        let folder = crate::StackPlan::sample_county();
        SampleDay::load(&folder, "2026-11-24T18:00:00Z".parse().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn the_sample_day_has_300_reports_of_five_doors_and_its_planted_repeats() {
        let day = macheng();
        assert_eq!(day.hand_count(), HandCount { reports: 300, repeats: 40, cases: 260 });
        let doors: HashSet<&str> = day.reports.iter().map(|r| r.caller.as_str()).collect();
        assert_eq!(doors.len(), 5);
        let refs: HashSet<&str> = day.reports.iter().map(|r| r.report.source_ref.as_str()).collect();
        assert_eq!(refs.len(), 300);
    }

    #[test]
    fn it_is_played_on_the_last_whole_day_in_china() {
        // 18:00 UTC on the 24th is the 25th in China.
        let day = macheng();
        let begin: Timestamp = "2026-11-24T00:00:00+08:00".parse().unwrap();
        for report in &day.reports {
            let at = report.report.occurred_at.unwrap().seconds;
            assert!((0..86_400).contains(&(at - begin.as_second())), "{}", report.report.source_ref);
        }
        assert!(day.reports[0].report.source_ref.contains("20261124"));
        assert_eq!(day_before("2026-11-24T15:59:59Z".parse().unwrap()).unwrap(), date(2026, 11, 23));
    }

    #[test]
    fn a_second_call_waits_for_the_first() {
        let day = macheng();
        let waiting = day.reports.iter().enumerate().filter(|(_, report)| report.after.is_some());
        assert_eq!(waiting.clone().count(), 40);
        assert!(waiting.clone().all(|(at, report)| report.after < Some(at)));
    }

    #[test]
    fn nobody_in_it_is_real() {
        for report in macheng().reports {
            for party in report.report.parties {
                assert!(party.phone.is_empty() || party.phone.starts_with("154"), "a carrier's range");
                assert!(party.id_number.is_empty() || party.id_number.starts_with("99"), "a real area");
            }
        }
    }
}
