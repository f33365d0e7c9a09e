//! What became of one try to deliver a push.

use std::time::Duration;

use fengqiao_proto::types::v1::{Level, PushSubject};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    push::Push,
    retry::{Next, RetrySchedule},
};

/// How a push travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The agency's gRPC stream.
    Stream,
    /// The agency's webhook.
    Webhook,
    /// The agency's webhook, by hand.
    Replay,
}

impl Channel {
    /// Its name in attempts and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Webhook => "webhook",
            Self::Replay => "replay",
        }
    }
}

/// The right to deliver all pushes of an agency. Each owner has a higher token than the one before it; what an
/// overtaken one writes down changes no push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Whose pushes.
    pub agency: String,
    /// Which owner.
    pub token: i64,
}

/// What a try ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The agency's system has it.
    Delivered,
    /// The try failed, and this follows.
    Failed(Next),
    /// The way broke off through nobody's refusal: free for the next way at once, and no failure.
    Released,
}

/// The push that was tried, as far as others are told what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The push.
    pub push_id: Uuid,
    /// What it speaks of.
    pub subject: PushSubject,
    /// Its case, or its duty besides cases.
    pub case_id: Uuid,
    /// Its agency.
    pub agency: String,
    /// Its level.
    pub level: Level,
    /// When it was requested.
    pub requested_at: Timestamp,
}

impl Tried {
    /// Of this push.
    #[must_use]
    pub fn of(push: &Push) -> Self {
        Self {
            push_id: push.push_id,
            subject: push.subject,
            case_id: push.case_id,
            agency: push.agency.clone(),
            level: push.level,
            requested_at: push.requested_at,
        }
    }
}

/// One try and what it ended with; becomes one attempt record and the push's next state, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose push.
    pub county: String,
    /// Which push.
    pub push: Tried,
    /// Which try, as counted by its claim; of an owner, which claims nothing, as it counts by itself.
    pub attempt: i32,
    /// The token of the agency's owner that tried; none where the push was claimed.
    pub token: Option<i64>,
    /// How it travelled.
    pub channel: Channel,
    /// When the try began.
    pub began_at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it ended with.
    pub ending: Ending,
    /// The HTTP status, or 0.
    pub http_status: i32,
    /// What went wrong, without personal data; empty where nothing did.
    pub error: String,
    /// The first 4 KB of what the endpoint said, sealed; empty where it said nothing.
    pub sealed_answer: Vec<u8>,
    /// The trace of the delivery.
    pub trace: Option<String>,
}

impl Outcome {
    /// A claimed try of a push of which nothing else is said.
    #[cfg(test)]
    pub(crate) fn blank(push: u128, attempt: i32, ending: Ending) -> Self {
        let began_at = Timestamp::UNIX_EPOCH;
        let push =
            super::push::RequestedPush::blank("421181", Uuid::from_u128(push), "court", began_at).claimed();
        Self {
            county: push.county.clone(),
            push: Tried::of(&push),
            attempt,
            token: None,
            channel: Channel::Stream,
            began_at,
            took: Duration::ZERO,
            ending,
            http_status: 0,
            error: String::new(),
            sealed_answer: Vec::new(),
            trace: None,
        }
    }

    /// When the try ended, to the microsecond as it is kept.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        let ended = self.began_at + self.took;
        Timestamp::from_microsecond(ended.as_microsecond()).unwrap_or(ended)
    }

    /// The name of its ending in metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.ending {
            Ending::Delivered => "delivered",
            Ending::Failed(Next::After(_)) => "failed",
            Ending::Failed(Next::Park) => "parked",
            Ending::Released => "released",
        }
    }
}

/// What follows when a try of this push fails.
#[must_use]
pub fn after_failure(push: &Push, schedule: &RetrySchedule, random: f64, asked: Option<Duration>) -> Next {
    let failures = u32::try_from(push.failures).unwrap_or(0).saturating_add(1);
    schedule.next(failures, random, asked)
}
