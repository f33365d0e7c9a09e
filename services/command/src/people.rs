//! What officers, contacts and residents were told, and the code by which residents see how their case stands.

use clap::{Args, Subcommand};
use fengqiao_proto::{
    notification::v1::{
        GetMessageRequest, GetProgressCodeRequest, ListMessagesRequest, PersonChannel, PersonMessage,
        PersonMessageState, RenewProgressCodeRequest, ResendMessagesRequest,
    },
    types::v1::{PersonKind, TellingKind},
};
use uuid::Uuid;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    table::{Cell, Table},
    words::{self, Word},
};

const STATES: &[Word<PersonMessageState>] = &[
    Word(PersonMessageState::Waiting, "WAITING", "待发"),
    Word(PersonMessageState::Taken, "TAKEN", "已发"),
    Word(PersonMessageState::Parked, "PARKED", "搁置"),
    Word(PersonMessageState::Withheld, "WITHHELD", "不重复告知"),
    Word(PersonMessageState::Overtaken, "OVERTAKEN", "已由后续提醒代替"),
    Word(PersonMessageState::Dropped, "DROPPED", "已保护，不发"),
];

const KINDS: &[Word<TellingKind>] = &[
    Word(TellingKind::Called, "CALLED", "一键呼叫"),
    Word(TellingKind::DueSoon, "DUE_SOON", "临期提醒"),
    Word(TellingKind::Overdue, "OVERDUE", "逾期提醒"),
    Word(TellingKind::Chased, "CHASED", "催办"),
    Word(TellingKind::Reported, "REPORTED", "逐级报告"),
    Word(TellingKind::Whistled, "WHISTLED", "吹哨"),
    Word(TellingKind::Received, "RECEIVED", "受理告知"),
    Word(TellingKind::Settled, "SETTLED", "办结告知"),
    Word(TellingKind::Closed, "CLOSED", "归档告知"),
    Word(TellingKind::Alerted, "ALERTED", "分级预警"),
];

const CHANNELS: &[Word<PersonChannel>] = &[
    Word(PersonChannel::Sms, "SMS", "短信"),
    Word(PersonChannel::Voice, "VOICE", "语音"),
    Word(PersonChannel::Wechat, "WECHAT", "政务微信"),
];

/// What to do with messages to people.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// List messages, the newest first.
    List(ListOptions),
    /// Show the number and the words of a message.
    Show(WhichMessage),
    /// Try parked messages again.
    Resend(ResendOptions),
    /// Show the code that opens the residents' page of a case (查询码), for a receipt.
    Code(CodeOptions),
}

/// Which messages to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only of this case or duty, by its whole id.
    #[arg(long)]
    case: Option<Uuid>,
    /// Only in this state.
    #[arg(long, value_parser = words::parser(STATES), ignore_case = true)]
    state: Option<PersonMessageState>,
    /// Only to this officer or contact.
    #[arg(long, default_value = "", hide_default_value = true)]
    person: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which message.
#[derive(Debug, Args)]
pub struct WhichMessage {
    /// Its whole id.
    message: Uuid,
}

/// Which messages to try again.
#[derive(Debug, Args)]
pub struct ResendOptions {
    /// Their whole ids.
    #[arg(required = true)]
    messages: Vec<Uuid>,
}

/// Whose code.
#[derive(Debug, Args)]
pub struct CodeOptions {
    /// The case's number.
    number: String,
    /// Make another one; the old one opens nothing from then on.
    #[arg(long)]
    renew: bool,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: PeopleCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.people(&Caller::Officer).await?;
    let county = session.county();
    match command {
        PeopleCommand::List(options) => {
            let (messages, more) = paging::collect(options.limit as usize, |page_size, page_token| {
                let mut client = client.clone();
                let request = session.request(ListMessagesRequest {
                    county: county.clone(),
                    page_size,
                    page_token,
                    case_id: options.case.map(|id| id.to_string()).unwrap_or_default(),
                    state: options.state.unwrap_or_default().into(),
                    person: options.person.clone(),
                });
                async move {
                    let answer = client.list_messages(request).await;
                    let page = answer.map_err(CommandError::call("the messages"))?.into_inner();
                    Ok((page.messages, page.next_page_token))
                }
            })
            .await?;
            list(&messages, output)?;
            if more && !output.json { output.line("… 还有更多: --limit") } else { Ok(()) }
        }
        PeopleCommand::Show(WhichMessage { message }) => {
            let asked = GetMessageRequest { county, message_id: message.to_string() };
            let answer = client.get_message(session.request(asked)).await;
            let told = answer.map_err(CommandError::call("the message"))?.into_inner();
            if output.json {
                return output.document(&told);
            }
            output.line(&format!("{}  {}", told.telephone, told.text))
        }
        PeopleCommand::Resend(ResendOptions { messages }) => {
            let message_ids = messages.iter().map(Uuid::to_string).collect();
            let answer =
                client.resend_messages(session.request(ResendMessagesRequest { county, message_ids })).await;
            let resent = answer.map_err(CommandError::call("the messages"))?.into_inner();
            if output.json {
                return output.document(&resent);
            }
            output.line(&format!("重发{}条", resent.resent))
        }
        PeopleCommand::Code(CodeOptions { number, renew: false }) => {
            let asked = GetProgressCodeRequest { county, case_number: number.clone() };
            let answer = client.get_progress_code(session.request(asked)).await;
            let found = answer.map_err(CommandError::call("the code"))?.into_inner();
            if output.json {
                return output.document(&found);
            }
            output.line(&format!("编号 {number}  查询码 {}  {}", found.code, found.page))
        }
        PeopleCommand::Code(CodeOptions { number, renew: true }) => {
            let asked = RenewProgressCodeRequest { county, case_number: number.clone() };
            let answer = client.renew_progress_code(session.request(asked)).await;
            let made = answer.map_err(CommandError::call("the code"))?.into_inner();
            if output.json {
                return output.document(&made);
            }
            output.line(&format!("编号 {number}  新查询码 {}", made.code))
        }
    }
}

fn list(messages: &[PersonMessage], output: &Output) -> Result<(), CommandError> {
    if output.json {
        return messages.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table =
        Table::of_words(["消息", "时间", "告知", "对象", "编号", "事项", "渠道", "状态", "次数", "原因"]);
    for one in messages {
        let whom = match one.person_kind() {
            PersonKind::Resident => "群众",
            _ => one.person.as_str(),
        };
        let ink = if one.state() == PersonMessageState::Parked { Ink::Red } else { Ink::Plain };
        table.row(vec![
            one.message_id.as_str().into(),
            output.minute(one.requested_at.as_ref()).into(),
            words::said(KINDS, one.kind()).into(),
            whom.into(),
            one.case_number.as_str().into(),
            one.what.as_str().into(),
            words::said(CHANNELS, one.channel()).into(),
            Cell::inked(words::said(STATES, one.state()), ink),
            one.tries.to_string().into(),
            one.error.as_str().into(),
        ]);
    }
    output.table(&table, "没有消息")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_the_contract_is_without_a_word() {
        let count = |known: fn(i32) -> bool| (1..100).filter(|number| known(*number)).count();
        assert_eq!(count(|n| PersonMessageState::try_from(n).is_ok()), STATES.len());
        assert_eq!(count(|n| TellingKind::try_from(n).is_ok()), KINDS.len());
        assert_eq!(count(|n| PersonChannel::try_from(n).is_ok()), CHANNELS.len());
    }
}
