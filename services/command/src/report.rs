//! Reports: handing in and reading.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use fengqiao_proto::{
    intake::v1::{
        AcceptedReport, Evidence, GetReportRequest, Linkage, ListReportsRequest, Report,
        SubmitReportRequest,
    },
    json,
    types::v1::{Party, PartyRole, Source},
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Ink, Output},
    paging,
    table::{Cell, Table},
    words,
};

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Hand in a report: from a JSON file, from standard input (-), or from options.
    #[command(after_help = FORM)]
    Submit(Box<SubmitOptions>),
    /// Read one report.
    Get(GetOptions),
    /// List reports, the newest first.
    List(ListOptions),
}

const FORM: &str = r#"The JSON form; a file may hold several, one after the other or in a list:
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

/// Which report to read.
#[derive(Debug, Args)]
pub struct GetOptions {
    /// Intake's id of it; or else --source and --ref.
    #[arg(required_unless_present_all = ["source", "source_ref"])]
    report_id: Option<String>,
    /// The door it came through.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true, requires = "source_ref")]
    source: Option<Source>,
    /// The source's own number.
    #[arg(
        long = "ref",
        visible_alias = "source-ref",
        value_name = "NUMBER",
        requires = "source"
    )]
    source_ref: Option<String>,
}

/// Which reports to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only of this door.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
    /// Only of this area and what lies below it.
    #[arg(
        long,
        value_name = "CODE",
        default_value = "",
        hide_default_value = true
    )]
    area: String,
    /// Only accepted from this day or time on.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    from: Option<Moment>,
    /// Only accepted until this day (its end) or time.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    to: Option<Moment>,
    /// Only repeat calls.
    #[arg(long)]
    repeats: bool,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Does what was asked.
///
/// # Errors
/// Where a file cannot be read, or a call fails.
pub async fn execute(
    command: ReportCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        ReportCommand::Submit(options) => submit(*options, session, output).await,
        ReportCommand::Get(options) => get(options, session, output).await,
        ReportCommand::List(options) => list(options, session, output).await,
    }
}

async fn submit(
    options: SubmitOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
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
    if refused > 0 {
        Err(CommandError::SomeRefused { refused, all })
    } else {
        Ok(())
    }
}

async fn submit_one(
    report: Report,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.intake(&Caller::Source(report.source())).await?;
    let what = format!("report {}", report.source_ref);
    let request = session.request(SubmitReportRequest {
        report: Some(report),
    });
    let answer = client
        .submit_report(request)
        .await
        .map_err(CommandError::call(what.as_str()))?
        .into_inner();
    if output.json {
        return output.json_line(&answer);
    }
    let state = match (answer.known, answer.revision) {
        (true, _) => "已在库, 内容未变".to_owned(),
        (false, 1) => "已受理".to_owned(),
        (false, revision) => format!("已更正, 第{revision}版"),
    };
    let link = answer
        .linkage
        .as_ref()
        .map(repeat_words)
        .unwrap_or_default();
    output.line(&format!("{state}  {}  {what}{link}", answer.report_id))
}

fn text_of(file: &PathBuf) -> Result<String, CommandError> {
    let read = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    read.map_err(|source| CommandError::File {
        path: file.clone(),
        source,
    })
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
    if let Some(time) = options
        .occurred_at
        .and_then(|moment| moment.begin(&output.zone))
    {
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
    let index = parties
        .iter()
        .position(|party| party.role() == PartyRole::Reporter)
        .unwrap_or_else(|| {
            parties.push(Party {
                role: PartyRole::Reporter as i32,
                ..Default::default()
            });
            parties.len() - 1
        });
    &mut parties[index]
}

/// Whether it is a repeat call, and why; empty where not.
fn repeat_words(linkage: &Linkage) -> String {
    if !linkage.repeat {
        return String::new();
    }
    let reasons: Vec<_> = linkage
        .reasons
        .iter()
        .map(|reason| match reason.evidence() {
            Evidence::Phone => "同一电话",
            Evidence::IdNumber => "同一身份证号",
            Evidence::Address => "同一地址",
            Evidence::Unspecified => "",
        })
        .collect();
    format!("  重复诉求({})", reasons.join("、"))
}

async fn get(options: GetOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.intake(&Caller::Officer).await?;
    let request = session.request(GetReportRequest {
        county: session.county(),
        report_id: options.report_id.unwrap_or_default(),
        source: options.source.unwrap_or_default() as i32,
        source_ref: options.source_ref.unwrap_or_default(),
    });
    let answer = client
        .get_report(request)
        .await
        .map_err(CommandError::call("the report"))?;
    let accepted = answer.into_inner().report.unwrap_or_default();
    if output.json {
        output.document(&accepted)
    } else {
        output.text(&page(&accepted, output))
    }
}

/// One report, for people.
fn page(accepted: &AcceptedReport, output: &Output) -> String {
    let report = accepted.report.clone().unwrap_or_default();
    let mut lines = vec![format!(
        "{} {}  {}{}",
        words::said(words::SOURCES, report.source()),
        report.source_ref,
        output.paint.ink(&report.title, Ink::Bold),
        accepted
            .linkage
            .as_ref()
            .map(repeat_words)
            .unwrap_or_default(),
    )];
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {}  {value}", output.paint.ink(name, Ink::Dim)));
        }
    };
    field(
        "编号",
        format!("{} 第{}版", accepted.report_id, accepted.revision),
    );
    field("发生", output.minute(report.occurred_at.as_ref()));
    field("受理", output.second(accepted.accepted_at.as_ref()));
    field(
        "地区",
        format!("{} {}", report.area_code, report.address)
            .trim()
            .to_owned(),
    );
    let canonical = words::category(&accepted.canonical_category);
    let category = if report.category == canonical || report.category == accepted.canonical_category
    {
        canonical.to_owned()
    } else {
        format!("{canonical} (原称 {})", report.category)
    };
    field("类别", category);
    for party in &report.parties {
        let role = words::said(words::PARTY_ROLES, party.role());
        field(
            role,
            format!("{} {} {}", party.name, party.phone, party.id_number)
                .trim()
                .to_owned(),
        );
    }
    field("内容", report.narrative.clone());
    lines.join("\n") + "\n"
}

