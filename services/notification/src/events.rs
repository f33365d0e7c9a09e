//! Events in and out: a push that routing asks for, and the receipts that this service sends.

use std::collections::BTreeMap;

use fengqiao_messaging::{ApplyError, Envelope, Event};
use fengqiao_proto::{
    notification::v1::{
        CannotReason, DeliveredPush, EnteredReceipt, FeedbackOutcome, PushLimitsMoved, PushOwed, PushReceipt,
        PushesDelivered, ReceiptKind, RecordedMeans, ReturnReason,
    },
    routing::v1::{CaseExpired, PushRequested, PushesRevised},
    types::v1::{FormKind, Level, PushSubject},
};
use fengqiao_serving::time::{from_proto, to_proto};
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use uuid::Uuid;

use crate::domain::{
    limit::{Debt, NearLimit, ToldLimits},
    outcome::{Ending, Outcome},
    push::{Push, RequestedPush},
    reading::Protection,
    receipt::EvidenceFor,
    retry::Next,
    revision::{Revised, Revision, last_said},
};

/// The kind of event that becomes a push.
pub const PUSH_REQUESTED: &str = "fengqiao.routing.v1.PushRequested";
/// The kind of event after which earlier pushes do not hold any more as they were pushed.
pub const PUSHES_REVISED: &str = "fengqiao.routing.v1.PushesRevised";
/// The kind of event that says what a case is after a change.
pub const CASE_CHANGED: &str = "fengqiao.routing.v1.CaseChanged";
/// The kind of event after which nothing is kept of who and what a case was about.
pub const CASE_EXPIRED: &str = "fengqiao.routing.v1.CaseExpired";
/// The kind of event that tells of one push.
pub const PUSH_RECEIPT: &str = "fengqiao.notification.v1.PushReceipt";
/// The kind of event that tells which pushes tries have brought.
pub const PUSHES_DELIVERED: &str = "fengqiao.notification.v1.PushesDelivered";
/// The kind of event that tells of other limits of a push.
pub const PUSH_LIMITS_MOVED: &str = "fengqiao.notification.v1.PushLimitsMoved";
/// The kind of event that tells that a limit nears which nobody else presses.
pub const PUSH_OWED: &str = "fengqiao.notification.v1.PushOwed";
/// So many pushes one event tells of at most: with more, Postgres compresses the event and keeps it apart from its row,
/// which costs more than another row. And a receiver applies 500 events in one transaction.
const DELIVERED_TOGETHER: usize = 10;
/// Who acts where no person does.
pub const SYSTEM: &str = "system";

/// Reads what routing asks for.
///
/// # Errors
/// What is wrong with the event, without its content.
pub fn requested_push(envelope: &Envelope) -> Result<RequestedPush, &'static str> {
    debug_assert_eq!(PUSH_REQUESTED, PushRequested::full_name());
    let asked =
        PushRequested::decode(envelope.payload.as_slice()).map_err(|_| "it is not a PushRequested")?;
    if asked.agency.is_empty() {
        return Err("it names no agency");
    }
    Ok(RequestedPush {
        county: envelope.county.clone(),
        push_id: Uuid::parse_str(&asked.push_id).map_err(|_| "push_id is not a UUID")?,
        subject: match PushSubject::try_from(asked.subject) {
            Ok(PushSubject::Duty) => PushSubject::Duty,
            Ok(PushSubject::Form) => return Err("forms by hand are this service's own"),
            Ok(PushSubject::Case | PushSubject::Unspecified) => PushSubject::Case,
            Err(_) => return Err("the kind of subject is unknown"),
        },
        case_id: Uuid::parse_str(&asked.case_id).map_err(|_| "case_id is not a UUID")?,
        form: FormKind::try_from(asked.form).map_err(|_| "the form is unknown")?,
        level: Level::try_from(asked.level).map_err(|_| "the level is unknown")?,
        requested_at: asked
            .requested_at
            .as_ref()
            .and_then(from_proto)
            .ok_or("requested_at is missing or impossible")?,
        due_at: asked.due_at.as_ref().and_then(from_proto),
        sign_by: asked.sign_due_at.as_ref().and_then(from_proto),
        answer_by: asked.feedback_due_at.as_ref().and_then(from_proto),
        // The form says it, whose limits are not known yet.
        told: ToldLimits::default(),
        evidence_for: EvidenceFor::reasons(asked.evidence_for()),
        agency_name: asked.agency_name,
        agency_kind: asked.agency_kind,
        drill: asked.drill,
        case_number: asked.case_number,
        agency: asked.agency,
        area_code: asked.area_code,
        area_name: asked.area_name,
        category: asked.category,
        reason: asked.reason,
        traceparent: envelope.trace.clone(),
        sealed_matter: asked.sealed_matter,
    })
}

