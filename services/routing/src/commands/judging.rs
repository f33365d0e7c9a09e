//! Judging commands one after the other, each on the cases as they are after the ones before.

use std::{collections::HashMap, sync::Arc};

use fengqiao_sealing::Keyring;
use jiff::Timestamp;
use uuid::Uuid;

use super::Command;
use crate::{
    counties::RoutingCounty,
    domain::{case::CaseFile, happening::Happening, history::Occasion, refusal::Refusal},
    error::RoutingError,
    ledger::Ledger,
    rulebook::Rulebook,
    store::{Answer, CommandCase},
};

/// What commands changed that those who read meanwhile may not have seen.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// The cases as they are now.
    pub cases: HashMap<Uuid, CaseFile>,
    /// What request ids stand for, by principal and id.
    pub answered: HashMap<(String, String), Vec<u8>>,
}

/// Commands that are judged together, and what came of them so far.
pub(super) struct Judging<'a> {
    keyring: &'a Keyring,
    rulebook: Arc<Rulebook>,
    place: &'a RoutingCounty,
    now: Timestamp,
    /// What was decided before that the loaded cases do not show.
    before: Option<&'a Decided>,
    decided: Decided,
    ledger: Ledger,
}

impl<'a> Judging<'a> {
    pub(super) fn new(
        place: &'a RoutingCounty,
        keyring: &'a Keyring,
        now: Timestamp,
        before: Option<&'a Decided>,
    ) -> Self {
        Self {
            keyring,
            rulebook: place.rulebook(),
            place,
            now,
            before,
            decided: Decided::default(),
            ledger: Ledger::default(),
        }
    }

    /// What is to be written, and what it comes to.
    pub(super) fn end(self) -> (Ledger, Decided) {
        (self.ledger, self.decided)
    }

    pub(super) fn judge(
        &mut self,
        loaded: CommandCase,
        command: &Command,
        traceparent: Option<&str>,
    ) -> Result<CaseFile, RoutingError> {
        let known = loaded.answered.clone();
        let replaced = loaded.replaced;
        let stored = loaded.found()?.ok_or(RoutingError::NotFound)?;
        let case = self.decided_case(stored.id).cloned().unwrap_or(stored);
        let digest = digest(self.keyring, &case, command);
        let sender = (command.actor.actor.clone(), command.request_id.clone());
        if let Some(answered) = known.as_ref().or_else(|| self.answered(&sender)) {
            return if *answered == digest { Ok(case) } else { Err(RoutingError::another_command()) };
        }
        if !command.etag.is_empty() && command.etag != case.etag() {
            return Err(RoutingError::ChangedSince);
        }
        let occasion = Occasion { at: self.now, ..command.actor.clone() };
        let happening = Happening::Act(command.act.clone());
        let change = self.rulebook.change(&self.place.county, &case, &happening, &occasion)?;
        let after = change.case.clone();
        if after.state.takes_reports() && !case.state.takes_reports() {
            self.must_be_the_only_one_of_its_cluster(&after, replaced)?;
        }
        self.ledger.add(change, None, self.place, traceparent);
        self.ledger.changes.add_answer(Answer {
            principal: command.actor.actor.clone(),
            request_id: command.request_id.clone(),
            case_id: case.id,
            digest: digest.clone(),
            at: self.now,
        });
        self.decided.answered.insert(sender, digest);
        self.decided.cases.insert(after.id, after.clone());
        Ok(after)
    }

    fn decided_case(&self, id: Uuid) -> Option<&CaseFile> {
        self.decided.cases.get(&id).or_else(|| self.before?.cases.get(&id))
    }

    fn answered(&self, sender: &(String, String)) -> Option<&Vec<u8>> {
        self.decided.answered.get(sender).or_else(|| self.before?.answered.get(sender))
    }

    /// A cluster has at most one case that takes its reports: as it was loaded, and as it is by what was
    /// decided since.
    fn must_be_the_only_one_of_its_cluster(
        &self,
        case: &CaseFile,
        replaced: Option<Uuid>,
    ) -> Result<(), Refusal> {
        let before = self.before.into_iter().flat_map(|before| before.cases.keys());
        let another = self.decided.cases.keys().chain(before).any(|id| {
            self.decided_case(*id).is_some_and(|other| {
                other.id != case.id && other.cluster_id == case.cluster_id && other.state.takes_reports()
            })
        });
        // What this very write ends is not over before it: the table holds the two against each other row by row.
        let before = |id| self.before.and_then(|before| before.cases.get(&id));
        let still_replaced =
            replaced.is_some_and(|other| before(other).is_none_or(|other| other.state.takes_reports()));
        if another || still_replaced {
            return Err(Refusal::new(
                "CLUSTER_HAS_ANOTHER_CASE",
                "the cluster would have to have no other case that takes reports",
            ));
        }
        Ok(())
    }
}

/// A keyed hash, since the words of a command may be personal.
fn digest(keyring: &Keyring, case: &CaseFile, command: &Command) -> Vec<u8> {
    let told = format!("{}\n{}\n{}\n{:?}", case.id, command.etag, command.actor.capacity, command.act);
    keyring.proof_hash("command", &told).to_vec()
}
