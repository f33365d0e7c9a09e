//! Pushes: an agency's inbox and answers, and what could not be delivered.

use clap::{Args, Subcommand};
use fengqiao_proto::notification::v1::{
    FeedbackOutcome, FeedbackPushRequest, GetPushRequest, ListParkedPushesRequest,
    ListPushesRequest, Push, ReceiptState, ResendPushesRequest, ReturnPushRequest, ReturnReason,
    SignPushRequest, notification_service_client::NotificationServiceClient,
};
use uuid::Uuid;

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Ink, Output, level_ink},
    paging,
    table::{Cell, Table},
    words,
};

/// In how many of an agency's pushes a shortened id is searched.
const MOST_SEARCHED: usize = 2_000;
/// The fewest characters of an id that are taken for one.
const FEWEST_CHARACTERS: usize = 4;
/// As many characters of an id's end as a table shows.
const SHOWN_CHARACTERS: usize = 12;

/// What to do with pushes.
#[derive(Debug, Subcommand)]
pub enum PushCommand {
    /// List an agency's pushes: red first, then the oldest.
    Inbox(InboxOptions),
    /// Show one push and what its form says.
    Show(Named),
    /// Take the assignment (签收).
    Sign(Named),
    /// Refuse it, with a reason (退回).
    Return(ReturnOptions),
    /// Say what was done (反馈).
    Feedback(FeedbackOptions),
    /// List what could not be delivered, the longest parked first.
    Parked(ParkedOptions),
    /// Send parked pushes again.
    Resend(ResendOptions),
}

