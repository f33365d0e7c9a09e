//! Exercises (演练) and technical tests that somebody starts: a case without any report.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::Source;
use uuid::Uuid;

use super::{
    case::{LevelReason, OFFICER, Words},
    happening::{Arrival, Opening},
    history::Occasion,
    level::{Grade, Level},
};

/// What is exercised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// The level.
    pub level: Level,
    /// Where.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// Whether it is a technical test.
    pub test: bool,
    /// What for, without personal data.
    pub words: String,
}

impl Drill {
    /// The case that it begins with. `sealed_matter` is a sealed matter that says nothing of anybody.
    #[must_use]
    pub fn opening(self, id: Uuid, number: String, occasion: &Occasion, sealed_matter: Vec<u8>) -> Opening {
        let reason = LevelReason {
            rule: OFFICER.to_owned(),
            rule_set: String::new(),
            text: if self.test { "系统测试" } else { "演练" }.to_owned(),
            facts: BTreeMap::new(),
            words: Some(Words::Plain(self.words)),
        };
        let grade = Grade { level: self.level, reason, tags: Vec::new(), troubled: Vec::new() };
        Opening {
            id,
            number,
            // No report of intake will ever belong to it.
            cluster_id: id,
            area_code: self.area_code,
            category: self.category,
            first_receiver: occasion.actor.clone(),
            opened_at: occasion.at,
            follows: None,
            arrival: Arrival {
                source: Source::Unspecified,
                revision: 1,
                grade,
                seat: None,
                repeat: false,
                drill: true,
                people: Vec::new(),
                press: None,
                ticket: None,
                sealed_matter,
            },
        }
    }
}
