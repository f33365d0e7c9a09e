use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::domain::level::{Past, People};

fn rules(text: &str) -> RuleSet {
    RuleSet::parse(Path::new("levels.toml"), text).unwrap()
}

fn plain() -> Facts<'static> {
    Facts {
        category: "other",
        source: "HOTLINE_12345",
        area: "421181105202",
        hour: 10,
        weekday: 2,
        urgency: "",
        past: Past { reports_30d: 1, helps: 1, ..Past::default() },
        people: People { parties: 2, minors: false, group_size: 2 },
        tags: &[],
        title: "路灯不亮",
        narrative: "门口路灯坏了",
    }
}

fn rule(id: &str, level: &str, when: &str) -> String {
    format!("[[rule]]\nid = '{id}'\nlevel = '{level}'\nwhen = \"{when}\"\ntext = '规则{id}'\n")
}

fn score(id: &str, factor: &str, points: u32, when: &str) -> String {
    format!(
        "[[score]]\nid = '{id}'\nfactor = '{factor}'\npoints = {points}\nwhen = \"{when}\"\ntext = '因{id}'\n"
    )
}

fn tag(id: &str, when: &str) -> String {
    format!("[[tag]]\nid = '{id}'\nwhen = \"{when}\"\ntext = '标签{id}'\n")
}

const SCORE_LEVELS: &str = "[score_levels]\nred = 80\norange = 50\nyellow = 20\n";

#[test]
fn a_rule_that_fails_is_named_and_the_next_counts() {
    let text = format!(
        "version = '1'\n{}{}",
        rule("breaks_at_night", "red", "10 / (hour - 3) > 100"),
        rule("rest", "yellow", "true")
    );
    let grade = rules(&text).grade(&Facts { hour: 3, ..plain() });
    assert_eq!(grade.level, Level::Yellow);
    assert_eq!(grade.reason.facts["failed_rules"], "breaks_at_night");
    let named = Trouble { rule: "breaks_at_night".into(), why: TroubleKind::Failed };
    assert_eq!(grade.troubled, [named]);
    assert!(rules(&text).grade(&plain()).troubled.is_empty());
}

#[test]
fn a_rule_that_takes_long_is_named_and_its_answer_counts() {
    // Many searches in a long text, which no machine does in a microsecond.
    let list = "'没有',".repeat(200);
    let when = format!("![{list}].exists(word, narrative.contains(word))");
    let text = format!(
        "version = '1'\nrule_budget_us = 1\n{}{}",
        rule("slow", "orange", &when),
        rule("rest", "blue", "true")
    );
    let narrative = "水".repeat(30_000);
    let grade = rules(&text).grade(&Facts { narrative: &narrative, ..plain() });
    assert_eq!((grade.level, grade.reason.rule.as_str()), (Level::Orange, "slow"));
    assert_eq!(grade.reason.facts["slow_rules"], "slow");
    assert_eq!(grade.troubled, [Trouble { rule: "slow".into(), why: TroubleKind::Slow }]);
}

#[test]
fn a_score_or_a_tag_that_fails_is_named_too() {
    let text = format!(
        "version = '1'\n{SCORE_LEVELS}{}{}{}",
        tag("odd", "1 % (hour - 10) == 1"),
        score("broken", "family", 90, "1 / (hour - 10) == 1"),
        score("fine", "family", 20, "true")
    );
    let grade = rules(&text).grade(&plain());
    assert_eq!((grade.level, grade.tags.len()), (Level::Yellow, 0));
    assert_eq!(grade.reason.facts["failed_rules"], "odd,broken");
}

#[test]
fn without_a_fitting_rule_a_case_is_blue() {
    let grade = rules(&format!("version = '1'\n{}", rule("a", "red", "false"))).grade(&plain());
    assert_eq!((grade.level, grade.reason.rule.as_str()), (Level::Blue, NO_RULE));
}

#[test]
fn the_first_rule_that_is_true_decides() {
    let text = format!("version = '1'\n{}{}", rule("first", "yellow", "true"), rule("second", "red", "true"));
    assert_eq!(rules(&text).grade(&plain()).reason.rule, "first");
}

#[test]
fn rules_see_the_past_the_place_and_the_day() {
    let past = Past {
        reports_30d: 4,
        visits: 1,
        calls: 2,
        helps: 1,
        sessions: 13,
        returns: 2,
        days_open: 30,
        repeat: true,
    };
    let tags = ["no_property_management".to_owned()];
    let people = People { parties: 2, minors: true, group_size: 30 };
    let facts = Facts { past, tags: &tags, people, weekday: 7, ..plain() };
    for (when, name, value) in [
        ("visits == 1", "visits", "1"),
        ("calls == 2", "calls", "2"),
        ("helps == 1", "helps", "1"),
        ("sessions >= 13", "sessions", "13"),
        ("returns == 2", "returns", "2"),
        ("days_open >= 30", "days_open", "30"),
        ("repeat", "repeat", "true"),
        ("reports_30d == 4", "reports_30d", "4"),
        ("'no_property_management' in tags", "tags", "no_property_management"),
        ("scale == 'general_group'", "scale", "general_group"),
        ("weekday > 5", "weekday", "7"),
        ("hour == 10", "hour", "10"),
        ("area.startsWith('421181105')", "area", "421181105202"),
        ("parties == 2", "parties", "2"),
        ("minors", "minors", "true"),
    ] {
        let grade = rules(&format!("version = '1'\n{}", rule("a", "red", when))).grade(&facts);
        assert_eq!(grade.level, Level::Red, "{when}");
        assert_eq!(grade.reason.facts, BTreeMap::from([(name.to_owned(), value.to_owned())]));
    }
}

