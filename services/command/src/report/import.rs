//! Handing in a whole file of reports: a table or JSON lines.

mod columns;
mod faults;
mod fields;
mod file;
mod foreseen;
#[cfg(test)]
mod fuzz;
mod rejects;
mod sending;
mod unmapped;

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use fengqiao_proto::{
    intake::v1::{MappedRecord, Record, record},
    types::v1::Source,
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use self::{
    columns::Columns,
    faults::{Fault, report_of},
    file::{Format, Input, Line, Read},
    rejects::Rejects,
    sending::{Content, Entry, Outcome, Sending},
    unmapped::Unmapped,
};
use crate::{
    cli::ConnectOptions,
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    words,
};

/// What a file looks like, for the help text.
pub const FORM: &str = "\
JSON lines: one report a line, in the form that `fengqiao report submit --help` shows.
CSV (commas, semicolons or tabs; UTF-8, UTF-16, or GB18030 as Excel writes it) and XLSX (the first sheet): the first line with
more than one cell names the columns, and so titles may stand above it:
  source 来源, sourceRef 来源编号, occurredAt 发生时间, areaCode 区划代码, address 地址, title 标题, narrative 内容,
  category 类别, confidential 是否保密; of people reporter_name 诉求人姓名, reporter_phone 诉求人电话,
  reporter_id_number 诉求人身份证号, and so for respondent 被诉方, victim 受害人, witness 证人; or parties[0].role,
  parties[0].name, parties[0].phone, parties[0].idNumber. Other columns are kept with the report as its source's own
  fields. Times without a zone are in --time-zone.
With --mapping the columns, or the names in a JSON object, are the source's own; `items` of an object are its matters.
What is no telephone or id number (138****0001, a digit missing) is kept as it was said; --strict-numbers refuses the line.
Lines are sent in their order. The same source and number is the same report: to repeat the command is safe.";

/// A file to hand in.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// The file: .csv, .xlsx, .jsonl.
    file: PathBuf,
    /// What the file is, where its name does not say.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The door of the lines that name none; then also who calls, unless --as says.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
    /// Translate the lines by this mapping of the county (mappings/NAME.toml): hotline-12345, grid, petition, …
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Have everything checked by the service, and hand nothing in: of each line it is said whether it would be new,
    /// known, or a revision of what is there.
    #[arg(long)]
    dry_run: bool,
    /// Refuse lines in which a telephone or id number is none; else it is kept as it was said.
    #[arg(long)]
    strict_numbers: bool,
    /// Write each line that is refused or cannot be read to this CSV file: line, field, reason.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// How many lines may be on their way at a time.
    #[arg(long, value_name = "LINES", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    window: u32,
}

/// What became of the lines.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Tally {
    /// Whether nothing was handed in: then the counts say what would have become of the lines.
    dry_run: bool,
    taken: usize,
    known: usize,
    revised: usize,
    checked: usize,
    refused: usize,
    /// The columns that are no field of a report, and are kept as the source's own.
    own_fields: Vec<String>,
    /// What the mapping does not know of the lines: accepted, kept and counted.
    unmapped: Unmapped,
}

impl Tally {
    const fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Taken => self.taken += 1,
            Outcome::Known => self.known += 1,
            Outcome::Revised => self.revised += 1,
            Outcome::Checked => self.checked += 1,
            Outcome::Refused(_) => self.refused += 1,
        }
    }

    const fn lines(&self) -> usize {
        self.taken + self.known + self.revised + self.checked + self.refused
    }

    fn said(&self, took: Duration) -> String {
        let dry_run = if self.dry_run { "（试运行，未写入）" } else { "" };
        let mut text = format!("共{}行{dry_run}:", self.lines());
        for (name, count) in [
            ("新收", self.taken),
            ("已在库", self.known),
            ("更正", self.revised),
            ("核对无误", self.checked),
            ("退回", self.refused),
        ] {
            if count > 0 {
                // Writing to a text does not fail.
                let _ = write!(text, " {name}{count}");
            }
        }
        let rate = self.lines() as f64 / took.as_secs_f64().max(0.001);
        let _ = write!(text, "  ({:.1} s, {rate:.0} 行/s)", took.as_secs_f64());
        if !self.own_fields.is_empty() {
            let _ = write!(text, "\n未识别的列，作为来源自有字段保留: {}", self.own_fields.join("、"));
        }
        text.push_str(&self.unmapped.said());
        text
    }
}

