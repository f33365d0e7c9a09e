//! What became of a source's reports.

use std::time::Duration;

use clap::Args;
use fengqiao_proto::{
    intake::v1::{ChangeKind, ListChangesRequest, ReportChange},
    types::v1::Source,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    table::{Cell, Table},
    words,
};

const PAGE: i32 = 500;
/// How long the server is asked to wait, in seconds: less than the usual time for a call.
const WAIT: i32 = 10;

/// Which changes.
#[derive(Debug, Args)]
pub struct ChangesOptions {
    /// Whose reports.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Source,
    /// Only what came after this cursor, which was printed the last time.
    #[arg(long, value_name = "CURSOR", default_value = "", hide_default_value = true)]
    cursor: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Wait some seconds for the first where there is none yet.
    #[arg(long)]
    wait: bool,
}

/// Lists them, and the cursor to go on with.
///
/// # Errors
/// Where a call fails.
pub async fn list(options: ChangesOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.changes(&Caller::Source(options.source)).await?;
    let (mut cursor, mut changes) = (options.cursor, Vec::new());
    let limit = options.limit as usize;
    while changes.len() < limit {
        let left = i32::try_from(limit - changes.len()).unwrap_or(PAGE);
        let request = ListChangesRequest {
            county: session.county(),
            source: options.source.into(),
            cursor: cursor.clone(),
            page_size: left.min(PAGE),
            wait_seconds: if options.wait && changes.is_empty() { WAIT } else { 0 },
        };
        let mut request = session.request(request);
        if options.wait {
            request.set_timeout(Duration::from_secs(2 * u64::from(WAIT.unsigned_abs())));
        }
        let answer = client.list_changes(request).await.map_err(CommandError::call("the changes"))?;
        let answer = answer.into_inner();
        cursor = answer.next_cursor;
        if answer.changes.is_empty() {
            break;
        }
        changes.extend(answer.changes);
    }
    if output.json {
        return changes.iter().try_for_each(|change| output.json_line(change));
    }
    let mut table =
        Table::of_words(["序号", "时间", "来源编号", "变化", "事项", "状态", "级别", "主办", "说明"]);
    changes.iter().for_each(|change| table.row(row(change, output)));
    output.table(&table, "没有新变化")?;
    output.line(&format!("--cursor {cursor}"))
}

fn row(change: &ReportChange, output: &Output) -> Vec<Cell> {
    let standing = change.standing.clone().unwrap_or_default();
    let feedback = change.kind() == ChangeKind::Feedback;
    let progress = if feedback { words::said(words::CASE_PROGRESS, standing.progress()) } else { "" };
    vec![
        change.position.to_string().into(),
        output.minute(change.changed_at.as_ref()).into(),
        change.source_ref.clone().into(),
        words::said(words::CHANGES, change.kind()).into(),
        standing.case_number.clone().into(),
        words::said(words::STATES, standing.state()).into(),
        words::said(words::LEVELS, standing.level()).into(),
        standing.lead_agency_name.into(),
        format!("{progress} {}", change.words).trim().to_owned().into(),
    ]
}
