//! Rewards: one for a case and a person.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    ApplyRewardRequest, DecideRewardRequest, ListRewardsRequest, ListRewardsResponse, Reward, RewardState,
    duty_service_client::DutyServiceClient,
};

use crate::{
    case::act::Decision,
    connection::{Caller, Connection, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::Output,
    paging,
    request_id::RequestId,
    table::{Align, Table},
    words,
};

/// What to do with rewards.
#[derive(Debug, Subcommand)]
pub enum RewardCommand {
    /// Ask for one.
    Ask(AskOptions),
    /// Grant it or not; another person than the one who asked.
    Decide(DecideOptions),
    /// List them, the newest first, with the sum of what was granted in a period.
    List(ListOptions),
}

/// By whom, and repeatable.
#[derive(Debug, Args)]
pub struct Repeatable {
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// For whom, and how much.
#[derive(Debug, Args)]
pub struct AskOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    /// The person's name.
    person: String,
    /// How much, in yuan (元), as 100 or 99.50.
    #[arg(value_name = "YUAN", value_parser = fen)]
    amount: i32,
    /// What the person is known by, such as an identity number; only a keyed hash of it is kept.
    #[arg(long)]
    identity: String,
    /// What for.
    #[arg(long)]
    text: String,
    #[command(flatten)]
    how: Repeatable,
}

/// What is decided.
#[derive(Debug, Args)]
pub struct DecideOptions {
    /// The reward's id.
    reward: String,
    /// What is decided.
    decision: Decision,
    #[command(flatten)]
    how: Repeatable,
}

/// Which rewards to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this case's, by its id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    case: String,
    /// Only so far.
    #[arg(long, value_parser = words::parser(words::REWARDS), ignore_case = true)]
    state: Option<RewardState>,
    /// The sum counts what was granted from then on.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    from: Option<Moment>,
    /// The sum counts what was granted until then; a day is counted whole.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    to: Option<Moment>,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: RewardCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.duties(&Caller::Officer).await?;
    let county = session.county();
    let failed = CommandError::call("the reward");
    let reward = match command {
        RewardCommand::List(options) => return list(options, client, session, output).await,
        RewardCommand::Ask(options) => {
            let request = session.request(ApplyRewardRequest {
                county,
                request_id: options.how.request_id.or_new(),
                capacity: options.how.capacity,
                case: options.case,
                person: options.person,
                identity: options.identity,
                amount_fen: options.amount,
                text: options.text,
            });
            client.apply_reward(request).await.map_err(failed)?.into_inner().reward
        }
        RewardCommand::Decide(options) => {
            let request = session.request(DecideRewardRequest {
                county,
                request_id: options.how.request_id.or_new(),
                capacity: options.how.capacity,
                reward_id: options.reward,
                approve: options.decision == Decision::Grant,
            });
            client.decide_reward(request).await.map_err(failed)?.into_inner().reward
        }
    };
    let reward = reward.unwrap_or_default();
    if output.json { output.document(&reward) } else { output.table(&table(&[reward], output), "") }
}

async fn list(
    options: ListOptions,
    client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    // The sum comes with every page.
    let sum = std::cell::Cell::new((0, 0));
    let (rewards, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let sum = &sum;
        let request = session.request(ListRewardsRequest {
            county: session.county(),
            page_size,
            page_token,
            case_id: options.case.clone(),
            state: options.state.unwrap_or_default().into(),
            granted_from: options.from.and_then(|from| from.begin(&output.zone)).map(moment::to_proto),
            granted_before: options.to.and_then(|to| to.end(&output.zone)).map(moment::to_proto),
        });
        async move {
            let answer = client.list_rewards(request).await;
            let page = answer.map_err(CommandError::call("the rewards"))?.into_inner();
            sum.set((page.granted, page.granted_fen));
            Ok((page.rewards, page.next_page_token))
        }
    })
    .await?;
    let (granted, granted_fen) = sum.get();
    if output.json {
        return output.document(&ListRewardsResponse { rewards, granted, granted_fen, ..Default::default() });
    }
    output.table(&table(&rewards, output), "没有补助")?;
    output.line(&format!("期间同意{granted}笔，合计{}元", yuan(granted_fen)))?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn table(rewards: &[Reward], output: &Output) -> Table {
    let mut table = Table::new(
        [("申请时间", Align::Left), ("姓名", Align::Left), ("元", Align::Right)]
            .into_iter()
            .chain(["情况", "事由", "申请人", "审批人", "编号"].map(|name| (name, Align::Left))),
    );
    for reward in rewards {
        table.row(vec![
            output.minute(reward.asked_at.as_ref()).into(),
            reward.person.as_str().into(),
            yuan(reward.amount_fen.into()).into(),
            words::said(words::REWARDS, reward.state()).into(),
            reward.text.as_str().into(),
            reward.asked_by.as_str().into(),
            reward.decided_by.as_str().into(),
            reward.reward_id.as_str().into(),
        ]);
    }
    table
}

/// Fen as yuan: 10050 as 100.50.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Yuan as fen, without rounding anything.
fn fen(text: &str) -> Result<i32, String> {
    let (yuan, part) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let right = digits(yuan) && digits(part) && part.len() <= 2;
    right
        .then(|| format!("{yuan}{part:0<2}"))
        .and_then(|fen| fen.parse().ok())
        .ok_or_else(|| "an amount in yuan, as 100 or 99.50".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_fen_and_nothing_is_rounded() {
        for (text, right) in [("100", 10_000), ("99.50", 9_950), ("99.5", 9_950), ("0.01", 1)] {
            assert_eq!(fen(text), Ok(right));
        }
        for wrong in ["", "x", "1.001", "-1", "1.", ".5", "1.+5", "+1", "99999999999"] {
            assert!(fen(wrong).is_err(), "{wrong}");
        }
        assert_eq!(yuan(9_905), "99.05");
    }
}