/// The cases whose term is over, of a batch.
///
/// # Errors
/// The first event that cannot be read.
pub fn expired_cases(batch: &[Envelope]) -> Result<Vec<Uuid>, ApplyError> {
    let case = |envelope: &Envelope| {
        let expired =
            CaseExpired::decode(envelope.payload.as_slice()).map_err(|_| "it is not a CaseExpired")?;
        Uuid::parse_str(&expired.case_id).map_err(|_| "case_id is not a UUID")
    };
    let expired = batch.iter().filter(|envelope| envelope.kind == CASE_EXPIRED);
    expired.map(|envelope| case(envelope).map_err(|reason| envelope.refused(reason))).collect()
}

/// What [`CaseChanged`](fengqiao_proto::routing::v1::CaseChanged) says of protection. Every change of every case passes by
/// where pushes are stored, and nothing else of it is wanted there: the rest is passed over unread.
#[derive(Clone, PartialEq, prost::Message)]
struct ProtectionSaid {
    #[prost(string, tag = "1")]
    case_id: String,
    #[prost(int64, tag = "2")]
    version: i64,
    #[prost(bool, tag = "40")]
    protected: bool,
}

/// The cases that a batch says are protected, each once with its newest such version, in the order of their ids.
///
/// # Errors
/// The first event that cannot be read.
pub fn protected_cases(batch: &[Envelope]) -> Result<Vec<Protection>, ApplyError> {
    let mut protected: BTreeMap<Uuid, i64> = BTreeMap::new();
    for envelope in batch.iter().filter(|envelope| envelope.kind == CASE_CHANGED) {
        let said = ProtectionSaid::decode(envelope.payload.as_slice())
            .map_err(|_| envelope.refused("it is not a CaseChanged"))?;
        if said.protected {
            let case_id =
                Uuid::parse_str(&said.case_id).map_err(|_| envelope.refused("case_id is not a UUID"))?;
            let newest = protected.entry(case_id).or_insert(said.version);
            *newest = said.version.max(*newest);
        }
    }
    Ok(protected.into_iter().map(|(case_id, version)| Protection { case_id, version }).collect())
}

/// What a batch says of earlier pushes.
///
/// # Errors
/// The first event that cannot be read.
pub fn revised_pushes(batch: &[Envelope]) -> Result<Vec<Revised>, ApplyError> {
    let told = batch.iter().filter(|envelope| envelope.kind == PUSHES_REVISED);
    let read = |envelope: &Envelope| revised(envelope).map_err(|reason| envelope.refused(reason));
    Ok(last_said(told.map(read).collect::<Result<_, _>>()?))
}

fn revised(envelope: &Envelope) -> Result<Revised, &'static str> {
    debug_assert_eq!(PUSHES_REVISED, PushesRevised::full_name());
    let told = PushesRevised::decode(envelope.payload.as_slice()).map_err(|_| "it is not a PushesRevised")?;
    let now = if told.recalled {
        Revision::Recalled { reason: told.reason }
    } else {
        Revision::Limits {
            sign_by: told.sign_due_at.as_ref().and_then(from_proto),
            answer_by: told.feedback_due_at.as_ref().and_then(from_proto),
        }
    };
    Ok(Revised {
        case_id: Uuid::parse_str(&told.case_id).map_err(|_| "case_id is not a UUID")?,
        agency: told.agency,
        at: told.at.as_ref().and_then(from_proto).ok_or("at is missing or impossible")?,
        now,
    })
}

/// What became of a push, for the other services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt<'a> {
    /// Which push.
    pub push_id: Uuid,
    /// What it speaks of.
    pub subject: PushSubject,
    /// Its case, or its duty besides cases.
    pub case_id: Uuid,
    /// Its agency.
    pub agency: &'a str,
    /// What became of it.
    pub kind: ReceiptKind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: &'a str,
    /// Why it was returned.
    pub return_reason: ReturnReason,
    /// How far the agency is.
    pub outcome: FeedbackOutcome,
    /// The agency's words, sealed.
    pub sealed_text: &'a [u8],
    /// What shows that a return is right, sealed.
    pub sealed_evidence: &'a [u8],
    /// In what capacity the actor acts; empty where no agency acts.
    pub capacity: &'a str,
    /// Why it cannot be done.
    pub cannot_reason: CannotReason,
    /// Whether a feedback says something of its matter; none of other receipts.
    pub substantive: Option<bool>,
    /// How many files came with a feedback.
    pub attachments: i32,
    /// That an officer entered it: when, and how the centre learned of it.
    pub entered: Option<(Timestamp, RecordedMeans)>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
}

