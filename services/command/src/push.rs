//! Pushes: an agency's inbox and answers, what an officer enters for it, and what could not be delivered.

mod answers;
mod inbox;
mod parked;
mod record;

use clap::{Args, Subcommand};
use fengqiao_proto::{
    notification::v1::{
        CannotReason, FeedbackOutcome, FeedbackPushRequest, ListPushesRequest, Push, ReturnPushRequest,
        ReturnReason, SignPushRequest, notification_service_client::NotificationServiceClient,
    },
    types::v1::PushSubject,
};
use uuid::Uuid;

use self::{
    inbox::InboxOptions,
    parked::{ParkedOptions, ResendOptions},
    record::RecordCommand,
};
use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    output::Output,
    request_id::RequestId,
    words,
};

/// In how many of an agency's pushes a shortened id is searched.
const MOST_SEARCHED: usize = 2_000;

/// The fewest characters of an id that are taken for one.
const FEWEST_CHARACTERS: usize = 4;

/// What to do with pushes.
#[derive(Debug, Subcommand)]
pub enum PushCommand {
    /// List an agency's pushes: red first, then the oldest.
    Inbox(InboxOptions),
    /// Show one push and what its form says.
    Show(ReadOptions),
    /// Take the assignment (签收).
    Sign(Named),
    /// Refuse it, with a reason (退回).
    Return(ReturnOptions),
    /// Say what was done (反馈).
    Feedback(FeedbackOptions),
    /// Enter what came back on paper, by phone or in person, for an agency without a system or an account (代录).
    #[command(subcommand)]
    Record(RecordCommand),
    /// List what its agency did with a push: signed, returned, said.
    Answers(ReadOptions),
    /// List what could not be delivered, the longest parked first.
    Parked(ParkedOptions),
    /// Send parked pushes again.
    Resend(ResendOptions),
}

/// One push of one agency.
#[derive(Debug, Args)]
pub struct Named {
    /// The push's id; its beginning or end suffices, or the case's number where it has one such push.
    push: String,
    /// Whose it is.
    #[arg(long)]
    pub agency: String,
}

/// One push to read.
#[derive(Debug, Args)]
pub struct ReadOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    purpose: Purpose,
}

/// Why something is read.
#[derive(Debug, Args)]
pub struct Purpose {
    /// Why it is read; needed of the centre where the case is protected (未成年人、家暴等), and kept.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub purpose: String,
}

/// A refusal.
#[derive(Debug, Args)]
pub struct ReturnOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    refusal: Refusal,
}

/// Why a push is returned.
#[derive(Debug, Args)]
struct Refusal {
    /// Why.
    #[arg(long, value_parser = words::parser(words::RETURN_REASONS), ignore_case = true)]
    reason: ReturnReason,
    /// In words.
    #[arg(long, default_value = "", hide_default_value = true)]
    text: String,
    /// What shows it: a reference of a photo or a document; may stand several times.
    #[arg(long, value_name = "REFERENCE")]
    evidence: Vec<String>,
}

/// An answer.
#[derive(Debug, Args)]
pub struct FeedbackOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    said: Said,
    /// A file of the push that belongs to it, as `attachment put` named it; may stand several times.
    #[arg(long, value_name = "ID")]
    attachment: Vec<String>,
    #[command(flatten)]
    request_id: RequestId,
}

