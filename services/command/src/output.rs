//! What reaches the terminal: text or JSON, with or without colours.

use std::io::{self, IsTerminal, Write};

use fengqiao_proto::types::v1::{CaseState, Level};
use jiff::tz::TimeZone;
use prost::Name;

use crate::{
    cli::{ColorWhen, ShowOptions},
    errors::CommandError,
    moment,
    table::Table,
};

/// How the answer is shown.
#[derive(Debug, Clone)]
pub struct Output {
    /// JSON instead of text.
    pub json: bool,
    /// Colours.
    pub paint: Paint,
    /// In which times are read and shown.
    pub zone: TimeZone,
}

impl Output {
    /// As the options and the terminal want it.
    ///
    /// # Errors
    /// For an unknown time zone.
    pub fn new(options: &ShowOptions) -> Result<Self, CommandError> {
        let zone = TimeZone::get(&options.time_zone).map_err(|_| {
            CommandError::Usage(format!(
                "--time-zone {}: not an IANA time zone, for instance Asia/Shanghai",
                options.time_zone
            ))
        })?;
        let wanted = match options.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        let paint = if wanted && !options.json { Paint::ANSI } else { Paint::NONE };
        Ok(Self { json: options.json, paint, zone })
    }

    /// Writes a text as it is.
    ///
    /// # Errors
    /// Where the output cannot be written; [`CommandError::ReaderGone`] where nobody reads it any more.
    pub fn text(&self, text: &str) -> Result<(), CommandError> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CommandError::from_output)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn line(&self, line: &str) -> Result<(), CommandError> {
        self.text(&format!("{line}\n"))
    }

    /// Writes a message as one JSON document over several lines.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn document<M: Name>(&self, message: &M) -> Result<(), CommandError> {
        let value = fengqiao_proto::json::to_json(message)?;
        self.line(&format!("{value:#}"))
    }

    /// Writes a message as one line of JSON.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn json_line<M: Name>(&self, message: &M) -> Result<(), CommandError> {
        self.line(&fengqiao_proto::json::to_json(message)?.to_string())
    }

    /// Writes a table, or that there is nothing to show.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn table(&self, table: &Table, empty: &str) -> Result<(), CommandError> {
        if table.len() == 0 { self.line(empty) } else { self.text(&table.draw(self.paint)) }
    }

    /// A time to the minute; empty where it is not set.
    pub fn minute(&self, time: Option<&prost_types::Timestamp>) -> String {
        self.time(time, "%Y-%m-%d %H:%M")
    }

    /// A time to the second; empty where it is not set.
    pub fn second(&self, time: Option<&prost_types::Timestamp>) -> String {
        self.time(time, "%Y-%m-%d %H:%M:%S")
    }

    fn time(&self, time: Option<&prost_types::Timestamp>, format: &str) -> String {
        moment::from_proto(time)
            .map(|time| self.zone.to_datetime(time).strftime(format).to_string())
            .unwrap_or_default()
    }
}

/// A colour or weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ink {
    /// As the terminal has it.
    #[default]
    Plain,
    /// Important.
    Bold,
    /// Of less importance.
    Dim,
    /// A red case; a failure.
    Red,
    /// An orange case.
    Orange,
    /// A yellow case.
    Yellow,
    /// A blue case.
    Blue,
    /// Done.
    Green,
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(bool);

impl Paint {
    /// No colours.
    pub const NONE: Self = Self(false);
    /// ANSI colours.
    pub const ANSI: Self = Self(true);

    /// The text in that colour.
    pub fn ink(self, text: &str, ink: Ink) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Red => "31",
            Ink::Orange => "38;5;208",
            Ink::Yellow => "33",
            Ink::Blue => "34",
            Ink::Green => "32",
        };
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The colour of a level.
pub fn level_ink(level: Level) -> Ink {
    match level {
        Level::Red => Ink::Red,
        Level::Orange => Ink::Orange,
        Level::Yellow => Ink::Yellow,
        Level::Blue => Ink::Blue,
        Level::Unspecified => Ink::Plain,
    }
}

/// The colour of a case's state.
pub fn state_ink(state: CaseState) -> Ink {
    match state {
        CaseState::Resolved => Ink::Green,
        CaseState::Closed | CaseState::Rejected => Ink::Dim,
        CaseState::Open | CaseState::Unspecified => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(color: ColorWhen, json: bool) -> ShowOptions {
        ShowOptions { json, color, time_zone: "Asia/Shanghai".into() }
    }

    #[test]
    fn json_is_never_coloured() {
        assert_eq!(Output::new(&options(ColorWhen::Always, true)).unwrap().paint, Paint::NONE);
        assert_eq!(Output::new(&options(ColorWhen::Always, false)).unwrap().paint, Paint::ANSI);
    }

    #[test]
    fn times_are_shown_in_the_zone() {
        let output = Output::new(&options(ColorWhen::Never, false)).unwrap();
        let time = prost_types::Timestamp { seconds: 1_795_478_400, nanos: 0 };
        assert_eq!(output.minute(Some(&time)), "2026-11-24 08:00");
        assert_eq!(output.minute(None), "");
    }

    #[test]
    fn an_unknown_zone_is_wrong_usage() {
        let wrong = ShowOptions { time_zone: "Mars/Olympus".into(), ..options(ColorWhen::Auto, false) };
        assert_eq!(Output::new(&wrong).unwrap_err().exit_code(), 2);
    }
}