impl<'a> Receipt<'a> {
    /// A receipt of a push without anything that only some kinds have.
    #[must_use]
    pub fn plain(push: &'a Push, kind: ReceiptKind, at: Timestamp, actor: &'a str) -> Self {
        Self {
            push_id: push.push_id,
            subject: push.subject,
            case_id: push.case_id,
            agency: &push.agency,
            kind,
            at,
            actor,
            ..Self::default()
        }
    }

    /// The event that says it.
    #[must_use]
    pub fn event(self) -> Event {
        debug_assert_eq!(PUSH_RECEIPT, PushReceipt::full_name());
        let receipt = PushReceipt {
            push_id: self.push_id.to_string(),
            case_id: self.case_id.to_string(),
            agency: self.agency.to_owned(),
            kind: self.kind.into(),
            at: Some(to_proto(self.at)),
            actor: self.actor.to_owned(),
            return_reason: self.return_reason.into(),
            outcome: self.outcome.into(),
            sealed_text: self.sealed_text.to_vec(),
            subject: self.subject.into(),
            sealed_evidence: self.sealed_evidence.to_vec(),
            capacity: self.capacity.to_owned(),
            cannot_reason: self.cannot_reason.into(),
            substantive: self.substantive,
            attachments: self.attachments,
            entered: self
                .entered
                .map(|(at, means)| EnteredReceipt { at: Some(to_proto(at)), means: means.into() }),
        };
        Event { kind: PUSH_RECEIPT, payload: receipt.encode_to_vec(), trace: self.trace }
    }
}

/// The event that tells by when a push of a case is owed now, in the trace of its push.
#[must_use]
pub fn limits_moved(moved: &PushLimitsMoved, trace: Option<String>) -> Event {
    debug_assert_eq!(PUSH_LIMITS_MOVED, PushLimitsMoved::full_name());
    Event { kind: PUSH_LIMITS_MOVED, payload: moved.encode_to_vec(), trace }
}

/// The events that tell what became of tries: all deliveries together, and each push that is tried no more. Nobody is told
/// of what goes on.
#[must_use]
pub fn of_tries(settled: &[&Outcome]) -> Vec<Event> {
    let (mut delivered, mut parked) = (Vec::with_capacity(settled.len()), Vec::new());
    for outcome in settled {
        match outcome.ending {
            Ending::Delivered => delivered.push(delivered_by(outcome)),
            Ending::Failed(Next::Park) => parked.push(parked_by(outcome).event()),
            Ending::Failed(Next::After(_)) | Ending::Released => {}
        }
    }
    debug_assert_eq!(PUSHES_DELIVERED, PushesDelivered::full_name());
    let mut events = Vec::with_capacity(parked.len() + 1);
    let mut delivered = delivered.into_iter();
    while delivered.len() > 0 {
        let pushes = delivered.by_ref().take(DELIVERED_TOGETHER).collect();
        let payload = PushesDelivered { pushes }.encode_to_vec();
        events.push(Event { kind: PUSHES_DELIVERED, payload, trace: None });
    }
    events.extend(parked);
    events
}

fn delivered_by(tried: &Outcome) -> DeliveredPush {
    DeliveredPush {
        push_id: tried.push.push_id.to_string(),
        case_id: tried.push.case_id.to_string(),
        agency: tried.push.agency.clone(),
        at: Some(to_proto(tried.ended_at())),
        subject: tried.push.subject.into(),
        traceparent: tried.trace.clone().unwrap_or_default(),
    }
}

fn parked_by(tried: &Outcome) -> Receipt<'_> {
    Receipt {
        push_id: tried.push.push_id,
        subject: tried.push.subject,
        case_id: tried.push.case_id,
        agency: &tried.push.agency,
        kind: ReceiptKind::Parked,
        at: tried.ended_at(),
        actor: SYSTEM,
        trace: tried.trace.clone(),
        ..Receipt::default()
    }
}

