//! What an officer has said about what belongs together. The machine never overrides it.

use uuid::Uuid;

/// What is linked: each has clusters of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The person who reported.
    Person,
    /// Their household.
    Household,
    /// The dispute.
    Case,
}

/// What was said of two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// They are the same (confirmed, or merged).
    Together,
    /// They are not the same (denied, or split).
    Apart,
}

/// What a word is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// The report that is being linked.
    This,
    /// An earlier report.
    Report(Uuid),
    /// A cluster of the word's kind.
    Cluster(Uuid),
}

/// An officer's word. Where two words contradict each other, apart holds: to accuse the wrong family is worse than
/// to miss a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HumanWord {
    /// Of which clusters it speaks.
    pub kind: Kind,
    /// What was said.
    pub said: Said,
    /// Of what.
    pub one: Thing,
    /// And of what.
    pub other: Thing,
}
