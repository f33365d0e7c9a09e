//! What another rule set would say of cases that are already there.

use std::collections::BTreeMap;

use super::{Facts, Grade, Level, RuleSet, Trouble};

/// A case on which rules are tried.
#[derive(Debug, Clone, Copy)]
pub struct GradedCase<'a> {
    /// The number that people say.
    pub number: &'a str,
    /// What the rules look at.
    pub facts: Facts<'a>,
    /// The level that it has now, by a rule or an officer.
    pub level: Level,
}

/// What a rule set says of a case, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The level.
    pub level: Level,
    /// The rule that decided.
    pub rule: String,
    /// The rule's words.
    pub text: String,
    /// The facts that it looked at; no personal data.
    pub facts: BTreeMap<String, String>,
    /// The tags that it puts.
    pub tags: Vec<String>,
}

impl From<Grade> for Said {
    fn from(grade: Grade) -> Self {
        let Grade { level, reason, tags, .. } = grade;
        Self { level, rule: reason.rule, text: reason.text, facts: reason.facts, tags }
    }
}

/// A case of which two rule sets say different things: another level, or other tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The number of the case.
    pub number: String,
    /// The level that the case has now.
    pub current: Level,
    /// What the old rules say.
    pub before: Said,
    /// What the new rules say.
    pub after: Said,
}

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DryRun {
    /// The cases of which the rule sets say different things, in the order in which they came.
    pub differences: Vec<Difference>,
    /// How many cases go from which level of the old rules to which of the new; those that stay too.
    pub transitions: BTreeMap<(Level, Level), u64>,
    /// How many cases keep level and tags, but by another rule.
    pub by_another_rule: u64,
    /// How many cases the new rules failed at, or were slow.
    pub troubled: BTreeMap<Trouble, u64>,
}

impl DryRun {
    /// How many cases were looked at.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.transitions.values().sum()
    }

    /// Adds what was found on other cases.
    pub fn add(&mut self, other: Self) {
        self.differences.extend(other.differences);
        for (levels, cases) in other.transitions {
            *self.transitions.entry(levels).or_default() += cases;
        }
        self.by_another_rule += other.by_another_rule;
        for (trouble, cases) in other.troubled {
            *self.troubled.entry(trouble).or_default() += cases;
        }
    }
}

/// Tries new rules on cases, beside the old ones. Changes nothing.
pub fn dry_run<'a>(old: &RuleSet, new: &RuleSet, cases: impl IntoIterator<Item = GradedCase<'a>>) -> DryRun {
    let mut run = DryRun::default();
    for case in cases {
        let before = old.grade(&case.facts);
        let after = new.grade(&case.facts);
        for trouble in &after.troubled {
            *run.troubled.entry(trouble.clone()).or_default() += 1;
        }
        *run.transitions.entry((before.level, after.level)).or_default() += 1;
        if before.level != after.level || before.tags != after.tags {
            run.differences.push(Difference {
                number: case.number.to_owned(),
                current: case.level,
                before: before.into(),
                after: after.into(),
            });
        } else if before.reason.rule != after.reason.rule {
            run.by_another_rule += 1;
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::level::{Past, People, TroubleKind};

    fn rules(text: &str) -> RuleSet {
        RuleSet::parse(Path::new("levels.toml"), text).unwrap()
    }

    fn facts(reports_30d: i64, group_size: i64) -> Facts<'static> {
        Facts {
            category: "property",
            source: "GRID",
            area: "421181105202",
            hour: 9,
            weekday: 2,
            urgency: "",
            past: Past { reports_30d, ..Past::default() },
            people: People { parties: 1, minors: false, group_size },
            tags: &[],
            title: "物业不修电梯",
            narrative: "张三，电话13800000000",
        }
    }

    #[test]
    fn it_says_which_cases_change_and_why() {
        let old = rules(
            "version = '1'\n[[rule]]\nid = 'three'\nlevel = 'orange'\nwhen = 'reports_30d >= 3'\ntext = '三次'\n\
             [[rule]]\nid = 'rest'\nlevel = 'blue'\nwhen = 'true'\ntext = '一般'\n",
        );
        let new = rules(
            "version = '2'\n[[rule]]\nid = 'crowd'\nlevel = 'red'\nwhen = 'group_size >= 30'\ntext = '聚集'\n\
             [[rule]]\nid = 'again'\nlevel = 'orange'\nwhen = 'reports_30d >= 2'\ntext = '再次'\n\
             [[rule]]\nid = 'breaks'\nlevel = 'red'\nwhen = '1 / (group_size - 3) > 5'\ntext = '错'\n\
             [[rule]]\nid = 'rest'\nlevel = 'blue'\nwhen = 'true'\ntext = '一般'\n\
             [[tag]]\nid = 'pair'\nwhen = 'group_size == 2'\ntext = '两人'\n",
        );
        let cases = [("1", 1, 1), ("2", 2, 1), ("3", 3, 1), ("4", 1, 40), ("5", 1, 2), ("6", 1, 3)].map(
            |(number, reports, people)| GradedCase {
                number,
                facts: facts(reports, people),
                level: Level::Yellow,
            },
        );
        let run = dry_run(&old, &new, cases);
        assert_eq!(run.cases(), 6);
        let counts = [
            ((Level::Blue, Level::Blue), 3),
            ((Level::Blue, Level::Orange), 1),
            ((Level::Blue, Level::Red), 1),
            ((Level::Orange, Level::Orange), 1),
        ];
        assert_eq!(run.transitions, BTreeMap::from(counts));
        assert_eq!(run.by_another_rule, 1, "the third case");
        let told: Vec<(&str, &str, &str)> = run
            .differences
            .iter()
            .map(|case| (case.number.as_str(), case.before.rule.as_str(), case.after.rule.as_str()))
            .collect();
        assert_eq!(told, [("2", "rest", "again"), ("4", "rest", "crowd"), ("5", "rest", "rest")]);
        assert_eq!(run.differences[0].after.facts["reports_30d"], "2");
        assert_eq!(run.differences[0].current, Level::Yellow);
        assert_eq!(run.differences[2].after.tags, ["pair"]);
        let broken = Trouble { rule: "breaks".into(), why: TroubleKind::Failed };
        assert_eq!(run.troubled, BTreeMap::from([(broken, 1)]));
        assert!(!format!("{run:?}").contains("张三"));
    }

    #[test]
    fn the_same_rules_change_nothing() {
        let text = "version = '1'\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = 'hour > 3'\ntext = 'x'\n";
        let case = GradedCase { number: "1", facts: facts(1, 1), level: Level::Blue };
        let run = dry_run(&rules(text), &rules(text), [case]);
        assert!(run.differences.is_empty() && run.by_another_rule == 0);
    }
}
