//! Facts as events tell them, without personal data. Those of one batch are folded: one fact for each
//! report, case or push, in the order of their keys, so that writers that meet never block each other
//! in a circle. An exercise (演练) makes no fact, so it is in no figure; what a receipt tells of a push that is no fact
//! stays without the time that would count it.

use std::collections::BTreeMap;

use fengqiao_proto::{
    intake::v1::{ActivityRecorded, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, PushRequested},
    types::v1::PushSubject,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::area::significant;

/// The county and id of a fact.
pub type Key = (String, Uuid);

/// An event that no fact can be made of: what is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub &'static str);

/// A report as its newest revision says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFact {
    /// Counts from 1.
    pub revision: i32,
    /// The contract's number of the door.
    pub source: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// Whether it was a repeat call.
    pub repeat: bool,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// When its first revision was committed.
    pub accepted_at: Timestamp,
}

/// A case as a change left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFact {
    /// Counts the changes of the case.
    pub version: i64,
    /// The contract's number of the state.
    pub state: i16,
    /// The contract's number of the level.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of its first report.
    pub first_source: i16,
    /// Who has to act.
    pub lead_agency: String,
    /// When its first report was accepted.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Whether its reports are another case's as long as it is merged.
    pub merged: bool,
}

/// A push as it was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFact {
    /// Its case.
    pub case_id: Uuid,
    /// To whom.
    pub agency: String,
    /// The contract's number of the document.
    pub form: i16,
    /// The contract's number of the level.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of the case's first report.
    pub first_source: i16,
    /// When.
    pub requested_at: Timestamp,
}

/// When what first became of a push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptFact {
    /// When it reached the agency's system.
    pub delivered_at: Option<Timestamp>,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it was returned.
    pub returned_at: Option<Timestamp>,
    /// When it was first answered.
    pub feedback_at: Option<Timestamp>,
}

/// An activity as its newest revision says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityFact {
    /// Counts from 1.
    pub revision: i32,
    /// The contract's number of the door.
    pub source: i16,
    /// The contract's number of the kind.
    pub kind: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The agency that did it; may be empty.
    pub agency: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// How long it took, in whole minutes.
    pub minutes: i32,
    /// How many: households, people, hazards, by the kind.
    pub count: i32,
}

/// What a batch of events says, folded.
#[derive(Debug, Default)]
pub struct Batch {
    /// Reports by county and id.
    pub reports: BTreeMap<Key, ReportFact>,
    /// Cases of reports by county and report id.
    pub report_cases: BTreeMap<Key, Uuid>,
    /// Cases by county and id.
    pub cases: BTreeMap<Key, CaseFact>,
    /// Pushes by county and id.
    pub pushes: BTreeMap<Key, PushFact>,
    /// Receipts by county and push id.
    pub receipts: BTreeMap<Key, ReceiptFact>,
    /// Activities by county and id.
    pub activities: BTreeMap<Key, ActivityFact>,
}

