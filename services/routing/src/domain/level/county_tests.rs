//! The five counties' own rules, on what their people report.

use std::{collections::BTreeMap, path::PathBuf};

use fengqiao_county::County;
use fengqiao_proto::types::v1::{Matter, Source};

use super::{Facts, Grade, Level, Past, People, RuleSet, SCORE};
use crate::domain::docket::PROTECTED_TAGS;

const COUNTIES: [&str; 5] = ["macheng", "jintai", "chengjiang", "xiqing", "wuwei"];

fn folder(county: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/county")).join(county)
}

fn rules(county: &str) -> RuleSet {
    let file = folder(county).join("levels.toml");
    RuleSet::parse(&file, &std::fs::read_to_string(&file).unwrap()).unwrap()
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

fn group(group_size: i64) -> People {
    People { group_size, ..plain().people }
}

fn past(sources: &[Source]) -> Past {
    Past { repeat: sources.len() > 1, ..Past::of_reports(sources.iter().copied()) }
}

fn said(grade: &Grade) -> (Level, &str) {
    (grade.level, grade.reason.rule.as_str())
}

#[test]
fn s0_03_s4_6_each_county_sees_danger_at_once_and_a_repeat_at_least_yellow() {
    for county in COUNTIES {
        let rules = rules(county);
        for (facts, level, rule) in [
            (Facts { narrative: "对方持刀威胁", ..plain() }, Level::Red, "weapon"),
            (Facts { narrative: "扬言同归于尽", ..plain() }, Level::Red, "threat"),
            (Facts { urgency: "EXTREMELY_URGENT", ..plain() }, Level::Orange, "extremely_urgent"),
            (Facts { narrative: "她说要跳楼", ..plain() }, Level::Red, "self_harm"),
            (Facts { title: "丈夫家暴", narrative: "当着孩子的面", ..plain() }, Level::Red, "violence_child"),
            (Facts { title: "丈夫家暴", narrative: "多次", ..plain() }, Level::Orange, "home_violence"),
        ] {
            assert_eq!(said(&rules.grade(&facts)), (level, rule), "{county} {facts:?}");
        }
        let repeat = Facts { past: past(&[Source::Grid, Source::Grid]), ..plain() };
        assert!(rules.grade(&repeat).level >= Level::Yellow, "{county}");
        let child =
            Facts { narrative: "被人殴打", people: People { minors: true, ..plain().people }, ..plain() };
        let grade = rules.grade(&child);
        assert_eq!(grade.level, Level::Red, "{county}");
        assert!(grade.tags.contains(&"minor".to_owned()), "{county}");
        assert!(grade.troubled.is_empty(), "{county}");
    }
}

#[test]
fn s2_06_s4_14_each_county_protects_minors_domestic_violence_and_health() {
    for county in COUNTIES {
        let rules = rules(county);
        for (facts, tag) in [
            (Facts { narrative: "孩子被殴打", ..plain() }, "minor"),
            (Facts { title: "丈夫家暴", ..plain() }, "domestic_violence"),
            (
                Facts { category: "marriage_family", narrative: "丈夫动手打人", ..plain() },
                "domestic_violence",
            ),
            (Facts { narrative: "邻居患精神分裂症，已停药", ..plain() }, "health"),
            (Facts { category: "medical", narrative: "术后感染，要求赔偿", ..plain() }, "health"),
        ] {
            let tags = rules.grade(&facts).tags;
            assert!(tags.contains(&tag.to_owned()), "{county} {tag} {tags:?}");
        }
        let tags = rules.grade(&plain()).tags;
        assert!(!PROTECTED_TAGS.iter().any(|tag| tags.contains(&(*tag).to_owned())), "{county} {tags:?}");
    }
}

#[test]
fn macheng_grades_as_its_people_would() {
    let rules = rules("macheng");
    let three = [Source::Grid, Source::Grid, Source::Grid];
    let cases = [
        (plain(), Level::Blue, "default"),
        (Facts { past: past(&three), ..plain() }, Level::Orange, "repeat_three"),
        (Facts { category: "migrant_wages", people: group(8), ..plain() }, Level::Orange, "wages_group"),
        (Facts { past: past(&three[..2]), ..plain() }, Level::Yellow, "repeat"),
        (Facts { category: "forest_land", ..plain() }, Level::Yellow, "land"),
        (
            Facts { narrative: "咨询医保怎么办理", category: "medical", ..plain() },
            Level::Blue,
            "consultation",
        ),
    ];
    for (facts, level, rule) in cases {
        assert_eq!(said(&rules.grade(&facts)), (level, rule), "{facts:?}");
    }
}

#[test]
fn s4_05_visit_call_and_request_together_are_in_focus() {
    let rules = rules("macheng");
    let all = past(&[Source::Petition, Source::Police110, Source::Hotline12345]);
    let grade = rules.grade(&Facts { past: all, ..plain() });
    assert_eq!(said(&grade), (Level::Orange, "three_doors"));
    assert_eq!(grade.tags, ["focus"]);
    assert_eq!(rules.tag_text("focus"), Some("上访、报警、求助俱全，列为重点"));
    let two = rules.grade(&Facts { past: past(&[Source::Petition, Source::Police110]), ..plain() });
    assert!(two.tags.is_empty() && two.level == Level::Yellow);
    let grave = rules.grade(&Facts { past: all, narrative: "持刀", ..plain() });
    assert_eq!((said(&grave), grave.tags.len()), ((Level::Red, "weapon"), 1));
}

#[test]
fn s4_17_five_small_is_put_by_rule() {
    let rules = rules("macheng");
    let small =
        Facts { category: "neighbourhood", title: "滴水沟", narrative: "两家争滴水沟", ..plain() };
    assert_eq!(rules.grade(&small).tags, ["five_small"]);
    for other in [
        Facts { narrative: "两家争滴水沟，动手打人", ..small },
        Facts { category: "medical", ..small },
        Facts { people: group(6), ..small },
    ] {
        assert!(!rules.grade(&other).tags.contains(&"five_small".to_owned()), "{other:?}");
    }
}

#[test]
fn s0_12_jintai_knows_groups_and_places_without_a_manager() {
    let rules = rules("jintai");
    let thirty =
        rules.grade(&Facts { narrative: "三十户业主到社区办公室", people: group(30), ..plain() });
    assert_eq!(said(&thirty), (Level::Orange, "group_thirty"));
    assert!(thirty.tags.contains(&"group".to_owned()));
    assert_eq!(said(&rules.grade(&Facts { people: group(300), ..plain() })), (Level::Red, "major_group"));
    let place = ["no_property_management".to_owned()];
    let lift = Facts { category: "property", narrative: "电梯停运", ..plain() };
    assert_eq!(rules.grade(&lift).level, Level::Blue);
    let unmanaged = rules.grade(&Facts { tags: &place, ..lift });
    assert_eq!(said(&unmanaged), (Level::Yellow, "unmanaged_place"));
    assert_eq!(unmanaged.reason.facts["tags"], "no_property_management");
    let spoken_of = rules.grade(&Facts { narrative: "小区没有物业，业主围堵街道办", ..lift });
    assert_eq!(said(&spoken_of), (Level::Orange, "owners_gather"));
    assert_eq!(spoken_of.tags, ["no_property_management"]);
}

#[test]
fn s1_03_the_third_call_is_orange_in_chengjiang() {
    let rules = rules("chengjiang");
    let calls = |count| {
        rules.grade(&Facts {
            past: past(&[Source::Police110].repeat(count)),
            source: "POLICE_110",
            title: "楼上漏水",
            narrative: "又吵起来了",
            ..plain()
        })
    };
    assert_eq!(said(&calls(3)), (Level::Orange, "third_call"));
    assert_eq!(calls(3).reason.facts["calls"], "3");
    assert_eq!((said(&calls(2)), calls(2).tags), ((Level::Yellow, "repeat"), vec!["repeat_call".to_owned()]));
    let hole = rules.grade(&Facts { narrative: "小区门口井盖破了", ..plain() });
    assert_eq!((said(&hole), hole.tags.clone()), ((Level::Yellow, "hazard_now"), vec!["hazard".to_owned()]));
}

#[test]
fn s2_06_s2_07_xiqing_helps_minors_and_enterprises() {
    let rules = rules("xiqing");
    let girl = rules.grade(&Facts {
        narrative: "女孩十五岁，家庭变故后无人照料",
        people: People { minors: true, ..plain().people },
        ..plain()
    });
    assert_eq!(said(&girl), (Level::Orange, "minor_in_need"));
    assert_eq!(girl.tags, ["help", "minor"]);
    let firm = rules.grade(&Facts { source: "ENTERPRISE", narrative: "厂区道路破损", ..plain() });
    assert_eq!(
        (said(&firm), firm.tags.clone()),
        ((Level::Yellow, "enterprise_item"), vec!["fast_lane".to_owned()])
    );
}

#[test]
fn s3_05_wuwei_scores_family_love_and_work_and_has_no_blue() {
    let rules = rules("wuwei");
    let quiet = rules.grade(&plain());
    assert_eq!(said(&quiet), (Level::Yellow, "default"));
    assert_eq!(quiet.reason.facts["score"], "0");
    let facts = Facts { category: "marriage_family", narrative: "夫妻分居，丈夫失业", ..plain() };
    let orange = rules.grade(&facts);
    assert_eq!(said(&orange), (Level::Orange, SCORE));
    for (factor, points) in [("family", "10"), ("love", "25"), ("work", "20"), ("contact", "0")] {
        assert_eq!(orange.reason.facts[&format!("score.{factor}")], points);
    }
    let red =
        rules.grade(&Facts { narrative: "夫妻分居，丈夫失业欠债酗酒，争家产", ..facts });
    assert_eq!(said(&red), (Level::Red, SCORE));
    assert!(!rules.levels().has(Level::Blue));
    assert_eq!(rules.grade(&facts), orange, "the same input and version give the same score");
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    category: String,
    title: String,
    narrative: String,
    occurred_at: jiff::Timestamp,
    source: String,
    #[serde(default)]
    parties: Vec<SampleParty>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct SampleParty {
    #[serde(default)]
    id_number: String,
}

/// Each report of the sample day by itself, as the first of its case.
#[test]
fn the_sample_day_keeps_its_levels() {
    let county = County::load(&folder("macheng")).unwrap();
    let rules = rules("macheng");
    let text = std::fs::read_to_string(folder("macheng").join("sample-day.jsonl")).unwrap();
    let mut levels: BTreeMap<Level, usize> = BTreeMap::new();
    for line in text.lines() {
        let sample: Sample = serde_json::from_str(line).unwrap();
        let local = sample.occurred_at.to_zoned_datetime(county.time_zone.clone());
        let matter = Matter {
            title: sample.title,
            narrative: sample.narrative,
            parties: sample
                .parties
                .into_iter()
                .map(|party| fengqiao_proto::types::v1::Party {
                    id_number: party.id_number,
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        };
        let source = Source::from_str_name(&format!("SOURCE_{}", sample.source)).unwrap();
        let grade = rules.grade(&Facts {
            category: &county.categories.canonical(&sample.category).code,
            source: &sample.source,
            area: "421181",
            hour: i64::from(local.hour()),
            weekday: i64::from(local.weekday().to_monday_one_offset()),
            urgency: "",
            past: past(&[source]),
            people: People::of(&matter, local.date()),
            tags: &[],
            title: &matter.title,
            narrative: &matter.narrative,
        });
        assert!(grade.troubled.is_empty(), "{grade:?}");
        *levels.entry(grade.level).or_default() += 1;
    }
    let expected = [(Level::Blue, 141), (Level::Yellow, 123), (Level::Orange, 25), (Level::Red, 11)];
    assert_eq!(levels, BTreeMap::from(expected));
}
