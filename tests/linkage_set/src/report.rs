//! A report as a source would send it.

use jiff::{Timestamp, tz::Offset};
use serde::Serialize;

/// A report in the contract's JSON form (`fengqiao.intake.v1.Report`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The door: `POLICE_110`, `HOTLINE_12345` …
    pub source: &'static str,
    /// The source's own number; no two reports of a set have the same, whatever their sources.
    pub source_ref: String,
    /// When it was told, RFC 3339 in Beijing time.
    pub occurred_at: String,
    /// A code of the county: 6, 12 or 15 digits.
    pub area_code: String,
    /// Where it is, as it was said.
    pub address: String,
    /// A short title.
    pub title: String,
    /// What was told.
    pub narrative: String,
    /// The source's own word for the kind of matter.
    pub category: String,
    /// The people; the reporter first.
    pub parties: Vec<Party>,
}

/// A person in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// `REPORTER`, `RESPONDENT`, `VICTIM` or `WITNESS`.
    pub role: &'static str,
    /// The name as it was said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A phone, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// An id number, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id_number: String,
}

/// A time as sources in China write it.
pub fn beijing(second: i64) -> String {
    let time = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    time.display_with_offset(Offset::constant(8)).to_string()
}
