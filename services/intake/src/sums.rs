//! Intake's metrics. Labels are counties and sources, never anything personal.

use std::time::{Duration, Instant};

use fengqiao_proto::{intake::v1::AskedBy, types::v1::Source};

use crate::domain::decision::Change;

/// A source's short name in lower case: `hotline_12345`.
fn label(source: Source) -> String {
    source.as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase()
}

/// What became of the reports of one batch, counted once for all of a kind: a metric for each report would
/// cost more than its row.
#[derive(Default)]
pub struct Outcomes(Vec<((Source, Change), u64)>);

impl Outcomes {
    /// A report is committed or was known.
    pub fn add(&mut self, source: Source, change: Change) {
        match self.0.iter_mut().find(|(kind, _)| *kind == (source, change)) {
            Some((_, count)) => *count += 1,
            None => self.0.push(((source, change), 1)),
        }
    }

    /// Counts them.
    pub fn count(self, county: &str) {
        for ((source, change), reports) in self.0 {
            let outcome = match change {
                Change::New => "accepted",
                Change::Revision => "revised",
                Change::Nothing => "known",
            };
            count(county, source, outcome, reports);
        }
    }
}

/// How long the first of a batch has waited: the longest.
pub fn waited(county: &str, since: Instant) {
    metrics::histogram!("fengqiao_intake_wait_seconds", "county" => county.to_owned())
        .record(since.elapsed().as_secs_f64());
}

/// A report was refused before it waited; its source may be unknown.
pub fn refused(county: &str, source: i32) {
    let source = Source::try_from(source).unwrap_or(Source::Unspecified);
    count(county, source, "refused", 1);
}

/// A right report was not committed; its caller brings it again.
pub fn failed(county: &str, source: Source) {
    count(county, source, "failed", 1);
}

fn count(county: &str, source: Source, outcome: &'static str, reports: u64) {
    metrics::counter!("fengqiao_intake_reports_total", "county" => county.to_owned(), "source" => label(source), "outcome" => outcome)
        .increment(reports);
}

/// A batch is committed.
pub fn committed(county: &str, reports: usize, took: Duration) {
    metrics::histogram!("fengqiao_intake_batch_reports", "county" => county.to_owned())
        .record(reports as f64);
    metrics::histogram!("fengqiao_intake_commit_seconds", "county" => county.to_owned())
        .record(took.as_secs_f64());
}

/// Someone asked who was here before, or read a confidential report; or was told to wait.
pub fn read(county: &str, asked_by: AskedBy, kept: bool) {
    let asked_by = asked_by.as_str_name().trim_start_matches("ASKED_BY_").to_ascii_lowercase();
    let outcome = if kept { "shown" } else { "refused" };
    metrics::counter!("fengqiao_intake_readings_total", "county" => county.to_owned(), "asked_by" => asked_by, "outcome" => outcome)
        .increment(1);
}

/// The personal part of reports was removed after its term.
pub fn removed(county: &str, reports: usize) {
    metrics::counter!("fengqiao_intake_reports_removed_total", "county" => county.to_owned())
        .increment(reports as u64);
}
