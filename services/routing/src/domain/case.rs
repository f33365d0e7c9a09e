//! The case file and its states.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::Source;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    docket::{Docket, FAST_LANE},
    level::Level,
};

/// The major state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Someone has to act.
    Open,
    /// Settled (办结); people have still to be asked again.
    Resolved,
    /// Asked again and over (归档).
    Closed,
    /// Not taken up (不予受理).
    Rejected,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Open, Self::Resolved, Self::Closed, Self::Rejected];

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Open => 1,
            Self::Resolved => 2,
            Self::Closed => 3,
            Self::Rejected => 4,
        }
    }

    /// The state of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether a further report of the same cluster still joins the case.
    #[must_use]
    pub const fn takes_reports(self) -> bool {
        matches!(self, Self::Open | Self::Resolved)
    }

    /// The word in `practice.toml` and in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
        }
    }

    /// The state's name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "办理中",
            Self::Resolved => "已办结",
            Self::Closed => "已归档",
            Self::Rejected => "不予受理",
        }
    }
}

/// Words that may hold personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// As an officer said them; sealed before they are stored.
    Plain(String),
    /// As another service or the store holds them.
    Sealed(Vec<u8>),
}

/// Why a case has its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelReason {
    /// The rule that decided, or [`OFFICER`].
    pub rule: String,
    /// The version of the rule set.
    pub rule_set: String,
    /// The rule's words; no personal data.
    pub text: String,
    /// The facts that the rule looked at; no personal data.
    pub facts: BTreeMap<String, String>,
    /// The officer's words, where a person decided.
    pub words: Option<Words>,
}

/// Stands for the rule where a person decided.
pub const OFFICER: &str = "officer";

/// One case, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// The id.
    pub id: Uuid,
    /// The number that people say.
    pub number: String,
    /// The cluster of intake that it stands for.
    pub cluster_id: Uuid,
    /// The major state.
    pub state: State,
    /// How dangerous it is.
    pub level: Level,
    /// Why it has this level.
    pub level_reason: LevelReason,
    /// The area of its first report.
    pub area_code: String,
    /// The canonical category of its first report.
    pub category: String,
    /// The door of its first report.
    pub first_source: Source,
    /// Who took the first report (首接); never changes.
    pub first_receiver: String,
    /// The agency that has to act.
    pub lead_agency: String,
    /// Counts its changes from 1.
    pub version: i64,
    /// When its first report was accepted.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How many reports it has.
    pub report_count: i32,
    /// How many entries its history has.
    pub history_count: i64,
    /// The sealed matter of its newest report.
    pub sealed_matter: Vec<u8>,
    /// What it holds besides: who handles it, what is owed, what was agreed. Sealed at rest.
    pub docket: Docket,
    /// The seal of the last entry of its history.
    pub history_seal: Vec<u8>,
}

impl CaseFile {
    /// The mark that a caller sends back to say which state of the case it saw.
    #[must_use]
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Until when a further report opens it again: so many days after it was over. None while it takes reports
    /// anyway, and while it is merged: its reports are the other's.
    #[must_use]
    pub fn takes_reports_until(&self, reopen_days: u16) -> Option<Timestamp> {
        if self.state.takes_reports() || self.docket.links.merged_into.is_some() {
            return None;
        }
        let window = SignedDuration::from_hours(24 * i64::from(reopen_days));
        self.closed_at?.checked_add(window).ok()
    }

    /// Its place in lists: the higher, the sooner. The fast lane goes before others of its level (S2-07).
    #[must_use]
    pub fn urgency(&self) -> i32 {
        i32::from(self.level.code()) * 2 + i32::from(self.docket.tags.contains(FAST_LANE))
    }
}
