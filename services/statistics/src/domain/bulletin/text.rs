//! Text with names of numbers in it.
//!
//! ```text
//! text   = { words | "{" name "}" | "{" figure "}" }
//! name   = "county" | "place" | "period" | "previous" | "year_before" | "first_day" | "last_day" | "made"
//! figure = indicator ["@" version] { key "=" word }
//! key    = "of"        value (the default), numerator, denominator, p50, p90
//!        | "period"    this (the default), previous, year_before
//!        | "change"    previous, year_before: by how much it moved since, in words
//!        | "area" | "agency" | "category"     only of this one
//! ```

use super::period::When;

/// A text in a template is no longer.
const LONGEST: usize = 4_000;

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

/// A piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Words(String),
    /// What the bulletin knows without counting.
    Name(Name),
    /// A number.
    Figure(Figure),
}

/// What the bulletin knows without counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The county's name.
    County,
    /// The name of the place or topic that it is of; the county's where it is of all.
    Place,
    /// Its period.
    Period,
    /// The period before.
    Previous,
    /// The period of the year before.
    YearBefore,
    /// Its first day.
    FirstDay,
    /// Its last day.
    LastDay,
    /// When it is made.
    Made,
}

/// The name of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// As it stands in the template, without the braces.
    pub written: String,
    /// What is looked up.
    pub lookup: Lookup,
    /// What of it is shown.
    pub side: Side,
    /// Since when its change is shown in place of it.
    pub change: Option<When>,
}

/// What is looked up: one figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookup {
    /// Of which period.
    pub when: When,
    /// Of which part of the facts.
    pub only: Only,
    /// The indicator, `id` or `id@version`.
    pub indicator: String,
}

/// A part of the facts; all of them where empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Only {
    /// Of this area and what lies below it.
    pub area: String,
    /// Of this agency.
    pub agency: String,
    /// Of this category.
    pub category: String,
}

/// What of a figure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The figure in its unit.
    #[default]
    Value,
    /// What was counted.
    Numerator,
    /// Out of what.
    Denominator,
    /// The size that half of them have at most.
    Half,
    /// The size that nine of ten have at most.
    NineOfTen,
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("a text has at most {LONGEST} characters"));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            let (named, after) = after.split_once('}').ok_or("a brace that opens has one that closes")?;
            pieces.push(piece(named.trim())?);
            rest = after;
        }
        if rest.contains('}') {
            return Err("a brace that closes has one that opens".to_owned());
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The numbers in it.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Figure(figure) => Some(figure),
            Piece::Words(_) | Piece::Name(_) => None,
        })
    }
}

impl Figure {
    /// All that has to be looked up for it.
    pub fn lookups(&self) -> impl Iterator<Item = Lookup> {
        let other = self.change.map(|when| Lookup { when, ..self.lookup.clone() });
        std::iter::once(self.lookup.clone()).chain(other)
    }
}

fn piece(named: &str) -> Result<Piece, String> {
    let name = match named {
        "county" => Some(Name::County),
        "place" => Some(Name::Place),
        "period" => Some(Name::Period),
        "previous" => Some(Name::Previous),
        "year_before" => Some(Name::YearBefore),
        "first_day" => Some(Name::FirstDay),
        "last_day" => Some(Name::LastDay),
        "made" => Some(Name::Made),
        _ => None,
    };
    name.map_or_else(|| figure(named).map(Piece::Figure), |name| Ok(Piece::Name(name)))
}

fn figure(named: &str) -> Result<Figure, String> {
    let mut words = named.split_whitespace();
    let indicator = words.next().ok_or("between braces stands a name or an indicator")?.to_owned();
    let (mut when, mut side, mut change, mut only) = (When::This, Side::Value, None, Only::default());
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("{word}: write it as key=word"))?;
        match key {
            "period" => when = period(value)?,
            "change" => {
                change = Some(period(value).ok().filter(|when| *when != When::This).ok_or_else(since)?)
            }
            "of" => side = of(value)?,
            "area" => value.clone_into(&mut only.area),
            "agency" => value.clone_into(&mut only.agency),
            "category" => value.clone_into(&mut only.category),
            _ => return Err(format!("{key}: one of of, period, change, area, agency, category")),
        }
    }
    if change.is_some() && (when != When::This || side != Side::Value) {
        return Err("change: without of and period".to_owned());
    }
    Ok(Figure { written: named.to_owned(), lookup: Lookup { when, only, indicator }, side, change })
}

fn since() -> String {
    "change: previous or year_before".to_owned()
}

fn period(word: &str) -> Result<When, String> {
    match word {
        "this" => Ok(When::This),
        "previous" => Ok(When::Previous),
        "year_before" => Ok(When::YearBefore),
        _ => Err("period: this, previous or year_before".to_owned()),
    }
}

fn of(word: &str) -> Result<Side, String> {
    match word {
        "value" => Ok(Side::Value),
        "numerator" => Ok(Side::Numerator),
        "denominator" => Ok(Side::Denominator),
        "p50" => Ok(Side::Half),
        "p90" => Ok(Side::NineOfTen),
        _ => Err("of: value, numerator, denominator, p50 or p90".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_words_names_and_numbers() {
        let text = Text::read("{place}共{reports}件，{reports change=previous}。").unwrap();
        assert_eq!(text.0.len(), 6);
        assert_eq!(text.0[0], Piece::Name(Name::Place));
        let figures: Vec<_> = text.figures().collect();
        assert_eq!(figures[1].written, "reports change=previous");
        let lookups: Vec<_> = figures[1].lookups().map(|lookup| lookup.when).collect();
        assert_eq!(lookups, [When::This, When::Previous]);
        let one = Text::read("{sign_rate@1 of=numerator period=year_before agency=police}").unwrap();
        let figure = one.figures().next().unwrap();
        assert_eq!((figure.side, figure.lookup.when), (Side::Numerator, When::YearBefore));
        assert_eq!(
            (figure.lookup.indicator.as_str(), figure.lookup.only.agency.as_str()),
            ("sign_rate@1", "police")
        );
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (text, right) in [
            ("{reports", "closes"),
            ("reports}", "opens"),
            ("{}", "indicator"),
            ("{reports of=some}", "numerator"),
            ("{reports change=this}", "previous"),
            ("{reports change=previous of=p50}", "without"),
            ("{reports 5}", "key=word"),
            ("{reports town=x}", "area"),
        ] {
            assert!(Text::read(text).unwrap_err().contains(right), "{text}");
        }
    }
}
