//! Cases: reading and steering.

mod reading;

use clap::{Args, Subcommand};
use fengqiao_proto::{
    routing::v1::{
        AssignCaseRequest, CloseCaseRequest, CommentCaseRequest, RelevelCaseRequest, ResolveCaseRequest,
    },
    types::v1::Level,
};
use uuid::Uuid;

use self::reading::ListOptions;
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    timeline, words,
};

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Show one case and its whole history.
    Show(ShowCaseOptions),
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

/// Which case to show.
#[derive(Debug, Args)]
pub struct ShowCaseOptions {
    #[command(flatten)]
    named: Named,
    /// Why the case is read; needed where it is protected (未成年人、家暴等), and kept.
    #[arg(long, default_value = "", hide_default_value = true)]
    purpose: String,
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
pub async fn execute(command: CaseCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.routing(&Caller::Officer).await?;
    let county = session.county();
    let what = |case: &str| CommandError::call(format!("case {case}"));
    let changed = match command {
        CaseCommand::Show(options) => {
            return reading::show(&options.named.case, &options.purpose, client, session, output).await;
        }
        CaseCommand::List(options) => return reading::list(options, client, session, output).await,
        CaseCommand::Relevel(RelevelOptions { named: Named { case }, level, reason, guard }) => {
            let failed = what(&case);
            let request = session.request(RelevelCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                level: level as i32,
                reason,
            });
            client.relevel_case(request).await.map_err(failed)?.into_inner().case
        }
        CaseCommand::Assign(AssignOptions { named: Named { case }, agency, reason, guard }) => {
            let failed = what(&case);
            let request = session.request(AssignCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                agency,
                reason,
            });
            client.assign_case(request).await.map_err(failed)?.into_inner().case
        }
        CaseCommand::Resolve(ResolveOptions { named: Named { case }, outcome, guard }) => {
            let failed = what(&case);
            let request = session.request(ResolveCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                outcome,
            });
            client.resolve_case(request).await.map_err(failed)?.into_inner().case
        }
        CaseCommand::Close(CloseOptions { named: Named { case }, revisit, guard }) => {
            let failed = what(&case);
            let request = session.request(CloseCaseRequest {
                county,
                case,
                request_id: request_id(guard.request_id),
                etag: guard.etag,
                revisit,
            });
            client.close_case(request).await.map_err(failed)?.into_inner().case
        }
        CaseCommand::Comment(CommentOptions { named: Named { case }, text, request_id: id }) => {
            let failed = what(&case);
            let request =
                session.request(CommentCaseRequest { county, case, request_id: request_id(id), text });
            client.comment_case(request).await.map_err(failed)?.into_inner().case
        }
    };
    let case = changed.unwrap_or_default();
    if output.json { output.document(&case) } else { output.text(&timeline::heading(&case, output)) }
}

fn request_id(given: Option<String>) -> String {
    given.unwrap_or_else(|| Uuid::now_v7().to_string())
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
        assert_eq!((options.level, options.named.case.as_str()), (Level::Red, "20261124-0001"));
        assert!(parse(&["relevel", "1", "violet", "--reason", "x"]).is_err());
        assert!(parse(&["relevel", "1", "red"]).is_err());
        assert!(parse(&["assign", "1", "police"]).is_ok());
        assert!(parse(&["resolve", "1"]).is_err());
        assert!(parse(&["close", "1", "--revisit", "满意"]).is_ok());
        assert!(parse(&["comment", "1", "已约谈", "--request-id", "r"]).is_ok());
        assert!(parse(&["list", "--state", "open", "--level", "orange", "-n", "0"]).is_err());
    }
}