/// Which pushes to list.
#[derive(Debug, Args)]
pub struct InboxOptions {
    /// Whose; `fengqiao agencies` lists the codes.
    #[arg(long)]
    agency: String,
    /// Only those with which this was done.
    #[arg(long, value_parser = words::parser(words::RECEIPTS), ignore_case = true)]
    receipt: Option<ReceiptState>,
    /// Only those of this case's id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    case: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// One push of one agency.
#[derive(Debug, Args)]
pub struct Named {
    /// The push's id; its beginning or end suffices, or the case's number where it has one such push.
    push: String,
    /// Whose it is.
    #[arg(long)]
    agency: String,
}

/// A refusal.
#[derive(Debug, Args)]
pub struct ReturnOptions {
    #[command(flatten)]
    named: Named,
    /// Why.
    #[arg(long, value_parser = words::parser(words::RETURN_REASONS), ignore_case = true)]
    reason: ReturnReason,
    /// In words.
    #[arg(long, default_value = "", hide_default_value = true)]
    text: String,
}

/// An answer.
#[derive(Debug, Args)]
pub struct FeedbackOptions {
    #[command(flatten)]
    named: Named,
    /// How far the agency is.
    #[arg(long, value_parser = words::parser(words::OUTCOMES), ignore_case = true, default_value = "DONE")]
    outcome: FeedbackOutcome,
    /// What it did.
    #[arg(long)]
    text: String,
    /// A repeated answer with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// Which parked pushes to list.
#[derive(Debug, Args)]
pub struct ParkedOptions {
    /// Only this agency's.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which parked pushes to send again.
#[derive(Debug, Args)]
pub struct ResendOptions {
    /// These, by their whole ids.
    #[arg(required_unless_present = "agency", conflicts_with = "agency")]
    push_ids: Vec<Uuid>,
    /// All parked ones of this agency.
    #[arg(long)]
    agency: Option<String>,
    /// Only those parked before this day or time.
    #[arg(long, value_name = "TIME", value_parser = Moment::read, requires = "agency")]
    parked_before: Option<Moment>,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or a shortened id is not clear.
pub async fn execute(
    command: PushCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        PushCommand::Inbox(options) => inbox(options, session, output).await,
        PushCommand::Show(named) => {
            let (mut client, push_id) = find(named, session).await?;
            let request = session.request(GetPushRequest {
                county: session.county(),
                push_id,
            });
            let answer = client
                .get_push(request)
                .await
                .map_err(CommandError::call("the push"))?;
            let answer = answer.into_inner();
            if output.json {
                return output.document(&answer);
            }
            output.text(&page(&answer.push.unwrap_or_default(), output))
        }
        PushCommand::Sign(named) => {
            let (mut client, push_id) = find(named, session).await?;
            let request = session.request(SignPushRequest {
                county: session.county(),
                push_id,
            });
            let answer = client
                .sign_push(request)
                .await
                .map_err(CommandError::call("signing"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Return(ReturnOptions {
            named,
            reason,
            text,
        }) => {
            let (mut client, push_id) = find(named, session).await?;
            let request = session.request(ReturnPushRequest {
                county: session.county(),
                push_id,
                reason: reason as i32,
                text,
            });
            let answer = client
                .return_push(request)
                .await
                .map_err(CommandError::call("the return"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Feedback(FeedbackOptions {
            named,
            outcome,
            text,
            request_id,
        }) => {
            let (mut client, push_id) = find(named, session).await?;
            let request = session.request(FeedbackPushRequest {
                county: session.county(),
                push_id,
                request_id: request_id.unwrap_or_else(|| Uuid::now_v7().to_string()),
                outcome: outcome as i32,
                text,
            });
            let answer = client
                .feedback_push(request)
                .await
                .map_err(CommandError::call("the feedback"))?;
            tell(answer.into_inner().push, output)
        }
        PushCommand::Parked(options) => parked(options, session, output).await,
        PushCommand::Resend(options) => resend(options, session, output).await,
    }
}

fn tell(push: Option<Push>, output: &Output) -> Result<(), CommandError> {
    let push = push.unwrap_or_default();
    if output.json {
        return output.document(&push);
    }
    output.line(&format!(
        "{}  {}  案件 {}  {}",
        words::said(words::RECEIPTS, push.receipt()),
        words::said(words::FORMS, push.form()),
        push.case_number,
        push.push_id,
    ))
}

async fn inbox(
    options: InboxOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session
        .notification(&Caller::Agency(options.agency.clone()))
        .await?;
    let wanted = ListPushesRequest {
        county: session.county(),
        agency: options.agency,
        receipt: options.receipt.unwrap_or_default() as i32,
        case_id: options.case,
        ..Default::default()
    };
    let (pushes, more) = list(client, &wanted, options.limit as usize, session).await?;
    if output.json {
        return pushes.iter().try_for_each(|push| output.json_line(push));
    }
    output.table(&inbox_table(&pushes, output), "没有推送")?;
    if more {
        output.line("… 还有更多: --limit")
    } else {
        Ok(())
    }
}

async fn list(
    client: NotificationServiceClient<Connection>,
    wanted: &ListPushesRequest,
    limit: usize,
    session: &Session,
) -> Result<(Vec<Push>, bool), CommandError> {
    paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListPushesRequest {
            page_size,
            page_token,
            ..wanted.clone()
        });
        async move {
            let answer = client.list_pushes(request).await;
            let page = answer
                .map_err(CommandError::call("the pushes"))?
                .into_inner();
            Ok((page.pushes, page.next_page_token))
        }
    })
    .await
}

/// The whole id of a push that was named by its id, a part of it, or its case's number.
async fn find(
    named: Named,
    session: &Session,
) -> Result<(NotificationServiceClient<Connection>, String), CommandError> {
    let client = session
        .notification(&Caller::Agency(named.agency.clone()))
        .await?;
    if Uuid::try_parse(&named.push).is_ok() {
        return Ok((client, named.push));
    }
    let wanted = ListPushesRequest {
        county: session.county(),
        agency: named.agency.clone(),
        ..Default::default()
    };
    let (pushes, _) = list(client.clone(), &wanted, MOST_SEARCHED, session).await?;
    let push_id = the_one(&named.push, &named.agency, &pushes)?;
    Ok((client, push_id))
}

fn the_one(typed: &str, agency: &str, pushes: &[Push]) -> Result<String, CommandError> {
    if typed.len() < FEWEST_CHARACTERS {
        return Err(CommandError::Usage(format!(
            "{typed}: at least {FEWEST_CHARACTERS} characters"
        )));
    }
    let mut fitting = pushes.iter().filter(|push| {
        push.case_number == typed
            || push.push_id.starts_with(typed)
            || push.push_id.ends_with(typed)
    });
    match (fitting.next(), fitting.next()) {
        (Some(push), None) => Ok(push.push_id.clone()),
        (None, _) => Err(CommandError::Unclear(format!(
            "{agency} has no push {typed}"
        ))),
        (Some(_), Some(_)) => Err(CommandError::Unclear(format!(
            "several pushes of {agency} fit {typed}; give more of the id (`fengqiao push inbox --agency {agency}`)"
        ))),
    }
}

fn inbox_table(pushes: &[Push], output: &Output) -> Table {
    let mut table = Table::of_words([
        "级别",
        "文书",
        "案件",
        "地区",
        "类别",
        "推送",
        "时限",
        "状态",
        "推送号(末段)",
    ]);
    for push in pushes {
        table.row(vec![
            Cell::inked(
                words::said(words::LEVELS, push.level()),
                level_ink(push.level()),
            ),
            words::said(words::FORMS, push.form()).into(),
            push.case_number.clone().into(),
            area(push).into(),
            words::category(&push.category).into(),
            output.minute(push.requested_at.as_ref()).into(),
            output.minute(push.due_at.as_ref()).into(),
            Cell::inked(
                words::said(words::RECEIPTS, push.receipt()),
                receipt_ink(push.receipt()),
            ),
            shortened(&push.push_id).into(),
        ]);
    }
    table
}

fn area(push: &Push) -> &str {
    if push.area_name.is_empty() {
        &push.area_code
    } else {
        &push.area_name
    }
}

/// The end of an id: ids of one minute begin alike.
fn shortened(push_id: &str) -> &str {
    push_id
        .len()
        .checked_sub(SHOWN_CHARACTERS)
        .and_then(|at| push_id.get(at..))
        .unwrap_or(push_id)
}

fn receipt_ink(receipt: ReceiptState) -> Ink {
    match receipt {
        ReceiptState::Answered => Ink::Green,
        ReceiptState::Returned => Ink::Orange,
        ReceiptState::Unsigned => Ink::Bold,
        ReceiptState::Signed | ReceiptState::Unspecified => Ink::Plain,
    }
}

/// One push, for people.
fn page(push: &Push, output: &Output) -> String {
    let paint = output.paint;
    let mut page = format!(
        "{} {}  案件 {}  {}  {}\n",
        paint.ink(
            words::said(words::LEVELS, push.level()),
            level_ink(push.level())
        ),
        words::said(words::FORMS, push.form()),
        paint.ink(&push.case_number, Ink::Bold),
        words::category(&push.category),
        area(push),
    );
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            page.push_str(&format!("  {}  {value}\n", paint.ink(name, Ink::Dim)));
        }
    };
    field("单位", &push.agency);
    field("缘由", &push.reason);
    field("推送", &output.second(push.requested_at.as_ref()));
    field("时限", &output.second(push.due_at.as_ref()));
    let delivery = words::said(words::DELIVERIES, push.delivery());
    field(
        "送达",
        &format!(
            "{delivery} {} (第{}次)",
            output.second(push.delivered_at.as_ref()),
            push.attempts
        ),
    );
    field("签收", &output.second(push.signed_at.as_ref()));
    field("退回", &output.second(push.returned_at.as_ref()));
    field("反馈", &output.second(push.feedback_at.as_ref()));
    field("差错", &push.last_error);
    if let Some(matter) = &push.matter {
        field("事由", &matter.title);
        field("内容", &matter.narrative);
        field("地址", &matter.address);
        for party in &matter.parties {
            let person = format!("{} {} {}", party.name, party.phone, party.id_number);
            field(
                words::said(words::PARTY_ROLES, party.role()),
                person.trim_end(),
            );
        }
    }
    field("编号", &push.push_id);
    page
}

async fn parked(
    options: ParkedOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session.notification(&Caller::Operator).await?;
    let (pushes, more) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListParkedPushesRequest {
            county: session.county(),
            page_size,
            page_token,
            agency: options.agency.clone(),
        });
        async move {
            let answer = client.list_parked_pushes(request).await;
            let page = answer
                .map_err(CommandError::call("the parked pushes"))?
                .into_inner();
            Ok((page.pushes, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return pushes.iter().try_for_each(|push| output.json_line(push));
    }
    let mut table = Table::of_words(["级别", "单位", "案件", "推送", "次数", "差错", "推送号"]);
    for push in &pushes {
        table.row(vec![
            Cell::inked(
                words::said(words::LEVELS, push.level()),
                level_ink(push.level()),
            ),
            push.agency.clone().into(),
            push.case_number.clone().into(),
            output.minute(push.requested_at.as_ref()).into(),
            push.attempts.to_string().into(),
            push.last_error.clone().into(),
            push.push_id.clone().into(),
        ]);
    }
    output.table(&table, "没有搁置的推送")?;
    if more {
        output.line("… 还有更多: --limit")
    } else {
        Ok(())
    }
}

async fn resend(
    options: ResendOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.notification(&Caller::Operator).await?;
    let parked_before = options
        .parked_before
        .and_then(|moment| moment.begin(&output.zone));
    let request = session.request(ResendPushesRequest {
        county: session.county(),
        push_ids: options.push_ids.iter().map(Uuid::to_string).collect(),
        agency: options.agency.unwrap_or_default(),
        parked_before: parked_before.map(to_proto),
    });
    let answer = client
        .resend_pushes(request)
        .await
        .map_err(CommandError::call("sending again"))?;
    let answer = answer.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.line(&format!("重新推送 {} 件", answer.resent))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn push(push_id: &str, case_number: &str) -> Push {
        Push {
            push_id: push_id.into(),
            case_number: case_number.into(),
            ..Default::default()
        }
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
        assert!(
            found("01930000")
                .unwrap_err()
                .to_string()
                .contains("several")
        );
        assert!(found("cccc").unwrap_err().to_string().contains("no push"));
        assert_eq!(found("a").unwrap_err().exit_code(), 2);
        assert_eq!(shortened(&pushes[0].push_id), "00000000aaaa");
    }

    #[test]
    fn resending_needs_ids_or_an_agency() {
        let parse = |rest: &[&str]| {
            Cli::try_parse_from(["fengqiao", "push"].iter().chain(rest)).map(|_| ())
        };
        assert!(parse(&["resend"]).is_err());
        assert!(
            parse(&[
                "resend",
                "--agency",
                "police",
                "--parked-before",
                "2026-11-24"
            ])
            .is_ok()
        );
        assert!(parse(&["resend", "01930000-0000-7000-8000-00000000aaaa"]).is_ok());
        assert!(parse(&["resend", "aaaa"]).is_err());
        assert!(parse(&["inbox"]).is_err());
        assert!(
            parse(&[
                "return",
                "aaaa",
                "--agency",
                "police",
                "--reason",
                "not_our_duty"
            ])
            .is_ok()
        );
        assert!(parse(&["feedback", "aaaa", "--agency", "police", "--text", "已调解"]).is_ok());
    }

    #[test]
    fn a_push_s_page_shows_what_the_form_says() {
        let output = Output::new(&crate::cli::ShowOptions {
            json: false,
            color: crate::cli::ColorWhen::Never,
            time_zone: "Asia/Shanghai".into(),
        })
        .unwrap();
        let mut push = push("id", "20261124-0001");
        push.matter = Some(fengqiao_proto::types::v1::Matter {
            title: "漏水".into(),
            ..Default::default()
        });
        let page = page(&push, &output);
        assert!(
            page.contains("事由  漏水") && !page.contains("签收"),
            "{page}"
        );
    }
}
