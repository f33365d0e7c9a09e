//! What a definition says, computed over a record: what the store's SQL has to agree with.

use jiff::{SignedDuration, Timestamp};

use super::{Column, ColumnKind, Comparator, Condition, Moment, Record, Size, TimeBase, TimeTerm, Value};

/// Whether a condition holds for a record.
pub fn holds(condition: &Condition, record: &dyn Record, moment: &Moment) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|one| holds(one, record, moment)),
        Condition::Any(any) => any.iter().any(|one| holds(one, record, moment)),
        Condition::Not(one) => !holds(one, record, moment),
        Condition::Flag(column) => record.value(column.name) == Some(Value::Flag(true)),
        Condition::Has(column) => time_of(*column, record, moment).is_some(),
        Condition::Time(left, comparator, right) => {
            match (term(left, record, moment), term(right, record, moment)) {
                (Some(left), Some(right)) => comparator.holds(&left, &right),
                _ => false,
            }
        }
        Condition::Number(column, comparator, than) => {
            number(*column, record).is_some_and(|number| comparator.holds(&number, than))
        }
        Condition::Code(column, codes) => {
            number(*column, record).is_some_and(|number| codes.iter().any(|code| i64::from(*code) == number))
        }
        Condition::Text(column, texts) => match record.value(column.name) {
            Some(Value::Text(text)) => texts.iter().any(|one| one == text),
            _ => false,
        },
    }
}

/// How large a record is; none where it has no size.
pub fn measured(size: &Size, record: &dyn Record, moment: &Moment) -> Option<i64> {
    match size {
        Size::Number(column) => number(*column, record),
        Size::Seconds { from, to } => {
            let (from, to) = (time_of(*from, record, moment)?, time_of(*to, record, moment)?);
            let micros = to.as_microsecond().saturating_sub(from.as_microsecond());
            Some(micros.div_euclid(1_000_000))
        }
    }
}

/// A time of a record; none where it is not there, or is left out.
pub fn time_of(column: Column, record: &dyn Record, moment: &Moment) -> Option<Timestamp> {
    let Some(Value::Time(time)) = record.value(column.name) else { return None };
    let left_out = |time: &Timestamp| moment.cut && column.kind == ColumnKind::Happened && *time > moment.now;
    time.filter(|time| !left_out(time))
}

fn number(column: Column, record: &dyn Record) -> Option<i64> {
    match record.value(column.name) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    }
}

fn term(term: &TimeTerm, record: &dyn Record, moment: &Moment) -> Option<Timestamp> {
    let base = match term.base {
        TimeBase::Column(column) => time_of(column, record, moment)?,
        TimeBase::From => moment.from,
        TimeBase::Before => moment.before,
        TimeBase::Now => moment.now,
    };
    base.checked_add(SignedDuration::from_secs(term.shift)).ok()
}

impl Comparator {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}
