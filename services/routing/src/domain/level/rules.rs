//! The county's level rules: ordered CEL expressions, the first that is true decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use cel::{Context, Env, Program, Value};
use fengqiao_county::{Mistake, Mistakes};
use serde::Deserialize;

use super::{Facts, Level, People};
use crate::domain::case::LevelReason;

/// The names that an expression may use.
const VARIABLES: [&str; 11] = [
    "category",
    "source",
    "hour",
    "reports_30d",
    "repeat",
    "parties",
    "minors",
    "group_size",
    "title",
    "narrative",
    WORDS,
];
const WORDS: &str = "words";
/// Variables whose values are personal; they never stand among the facts of a reason.
const PERSONAL: [&str; 2] = ["title", "narrative"];
const MAX_RULES: usize = 200;
const MAX_EXPRESSION_BYTES: usize = 4_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "rule")]
    rules: Vec<toml::Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    level: Level,
    when: String,
    text: String,
}

struct Rule {
    id: String,
    level: Level,
    text: String,
    program: Program,
    /// What the expression looks at, so that a reason names just that.
    variables: BTreeSet<String>,
    word_groups: BTreeSet<String>,
}

/// What the rules say of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The level.
    pub level: Level,
    /// Which rule, and which facts.
    pub reason: LevelReason,
}

/// A county's rules, compiled once.
pub struct RuleSet {
    version: String,
    words: BTreeMap<String, Vec<String>>,
    rules: Vec<Rule>,
    env: Arc<Env>,
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
    /// Each rule that cannot be used, with its line.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Mistakes> {
        let raw: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_of(text, span.start));
            Mistake::new(file, line, e.message())
        })?;
        let env = Arc::new(Env::stdlib());
        let mut set = Self { version: raw.version, words: raw.words, rules: Vec::new(), env };
        let mut mistakes = Vec::new();
        if set.version.trim().is_empty() {
            mistakes.push(Mistake::new(file, 1, "the rules need a version"));
        }
        if raw.rules.is_empty() || raw.rules.len() > MAX_RULES {
            mistakes.push(Mistake::new(file, 0, format!("there must be 1 to {MAX_RULES} rules")));
        }
        for rule in raw.rules {
            let line = line_of(text, rule.span().start);
            match set.compile(rule.into_inner()) {
                Ok(rule) => set.rules.push(rule),
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        if mistakes.is_empty() { Ok(set) } else { Err(Mistakes(mistakes)) }
    }

    /// The version of the rules.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Decides the level of a report. A rule that fails is named in the reason and the next one counts;
    /// where none is true, the level is blue.
    #[must_use]
    pub fn grade(&self, facts: &Facts<'_>) -> Grade {
        let words = self.words_found(facts);
        let context = context(&self.env, facts, &words);
        let mut failed: Vec<&str> = Vec::new();
        let decided = self.rules.iter().find(|rule| match rule.program.execute(&context) {
            Ok(Value::Bool(decision)) => decision,
            _ => {
                failed.push(&rule.id);
                false
            }
        });
        let mut told = decided.map(|rule| rule.facts(facts, &words)).unwrap_or_default();
        if !failed.is_empty() {
            told.insert("failed_rules".to_owned(), failed.join(","));
        }
        Grade {
            level: decided.map_or(Level::Blue, |rule| rule.level),
            reason: LevelReason {
                rule: decided.map_or_else(|| "none".to_owned(), |rule| rule.id.clone()),
                rule_set: self.version.clone(),
                text: decided.map_or_else(|| "没有规则符合".to_owned(), |rule| rule.text.clone()),
                facts: told,
                words: None,
            },
        }
    }

    /// Which groups of words stand in the title or the narrative.
    fn words_found(&self, facts: &Facts<'_>) -> BTreeMap<String, bool> {
        self.words
            .iter()
            .map(|(group, words)| {
                let found =
                    words.iter().any(|word| facts.title.contains(word) || facts.narrative.contains(word));
                (group.clone(), found)
            })
            .collect()
    }

    fn compile(&self, raw: RawRule) -> Result<Rule, String> {
        if raw.id.trim().is_empty() || raw.text.trim().is_empty() {
            return Err("a rule needs an id and a text".to_owned());
        }
        if self.rules.iter().any(|rule| rule.id == raw.id) {
            return Err(format!("there are two rules {}", raw.id));
        }
        if raw.when.len() > MAX_EXPRESSION_BYTES {
            return Err(format!("the expression has more than {MAX_EXPRESSION_BYTES} bytes"));
        }
        let program =
            self.env.compile(&raw.when).map_err(|e| format!("the expression does not compile: {e}"))?;
        let variables: BTreeSet<String> =
            program.references().variables().into_iter().map(str::to_owned).collect();
        let word_groups = self
            .words
            .keys()
            .filter(|group| raw.when.contains(&format!("{WORDS}.{group}")))
            .cloned()
            .collect();
        // A trial with made-up facts finds unknown names and wrong types before a real report does.
        let trial = Facts {
            category: "other",
            source: "GRID",
            hour: 12,
            reports_30d: 1,
            repeat: false,
            people: People::default(),
            title: "",
            narrative: "",
        };
        let no_words = self.words.keys().map(|group| (group.clone(), false)).collect();
        match program.execute(&context(&self.env, &trial, &no_words)) {
            Ok(Value::Bool(_)) => {}
            Ok(_) => return Err("the expression must be true or false".to_owned()),
            Err(e) => {
                return Err(format!("the expression fails: {e}; it may use {}", VARIABLES.join(", ")));
            }
        }
        Ok(Rule { id: raw.id, level: raw.level, text: raw.text, program, variables, word_groups })
    }
}

