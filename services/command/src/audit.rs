//! Audits: whether the histories are what was written, and who read protected cases.

use std::io::{self, IsTerminal as _};

use clap::{Args, Subcommand};
use fengqiao_proto::{
    notification::v1 as pushed,
    routing::v1::{
        AuditFault, AuditFinding, GetAnchorRequest, ListReadingsRequest, VerifyHistoryRequest, VerifySummary,
        verify_history_response::Step,
    },
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    background::{self, ReadersOptions},
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    table::Table,
    words,
};

/// The most readings that are listed.
const MOST_READINGS: usize = 10_000;

/// What to audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Look at every entry of every case: was any changed, taken out or put in? (查验)
    Verify(VerifyOptions),
    /// Print the line to keep for a later `verify --since` (存证); keep it away from the database.
    Anchor,
    /// List who read a protected case, and why (查阅记录).
    Readings(ReadingsOptions),
    /// List who read what was pushed of a protected case, at the centre and at the agencies' desks, and why (推送查阅记录).
    PushReadings(ReadingsOptions),
    /// List who asked who was here before, or read a confidential report, and why (查询记录).
    Background(ReadersOptions),
}

/// Against what to verify.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// A line that `fengqiao audit anchor` printed earlier: what was there then must be there still.
    #[arg(long, value_name = "LINE", default_value = "", hide_default_value = true)]
    since: String,
}

/// Whose readings to list.
#[derive(Debug, Args)]
pub struct ReadingsOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
}

/// Does what is asked.
///
/// # Errors
/// Where a call fails; [`CommandError::Unsound`] where something was found.
pub async fn execute(command: AuditCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        AuditCommand::Verify(options) => verify(options, session, output).await,
        AuditCommand::Anchor => anchor(session, output).await,
        AuditCommand::Readings(options) => readings(options, session, output).await,
        AuditCommand::PushReadings(options) => push_readings(options, session, output).await,
        AuditCommand::Background(options) => background::readers(options, session, output).await,
    }
}

async fn verify(options: VerifyOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let what = || CommandError::call("the audit");
    let mut client = session.audit(&Caller::Officer).await?;
    // As long as it takes: it looks at every entry. A dead peer is noticed by the keep-alive.
    let request = VerifyHistoryRequest { county: session.county(), since: options.since };
    let mut steps = client.verify_history(request).await.map_err(what())?.into_inner();
    let bar = progress_bar();
    let mut summary = None;
    while let Some(message) = steps.message().await.map_err(what())? {
        match message.step {
            Some(Step::Progress(progress)) => {
                bar.set_length(u64::try_from(progress.entries_expected.max(progress.entries)).unwrap_or(0));
                bar.set_position(u64::try_from(progress.entries).unwrap_or(0));
                bar.set_message(format!("{} 件", progress.cases));
            }
            Some(Step::Finding(finding)) => {
                bar.suspend(|| {
                    if output.json {
                        output.json_line(&finding)
                    } else {
                        output.line(&line(&finding, output))
                    }
                })?;
            }
            Some(Step::Summary(end)) => summary = Some(end),
            None => {}
        }
    }
    bar.finish_and_clear();
    let summary =
        summary.ok_or_else(|| CommandError::Unclear("the audit did not come to its end".to_owned()))?;
    if output.json {
        output.json_line(&summary)?;
    } else {
        output.text(&conclusion(&summary, output))?;
    }
    if summary.findings > 0 { Err(CommandError::Unsound(summary.findings)) } else { Ok(()) }
}

/// On a terminal only, and beside the answer.
fn progress_bar() -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("查验 {bar:30} {pos}/{len} 条  {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar
}

fn line(finding: &AuditFinding, output: &Output) -> String {
    let case = if finding.number.is_empty() { &finding.case_id } else { &finding.number };
    let case = if case.is_empty() { "全县" } else { case };
    let place = if finding.sequence > 0 { format!(" 第{}条", finding.sequence) } else { String::new() };
    let fault = output.paint.ink(fault_name(finding.fault()), Ink::Red);
    format!("{fault}  {case}{place}  {}", finding.text)
}

fn fault_name(fault: AuditFault) -> &'static str {
    match fault {
        AuditFault::Changed => "改动",
        AuditFault::Missing => "缺失",
        AuditFault::Twice => "重号",
        AuditFault::Unsealed => "去印",
        AuditFault::End => "尾部不符",
        AuditFault::NoCase => "无案件",
        AuditFault::Docket => "案卷不符",
        AuditFault::NoNumber => "缺号",
        AuditFault::Total => "总账不符",
        AuditFault::NoHead => "总账缺失",
        AuditFault::UnsealedTotal => "旧记录数不符",
        AuditFault::SetBack => "整体退回",
        AuditFault::Anchor => "存证不符",
        AuditFault::ReadingChanged => "查阅记录改动",
        AuditFault::ReadingMissing => "查阅记录缺失",
        AuditFault::Unspecified => "不符",
    }
}

