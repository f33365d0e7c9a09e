//! Reading the language. What it does not know it refuses, with the place.

use super::{Column, ColumnKind, Comparator, Condition, Grain, Measure, Size, TimeBase, TimeTerm, What};

/// Deeper brackets are a slip of the pen.
const DEEPEST: usize = 16;

/// A text that is not of the language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at `{at}`: {expected}")]
pub struct NotOfTheLanguage {
    /// The word where it goes wrong; empty at the end.
    pub at: String,
    /// What would be right.
    pub expected: String,
}

type Read<T> = Result<T, NotOfTheLanguage>;

/// Reads what is counted.
///
/// # Errors
/// [`NotOfTheLanguage`]
pub fn measure(text: &str, grain: Grain) -> Read<Measure> {
    let mut words = Words::of(text, grain);
    let what = if words.take("count") {
        What::Count
    } else if words.take("sum") {
        words.expect("(")?;
        let mut columns = vec![words.column("a column with a number", |kind| kind == ColumnKind::Number)?];
        while words.take("+") {
            columns.push(words.column("a column with a number", |kind| kind == ColumnKind::Number)?);
        }
        words.expect(")")?;
        What::Sum(columns)
    } else {
        return Err(words.wrong("count or sum"));
    };
    let condition = if words.take("where") { words.condition(0)? } else { Condition::All(Vec::new()) };
    words.end()?;
    Ok(Measure { what, condition })
}

/// Reads which facts.
///
/// # Errors
/// [`NotOfTheLanguage`]
pub fn condition(text: &str, grain: Grain) -> Read<Condition> {
    let mut words = Words::of(text, grain);
    let condition = words.condition(0)?;
    words.end()?;
    Ok(condition)
}

/// Reads how large a fact is.
///
/// # Errors
/// [`NotOfTheLanguage`]
pub fn size(text: &str, grain: Grain) -> Read<Size> {
    let mut words = Words::of(text, grain);
    let first = words.column("a number or a time", |kind| kind == ColumnKind::Number || is_time(kind))?;
    let size = if is_time(first.kind) {
        words.expect("-")?;
        Size::Seconds { to: first, from: words.column("a time", is_time)? }
    } else {
        Size::Number(first)
    };
    words.end()?;
    Ok(size)
}

/// Reads the name of a time.
///
/// # Errors
/// [`NotOfTheLanguage`]
pub fn time_column(text: &str, grain: Grain) -> Read<Column> {
    let mut words = Words::of(text, grain);
    let column = words.column("a time", is_time)?;
    words.end()?;
    Ok(column)
}

fn is_time(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Happened | ColumnKind::Due)
}

/// The words of a text, the next one first.
struct Words<'a> {
    rest: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
    grain: Grain,
}

