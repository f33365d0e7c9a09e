//! The parts of `county.toml` that say who may learn what of people, and for how long it is kept.

use fengqiao_proto::types::v1::Source;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};

/// What is asked about people who were here before (上过访、报过警、求过助).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackgroundSettings {
    /// The sources that count as petitions; in the file by the contract's short names, in any case.
    #[serde(deserialize_with = "sources")]
    pub petitioned: Vec<Source>,
    /// The sources that count as calls to the police.
    #[serde(deserialize_with = "sources")]
    pub called_police: Vec<Source>,
    /// The sources that count as asking for help.
    #[serde(deserialize_with = "sources")]
    pub asked_for_help: Vec<Source>,
    /// So often one principal may ask within an hour, so that nobody walks through the county's people.
    pub readings_per_hour: u32,
}

impl Default for BackgroundSettings {
    fn default() -> Self {
        Self {
            petitioned: vec![Source::Petition],
            called_police: vec![Source::Police110],
            asked_for_help: vec![
                Source::Hotline12345,
                Source::WalkIn,
                Source::WomensFederation,
                Source::OneKeyCall,
                Source::Grid,
                Source::Meeting,
                Source::Enterprise,
            ],
            readings_per_hour: 120,
        }
    }
}

/// How long personal data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// So many days after a report's last revision, and after the end of its case, what it says of people is removed;
    /// it is kept for ever where this is not given.
    pub report_days: Option<u32>,
}

impl RetentionSettings {
    /// Before when something must have been over, for its term to be over now; none where it is kept for ever.
    #[must_use]
    pub fn bound(self, now: Timestamp) -> Option<Timestamp> {
        let term = SignedDuration::from_hours(24 * i64::from(self.report_days?));
        Some(now.checked_sub(term).unwrap_or(Timestamp::MIN))
    }
}

const READINGS: std::ops::RangeInclusive<u32> = 1..=100_000;
/// Less than half a year would take the past away from cases that are opened again; more than a century is no term.
const DAYS: std::ops::RangeInclusive<u32> = 180..=36_600;

fn sources<'de, D: Deserializer<'de>>(names: D) -> Result<Vec<Source>, D::Error> {
    let named = |name: String| {
        Source::from_str_name(&format!("SOURCE_{}", name.to_ascii_uppercase()))
            .filter(|source| *source != Source::Unspecified)
            .ok_or_else(|| D::Error::custom(format!("{name} is no source")))
    };
    Vec::<String>::deserialize(names)?.into_iter().map(named).collect()
}

/// What is wrong with the numbers.
pub(crate) fn mistakes(background: &BackgroundSettings, retention: RetentionSettings) -> Vec<String> {
    let mut mistakes = Vec::new();
    if !READINGS.contains(&background.readings_per_hour) {
        mistakes.push("background.readings_per_hour must be 1 to 100000".to_owned());
    }
    if retention.report_days.is_some_and(|days| !DAYS.contains(&days)) {
        mistakes.push("retention.report_days must be 180 to 36600".to_owned());
    }
    mistakes
}
