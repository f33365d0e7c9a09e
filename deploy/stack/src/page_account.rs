//! Accounts to look at the agency desk and the county board with, made on the spot.

use std::{collections::BTreeSet, path::Path};

use fengqiao_county::County;
use fengqiao_proto::notification::v1::{AddAccountRequest, ResetAccountRequest};
use fengqiao_signin::staff::Staff;
use tonic::{Code, Status};

use crate::{StackError, clients::Connections, services::Service};

/// How to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAccount {
    /// What is typed.
    pub name: String,
    /// The password for the first time; it has to be changed then.
    pub first_password: String,
    /// For which agency the person acts.
    pub agency: String,
}

/// An account of the desk: of the first person, in the order of the agencies, who holds a post of an agency without a system; with a
/// new password each time. None where the county's directory has nobody.
///
/// # Errors
/// Where notification refuses it.
pub async fn desk_account(
    county: &County,
    agencies_with_system: &BTreeSet<String>,
    connections: &Connections,
) -> Result<Option<PageAccount>, StackError> {
    let staff = staff(&county.folder)?;
    let day = county.day(jiff::Timestamp::now());
    let found = staff.at_work(day).find(|(_, post)| {
        post.agency != county.settings.centre_desk && !agencies_with_system.contains(&post.agency)
    });
    let Some((person, post)) = found else { return Ok(None) };
    account_of(Service::Notification, person, &post.agency, connections).await.map(Some)
}

/// An account of the board: of the first person of the county's centre; with a new password each time. None where the
/// county's directory has nobody.
///
/// # Errors
/// Where statistics refuses it.
pub async fn board_account(
    county: &County,
    connections: &Connections,
) -> Result<Option<PageAccount>, StackError> {
    let (staff, day) = (staff(&county.folder)?, county.day(jiff::Timestamp::now()));
    let found = staff.at_work(day).find(|(_, post)| post.agency == county.settings.centre_desk);
    let Some((person, post)) = found else { return Ok(None) };
    account_of(Service::Statistics, person, &post.agency, connections).await.map(Some)
}

/// An account of a person at a service's pages, named like the person, with a new password.
///
/// # Errors
/// Where the service refuses it.
pub async fn account_of(
    service: Service,
    person: &str,
    agency: &str,
    connections: &Connections,
) -> Result<PageAccount, StackError> {
    let mut accounts = connections.accounts(service)?;
    let name = person.to_ascii_lowercase();
    let new = AddAccountRequest {
        name: name.clone(),
        person: person.to_owned(),
        agency: agency.to_owned(),
        ..Default::default()
    };
    let first_password = match accounts.add_account(new).await {
        Ok(made) => made.into_inner().first_password,
        // Of an earlier run, whose password nobody knows any more.
        Err(status) if status.code() == Code::AlreadyExists => {
            let reset = ResetAccountRequest { name: name.clone(), ..Default::default() };
            accounts.reset_account(reset).await.map_err(refused)?.into_inner().first_password
        }
        Err(status) => return Err(refused(status)),
    };
    Ok(PageAccount { name, first_password, agency: agency.to_owned() })
}

fn refused(status: Status) -> StackError {
    StackError::Invalid(format!("an account of the pages: {}", status.message()))
}

fn staff(folder: &Path) -> Result<Staff, StackError> {
    Staff::load(folder).map_err(|mistakes| StackError::Invalid(mistakes.to_string()))
}