impl Batch {
    /// Takes in an accepted report.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn report_accepted(&mut self, county: &str, event: &ReportAccepted) -> Result<(), Unusable> {
        if event.drill {
            return Ok(());
        }
        let key = (county.to_owned(), id(&event.report_id)?);
        let mut fact = ReportFact {
            revision: event.revision,
            source: small(event.source)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            repeat: event.linkage.as_ref().is_some_and(|linkage| linkage.repeat),
            occurred_at: required(event.occurred_at.as_ref())?,
            accepted_at: required(event.accepted_at.as_ref())?,
        };
        match self.reports.get_mut(&key) {
            Some(known) if known.revision >= fact.revision => {
                known.accepted_at = known.accepted_at.min(fact.accepted_at);
            }
            known => {
                if let Some(earlier) = &known {
                    fact.accepted_at = fact.accepted_at.min(earlier.accepted_at);
                }
                self.reports.insert(key, fact);
            }
        }
        Ok(())
    }

    /// Takes in an activity.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn activity_recorded(&mut self, county: &str, event: &ActivityRecorded) -> Result<(), Unusable> {
        let key = (county.to_owned(), id(&event.activity_id)?);
        let begun_at = required(event.begun_at.as_ref())?;
        let lasted = required(event.ended_at.as_ref())?.duration_since(begun_at).as_mins();
        let fact = ActivityFact {
            revision: event.revision,
            source: small(event.source)?,
            kind: small(event.kind)?,
            area_code: significant(&event.area_code).to_owned(),
            agency: event.agency.clone(),
            begun_at,
            minutes: i32::try_from(lasted).map_err(|_| Unusable("it ends too long after it began"))?,
            count: event.count,
        };
        if self.activities.get(&key).is_none_or(|known| known.revision < fact.revision) {
            self.activities.insert(key, fact);
        }
        Ok(())
    }

    /// Takes in a changed case.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn case_changed(&mut self, county: &str, event: &CaseChanged) -> Result<(), Unusable> {
        if event.drill {
            return Ok(());
        }
        let key = (county.to_owned(), id(&event.case_id)?);
        let fact = CaseFact {
            version: event.version,
            state: small(event.state)?,
            level: small(event.level)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            first_source: small(event.first_source)?,
            lead_agency: event.lead_agency.clone(),
            opened_at: required(event.opened_at.as_ref())?,
            resolved_at: optional(event.resolved_at.as_ref())?,
            closed_at: optional(event.closed_at.as_ref())?,
            merged: !event.merged_into.is_empty(),
        };
        let joined = Some(&event.report_id).filter(|report_id| !report_id.is_empty());
        for report_id in joined.into_iter().chain(&event.moved_report_ids) {
            self.report_cases.insert((county.to_owned(), id(report_id)?), key.1);
        }
        if self.cases.get(&key).is_none_or(|known| known.version < fact.version) {
            self.cases.insert(key, fact);
        }
        Ok(())
    }

    /// Takes in a requested push of a case. Indicators count what becomes of cases, not of what else is pushed.
    ///
    /// # Errors
    /// [`Unusable`] where ids or times are missing.
    pub fn push_requested(&mut self, county: &str, event: &PushRequested) -> Result<(), Unusable> {
        if event.drill || !is_of_a_case(event.subject) {
            return Ok(());
        }
        let key = (county.to_owned(), id(&event.push_id)?);
        let fact = PushFact {
            case_id: id(&event.case_id)?,
            agency: event.agency.clone(),
            form: small(event.form)?,
            level: small(event.level)?,
            area_code: significant(&event.area_code).to_owned(),
            category: event.category.clone(),
            first_source: small(event.first_source)?,
            requested_at: required(event.requested_at.as_ref())?,
        };
        self.pushes.entry(key).or_insert(fact);
        Ok(())
    }

    /// Takes in what became of a push of a case. Parking is none of it: a parked push is only late.
    ///
    /// # Errors
    /// [`Unusable`] where the id or time is missing.
    pub fn push_receipt(&mut self, county: &str, event: &PushReceipt) -> Result<(), Unusable> {
        let at = required(event.at.as_ref())?;
        let push_id = id(&event.push_id)?;
        if matches!(event.kind(), ReceiptKind::Parked | ReceiptKind::Unspecified)
            || !is_of_a_case(event.subject)
        {
            return Ok(());
        }
        let receipt = self.receipts.entry((county.to_owned(), push_id)).or_default();
        let when = match event.kind() {
            ReceiptKind::Delivered => &mut receipt.delivered_at,
            ReceiptKind::Signed => &mut receipt.signed_at,
            ReceiptKind::Returned => &mut receipt.returned_at,
            ReceiptKind::Feedback => &mut receipt.feedback_at,
            ReceiptKind::Parked | ReceiptKind::Unspecified => return Ok(()),
        };
        *when = Some(when.map_or(at, |earlier| earlier.min(at)));
        Ok(())
    }
}

/// Whether a push speaks of a case. A subject that only a newer sender knows is none.
fn is_of_a_case(subject: i32) -> bool {
    matches!(PushSubject::try_from(subject), Ok(PushSubject::Unspecified | PushSubject::Case))
}

fn id(text: &str) -> Result<Uuid, Unusable> {
    Uuid::try_parse(text).map_err(|_| Unusable("an id is not a UUID"))
}

fn small(number: i32) -> Result<i16, Unusable> {
    i16::try_from(number).map_err(|_| Unusable("an enum value is out of range"))
}

fn required(time: Option<&prost_types::Timestamp>) -> Result<Timestamp, Unusable> {
    optional(time)?.ok_or(Unusable("a time is missing"))
}

