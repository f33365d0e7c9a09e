//! Open cases that are of one dispute, as intake finds or an officer says there: the centre's desk is asked whether they are
//! to be merged. Nothing here merges.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    duty::Holder,
    standing::{Office, StandingDuty, StandingKind, Subject},
};

/// Who makes the duty.
const BY: &str = "intake";

/// That two clusters of intake's are one dispute.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterJoin {
    /// Intake's decision.
    pub decision_id: Uuid,
    /// The cluster that stays.
    pub kept: Uuid,
    /// The cluster that went into it.
    pub absorbed: Uuid,
    /// Why.
    pub ground: JoinGround,
}

/// Why two clusters are one.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinGround {
    /// Since when.
    pub joined_at: Timestamp,
    /// The officer who said so; empty where later evidence did.
    pub decided_by: String,
    /// Of later evidence: how sure it is, in bits.
    pub score: f32,
    /// Of later evidence: what speaks for it.
    pub reasons: Vec<JoinReason>,
}

/// What speaks for one dispute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinReason {
    /// What, for people; no personal data.
    pub text: String,
    /// How much it weighs, in bits.
    pub bits: f32,
}

/// That what was one dispute is two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterPart {
    /// A join was taken back.
    TakenBack {
        /// The join's decision.
        decision_id: Uuid,
    },
    /// Reports were split off.
    Split(ClusterSplit),
}

/// That an officer took reports out of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSplit {
    /// Intake's decision.
    pub decision_id: Uuid,
    /// The cluster that they were in.
    pub cluster: Uuid,
    /// The one that they went to.
    pub went_to: Uuid,
    /// When.
    pub parted_at: Timestamp,
    /// The officer.
    pub decided_by: String,
    /// The reports.
    pub report_ids: Vec<Uuid>,
}

/// What intake says of clusters.
#[derive(Debug, Clone, PartialEq)]
pub enum ClusterNews {
    /// Two are one.
    Joined(ClusterJoin),
    /// One is two.
    Parted(ClusterPart),
}

/// Two cases that the desk is to be asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePair {
    /// The join that shows it.
    pub join: ClusterJoin,
    /// The case of the cluster that stays.
    pub kept: PairedCase,
    /// The case of the other one.
    pub absorbed: PairedCase,
    /// Where the first is.
    pub area_code: String,
}

/// A case of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedCase {
    /// The id.
    pub id: Uuid,
    /// The number that people say.
    pub number: String,
}

/// The most reasons that a duty's words name.
const MOST_REASONS: usize = 4;

/// The duty to look whether two cases are to be merged (并案研判).
#[must_use]
pub fn suggestion(id: Uuid, pair: &CasePair, now: Timestamp, office: Office<'_>) -> StandingDuty {
    let holder = Holder::agency(office.directory.desk());
    StandingDuty {
        id,
        kind: StandingKind::Merging,
        group: String::new(),
        period: None,
        area_code: pair.area_code.clone(),
        place: None,
        topic: "并案".to_owned(),
        restricted: false,
        parent: None,
        subject: Subject { words: words(pair), found_by: None, rectified_by: None },
        created_at: now,
        created_by: BY.to_owned(),
        duty: office.owed(StandingKind::Merging, holder, now, None),
        record: None,
    }
}

fn words(pair: &CasePair) -> String {
    let ground = &pair.join.ground;
    let why = if ground.decided_by.is_empty() {
        let mut texts: Vec<&str> = Vec::new();
        for reason in ground.reasons.iter().filter(|reason| reason.bits > 0.0) {
            if !texts.contains(&reason.text.as_str()) && texts.len() < MOST_REASONS {
                texts.push(&reason.text);
            }
        }
        format!("后来的诉求与两案都相关：{}", texts.join("、"))
    } else {
        format!("{}认定两案诉求属同一纠纷", ground.decided_by)
    };
    format!("事项{}与事项{}疑为同一纠纷（{why}），请研判是否并案", pair.kept.number, pair.absorbed.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(decided_by: &str, reasons: &[(&str, f32)]) -> CasePair {
        let case = |number: &str| PairedCase { id: Uuid::nil(), number: number.to_owned() };
        let reasons = reasons.iter().map(|(text, bits)| JoinReason { text: (*text).to_owned(), bits: *bits });
        CasePair {
            join: ClusterJoin {
                decision_id: Uuid::nil(),
                kept: Uuid::nil(),
                absorbed: Uuid::max(),
                ground: JoinGround {
                    joined_at: Timestamp::UNIX_EPOCH,
                    decided_by: decided_by.to_owned(),
                    score: 9.0,
                    reasons: reasons.collect(),
                },
            },
            kept: case("20261102-0017"),
            absorbed: case("20261104-0003"),
            area_code: "421181".to_owned(),
        }
    }

    #[test]
    fn the_words_say_which_cases_and_why_and_name_each_reason_once() {
        let told = [("同一电话", 9.0), ("对方相同", 4.0), ("同一电话", 8.0), ("时间相近", -1.0)];
        assert_eq!(
            words(&pair("", &told)),
            "事项20261102-0017与事项20261104-0003疑为同一纠纷（后来的诉求与两案都相关：同一电话、对方相同），\
             请研判是否并案"
        );
        assert!(words(&pair("officer-feng", &[])).contains("officer-feng认定两案诉求属同一纠纷"));
    }
}