/// The event that tells that a limit nears, in the push's own trace; none where it has no limit any more.
#[must_use]
pub fn push_owed(near: NearLimit) -> Option<Event> {
    debug_assert_eq!(PUSH_OWED, PushOwed::full_name());
    let Debt { what, since, due_at } = near.debt()?;
    let owed = PushOwed {
        push_id: near.push_id.to_string(),
        case_id: near.case_id.to_string(),
        agency: near.agency,
        form: near.form.into(),
        form_title: near.form_title,
        form_number: near.form_number,
        level: near.level,
        debt: what.into(),
        since: Some(to_proto(since)),
        due_at: Some(to_proto(due_at)),
        area_code: near.area_code,
        subject: near.subject.into(),
    };
    Some(Event { kind: PUSH_OWED, payload: owed.encode_to_vec(), trace: near.trace })
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;
    use fengqiao_proto::routing::v1::CaseChanged;

    use super::*;

    fn envelope(asked: &PushRequested) -> Envelope {
        Envelope {
            county: "421181".into(),
            topic: Topic::Routing,
            position: 7,
            kind: PUSH_REQUESTED.into(),
            payload: asked.encode_to_vec(),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        }
    }

    fn asked() -> PushRequested {
        PushRequested {
            push_id: Uuid::from_u128(1).to_string(),
            case_id: Uuid::from_u128(2).to_string(),
            case_number: "20261124-0017".into(),
            agency: "police".into(),
            form: FormKind::ReportForm.into(),
            level: Level::Red.into(),
            requested_at: Some(prost_types::Timestamp { seconds: 1_795_478_400, nanos: 5_000 }),
            sealed_matter: vec![1, 2, 3],
            ..Default::default()
        }
    }

    #[test]
    fn a_request_becomes_a_push_of_its_county_and_trace() {
        let push = requested_push(&envelope(&asked())).unwrap();
        assert_eq!((push.county.as_str(), push.agency.as_str()), ("421181", "police"));
        assert_eq!(push.level, Level::Red);
        assert_eq!(push.requested_at.as_microsecond(), 1_795_478_400_000_005);
        assert!(push.traceparent.is_some());
        assert_eq!(push.subject, PushSubject::Case, "a request from before there were others");
        assert_eq!(push.due_at, None);
    }

    #[test]
    fn what_can_never_be_a_push_says_why() {
        let wrong = |change: fn(&mut PushRequested)| {
            let mut asked = asked();
            change(&mut asked);
            requested_push(&envelope(&asked)).unwrap_err()
        };
        assert_eq!(wrong(|a| a.push_id = "1".into()), "push_id is not a UUID");
        assert_eq!(wrong(|a| a.agency.clear()), "it names no agency");
        assert_eq!(wrong(|a| a.level = 9), "the level is unknown");
        assert_eq!(wrong(|a| a.subject = 9), "the kind of subject is unknown");
        assert_eq!(wrong(|a| a.requested_at = None), "requested_at is missing or impossible");
    }

    #[test]
    fn deliveries_are_told_together_and_what_goes_on_is_not_told() {
        let tried = |number, ending| Outcome {
            trace: Some(format!("trace {number}")),
            ..Outcome::blank(number, 1, ending)
        };
        let mut outcomes: Vec<_> = (0..13).map(|number| tried(number, Ending::Delivered)).collect();
        outcomes.insert(1, tried(80, Ending::Failed(Next::Park)));
        outcomes.push(tried(81, Ending::Released));
        let events = of_tries(&outcomes.iter().collect::<Vec<_>>());
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [PUSHES_DELIVERED, PUSHES_DELIVERED, PUSH_RECEIPT]);
        let told: Vec<_> = events[..2]
            .iter()
            .flat_map(|event| PushesDelivered::decode(event.payload.as_slice()).unwrap().pushes)
            .map(|push| (Uuid::parse_str(&push.push_id).unwrap().as_u128(), push.traceparent))
            .collect();
        assert_eq!(told, (0..13).map(|number| (number, format!("trace {number}"))).collect::<Vec<_>>());
        assert_eq!(of_tries(&[]), []);
    }

    #[test]
    fn a_batch_says_which_cases_are_protected_and_of_which_version() {
        let said = |number: u128, version, protected| {
            let changed = CaseChanged {
                case_id: Uuid::from_u128(number).to_string(),
                version,
                protected,
                sealed_words: vec![7; 300],
                drill: true,
                ..CaseChanged::default()
            };
            Envelope { kind: CASE_CHANGED.into(), payload: changed.encode_to_vec(), ..envelope(&asked()) }
        };
        let batch =
            [said(3, 1, true), said(1, 4, true), said(1, 2, true), said(2, 9, false), envelope(&asked())];
        let found = protected_cases(&batch).unwrap();
        let of = |number, version| Protection { case_id: Uuid::from_u128(number), version };
        assert_eq!(found, [of(1, 4), of(3, 1)]);
    }

    #[test]
    fn kinds_are_the_contracts_names() {
        assert_eq!(CASE_CHANGED, CaseChanged::full_name());
        assert_eq!(PUSH_REQUESTED, PushRequested::full_name());
        assert_eq!(PUSH_RECEIPT, PushReceipt::full_name());
        assert_eq!(CASE_EXPIRED, CaseExpired::full_name());
        assert_eq!(PUSHES_REVISED, PushesRevised::full_name());
        assert_eq!(PUSH_OWED, PushOwed::full_name());
        assert_eq!(PUSH_LIMITS_MOVED, PushLimitsMoved::full_name());
    }
}
