//! Writing messages: cases, histories and agencies as the contract has them.

use std::{collections::BTreeSet, sync::Arc};

use fengqiao_masking::mask;
use fengqiao_proto::routing::v1::{
    Agency as AgencyMessage, Case, CaseLinks, CasePush, CaseReport, HistoryEntry, LevelReason, SubState,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use uuid::Uuid;

use super::docket;
use crate::{
    counties::RoutingCounty,
    directory::Agency,
    domain::{
        acts::links::Links,
        case::{CaseFile, Words},
        practice::Practice,
        withholding::{MatterPart, without},
    },
    error::RoutingError,
    rulebook::Rulebook,
    sealed_matters,
    store::{CaseRest, StoredEntry, StoredPush, StoredReport},
};

/// A case without docket, reports, pushes, matter and the words of people, as lists show it.
pub(super) fn brief_case(case: &CaseFile, place: &RoutingCounty, practice: &Practice) -> Case {
    let reason = &case.level_reason;
    let docket = &case.docket;
    Case {
        county: place.county.code.clone(),
        case_id: case.id.to_string(),
        number: case.number.clone(),
        etag: case.etag(),
        state: case.state.code().into(),
        level: case.level.code().into(),
        level_reason: Some(LevelReason {
            rule: reason.rule.clone(),
            rule_set: reason.rule_set.clone(),
            text: reason.text.clone(),
            facts: reason.facts.clone().into_iter().collect(),
        }),
        area_code: case.area_code.clone(),
        area_name: place.county.areas.now().name_path(&case.area_code),
        category: case.category.clone(),
        first_source: case.first_source.into(),
        first_receiver: case.first_receiver.clone(),
        lead_agency: case.lead_agency.clone(),
        opened_at: Some(to_proto(case.opened_at)),
        resolved_at: case.resolved_at.map(to_proto),
        closed_at: case.closed_at.map(to_proto),
        sub_state: Some(SubState {
            code: docket.state.clone(),
            name: practice.states.name(&docket.state).to_owned(),
        }),
        handlers: docket.handlers.iter().map(docket::handler).collect(),
        conclusions: docket.conclusions().map(docket::conclusions),
        tags: docket.tags.iter().cloned().collect(),
        links: Some(links(&case.docket.links)),
        ..Case::default()
    }
}

fn links(links: &Links) -> CaseLinks {
    let one = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let all = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect();
    CaseLinks {
        merged_into: one(links.merged_into.as_ref().map(|merged| merged.case_id)),
        merged: all(&links.merged),
        split_from: one(links.split_from),
        split: all(&links.split),
        follows: one(links.follows),
    }
}

/// How someone sees a case.
pub(super) struct View<'a> {
    pub(super) place: &'a RoutingCounty,
    pub(super) rulebook: Arc<Rulebook>,
    /// What is late, is late as of then.
    pub(super) now: Timestamp,
    /// Whether who looks may learn who the people are and what was told.
    pub(super) people: bool,
    /// What who looks does not get of the matter.
    pub(super) withheld: BTreeSet<MatterPart>,
}

impl View<'_> {
    /// What of the remarks of the case's history is seen.
    pub(super) fn remarks(&self, case: &CaseFile, keyring: &Keyring) -> Result<Remarks, RoutingError> {
        if !self.people {
            return Ok(Remarks::Hidden);
        }
        let names = sealed_matters::names(&case.sealed_matter, &self.place.county.code, keyring)?;
        Ok(Remarks::Without(names))
    }

    /// What lists show.
    pub(super) fn brief(&self, case: &CaseFile) -> Case {
        brief_case(case, self.place, &self.rulebook.practice)
    }

    /// What was read with the case itself: all but reports, pushes and matter.
    pub(super) fn with_docket(&self, case: &CaseFile) -> Case {
        let mut message = self.brief(case);
        message.docket = Some(docket::docket(&case.docket, self.now, self.people));
        message
    }

    /// A case with everything that belongs to it, personal data opened.
    pub(super) fn whole(
        &self,
        case: &CaseFile,
        rest: CaseRest,
        keyring: &Keyring,
    ) -> Result<Case, RoutingError> {
        let mut message = self.with_docket(case);
        message.reports = rest.reports.into_iter().map(report).collect();
        message.pushes = rest.pushes.into_iter().map(push).collect();
        if !self.people {
            return Ok(message);
        }
        let county = &self.place.county.code;
        let matter = sealed_matters::open(&case.sealed_matter, county, keyring)?;
        message.matter = Some(without(matter, &self.withheld));
        if let (Some(reason), Some(words)) = (&mut message.level_reason, &case.level_reason.words) {
            reason.text = match words {
                Words::Plain(text) => text.clone(),
                Words::Sealed(sealed) => opened_text(sealed, county, keyring)?,
            };
        }
        Ok(message)
    }
}

fn report(report: StoredReport) -> CaseReport {
    CaseReport {
        report_id: report.report_id.to_string(),
        revision: report.revision,
        source: report.source.into(),
        source_ref: report.source_ref,
        occurred_at: Some(to_proto(report.occurred_at)),
        repeat: report.repeat,
        repeat_reasons: report.repeat_reasons,
    }
}

fn push(push: StoredPush) -> CasePush {
    CasePush {
        push_id: push.push_id.to_string(),
        agency: push.agency,
        form: push.form.into(),
        level: push.level.into(),
        requested_at: Some(to_proto(push.requested_at)),
        due_at: Some(to_proto(push.due_at)),
        signed_at: push.signed_at.map(to_proto),
        returned_at: push.returned_at.map(to_proto),
        feedback_at: push.feedback_at.map(to_proto),
    }
}

/// An entry of a history, its remark opened for who may learn what people said. Numbers and the names of the case's people
/// are masked in it: the case itself says them.
pub(super) fn history_entry(
    entry: StoredEntry,
    county: &str,
    remarks: &Remarks,
    keyring: &Keyring,
) -> Result<HistoryEntry, RoutingError> {
    let remark = match (remarks, entry.sealed_remark) {
        (Remarks::Without(names), Some(sealed)) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            mask(&opened_text(&sealed, county, keyring)?, &names)
        }
        _ => String::new(),
    };
    Ok(HistoryEntry {
        sequence: entry.sequence,
        at: Some(to_proto(entry.at)),
        kind: entry.kind.into(),
        actor: entry.actor,
        capacity: entry.capacity,
        text: entry.text,
        remark,
        trace_id: entry.trace_id,
    })
}

/// What of the remarks of a case's history someone sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remarks {
    /// Nothing.
    Hidden,
    /// What was said, without these names of its people.
    Without(Vec<String>),
}

fn opened_text(sealed: &[u8], county: &str, keyring: &Keyring) -> Result<String, RoutingError> {
    let plain = keyring.open(sealed, county.as_bytes())?;
    String::from_utf8(plain).map_err(|_| RoutingError::Malformed("someone's words"))
}

/// An agency of the directory.
pub(super) fn agency(agency: &Agency, loaded_at: Timestamp) -> AgencyMessage {
    AgencyMessage {
        code: agency.code.clone(),
        name: agency.name.clone(),
        kind: agency.kind.word().to_owned(),
        area_code: agency.area_code.clone(),
        loaded_at: Some(to_proto(loaded_at)),
    }
}