impl Rule {
    /// The facts that the rule looked at, without anything that a person wrote.
    fn facts(&self, facts: &Facts<'_>, words: &BTreeMap<String, bool>) -> BTreeMap<String, String> {
        let mut told: BTreeMap<String, String> = self
            .variables
            .iter()
            .filter(|name| !PERSONAL.contains(&name.as_str()))
            .filter_map(|name| plain_fact(name, facts).map(|value| (name.clone(), value)))
            .collect();
        told.extend(
            self.word_groups
                .iter()
                .filter(|group| words.get(*group) == Some(&true))
                .map(|group| (format!("{WORDS}.{group}"), "true".to_owned())),
        );
        told
    }
}

fn plain_fact(name: &str, facts: &Facts<'_>) -> Option<String> {
    Some(match name {
        "category" => facts.category.to_owned(),
        "source" => facts.source.to_owned(),
        "hour" => facts.hour.to_string(),
        "reports_30d" => facts.reports_30d.to_string(),
        "repeat" => facts.repeat.to_string(),
        "parties" => facts.people.parties.to_string(),
        "minors" => facts.people.minors.to_string(),
        "group_size" => facts.people.group_size.to_string(),
        _ => return None,
    })
}

fn context(env: &Arc<Env>, facts: &Facts<'_>, words: &BTreeMap<String, bool>) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(env));
    for (name, value) in [
        ("category", Value::from(facts.category)),
        ("source", Value::from(facts.source)),
        ("hour", Value::from(facts.hour)),
        ("reports_30d", Value::from(facts.reports_30d)),
        ("repeat", Value::from(facts.repeat)),
        ("parties", Value::from(facts.people.parties)),
        ("minors", Value::from(facts.people.minors)),
        ("group_size", Value::from(facts.people.group_size)),
        ("title", Value::from(facts.title)),
        ("narrative", Value::from(facts.narrative)),
    ] {
        context.add_variable_from_value(name, value);
    }
    let words: std::collections::HashMap<String, Value> =
        words.iter().map(|(group, found)| (group.clone(), Value::from(*found))).collect();
    context.add_variable_from_value(WORDS, Value::from(words));
    context
}

