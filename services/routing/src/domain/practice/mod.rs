//! A county's practice: its states, its limits, who is told of what. All of it is data; what stands here
//! by default is what the law and the published practice of the five counties have in common.

mod file;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use fengqiao_calendar::Limit;
use fengqiao_proto::notification::v1::ReturnReason;

pub use terms::{OnBreach, Terms};

use super::{
    duty::DutyKind,
    level::Level,
    standing::series::Series,
    states::StateTable,
    withholding::{MatterPart, Withholding},
};
use crate::directory::{Directory, Rank, SeatRule};

/// What a county does, and by when.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    /// Names this version of it.
    pub version: String,
    /// The states of its cases.
    pub states: StateTable,
    /// By kind of duty.
    pub(super) terms: BTreeMap<DutyKind, Terms>,
    /// Who owns a case together (双推送, 双盯办, 双化解; S1-02).
    pub owners: Vec<CoOwnership>,
    /// Returns.
    pub returns: Returns,
    /// More time.
    pub extensions: Extensions,
    /// Who acknowledges an alert, by level (市-县-所三级预警; S3-06).
    pub alerts: BTreeMap<Level, Vec<Tier>>,
    /// Whom people are asked again after a case is resolved (双反馈; S0-02).
    pub revisits: Vec<RevisitTask>,
    /// A later report so many days after the end opens the case again; after that it is a new, linked one.
    pub reopen_days: u16,
    /// Major events.
    pub major: Major,
    /// What comes on the weekly agenda.
    pub agenda: Agenda,
    /// A case is asked about after so many days, growing (小事拖大; S4-16).
    pub ageing_days: Vec<u16>,
    /// So many independent signals list a family for joint screening (S4-07).
    pub screening_signals: u8,
    /// Who visits is out in people's homes for so many minutes a day (入户; S4-08).
    pub visit_minutes: u16,
    /// What is owed again and again besides cases.
    pub series: Vec<Series>,
    /// How seats have to be filled week by week (派驻; S2-01).
    pub seats: Vec<SeatRule>,
    /// What an agency does not get of a matter (S2-06).
    pub withheld: Vec<Withholding>,
    /// A case whose lead is pushed must be claimed by a named person (认领; S3-04).
    pub names_persons: bool,
}

/// Which agencies own a case together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoOwnership {
    /// Of this canonical category; any where none.
    pub category: Option<String>,
    /// From this door, by its short name; any where none.
    pub source: Option<String>,
    /// In this area, by the beginning of its code; anywhere where none.
    pub area: Option<String>,
    /// Only repeat calls.
    pub repeat_only: bool,
    /// The agencies; each must conclude.
    pub agencies: Vec<String>,
}

/// How often and how long an agency may return a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// After so many returns an arbiter decides.
    pub at_most: u32,
    /// So long after it was assigned.
    pub within: Limit,
    /// For these reasons only with evidence.
    pub evidence_for: Vec<ReturnReason>,
}

/// How often and how long a limit may be extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extensions {
    /// Each case at most so often.
    pub at_most: u32,
    /// From this one on, counted from 1, a leader approves; before it an officer may.
    pub leader_from: u32,
    /// Each at most so many days.
    pub longest_days: u16,
}

/// One tier of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its name: 所, 县, 市.
    pub name: String,
    /// The agency; the lead agency of the case where none.
    pub agency: Option<String>,
}

/// One task of asking again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisitTask {
    /// Who asks.
    pub by: Rank,
    /// Who is asked.
    pub whom: Asked,
    /// On which day after the case was resolved.
    pub after: Limit,
    /// The post whose list it stands in; where there is no such post, see
    /// [`owe_revisits`](crate::domain::acts::revisits).
    pub post: Option<String>,
}

/// Who is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The agencies that took part.
    Agencies,
    /// The people of the case.
    People,
    /// The community.
    Community,
}

impl Asked {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agencies => "相关单位",
            Self::People => "当事人",
            Self::Community => "社区",
        }
    }
}

/// Major events (重大事件跟踪制; S0-06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Major {
    /// Who is told at once, besides the case's own agencies.
    pub recipients: Vec<String>,
}

/// What comes on the weekly agenda (S2-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// Cases of this level and above.
    pub level: Level,
    /// Or open for so many days.
    pub open_days: u16,
    /// Or returned so often.
    pub returned: u32,
    /// 1 is Monday.
    pub weekday: i8,
    /// The hour by which it is held, in the county's zone.
    pub hour: i8,
}

impl Practice {
    /// What follows when a duty of this kind is not done, and when.
    #[must_use]
    pub fn terms(&self, kind: DutyKind) -> &Terms {
        self.terms.get(&kind).unwrap_or(&terms::NO_TERMS)
    }

    /// Whether the practice says anything of this kind.
    #[must_use]
    pub fn has_terms(&self, kind: DutyKind) -> bool {
        self.terms.contains_key(&kind)
    }

    /// How long someone has, by level.
    #[must_use]
    pub fn limit(&self, kind: DutyKind, level: Level) -> Limit {
        self.terms(kind).limit(level)
    }

    /// The agencies that own a case together; empty where one leads alone.
    #[must_use]
    pub fn owners(&self, area: &str, category: &str, source: &str, repeat: bool) -> &[String] {
        self.owners
            .iter()
            .find(|rule| {
                rule.category.as_deref().is_none_or(|c| c == category)
                    && rule.source.as_deref().is_none_or(|s| s == source)
                    && rule.area.as_deref().is_none_or(|begin| area.starts_with(begin))
                    && (repeat || !rule.repeat_only)
            })
            .map_or(&[], |rule| rule.agencies.as_slice())
    }

    /// What an agency does not get of the matter of a case with these marks: all that any rule withholds.
    #[must_use]
    pub fn withheld_from(
        &self,
        agency: &str,
        directory: &Directory,
        tags: &BTreeSet<String>,
    ) -> BTreeSet<MatterPart> {
        let rules = self.withheld.iter().filter(|rule| rule.holds_for(agency, directory, tags));
        rules.flat_map(|rule| rule.parts.iter().copied()).collect()
    }

    /// The tiers of an alert of this level.
    #[must_use]
    pub fn tiers(&self, level: Level) -> &[Tier] {
        self.alerts.get(&level).map_or(&[], Vec::as_slice)
    }
}
