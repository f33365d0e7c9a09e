//! Reads `levels.toml`. Everything in it is checked before any of it is used.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use cel::Env;
use fengqiao_county::{Mistake, Mistakes, line_at};
use serde::Deserialize;
use toml::Spanned;

use super::{
    Level, LevelsInUse, NO_RULE, RuleSet, SCORE,
    condition::{Condition, on_a_deep_stack},
    rules::{Rule, TagRule},
    scale::Scale,
    scores::{Score, ScoreLevels},
    words::WordGroups,
};
use crate::domain::case::OFFICER;

const MAX_RULES: usize = 200;
const MAX_POINTS: u32 = 1_000;
const MAX_ID_CHARS: usize = 60;
/// What stands in reasons for something else than a rule.
const TAKEN_IDS: [&str; 3] = [OFFICER, SCORE, NO_RULE];
const BUDGET_US: u64 = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    /// How long one rule may take, in microseconds.
    #[serde(default = "budget_us")]
    rule_budget_us: Spanned<u64>,
    levels: Option<Spanned<Vec<Level>>>,
    #[serde(default = "scale")]
    scale: Spanned<Scale>,
    #[serde(default = "no_words")]
    words: Spanned<BTreeMap<String, Vec<String>>>,
    score_levels: Option<Spanned<ScoreLevels>>,
    #[serde(default, rename = "tag")]
    tags: Vec<Spanned<RawTag>>,
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<RawRule>>,
    #[serde(default, rename = "score")]
    scores: Vec<Spanned<RawScore>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    level: Level,
    when: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTag {
    id: String,
    when: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScore {
    id: String,
    factor: String,
    points: u32,
    when: String,
    text: String,
}

fn budget_us() -> Spanned<u64> {
    Spanned::new(0..0, BUDGET_US)
}

fn scale() -> Spanned<Scale> {
    Spanned::new(0..0, Scale::default())
}

fn no_words() -> Spanned<BTreeMap<String, Vec<String>>> {
    Spanned::new(0..0, BTreeMap::new())
}

/// Reads the text of a file; `file` is its name in mistakes.
pub(super) fn read(file: &Path, text: &str) -> Result<RuleSet, Mistakes> {
    let raw: File = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |span| line_at(text, span.start));
        Mistake::new(file, line, e.message())
    })?;
    let mut reader = Reader { file, text, mistakes: Vec::new() };
    let Some(set) = on_a_deep_stack(|| reader.rule_set(raw)) else {
        return Err(Mistake::new(file, 0, "the rules cannot be compiled").into());
    };
    match set {
        Some(set) if reader.mistakes.is_empty() => Ok(set),
        _ => Err(Mistakes(reader.mistakes)),
    }
}

/// Collects mistakes while it makes rules of what stands in the file.
struct Reader<'f> {
    file: &'f Path,
    text: &'f str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// The rules that could be read; none where nothing can be compiled without what is wrong.
    fn rule_set(&mut self, raw: File) -> Option<RuleSet> {
        let count = raw.rules.len() + raw.scores.len() + raw.tags.len();
        if raw.version.trim().is_empty() {
            self.mistake(1, "the rules need a version");
        }
        if raw.rules.is_empty() && raw.scores.is_empty() || count > MAX_RULES {
            self.mistake(0, format!("there must be 1 to {MAX_RULES} rules"));
        }
        let (line, budget) = self.placed(raw.rule_budget_us);
        if budget == 0 {
            self.mistake(line, "rule_budget_us must be at least 1");
        }
        let (line, scale) = self.placed(raw.scale);
        self.maybe(line, scale.mistake());
        let levels = self.levels(raw.levels);
        let score_levels = self.score_levels(raw.score_levels, !raw.scores.is_empty());
        let (line, words) = self.placed(raw.words);
        let words = WordGroups::new(&words).map_err(|reason| self.mistake(line, reason)).ok()?;
        let env = Arc::new(Env::stdlib());
        let mut compiler = Compiler { env: &env, words: &words, ids: BTreeSet::new() };
        let tags = self.each(raw.tags, |raw| compiler.tag(raw));
        let rules = self.each(raw.rules, |raw| compiler.rule(raw));
        let scores = self.each(raw.scores, |raw| compiler.score(raw));
        Some(RuleSet {
            version: raw.version,
            words,
            scale,
            levels,
            budget: Duration::from_micros(budget),
            tags,
            rules,
            scores,
            score_levels,
            env,
        })
    }

    fn levels(&mut self, raw: Option<Spanned<Vec<Level>>>) -> LevelsInUse {
        let Some(raw) = raw else { return LevelsInUse::default() };
        let (line, levels) = self.placed(raw);
        LevelsInUse::of(levels).unwrap_or_else(|reason| {
            self.mistake(line, reason);
            LevelsInUse::default()
        })
    }

    fn score_levels(&mut self, raw: Option<Spanned<ScoreLevels>>, needed: bool) -> ScoreLevels {
        let Some(raw) = raw else {
            if needed {
                self.mistake(
                    0,
                    "scores need [score_levels]: from how many points a case is red, orange or yellow",
                );
            }
            return ScoreLevels::default();
        };
        let (line, levels) = self.placed(raw);
        if !needed {
            self.mistake(line, "score_levels need scores");
        }
        self.maybe(line, levels.mistake());
        levels
    }

    fn each<R, T>(&mut self, raw: Vec<Spanned<R>>, mut make: impl FnMut(R) -> Result<T, String>) -> Vec<T> {
        let mut made = Vec::with_capacity(raw.len());
        for one in raw {
            let (line, one) = self.placed(one);
            match make(one) {
                Ok(one) => made.push(one),
                Err(reason) => self.mistake(line, reason),
            }
        }
        made
    }

    fn placed<T>(&self, spanned: Spanned<T>) -> (u64, T) {
        (line_at(self.text, spanned.span().start), spanned.into_inner())
    }

    fn maybe(&mut self, line: u64, reason: Option<String>) {
        if let Some(reason) = reason {
            self.mistake(line, reason);
        }
    }

    fn mistake(&mut self, line: u64, reason: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.file, line, reason));
    }
}

