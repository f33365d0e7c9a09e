//! The folders of the five counties whose published practice Fengqiao carries: each loads.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::{Path, PathBuf};

use fengqiao_county::{AreaLevel, Counties, County};

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

#[test]
fn each_county_loads_with_its_areas_and_categories() {
    let canonical = County::load(&folder("macheng")).unwrap().categories;
    for (name, code, areas) in FIVE {
        let county = County::load(&folder(name)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(county.code, code);
        let found = [AreaLevel::Town, AreaLevel::Community, AreaLevel::Grid]
            .map(|level| county.areas.iter().filter(|area| area.level == level).count());
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
    let areas = County::load(&folder("chengjiang")).unwrap().areas;
    let of_yifeng = |code: &str| code.starts_with("530481001001");
    let grids = areas.iter().filter(|area| area.level == AreaLevel::Grid && of_yifeng(&area.code));
    assert_eq!(grids.count(), 20);
    assert_eq!(areas.name_path("530481001001007"), "凤麓街道仪凤社区居民委员会第7网格");
}
