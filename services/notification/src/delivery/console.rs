//! The test console of endpoints: a sample, what was sent and answered, a replay, a new secret.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use fengqiao_masking::{mask, names_of};
use fengqiao_proto::{json::to_json_text, types::v1::Matter};
use fengqiao_serving::time::now;
use fengqiao_webhook::{Address, Answered, Message, Poster, Secret, signatures};
use jiff::Timestamp;
use uuid::Uuid;

use super::Delivery;
use crate::{
    domain::{
        push::{Push, RequestedPush},
        secrets::signing,
    },
    error::NotificationError,
    outgoing,
    store::{Attempt, Replayed},
    wire,
};

/// A request, as it was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// The message's id.
    pub id: String,
    /// When, in seconds since 1970.
    pub timestamp: i64,
    /// The signatures, by the secrets that sign now.
    pub signature: String,
    /// The JSON.
    pub body: Bytes,
}

/// A request and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub sent: SentRequest,
    /// What was answered.
    pub answered: Answered,
    /// How long it took.
    pub took: Duration,
}

/// What people do by hand with endpoints.
#[derive(Clone)]
pub struct Console {
    delivery: Arc<Delivery>,
    poster: Poster,
}

impl Console {
    /// On these channels.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, poster: Poster) -> Self {
        Self { delivery, poster }
    }

    /// The stores and channels.
    #[must_use]
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Where an agency's endpoint is, and what signs for it now.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchEndpoint`], or of the database.
    pub async fn address(&self, county: &str, agency: &str) -> Result<Address, NotificationError> {
        let endpoint =
            self.delivery.endpoints.get(county, agency).ok_or(NotificationError::NoSuchEndpoint)?;
        let mut rotations = self.delivery.store.rotations(county, &self.delivery.keyring).await?;
        let later = rotations.remove(agency).unwrap_or_default();
        let secrets = signing(&endpoint.address.secrets, &later, now());
        Ok(Address { secrets, ..endpoint.address.clone() })
    }

    /// Posts a sample.
    ///
    /// # Errors
    /// As of [`Console::address`].
    pub async fn sample(&self, county: &str, agency: &str) -> Result<Exchange, NotificationError> {
        let address = self.address(county, agency).await?;
        let (push, matter) = sample_push(county, agency, now());
        let body = to_json_text(&wire::outgoing(&push, Some(matter), 1))?;
        Ok(self.post(county, &address, push.push_id, Bytes::from(body)).await)
    }

    /// The request of a try, as it was sent then. With the matter, in which what is told of people is masked, or without;
    /// it is signed as it is shown.
    ///
    /// # Errors
    /// Where the matter does not open.
    pub fn request_of(
        &self,
        address: &Address,
        push: &Push,
        attempt: &Attempt,
        with_matter: bool,
    ) -> Result<SentRequest, NotificationError> {
        let body = if with_matter {
            outgoing::masked_json(&self.delivery.keyring, push, attempt.number)?
        } else {
            to_json_text(&wire::outgoing(push, None, attempt.number))?
        };
        Ok(request(address, push.push_id, attempt.at, Bytes::from(body)))
    }

    /// What an endpoint answered, as a record of tries shows it: an answer may repeat what was posted, and so the numbers
    /// and the names of the push's people are masked in it.
    ///
    /// # Errors
    /// Where the matter does not open.
    pub fn shown_answer(&self, push: &Push, answer: &[u8]) -> Result<Vec<u8>, NotificationError> {
        let matter = wire::open_matter(&self.delivery.keyring, push)?;
        Ok(mask(&String::from_utf8_lossy(answer), &names_of(&matter.parties)).into_bytes())
    }

    /// Posts the request of a try once more. Returns also the number of the try that it is. What is returned is shown as
    /// the record of tries shows it.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`], [`NotificationError::NoSuchAttempt`], [`NotificationError::NoSuchEndpoint`],
    /// or of the database.
    pub async fn replay(
        &self,
        county: &str,
        push_id: Uuid,
        number: i32,
    ) -> Result<(Exchange, i32), NotificationError> {
        let push = self.delivery.store.push(county, push_id).await?;
        if !(1..=push.attempts).contains(&number) {
            return Err(NotificationError::NoSuchAttempt);
        }
        let address = self.address(county, &push.agency).await?;
        let body = outgoing::json(&self.delivery.keyring, &push, number)?;
        let at = now();
        let exchange = self.post(county, &address, push_id, Bytes::from(body)).await;
        let sealed_answer = match exchange.answered.answer.as_slice() {
            [] => None,
            answer => Some(self.delivery.keyring.seal(answer, county.as_bytes())),
        };
        let replayed = Replayed {
            at,
            took: exchange.took,
            delivered: exchange.answered.delivered,
            http_status: exchange.answered.http_status,
            error: &exchange.answered.error,
            sealed_answer,
        };
        let kept = self.delivery.store.replayed(county, push_id, &replayed).await?;
        let body = outgoing::masked_json(&self.delivery.keyring, &push, number)?;
        let Exchange { mut answered, took, .. } = exchange;
        answered.answer = self.shown_answer(&push, &answered.answer)?;
        Ok((Exchange { sent: request(&address, push_id, at, Bytes::from(body)), answered, took }, kept))
    }

    /// Makes a new secret; those before it sign too for `overlap`. Returns it, and until when they do.
    ///
    /// # Errors
    /// As of [`Console::address`].
    pub async fn rotate(
        &self,
        county: &str,
        agency: &str,
        overlap: Duration,
        by: &str,
    ) -> Result<(String, Timestamp), NotificationError> {
        self.delivery.endpoints.get(county, agency).ok_or(NotificationError::NoSuchEndpoint)?;
        let secret = Secret::generate();
        let at = now();
        let until = at + overlap;
        let sealed = self.delivery.keyring.seal(secret.as_bytes(), county.as_bytes());
        self.delivery.store.rotate_secret(county, agency, &sealed, at, until, by).await?;
        Ok((secret, until))
    }

    async fn post(&self, county: &str, address: &Address, push_id: Uuid, body: Bytes) -> Exchange {
        let (at, began) = (now(), Instant::now());
        let sent = request(address, push_id, at, body);
        let message = Message { id: &sent.id, body: sent.body.clone(), traceparent: None };
        let limit = self.delivery.settings_of(county).request_timeout;
        let answered = self.poster.post(address, message, at, limit).await;
        Exchange { sent, answered, took: began.elapsed() }
    }
}

fn request(address: &Address, push_id: Uuid, at: Timestamp, body: Bytes) -> SentRequest {
    let (id, timestamp) = (push_id.to_string(), at.as_second());
    let signature = signatures(&address.secrets, &id, timestamp, &body);
    SentRequest { id, timestamp, signature, body }
}

/// A push of an invented case that says of itself that it is none.
fn sample_push(county: &str, agency: &str, at: Timestamp) -> (Push, Matter) {
    let push = RequestedPush {
        case_number: "SAMPLE".to_owned(),
        area_code: county.to_owned(),
        category: "other".to_owned(),
        reason: "接口测试，无需办理".to_owned(),
        ..RequestedPush::blank(county, Uuid::now_v7(), agency, at)
    };
    let matter = Matter {
        title: "接口测试".to_owned(),
        narrative: "这是一件测试推送，不对应任何案件。".to_owned(),
        ..Matter::default()
    };
    (push.waiting(), matter)
}
