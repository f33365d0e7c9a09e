//! `county.toml`: limits and windows of a county.

use std::path::Path;

use serde::Deserialize;

use crate::{
    Mistake, Mistakes,
    privacy::{self, BackgroundSettings, RetentionSettings},
};

/// Limits and windows of a county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountySettings {
    /// A caller or address that was seen within so many days is a repeat.
    pub repeat_window_days: u32,
    /// While a case may take reports, a caller or address is known by one of its reports for at most so many days.
    pub repeat_case_days: u32,
    /// The agency that gets what nobody else answers for.
    pub centre_desk: String,
    /// By when a push has to be made, by level.
    pub push_limit_hours: PushLimitHours,
    /// What is asked about people who were here before.
    pub background: BackgroundSettings,
    /// How long personal data is kept.
    pub retention: RetentionSettings,
}

/// By when a push has to be made, in natural hours. Red is at once, blue is not pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushLimitHours {
    /// Orange; 24 by default (S0-03).
    pub orange: u32,
    /// Yellow; 48 by default (S0-03).
    pub yellow: u32,
}

impl Default for PushLimitHours {
    fn default() -> Self {
        Self { orange: 24, yellow: 48 }
    }
}

pub(crate) struct CountyFile {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) time_zone: jiff::tz::TimeZone,
    pub(crate) settings: CountySettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    code: String,
    name: String,
    #[serde(default = "shanghai")]
    time_zone: String,
    centre_desk: String,
    #[serde(default)]
    repeat: Repeat,
    #[serde(default)]
    push_limit_hours: PushLimitHours,
    #[serde(default)]
    background: BackgroundSettings,
    #[serde(default)]
    retention: RetentionSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    window_days: u32,
    #[serde(default = "two_years")]
    case_days: u32,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { window_days: 30, case_days: two_years() }
    }
}

const fn two_years() -> u32 {
    730
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

pub(crate) fn read(file: &Path) -> Result<CountyFile, Mistakes> {
    let text = std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?;
    let raw: Raw = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        Mistake::new(file, line as u64, e.message())
    })?;
    let mut mistakes = Vec::new();
    if raw.code.len() != 6 || !raw.code.bytes().all(|b| b.is_ascii_digit()) {
        mistakes.push(Mistake::new(file, 0, "code must have 6 digits"));
    }
    if !(1..=366).contains(&raw.repeat.window_days) {
        mistakes.push(Mistake::new(file, 0, "repeat.window_days must be 1 to 366"));
    }
    if !(raw.repeat.window_days..=3660).contains(&raw.repeat.case_days) {
        mistakes.push(Mistake::new(
            file,
            0,
            "repeat.case_days must be at least window_days and at most 3660",
        ));
    }
    mistakes.extend(
        privacy::mistakes(&raw.background, raw.retention)
            .into_iter()
            .map(|mistake| Mistake::new(file, 0, mistake)),
    );
    match jiff::tz::TimeZone::get(&raw.time_zone) {
        Ok(time_zone) if mistakes.is_empty() => Ok(CountyFile {
            code: raw.code,
            name: raw.name,
            time_zone,
            settings: CountySettings {
                repeat_window_days: raw.repeat.window_days,
                repeat_case_days: raw.repeat.case_days,
                centre_desk: raw.centre_desk,
                push_limit_hours: raw.push_limit_hours,
                background: raw.background,
                retention: raw.retention,
            },
        }),
        Ok(_) => Err(Mistakes(mistakes)),
        Err(_) => {
            mistakes.push(Mistake::new(file, 0, format!("{} is not an IANA time zone", raw.time_zone)));
            Err(Mistakes(mistakes))
        }
    }
}
