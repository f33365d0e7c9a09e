//! The closed small language in which definitions say what is counted. It knows the columns of the facts and nothing
//! else; it is evaluated here, over a record, and by the store as SQL, from the same tree.
//!
//! ```text
//! measure   = ("count" | "sum" "(" column {"+" column} ")") ["where" condition]
//! size      = column | column "-" column              a number, or seconds from the second time to the first
//! condition = all {"or" all}     all = one {"and" one}     one = "not" one | "(" condition ")" | test
//! test      = flag | "has" time-column | time op time | number-column op number
//!           | code-column ("=" | "!=") word | code-column "in" "(" word {"," word} ")"
//! time      = (time-column | "from" | "before" | "now") [("+" | "-") number ("s" | "m" | "h" | "d")]
//! op        = "=" | "!=" | "<" | "<=" | ">" | ">="
//! ```
//!
//! A test that looks at a time that is not there is false, and `not` of it is true: nothing is neither.

mod columns;
mod evaluate;
mod parse;

use jiff::Timestamp;

pub use self::{
    columns::{Column, ColumnKind, Grain, Record, Value, Words},
    evaluate::{holds, measured, time_of},
    parse::{NotOfTheLanguage, condition, measure, size, time_column},
};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Facts, or what they hold.
    pub what: What,
    /// Which facts.
    pub condition: Condition,
}

/// Facts, or what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The facts.
    Count,
    /// The sum of numbers that they hold.
    Sum(Vec<Column>),
}

/// How large a fact is, for p50 and p90.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// A number that it holds.
    Number(Column),
    /// Whole seconds from one time to another; none where one is not there.
    Seconds {
        /// The earlier one.
        from: Column,
        /// The later one.
        to: Column,
    },
}

/// Which facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Those for which all hold; all facts where there is none.
    All(Vec<Condition>),
    /// Those for which one holds.
    Any(Vec<Condition>),
    /// The others.
    Not(Box<Condition>),
    /// Those with the mark.
    Flag(Column),
    /// Those that have the time.
    Has(Column),
    /// Those whose times stand so to each other.
    Time(TimeTerm, Comparator, TimeTerm),
    /// Those whose number stands so.
    Number(Column, Comparator, i64),
    /// Those with one of the contract's numbers.
    Code(Column, Vec<i16>),
    /// Those with one of the texts.
    Text(Column, Vec<String>),
}

/// A time, moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeTerm {
    /// Which.
    pub base: TimeBase,
    /// By how many seconds it is moved.
    pub shift: i64,
}

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBase {
    /// One of the fact.
    Column(Column),
    /// The window's begin.
    From,
    /// The window's end.
    Before,
    /// The moment for which is counted.
    Now,
}

/// How two values stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// =
    Equal,
    /// !=
    Unequal,
    /// <
    Less,
    /// <=
    AtMost,
    /// >
    Greater,
    /// >=
    AtLeast,
}

/// What an evaluation has to know besides the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The window's begin.
    pub from: Timestamp,
    /// The window's end.
    pub before: Timestamp,
    /// The moment for which is counted.
    pub now: Timestamp,
    /// Whether what happened after that moment is left out.
    pub cut: bool,
}
