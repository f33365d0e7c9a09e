//! What agencies do with their pushes, whichever way they come: by their system over gRPC, or at the desk.

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use fengqiao_access::Principal;
use fengqiao_proto::notification::v1::{CannotReason, FeedbackOutcome, ReturnReason};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    answer_rules::AnswerRules,
    attachments::Attachments,
    delivery::Delivery,
    domain::{push::Push, recording::Entry, substance::is_substantive},
    error::{NotificationError, WrongField},
    store::{Act, Answer, GivenAnswer, KeptRecord},
    wire,
};

/// The longest words of a return, in characters.
pub const RETURN_TEXT: usize = 1_000;
/// The longest words of a feedback, in characters.
pub const FEEDBACK_TEXT: usize = 4_000;
/// A return names at most so many references …
const MOST_EVIDENCE: usize = 20;
/// … of at most so many characters.
const EVIDENCE_TEXT: usize = 200;
const REQUEST_ID: usize = 64;
/// A feedback has at most so many files.
pub const MOST_FILES: usize = 20;

/// Who answers, and in what capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answerer {
    /// The county.
    pub county: String,
    /// The agency; another's push does not exist for it.
    pub agency: String,
    /// The principal's name.
    pub actor: String,
    /// A post's code of a person, the agency's code of its system, an officer's role.
    pub capacity: String,
    /// Where an officer enters it for the agency: what belongs to that.
    pub entry: Option<Entry>,
}

impl Answerer {
    /// An agency's own system; none where the caller is no agency.
    #[must_use]
    pub fn system(who: &Principal, county: &str) -> Option<Self> {
        let agency = who.agency.clone()?;
        let capacity = who.capacity();
        Some(Self { county: county.to_owned(), agency, actor: who.name.clone(), capacity, entry: None })
    }
}

/// A refusal.
#[derive(Debug, Clone, Default)]
pub struct GivenBack {
    /// Why.
    pub reason: ReturnReason,
    /// In words.
    pub text: String,
    /// References of what shows it.
    pub evidence: Vec<String>,
}

/// What an agency says that it did.
#[derive(Debug, Clone, Default)]
pub struct Feedback {
    /// Makes it repeatable.
    pub request_id: String,
    /// How far it is.
    pub outcome: FeedbackOutcome,
    /// Why it cannot be done; only with that outcome.
    pub cannot_reason: CannotReason,
    /// In words.
    pub text: String,
    /// Files of the push, handed in before.
    pub attachments: Vec<Uuid>,
}

/// Takes what agencies answer.
#[derive(Clone)]
pub struct Answering {
    delivery: Arc<Delivery>,
    /// The files of pushes.
    pub files: Attachments,
    rules: Arc<HashMap<String, AnswerRules>>,
}

impl Answering {
    /// On these pushes and files, by the counties' rules.
    #[must_use]
    pub fn new(delivery: Arc<Delivery>, files: Attachments, rules: HashMap<String, AnswerRules>) -> Self {
        Self { delivery, files, rules: Arc::new(rules) }
    }

    /// A county's rules.
    #[must_use]
    pub fn rules(&self, county: &str) -> AnswerRules {
        self.rules.get(county).cloned().unwrap_or_default()
    }

    /// The agency takes the assignment.
    ///
    /// # Errors
    /// As [`crate::store::Store::answer`].
    pub async fn sign(
        &self,
        who: &Answerer,
        push_id: Uuid,
        at: Timestamp,
    ) -> Result<Push, NotificationError> {
        Ok(self.answer(who, push_id, "sign", Act::Sign, at).await?.0)
    }

    /// The agency refuses it.
    ///
    /// # Errors
    /// [`NotificationError::Invalid`], or as [`crate::store::Store::answer`].
    pub async fn give_back(
        &self,
        who: &Answerer,
        push_id: Uuid,
        given: &GivenBack,
        at: Timestamp,
    ) -> Result<Push, NotificationError> {
        // They are kept one a line.
        let is_reference = |text: &String| {
            has_length(text, 1..=EVIDENCE_TEXT) && !text.trim().is_empty() && !text.contains(char::is_control)
        };
        let (few, fit) = (given.evidence.len() <= MOST_EVIDENCE, given.evidence.iter().all(is_reference));
        held([
            (given.reason != ReturnReason::Unspecified, "reason", "must say why"),
            (has_length(&given.text, 0..=RETURN_TEXT), "text", "at most 1,000 characters"),
            (few && fit, "evidence", "at most 20 references of 1 to 200 characters, each of one line"),
        ])?;
        let act = Act::Return {
            reason: given.reason,
            sealed_text: self.seal(who, &given.text),
            sealed_evidence: self.seal(who, &given.evidence.join("\n")),
        };
        Ok(self.answer(who, push_id, "return", act, at).await?.0)
    }

