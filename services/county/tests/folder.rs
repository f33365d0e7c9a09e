//! The sample county loads, and mistakes are named by file and line.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::{
    fs,
    path::{Path, PathBuf},
};

use fengqiao_county::{AreaLevel, County};

fn macheng() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")
}

fn broken(name: &str, file: &str, change: impl Fn(String) -> String) -> Vec<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    for each in ["county.toml", "areas.csv", "categories.csv"] {
        let text = fs::read_to_string(macheng().join(each)).unwrap();
        let text = if each == file { change(text) } else { text };
        fs::write(folder.join(each), text).unwrap();
    }
    let mistakes = County::load(&folder).unwrap_err();
    mistakes.0.iter().map(|m| format!("{}:{}", m.line, m.reason)).collect()
}

#[test]
fn the_sample_county_loads() {
    let county = County::load(&macheng()).unwrap();
    assert_eq!((county.code.as_str(), county.name.as_str()), ("421181", "麻城市"));
    assert_eq!(county.areas.now().iter().filter(|a| a.level == AreaLevel::Town).count(), 28);
    assert_eq!(county.areas.now().iter().filter(|a| a.level == AreaLevel::Community).count(), 460);
    assert_eq!(county.categories.all().len(), 18);
    assert_eq!(county.categories.canonical("讨薪").code, "migrant_wages");
    assert_eq!(county.categories.canonical("没见过的词").code, "other");
}

#[test]
fn an_area_is_found_by_each_form_of_its_code() {
    let areas = County::load(&macheng()).unwrap().areas.now();
    assert_eq!(areas.find("421181").unwrap(), areas.find("421181000000").unwrap());
    assert_eq!(areas.find("421181105").unwrap().name, "阎家河镇");
    assert_eq!(areas.find("421181105000").unwrap().level, AreaLevel::Town);
    assert!(areas.find("421182").is_none());
    assert!(areas.find("42118110").is_none());
    assert!(areas.find("42118110五").is_none());
    assert_eq!(areas.name_path("421181"), "麻城市");
    let grid = areas.iter().find(|a| a.level == AreaLevel::Grid).unwrap();
    assert_eq!(areas.ancestry(&grid.code).count(), 4);
    assert!(areas.name_path(&grid.code).ends_with(&grid.name));
}

#[test]
fn mistakes_are_named() {
    let wrong_parent =
        broken("wrong-parent", "areas.csv", |t| t.replace("421181105000,town", "421181905000,town"));
    assert!(wrong_parent.len() > 1, "{wrong_parent:?}");
    let twice = broken("twice", "areas.csv", |t| t + "421181105000,town,阎家河镇,421181000000\n");
    assert!(twice[0].contains("twice"), "{twice:?}");
    let zone = broken("zone", "county.toml", |t| t.replace("Asia/Shanghai", "Asia/Beijing"));
    assert!(zone[0].contains("Asia/Beijing"), "{zone:?}");
    let typo = broken("typo", "county.toml", |t| t.replace("window_days", "window_day"));
    assert!(typo[0].contains("window_day"), "{typo:?}");
    let term = broken("term", "county.toml", |t| t.replace("report_days = 1825", "report_days = 30"));
    assert!(term[0].contains("retention.report_days"), "{term:?}");
    let none = broken("none", "county.toml", |t| t.replace("hour = 120", "hour = 0"));
    assert!(none[0].contains("background.readings_per_hour"), "{none:?}");
    let door = broken("door", "county.toml", |t| t.replace("\"petition\"", "\"telegraph\""));
    assert!(door[0].contains("telegraph"), "{door:?}");
    let short = broken("short", "county.toml", |t| t.replace("case_days = 730", "case_days = 29"));
    assert!(short[0].contains("case_days must be at least window_days"), "{short:?}");
}
