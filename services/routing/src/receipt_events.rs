//! What notification tells: what became of the pushes, and which forms are owed that no case presses.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Outbox, Step};
use fengqiao_proto::{
    notification::v1::{PushReceipt, ReceiptKind},
    types::v1::PushSubject,
};
use fengqiao_sealing::{Keyring, SealError};
use fengqiao_serving::time::{from_proto, now};
use fengqiao_telemetry::trace;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    directory::Rank,
    domain::{
        case::Words,
        happening::{Entered, Happening, Receipt},
        history::Occasion,
        wording::with_evidence,
    },
    form_events::{follow_forms, form_news, makes_duties},
    ledger::{Heard, Ledger},
    rulebook::Rulebook,
    store::{Attempt, HOLDING, ReceiptMarks, ToldPushes, load_for_receipts},
    watchers::Watchers,
};

/// The kind of event that tells what became of a push.
pub(crate) const PUSH_RECEIPT: &str = "fengqiao.notification.v1.PushReceipt";

/// The capacity of an officer of the centre, who enters what an agency did that can say it by no way of its own (代录).
const OFFICER: &str = "officer";

/// Applies notification's events.
pub struct ReceiptEvents {
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Seals personal data.
    pub keyring: Arc<Keyring>,
    /// Nudged after each commit.
    pub outbox: Outbox,
    /// Woken after each commit.
    pub watchers: Watchers,
}

/// A receipt that came in an event.
struct Told<'a> {
    envelope: &'a Envelope,
    push_id: Uuid,
    outcome: Receipt,
    at: Timestamp,
    actor: String,
    /// Whether an officer of the centre entered it for the agency.
    by_officer: bool,
    /// When, and how the centre learned of it; none of a receipt from before it was told.
    entered: Option<Entered>,
    words: Option<Words>,
    evidence: Vec<String>,
}

#[async_trait]
impl Apply for ReceiptEvents {
    /// A person sees receipts; so long nobody notices.
    fn gathers_for(&self) -> Duration {
        Duration::from_millis(50)
    }

    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(first) = batch.first() else { return Ok(Applied::Done) };
        let place = self.counties.get(&first.county).ok_or_else(|| first.refused("the county is unknown"))?;
        let county = &place.county.code;
        let told = batch
            .iter()
            .filter(|envelope| envelope.kind == PUSH_RECEIPT)
            .filter_map(|envelope| told(envelope, &self.keyring).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let forms = form_news(batch)?;
        if told.is_empty() && forms.is_empty() {
            return Ok(step.take_alone(conn).await?);
        }
        let push_ids: Vec<Uuid> = told.iter().map(|told| told.push_id).collect();
        let _alone = place.alone().await;
        let rulebook = place.rulebook();
        // What makes duties is more than one statement.
        let alone = makes_duties(&forms);
        for holding in HOLDING.into_iter().filter(|holding| *holding || !alone) {
            let mut attempt = Attempt::begin(conn, county, holding).await?;
            let (known, turn) = load_for_receipts(&mut attempt, &self.keyring, county, &push_ids).await?;
            place.put_aside.put(county, &known.unreadable, now())?;
            let mut ledger = apply_all(place, &rulebook, &told, known)?;
            follow_forms(&mut attempt, &mut ledger, &self.keyring, (place, &rulebook), &forms).await?;
            let heard = Heard { keyring: &self.keyring, outbox: &self.outbox, watchers: &self.watchers };
            if ledger.commit(attempt, county, turn, Some(step), heard).await?.is_some() {
                return Ok(Applied::Done);
            }
        }
        Ok(Applied::Overtaken)
    }
}