#[test]
fn a_reason_tells_nothing_that_a_person_wrote() {
    let when = "title.contains('张三') && size(narrative) > 3 && words.told";
    let text = format!("version = '1'\n[words]\ntold = ['张三']\n{}", rule("a", "red", when));
    let grade =
        rules(&text).grade(&Facts { title: "张三家漏水", narrative: "电话13800000000", ..plain() });
    assert_eq!(grade.reason.facts, BTreeMap::from([("words.told".to_owned(), "true".to_owned())]));
    let told = format!("{grade:?}");
    assert!(!told.contains("张三") && !told.contains("138"), "{told}");
}

#[test]
fn s3_05_scores_add_up_and_each_factor_is_told() {
    let text = format!(
        "version = 'wuwei-1'\nlevels = ['red', 'orange', 'yellow']\n{SCORE_LEVELS}\
         [words]\napart = ['分居']\njobless = ['失业']\n{}{}{}{}{}",
        rule("land", "yellow", "category == 'forest_land'"),
        score("apart", "family", 30, "words.apart"),
        score("called", "family", 10, "calls >= 2"),
        score("jilted", "love", 30, "category == 'marriage_family'"),
        score("jobless", "work", 25, "words.jobless"),
    );
    let rules = rules(&text);
    let narrative = "夫妻分居，男方失业";
    let past = Past { calls: 2, ..Past::default() };
    let grade = rules.grade(&Facts { category: "forest_land", narrative, past, ..plain() });
    assert_eq!((grade.level, grade.reason.rule.as_str()), (Level::Orange, SCORE));
    assert_eq!(grade.reason.text, "风险积分65分：因apart、因called、因jobless");
    assert_eq!(grade.reason.rule_set, "wuwei-1");
    let told = [
        ("calls", "2"),
        ("score", "65"),
        ("score.family", "40"),
        ("score.love", "0"),
        ("score.work", "25"),
        ("words.apart", "true"),
        ("words.jobless", "true"),
    ];
    let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(grade.reason.facts, BTreeMap::from(told));
    // The same input and version give the same score.
    let again = rules.grade(&Facts { category: "forest_land", narrative, past, ..plain() });
    assert_eq!(grade, again);

    let by_rule = rules.grade(&Facts { category: "forest_land", narrative: "失业", ..plain() });
    assert_eq!((by_rule.level, by_rule.reason.rule.as_str()), (Level::Yellow, "land"));
    assert_eq!(by_rule.reason.facts["score.work"], "25");

    let quiet = rules.grade(&plain());
    assert_eq!((quiet.level, quiet.reason.rule.as_str()), (Level::Yellow, NO_RULE), "there is no blue");
    assert_eq!(quiet.reason.facts["raised_from"], "blue");
}

#[test]
fn tags_are_put_and_seen_by_the_rules() {
    let text = format!(
        "version = '1'\n{}{}{}",
        tag("fast_lane", "source == 'ENTERPRISE'"),
        tag("minor", "minors"),
        rule("lane", "yellow", "'fast_lane' in tags && 'no_guard' in tags")
    );
    let rules = rules(&text);
    let place = ["no_guard".to_owned()];
    let grade = rules.grade(&Facts { source: "ENTERPRISE", tags: &place, ..plain() });
    assert_eq!((grade.level, grade.tags.as_slice()), (Level::Yellow, ["fast_lane".to_owned()].as_slice()));
    assert_eq!(grade.reason.facts["tags"], "no_guard,fast_lane");
    assert_eq!(rules.tag_text("minor"), Some("标签minor"));
    assert_eq!(rules.tag_text("no_guard"), None);
    assert!(rules.grade(&plain()).tags.is_empty());
}

#[test]
fn s0_12_the_scale_of_a_county_is_its_own() {
    let text = format!("version = '1'\n[scale]\ngeneral = 3\n{}", rule("a", "red", "scale != 'individual'"));
    let of = |group_size| {
        let people = People { group_size, ..People::default() };
        rules(&text).grade(&Facts { people, ..plain() }).level
    };
    assert_eq!((of(2), of(3)), (Level::Blue, Level::Red));
}

proptest! {
    #[test]
    fn adding_points_never_lowers_a_level(
        points in prop::collection::vec(1_u32..60, 1..6),
        at in 0_usize..6,
        more in 0_u32..200,
        rule_level in prop::sample::select(&["blue", "yellow", "orange", "red"][..]),
        no_blue: bool,
        hour in 0_i64..24,
    ) {
        let set = |points: &[u32]| {
            let levels = if no_blue { "levels = ['red', 'orange', 'yellow']\n" } else { "" };
            let mut text = format!("version = '1'\n{levels}{SCORE_LEVELS}{}", rule("r", rule_level, "hour > 12"));
            for (index, points) in points.iter().enumerate() {
                let when = format!("hour % {} == 0", index + 1);
                write!(text, "{}", score(&format!("s{index}"), "f", *points, &when)).unwrap();
            }
            rules(&text)
        };
        let mut richer = points.clone();
        match richer.get_mut(at) {
            Some(points) => *points += more,
            None => richer.push(more + 1),
        }
        let facts = Facts { hour, ..plain() };
        let (before, after) = (set(&points).grade(&facts).level, set(&richer).grade(&facts).level);
        prop_assert!(after >= before, "{before:?} {after:?}");
    }
}
