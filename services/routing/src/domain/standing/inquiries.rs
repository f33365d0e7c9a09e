//! What figures show is to be looked into: statistics raises it, and it becomes a duty of the centre's desk, with a
//! limit, a reminder and a record of what was found. It is no case: nobody told anything, and who has to act is what the
//! desk finds out.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Office, StandingDuty, StandingKind, Subject};
use crate::domain::duty::Holder;

/// What statistics raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The alert's id, which the duty takes.
    pub id: Uuid,
    /// The rule that raised it: the duties of a rule are one group.
    pub rule: String,
    /// The rule's name, for people.
    pub name: String,
    /// Where; the county's code where it is of no area.
    pub area_code: String,
    /// Why, for people; of whom or what it is stands in it.
    pub reason: String,
    /// When.
    pub raised_at: Timestamp,
}

/// The duty to look into it.
#[must_use]
pub fn inquiry(raised: Raised, by: &str, office: Office<'_>) -> StandingDuty {
    let holder = Holder::agency(office.directory.desk());
    StandingDuty {
        id: raised.id,
        kind: StandingKind::Inquiry,
        group: raised.rule,
        period: None,
        area_code: raised.area_code,
        place: None,
        topic: raised.name,
        restricted: false,
        parent: None,
        subject: Subject { words: raised.reason, found_by: None, rectified_by: None },
        created_at: raised.raised_at,
        created_by: by.to_owned(),
        duty: office.owed(StandingKind::Inquiry, holder, raised.raised_at, None),
        record: None,
    }
}