fn conclusion(summary: &VerifySummary, output: &Output) -> String {
    let VerifySummary { cases, entries, unsealed_entries, readings, findings, anchor } = summary;
    let verdict = if *findings == 0 {
        output.paint.ink("完整", Ink::Green)
    } else {
        output.paint.ink(&format!("发现{findings}处不符"), Ink::Red)
    };
    let mut text = format!("{verdict}: 查验{cases}件{entries}条记录、{readings}条查阅记录\n");
    if *unsealed_entries > 0 {
        text.push_str(&format!("其中{unsealed_entries}条是启用印记前的记录,只能核对条数\n"));
    }
    if !anchor.is_empty() {
        text.push_str(&format!("存证: {anchor}\n"));
    }
    text
}

async fn anchor(session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.audit(&Caller::Officer).await?;
    let request = session.request(GetAnchorRequest { county: session.county() });
    let answer = client.get_anchor(request).await.map_err(CommandError::call("the anchor"))?.into_inner();
    // Nothing but the line, so that it can go into a file as it is.
    if output.json { output.document(&answer) } else { output.line(&answer.anchor) }
}

async fn readings(options: ReadingsOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.audit(&Caller::Officer).await?;
    let (readings, _) = paging::collect(MOST_READINGS, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListReadingsRequest {
            county: session.county(),
            case: options.case.clone(),
            page_size,
            page_token,
        });
        let what = CommandError::call(format!("case {}", options.case));
        async move {
            let page = client.list_readings(request).await.map_err(what)?.into_inner();
            Ok((page.readings, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return readings.iter().try_for_each(|reading| output.json_line(reading));
    }
    let mut table = Table::of_words(["时间", "何人", "身份", "事由"]);
    for reading in readings {
        let at = output.second(reading.at.as_ref());
        table.row(vec![at.into(), reading.actor.into(), reading.capacity.into(), reading.purpose.into()]);
    }
    output.table(&table, "没有查阅记录")
}

async fn push_readings(
    options: ReadingsOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session.push_readings(&Caller::Officer).await?;
    let (readings, _) = paging::collect(MOST_READINGS, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(pushed::ListReadingsRequest {
            county: session.county(),
            case: options.case.clone(),
            page_size,
            page_token,
        });
        let what = CommandError::call(format!("case {}", options.case));
        async move {
            let page = client.list_readings(request).await.map_err(what)?.into_inner();
            Ok((page.readings, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return readings.iter().try_for_each(|reading| output.json_line(reading));
    }
    let mut table = Table::of_words(["时间", "何人", "身份", "单位", "内容", "推送号", "事由"]);
    for reading in readings {
        let part = words::said(words::READ_PARTS, reading.part());
        table.row(vec![
            output.second(reading.at.as_ref()).into(),
            reading.actor.into(),
            reading.capacity.into(),
            reading.agency.into(),
            part.into(),
            reading.push_id.into(),
            reading.purpose.into(),
        ]);
    }
    output.table(&table, "没有查阅记录")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        cli::{Cli, Command},
        output::Paint,
    };

    fn plain() -> Output {
        Output { json: false, paint: Paint::NONE, zone: jiff::tz::TimeZone::UTC }
    }

    #[test]
    fn audits_take_what_they_need() {
        let parse = |rest: &[&str]| match Cli::try_parse_from(["fengqiao", "audit"].iter().chain(rest)) {
            Ok(Cli { command: Command::Audit(command), .. }) => Some(command),
            _ => None,
        };
        assert!(
            matches!(parse(&["verify"]), Some(AuditCommand::Verify(VerifyOptions { since })) if since.is_empty())
        );
        assert!(parse(&["verify", "--since", "fengqiao-anchor-1:421181"]).is_some());
        assert!(matches!(parse(&["anchor"]), Some(AuditCommand::Anchor)));
        assert!(parse(&["readings", "20261124-0001"]).is_some());
        assert!(parse(&["readings"]).is_none());
    }

    #[test]
    fn a_finding_names_its_place() {
        let finding = AuditFinding {
            fault: AuditFault::Changed.into(),
            number: "20261124-0017".into(),
            case_id: "x".into(),
            sequence: 3,
            text: "记录与印记不符".into(),
        };
        assert_eq!(line(&finding, &plain()), "改动  20261124-0017 第3条  记录与印记不符");
        let whole = AuditFinding { fault: AuditFault::SetBack.into(), ..Default::default() };
        assert!(line(&whole, &plain()).starts_with("整体退回  全县  "));
    }

    #[test]
    fn the_conclusion_holds_the_line_to_keep() {
        let sound = VerifySummary { cases: 2, entries: 9, anchor: "a:b".into(), ..Default::default() };
        assert_eq!(conclusion(&sound, &plain()), "完整: 查验2件9条记录、0条查阅记录\n存证: a:b\n");
        let unsound = VerifySummary { findings: 2, ..Default::default() };
        assert!(conclusion(&unsound, &plain()).starts_with("发现2处不符"));
        assert_eq!(CommandError::Unsound(2).exit_code(), 1);
    }
}
