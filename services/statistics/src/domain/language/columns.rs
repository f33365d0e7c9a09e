//! The columns of the facts that the language knows.

use fengqiao_proto::{
    intake::v1::ActivityKind,
    json::short_name,
    routing::v1::{DutyKind, SettledAt, SettlementMethod},
    types::v1::{CaseState, FormKind, Level, Source},
};
use jiff::Timestamp;

use crate::domain::facts::{ActivityFact, CaseFact, DutyFact, PushFact, ReportFact};

/// What one fact stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// A report. Agency and level are those of its case, where that is known.
    Report,
    /// A case.
    Case,
    /// A push.
    Push,
    /// A duty of an agency in a case.
    Duty,
    /// An activity.
    Activity,
    /// A case that was open at the end of a day. Over several days it counts once for each.
    OpenDay,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// When something happened; not there before it did.
    Happened,
    /// By when something is due.
    Due,
    /// A number.
    Number,
    /// A number of the contract.
    Code(Words),
    /// A text.
    Text,
    /// A mark.
    Flag,
}

/// The words of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// `red` …
    Level,
    /// `police_110` …
    Source,
    /// `open` …
    State,
    /// `report_form` …
    Form,
    /// `sign` …
    Duty,
    /// `visit` …
    Activity,
    /// `grid` …
    SettledAt,
    /// `policy_comfort` …
    Method,
}

/// A column of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, here and in the store.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a record holds in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A time, or none.
    Time(Option<Timestamp>),
    /// A number, of the contract or not.
    Number(i64),
    /// A text.
    Text(&'a str),
    /// A mark.
    Flag(bool),
}

/// A fact as the language sees it.
pub trait Record {
    /// What it holds in a column; none where it has no such column.
    fn value(&self, column: &str) -> Option<Value<'_>>;
}

macro_rules! kind {
    (happened) => {
        ColumnKind::Happened
    };
    (due) => {
        ColumnKind::Due
    };
    (number) => {
        ColumnKind::Number
    };
    (text) => {
        ColumnKind::Text
    };
    (flag) => {
        ColumnKind::Flag
    };
    ($words:ident) => {
        ColumnKind::Code(Words::$words)
    };
}

macro_rules! value {
    (happened $value:expr) => {
        Value::Time($value)
    };
    (due $value:expr) => {
        Value::Time($value)
    };
    (text $value:expr) => {
        Value::Text(&$value)
    };
    (flag $value:expr) => {
        Value::Flag($value)
    };
    // Numbers, of the contract or not.
    ($other:ident $value:expr) => {
        Value::Number(i64::from($value))
    };
}

macro_rules! columns {
    ($list:ident of $fact:ident: $($kind:ident $name:ident),* $(,)?) => {
        const $list: &[Column] = &[$(Column { name: stringify!($name), kind: kind!($kind) }),*];

        impl Record for $fact {
            fn value(&self, column: &str) -> Option<Value<'_>> {
                Some(match column {
                    $(stringify!($name) => value!($kind self.$name),)*
                    _ => return None,
                })
            }
        }
    };
}

columns! { REPORT of ReportFact:
    text area_code, text category, Source source, flag repeat, flag drill, happened occurred_at, happened accepted_at,
}
columns! { CASE of CaseFact:
    text area_code, text category, text agency, Source source, Level level, State state, SettledAt settled_place,
    Method method, flag merged, flag drill, flag performed, flag residents_credited, flag major,
    happened opened_at, happened signed_at, happened contacted_at, happened settled_at, happened first_settled_at,
    happened closed_at, happened reopened_at, happened followed_at, happened revisited_at, happened agreed_at,
    happened mediated_at, happened criminal_at, happened public_order_at, due handle_due_at, due perform_due_at,
    number reports, number sessions, number returns, number extensions, number supervisions, number reopened,
    number revisits_effective, number revisits_solved, number revisits_rated, number revisits_content,
    number revisits_mostly_content,
}
columns! { PUSH of PushFact:
    text area_code, text category, text agency, Source source, Level level, Form form, flag drill,
    happened requested_at, due due_at, due sign_due_at, due feedback_due_at, happened delivered_at,
    happened signed_at, happened returned_at, happened feedback_at, happened answered_at,
}
columns! { DUTY of DutyFact:
    text area_code, text category, text agency, Source source, Level level, Duty kind, flag drill,
    happened started_at, due due_at, happened met_at, happened dropped_at,
}
columns! { ACTIVITY of ActivityFact:
    text area_code, text agency, Source source, Activity kind, flag drill, happened begun_at, number minutes,
    number number,
}