impl<'a> Words<'a> {
    fn of(text: &'a str, grain: Grain) -> Self {
        let mut words = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = if is_name(first) {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            } else if ["<=", ">=", "!="].iter().any(|two| rest.starts_with(two)) {
                2
            } else {
                first.len_utf8()
            };
            let (word, behind) = rest.split_at(length);
            words.push(word);
            rest = behind.trim_start();
        }
        Self { rest: words.into_iter().peekable(), grain }
    }

    fn wrong(&mut self, expected: impl Into<String>) -> NotOfTheLanguage {
        let at = self.rest.peek().copied().unwrap_or_default().to_owned();
        NotOfTheLanguage { at, expected: expected.into() }
    }

    fn take(&mut self, word: &str) -> bool {
        self.rest.next_if(|next| *next == word).is_some()
    }

    fn expect(&mut self, word: &str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(self.wrong(word)) }
    }

    fn end(&mut self) -> Read<()> {
        if self.rest.peek().is_none() { Ok(()) } else { Err(self.wrong("the end")) }
    }

    fn column(&mut self, expected: &str, fits: impl Fn(ColumnKind) -> bool) -> Read<Column> {
        let grain = self.grain;
        let found = self.rest.peek().and_then(|word| grain.column(word)).filter(|column| fits(column.kind));
        let Some(column) = found else {
            let known: Vec<_> =
                grain.columns().filter(|column| fits(column.kind)).map(|column| column.name).collect();
            return Err(self.wrong(format!("{expected}: {}", known.join(", "))));
        };
        self.rest.next();
        Ok(column)
    }

    fn condition(&mut self, depth: usize) -> Read<Condition> {
        let mut any = vec![self.all(depth)?];
        while self.take("or") {
            any.push(self.all(depth)?);
        }
        Ok(one_or(any, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Read<Condition> {
        let mut all = vec![self.one(depth)?];
        while self.take("and") {
            all.push(self.one(depth)?);
        }
        Ok(one_or(all, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Read<Condition> {
        if depth > DEEPEST {
            return Err(self.wrong("fewer brackets"));
        }
        if self.take("not") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let condition = self.condition(depth + 1)?;
            self.expect(")")?;
            return Ok(condition);
        }
        if self.take("has") {
            return Ok(Condition::Has(self.column("a time", is_time)?));
        }
        if ["from", "before", "now"].iter().any(|word| self.rest.peek() == Some(word)) {
            return self.times();
        }
        let Some(column) = self.rest.peek().and_then(|word| self.grain.column(word)) else {
            return Err(self.column("a column", |_| true).err().unwrap_or_else(|| self.wrong("a column")));
        };
        match column.kind {
            ColumnKind::Happened | ColumnKind::Due => self.times(),
            ColumnKind::Flag => {
                self.rest.next();
                Ok(Condition::Flag(column))
            }
            ColumnKind::Number => {
                self.rest.next();
                Ok(Condition::Number(column, self.comparator()?, self.number()?))
            }
            ColumnKind::Code(known) => {
                self.rest.next();
                self.among(|words| {
                    let number = words.rest.peek().and_then(|word| known.number(word));
                    let number = number.ok_or_else(|| words.wrong("a word of the contract"))?;
                    words.rest.next();
                    Ok(number)
                })
                .map(|(within, codes)| unless(within, Condition::Code(column, codes)))
            }
            ColumnKind::Text => {
                self.rest.next();
                self.among(|words| {
                    let text = words
                        .rest
                        .next_if(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                    text.map(str::to_owned).ok_or_else(|| words.wrong("a code of the county"))
                })
                .map(|(within, texts)| unless(within, Condition::Text(column, texts)))
            }
        }
    }

    /// `= word`, `!= word` or `in (word, word)`.
    fn among<T>(&mut self, mut one: impl FnMut(&mut Self) -> Read<T>) -> Read<(bool, Vec<T>)> {
        if self.take("in") {
            self.expect("(")?;
            let mut many = vec![one(self)?];
            while self.take(",") {
                many.push(one(self)?);
            }
            self.expect(")")?;
            return Ok((true, many));
        }
        let within = match self.comparator()? {
            Comparator::Equal => true,
            Comparator::Unequal => false,
            _ => return Err(self.wrong("= or != before it")),
        };
        Ok((within, vec![one(self)?]))
    }

    fn times(&mut self) -> Read<Condition> {
        let left = self.time()?;
        let comparator = self.comparator()?;
        Ok(Condition::Time(left, comparator, self.time()?))
    }

    fn time(&mut self) -> Read<TimeTerm> {
        let base = if self.take("from") {
            TimeBase::From
        } else if self.take("before") {
            TimeBase::Before
        } else if self.take("now") {
            TimeBase::Now
        } else {
            TimeBase::Column(self.column("from, before, now, or a time", is_time)?)
        };
        let sign = if self.take("+") {
            1
        } else if self.take("-") {
            -1
        } else {
            return Ok(TimeTerm { base, shift: 0 });
        };
        Ok(TimeTerm { base, shift: sign * self.duration()? })
    }

    /// `24h`: in seconds; at most ten years.
    fn duration(&mut self) -> Read<i64> {
        let seconds = self.rest.peek().and_then(|word| {
            // A word may be a sign of several bytes.
            let (number, unit) = word.split_at_checked(word.len().checked_sub(1)?)?;
            let unit = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return None,
            };
            number.parse::<i64>().ok()?.checked_mul(unit).filter(|seconds| *seconds <= 3_653 * 86_400)
        });
        let seconds = seconds.ok_or_else(|| self.wrong("a duration such as 24h or 90d"))?;
        self.rest.next();
        Ok(seconds)
    }

    fn number(&mut self) -> Read<i64> {
        let number = self.rest.peek().and_then(|word| word.parse().ok());
        let number = number.ok_or_else(|| self.wrong("a whole number"))?;
        self.rest.next();
        Ok(number)
    }

    fn comparator(&mut self) -> Read<Comparator> {
        let comparator = match self.rest.peek().copied() {
            Some("=") => Comparator::Equal,
            Some("!=") => Comparator::Unequal,
            Some("<") => Comparator::Less,
            Some("<=") => Comparator::AtMost,
            Some(">") => Comparator::Greater,
            Some(">=") => Comparator::AtLeast,
            _ => return Err(self.wrong("=, !=, <, <=, > or >=")),
        };
        self.rest.next();
        Ok(comparator)
    }
}

fn one_or(mut conditions: Vec<Condition>, of: impl FnOnce(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(one) if conditions.is_empty() => one,
        last => of(conditions.into_iter().chain(last).collect()),
    }
}

fn unless(within: bool, condition: Condition) -> Condition {
    if within { condition } else { Condition::Not(Box::new(condition)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_closer_than_or_and_not_closest() {
        let grain = Grain::Case;
        let read = |text: &str| condition(text, grain).unwrap();
        assert_eq!(read("merged or drill and not major"), read("merged or (drill and (not major))"));
        assert_ne!(read("merged or drill and not major"), read("(merged or drill) and not major"));
    }

    #[test]
    fn times_are_moved_and_codes_are_numbers() {
        let Condition::Time(left, Comparator::AtMost, right) =
            condition("reopened_at <= first_settled_at + 90d", Grain::Case).unwrap()
        else {
            unreachable!("it compares times")
        };
        assert_eq!((left.shift, right.shift), (0, 90 * 86_400));
        let level = Grain::Case.column("level").unwrap();
        assert_eq!(condition("level in (red, orange)", Grain::Case), Ok(Condition::Code(level, vec![4, 3])));
    }

    #[test]
    fn what_it_does_not_know_is_refused_with_the_place() {
        let at = |text: &str| measure(text, Grain::Case).unwrap_err().at;
        assert_eq!(at("count where phone = 138"), "phone");
        assert_eq!(at("count where level = crimson"), "crimson");
        assert_eq!(at("count where merged; drop"), ";");
        assert_eq!(at("sum(level)"), "level");
        assert_eq!(at("count where opened_at < now + 9999d"), "9999d");
        assert_eq!(at("count where opened_at < now + 天"), "天");
        assert_eq!(at("count where"), "");
        assert_eq!(at(&format!("count where {}merged", "not ".repeat(40))), "not");
        assert!(size("settled_at - sessions", Grain::Case).is_err());
    }
}
