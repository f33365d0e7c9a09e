//! Areas that come and go, and the codes by which other systems know them (DOMAIN §0.12, §4.2).
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::Path;

use fengqiao_county::{AreaTexts, AreaTree, CodeSystem, County, Loss, shortest_code};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const AREAS: &str = "code,level,name,parent_code
421181000000,county,麻城市,
421181105000,town,阎家河镇,421181000000
421181105202,community,石桥垸村,421181105000
421181105202007,grid,第7网格,421181105202
421181105203,community,柏子塔村,421181105000
421181106000,town,新镇,421181000000
421181106201,community,新村,421181106000
";

fn tree(codes: &str, changes: &str) -> Result<AreaTree, Vec<String>> {
    let codes = format!("code,system,area_code\n{codes}");
    let changes = format!("code,valid_from,valid_to,successor\n{changes}");
    let texts =
        AreaTexts { folder: Path::new(""), areas: AREAS, codes: Some(&codes), changes: Some(&changes) };
    AreaTree::read("421181", &texts).map_err(|found| found.0.iter().map(ToString::to_string).collect())
}

#[test]
fn a_police_code_is_looked_up_and_never_cut() {
    // The police number their communities otherwise, and one of the codes looks like that of a grid.
    let tree = tree(
        "421181105900001,police15,421181105203\n421181105202007,police15,421181105203\nMZ-7,civil,421181105203\n",
        "",
    )
    .unwrap();
    assert_eq!(tree.resolve("421181105900001").unwrap().code, "421181105203");
    assert_eq!(tree.resolve("421181105202007").unwrap().code, "421181105203", "the crosswalk first");
    assert_eq!(tree.find("421181105202007").unwrap().name, "第7网格", "the county's own code");
    assert_eq!(tree.resolve("421181105202").unwrap().name, "石桥垸村", "then the tree");
    assert!(tree.resolve("421181105900002").is_none(), "not cut to its town or community");
    let others: Vec<_> = tree
        .other_codes(tree.find("421181105203").unwrap())
        .map(|other| (other.code.as_str(), other.system))
        .collect();
    assert_eq!(
        others,
        [
            ("421181105900001", CodeSystem::Police15),
            ("421181105202007", CodeSystem::Police15),
            ("MZ-7", CodeSystem::Civil)
        ]
    );
}

