//! The folders of the five counties whose published practice Fengqiao carries: each loads.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::{Path, PathBuf};

use fengqiao_county::{AreaLevel, Counties, County};
use fengqiao_routing::{
    directory::{Directory, Half, SeatRule},
    rulebook::Rulebook,
};
use jiff::{
    Timestamp,
    civil::{Date, Weekday, date},
};

/// Folder, code, and how many towns, communities and grids it has. Towns and communities are those of the
/// official list (统计用区划代码).
const FIVE: [(&str, &str, [usize; 3]); 5] = [
    ("jintai", "610303", [11, 127, 7]),
    ("chengjiang", "530481", [6, 42, 20]),
    ("xiqing", "120111", [15, 289, 7]),
    ("wuwei", "620602", [50, 550, 7]),
    ("macheng", "421181", [28, 460, 54]),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(name)
}

fn directory(name: &str) -> Directory {
    let county = County::load(&folder(name)).unwrap();
    Directory::load(&county, Timestamp::UNIX_EPOCH).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn each_county_loads_with_its_areas_and_categories() {
    let canonical = County::load(&folder("macheng")).unwrap().categories;
    for (name, code, areas) in FIVE {
        let county = County::load(&folder(name)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(county.code, code);
        let found = [AreaLevel::Town, AreaLevel::Community, AreaLevel::Grid]
            .map(|level| county.areas.now().iter().filter(|area| area.level == level).count());
        assert_eq!(found, areas, "{name}");
        assert_eq!(county.categories.all(), canonical.all(), "{name}");
        assert_eq!(county.settings.centre_desk, "centre");
    }
}

#[test]
fn one_installation_serves_all_five() {
    let counties = Counties::load(&FIVE.map(|(name, ..)| folder(name))).unwrap();
    assert_eq!(counties.codes(), ["120111", "421181", "530481", "610303", "620602"]);
}

/// S1-01: the community of Yifeng has twenty grids.
#[test]
fn yifeng_has_twenty_grids() {
    let areas = County::load(&folder("chengjiang")).unwrap().areas.now();
    let of_yifeng = |code: &str| code.starts_with("530481001001");
    let grids = areas.iter().filter(|area| area.level == AreaLevel::Grid && of_yifeng(&area.code));
    assert_eq!(grids.count(), 20);
    assert_eq!(areas.name_path("530481001001007"), "凤麓街道仪凤社区居民委员会第7网格");
}

#[test]
fn each_county_has_a_directory_whose_ladders_end_with_the_director() {
    for (name, ..) in FIVE {
        let directory = directory(name);
        for agency in directory.agencies_after("") {
            let ladder = directory.ladder(&agency.code);
            assert_eq!(ladder.last().unwrap().code, directory.director().code, "{name} {}", agency.code);
        }
    }
}

/// S0-09: the same officer is the station's chief and sits on the sub-district's committee.
#[test]
fn a_chief_of_jintai_acts_in_two_capacities() {
    let directory = directory("jintai");
    let today = date(2026, 11, 24);
    let posts: Vec<&str> =
        directory.posts_of("leader-qian", today).iter().map(|post| post.code.as_str()).collect();
    assert_eq!(posts, ["station-chief", "town-committee"]);
    assert!(directory.holds("leader-qian", "town-committee", today));
}

/// S1-01: an address in the seventh grid of Yifeng resolves to the grid's head and officer.
#[test]
fn the_seventh_grid_of_yifeng_has_its_head_and_officer() {
    let directory = directory("chengjiang");
    let grid = directory.grid("530481001001007").unwrap();
    assert!(grid.head.is_some() && grid.officer.is_some());
    assert_eq!(directory.groups_of("530481001001004").len(), 2, "the fourth crosses two groups");
    for group in directory.groups_of("530481001001004") {
        assert!(directory.grids_of(group).contains(&"530481001001004".to_owned()));
    }
}

/// S2-01: two officers sit in the town's centre four half days a week each.
#[test]
fn a_gap_in_the_roster_of_xiqing_shows() {
    let directory = directory("xiqing");
    let seat =
        SeatRule { agency: "centre-120111105".into(), seat: "派驻窗口".into(), half_days: 8, people: 1 };
    let working = |day: Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    assert!(directory.roster_gaps(&seat, date(2026, 11, 25), working).is_empty());
    let nine = SeatRule { half_days: 9, ..seat };
    assert_eq!(
        directory.roster_gaps(&nine, date(2026, 11, 25), working),
        [(date(2026, 11, 25), Half::Am)],
        "the first half day where nobody sits"
    );
}

/// Directory, level rules, practice and calendar of each county fit together.
#[test]
fn each_county_has_a_rulebook() {
    for (name, ..) in FIVE {
        let county = County::load(&folder(name)).unwrap();
        let rulebook = Rulebook::load(&county, Timestamp::UNIX_EPOCH)
            .unwrap_or_else(|mistakes| panic!("{name}: {mistakes}"));
        assert!(rulebook.practice.version.starts_with(name), "{name}");
    }
}
