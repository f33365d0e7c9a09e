//! Following one case: each entry of its history as it comes, over lost connections.

use clap::Args;
use fengqiao_proto::routing::v1::WatchCaseRequest;
use tokio::time::{sleep, timeout};

use crate::{
    cli::ConnectOptions,
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    retry, timeline,
};

/// Which case to follow.
#[derive(Debug, Args)]
pub struct WatchOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    /// Start after this entry; 0 shows the whole history first.
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Why the case is read; needed where it is protected (未成年人、家暴等), and kept.
    #[arg(long, default_value = "", hide_default_value = true)]
    purpose: String,
}

/// Follows a case until Ctrl-C.
///
/// # Errors
/// Where it may not be seen, or the connection cannot be had again.
pub async fn follow(
    options: WatchOptions,
    connect: &ConnectOptions,
    output: &Output,
) -> Result<(), CommandError> {
    let mut seen = options.after;
    let mut tries = 0;
    loop {
        let seen_before = seen;
        let ended = follow_once(&options, &mut seen, connect, output).await;
        if seen > seen_before {
            tries = 0;
        }
        let last = match ended {
            // A server that stops ends the stream in order; another one goes on.
            Ok(()) => None,
            Err(error) if error.passes() => Some(error),
            // The local stack may be starting anew, with its description not yet written.
            Err(error @ (CommandError::NoStack | CommandError::File { .. })) if tries > 0 => Some(error),
            Err(error) => return Err(error),
        };
        tries += 1;
        if tries >= retry::MOST_TRIES {
            let last = last.unwrap_or(CommandError::Unclear("the stream ends each time".into()));
            return Err(CommandError::Lost { tries, last: Box::new(last) });
        }
        if let Some(error) = last {
            eprintln!("… {error}");
        }
        sleep(retry::wait(tries)).await;
    }
}

async fn follow_once(
    options: &WatchOptions,
    seen: &mut i64,
    connect: &ConnectOptions,
    output: &Output,
) -> Result<(), CommandError> {
    // Found anew each time: a stack that was started again has other ports and tokens.
    let session = Session::open(connect)?;
    let mut client = session.routing(&Caller::Officer).await?;
    // The stream has no deadline of its own; a dead peer is noticed by the keep-alive.
    let case = &options.case;
    let request = WatchCaseRequest {
        county: session.county(),
        case: case.clone(),
        after_sequence: *seen,
        purpose: options.purpose.clone(),
    };
    let what = || CommandError::call(format!("case {case}"));
    let opened = timeout(connect.timeout, client.watch_case(request))
        .await
        .map_err(|_| what()(tonic::Status::deadline_exceeded("no answer")))?;
    let mut entries = opened.map_err(what())?.into_inner();
    while let Some(message) = entries.message().await.map_err(what())? {
        let Some(entry) = message.entry.filter(|entry| entry.sequence > *seen) else {
            continue;
        };
        *seen = entry.sequence;
        if output.json {
            output.json_line(&entry)?;
        } else {
            output.text(&timeline::entry_lines(&entry, output))?;
        }
    }
    Ok(())
}