/// What an agency says that it did.
#[derive(Debug, Args)]
struct Said {
    /// How far the agency is.
    #[arg(long, value_parser = words::parser(words::OUTCOMES), ignore_case = true, default_value = "DONE")]
    outcome: FeedbackOutcome,
    /// Why it cannot be done, with the outcome CANNOT.
    #[arg(long, value_parser = words::parser(words::CANNOT_REASONS), ignore_case = true)]
    cannot: Option<CannotReason>,
    /// What it did.
    #[arg(long)]
    text: String,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or a shortened id is not clear.
pub async fn execute(command: PushCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        PushCommand::Inbox(options) => inbox::inbox(options, session, output).await,
        PushCommand::Show(ReadOptions { named, purpose }) => {
            let (client, push_id) = find(named, session).await?;
            inbox::show(client, push_id, purpose.purpose, session, output).await
        }
        PushCommand::Sign(named) => {
            let (mut client, push_id) = find(named, session).await?;
            let request = session.request(SignPushRequest { county: session.county(), push_id });
            let answer = client.sign_push(request).await.map_err(CommandError::call("signing"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Return(ReturnOptions { named, refusal }) => {
            let (mut client, push_id) = find(named, session).await?;
            let Refusal { reason, text, evidence } = refusal;
            let request = session.request(ReturnPushRequest {
                county: session.county(),
                push_id,
                reason: reason as i32,
                text,
                evidence,
            });
            let answer = client.return_push(request).await.map_err(CommandError::call("the return"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Feedback(FeedbackOptions { named, said, attachment, request_id }) => {
            let (mut client, push_id) = find(named, session).await?;
            let Said { outcome, cannot, text } = said;
            let request = session.request(FeedbackPushRequest {
                county: session.county(),
                push_id,
                request_id: request_id.or_new(),
                outcome: outcome as i32,
                text,
                cannot_reason: cannot.unwrap_or_default() as i32,
                attachment_ids: attachment,
            });
            let answer = client.feedback_push(request).await.map_err(CommandError::call("the feedback"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Record(command) => record::record(command, session, output).await,
        PushCommand::Answers(ReadOptions { named, purpose }) => {
            let agency = named.agency.clone();
            let (_, push_id) = find(named, session).await?;
            answers::list(agency, (push_id, purpose.purpose), session, output).await
        }
        PushCommand::Parked(options) => parked::parked(options, session, output).await,
        PushCommand::Resend(options) => parked::resend(options, session, output).await,
    }
}

fn tell(push: Option<Push>, output: &Output) -> Result<(), CommandError> {
    let push = push.unwrap_or_default();
    if output.json {
        return output.document(&push);
    }
    output.line(&format!(
        "{}  {}  {}  {}",
        words::said(words::RECEIPTS, push.receipt()),
        words::said(words::FORMS, push.form()),
        speaks_of(&push),
        push.push_id,
    ))
}

/// What a push speaks of, as it can be asked for: a case by its number, a duty besides cases by its id.
fn speaks_of(push: &Push) -> String {
    match push.subject() {
        PushSubject::Duty => format!("职责 {}", push.case_id),
        PushSubject::Form => format!("文书 {}", push.form_number),
        PushSubject::Case | PushSubject::Unspecified => format!("案件 {}", push.case_number),
    }
}

/// The same in a table's column of cases, which has no room for an id.
fn case_column(push: &Push) -> String {
    match push.subject() {
        PushSubject::Duty => "职责".to_owned(),
        PushSubject::Form => "文书".to_owned(),
        PushSubject::Case | PushSubject::Unspecified => push.case_number.clone(),
    }
}

/// The whole id of a push that was named by its id, a part of it, or its case's number.
pub async fn find(
    named: Named,
    session: &Session,
) -> Result<(NotificationServiceClient<Connection>, String), CommandError> {
    let client = session.notification(&Caller::Agency(named.agency.clone())).await?;
    if Uuid::try_parse(&named.push).is_ok() {
        return Ok((client, named.push));
    }
    let push_id = search(client.clone(), &named.push, named.agency, session).await?;
    Ok((client, push_id))
}

/// The whole id of an agency's push that was named by a part of its id or its case's number.
async fn search(
    client: NotificationServiceClient<Connection>,
    typed: &str,
    agency: String,
    session: &Session,
) -> Result<String, CommandError> {
    let wanted = ListPushesRequest { county: session.county(), agency, ..Default::default() };
    let (pushes, _) = inbox::list(client, &wanted, MOST_SEARCHED, session).await?;
    the_one(typed, &wanted.agency, &pushes)
}

fn the_one(typed: &str, agency: &str, pushes: &[Push]) -> Result<String, CommandError> {
    if typed.len() < FEWEST_CHARACTERS {
        return Err(CommandError::Usage(format!("{typed}: at least {FEWEST_CHARACTERS} characters")));
    }
    let mut fitting = pushes.iter().filter(|push| {
        push.case_number == typed || push.push_id.starts_with(typed) || push.push_id.ends_with(typed)
    });
    match (fitting.next(), fitting.next()) {
        (Some(push), None) => Ok(push.push_id.clone()),
        (None, _) => Err(CommandError::Unclear(format!(
            "{agency} has no push {typed}; `fengqiao push inbox --agency {agency}` lists its pushes"
        ))),
        (Some(_), Some(_)) => Err(CommandError::Unclear(format!(
            "several pushes of {agency} fit {typed}; give more of the id (`fengqiao push inbox --agency {agency}`)"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn push(push_id: &str, case_number: &str) -> Push {
        Push { push_id: push_id.into(), case_number: case_number.into(), ..Default::default() }
    }

    #[test]
    fn a_part_of_an_id_or_the_case_suffices_where_it_is_clear() {
        let pushes = [
            push("01930000-0000-7000-8000-00000000aaaa", "20261124-0001"),
            push("01930000-0000-7000-8000-00000000bbbb", "20261124-0002"),
        ];
        let found = |typed| the_one(typed, "police", &pushes);
        assert!(found("aaaa").unwrap().ends_with("aaaa"));
        assert!(found("20261124-0002").unwrap().ends_with("bbbb"));
        assert!(found("01930000").unwrap_err().to_string().contains("several"));
        assert!(found("cccc").unwrap_err().to_string().contains("no push"));
        assert_eq!(found("a").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_push_of_a_duty_says_so_and_names_the_duty() {
        let duty = "01930000-0000-7000-8000-00000000dddd";
        let of_duty = Push { subject: PushSubject::Duty.into(), case_id: duty.into(), ..Default::default() };
        assert_eq!((speaks_of(&of_duty), case_column(&of_duty)), (format!("职责 {duty}"), "职责".into()));
        let of_case = push("01930000-0000-7000-8000-00000000aaaa", "20261124-0001");
        assert_eq!(speaks_of(&of_case), "案件 20261124-0001");
        assert_eq!(case_column(&of_case), "20261124-0001");
    }

    #[test]
    fn resending_needs_ids_or_an_agency() {
        let parse = |rest: &[&str]| Cli::try_parse_from(["fengqiao", "push"].iter().chain(rest)).map(|_| ());
        assert!(parse(&["resend"]).is_err());
        assert!(parse(&["resend", "--agency", "police", "--parked-before", "2026-11-24"]).is_ok());
        assert!(parse(&["resend", "01930000-0000-7000-8000-00000000aaaa"]).is_ok());
        assert!(parse(&["resend", "--level", "red", "--since", "2026-11-24"]).is_ok());
        assert!(parse(&["resend", "01930000-0000-7000-8000-00000000aaaa", "--level", "red"]).is_err());
        assert!(parse(&["resend", "aaaa"]).is_err());
        assert!(parse(&["inbox"]).is_err());
        assert!(parse(&["return", "aaaa", "--agency", "police", "--reason", "not_our_duty"]).is_ok());
        assert!(parse(&["feedback", "aaaa", "--agency", "police", "--text", "已调解"]).is_ok());
    }
}