fn optional(time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Unusable> {
    time.map(|time| Timestamp::new(time.seconds, time.nanos))
        .transpose()
        .map_err(|_| Unusable("a time is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTY: &str = "421181";

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    fn report(id: u128, revision: i32, seconds: i64) -> ReportAccepted {
        ReportAccepted {
            report_id: Uuid::from_u128(id).to_string(),
            revision,
            area_code: "421181105000".into(),
            category: format!("revision {revision}"),
            occurred_at: at(1),
            accepted_at: at(seconds),
            ..Default::default()
        }
    }

    #[test]
    fn a_later_revision_keeps_the_first_time() {
        let mut batch = Batch::default();
        batch.report_accepted(COUNTY, &report(1, 1, 10)).unwrap();
        batch.report_accepted(COUNTY, &report(1, 2, 20)).unwrap();
        batch.report_accepted(COUNTY, &report(1, 1, 10)).unwrap();
        let fact = batch.reports.values().next().unwrap();
        assert_eq!(batch.reports.len(), 1);
        assert_eq!((fact.revision, fact.category.as_str()), (2, "revision 2"));
        assert_eq!(fact.accepted_at.as_second(), 10);
        assert_eq!(fact.area_code, "421181105");
    }

    #[test]
    fn the_newest_version_of_a_case_wins() {
        let change = |version, report: u128| CaseChanged {
            case_id: Uuid::from_u128(7).to_string(),
            version,
            opened_at: at(5),
            report_id: if report == 0 { String::new() } else { Uuid::from_u128(report).to_string() },
            ..Default::default()
        };
        let mut batch = Batch::default();
        for event in [change(2, 0), change(1, 1), change(3, 2)] {
            batch.case_changed(COUNTY, &event).unwrap();
        }
        assert_eq!(batch.cases.values().next().unwrap().version, 3);
        assert_eq!(batch.report_cases.len(), 2);
    }

    #[test]
    fn a_merged_case_is_marked_and_its_reports_are_the_others() {
        let (from, into, report) = (Uuid::from_u128(7), Uuid::from_u128(8), Uuid::from_u128(1));
        let change = |case: Uuid, version| CaseChanged {
            case_id: case.to_string(),
            version,
            opened_at: at(5),
            ..Default::default()
        };
        let mut batch = Batch::default();
        let opened = CaseChanged { report_id: report.to_string(), ..change(from, 1) };
        let merged = CaseChanged { merged_into: into.to_string(), ..change(from, 2) };
        let took = CaseChanged { moved_report_ids: vec![report.to_string()], ..change(into, 2) };
        for event in [opened, merged, took] {
            batch.case_changed(COUNTY, &event).unwrap();
        }
        let key = |id| (COUNTY.to_owned(), id);
        assert_eq!(batch.report_cases[&key(report)], into);
        assert!(batch.cases[&key(from)].merged && !batch.cases[&key(into)].merged);
        let back = CaseChanged { moved_report_ids: vec![report.to_string()], ..change(from, 3) };
        batch.case_changed(COUNTY, &back).unwrap();
        assert_eq!(batch.report_cases[&key(report)], from);
        assert!(!batch.cases[&key(from)].merged);
    }

    #[test]
    fn the_first_receipt_of_a_kind_stays_and_parking_is_none() {
        let receipt = |kind: ReceiptKind, seconds| PushReceipt {
            push_id: Uuid::from_u128(3).to_string(),
            kind: kind as i32,
            at: at(seconds),
            ..Default::default()
        };
        let mut batch = Batch::default();
        batch.push_receipt(COUNTY, &receipt(ReceiptKind::Parked, 1)).unwrap();
        assert!(batch.receipts.is_empty());
        for event in [receipt(ReceiptKind::Feedback, 9), receipt(ReceiptKind::Feedback, 8)] {
            batch.push_receipt(COUNTY, &event).unwrap();
        }
        let fact = batch.receipts.values().next().unwrap();
        assert_eq!(fact.feedback_at.unwrap().as_second(), 8);
        assert_eq!(fact.signed_at, None);
    }

    #[test]
    fn what_becomes_of_a_push_is_a_fact_only_of_a_case() {
        let told_of = |subject: i32| {
            let push_id = Uuid::from_u128(3).to_string();
            let case_id = Uuid::from_u128(4).to_string();
            let asked = PushRequested {
                push_id: push_id.clone(),
                case_id,
                requested_at: at(8),
                subject,
                ..Default::default()
            };
            let kind = ReceiptKind::Signed.into();
            let signed = PushReceipt { push_id, kind, at: at(9), subject, ..Default::default() };
            let mut batch = Batch::default();
            batch.push_requested(COUNTY, &asked).unwrap();
            batch.push_receipt(COUNTY, &signed).unwrap();
            (batch.pushes.len(), batch.receipts.len())
        };
        let (unspecified, case) = (PushSubject::Unspecified.into(), PushSubject::Case.into());
        assert_eq!((told_of(unspecified), told_of(case)), ((1, 1), (1, 1)));
        // A duty, and what only a newer routing pushes.
        assert_eq!((told_of(PushSubject::Duty.into()), told_of(9)), ((0, 0), (0, 0)));
    }

    #[test]
    fn what_no_fact_can_be_made_of_is_refused() {
        let mut batch = Batch::default();
        assert!(batch.report_accepted(COUNTY, &ReportAccepted::default()).is_err());
        let timeless = ReportAccepted { accepted_at: None, ..report(1, 1, 1) };
        assert_eq!(batch.report_accepted(COUNTY, &timeless), Err(Unusable("a time is missing")));
    }
}
