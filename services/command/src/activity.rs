//! What people did that is no report: handing it in.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fengqiao_proto::{
    intake::v1::{Activity, SubmitActivitiesRequest, submit_activities_response::Outcome},
    json,
    types::v1::Source,
};
use serde_json::Value;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    report::text_of,
    words,
};

/// What to do with activities.
#[derive(Debug, Subcommand)]
pub enum ActivityCommand {
    /// Hand in visits, sweeps, zero reports, patrols, publicity, hazards: from a JSON file, or standard input (-).
    #[command(after_help = FORM)]
    Submit(SubmitOptions),
}

const FORM: &str = r#"The JSON form; a file may hold several, one after the other:
  {"source": "GRID", "sourceRef": "V-1", "kind": "VISIT", "areaCode": "421181105200", "count": 1,
   "begunAt": "2026-11-24T08:00:00+08:00", "endedAt": "2026-11-24T08:30:00+08:00", "agency": "...",
   "person": "...", "subject": "...", "text": "..."}
Kinds: VISIT, SWEEP, ZERO_REPORT, PATROL, PUBLICITY, HAZARD, OTHER. The same source and number is the same
activity."#;

/// What to hand in.
#[derive(Debug, Args)]
pub struct SubmitOptions {
    /// A JSON file, or - for standard input.
    file: PathBuf,
    /// As the system of this door; an officer where not given.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
}

/// Does what was asked.
///
/// # Errors
/// Where a file cannot be read, a call fails, or activities are refused.
pub async fn execute(
    command: ActivityCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let ActivityCommand::Submit(options) = command;
    let mut messages = Vec::new();
    let text = text_of(&options.file)?;
    for (mark, form) in serde_json::Deserializer::from_str(&text).into_iter::<Value>().enumerate() {
        let mut activity: Activity = json::from_json(form.map_err(json::JsonError::from)?)?;
        if activity.county.is_empty() {
            activity.county = session.county();
        }
        messages.push(SubmitActivitiesRequest { mark: mark as u64, activity: Some(activity) });
    }
    let all = messages.len();
    let mut client = session.activities(&options.source.map_or(Caller::Officer, Caller::Source)).await?;
    let what = || CommandError::call("the activities");
    let request = session.request(tokio_stream::iter(messages));
    let mut answers = client.submit_activities(request).await.map_err(what())?.into_inner();
    let (mut taken, mut known, mut refused) = (0, 0, 0);
    while let Some(answer) = answers.message().await.map_err(what())? {
        if output.json {
            output.json_line(&answer)?;
        }
        match answer.outcome {
            Some(Outcome::Accepted(accepted)) if accepted.known => known += 1,
            Some(Outcome::Accepted(_)) => taken += 1,
            Some(Outcome::Refused(refusal)) => {
                refused += 1;
                for wrong in refusal.violations {
                    eprintln!("activity {}: {} {}", answer.mark + 1, wrong.field, wrong.description);
                }
            }
            None => {}
        }
    }
    if !output.json {
        output.line(&format!("共{all}条: 新收{taken} 已在库{known} 退回{refused}"))?;
    }
    if refused > 0 { Err(CommandError::SomeRefused { refused, all }) } else { Ok(()) }
}
