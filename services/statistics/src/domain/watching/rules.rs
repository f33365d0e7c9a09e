//! A county's rules, from its `watching.toml`.

use std::{collections::BTreeSet, path::Path};

use fengqiao_county::{Mistake, Mistakes, line_at, read_text};
use fengqiao_proto::statistics::v1::{AreaLevel, Dimension, WatchedMove};
use serde::Deserialize;
use toml::Spanned;

use crate::domain::definition::Catalogue;

/// The rules of a county that says nothing of its own.
const DEFAULTS: &str = include_str!("../../../data/watching.toml");
/// The name of a county's own rules in its folder.
pub const WATCHING_FILE: &str = "watching.toml";
/// More rules than this nobody reads the alerts of.
const MOST_RULES: usize = 50;
/// Most windows of a rule.
const MOST_WINDOWS: usize = 4;
/// The longest window, in days.
const LONGEST_WINDOW: i32 = 28;
/// Most windows of a past.
const MOST_PAST: usize = 26;
/// The longest time after which cases are looked at, in days.
const LONGEST_LAG: i32 = 90;
/// The longest time for which a series is quiet, in days.
const LONGEST_QUIET: i32 = 92;
/// False alarms that a rule may be expected to raise in a month with a hundred series, at most.
const MOST_FALSE_ALARMS: f64 = 1.0;
/// Looks in a month with a hundred series, for each window.
const LOOKS: f64 = 30.0 * 100.0;

/// What of an indicator is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// The numerator rises.
    CountRises,
    /// The numerator rises, in proportion to the denominator.
    ShareRises,
    /// What is in the denominator and not in the numerator rises in proportion: the share falls.
    ShareFalls,
}

impl Move {
    /// The contract's number.
    pub const fn told(self) -> WatchedMove {
        match self {
            Self::CountRises => WatchedMove::CountRises,
            Self::ShareRises => WatchedMove::ShareRises,
            Self::ShareFalls => WatchedMove::ShareFalls,
        }
    }

    /// Of the contract's number.
    pub fn of(told: WatchedMove) -> Option<Self> {
        [Self::CountRises, Self::ShareRises, Self::ShareFalls].into_iter().find(|one| one.told() == told)
    }
}

/// Which series a rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// One of the county.
    County,
    /// One for each town.
    Town,
    /// One for each community.
    Community,
    /// One for each grid; what was told of no grid is of its community.
    Grid,
    /// One for each agency.
    Agency,
    /// One for each category.
    Category,
}

impl By {
    /// By what the question groups; none for the county as a whole.
    pub const fn dimension(self) -> Option<Dimension> {
        match self {
            Self::County => None,
            Self::Town | Self::Community | Self::Grid => Some(Dimension::Area),
            Self::Agency => Some(Dimension::Agency),
            Self::Category => Some(Dimension::Category),
        }
    }

    /// To which level areas are cut.
    pub const fn area_level(self) -> AreaLevel {
        match self {
            Self::Town => AreaLevel::Town,
            Self::Community => AreaLevel::Community,
            Self::Grid => AreaLevel::Grid,
            Self::County | Self::Agency | Self::Category => AreaLevel::Unspecified,
        }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// The indicator, by which the newest definition is meant.
    pub indicator: String,
    /// Which series.
    pub by: By,
    /// What of it is watched.
    pub moves: Move,
    /// How many days are taken together, each number by itself.
    pub window_days: Vec<i32>,
    /// How many windows the past has.
    pub past_windows: usize,
    /// The greatest chance that a limit is reached by one window though nothing changed.
    pub chance: f64,
    /// Fewer than so many are never raised.
    pub least: u64,
    /// For so many days a series that was raised is not raised again.
    pub quiet_days: i32,
    /// A day is looked at so many days later.
    pub lag_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Rules of the defaults that the county does not want.
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    rule: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    indicator: String,
    by: By,
    moves: Move,
    #[serde(default = "usual_windows")]
    window_days: Vec<i32>,
    #[serde(default = "usual_past")]
    past_windows: usize,
    #[serde(default = "usual_chance")]
    chance: f64,
    #[serde(default = "usual_least")]
    least: u64,
    #[serde(default = "usual_quiet")]
    quiet_days: i32,
    #[serde(default)]
    lag_days: i32,
}

fn usual_windows() -> Vec<i32> {
    vec![2, 7]
}

const fn usual_past() -> usize {
    12
}

const fn usual_chance() -> f64 {
    0.00015
}

const fn usual_least() -> u64 {
    4
}

const fn usual_quiet() -> i32 {
    14
}

impl Rule {
    /// A rule of this kind with what is usual, for whatever a file leaves out.
    pub fn usual(id: &str, indicator: &str, by: By, moves: Move) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            indicator: indicator.to_owned(),
            by,
            moves,
            window_days: usual_windows(),
            past_windows: usual_past(),
            chance: usual_chance(),
            least: usual_least(),
            quiet_days: usual_quiet(),
            lag_days: 0,
        }
    }
}