/// Makes rules of what was written.
struct Compiler<'c> {
    env: &'c Arc<Env>,
    words: &'c WordGroups,
    ids: BTreeSet<String>,
}

impl Compiler<'_> {
    fn tag(&mut self, raw: RawTag) -> Result<TagRule, String> {
        self.name(&raw.id, &raw.text)?;
        let condition = self.condition(&raw.when)?;
        Ok(TagRule { id: raw.id, text: raw.text, condition })
    }

    fn rule(&mut self, raw: RawRule) -> Result<Rule, String> {
        self.name(&raw.id, &raw.text)?;
        let condition = self.condition(&raw.when)?;
        Ok(Rule { id: raw.id, level: raw.level, text: raw.text, condition })
    }

    fn score(&mut self, raw: RawScore) -> Result<Score, String> {
        self.name(&raw.id, &raw.text)?;
        if !is_word(&raw.factor) {
            return Err("a score needs a factor, one word as family, love or work".to_owned());
        }
        if !(1..=MAX_POINTS).contains(&raw.points) {
            return Err(format!("a score gives 1 to {MAX_POINTS} points"));
        }
        let condition = self.condition(&raw.when)?;
        Ok(Score { id: raw.id, factor: raw.factor, points: raw.points, text: raw.text, condition })
    }

    /// An id names one thing of the file, so that a reason and an alarm are clear.
    fn name(&mut self, id: &str, text: &str) -> Result<(), String> {
        if id.trim().is_empty() || text.trim().is_empty() {
            return Err("a rule needs an id and a text".to_owned());
        }
        if !is_word(id) || TAKEN_IDS.contains(&id) {
            return Err(format!("a rule may not be called {id}: one word, and not {}", TAKEN_IDS.join(", ")));
        }
        if !self.ids.insert(id.to_owned()) {
            return Err(format!("there are two rules {id}"));
        }
        Ok(())
    }

    fn condition(&self, when: &str) -> Result<Condition, String> {
        Condition::compile(self.env, self.words, when)
    }
}

/// A word that can stand in a list with commas.
fn is_word(text: &str) -> bool {
    let chars = text.chars().count();
    (1..=MAX_ID_CHARS).contains(&chars) && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> Mistake {
        RuleSet::parse(Path::new("levels.toml"), text).unwrap_err().0.remove(0)
    }

    #[test]
    fn mistakes_are_said_with_their_line() {
        let rule = |when: &str| {
            format!("version = '1'\n\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = \"{when}\"\ntext = 'x'\n")
        };
        let good = rule("true");
        let score = "[[score]]\nid = 's'\nfactor = 'family'\npoints = 10\nwhen = 'true'\ntext = 'x'\n";
        for (text, line, said) in [
            (rule("hour >"), 3, "does not compile"),
            (rule("nobody == 1"), 3, "no nobody"),
            (rule("words.missing"), 3, "no group"),
            (rule("hour + 1"), 3, "true or false"),
            (good.replace("red", "purple"), 5, "purple"),
            (good.replace("'a'", "'a,b'"), 3, "may not be called a,b"),
            (good.replace("'a'", "'score'"), 3, "may not be called score"),
            (good.replace("'x'", "' '"), 3, "an id and a text"),
            (good.replace("text", "txt"), 7, "unknown field"),
            (format!("{good}[[tag]]\nid = 'a'\nwhen = 'true'\ntext = 'x'\n"), 3, "two rules a"),
            ("version = '1'\n".to_owned(), 0, "1 to 200 rules"),
            (good.replace("'1'", "' '"), 1, "a version"),
            (good.replace("\n\n", "\nrule_budget_us = 0\n"), 2, "at least 1"),
            (good.replace("\n\n", "\nlevels = ['orange']\n"), 2, "red must be"),
            (good.replace("\n\n", "\nlevels = ['purple']\n"), 2, "purple"),
            (good.replace("\n\n", "\n[scale]\nmajor = 2\n"), 2, "a general group"),
            (good.replace("\n\n", "\n[words]\nA = ['x']\n"), 2, "lower-case"),
            (format!("{good}{score}"), 0, "[score_levels]"),
            (format!("{good}[score_levels]\nred = 1\n"), 8, "need scores"),
            (format!("{good}[score_levels]\nred = 1\nyellow = 2\n{score}"), 8, "more for red"),
            (format!("{good}[score_levels]\nred = 9\n{}", score.replace("10", "0")), 10, "1 to 1000 points"),
            (format!("{good}[score_levels]\nred = 9\n{}", score.replace("10", "-5")), 13, "-5"),
            (format!("{good}[score_levels]\nred = 9\n{}", score.replace("family", "")), 10, "a factor"),
        ] {
            let found = mistake(&text);
            assert_eq!(found.line, line, "{found:?}\n{text}");
            assert!(found.reason.contains(said), "{found:?}\n{text}");
        }
    }

    #[test]
    fn all_mistakes_of_a_file_are_said_at_once() {
        let text = "version = ''\nlevels = []\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = '1'\ntext = 'x'\n\
                    [[tag]]\nid = 'b'\nwhen = 'x'\ntext = 'x'\n";
        let Mistakes(found) = RuleSet::parse(Path::new("levels.toml"), text).unwrap_err();
        let lines: Vec<u64> = found.iter().map(|mistake| mistake.line).collect();
        assert_eq!(lines, [1, 2, 8, 3]);
    }
}
