//! What the telephone and the house say: by either somebody is found, and so both are weighed by how many share them.

use super::{Crowd, Score};
use crate::{level::Level, weights::Model};

/// Who has one telephone is told of from wherever the dispute is: another place says so much less.
const ELSEWHERE: f32 = 0.15;
/// Where one tells for another, the house is mostly the other's: so many more are told of by it.
const FOR_ANOTHER: f32 = 32.0;

/// The bits of what agrees; the caller says how much two of them count together. What does not agree is in the score.
pub(super) struct Contact {
    pub phone: f32,
    pub house: f32,
    /// How much another place says.
    pub elsewhere: f32,
}

impl Contact {
    pub(super) fn weighed(
        score: &mut Score,
        (phone, house): (Option<Level>, Option<Level>),
        told_for_another: bool,
        crowd: &Crowd,
        model: &Model,
    ) -> Self {
        let elsewhere = if phone == Some(Level::PhoneSame) { ELSEWHERE } else { 1.0 };
        let mut contact = Self { phone: 0.0, house: 0.0, elsewhere };
        match phone {
            Some(level @ (Level::PhoneSame | Level::PhoneNear)) => {
                score.levels.insert(level);
                contact.phone = crowd.rare_bits(model, level, crowd.phone);
            }
            Some(level) => score.add(level, model.bits(level)),
            None => {}
        }
        match house {
            Some(level @ Level::HouseSame) => {
                score.levels.insert(level);
                contact.house = crowd.rare_bits(
                    model,
                    level,
                    crowd.house * if told_for_another { FOR_ANOTHER } else { 1.0 },
                );
            }
            Some(level) => score.add(level, model.bits(level) * elsewhere),
            None => {}
        }
        contact
    }
}
