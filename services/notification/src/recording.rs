//! Entering for an agency what came back on paper, on the phone or in person (代录), where it has no way of its own to say it.

use std::sync::Arc;

use fengqiao_signin::Door;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    answering::{Answerer, Answering, Feedback, GivenBack},
    delivery::Delivery,
    domain::{
        push::Push,
        recording::{Entry, OwnWay},
    },
    error::NotificationError,
};

/// What an agency did, as an officer enters it.
#[derive(Debug, Clone)]
pub enum Deed {
    /// It took the assignment.
    Signed,
    /// It refused it.
    Returned(GivenBack),
    /// It said what it did.
    Said(Feedback),
}

/// Which officer enters it, of which push.
#[derive(Debug, Clone)]
pub struct Recorder<'a> {
    /// The county.
    pub county: &'a str,
    /// The officer's name as a principal.
    pub actor: &'a str,
    /// The officer's role.
    pub capacity: String,
    /// The push.
    pub push_id: Uuid,
    /// Who at the agency did it and when, how the centre learned of it, and when it is entered.
    pub entry: Entry,
}

/// Takes what officers enter.
#[derive(Clone)]
pub struct Recording {
    delivery: Arc<Delivery>,
    answering: Answering,
    door: Door,
}

impl Recording {
    /// On these pushes; the door knows which agencies can sign in to the desk.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, answering: Answering, door: Door) -> Self {
        Self { delivery, answering, door }
    }

    /// Enters what an agency did with a push, as if it had answered itself at that time. A return counts from when it is
    /// entered: the case is the centre's again from then on, and what others owe by it cannot have begun before.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`]; [`NotificationError::DoesItself`] where the agency has a way of its own; or as
    /// [`Answering::sign`], [`Answering::give_back`] and [`Answering::feedback`].
    pub async fn record(&self, by: Recorder<'_>, deed: &Deed) -> Result<Push, NotificationError> {
        let push = self.delivery.store.push(by.county, by.push_id).await?;
        if let Some(way) = self.own_way(&push, by.entry.at).await? {
            return Err(way.into());
        }
        let (done_at, entered_at) = (by.entry.done_at, by.entry.at);
        let who = Answerer {
            county: push.county,
            agency: push.agency,
            actor: by.actor.to_owned(),
            capacity: by.capacity,
            entry: Some(by.entry),
        };
        match deed {
            Deed::Signed => self.answering.sign(&who, by.push_id, done_at).await,
            Deed::Returned(given) => self.answering.give_back(&who, by.push_id, given, entered_at).await,
            Deed::Said(given) => self.answering.feedback(&who, by.push_id, given, done_at).await,
        }
    }

    /// By which way the agency can say itself what it does with a push.
    async fn own_way(&self, push: &Push, now: Timestamp) -> Result<Option<OwnWay>, NotificationError> {
        let (county, agency) = (push.county.as_str(), push.agency.as_str());
        if self.delivery.endpoints.get(county, agency).is_some() {
            return Ok(Some(OwnWay::Webhook));
        }
        if self.delivery.store.reached(county, push.push_id).await? {
            return Ok(Some(OwnWay::System));
        }
        Ok(self.door.is_open_to(county, agency, now).await?.then_some(OwnWay::Desk))
    }
}
