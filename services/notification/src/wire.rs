//! A push as the contract has it, and its matter opened for who may see it.

use fengqiao_masking::{Telling, mask_matter};
use fengqiao_proto::{
    notification::v1::{self as wire, DeliveryState, ReceiptState},
    types::v1::Matter,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_proto;
use prost::Message as _;

use crate::{
    domain::{push::Push, recording::Teller},
    error::NotificationError,
    store::{Attempt, GivenAnswer, KeptRecord},
};

/// Opens the matter of a push. Personal data: only for the agency itself and the centre.
///
/// # Errors
/// [`NotificationError::Sealed`] or [`NotificationError::Matter`].
pub fn open_matter(keyring: &Keyring, push: &Push) -> Result<Matter, NotificationError> {
    if push.sealed_matter.is_empty() {
        return Ok(Matter::default());
    }
    let plain = keyring.open(&push.sealed_matter, push.county.as_bytes())?;
    Ok(Matter::decode(plain.as_slice())?)
}

/// Opens the matter of a push for a list or a record of tries: what its texts say of people is masked, and the people are
/// left out. Who acts on it reads the form itself.
///
/// # Errors
/// As [`open_matter`].
pub fn masked_matter(keyring: &Keyring, push: &Push) -> Result<Matter, NotificationError> {
    let matter = mask_matter(open_matter(keyring, push)?, &Telling::ALL);
    Ok(Matter { parties: Vec::new(), ..matter })
}

/// A push with its matter, or without it.
#[must_use]
pub fn push(push: &Push, matter: Option<Matter>) -> wire::Push {
    wire::Push {
        county: push.county.clone(),
        push_id: push.push_id.to_string(),
        case_id: push.case_id.to_string(),
        case_number: push.case_number.clone(),
        agency: push.agency.clone(),
        form: push.form.into(),
        level: push.level.into(),
        area_code: push.area_code.clone(),
        area_name: push.area_name.clone(),
        category: push.category.clone(),
        reason: push.reason.clone(),
        requested_at: Some(to_proto(push.requested_at)),
        due_at: push.due_at.map(to_proto),
        delivery: push.delivery.into(),
        receipt: push.receipt.into(),
        delivered_at: push.delivered_at.map(to_proto),
        signed_at: push.signed_at.map(to_proto),
        returned_at: push.returned_at.map(to_proto),
        feedback_at: push.feedback_at.map(to_proto),
        attempts: push.attempts,
        last_error: push.last_error.clone(),
        matter,
        subject: push.subject.into(),
        form_number: push.form_number.clone(),
        drill: push.drill,
        sign_by: push.sign_by.map(to_proto),
        answer_by: push.answer_by.map(to_proto),
    }
}

/// The push as it is posted at a try, with its matter or without it.
#[must_use]
pub fn outgoing(push: &Push, matter: Option<Matter>, attempt: i32) -> wire::Push {
    wire::Push {
        delivery: DeliveryState::Waiting.into(),
        receipt: ReceiptState::Unsigned.into(),
        delivered_at: None,
        signed_at: None,
        returned_at: None,
        feedback_at: None,
        attempts: attempt,
        last_error: String::new(),
        ..self::push(push, matter)
    }
}

/// A try, as it was recorded.
#[must_use]
pub fn attempt(attempt: Attempt) -> wire::DeliveryAttempt {
    wire::DeliveryAttempt {
        number: attempt.number,
        at: Some(to_proto(attempt.at)),
        channel: attempt.channel,
        delivered: attempt.delivered,
        http_status: attempt.http_status,
        error: attempt.error,
        duration_ms: attempt.duration_ms,
    }
}

/// Who at an agency did what an officer entered. Personal data: only for the agency itself and the centre.
///
/// # Errors
/// [`NotificationError::Sealed`].
pub fn teller(keyring: &Keyring, county: &str, kept: &KeptRecord) -> Result<Teller, NotificationError> {
    let lines = keyring.open(&kept.sealed_teller, county.as_bytes())?;
    Ok(Teller::of_lines(&String::from_utf8_lossy(&lines)))
}

/// What an agency did, with its words. Personal data: only for the agency itself and the centre.
///
/// # Errors
/// [`NotificationError::Sealed`].
pub fn answer(
    keyring: &Keyring,
    county: &str,
    given: &GivenAnswer,
) -> Result<wire::Answer, NotificationError> {
    let text = match given.sealed_text.as_slice() {
        [] => String::new(),
        sealed => String::from_utf8_lossy(&keyring.open(sealed, county.as_bytes())?).into_owned(),
    };
    let recorded = match &given.recorded {
        None => None,
        Some(kept) => {
            let Teller { name, capacity } = teller(keyring, county, kept)?;
            let done_at = Some(to_proto(kept.done_at));
            Some(wire::RecordedAct { done_at, name, capacity, means: kept.means.into() })
        }
    };
    Ok(wire::Answer {
        kind: given.kind.into(),
        at: Some(to_proto(given.at)),
        actor: given.actor.clone(),
        capacity: given.capacity.clone(),
        return_reason: given.return_reason.into(),
        outcome: given.outcome.into(),
        cannot_reason: given.cannot_reason.into(),
        text,
        substantive: given.substantive.unwrap_or_default(),
        attachment_ids: given.attachments.iter().map(ToString::to_string).collect(),
        recorded,
        recorded_at: given.recorded.as_ref().map(|kept| to_proto(kept.recorded_at)),
    })
}