fn line_of(text: &str, offset: usize) -> u64 {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().filter(|b| **b == b'\n').count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macheng() -> RuleSet {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/county/macheng/levels.toml"));
        RuleSet::parse(file, &std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn plain() -> Facts<'static> {
        Facts {
            category: "other",
            source: "HOTLINE_12345",
            hour: 10,
            reports_30d: 1,
            repeat: false,
            people: People { parties: 2, minors: false, group_size: 2 },
            title: "路灯不亮",
            narrative: "门口路灯坏了",
        }
    }

    #[test]
    fn the_sample_county_grades_as_its_people_would() {
        let rules = macheng();
        let cases = [
            (plain(), Level::Blue, "default"),
            (Facts { narrative: "对方持刀威胁", ..plain() }, Level::Red, "weapon"),
            (Facts { narrative: "她说要跳楼", ..plain() }, Level::Red, "self_harm"),
            (Facts { title: "丈夫家暴", narrative: "当着孩子的面", ..plain() }, Level::Red, "violence_child"),
            (Facts { title: "丈夫家暴", narrative: "多次", ..plain() }, Level::Orange, "domestic_violence"),
            (Facts { reports_30d: 3, repeat: true, ..plain() }, Level::Orange, "repeat_three"),
            (
                Facts {
                    category: "migrant_wages",
                    people: People { parties: 1, minors: false, group_size: 8 },
                    ..plain()
                },
                Level::Orange,
                "wages_group",
            ),
            (Facts { repeat: true, reports_30d: 2, ..plain() }, Level::Yellow, "repeat"),
            (Facts { category: "forest_land", ..plain() }, Level::Yellow, "land"),
            (
                Facts { narrative: "咨询医保怎么办理", category: "medical", ..plain() },
                Level::Blue,
                "consultation",
            ),
        ];
        for (facts, level, rule) in cases {
            let grade = rules.grade(&facts);
            assert_eq!((grade.level, grade.reason.rule.as_str()), (level, rule), "{facts:?}");
        }
    }

    #[test]
    fn a_reason_names_what_the_rule_looked_at_and_nothing_personal() {
        let grade = macheng().grade(&Facts {
            title: "张三的丈夫家暴",
            narrative: "电话13800000000",
            people: People { parties: 2, minors: true, group_size: 2 },
            ..plain()
        });
        assert_eq!(grade.reason.rule, "violence_child");
        assert_eq!(grade.reason.facts["minors"], "true");
        assert_eq!(grade.reason.facts["words.domestic"], "true");
        assert_eq!(grade.reason.rule_set, "2026-11-24");
        let told = format!("{:?}", grade.reason);
        assert!(!told.contains("张三") && !told.contains("138"), "{told}");
    }

    #[test]
    fn a_rule_that_fails_is_named_and_the_next_counts() {
        let text = r#"
            version = "1"
            [[rule]]
            id = "breaks_at_night"
            level = "red"
            when = "10 / (hour - 3) > 100"
            text = "x"
            [[rule]]
            id = "rest"
            level = "yellow"
            when = "true"
            text = "y"
        "#;
        let rules = RuleSet::parse(Path::new("levels.toml"), text).unwrap();
        let grade = rules.grade(&Facts { hour: 3, ..plain() });
        assert_eq!(grade.level, Level::Yellow);
        assert_eq!(grade.reason.facts["failed_rules"], "breaks_at_night");
    }

    #[test]
    fn without_a_fitting_rule_a_case_is_blue() {
        let text = "version = '1'\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = 'false'\ntext = 'x'\n";
        let grade = RuleSet::parse(Path::new("levels.toml"), text).unwrap().grade(&plain());
        assert_eq!((grade.level, grade.reason.rule.as_str()), (Level::Blue, "none"));
    }

    #[test]
    fn mistakes_are_said_with_their_line() {
        let rule = |when: &str| {
            format!("version = '1'\n\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = \"{when}\"\ntext = 'x'\n")
        };
        for (text, line, said) in [
            (rule("hour >"), 3, "does not compile"),
            (rule("nobody == 1"), 3, "fails"),
            (rule("words.missing"), 3, "fails"),
            (rule("hour + 1"), 3, "true or false"),
            (rule("true").replace("red", "purple"), 5, "purple"),
            ("version = '1'\n".to_owned(), 0, "1 to 200 rules"),
        ] {
            let mistakes = RuleSet::parse(Path::new("levels.toml"), &text).unwrap_err();
            let mistake = &mistakes.0[0];
            assert_eq!(mistake.line, line, "{mistake:?}");
            assert!(mistake.reason.contains(said), "{mistake:?}");
        }
    }
}