async fn list(
    options: ListOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session.intake(&Caller::Officer).await?;
    let limit = options.limit as usize;
    let (reports, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let time = |moment: Option<Timestamp>| moment.map(to_proto);
        let request = session.request(ListReportsRequest {
            county: session.county(),
            page_size,
            page_token,
            source: options.source.unwrap_or_default() as i32,
            area_code: options.area.clone(),
            accepted_from: time(options.from.and_then(|moment| moment.begin(&output.zone))),
            accepted_before: time(options.to.and_then(|moment| moment.end(&output.zone))),
            repeats_only: options.repeats,
        });
        async move {
            let answer = client.list_reports(request).await;
            let page = answer
                .map_err(CommandError::call("the reports"))?
                .into_inner();
            Ok((page.reports, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return reports
            .iter()
            .try_for_each(|report| output.json_line(report));
    }
    let mut table = Table::of_words(["受理", "来源", "来源编号", "地区", "类别", "重复", "标题"]);
    for accepted in reports {
        let report = accepted.report.unwrap_or_default();
        let repeat = accepted.linkage.is_some_and(|linkage| linkage.repeat);
        table.row(vec![
            output.minute(accepted.accepted_at.as_ref()).into(),
            words::said(words::SOURCES, report.source()).into(),
            report.source_ref.clone().into(),
            report.area_code.clone().into(),
            words::category(&accepted.canonical_category).into(),
            Cell::inked(if repeat { "重复" } else { "" }, Ink::Orange),
            report.title.into(),
        ]);
    }
    output.table(&table, "没有这样的诉求")?;
    if more {
        output.line("… 还有更多: --limit")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, ColorWhen, ShowOptions};

    fn output() -> Output {
        Output::new(&ShowOptions {
            json: false,
            color: ColorWhen::Never,
            time_zone: "Asia/Shanghai".into(),
        })
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
        assert_eq!(
            (report.source(), report.source_ref.as_str()),
            (Source::Grid, "W-1")
        );
        assert_eq!(report.title, "new");
        assert_eq!(report.parties[1].role(), PartyRole::Reporter);
        assert_eq!(report.parties[1].phone, "13800000000");
        assert_eq!(report.occurred_at.unwrap().seconds, 1_795_478_400);
    }

    #[test]
    fn what_nobody_says_is_filled_in() {
        let mut report = Report::default();
        complete(
            &mut report,
            &SubmitOptions::default(),
            &output(),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(report.source(), Source::WalkIn);
        assert!(report.source_ref.starts_with("cli-"));
        assert_eq!(report.occurred_at.unwrap().seconds, 0);
    }

    #[test]
    fn a_report_needs_a_file_or_a_title() {
        let parse = |rest: &[&str]| {
            Cli::try_parse_from(["fengqiao", "report"].iter().chain(rest)).map(|_| ())
        };
        assert!(parse(&["submit"]).is_err());
        assert!(parse(&["submit", "-"]).is_ok());
        assert!(parse(&["submit", "--title", "t", "--source", "hotline_12345"]).is_ok());
        assert!(parse(&["submit", "--title", "t", "--source", "telegraph"]).is_err());
        assert!(parse(&["get"]).is_err());
        assert!(parse(&["get", "--source", "grid"]).is_err());
        assert!(parse(&["get", "--source", "grid", "--ref", "1"]).is_ok());
        assert!(parse(&["list", "--from", "2026-11-24", "--repeats"]).is_ok());
    }

    #[test]
    fn a_page_says_the_source_s_own_word() {
        let accepted = AcceptedReport {
            report: Some(Report {
                category: "楼上漏水".into(),
                title: "漏水".into(),
                ..Default::default()
            }),
            canonical_category: "neighbourhood".into(),
            ..Default::default()
        };
        assert!(page(&accepted, &output()).contains("邻里 (原称 楼上漏水)"));
    }
}
