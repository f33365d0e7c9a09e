//! Accounts over gRPC, for operators: served by each service that has pages.

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    Account, AddAccountRequest, AddAccountResponse, ListAccountsRequest, ListAccountsResponse,
    LockAccountRequest, LockAccountResponse, ResetAccountRequest, ResetAccountResponse,
    account_service_server::AccountService,
};
use fengqiao_serving::{
    paging,
    status::{self, Violation},
    time::{now, to_proto},
};
use serde::{Deserialize, Serialize};
use tonic::{Code, Request, Response, Status};

use crate::{Account as KeptAccount, AccountName, Door, NewAccount, SignInError};

/// Accounts on a page where nothing is said, and at most.
const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;

/// The longest subject of a provider, in characters; OpenID Connect allows no more.
const MOST_SUBJECT: usize = 255;

/// The accounts' face.
#[derive(Clone)]
pub struct AccountFace(Door);

impl AccountFace {
    /// A face on this door.
    #[must_use]
    pub const fn new(door: Door) -> Self {
        Self(door)
    }
}

/// After which name a page begins.
#[derive(Serialize, Deserialize)]
struct After {
    #[serde(rename = "n")]
    name: String,
}

#[tonic::async_trait]
impl AccountService for AccountFace {
    async fn add_account(
        &self,
        request: Request<AddAccountRequest>,
    ) -> Result<Response<AddAccountResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let asked = request.into_inner();
        if asked.subject.chars().count() > MOST_SUBJECT {
            return Err(status::invalid(vec![Violation::new("subject", "at most 255 characters")]));
        }
        let new = NewAccount {
            name: AccountName::read(&asked.name).map_err(refused("making the account"))?,
            person: asked.person,
            agency: asked.agency,
            subject: (!asked.subject.is_empty()).then_some(asked.subject),
        };
        let made = self.0.add(&county, &new, now()).await;
        let (account, first) = made.map_err(refused("making the account"))?;
        Ok(Response::new(AddAccountResponse {
            account: Some(shown(account)),
            first_password: first.unwrap_or_default(),
        }))
    }

    async fn reset_account(
        &self,
        request: Request<ResetAccountRequest>,
    ) -> Result<Response<ResetAccountResponse>, Status> {
        const OPERATION: &str = "resetting the account";
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let name = AccountName::read(&asked.name).map_err(refused(OPERATION))?;
        let first_password = self.0.reset(county, &name).await.map_err(refused(OPERATION))?;
        Ok(Response::new(ResetAccountResponse { first_password }))
    }

    async fn lock_account(
        &self,
        request: Request<LockAccountRequest>,
    ) -> Result<Response<LockAccountResponse>, Status> {
        const OPERATION: &str = "locking the account";
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let name = AccountName::read(&asked.name).map_err(refused(OPERATION))?;
        let since = (!asked.unlock).then(now);
        let account = self.0.lock(county, &name, since).await.map_err(refused(OPERATION))?;
        Ok(Response::new(LockAccountResponse { account: Some(shown(account)) }))
    }

    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let after = paging::read::<After>(&asked.page_token).map_err(|_| {
            let right = "must be the next_page_token of the page before";
            status::invalid(vec![Violation::new("pageToken", right)])
        })?;
        let after = after.map(|after| after.name).unwrap_or_default();
        let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let agency = (!asked.agency.is_empty()).then_some(asked.agency.as_str());
        let listed = self.0.list(county, &after, agency, size + 1).await;
        let mut accounts = listed.map_err(refused("listing accounts"))?;
        let more = paging::cut(&mut accounts, size, |_| 0);
        let last = accounts.last().filter(|_| more);
        let next_page_token = last.map(|last| paging::write(&After { name: last.name.clone() }));
        Ok(Response::new(ListAccountsResponse {
            accounts: accounts.into_iter().map(shown).collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        }))
    }
}

fn shown(account: KeptAccount) -> Account {
    Account {
        name: account.name,
        person: account.person,
        post: account.post,
        agency: account.agency,
        has_password: account.has_password,
        must_change: account.must_change,
        locked_at: account.locked_at.map(to_proto),
        created_at: Some(to_proto(account.created_at)),
    }
}

fn refused(operation: &'static str) -> impl Fn(SignInError) -> Status {
    move |error| match &error {
        SignInError::WrongName => status::invalid(vec![Violation::new("name", error.to_string())]),
        SignInError::NoPost => {
            let right = "must be someone in the directory who holds a post of the agency today";
            status::invalid(vec![Violation::new("person", right)])
        }
        SignInError::NoSuchAccount => status::not_found("account"),
        SignInError::Taken => {
            let violation = Violation::new("name", error.to_string());
            status::with_violations(Code::AlreadyExists, error.to_string(), vec![violation])
        }
        SignInError::Database { source, .. } => status::database(operation, source),
        SignInError::Late(_) | SignInError::Busy => status::unavailable(operation, &error),
        _ => status::internal(operation, &error),
    }
}
