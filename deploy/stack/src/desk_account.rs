//! An account of the agency desk to look at it with, made on the spot.

use std::{collections::BTreeSet, path::Path};

use fengqiao_county::County;
use fengqiao_proto::notification::v1::{AddAccountRequest, ResetAccountRequest};
use fengqiao_signin::staff::Staff;
use tonic::{Code, Status};

use crate::{StackError, clients::Connections};

/// How to sign in to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskAccount {
    /// What is typed.
    pub name: String,
    /// The password for the first time; it has to be changed then.
    pub first_password: String,
    /// Whose pushes the account sees.
    pub agency: String,
}

/// An account of the first person, in the order of the agencies, who holds a post of an agency without a system; with a
/// new password each time. None where the county's directory has nobody.
///
/// # Errors
/// Where notification refuses it.
pub async fn sample_account(
    county: &County,
    agencies_with_system: &BTreeSet<String>,
    connections: &Connections,
) -> Result<Option<DeskAccount>, StackError> {
    let staff = staff(&county.folder)?;
    let day = county.day(jiff::Timestamp::now());
    let found = staff.at_work(day).find(|(_, post)| {
        post.agency != county.settings.centre_desk && !agencies_with_system.contains(&post.agency)
    });
    let Some((person, post)) = found else { return Ok(None) };
    account_of(person, &post.agency, connections).await.map(Some)
}

/// An account of a person, named like the person, with a new password.
///
/// # Errors
/// Where notification refuses it.
pub async fn account_of(
    person: &str,
    agency: &str,
    connections: &Connections,
) -> Result<DeskAccount, StackError> {
    let mut accounts = connections.accounts()?;
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
    Ok(DeskAccount { name, first_password, agency: agency.to_owned() })
}

fn refused(status: Status) -> StackError {
    StackError::Invalid(format!("an account of the agency desk: {}", status.message()))
}

fn staff(folder: &Path) -> Result<Staff, StackError> {
    Staff::load(folder).map_err(|mistakes| StackError::Invalid(mistakes.to_string()))
}
