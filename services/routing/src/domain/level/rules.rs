//! The county's level rules: ordered expressions, the first that is true decides; beside them scores that
//! add up, and rules that put tags on the case.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

use cel::{Context, Env};
use fengqiao_county::Mistakes;

use super::{
    Facts, Grade, Level, LevelsInUse, Trouble, TroubleKind,
    condition::{Condition, context},
    rule_file,
    scale::Scale,
    scores::{Score, ScoreLevels, Tally},
    variables::Values,
    words::WordGroups,
};
use crate::domain::case::LevelReason;

/// Stands for the rule where the sum of the scores decided.
pub const SCORE: &str = "score";
/// Stands for the rule where none was true.
pub const NO_RULE: &str = "none";
const NO_RULE_TEXT: &str = "没有规则符合";

/// A rule that decides a level.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) level: Level,
    pub(super) text: String,
    pub(super) condition: Condition,
}

/// A rule that puts a tag on a case; its id is the tag.
pub(super) struct TagRule {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) condition: Condition,
}

/// A county's rules, compiled once.
pub struct RuleSet {
    pub(super) version: String,
    pub(super) words: WordGroups,
    pub(super) scale: Scale,
    pub(super) levels: LevelsInUse,
    pub(super) budget: std::time::Duration,
    pub(super) tags: Vec<TagRule>,
    pub(super) rules: Vec<Rule>,
    pub(super) scores: Vec<Score>,
    pub(super) score_levels: ScoreLevels,
    pub(super) env: Arc<Env>,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleSet").field("version", &self.version).field("rules", &self.rules.len()).finish()
    }
}

impl RuleSet {
    /// Reads the text of `levels.toml`. `file` is the name in mistakes.
    ///
    /// # Errors
    /// Everything that cannot be used, with its line.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Mistakes> {
        rule_file::read(file, text)
    }

    /// The version of the rules.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The levels that the county uses.
    #[must_use]
    pub const fn levels(&self) -> &LevelsInUse {
        &self.levels
    }

    /// Why the rules put a tag on cases, for people; none where no rule does.
    #[must_use]
    pub fn tag_text(&self, tag: &str) -> Option<&str> {
        self.tags.iter().find(|rule| rule.id == tag).map(|rule| rule.text.as_str())
    }

    /// Decides the level of a report: that of the first rule that is true, or that of the sum of the scores
    /// where it is higher; blue where there is neither, or the next level that the county uses. The tags
    /// that the rules put are seen by the rules and scores. A rule that fails counts as not true and is
    /// named, a slow one is named.
    #[must_use]
    pub fn grade(&self, facts: &Facts<'_>) -> Grade {
        let scale = self.scale.word(facts.people.group_size);
        let mut values = Values::of(facts, scale, &self.words);
        let mut troubled = Vec::new();
        let tags: Vec<&TagRule> = {
            let mut trial =
                Trial { context: context(&self.env, &values), set: self, troubled: &mut troubled };
            self.tags.iter().filter(|rule| trial.holds(&rule.id, &rule.condition)).collect()
        };
        values.add_tags(tags.iter().map(|rule| rule.id.as_str()));
        let mut trial = Trial { context: context(&self.env, &values), set: self, troubled: &mut troubled };
        let decided = self.rules.iter().find(|rule| trial.holds(&rule.id, &rule.condition));
        let given = self.scores.iter().filter(|score| trial.holds(&score.id, &score.condition)).collect();
        let tally = Tally::of(&self.scores, given);
        let verdict = self.verdict(decided, &tally, &values);
        let level = self.levels.raised(verdict.level);
        let mut told = verdict.facts;
        if level != verdict.level {
            told.insert("raised_from".to_owned(), verdict.level.word().to_owned());
        }
        if !self.scores.is_empty() {
            told.extend(tally.told());
        }
        for (name, why) in [("failed_rules", TroubleKind::Failed), ("slow_rules", TroubleKind::Slow)] {
            let rules: Vec<&str> =
                troubled.iter().filter(|trouble| trouble.why == why).map(|t| t.rule.as_str()).collect();
            if !rules.is_empty() {
                told.insert(name.to_owned(), rules.join(","));
            }
        }
        Grade {
            level,
            reason: LevelReason {
                rule: verdict.rule,
                rule_set: self.version.clone(),
                text: verdict.text,
                facts: told,
                words: None,
            },
            tags: tags.iter().map(|rule| rule.id.clone()).collect(),
            troubled,
        }
    }

    /// Who decides: the rule, or the scores where they go higher.
    fn verdict(&self, decided: Option<&Rule>, tally: &Tally<'_>, values: &Values<'_>) -> Verdict {
        let level = decided.map_or(Level::Blue, |rule| rule.level);
        let by_score = self.score_levels.level(tally.sum());
        if by_score > level {
            let facts = tally.given().iter().flat_map(|score| score.condition.told(values)).collect();
            return Verdict { level: by_score, rule: SCORE.to_owned(), text: tally.text(), facts };
        }
        match decided {
            Some(rule) => Verdict {
                level,
                rule: rule.id.clone(),
                text: rule.text.clone(),
                facts: rule.condition.told(values).collect(),
            },
            None => Verdict {
                level,
                rule: NO_RULE.to_owned(),
                text: NO_RULE_TEXT.to_owned(),
                facts: BTreeMap::new(),
            },
        }
    }
}

/// A level before the county's choice of levels, and why.
struct Verdict {
    level: Level,
    rule: String,
    text: String,
    facts: BTreeMap<String, String>,
}

/// Rules on trial over the same values.
struct Trial<'r, 'v> {
    set: &'r RuleSet,
    context: Context<'v, 'v>,
    troubled: &'r mut Vec<Trouble>,
}

impl Trial<'_, '_> {
    /// Whether a rule is true. A slow answer is an answer: a level must not depend on how busy the machine is.
    fn holds(&mut self, id: &str, condition: &Condition) -> bool {
        let (answer, slow) = self.timed(condition);
        // The machine may have paused; only what is slow twice is slow.
        if slow && self.timed(condition).1 {
            self.name(id, TroubleKind::Slow);
        }
        if answer.is_none() {
            self.name(id, TroubleKind::Failed);
        }
        answer.unwrap_or(false)
    }

    /// The answer, and whether it took more than the budget.
    fn timed(&self, condition: &Condition) -> (Option<bool>, bool) {
        let begun = Instant::now();
        let answer = condition.holds(&self.context);
        (answer, begun.elapsed() > self.set.budget)
    }

    fn name(&mut self, id: &str, why: TroubleKind) {
        self.troubled.push(Trouble { rule: id.to_owned(), why });
    }
}

#[cfg(test)]
mod tests;
