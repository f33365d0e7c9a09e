//! Who may sign in to the agency desk (工作台) and to the county board (态势屏).

use clap::{Args, Subcommand};
use fengqiao_proto::notification::v1::{
    Account, AddAccountRequest, ListAccountsRequest, LockAccountRequest, ResetAccountRequest,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    paging,
    table::Table,
};

/// Whose accounts, and what to do with them.
#[derive(Debug, Args)]
pub struct AccountOptions {
    /// Those of the county board (态势屏), not of the agency desk.
    #[arg(long, global = true)]
    board: bool,
    #[command(subcommand)]
    command: AccountCommand,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account for someone in the directory, and say the password for the first time.
    Add(AddOptions),
    /// Give an account a password for the first time again; it is signed out everywhere.
    Reset(WhichAccount),
    /// Lock an account, or open it again (锁定、解锁).
    Lock(LockOptions),
    /// List the accounts.
    List(ListOptions),
}

/// A new account.
#[derive(Debug, Args)]
pub struct AddOptions {
    /// What is typed to sign in: small letters, digits, `-`, `.` or `_`.
    name: String,
    /// The person's code in people.csv.
    #[arg(long)]
    person: String,
    /// The agency's code, of which the person holds a post today.
    #[arg(long)]
    agency: String,
    /// The subject by which the county's OpenID Connect provider knows the person; then there is no password.
    #[arg(long, default_value = "", hide_default_value = true)]
    subject: String,
}

/// Which account.
#[derive(Debug, Args)]
pub struct WhichAccount {
    /// Its name.
    name: String,
}

/// Which account, and which way.
#[derive(Debug, Args)]
pub struct LockOptions {
    #[command(flatten)]
    which: WhichAccount,
    /// Open it again; its wrong passwords are forgotten, too.
    #[arg(long)]
    unlock: bool,
}

/// Which accounts to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this agency's.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    AccountOptions { board, command }: AccountOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client =
        session.accounts(if board { "statistics" } else { "notification" }, &Caller::Operator).await?;
    let county = session.county();
    match command {
        AccountCommand::Add(AddOptions { name, person, agency, subject }) => {
            let asked = AddAccountRequest { county, name, person, agency, subject };
            let answer = client.add_account(session.request(asked)).await;
            let made = answer.map_err(CommandError::call("the account"))?.into_inner();
            if output.json {
                return output.document(&made);
            }
            let account = made.account.unwrap_or_default();
            match made.first_password.as_str() {
                "" => output.line(&format!("账号{}已建立，由统一身份认证登录", account.name)),
                first => {
                    output.line(&format!("账号{}已建立，初始口令 {first}（首次登录须修改）", account.name))
                }
            }
        }
        AccountCommand::Reset(WhichAccount { name }) => {
            let asked = ResetAccountRequest { county, name: name.clone() };
            let answer = client.reset_account(session.request(asked)).await;
            let made = answer.map_err(CommandError::call("the account"))?.into_inner();
            if output.json {
                return output.document(&made);
            }
            output.line(&format!("账号{name}的初始口令 {}（首次登录须修改）", made.first_password))
        }
        AccountCommand::Lock(LockOptions { which: WhichAccount { name }, unlock }) => {
            let asked = LockAccountRequest { county, name: name.clone(), unlock };
            let answer = client.lock_account(session.request(asked)).await;
            let made = answer.map_err(CommandError::call("the account"))?.into_inner();
            if output.json {
                return output.document(&made);
            }
            output.line(&format!("账号{name}{}", if unlock { "已解锁" } else { "已锁定" }))
        }
        AccountCommand::List(ListOptions { agency, limit }) => {
            let (accounts, more) = paging::collect(limit as usize, |page_size, page_token| {
                let mut client = client.clone();
                let (county, agency) = (county.clone(), agency.clone());
                let request = session.request(ListAccountsRequest { county, page_size, page_token, agency });
                async move {
                    let answer = client.list_accounts(request).await;
                    let page = answer.map_err(CommandError::call("the accounts"))?.into_inner();
                    Ok((page.accounts, page.next_page_token))
                }
            })
            .await?;
            list(&accounts, output)?;
            if more && !output.json { output.line("… 还有更多: --limit") } else { Ok(()) }
        }
    }
}

fn list(accounts: &[Account], output: &Output) -> Result<(), CommandError> {
    if output.json {
        return accounts.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table = Table::of_words(["账号", "人员", "岗位", "单位", "登录", "锁定", "建立"]);
    for one in accounts {
        let how = match (one.has_password, one.must_change) {
            (false, _) => "统一身份认证",
            (true, true) => "初始口令",
            (true, false) => "口令",
        };
        table.row(vec![
            one.name.as_str().into(),
            one.person.as_str().into(),
            one.post.as_str().into(),
            one.agency.as_str().into(),
            how.into(),
            output.minute(one.locked_at.as_ref()).into(),
            output.minute(one.created_at.as_ref()).into(),
        ]);
    }
    output.table(&table, "没有账号")
}
