//! Records in their sources' own forms: handing in one, and what the county's mappings do not know.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fengqiao_proto::{
    intake::v1::{
        Foreseen, ListUnmappedRequest, Record, SubmitRecordRequest, SubmitRecordResponse, UnmappedValue,
    },
    json,
    types::v1::Source,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    paging,
    report::text_of,
    table::Table,
    words,
};

/// What to do with records.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Hand in one record; many by `fengqiao report import --mapping`.
    #[command(after_help = FORM)]
    Submit(SubmitOptions),
    /// List the values and fields that the county's mappings do not know, and in how many records they came (a record that
    /// is known is not counted again); under * the kinds of matter that came without a mapping and that the county does
    /// not know.
    Unmapped(UnmappedOptions),
}

const FORM: &str = r#"The JSON form, of a record that a mapping of the county translates, or of the police:
  {"mapped": {"mapping": "hotline-12345", "fields": {"工单编号": "GD-1", "来电时间": "2026-11-24 08:00", ...}}}
  {"mapped": {"mapping": "meeting", "fields": {...}, "items": [{"fields": {"事项": "..."}}, ...]}}
  {"policeFeedback": {"number": "F1", "dispatchNumber": "C1", "fedBackAt": "2026-11-24T08:00:00+08:00", ...}}"#;

/// A record to hand in.
#[derive(Debug, Args)]
pub struct SubmitOptions {
    /// A JSON file, or - for standard input.
    file: PathBuf,
    /// As the system of this door; an officer where not given.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
    /// Have it checked by the service, and hand nothing in: it is said whether it would be new, known, or a revision.
    #[arg(long)]
    dry_run: bool,
}

/// Which mapping to look at.
#[derive(Debug, Args)]
pub struct UnmappedOptions {
    /// Only of this mapping.
    #[arg(default_value = "", hide_default_value = true)]
    mapping: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Does what was asked.
///
/// # Errors
/// Where a file cannot be read, or a call fails.
pub async fn execute(command: RecordCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        RecordCommand::Submit(options) => submit(options, session, output).await,
        RecordCommand::Unmapped(options) => unmapped(options, session, output).await,
    }
}

async fn submit(options: SubmitOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let form = serde_json::from_str(&text_of(&options.file)?).map_err(json::JsonError::from)?;
    let mut record: Record = json::from_json(form)?;
    if record.county.is_empty() {
        record.county = session.county();
    }
    let mut client = session.records(&options.source.map_or(Caller::Officer, Caller::Source)).await?;
    let request =
        session.request(SubmitRecordRequest { record: Some(record), validate_only: options.dry_run });
    let answer = client.submit_record(request).await.map_err(CommandError::call("the record"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.text(&if options.dry_run { foreseen(&answer) } else { said(&answer) })
}

/// What would become of a record that was only checked.
fn foreseen(answer: &SubmitRecordResponse) -> String {
    let becomes = match answer.foreseen() {
        Foreseen::Unspecified => "",
        Foreseen::New => ", 将新收",
        Foreseen::Known => ", 已在库, 内容未变",
        Foreseen::Revised => ", 将更正",
    };
    format!("核对无误{becomes}\n")
}

fn said(answer: &SubmitRecordResponse) -> String {
    if answer.waiting {
        return "已收, 待接警单\n".to_owned();
    }
    let known = if answer.known { "已在库, 内容未变" } else { "已收" };
    let reports = answer
        .reports
        .iter()
        .map(|report| format!("{known}  {} 第{}版\n", report.report_id, report.revision));
    let activity = answer.activity.iter();
    let activities = activity.map(|one| format!("{known}  {} 第{}版\n", one.activity_id, one.revision));
    reports.chain(activities).collect()
}

async fn unmapped(options: UnmappedOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.records(&Caller::Officer).await?;
    let (values, more) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let mapping = options.mapping.clone();
        let county = session.county();
        let request = session.request(ListUnmappedRequest { county, mapping, page_size, page_token });
        async move {
            let answer = client.list_unmapped(request).await;
            let page = answer.map_err(CommandError::call("what mappings do not know"))?.into_inner();
            Ok((page.values, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return values.iter().try_for_each(|value| output.json_line(value));
    }
    output.table(&table(&values, output), "没有未知的字段和值")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn table(values: &[UnmappedValue], output: &Output) -> Table {
    let mut table = Table::of_words(["对照表", "字段", "值", "次数", "首次", "末次"]);
    for value in values {
        table.row(vec![
            value.mapping.as_str().into(),
            value.field.as_str().into(),
            value.value.as_str().into(),
            value.count.to_string().into(),
            output.minute(value.first_seen.as_ref()).into(),
            output.minute(value.last_seen.as_ref()).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::SubmitReportResponse;

    use super::*;

    #[test]
    fn what_became_of_a_record_is_said() {
        let report = SubmitReportResponse { report_id: "r".into(), revision: 2, ..Default::default() };
        let answer = SubmitRecordResponse { reports: vec![report], ..Default::default() };
        assert_eq!(said(&answer), "已收  r 第2版\n");
        assert_eq!(said(&SubmitRecordResponse { waiting: true, ..Default::default() }), "已收, 待接警单\n");
    }
}
