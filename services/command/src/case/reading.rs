//! Reading cases: one with its whole history, or a list.

use clap::Args;
use fengqiao_proto::{
    routing::v1::{
        Case, GetCaseRequest, HistoryEntry, ListCaseHistoryRequest, ListCasesRequest,
        routing_service_client::RoutingServiceClient,
    },
    types::v1::{CaseState, Level},
};
use serde_json::json;

use crate::{
    connection::{Connection, Session},
    errors::CommandError,
    output::{Output, level_ink, state_ink},
    paging,
    table::{Cell, Table},
    timeline, words,
};

/// The most history entries that are shown.
const MOST_HISTORY: usize = 10_000;

/// Which cases to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only in this state.
    #[arg(long, value_parser = words::parser(words::STATES), ignore_case = true)]
    state: Option<CaseState>,
    /// Only of this level.
    #[arg(long, value_parser = words::parser(words::LEVELS), ignore_case = true)]
    level: Option<Level>,
    /// Only in this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Only those that this agency leads.
    #[arg(
        long,
        value_name = "AGENCY",
        visible_alias = "agency",
        default_value = "",
        hide_default_value = true
    )]
    lead: String,
    /// Only what this principal received first and that is not over (首接台账).
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    first_receiver: String,
    /// Only of this canonical category.
    #[arg(long, default_value = "", hide_default_value = true)]
    category: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Shows one case and its whole history.
///
/// # Errors
/// Where a call fails.
pub async fn show(
    case: &str,
    purpose: &str,
    mut client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(GetCaseRequest {
        county: session.county(),
        case: case.to_owned(),
        purpose: purpose.to_owned(),
    });
    let answer = client.get_case(request).await.map_err(CommandError::call(format!("case {case}")))?;
    let found = answer.into_inner().case.unwrap_or_default();
    let history = history(&found, purpose, client, session).await?;
    if output.json {
        let entries = history.iter().map(fengqiao_proto::json::to_json).collect::<Result<Vec<_>, _>>()?;
        let document = json!({ "case": fengqiao_proto::json::to_json(&found)?, "history": entries });
        return output.line(&format!("{document:#}"));
    }
    output.text(&timeline::page(&found, &history, output))
}

async fn history(
    case: &Case,
    purpose: &str,
    client: RoutingServiceClient<Connection>,
    session: &Session,
) -> Result<Vec<HistoryEntry>, CommandError> {
    let (entries, _) = paging::collect(MOST_HISTORY, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListCaseHistoryRequest {
            county: case.county.clone(),
            case: case.case_id.clone(),
            page_size,
            page_token,
            purpose: purpose.to_owned(),
        });
        async move {
            let answer = client.list_case_history(request).await;
            let page = answer.map_err(CommandError::call("the case's history"))?.into_inner();
            Ok((page.entries, page.next_page_token))
        }
    })
    .await?;
    Ok(entries)
}

/// A case of a list.
enum Listed {
    /// As it is.
    Case(Box<Case>),
    /// The id of one that the service cannot read.
    Unreadable(String),
}

/// Lists cases.
///
/// # Errors
/// Where a call fails.
pub async fn list(
    options: ListOptions,
    client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let (listed, more) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListCasesRequest {
            county: session.county(),
            page_size,
            page_token,
            state: options.state.unwrap_or_default() as i32,
            level: options.level.unwrap_or_default() as i32,
            area_code: options.area.clone(),
            lead_agency: options.lead.clone(),
            category: options.category.clone(),
            first_receiver: options.first_receiver.clone(),
        });
        async move {
            let answer = client.list_cases(request).await;
            let page = answer.map_err(CommandError::call("the cases"))?.into_inner();
            let unreadable = page.unreadable_case_ids.into_iter().map(Listed::Unreadable);
            let listed = page.cases.into_iter().map(|case| Listed::Case(Box::new(case))).chain(unreadable);
            Ok((listed.collect(), page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return listed.iter().try_for_each(|listed| match listed {
            Listed::Case(case) => output.json_line(case.as_ref()),
            Listed::Unreadable(id) => output.line(&json!({ "unreadableCaseId": id }).to_string()),
        });
    }
    let mut unreadable = Vec::new();
    let mut table = Table::of_words(["案件", "级别", "状态", "类别", "地区", "主办", "来源", "立案"]);
    for listed in &listed {
        let case = match listed {
            Listed::Case(case) => case,
            Listed::Unreadable(id) => {
                unreadable.push(id.as_str());
                continue;
            }
        };
        let area = if case.area_name.is_empty() { &case.area_code } else { &case.area_name };
        table.row(vec![
            case.number.clone().into(),
            Cell::inked(words::said(words::LEVELS, case.level()), level_ink(case.level())),
            Cell::inked(words::said(words::STATES, case.state()), state_ink(case.state())),
            words::category(&case.category).into(),
            area.clone().into(),
            case.lead_agency.clone().into(),
            words::said(words::SOURCES, case.first_source()).into(),
            output.minute(case.opened_at.as_ref()).into(),
        ]);
    }
    output.table(&table, "没有这样的案件")?;
    if !unreadable.is_empty() {
        output.line(&format!("无法读取的案件: {}", unreadable.join(" ")))?;
    }
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}
