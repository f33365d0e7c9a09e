//! Who reads what was pushed of a protected case says why, and that is kept before anything is shown. An agency's system,
//! which gets what it is pushed, is not asked: nobody is there who could say.

use fengqiao_masking::names_of;
use fengqiao_proto::{notification::v1::ReadPart, types::v1::Matter};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    delivery::Delivery,
    domain::reading::{Reader, checked, kept},
    error::NotificationError,
    store::NewReading,
    wire,
};

/// What someone is about to read.
#[derive(Debug, Clone, Copy)]
pub struct Reads<'a> {
    /// The county.
    pub county: &'a str,
    /// The push, or the form that has none.
    pub push_id: Uuid,
    /// What of it.
    pub part: ReadPart,
    /// Who.
    pub reader: Reader<'a>,
    /// Why, as the reader says.
    pub purpose: &'a str,
}

/// Keeps that someone reads it, where its case is protected; the reading's id, and none where the case is not. Where this
/// fails nothing may be shown.
///
/// # Errors
/// [`NotificationError::Invalid`] where a protected case is read without a purpose, or of the database.
pub async fn keep(
    delivery: &Delivery,
    reads: Reads<'_>,
    at: Timestamp,
) -> Result<Option<Uuid>, NotificationError> {
    let Reads { county, push_id, part, reader, purpose } = reads;
    let protected = delivery.store.protected_of(county, &[push_id]).await?;
    let Some(case_id) = protected.get(&push_id).copied() else { return Ok(None) };
    checked(purpose).map_err(|wrong| NotificationError::wrong("purpose", wrong))?;
    let matter = matter_of(delivery, county, push_id).await?;
    let purpose = kept(purpose, &names_of(&matter.parties));
    let reading = NewReading { county, at, reader, push_id, case_id, part, purpose: &purpose };
    delivery.store.keep_reading(reading).await.map(Some)
}

/// Who and what it speaks of, as far as that opens.
async fn matter_of(delivery: &Delivery, county: &str, push_id: Uuid) -> Result<Matter, NotificationError> {
    match delivery.store.push(county, push_id).await {
        Ok(push) => Ok(wire::open_matter(&delivery.keyring, &push).unwrap_or_default()),
        Err(NotificationError::NoSuchPush) => {
            let (_, said) = delivery.store.form(county, push_id).await?;
            let content = said.open(&delivery.keyring, county).unwrap_or_default();
            Ok(content.matter.unwrap_or_default())
        }
        Err(error) => Err(error),
    }
}
