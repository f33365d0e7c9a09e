//! One-key calls: whoever is called says to come, and to be there.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{AcceptCallAct, ArriveAct, act_on_case_request::Act};

use crate::{
    case::{self, act::Target},
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
};

/// What to do with one-key calls.
#[derive(Debug, Subcommand)]
pub enum CallCommand {
    /// Say that you come (应答): nobody else is called after that.
    Accept(WhichCall),
    /// Say that you are there (到场).
    Arrive(WhichCall),
}

/// Which call, and who speaks.
#[derive(Debug, Args)]
pub struct WhichCall {
    #[command(flatten)]
    target: Target,
    /// The call's number in the case; the last one where not given.
    #[arg(default_value_t = 0, hide_default_value = true)]
    no: i32,
    /// Speak as this agency, which was called; else as the centre.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
}

/// Does what was asked.
///
/// # Errors
/// Where the call fails.
pub async fn execute(command: CallCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let (WhichCall { target, agency, .. }, act) = match command {
        CallCommand::Accept(which) => {
            let act = Act::AcceptCall(AcceptCallAct { no: which.no });
            (which, act)
        }
        CallCommand::Arrive(which) => {
            let act = Act::Arrive(ArriveAct { no: which.no });
            (which, act)
        }
    };
    let caller = if agency.is_empty() { Caller::Officer } else { Caller::Agency(agency) };
    case::act_on(target, act, &caller, session, output).await
}