fn apply_all(
    place: &RoutingCounty,
    rulebook: &Rulebook,
    told: &[Told<'_>],
    known: ToldPushes,
) -> Result<Ledger, ApplyError> {
    let ToldPushes { pushes, mut cases, reminders, .. } = known;
    let mut ledger = Ledger::default();
    // What becomes of a reminder of a duty besides cases is notification's to keep: the duty is owed as before.
    for told in told.iter().filter(|told| !reminders.contains(&told.push_id)) {
        let push = pushes.get(&told.push_id).ok_or_else(|| told.envelope.refused("the push is unknown"))?;
        let unreadable = || told.envelope.refused("the case of the push cannot be read");
        let case = cases.get_mut(&push.case_id).ok_or_else(unreadable)?;
        let span = trace::child_span("routing receipt", told.envelope.trace.as_deref());
        let _entered = span.enter();
        ledger.changes.add_receipt(told.push_id, marks(told.outcome, told.at));
        let happening = Happening::Receipt {
            agency: push.agency.clone(),
            form: push.form,
            outcome: told.outcome,
            words: told.words.clone(),
            evidence: told.evidence.clone(),
            entered: told.entered,
        };
        let occasion = Occasion {
            at: told.at,
            actor: told.actor.clone(),
            capacity: if told.by_officer { OFFICER.to_owned() } else { push.agency.clone() },
            agency: Some(push.agency.clone()),
            rank: Rank::Staff,
        };
        let change = rulebook
            .change(&place.county, case, &happening, &occasion)
            .map_err(|refused| told.envelope.refused(&refused.to_string()))?;
        *case = change.case.clone();
        let onward = trace::onward(&span, told.envelope.trace.as_deref());
        ledger.add(change, None, place, onward.as_deref());
    }
    Ok(ledger)
}

/// Reads a receipt; nothing where the case need not know of it.
fn told<'a>(envelope: &'a Envelope, keyring: &Keyring) -> Result<Option<Told<'a>>, ApplyError> {
    let receipt = PushReceipt::decode(envelope.payload.as_slice())
        .map_err(|_| envelope.refused("the message cannot be decoded"))?;
    if receipt.subject() == PushSubject::Form {
        return Ok(None);
    }
    let outcome = match receipt.kind() {
        // That it arrived is notification's to keep; the case waits for the signature.
        // That it was recalled is what this service has said itself.
        ReceiptKind::Unspecified | ReceiptKind::Delivered | ReceiptKind::Recalled => return Ok(None),
        ReceiptKind::Signed => Receipt::Signed,
        ReceiptKind::Returned => Receipt::Returned(receipt.return_reason()),
        ReceiptKind::Feedback => Receipt::Answered(receipt.outcome()),
        ReceiptKind::Parked => Receipt::Parked,
    };
    let evidence: Vec<String> =
        opened(&receipt.sealed_evidence, envelope, keyring)?.lines().map(str::to_owned).collect();
    let words = if !evidence.is_empty() {
        // Both stand in one entry of the history, sealed anew with it.
        Some(Words::Plain(with_evidence(&opened(&receipt.sealed_text, envelope, keyring)?, &evidence)))
    } else if receipt.sealed_text.is_empty() {
        None
    } else {
        Some(Words::Sealed(receipt.sealed_text.clone()))
    };
    let entered = receipt.entered.and_then(|entered| {
        let at = entered.at.as_ref().and_then(from_proto)?;
        Some(Entered { at, means: entered.means() })
    });
    Ok(Some(Told {
        envelope,
        push_id: Uuid::try_parse(&receipt.push_id)
            .map_err(|_| envelope.refused("the push's id is not a UUID"))?,
        outcome,
        at: receipt
            .at
            .as_ref()
            .and_then(from_proto)
            .ok_or_else(|| envelope.refused("the time is missing or impossible"))?,
        actor: receipt.actor,
        by_officer: receipt.entered.is_some() || receipt.capacity == OFFICER,
        entered,
        words,
        evidence,
    }))
}

/// A sealed text; empty where there is none.
fn opened(sealed: &[u8], envelope: &Envelope, keyring: &Keyring) -> Result<String, ApplyError> {
    if sealed.is_empty() {
        return Ok(String::new());
    }
    let broken = || envelope.refused("a sealed text does not open");
    match keyring.open(sealed, envelope.county.as_bytes()) {
        Ok(plain) => String::from_utf8(plain).map_err(|_| broken()),
        Err(error @ SealError::UnknownKey(_)) => Err(ApplyError::Retry(Box::new(error))),
        Err(_) => Err(broken()),
    }
}

fn marks(outcome: Receipt, at: Timestamp) -> ReceiptMarks {
    let mut marks = ReceiptMarks::default();
    match outcome {
        Receipt::Signed => marks.signed_at = Some(at),
        Receipt::Returned(_) => marks.returned_at = Some(at),
        Receipt::Answered(_) => marks.feedback_at = Some(at),
        Receipt::Parked => {}
    }
    marks
}
