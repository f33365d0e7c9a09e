//! Open cases that are of one dispute: which the desk is asked about, and saying that they are not.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    DismissMergeSuggestionRequest, ListMergeSuggestionsRequest, ListMergeSuggestionsResponse,
    MergeSuggestion, MergeSuggestionState,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output, level_ink},
    paging,
    request_id::RequestId,
    words::{self, Word},
};

const STATES: &[Word<MergeSuggestionState>] = &[
    Word(MergeSuggestionState::Open, "OPEN", "待研判"),
    Word(MergeSuggestionState::Merged, "MERGED", "已并案"),
    Word(MergeSuggestionState::Dismissed, "DISMISSED", "不并案"),
    Word(MergeSuggestionState::FellAway, "FELL_AWAY", "不再需要"),
];

/// What to do with suggestions to merge.
#[derive(Debug, Subcommand)]
pub enum MergeSuggestionCommand {
    /// List open cases that are of one dispute, and why; `case merge CASE INTO` merges them.
    List(ListOptions),
    /// Say that two cases are not of one dispute: nobody is asked again.
    Dismiss(DismissOptions),
}

/// Which suggestions.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only those of this case, by number or id.
    #[arg(long, default_value = "", hide_default_value = true)]
    case: String,
    /// Also those that are settled.
    #[arg(long)]
    settled: bool,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Which suggestion, and why not.
#[derive(Debug, Args)]
pub struct DismissOptions {
    /// The suggestion's id.
    suggestion: String,
    /// Why they are not of one dispute.
    #[arg(long)]
    reason: String,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    command: MergeSuggestionCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        MergeSuggestionCommand::List(options) => list(options, session, output).await,
        MergeSuggestionCommand::Dismiss(options) => dismiss(options, session, output).await,
    }
}

async fn list(options: ListOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.merge_suggestions(&Caller::Officer).await?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (suggestions, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let (county, case, settled) = (session.county(), options.case.clone(), options.settled);
        let asked = ListMergeSuggestionsRequest { county, page_size, page_token, case, settled };
        let request = session.request(asked);
        async move {
            let answer = client.list_merge_suggestions(request).await;
            let page = answer.map_err(CommandError::call("the suggestions"))?.into_inner();
            Ok((page.suggestions, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return output
            .document(&ListMergeSuggestionsResponse { suggestions, next_page_token: String::new() });
    }
    if suggestions.is_empty() {
        return output.line("没有并案建议");
    }
    for suggestion in &suggestions {
        show(suggestion, output)?;
    }
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn show(suggestion: &MergeSuggestion, output: &Output) -> Result<(), CommandError> {
    let duty = suggestion.duty.clone().unwrap_or_default();
    let state = output.paint.ink(words::said(STATES, suggestion.state()), Ink::Bold);
    let late = if duty.late { "，逾期" } else { "" };
    output.line(&format!(
        "{state}  {}  限{}{late}  {}",
        output.minute(suggestion.joined_at.as_ref()),
        output.minute(duty.due_at.as_ref()),
        suggestion.suggestion_id
    ))?;
    for case in &suggestion.cases {
        let level = output.paint.ink(words::said(words::LEVELS, case.level()), level_ink(case.level()));
        let opened = output.minute(case.opened_at.as_ref());
        output
            .line(&format!("  {}  {level}  {opened}  {}  {}", case.number, case.category, case.area_name))?;
    }
    let why: Vec<String> =
        suggestion.reasons.iter().map(|reason| format!("{} {:+.1}", reason.text, reason.bits)).collect();
    if suggestion.decided_by.is_empty() {
        output.line(&format!("  {}（合计 {:.1}）", why.join("、"), suggestion.score_bits))?;
    } else {
        output.line(&format!("  {}认定为同一纠纷", suggestion.decided_by))?;
    }
    match duty.record.as_ref().filter(|record| !record.text.is_empty()) {
        Some(record) => output.line(&format!("  {}：{}", record.recorded_by, record.text)),
        None => Ok(()),
    }
}

async fn dismiss(options: DismissOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.merge_suggestions(&Caller::Officer).await?;
    let request = session.request(DismissMergeSuggestionRequest {
        county: session.county(),
        suggestion_id: options.suggestion,
        request_id: options.request_id.or_new(),
        capacity: options.capacity,
        reason: options.reason,
    });
    let answer = client.dismiss_merge_suggestion(request).await;
    let dismissed = answer.map_err(CommandError::call("the suggestion"))?.into_inner();
    if output.json {
        output.document(&dismissed)
    } else {
        output.line("已记录：不并案，不再提示")
    }
}
