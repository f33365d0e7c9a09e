//! The sample day: its reports, the agencies that act on them, the officer who settles cases, and the
//! count of it all. Only the contract is used, as any other program would.

mod agencies;
mod answers;
mod desk;
mod patience;
mod play;
mod reports;
mod survey;
mod webhooks;

pub use play::{Counters, DayOutcome, play};
pub use reports::{DayReport, HandCount, SampleDay};
pub use survey::{Comparison, Survey};
pub use webhooks::{WebhookReceiver, is_signed};

use std::{collections::BTreeSet, path::Path};

use crate::StackError;

/// Agencies that get their pushes by webhook in every local stack.
const WEBHOOK_AGENCIES: [&str; 3] = ["police", "womens_federation", "culture_tourism"];

/// The agencies that get their pushes by webhook in a local stack of this county: some of ours, and those
/// for which the county itself names one, so that nothing of a demonstration reaches the real ones.
///
/// # Errors
/// Where the county's files cannot be read.
pub fn webhook_agencies(county_folder: &Path) -> Result<BTreeSet<String>, StackError> {
    let known = crate::stack::agencies(county_folder)?;
    let ours = WEBHOOK_AGENCIES.into_iter().map(str::to_owned).filter(|code| known.contains(code));
    Ok(ours.chain(crate::stack::county_webhooks(county_folder)?).collect())
}
