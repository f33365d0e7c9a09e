//! Handing in reports: from a file, from standard input, from options.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use clap::Args;
use fengqiao_proto::{
    intake::v1::{Report, SubmitReportRequest},
    json,
    types::v1::{Party, PartyRole, Source},
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::repeat_words;
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::Output,
    words,
};

/// The JSON form, for the help text.
pub const FORM: &str = r#"The JSON form; a file may hold several, one after the other or in a list:
  {"source": "HOTLINE_12345", "sourceRef": "GD-20261124-001", "occurredAt": "2026-11-24T08:00:00+08:00",
   "areaCode": "421181105201", "address": "...", "title": "...", "narrative": "...", "category": "邻里",
   "parties": [{"role": "REPORTER", "name": "王女士", "phone": "13800000000", "idNumber": ""}]}"#;

/// A report to hand in.
#[derive(Debug, Default, Args)]
pub struct SubmitOptions {
    /// A JSON file, or - for standard input. Options given beside it replace its fields.
    #[arg(required_unless_present = "title")]
    file: Option<PathBuf>,
    /// The door it came through; WALK_IN where neither file nor option says.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
    /// The source's own number; a new one is made where neither file nor option says.
    #[arg(long = "ref", visible_alias = "source-ref", value_name = "NUMBER")]
    source_ref: Option<String>,
    /// A short title.
    #[arg(long)]
    title: Option<String>,
    /// What was told.
    #[arg(long)]
    narrative: Option<String>,
    /// The area's code: 6, 12 or 15 digits.
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// Where it is, as it was said.
    #[arg(long)]
    address: Option<String>,
    /// The kind of matter: a canonical code or name, or the source's own word.
    #[arg(long)]
    category: Option<String>,
    /// The reporter's phone.
    #[arg(long)]
    phone: Option<String>,
    /// The reporter's name.
    #[arg(long)]
    name: Option<String>,
    /// The reporter's id number.
    #[arg(long)]
    id_number: Option<String>,
    /// When it happened; now where neither file nor option says.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    occurred_at: Option<Moment>,
}

/// Hands in one report or several.
///
/// # Errors
/// Where a file cannot be read, a call fails, or reports are refused.
pub async fn submit(options: SubmitOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let forms = match &options.file {
        Some(file) => forms(&text_of(file)?)?,
        None => vec![Value::Object(serde_json::Map::new())],
    };
    let mut reports = Vec::with_capacity(forms.len());
    for form in forms {
        let mut report: Report = json::from_json(form)?;
        complete(&mut report, &options, output, Timestamp::now());
        if report.county.is_empty() {
            report.county = session.county();
        }
        reports.push(report);
    }
    let all = reports.len();
    let mut refused = 0;
    for report in reports {
        match submit_one(report, session, output).await {
            Ok(()) => {}
            // One bad report of several does not keep the others out.
            Err(error @ CommandError::Call { .. }) if all > 1 && !error.passes() => {
                refused += 1;
                for line in error.lines() {
                    eprintln!("{line}");
                }
            }
            Err(error) => return Err(error),
        }
    }
    if refused > 0 { Err(CommandError::SomeRefused { refused, all }) } else { Ok(()) }
}

async fn submit_one(report: Report, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.intake(&Caller::Source(report.source())).await?;
    let what = format!("report {}", report.source_ref);
    let request = session.request(SubmitReportRequest { report: Some(report), ..Default::default() });
    let answer = client.submit_report(request).await.map_err(CommandError::call(what.as_str()))?.into_inner();
    if output.json {
        return output.json_line(&answer);
    }
    let state = match (answer.known, answer.revision) {
        (true, _) => "已在库, 内容未变".to_owned(),
        (false, 1) => "已受理".to_owned(),
        (false, revision) => format!("已更正, 第{revision}版"),
    };
    let link = answer.linkage.as_ref().map(repeat_words).unwrap_or_default();
    output.line(&format!("{state}  {}  {what}{link}", answer.report_id))
}

/// The text of a file, or of standard input for `-`.
///
/// # Errors
/// It cannot be read.
pub fn text_of(file: &PathBuf) -> Result<String, CommandError> {
    let read = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    read.map_err(|source| CommandError::File { path: file.clone(), source })
}