#[test]
fn a_successor_stands_for_what_is_over() {
    let tree = tree(
        "421181105900001,police15,421181105203\n",
        "421181105203,,2024-06-30,421181105202\n421181105202,,2025-12-31,421181106201\n\
         421181106201,2026-01-01,,\n421181105000,,2025-12-31,421181106000\n421181105202007,,2023-01-01,\n",
    )
    .unwrap();
    let current = |code: &str, date: Date| tree.current(code, date).map(|area| area.code.as_str());
    assert_eq!(current("421181105203", date(2024, 6, 30)), Some("421181105203"), "the last day counts");
    assert_eq!(current("421181105203", date(2024, 7, 1)), Some("421181105202"));
    assert_eq!(current("421181105203", date(2026, 1, 1)), Some("421181106201"), "the successor's successor");
    assert_eq!(current("421181105900001", date(2026, 1, 1)), Some("421181106201"), "by a police code");
    assert_eq!(current("421181106201", date(2025, 1, 1)), Some("421181106201"), "not yet valid");
    assert_eq!(current("421181105202007", date(2023, 1, 2)), None, "over without a successor");
    assert_eq!(current("999999", date(2023, 1, 2)), None);
    let line = |code: &str, date: Date| {
        tree.current_ancestry(code, date).map(|area| area.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(line("421181105202007", date(2025, 1, 1)), ["421181105202", "421181105", "421181"]);
    assert_eq!(line("421181105203", date(2026, 1, 1)), ["421181106201", "421181106", "421181"]);
    let change = tree.change_of(tree.find("421181106201").unwrap()).unwrap();
    assert!(!change.is_valid(date(2025, 12, 31)) && change.is_valid(date(2026, 1, 1)));
    assert_eq!(tree.find("421181105203").unwrap().name, "柏子塔村", "old reports stay readable");
}

#[test]
fn mistakes_of_all_files_are_named_at_once() {
    let found = tree(
        "4211811059,police15,421181105203\n421181105900001,police15,421181999999\n\
         A,civil,421181105203\nA,other,421181105202\nB,mayor,421181105202\n",
        "421181105203,,2024-06-30,421181105202\n421181105202,,2024-06-30,421181105203\n\
         421181105000,2024-01-01,2023-01-01,\n421181106000,,2023-01-01,421181106201\n\
         421181106201,,,421181105203\n421181105203,,,\n421181106000,,2023-02-30,\n",
    )
    .unwrap_err();
    for said in [
        "area_codes.csv:2: 4211811059 does not have the 15 digits",
        "area_codes.csv:3: the area 421181999999 is not in areas.csv",
        "area_codes.csv:5: A is there twice",
        "area_codes.csv:6: unknown variant `mayor`",
        "area_changes.csv:8: parsed date is not valid",
        "area_changes.csv:2: 421181105203 succeeds itself",
        "area_changes.csv:3: 421181105202 succeeds itself",
        "area_changes.csv:4: valid_to 2023-01-01 is before",
        "area_changes.csv:5: the successor 421181106201 must not be a smaller area",
        "area_changes.csv:6: an area with a successor needs a last day",
        "area_changes.csv:7: 421181105203 is there twice",
    ] {
        assert!(found.iter().any(|m| m.starts_with(said)), "{said} {found:#?}");
    }
    assert_eq!(found.len(), 11, "{found:#?}");
}

#[test]
fn the_shortest_code() {
    for (code, short) in [
        ("421181000000", Some("421181")),
        ("421181105000", Some("421181105")),
        ("421181105202007", Some("421181105202007")),
        ("421181105202000", Some("421181105202")),
        ("42118110520", None),
        ("42118110五", None),
    ] {
        assert_eq!(shortest_code(code), short);
    }
}

proptest! {
    /// Whatever succeeds what: it is refused, or every code comes to stand for an area that is not over.
    #[test]
    fn successions_end(successors in prop::collection::vec((0usize..30, 0i16..40), 30)) {
        let mut areas = "code,level,name,parent_code\n421181,county,县,\n".to_owned();
        let mut changes = "code,valid_from,valid_to,successor\n".to_owned();
        for (index, (successor, year)) in successors.iter().enumerate() {
            areas.push_str(&format!("421181{:03},town,镇{index},421181\n", index + 1));
            if *year < 25 {
                changes.push_str(&format!("421181{:03},,{}-12-31,421181{:03}\n", index + 1, 1990 + year, successor + 1));
            }
        }
        let texts =
            AreaTexts { folder: Path::new(""), areas: &areas, codes: None, changes: Some(&changes) };
        if let Ok(tree) = AreaTree::read("421181", &texts) {
            for area in tree.iter() {
                let standing = tree.current(&area.code, date(2026, 1, 1)).unwrap();
                prop_assert!(tree.change_of(standing).is_none());
                prop_assert!(tree.current_ancestry(&area.code, date(2026, 1, 1)).count() <= 2);
            }
        }
    }
}

#[test]
fn what_another_tree_loses_is_named() {
    let before = tree("", "421181105202007,,2023-01-01,\n").unwrap();
    let after = tree("", "421181105203,,2024-06-30,421181106201\n421181105202,,2099-12-31,\n").unwrap();
    let lost = |tree: &AreaTree| -> Vec<(String, Loss)> {
        before.lost_in(tree).into_iter().map(|lost| (lost.code, lost.loss)).collect()
    };
    assert_eq!(lost(&after), [("421181105202".to_owned(), Loss::Ended)], "not what has a successor");
    assert!(lost(&before).is_empty(), "what had ended already is no loss");
    let fewer: String =
        AREAS.lines().filter(|line| !line.contains("0520")).map(|l| format!("{l}\n")).collect();
    let texts = AreaTexts { folder: Path::new(""), areas: &fewer, codes: None, changes: None };
    let fewer = AreaTree::read("421181", &texts).unwrap();
    let removed = ["421181105202", "421181105202007", "421181105203"];
    assert_eq!(lost(&fewer), removed.map(|code| (code.to_owned(), Loss::Removed)));
}

#[test]
fn a_community_is_known_without_the_words_for_its_committee() {
    let county =
        County::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")).unwrap();
    let areas = county.areas.now();
    let named = |said: &str| areas.named(said).map(|area| area.code.clone());
    let village = Some("421181105202".to_owned());
    assert_eq!(named("阎家河镇凉亭村村民委员会"), village);
    assert_eq!(named("阎家河镇凉亭村"), village);
    assert_eq!(named("阎家河镇凉亭村第1网格"), Some("421181105202001".to_owned()));
    assert_eq!(named("凉亭村"), None, "there are two");
    assert_eq!(named("十字凉亭村"), Some("421181003233".to_owned()));
    assert_eq!(named("村村民委员会"), None);
}