/// Reads the rules of a county's folder: the defaults, without those that the county does not want, and its own. One of
/// its own with a default's id replaces it.
///
/// # Errors
/// All mistakes, each with its line.
pub fn load(folder: &Path, catalogue: &Catalogue) -> Result<Vec<Rule>, Mistakes> {
    let file = folder.join(WATCHING_FILE);
    let own = read_text(&file)?.unwrap_or_default();
    of(&own, &file, catalogue)
}

/// The same of a text; `file` is only named in mistakes.
///
/// # Errors
/// All mistakes, each with its line.
pub fn of(own: &str, file: &Path, catalogue: &Catalogue) -> Result<Vec<Rule>, Mistakes> {
    let mut mistakes = Vec::new();
    let shipped = read(DEFAULTS, Path::new("the built-in watching.toml"), catalogue, &mut mistakes);
    let own = read(own, file, catalogue, &mut mistakes);
    for unwanted in
        own.without.iter().filter(|unwanted| shipped.rules.iter().all(|rule| rule.id != **unwanted))
    {
        mistakes.push(Mistake::new(file, 0, format!("without: {unwanted} is no rule that is shipped")));
    }
    let replaced =
        |rule: &Rule| own.without.contains(&rule.id) || own.rules.iter().any(|one| one.id == rule.id);
    let mut rules: Vec<Rule> = shipped.rules.into_iter().filter(|rule| !replaced(rule)).collect();
    rules.extend(own.rules);
    if rules.len() > MOST_RULES {
        mistakes.push(Mistake::new(file, 0, format!("at most {MOST_RULES} rules")));
    }
    if mistakes.is_empty() { Ok(rules) } else { Err(Mistakes(mistakes)) }
}

struct Read {
    without: Vec<String>,
    rules: Vec<Rule>,
}

fn read(text: &str, file: &Path, catalogue: &Catalogue, mistakes: &mut Vec<Mistake>) -> Read {
    let entries: File = match toml::from_str(text) {
        Ok(entries) => entries,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            mistakes.push(Mistake::new(file, line, error.message()));
            return Read { without: Vec::new(), rules: Vec::new() };
        }
    };
    let mut rules: Vec<Rule> = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries.rule {
        let line = line_at(text, entry.span().start);
        let entry = entry.into_inner();
        if !seen.insert(entry.id.clone()) {
            mistakes.push(Mistake::new(file, line, format!("the rule {} stands twice", entry.id)));
        }
        let wrong = wrong(&entry, catalogue);
        mistakes.extend(wrong.into_iter().map(|reason| Mistake::new(file, line, reason)));
        rules.push(Rule {
            id: entry.id,
            name: entry.name,
            indicator: entry.indicator,
            by: entry.by,
            moves: entry.moves,
            window_days: entry.window_days,
            past_windows: entry.past_windows,
            chance: entry.chance,
            least: entry.least,
            quiet_days: entry.quiet_days,
            lag_days: entry.lag_days,
        });
    }
    Read { without: entries.without, rules }
}