/// The JSON forms in a text: documents one after the other (lines or not), or lists of them.
fn forms(text: &str) -> Result<Vec<Value>, CommandError> {
    let mut forms = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match document.map_err(json::JsonError::from)? {
            Value::Array(items) => forms.extend(items),
            one => forms.push(one),
        }
    }
    if forms.is_empty() {
        return Err(CommandError::Usage("there is no report in it".into()));
    }
    Ok(forms)
}

/// Lays the options over a form and fills in what neither says.
fn complete(report: &mut Report, options: &SubmitOptions, output: &Output, now: Timestamp) {
    let mut replace = |field: fn(&mut Report) -> &mut String, option: &Option<String>| {
        if let Some(text) = option {
            field(report).clone_from(text);
        }
    };
    replace(|r| &mut r.source_ref, &options.source_ref);
    replace(|r| &mut r.title, &options.title);
    replace(|r| &mut r.narrative, &options.narrative);
    replace(|r| &mut r.area_code, &options.area);
    replace(|r| &mut r.address, &options.address);
    replace(|r| &mut r.category, &options.category);
    if let Some(source) = options.source {
        report.set_source(source);
    } else if report.source == 0 {
        report.set_source(Source::WalkIn);
    }
    if report.source_ref.is_empty() {
        report.source_ref = format!("cli-{}", Uuid::now_v7());
    }
    if let Some(time) = options.occurred_at.and_then(|moment| moment.begin(&output.zone)) {
        report.occurred_at = Some(to_proto(time));
    } else if report.occurred_at.is_none() {
        report.occurred_at = Some(to_proto(now));
    }
    if options.phone.is_some() || options.name.is_some() || options.id_number.is_some() {
        let reporter = reporter(&mut report.parties);
        for (field, option) in [
            (&mut reporter.phone, &options.phone),
            (&mut reporter.name, &options.name),
            (&mut reporter.id_number, &options.id_number),
        ] {
            if let Some(text) = option {
                field.clone_from(text);
            }
        }
    }
}

fn reporter(parties: &mut Vec<Party>) -> &mut Party {
    let index = parties.iter().position(|party| party.role() == PartyRole::Reporter).unwrap_or_else(|| {
        parties.push(Party { role: PartyRole::Reporter as i32, ..Default::default() });
        parties.len() - 1
    });
    &mut parties[index]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{ColorWhen, ShowOptions};

    fn output() -> Output {
        Output::new(&ShowOptions { json: false, color: ColorWhen::Never, time_zone: "Asia/Shanghai".into() })
            .unwrap()
    }

    #[test]
    fn documents_lines_and_lists_are_read() {
        assert_eq!(forms("{\"a\":1}\n{\"a\":2}").unwrap().len(), 2);
        assert_eq!(forms("[{\"a\":1},{\"a\":2}] {\"a\":3}").unwrap().len(), 3);
        assert!(forms("").is_err());
        assert!(forms("{\"a\":").is_err());
    }

    #[test]
    fn options_replace_the_form_s_fields() {
        let mut report: Report = json::from_json(serde_json::json!({
            "source": "GRID", "sourceRef": "W-1", "title": "old",
            "parties": [{"role": "WITNESS", "name": "甲"}]
        }))
        .unwrap();
        let options = SubmitOptions {
            title: Some("new".into()),
            phone: Some("13800000000".into()),
            occurred_at: Some(Moment::read("2026-11-24T08:00").unwrap()),
            ..Default::default()
        };
        complete(&mut report, &options, &output(), Timestamp::UNIX_EPOCH);
        assert_eq!((report.source(), report.source_ref.as_str()), (Source::Grid, "W-1"));
        assert_eq!(report.title, "new");
        assert_eq!(report.parties[1].role(), PartyRole::Reporter);
        assert_eq!(report.parties[1].phone, "13800000000");
        assert_eq!(report.occurred_at.unwrap().seconds, 1_795_478_400);
    }

    #[test]
    fn what_nobody_says_is_filled_in() {
        let mut report = Report::default();
        complete(&mut report, &SubmitOptions::default(), &output(), Timestamp::UNIX_EPOCH);
        assert_eq!(report.source(), Source::WalkIn);
        assert!(report.source_ref.starts_with("cli-"));
        assert_eq!(report.occurred_at.unwrap().seconds, 0);
    }
}
