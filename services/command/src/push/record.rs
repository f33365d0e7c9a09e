//! What an officer enters for an agency that can say it by no way of its own (代录).

use clap::{Args, Subcommand};
use fengqiao_proto::notification::v1::{
    RecordFeedbackRequest, RecordReturnedRequest, RecordSignedRequest, RecordedAct, RecordedMeans,
};
use uuid::Uuid;

use super::{Purpose, Refusal, Said, search, tell};
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::Output,
    request_id::RequestId,
    words,
};

/// What came back, on paper, by phone or in person.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// That the agency signed (代录签收).
    Signed(RecordOptions),
    /// That the agency refused it, with a reason (代录退回).
    Returned(ReturnedOptions),
    /// What the agency said that it did (代录反馈).
    Feedback(RecordedFeedbackOptions),
}

/// Of which push, who did it, when, and how the centre learned of it.
#[derive(Debug, Args)]
pub struct RecordOptions {
    /// The push's id; with --agency its beginning or end suffices, or the case's number where it has one such push.
    push: String,
    /// Whose push it is, where its id is not given whole.
    #[arg(long)]
    agency: Option<String>,
    /// When it was done, as the paper says or as it was said; this time counts, but of a return that when it is entered.
    #[arg(long, value_name = "TIME", value_parser = minute)]
    done_at: Moment,
    /// Who at the agency did it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// In what capacity, for instance 村党支部书记.
    #[arg(long, value_name = "WORDS")]
    capacity: String,
    /// How the centre learned of it.
    #[arg(long, value_parser = words::parser(words::RECORDED_MEANS), ignore_case = true)]
    how: RecordedMeans,
    #[command(flatten)]
    purpose: Purpose,
}

/// A refusal.
#[derive(Debug, Args)]
pub struct ReturnedOptions {
    #[command(flatten)]
    record: RecordOptions,
    #[command(flatten)]
    refusal: Refusal,
}

/// An answer.
#[derive(Debug, Args)]
pub struct RecordedFeedbackOptions {
    #[command(flatten)]
    record: RecordOptions,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    request_id: RequestId,
}

/// Reads when something was done: a day alone is too little to tell whether it was in time.
fn minute(text: &str) -> Result<Moment, String> {
    match Moment::read(text) {
        Ok(Moment::Day(day)) => Err(format!("with its time, for instance {day}T08:00")),
        Ok(moment) => Ok(moment),
        Err(_) => Err("2026-11-24T08:00 or 2026-11-24T08:00:00+08:00".to_owned()),
    }
}

/// Enters it.
///
/// # Errors
/// Where a call fails, or a shortened id is not clear.
pub async fn record(command: RecordCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.paper(&Caller::Officer).await?;
    let county = session.county();
    let push = match command {
        RecordCommand::Signed(options) => {
            let (push_id, act, purpose) = options.taken(session, output).await?;
            let request = RecordSignedRequest { county, push_id, act: Some(act), purpose };
            let answer = client.record_signed(session.request(request)).await;
            answer.map_err(CommandError::call("entering the signature"))?.into_inner().push
        }
        RecordCommand::Returned(ReturnedOptions { record, refusal }) => {
            let (push_id, act, purpose) = record.taken(session, output).await?;
            let Refusal { reason, text, evidence } = refusal;
            let request = RecordReturnedRequest {
                county,
                push_id,
                act: Some(act),
                purpose,
                reason: reason as i32,
                text,
                evidence,
            };
            let answer = client.record_returned(session.request(request)).await;
            answer.map_err(CommandError::call("entering the return"))?.into_inner().push
        }
        RecordCommand::Feedback(RecordedFeedbackOptions { record, said, request_id }) => {
            let (push_id, act, purpose) = record.taken(session, output).await?;
            let Said { outcome, cannot, text } = said;
            let request = RecordFeedbackRequest {
                county,
                push_id,
                act: Some(act),
                purpose,
                request_id: request_id.or_new(),
                outcome: outcome as i32,
                cannot_reason: cannot.unwrap_or_default() as i32,
                text,
            };
            let answer = client.record_feedback(session.request(request)).await;
            answer.map_err(CommandError::call("entering the feedback"))?.into_inner().push
        }
    };
    tell(push, output)
}

impl RecordOptions {
    /// The push's whole id, what was done, and why the push is shown.
    async fn taken(
        self,
        session: &Session,
        output: &Output,
    ) -> Result<(String, RecordedAct, String), CommandError> {
        let push_id = whole_id(self.push, self.agency, session).await?;
        let act = RecordedAct {
            done_at: self.done_at.begin(&output.zone).map(to_proto),
            name: self.by,
            capacity: self.capacity,
            means: self.how as i32,
        };
        Ok((push_id, act, self.purpose.purpose))
    }
}

/// The whole id of a push: the centre searches a shortened one among its agency's.
async fn whole_id(push: String, agency: Option<String>, session: &Session) -> Result<String, CommandError> {
    if Uuid::try_parse(&push).is_ok() {
        return Ok(push);
    }
    let Some(agency) = agency else {
        return Err(CommandError::Usage(format!(
            "{push}: not a whole id; with --agency a part of it or the case's number suffices"
        )));
    };
    let client = session.notification(&Caller::Officer).await?;
    search(client, &push, agency, session).await
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn who_when_and_how_are_needed() {
        let parse = |rest: &[&str]| {
            let line = ["fengqiao", "push", "record"].iter().chain(rest);
            Cli::try_parse_from(line).map(drop).map_err(|error| error.to_string())
        };
        let act = ["--done-at", "2026-11-24T08:00", "--by", "周大明", "--capacity", "村党支部书记"];
        let with = |first: &[&'static str], rest: &[&'static str]| parse(&[first, &act[..], rest].concat());
        with(&["signed", "aaaa", "--agency", "v"], &["--how", "paper"]).unwrap();
        with(&["returned", "aaaa"], &["--how", "in_person", "--reason", "duplicate"]).unwrap();
        with(&["feedback", "aaaa"], &["--how", "phone", "--text", "已调解"]).unwrap();
        assert!(with(&["signed", "aaaa"], &[]).unwrap_err().contains("--how"));
        assert!(with(&["signed", "aaaa"], &["--how", "fax"]).unwrap_err().contains("IN_PERSON"));
        assert!(with(&["returned", "aaaa"], &["--how", "paper"]).unwrap_err().contains("--reason"));
        assert!(parse(&["signed", "aaaa", "--how", "paper"]).unwrap_err().contains("--done-at"));
    }

    #[test]
    fn a_day_alone_is_too_little() {
        assert!(minute("2026-11-24").unwrap_err().contains("2026-11-24T08:00"));
        assert!(minute("2026-11-24T09:30").is_ok());
        assert!(minute("gestern").unwrap_err().starts_with("2026"));
    }
}