fn wrong(entry: &Entry, catalogue: &Catalogue) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |holds: bool, right: String| {
        if !holds {
            wrong.push(right);
        }
    };
    let word = |text: &str| !text.is_empty() && text.len() <= 64 && text.is_ascii();
    hold(word(&entry.id), "id: 1 to 64 letters".to_owned());
    hold((1..=32).contains(&entry.name.chars().count()), "name: 1 to 32 characters".to_owned());
    match catalogue.find(&entry.indicator) {
        None => hold(false, format!("indicator: {} is none of the county's", entry.indicator)),
        Some(definition) => {
            hold(definition.time.is_some(), "indicator: one whose facts have a time".to_owned());
            let fits = entry.moves == Move::CountRises || definition.is_a_share();
            hold(fits, "moves: only a share of counted facts rises or falls as one".to_owned());
        }
    }
    let windows = &entry.window_days;
    let each = windows.iter().all(|days| (1..=LONGEST_WINDOW).contains(days));
    let fits = (1..=MOST_WINDOWS).contains(&windows.len()) && each;
    hold(fits, format!("window_days: 1 to {MOST_WINDOWS} windows of 1 to {LONGEST_WINDOW} days"));
    let past = super::look::LEAST_PAST..=MOST_PAST;
    hold(past.contains(&entry.past_windows), format!("past_windows: {} to {}", past.start(), past.end()));
    // More windows are more looks.
    let looks = LOOKS * f64::from(u32::try_from(windows.len()).unwrap_or(u32::MAX));
    let fits = entry.chance > 0.0 && entry.chance * looks <= MOST_FALSE_ALARMS;
    hold(
        fits,
        format!(
            "chance: above 0, at most {:.6}: one false alarm in a month and 100 series",
            MOST_FALSE_ALARMS / looks
        ),
    );
    hold((1..=1_000_000).contains(&entry.least), "least: 1 to 1,000,000".to_owned());
    hold((0..=LONGEST_QUIET).contains(&entry.quiet_days), format!("quiet_days: 0 to {LONGEST_QUIET}"));
    hold((0..=LONGEST_LAG).contains(&entry.lag_days), format!("lag_days: 0 to {LONGEST_LAG}"));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(own: &str) -> Result<Vec<Rule>, Vec<(u64, String)>> {
        of(own, Path::new(WATCHING_FILE), &Catalogue::defaults().unwrap())
            .map_err(|mistakes| mistakes.0.into_iter().map(|one| (one.line, one.reason)).collect())
    }

    #[test]
    fn what_is_shipped_has_no_mistake_and_says_what_is_usual() {
        let rules = rules("").unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| rule.id.as_str()).collect();
        let expected = ["repeat-calls", "feedback", "signatures", "aged-7", "aged-15", "aged-30", "category"];
        assert_eq!(ids, expected);
        let lags: Vec<_> = rules.iter().map(|rule| rule.lag_days).collect();
        assert_eq!(lags, [0, 0, 0, 7, 15, 30, 0]);
    }

    #[test]
    fn a_county_replaces_leaves_out_and_adds() {
        let own = "without = [\"signatures\", \"aged-30\"]\n\n[[rule]]\nid = \"repeat-calls\"\nname = \"重复\"\n\
                   indicator = \"repeat_rate\"\nby = \"town\"\nmoves = \"share_rises\"\nquiet_days = 7\n";
        let rules = rules(own).unwrap();
        assert_eq!(rules.len(), 5);
        let own = rules.last().unwrap();
        assert_eq!((own.by, own.moves, own.quiet_days), (By::Town, Move::ShareRises, 7));
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        let own = "[[rule]]\nid = \"a\"\nname = \"x\"\nindicator = \"nothing\"\nby = \"grid\"\nmoves = \"count_rises\"\n\
                   chance = 0.001\nwindow_days = []\n\n[[rule]]\nid = \"a\"\nname = \"x\"\nindicator = \"reports\"\nby = \"grid\"\n\
                   moves = \"share_falls\"\n";
        let found = rules(own).unwrap_err();
        let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 1, 10, 10], "{found:?}");
        assert!(found[0].1.contains("nothing") && found[1].1.contains("window_days"));
        assert!(rules("[[rule]]\nid = 1\n").unwrap_err()[0].0 == 2);
        assert!(rules("without = [\"x\"]").unwrap_err()[0].1.contains("no rule"));
        let loud = "[[rule]]\nid = \"a\"\nname = \"x\"\nindicator = \"reports\"\nby = \"grid\"\nmoves = \"count_rises\"\nchance = 0.001\n";
        assert!(rules(loud).unwrap_err()[0].1.contains("one false alarm"));
    }
}
