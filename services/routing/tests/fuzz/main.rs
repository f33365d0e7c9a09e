//! Whatever a county writes into its level rules and its practice: it is read or refused with its line, and a rule that was
//! read grades any report. `tests/fuzz` tries these properties for minutes; here they are tried briefly.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

use std::{path::Path, sync::LazyLock};

use fengqiao_county::County;
use fengqiao_routing::{
    directory::Directory,
    domain::{
        level::{Facts, Past, People, RuleSet},
        practice::Practice,
    },
};
use jiff::Timestamp;
use proptest::{
    prelude::*,
    sample::{Index, select},
};

static COUNTY: LazyLock<(County, Directory)> = LazyLock::new(|| {
    let county = County::load(&folder("macheng")).unwrap();
    let directory = Directory::load(&county, Timestamp::UNIX_EPOCH).unwrap();
    (county, directory)
});

fn folder(county: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(county)
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Pieces of conditions, right and wrong.
const PIECES: &[&str] = &[
    "words.weapon",
    "words.nobody",
    "group_size",
    "visits",
    "category",
    "source",
    "tags",
    "title",
    "narrative",
    "area",
    "hour",
    "minors",
    "repeat",
    "reports_30d",
    ">=",
    "<",
    "==",
    "!=",
    "&&",
    "||",
    "!",
    "(",
    ")",
    "[",
    "]",
    "?",
    ":",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "1.5",
    "1e999",
    "'POLICE_110'",
    "'\u{202e}'",
    "\"",
    "true",
    "null",
    "in",
    ".exists(t, t == 'minor')",
    ".all(t, true)",
    ".map(t, t + t)",
    ".filter(t, t.size() > 2)",
    ".startsWith('4')",
    ".contains(narrative)",
    ".matches('(a+)+$')",
    "size(tags)",
    "has(words.weapon)",
    "duration('1h')",
    "timestamp('2026-01-01T00:00:00Z')",
    "dyn(1)",
    "int(title)",
    "\0",
    "//",
    "[1,2,3][9]",
    "{}",
    "{'a': 1}.b",
];

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(select(PIECES), 1..9).prop_map(|pieces| pieces.join(" ")),
        1 => ".{0,60}",
        1 => (select(&["(", "!", "[", "-", "true && ", "1 + "][..]), 1_usize..600, select(&["true", "1", ")"][..]))
            .prop_map(|(open, times, end)| open.repeat(times) + end),
    ]
}

fn rules() -> impl Strategy<Value = String> {
    prop::collection::vec((condition(), select(&["red", "orange", "yellow", "blue", "violet"][..])), 1..4)
        .prop_map(|rules| {
            let mut text = String::from("version = 'f'\n[words]\nweapon = ['刀', '枪']\n");
            for (number, (when, level)) in rules.iter().enumerate() {
                let when = toml::Value::String(when.clone());
                text +=
                    &format!("[[rule]]\nid = 'r{number}'\nlevel = '{level}'\nwhen = {when}\ntext = '规则'\n");
            }
            text
        })
}

/// A file of a county with some of its lines replaced.
fn slipped(text: &str, slips: &[(Index, String)]) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for (at, slip) in slips {
        let at = at.index(lines.len());
        lines[at] = slip;
    }
    lines.join("\n")
}

fn slips() -> impl Strategy<Value = Vec<(Index, String)>> {
    prop::collection::vec((any::<Index>(), prop_oneof![condition(), Just(String::new()), ".{0,30}"]), 0..4)
}

fn grade_any(rules: &RuleSet, title: &str, narrative: &str) {
    let tags = ["minor".to_owned(), title.to_owned()];
    for (hour, group_size) in [(0, 0), (23, i64::MAX)] {
        let _ = rules.grade(&Facts {
            category: "neighbourhood",
            source: "POLICE_110",
            area: "421181105202",
            hour,
            weekday: 7,
            urgency: "",
            past: Past::default(),
            people: People { parties: 2, minors: true, group_size },
            tags: &tags,
            title,
            narrative,
        });
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_rule_is_refused_with_its_line_or_grades_any_report(text in rules(), title in ".{0,20}", narrative in ".{0,200}") {
        match RuleSet::parse(Path::new("levels.toml"), &text) {
            Ok(rules) => grade_any(&rules, &title, &narrative),
            Err(mistakes) => {
                prop_assert!(!mistakes.0.is_empty());
                let lines = u32::try_from(text.lines().count()).unwrap();
                prop_assert!(mistakes.0.iter().all(|mistake| mistake.line <= lines as _), "{mistakes:?}");
            }
        }
    }

    #[test]
    fn a_county_s_rules_with_slips_are_read_or_refused(which in select(&["macheng", "jintai", "chengjiang", "xiqing", "wuwei"][..]), slips in slips()) {
        let text = std::fs::read_to_string(folder(which).join("levels.toml")).unwrap();
        if let Ok(rules) = RuleSet::parse(Path::new("levels.toml"), &slipped(&text, &slips)) {
            grade_any(&rules, "持刀", "二十人围堵");
        }
    }

    #[test]
    fn a_county_s_practice_with_slips_is_read_or_refused(slips in slips()) {
        let text = std::fs::read_to_string(folder("macheng").join("practice.toml")).unwrap();
        if let Err(mistakes) = Practice::parse(Path::new("practice.toml"), &slipped(&text, &slips), &COUNTY.1) {
            prop_assert!(!mistakes.0.is_empty());
        }
    }
}