/// What the case of a report adds to it.
const OF_THE_CASE: &[Column] = &[
    Column { name: "agency", kind: ColumnKind::Text },
    Column { name: "level", kind: ColumnKind::Code(Words::Level) },
    Column { name: "has_case", kind: ColumnKind::Flag },
];
/// What the day adds to an open case: its last moment, or now where it is today.
const OF_THE_DAY: &[Column] = &[Column { name: "day_end", kind: ColumnKind::Due }];

impl Grain {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Report, Self::Case, Self::Push, Self::Duty, Self::Activity, Self::OpenDay];

    /// Its word in definitions.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Case => "case",
            Self::Push => "push",
            Self::Duty => "duty",
            Self::Activity => "activity",
            Self::OpenDay => "open_day",
        }
    }

    /// The grain of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.word() == word)
    }

    /// Its columns.
    pub fn columns(self) -> impl Iterator<Item = Column> {
        let (own, besides): (&[Column], &[Column]) = match self {
            Self::Report => (REPORT, OF_THE_CASE),
            Self::Case => (CASE, &[]),
            Self::Push => (PUSH, &[]),
            Self::Duty => (DUTY, &[]),
            Self::Activity => (ACTIVITY, &[]),
            Self::OpenDay => (CASE, OF_THE_DAY),
        };
        own.iter().chain(besides).copied()
    }

    /// The column of a name.
    pub fn column(self, name: &str) -> Option<Column> {
        self.columns().find(|column| column.name == name)
    }
}

impl Words {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Level,
        Self::Source,
        Self::State,
        Self::Form,
        Self::Duty,
        Self::Activity,
        Self::SettledAt,
        Self::Method,
    ];

    /// The name of the code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Source => "source",
            Self::State => "state",
            Self::Form => "form",
            Self::Duty => "duty",
            Self::Activity => "activity",
            Self::SettledAt => "settled_at",
            Self::Method => "method",
        }
    }

    /// The word of the contract's number, as answers write it: `RED`; none where nothing is said or known.
    pub fn word(self, number: i16) -> Option<&'static str> {
        macro_rules! word {
            ($kind:ident) => {
                $kind::try_from(i32::from(number))
                    .ok()
                    .filter(|one| *one != $kind::Unspecified)
                    .map(|one| short_name(one.as_str_name(), $kind::Unspecified.as_str_name()))
            };
        }
        match self {
            Self::Level => word!(Level),
            Self::Source => word!(Source),
            Self::State => word!(CaseState),
            Self::Form => word!(FormKind),
            Self::Duty => word!(DutyKind),
            Self::Activity => word!(ActivityKind),
            Self::SettledAt => word!(SettledAt),
            Self::Method => word!(SettlementMethod),
        }
    }

    /// The contract's number of a word.
    pub fn number(self, word: &str) -> Option<i16> {
        let word = word.to_ascii_uppercase();
        let named = |prefix: &str| format!("{prefix}_{word}");
        let number = match self {
            Self::Level => Level::from_str_name(&named("LEVEL")).map(i32::from),
            Self::Source => Source::from_str_name(&named("SOURCE")).map(i32::from),
            Self::State => CaseState::from_str_name(&named("CASE_STATE")).map(i32::from),
            Self::Form => FormKind::from_str_name(&named("FORM_KIND")).map(i32::from),
            Self::Duty => DutyKind::from_str_name(&named("DUTY_KIND")).map(i32::from),
            Self::Activity => ActivityKind::from_str_name(&named("ACTIVITY_KIND")).map(i32::from),
            Self::SettledAt => SettledAt::from_str_name(&named("SETTLED_AT")).map(i32::from),
            Self::Method => SettlementMethod::from_str_name(&named("SETTLEMENT_METHOD")).map(i32::from),
        };
        number.and_then(|number| i16::try_from(number).ok())
    }
}
