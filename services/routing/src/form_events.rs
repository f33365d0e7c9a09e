//! What notification tells of forms that no case presses: that a limit nears, and what became of them.

use fengqiao_messaging::{ApplyError, Envelope};
use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, PushDebt, PushOwed, PushReceipt, ReceiptKind},
    types::v1::PushSubject,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_proto;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    counties::RoutingCounty,
    domain::standing::{
        StandingKind,
        forms::{FormChanges, FormEnd, FormNews, OwedForm, follow},
    },
    error::RoutingError,
    ledger::Ledger,
    receipt_events::PUSH_RECEIPT,
    rulebook::Rulebook,
    store::{form_duties, insert_standing},
};

const PUSH_OWED: &str = "fengqiao.notification.v1.PushOwed";
/// Who makes the duties.
const BY: &str = "notification";

/// What a batch tells of forms, in its order.
///
/// # Errors
/// The first event that cannot be read.
pub(crate) fn form_news(batch: &[Envelope]) -> Result<Vec<FormNews>, ApplyError> {
    let read = |envelope: &Envelope| {
        let news = match envelope.kind.as_str() {
            PUSH_OWED => owed(envelope).map(Some),
            PUSH_RECEIPT => ended(envelope),
            // Kinds of a later version are not ours to judge.
            _ => Ok(None),
        };
        news.map_err(|what| envelope.refused(what)).transpose()
    };
    batch.iter().filter_map(read).collect()
}

/// Whether news make duties, which is done in a transaction of its own.
pub(crate) fn makes_duties(news: &[FormNews]) -> bool {
    news.iter().any(|news| matches!(news, FormNews::Owed(_)))
}

/// Makes the duties that follow from news of forms, and ends those that are over.
///
/// # Errors
/// [`RoutingError`]
pub(crate) async fn follow_forms(
    conn: &mut PgConnection,
    ledger: &mut Ledger,
    keyring: &Keyring,
    (place, rulebook): (&RoutingCounty, &Rulebook),
    news: &[FormNews],
) -> Result<(), RoutingError> {
    if news.is_empty() {
        return Ok(());
    }
    let county = &place.county.code;
    let push_ids: Vec<Uuid> = news.iter().map(FormNews::push_id).collect();
    let known = form_duties(conn, county, &push_ids).await?;
    let office = rulebook.office(&place.county);
    let FormChanges { made, ended } = follow(known, news, BY, office, Uuid::now_v7);
    if !made.is_empty() {
        insert_standing(conn, keyring, county, &made).await?;
    }
    for (id, duty) in ended {
        ledger.changes.add_standing(id, duty);
    }
    Ok(())
}

fn owed(envelope: &Envelope) -> Result<FormNews, &'static str> {
    let told = PushOwed::decode(envelope.payload.as_slice()).map_err(|_| "the message cannot be decoded")?;
    let kind = match told.debt() {
        PushDebt::Signature => StandingKind::SignForm,
        PushDebt::Answer => StandingKind::AnswerForm,
        PushDebt::Unspecified => return Err("what is owed is unknown"),
    };
    let area_code = if told.area_code.is_empty() { envelope.county.clone() } else { told.area_code };
    Ok(FormNews::Owed(OwedForm {
        kind,
        push_id: id(&told.push_id)?,
        agency: told.agency,
        name: format!("{} {}", told.form_title, told.form_number),
        area_code,
        since: moment(told.since.as_ref())?,
        due_at: moment(told.due_at.as_ref())?,
    }))
}

/// What became of a push; nothing where all is owed of it as before, and of reminders of duties, which nobody presses.
fn ended(envelope: &Envelope) -> Result<Option<FormNews>, &'static str> {
    let receipt =
        PushReceipt::decode(envelope.payload.as_slice()).map_err(|_| "the message cannot be decoded")?;
    if receipt.subject() == PushSubject::Duty {
        return Ok(None);
    }
    let end = match (receipt.kind(), receipt.outcome()) {
        (ReceiptKind::Signed, _) => FormEnd::Signed,
        (ReceiptKind::Feedback, FeedbackOutcome::Done | FeedbackOutcome::Cannot)
        | (ReceiptKind::Returned, _) => FormEnd::Answered,
        (ReceiptKind::Feedback, _) => FormEnd::Signed,
        (ReceiptKind::Recalled, _) => FormEnd::Recalled,
        (ReceiptKind::Unspecified | ReceiptKind::Delivered | ReceiptKind::Parked, _) => return Ok(None),
    };
    Ok(Some(FormNews::Ended { push_id: id(&receipt.push_id)?, end, at: moment(receipt.at.as_ref())? }))
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text).map_err(|_| "the push's id is not a UUID")
}

fn moment(time: Option<&prost_types::Timestamp>) -> Result<Timestamp, &'static str> {
    time.and_then(from_proto).ok_or("the time is missing or impossible")
}
