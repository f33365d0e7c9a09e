//! How many reports a second one core grades with 50 rules. No rule but the last is true, so that each report
//! costs all of them.
//!
//! `cargo run --release -p fengqiao-routing --example rule_speed`

use std::{error::Error, fmt::Write as _, hint::black_box, path::Path, time::Instant};

use fengqiao_routing::domain::level::{Facts, Past, People, RuleSet};

const RULES: usize = 50;
const ROUNDS: u32 = 20_000;
/// What counties ask, in turn.
const CONDITIONS: [&str; 10] = [
    "words.weapon && group_size >= 2",
    "(words.violence || words.domestic) && (minors || words.child)",
    "group_size >= 30 || (words.crowd && group_size >= 10)",
    "visits > 0 && calls > 0 && helps > 1",
    "category == 'migrant_wages' && group_size >= 5",
    "source == 'POLICE_110' && (hour >= 22 || hour < 5) && category in ['neighbourhood', 'damage']",
    "tags.exists(tag, tag in ['no_property_management', 'no_authority'])",
    "sessions >= 5 || returns >= 2 || days_open > 365",
    "area.startsWith('421181105') && weekday > 5",
    "narrative.contains('爆炸') || title.contains('爆炸')",
];

const REPORTS: [(&str, &str, &str); 3] = [
    (
        "neighbourhood",
        "楼上漏水赔偿谈不拢",
        "楼上卫生间渗水，找邻居维修被拒，墙皮大面积脱落，请求协调维修和赔偿。",
    ),
    (
        "forest_land",
        "两组争油茶山界",
        "承包地被占种五分，手上有证，要求归还，村里量过一次，双方都不认，要求来人定界。",
    ),
    (
        "property",
        "小区电梯停运",
        "电梯停运一周，老人上下楼困难，物业推说没有维修资金，业主要求街道出面协调。",
    ),
];

fn rules() -> Result<RuleSet, Box<dyn Error>> {
    let mut text = String::from("version = 'speed'\n[words]\n");
    for (group, first) in
        [("weapon", '刀'), ("violence", '殴'), ("domestic", '暴'), ("child", '童'), ("crowd", '围')]
    {
        let words: Vec<String> = ('一'..).take(20).map(|c| format!("'{first}{c}'")).collect();
        writeln!(text, "{group} = [{}]", words.join(", "))?;
    }
    for index in 0..RULES {
        let when = CONDITIONS.get(index % CONDITIONS.len()).copied().unwrap_or("false");
        let when = if index + 1 == RULES { "true" } else { when };
        writeln!(text, "[[rule]]\nid = 'r{index}'\nlevel = 'yellow'\nwhen = \"{when}\"\ntext = '规则'")?;
    }
    Ok(RuleSet::parse(Path::new("levels.toml"), &text)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let rules = rules()?;
    let tags = ["minor".to_owned(), "five_small".to_owned()];
    let begun = Instant::now();
    let mut graded = 0_u32;
    let mut troubled = 0;
    for _ in 0..ROUNDS {
        for (category, title, narrative) in REPORTS {
            let facts = Facts {
                category,
                source: "HOTLINE_12345",
                area: "421181105202",
                hour: 10,
                weekday: 2,
                urgency: "",
                past: Past { reports_30d: 2, helps: 2, repeat: true, ..Past::default() },
                people: People { parties: 2, minors: false, group_size: 2 },
                tags: &tags,
                title,
                narrative,
            };
            let grade = black_box(rules.grade(black_box(&facts)));
            if grade.reason.rule != format!("r{}", RULES - 1) {
                return Err(format!("{} decided, so that not all rules were asked", grade.reason.rule).into());
            }
            troubled += grade.troubled.len();
            graded += 1;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{graded} reports, {RULES} rules each, in {seconds:.2} s: {:.0} evaluations/s of the set, {:.2} us a rule; {troubled} troubles",
        f64::from(graded) / seconds,
        seconds * 1e6 / f64::from(graded) / RULES as f64,
    );
    Ok(())
}