/// Hands in a file.
///
/// # Errors
/// Where the file cannot be read, lines are refused, the service is lost, or it is told to stop.
pub async fn import(
    options: ImportOptions,
    session: &Session,
    connect: &ConnectOptions,
    output: &Output,
) -> Result<(), CommandError> {
    let begun = Instant::now();
    let input = Input::open(&options.file, options.format)?;
    let mut rejects = Rejects::open(options.rejects.as_deref())?;
    let bar = progress_bar(input.length);
    let records = options.mapping.is_some();
    let reader = match options.mapping {
        Some(mapping) => Reader::Mapped {
            mapping,
            header: input.header.clone().unwrap_or_default(),
            county: session.county(),
        },
        None => Reader::Reports {
            columns: input.header.as_deref().map(Columns::of).transpose()?,
            source: options.source.unwrap_or_default(),
            county: session.county(),
            zone: output.zone.clone(),
        },
    };
    let mut tally = Tally { dry_run: options.dry_run, own_fields: reader.own_fields(), ..Tally::default() };
    let entries = input.lines.map(|line| {
        bar.set_position(line.position);
        reader.entry(line)
    });
    let mut unwritten = Ok(());
    let sending = Sending {
        connect,
        caller: options.source.map_or(Caller::Officer, Caller::Source),
        records,
        dry_run: options.dry_run,
        numbers_as_said: !options.strict_numbers,
        window: options.window as usize,
    };
    let sent = sending
        .send(entries, |line, outcome, unmapped| {
            tally.count(&outcome);
            tally.unmapped.add(unmapped);
            bar.set_message(format!("{}", tally.lines()));
            if options.dry_run && unwritten.is_ok() {
                unwritten = bar.suspend(|| said_of_line(line, &outcome, output));
            }
            if let Outcome::Refused(faults) = outcome
                && unwritten.is_ok()
            {
                unwritten = bar.suspend(|| rejects.add(line, &faults));
            }
        })
        .await;
    bar.finish_and_clear();
    rejects.finish()?;
    unwritten?;
    if output.json {
        output.line(&serde_json::to_value(&tally).unwrap_or_default().to_string())?;
    } else {
        output.line(&tally.said(begun.elapsed()))?;
    }
    sent?;
    match tally.refused {
        0 => Ok(()),
        refused => Err(CommandError::SomeRefused { refused, all: tally.lines() }),
    }
}

/// What would become of a line, on a line of its own.
fn said_of_line(line: u64, outcome: &Outcome, output: &Output) -> Result<(), CommandError> {
    let (name, word) = match outcome {
        Outcome::Taken => ("new", "新收"),
        Outcome::Known => ("known", "已在库"),
        Outcome::Revised => ("revised", "更正"),
        Outcome::Checked => ("checked", "核对无误"),
        Outcome::Refused(_) => ("refused", "退回"),
    };
    if output.json {
        output.line(&serde_json::json!({ "line": line, "outcome": name }).to_string())
    } else {
        output.line(&format!("第{line}行 {word}"))
    }
}

/// Makes what is sent of lines.
enum Reader {
    /// Reports, by the names of the contract.
    Reports { columns: Option<Columns>, source: Source, county: String, zone: TimeZone },
    /// Records in their source's own fields.
    Mapped { mapping: String, header: Vec<String>, county: String },
}

impl Reader {
    /// The columns that are no field of a report.
    fn own_fields(&self) -> Vec<String> {
        match self {
            Self::Reports { columns: Some(columns), .. } => columns.own_fields().map(str::to_owned).collect(),
            // A mapping's own columns the service knows, and tells of the others.
            Self::Reports { .. } | Self::Mapped { .. } => Vec::new(),
        }
    }

    fn entry(&self, line: Line) -> Entry {
        let content = line.content.map_err(|fault| vec![fault]).and_then(|content| self.content(content));
        Entry { line: line.number, content }
    }

    fn content(&self, content: Read) -> Result<Content, Vec<Fault>> {
        match self {
            Self::Mapped { mapping, header, county } => {
                let said = match content {
                    Read::Document(form) => fields::of_document(form).map_err(|fault| vec![fault])?,
                    Read::Cells(cells) => fields::of_cells(header, cells).map_err(|fault| vec![fault])?,
                };
                let form = record::Form::Mapped(MappedRecord { mapping: mapping.clone(), ..said });
                Ok(Content::Record(Box::new(Record { county: county.clone(), form: Some(form) })))
            }
            Self::Reports { columns, source, county, zone } => {
                let mut report = match (content, columns) {
                    (Read::Document(form), _) => report_of(form)?,
                    (Read::Cells(cells), Some(columns)) => columns.report(&cells, zone)?,
                    (Read::Cells(_), None) => return Err(vec![Fault::new("", "the file has no header")]),
                };
                if report.source == 0 {
                    report.set_source(*source);
                }
                if report.county.is_empty() {
                    report.county.clone_from(county);
                }
                Ok(Content::Report(Box::new(report)))
            }
        }
    }
}

/// On a terminal only, and beside the answer. It counts what the file has been read of.
fn progress_bar(length: u64) -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(length) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("导入 {bar:30} {percent}%  {msg} 行  {elapsed}") {
        bar.set_style(style);
    }
    bar
}
