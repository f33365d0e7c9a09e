//! Cases: reading and steering.

use clap::{Args, Subcommand};
use fengqiao_proto::{
    routing::v1::{
        AssignCaseRequest, Case, CloseCaseRequest, CommentCaseRequest, GetCaseRequest,
        HistoryEntry, ListCaseHistoryRequest, ListCasesRequest, RelevelCaseRequest,
        ResolveCaseRequest, routing_service_client::RoutingServiceClient,
    },
    types::v1::{CaseState, Level},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    output::{Output, level_ink, state_ink},
    paging,
    table::{Cell, Table},
    timeline, words,
};

/// The most history entries that are shown.
const MOST_HISTORY: usize = 10_000;

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Show one case and its whole history.
    Show(Named),
    /// List cases, the most dangerous first, then the oldest.
    List(ListOptions),
    /// Set another level (定级); a raised one pushes at once.
    Relevel(RelevelOptions),
    /// Give a case to an agency (交办), which gets a report form.
    Assign(AssignOptions),
    /// Say that the matter is settled (办结).
    Resolve(ResolveOptions),
    /// Say that people were asked again and that it is over (归档).
    Close(CloseOptions),
    /// Write a comment into the history (批注).
    Comment(CommentOptions),
}

/// Which case.
#[derive(Debug, Args)]
pub struct Named {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
}

/// Makes a command repeatable and safe against changes by others.
#[derive(Debug, Args)]
pub struct Guard {
    /// The case's etag as it was seen; the command is refused where the case has changed since.
    #[arg(long, default_value = "", hide_default_value = true)]
    etag: String,
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

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
    #[arg(
        long,
        value_name = "CODE",
        default_value = "",
        hide_default_value = true
    )]
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
    /// Only of this canonical category.
    #[arg(long, default_value = "", hide_default_value = true)]
    category: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// A new level.
#[derive(Debug, Args)]
pub struct RelevelOptions {
    #[command(flatten)]
    named: Named,
    /// The new level.
    #[arg(value_parser = words::parser(words::LEVELS), ignore_case = true)]
    level: Level,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    guard: Guard,
}

/// A new lead agency.
#[derive(Debug, Args)]
pub struct AssignOptions {
    #[command(flatten)]
    named: Named,
    /// The agency's code; `fengqiao agencies` lists them.
    agency: String,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    guard: Guard,
}

/// A settled matter.
#[derive(Debug, Args)]
pub struct ResolveOptions {
    #[command(flatten)]
    named: Named,
    /// What was reached.
    #[arg(long)]
    outcome: String,
    #[command(flatten)]
    guard: Guard,
}

/// A case that is over.
#[derive(Debug, Args)]
pub struct CloseOptions {
    #[command(flatten)]
    named: Named,
    /// What people said when they were asked again (回访).
    #[arg(long)]
    revisit: String,
    #[command(flatten)]
    guard: Guard,
}

/// A comment.
#[derive(Debug, Args)]
pub struct CommentOptions {
    #[command(flatten)]
    named: Named,
    /// The comment.
    text: String,
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    command: CaseCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.routing(&Caller::Officer).await?;
    let county = session.county();
    let what = |case: &str| CommandError::call(format!("case {case}"));
    let changed = match command {
        CaseCommand::Show(named) => return show(&named.case, client, session, output).await,
        CaseCommand::List(options) => return list(options, client, session, output).await,
        CaseCommand::Relevel(RelevelOptions {
            named: Named { case },
            level,
            reason,
            guard,
        }) => {
            let failed = what(&case);
            let request = session.request(RelevelCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                level: level as i32,
                reason,
            });
            client
                .relevel_case(request)
                .await
                .map_err(failed)?
                .into_inner()
                .case
        }
        CaseCommand::Assign(AssignOptions {
            named: Named { case },
            agency,
            reason,
            guard,
        }) => {
            let failed = what(&case);
            let request = session.request(AssignCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                agency,
                reason,
            });
            client
                .assign_case(request)
                .await
                .map_err(failed)?
                .into_inner()
                .case
        }
        CaseCommand::Resolve(ResolveOptions {
            named: Named { case },
            outcome,
            guard,
        }) => {
            let failed = what(&case);
            let request = session.request(ResolveCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                outcome,
            });
            client
                .resolve_case(request)
                .await
                .map_err(failed)?
                .into_inner()
                .case
        }
        CaseCommand::Close(CloseOptions {
            named: Named { case },
            revisit,
            guard,
        }) => {
            let failed = what(&case);
            let request = session.request(CloseCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                revisit,
            });
            client
                .close_case(request)
                .await
                .map_err(failed)?
                .into_inner()
                .case
        }
        CaseCommand::Comment(CommentOptions {
            named: Named { case },
            text,
            request_id: id,
        }) => {
            let failed = what(&case);
            let request = session.request(CommentCaseRequest {
                county,
                case,
                request_id: request_id(id),
                text,
            });
            client
                .comment_case(request)
                .await
                .map_err(failed)?
                .into_inner()
                .case
        }
    };
    let case = changed.unwrap_or_default();
    if output.json {
        output.document(&case)
    } else {
        output.text(&timeline::heading(&case, output))
    }
}

