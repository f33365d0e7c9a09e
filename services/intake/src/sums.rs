//! Intake's metrics. Labels are counties and sources, never anything personal.

use std::time::{Duration, Instant};

use fengqiao_proto::types::v1::Source;

use crate::domain::decision::Change;

/// A source's short name in lower case: `hotline_12345`.
fn label(source: Source) -> String {
    source.as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase()
}

/// A report is committed or was known.
pub fn decided(county: &str, source: Source, change: Change, since: Instant) {
    let outcome = match change {
        Change::New => "accepted",
        Change::Revision => "revised",
        Change::Nothing => "known",
    };
    count(county, label(source), outcome);
    metrics::histogram!("fengqiao_intake_answer_seconds", "county" => county.to_owned())
        .record(since.elapsed().as_secs_f64());
}

/// A report was refused before it waited; its source may be unknown.
pub fn refused(county: &str, source: i32) {
    let source = Source::try_from(source).unwrap_or(Source::Unspecified);
    count(county, label(source), "refused");
}

/// A right report was not committed; its caller brings it again.
pub fn failed(county: &str, source: Source) {
    count(county, label(source), "failed");
}

fn count(county: &str, source: String, outcome: &'static str) {
    metrics::counter!("fengqiao_intake_reports_total", "county" => county.to_owned(), "source" => source, "outcome" => outcome)
        .increment(1);
}

/// A batch is committed.
pub fn committed(county: &str, reports: usize, took: Duration) {
    metrics::histogram!("fengqiao_intake_batch_reports", "county" => county.to_owned()).record(reports as f64);
    metrics::histogram!("fengqiao_intake_commit_seconds", "county" => county.to_owned()).record(took.as_secs_f64());
}
