//! The states of a county's cases: a table that is data, over four major states that are fixed.
//!
//! A county names its own sub-states and which of them a trigger leads to which. What it cannot do is to
//! move the major states against the law of all counties: that is checked when the table is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::case::State;

/// What can move a case from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// It is pushed to those who must act.
    Push,
    /// It is not pushed; its community looks at it.
    Watch,
    /// An agency is given it.
    Assign,
    /// The agency signed.
    Sign,
    /// The agency returned it.
    Return,
    /// It waits, with approval.
    Park,
    /// It goes on.
    Resume,
    /// The matter is settled.
    Resolve,
    /// People were asked again and it is over.
    Close,
    /// It was not over.
    Reopen,
    /// It is not taken up.
    Reject,
    /// Its reports went into another case.
    Merge,
    /// They came back. The case is then as it was before; where the move leads counts only where the table no
    /// longer has that state.
    Unmerge,
}

impl Trigger {
    /// All triggers.
    pub const ALL: [Self; 13] = [
        Self::Push,
        Self::Watch,
        Self::Assign,
        Self::Sign,
        Self::Return,
        Self::Park,
        Self::Resume,
        Self::Resolve,
        Self::Close,
        Self::Reopen,
        Self::Reject,
        Self::Merge,
        Self::Unmerge,
    ];

    /// From which major states it may lead, and to which: the law of all counties.
    const fn majors(self) -> (&'static [State], State) {
        match self {
            Self::Push
            | Self::Watch
            | Self::Assign
            | Self::Sign
            | Self::Return
            | Self::Park
            | Self::Resume => (&[State::Open], State::Open),
            Self::Resolve => (&[State::Open], State::Resolved),
            Self::Close => (&[State::Resolved], State::Closed),
            Self::Reopen => (&[State::Resolved, State::Closed, State::Rejected], State::Open),
            Self::Reject => (&[State::Open], State::Rejected),
            Self::Merge => (&[State::Open, State::Resolved], State::Closed),
            Self::Unmerge => (&[State::Closed], State::Open),
        }
    }

    /// The word in `practice.toml`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Watch => "watch",
            Self::Assign => "assign",
            Self::Sign => "sign",
            Self::Return => "return",
            Self::Park => "park",
            Self::Resume => "resume",
            Self::Resolve => "resolve",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Reject => "reject",
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
        }
    }
}

/// One sub-state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubState {
    /// Its name, for people.
    pub name: String,
    /// The major state that it lies in.
    pub major: State,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTable {
    /// Names this version of it.
    pub version: String,
    states: BTreeMap<String, SubState>,
    moves: BTreeMap<(Trigger, String), String>,
    first: String,
}

/// The table as a file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    version: String,
    #[serde(rename = "state")]
    states: Vec<RawState>,
    #[serde(rename = "move")]
    moves: Vec<RawMove>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawState {
    code: String,
    name: String,
    major: State,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMove {
    on: Trigger,
    from: Vec<String>,
    to: String,
}

impl StateTable {
    /// Checks a table and makes it usable. The first state named is the one that a case begins in.
    ///
    /// # Errors
    /// What is wrong with it, one line each.
    pub fn check(raw: RawTable) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut states = BTreeMap::new();
        let first = raw.states.first().map(|state| state.code.clone()).unwrap_or_default();
        for RawState { code, name, major } in raw.states {
            if code.is_empty() || code.len() > 32 || name.is_empty() {
                wrong.push(format!("the state {code} needs a code of 1 to 32 bytes and a name"));
            }
            if states.insert(code.clone(), SubState { name, major }).is_some() {
                wrong.push(format!("the state {code} is there twice"));
            }
        }
        if states.get(&first).is_none_or(|state| state.major != State::Open) {
            wrong.push("the first state must be one of the major state open".to_owned());
        }
        let mut moves = BTreeMap::new();
        for RawMove { on, from, to } in raw.moves {
            let (lawful, target) = on.majors();
            if states.get(&to).is_none_or(|state| state.major != target) {
                wrong.push(format!("{} must lead to a state that is {}", on.word(), target.word()));
            }
            for from in from {
                match states.get(&from) {
                    Some(state) if lawful.contains(&state.major) => {
                        if moves.insert((on, from.clone()), to.clone()).is_some() {
                            wrong.push(format!("{} from {from} is there twice", on.word()));
                        }
                    }
                    _ => wrong.push(format!("{} cannot begin in {from}", on.word())),
                }
            }
        }
        let used: BTreeSet<Trigger> = moves.keys().map(|(trigger, _)| *trigger).collect();
        for missing in Trigger::ALL.iter().filter(|trigger| !used.contains(trigger)) {
            wrong.push(format!("nothing is said of {}", missing.word()));
        }
        if wrong.is_empty() { Ok(Self { version: raw.version, states, moves, first }) } else { Err(wrong) }
    }

    /// The state that a case begins in.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Where a trigger leads from a state; nothing where it may not happen there.
    #[must_use]
    pub fn next(&self, from: &str, trigger: Trigger) -> Option<(&str, &SubState)> {
        let to = self.moves.get(&(trigger, from.to_owned()))?;
        self.states.get_key_value(to).map(|(code, state)| (code.as_str(), state))
    }

    /// The open state in which a case is handled again that was over: where the table's first such move leads, or
    /// where a case begins.
    #[must_use]
    pub fn reopened(&self) -> (&str, State) {
        let first = self.moves.iter().find(|((on, _), _)| *on == Trigger::Reopen).map(|(_, to)| to.as_str());
        (first.unwrap_or(&self.first), State::Open)
    }

    /// From which states a trigger may happen, for people.
    #[must_use]
    pub fn origins(&self, trigger: Trigger) -> Vec<&str> {
        let codes = self.moves.keys().filter(|(on, _)| *on == trigger).map(|(_, from)| from);
        codes.filter_map(|code| self.states.get(code)).map(|state| state.name.as_str()).collect()
    }

    /// The state of a code; nothing where the table does not have it.
    #[must_use]
    pub fn state(&self, code: &str) -> Option<&SubState> {
        self.states.get(code)
    }

    /// The name of a state; its code where the table no longer has it.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.states.get(code).map_or(code, |state| state.name.as_str())
    }

    /// All states, by code.
    pub fn states(&self) -> impl Iterator<Item = (&str, &SubState)> {
        self.states.iter().map(|(code, state)| (code.as_str(), state))
    }
}