fn request_id(given: Option<String>) -> String {
    given.unwrap_or_else(|| Uuid::now_v7().to_string())
}

async fn show(
    case: &str,
    mut client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(GetCaseRequest {
        county: session.county(),
        case: case.to_owned(),
    });
    let answer = client
        .get_case(request)
        .await
        .map_err(CommandError::call(format!("case {case}")))?;
    let found = answer.into_inner().case.unwrap_or_default();
    let history = history(&found, client, session).await?;
    if output.json {
        let entries = history
            .iter()
            .map(fengqiao_proto::json::to_json)
            .collect::<Result<Vec<_>, _>>()?;
        let document =
            json!({ "case": fengqiao_proto::json::to_json(&found)?, "history": entries });
        return output.line(&format!("{document:#}"));
    }
    output.text(&timeline::page(&found, &history, output))
}

async fn history(
    case: &Case,
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
        });
        async move {
            let answer = client.list_case_history(request).await;
            let page = answer
                .map_err(CommandError::call("the case's history"))?
                .into_inner();
            Ok((page.entries, page.next_page_token))
        }
    })
    .await?;
    Ok(entries)
}

async fn list(
    options: ListOptions,
    client: RoutingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let (cases, more) = paging::collect(options.limit as usize, |page_size, page_token| {
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
        });
        async move {
            let answer = client.list_cases(request).await;
            let page = answer
                .map_err(CommandError::call("the cases"))?
                .into_inner();
            Ok((page.cases, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return cases.iter().try_for_each(|case| output.json_line(case));
    }
    let mut table = Table::of_words([
        "案件", "级别", "状态", "类别", "地区", "主办", "来源", "立案",
    ]);
    for case in &cases {
        let area = if case.area_name.is_empty() {
            &case.area_code
        } else {
            &case.area_name
        };
        table.row(vec![
            case.number.clone().into(),
            Cell::inked(
                words::said(words::LEVELS, case.level()),
                level_ink(case.level()),
            ),
            Cell::inked(
                words::said(words::STATES, case.state()),
                state_ink(case.state()),
            ),
            words::category(&case.category).into(),
            area.clone().into(),
            case.lead_agency.clone().into(),
            words::said(words::SOURCES, case.first_source()).into(),
            output.minute(case.opened_at.as_ref()).into(),
        ]);
    }
    output.table(&table, "没有这样的案件")?;
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
    use crate::cli::{Cli, Command};

    fn parse(rest: &[&str]) -> Result<CaseCommand, clap::Error> {
        let cli = Cli::try_parse_from(["fengqiao", "case"].iter().chain(rest))?;
        match cli.command {
            Command::Case(command) => Ok(command),
            _ => unreachable!("only case is parsed"),
        }
    }

    #[test]
    fn commands_take_what_they_need() {
        let Ok(CaseCommand::Relevel(options)) =
            parse(&["relevel", "20261124-0001", "red", "--reason", "持刀"])
        else {
            panic!("it is a relevel");
        };
        assert_eq!(
            (options.level, options.named.case.as_str()),
            (Level::Red, "20261124-0001")
        );
        assert!(parse(&["relevel", "1", "violet", "--reason", "x"]).is_err());
        assert!(parse(&["relevel", "1", "red"]).is_err());
        assert!(parse(&["assign", "1", "police"]).is_ok());
        assert!(parse(&["resolve", "1"]).is_err());
        assert!(parse(&["close", "1", "--revisit", "满意"]).is_ok());
        assert!(parse(&["comment", "1", "已约谈", "--request-id", "r"]).is_ok());
        assert!(parse(&["list", "--state", "open", "--level", "orange", "-n", "0"]).is_err());
    }
}
