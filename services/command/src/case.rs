//! Cases: reading and steering.

pub mod act;
mod asking;
mod classify;
mod deadline;
mod links;
mod reading;

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{ActOnCaseRequest, act_on_case_request::Act};
use jiff::Timestamp;

use self::{
    act::{ActCommand, Target},
    classify::ClassifyOptions,
    deadline::ExplainOptions,
    links::{MergeOptions, SplitOptions, UnmergeOptions},
    reading::ListOptions,
};
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    timeline,
};

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Show one case and its whole history.
    Show(ShowCaseOptions),
    /// List cases, the most dangerous first, then the oldest.
    List(ListOptions),
    /// Merge a case into another one (并案): its reports and pushes go there.
    Merge(MergeOptions),
    /// Undo a merger: the case is as it was.
    Unmerge(UnmergeOptions),
    /// Make a case of its own of some of a case's reports (拆案).
    Split(SplitOptions),
    /// Say why something is due when it is, day by day (时限说明).
    Explain(ExplainOptions),
    /// Sort a repeat call into its kind (重复警情归类), which is owed by the end of its day.
    Classify(ClassifyOptions),
    /// Do something to a case.
    #[command(flatten)]
    Act(Box<ActCommand>),
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

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: CaseCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        CaseCommand::Show(options) => {
            let client = session.routing(&Caller::Officer).await?;
            reading::show(&options.named.case, &options.purpose, client, session, output).await
        }
        CaseCommand::List(options) => {
            let client = session.routing(&Caller::Officer).await?;
            reading::list(options, client, session, output).await
        }
        CaseCommand::Merge(options) => {
            let client = session.routing(&Caller::Officer).await?;
            links::merge(options, client, session, output).await
        }
        CaseCommand::Unmerge(options) => {
            let client = session.routing(&Caller::Officer).await?;
            links::unmerge(options, client, session, output).await
        }
        CaseCommand::Split(options) => {
            let client = session.routing(&Caller::Officer).await?;
            links::split(options, client, session, output).await
        }
        CaseCommand::Explain(options) => deadline::explain(options, session, output).await,
        CaseCommand::Classify(options) => classify::classify(options, session, output).await,
        CaseCommand::Act(command) => act(*command, session, output).await,
    }
}

async fn act(command: ActCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let (target, act) = asking::act_of(command, &output.zone, Timestamp::now());
    act_on(target, act, &Caller::Officer, session, output).await
}

/// Does something to a case, and shows it as it is then.
///
/// # Errors
/// Where the call fails.
pub async fn act_on(
    target: Target,
    act: Act,
    caller: &Caller,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.routing(caller).await?;
    let failed = CommandError::call(format!("case {}", target.case));
    let request = session.request(ActOnCaseRequest {
        county: session.county(),
        case: target.case,
        request_id: target.request_id.or_new(),
        etag: target.etag,
        capacity: target.capacity,
        act: Some(act),
    });
    let case = client.act_on_case(request).await.map_err(failed)?.into_inner().case.unwrap_or_default();
    if output.json { output.document(&case) } else { output.text(&timeline::heading(&case, output)) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use fengqiao_proto::{routing::v1::SessionResult, types::v1::Level};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(rest: &[&str]) -> Result<CaseCommand, clap::Error> {
        let cli = Cli::try_parse_from(["fengqiao", "case"].iter().chain(rest))?;
        match cli.command {
            Command::Case(command) => Ok(command),
            _ => unreachable!("only case is parsed"),
        }
    }

    fn asked(rest: &[&str]) -> (act::Target, Act) {
        match parse(rest) {
            Ok(CaseCommand::Act(command)) => {
                asking::act_of(*command, &TimeZone::get("Asia/Shanghai").unwrap(), Timestamp::UNIX_EPOCH)
            }
            other => panic!("{rest:?} is an act: {other:?}"),
        }
    }

    #[test]
    fn commands_take_what_they_need() {
        let (target, act) = asked(&["relevel", "20261124-0001", "red", "--reason", "持刀"]);
        let Act::Relevel(relevel) = act else { panic!("it is a relevel") };
        assert_eq!((relevel.level(), target.case.as_str()), (Level::Red, "20261124-0001"));
        assert!(parse(&["relevel", "1", "violet", "--reason", "x"]).is_err());
        assert!(parse(&["relevel", "1", "red"]).is_err());
        assert!(parse(&["resolve", "1"]).is_err());
        assert!(parse(&["merge", "1", "--into", "2", "--reason", "同一纠纷"]).is_ok());
        assert!(parse(&["merge", "1"]).is_err());
        assert!(parse(&["unmerge", "1"]).is_ok());
        assert!(parse(&["split", "1"]).is_err());
        let Ok(CaseCommand::Split(options)) = parse(&["split", "1", "--report", "a", "b", "--report", "c"])
        else {
            panic!("it is a split");
        };
        assert_eq!(options.reports(), ["a", "b", "c"]);
        assert!(parse(&["list", "--first-receiver", "chief-wang"]).is_ok());
        assert!(parse(&["list", "--state", "open", "--level", "orange", "-n", "0"]).is_err());
        assert!(parse(&["explain", "1", "3"]).is_ok());
        let (target, _) = asked(&["comment", "1", "已约谈", "--request-id", "r", "--capacity", "chief"]);
        assert_eq!((target.request_id.given(), target.capacity.as_str()), (Some("r"), "chief"));
    }

    #[test]
    fn a_day_as_a_limit_is_its_end_and_a_session_is_held_now() {
        let (_, act) = asked(&["agree", "1", "A-1", "--terms", "x", "--perform", "2026-11-24=赔偿=2000元"]);
        let Act::SignAgreement(agreement) = act else { panic!("it is an agreement") };
        assert_eq!(agreement.performances[0].what, "赔偿=2000元");
        assert_eq!(agreement.performances[0].due_at.unwrap().seconds, 1_795_536_000);
        let (_, act) = asked(&["session", "1", "failed", "--mediator", "张"]);
        let Act::HoldSession(session) = act else { panic!("it is a session") };
        assert_eq!((session.at.unwrap().seconds, session.result()), (0, SessionResult::Failed));
    }
}
