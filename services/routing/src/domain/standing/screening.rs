//! Which families are screened jointly (风险家庭联合筛查; S4-07).

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Office, StandingDuty, StandingKind, Subject};
use crate::domain::{duty::Holder, history::Occasion};

/// What an agency sees of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The agency.
    pub agency: String,
    /// When it said so.
    pub raised_at: Timestamp,
}

/// Whether a family is to be screened: so many agencies, each by itself, said something since it was last
/// screened. What one agency says often is still one signal.
#[must_use]
pub fn is_listed(signals: &[Signal], screened_at: Option<Timestamp>, needed: u8) -> bool {
    let agencies: BTreeSet<&str> = signals
        .iter()
        .filter(|signal| screened_at.is_none_or(|at| signal.raised_at > at))
        .map(|signal| signal.agency.as_str())
        .collect();
    agencies.len() >= usize::from(needed.max(1))
}

/// The screening of a family. The centre holds it; it tells who the family is and nothing that was signalled.
#[must_use]
pub fn screening(
    id: Uuid,
    family_id: Uuid,
    household: &str,
    area_code: &str,
    occasion: &Occasion,
    office: Office<'_>,
) -> StandingDuty {
    let kind = StandingKind::Screening;
    StandingDuty {
        id,
        kind,
        group: family_id.to_string(),
        period: None,
        area_code: area_code.to_owned(),
        place: Some(super::PlaceKind::Household),
        topic: String::new(),
        restricted: true,
        parent: None,
        subject: Subject { words: household.to_owned(), ..Subject::default() },
        created_at: occasion.at,
        created_by: occasion.actor.clone(),
        duty: office.owed(kind, Holder::agency(office.directory.desk()), occasion.at, None),
        record: None,
    }
}