    /// The agency says what it did. The same request again answers as the push stands.
    ///
    /// # Errors
    /// [`NotificationError::Invalid`]; [`NotificationError::Repeated`] where the request id was used to say something else
    /// of this push; or as [`crate::store::Store::answer`].
    pub async fn feedback(
        &self,
        who: &Answerer,
        push_id: Uuid,
        given: &Feedback,
        at: Timestamp,
    ) -> Result<Push, NotificationError> {
        let says = has_length(&given.text, 1..=FEEDBACK_TEXT) && !given.text.trim().is_empty();
        let cannot = given.outcome == FeedbackOutcome::Cannot;
        let no_reason = given.cannot_reason == CannotReason::Unspecified;
        held([
            (has_length(&given.request_id, 1..=REQUEST_ID), "requestId", "1 to 64 characters"),
            (given.outcome != FeedbackOutcome::Unspecified, "outcome", "must say how far the agency is"),
            (cannot || no_reason, "cannotReason", "only where it cannot be done"),
            (says, "text", "1 to 4,000 characters"),
            (given.attachments.len() <= MOST_FILES, "attachmentIds", "at most 20"),
        ])?;
        if !given.attachments.is_empty() {
            let known =
                self.delivery.store.attachments(&who.county, push_id, Some(&who.agency), None).await?;
            let is_known = |id: &Uuid| known.iter().any(|one| one.attachment_id == *id);
            let all = given.attachments.iter().all(is_known);
            held([(all, "attachmentIds", "must be files of this push")])?;
        }
        let rules = self.rules(&who.county);
        let act = Act::Feedback {
            request_id: given.request_id.clone(),
            outcome: given.outcome,
            cannot_reason: given.cannot_reason,
            substantive: is_substantive(&given.text, rules.template_texts(), given.attachments.len()),
            attachments: given.attachments.clone(),
            sealed_text: self.seal(who, &given.text),
        };
        let (push, changed) = self.answer(who, push_id, "feedback", act, at).await?;
        if !changed {
            self.hold_to_earlier(who, push_id, given).await?;
        }
        Ok(push)
    }

    /// A feedback that changed nothing was given before under its request id: it has to be that one. The words are sealed
    /// each time anew, so they are compared in the clear. Whether they are substantive is not asked: the county's rules
    /// may have changed since.
    async fn hold_to_earlier(
        &self,
        who: &Answerer,
        push_id: Uuid,
        given: &Feedback,
    ) -> Result<(), NotificationError> {
        let (store, county) = (&self.delivery.store, who.county.as_str());
        let Some(before) = store.given_feedback(county, push_id, &given.request_id).await? else {
            return Ok(());
        };
        let same = before.outcome == given.outcome
            && before.cannot_reason == given.cannot_reason
            && before.attachments == given.attachments
            && self.delivery.keyring.open(&before.sealed_text, county.as_bytes())? == given.text.as_bytes()
            && self.entered_alike(who, &before)?;
        if same { Ok(()) } else { Err(NotificationError::Repeated) }
    }

    /// Whether an earlier answer was entered by an officer as this one is; or neither was.
    fn entered_alike(&self, who: &Answerer, before: &GivenAnswer) -> Result<bool, NotificationError> {
        match (&before.recorded, &who.entry) {
            (None, None) => Ok(true),
            (Some(kept), Some(entry)) => Ok(kept.done_at == entry.done_at
                && kept.means == entry.means
                && wire::teller(&self.delivery.keyring, &who.county, kept)? == entry.teller),
            _ => Ok(false),
        }
    }

    /// As [`crate::store::Store::answer`], counted.
    async fn answer(
        &self,
        who: &Answerer,
        push_id: Uuid,
        name: &'static str,
        act: Act,
        at: Timestamp,
    ) -> Result<(Push, bool), NotificationError> {
        let recorded = who.entry.as_ref().map(|entry| KeptRecord {
            means: entry.means,
            sealed_teller: self.seal(who, &entry.teller.lines()),
            done_at: entry.done_at,
            recorded_at: entry.at,
        });
        let answer = Answer {
            county: who.county.clone(),
            push_id,
            agency: who.agency.clone(),
            actor: who.actor.clone(),
            capacity: who.capacity.clone(),
            act,
            at,
            recorded,
        };
        let (push, changed) = self.delivery.store.answer(&answer).await?;
        if changed {
            metrics::counter!("fengqiao_notification_answers_total", "county" => push.county.clone(), "act" => name)
                .increment(1);
        }
        Ok((push, changed))
    }

    /// An agency's words may name people.
    fn seal(&self, who: &Answerer, text: &str) -> Vec<u8> {
        if text.is_empty() {
            Vec::new()
        } else {
            self.delivery.keyring.seal(text.as_bytes(), who.county.as_bytes())
        }
    }
}

/// All hold, or all that do not are named.
fn held<const N: usize>(checks: [(bool, &'static str, &'static str); N]) -> Result<(), NotificationError> {
    let wrong: Vec<WrongField> = checks
        .into_iter()
        .filter(|(holds, ..)| !holds)
        .map(|(_, field, description)| WrongField { field, description: description.into() })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(NotificationError::Invalid(wrong)) }
}

/// Whether a text has so many characters.
pub(crate) fn has_length(text: &str, bounds: RangeInclusive<usize>) -> bool {
    // Counting characters of a text that is too long in bytes alone is not worth it.
    text.len() <= bounds.end() * 4 && bounds.contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_and_not_bytes() {
        assert!(has_length("已经调解", 1..=4));
        assert!(!has_length("已经调解了", 1..=4));
        assert!(!has_length("", 1..=4));
        assert!(!has_length(&"x".repeat(100), 0..=4));
    }

    #[test]
    fn all_that_does_not_hold_is_named() {
        let wrong = held([(false, "text", "x"), (true, "reason", "y"), (false, "outcome", "z")]).unwrap_err();
        let NotificationError::Invalid(fields) = wrong else { panic!() };
        assert_eq!(fields.iter().map(|field| field.field).collect::<Vec<_>>(), ["text", "outcome"]);
    }
}
