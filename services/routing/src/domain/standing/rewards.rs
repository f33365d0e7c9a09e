//! Rewards: one for a case and a person (一事一案一补; S1-05).

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::{history::Occasion, refusal::Refusal};

/// How far a reward is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewardState {
    /// Asked for.
    Asked,
    /// Granted.
    Approved {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
    },
    /// Not granted.
    Refused {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
    },
}

impl RewardState {
    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(&self) -> i16 {
        match self {
            Self::Asked => 1,
            Self::Approved { .. } => 2,
            Self::Refused { .. } => 3,
        }
    }
}

/// What someone gets for what they told or did in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reward {
    /// The id.
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Who gets it; personal, sealed at rest.
    pub person: String,
    /// How much, in fen.
    pub amount_fen: u32,
    /// What for; may be personal, sealed at rest.
    pub words: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// How far it is.
    pub state: RewardState,
}

/// Grants a reward or not: another person than the one who asked for it.
///
/// # Errors
/// [`Refusal`]
pub fn decide(reward: &Reward, approve: bool, occasion: &Occasion) -> Result<Reward, Refusal> {
    if reward.state != RewardState::Asked {
        return Err(Refusal::new("REWARD_DECIDED", "the reward would have to be still open"));
    }
    if reward.asked_by == occasion.actor {
        return Err(Refusal::new(
            "OWN_REQUEST",
            "the one who decides would have to be another person than the one who asked",
        ));
    }
    let (at, by) = (occasion.at, occasion.actor.clone());
    let state = if approve { RewardState::Approved { at, by } } else { RewardState::Refused { at, by } };
    Ok(Reward { state, ..reward.clone() })
}
