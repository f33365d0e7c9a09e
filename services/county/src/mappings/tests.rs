use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;
use crate::{County, Mistakes};

fn macheng() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")
}

fn read(text: &str) -> Result<Mapping, Vec<(u64, String)>> {
    let county = County::load(&macheng()).unwrap();
    let (areas, categories) = (county.areas.now(), &county.categories);
    Mapping::read("hotline", text, &areas, categories)
        .map_err(|found| found.into_iter().map(|mistake| (mistake.line, mistake.reason)).collect())
}

const SOUND: &str = "\
record = 'report'
source = 'HOTLINE_12345'
[set]
sourceRef = '{工单编号}'
title = '{标题|分类}'
occurredAt = '{时间}'
[area]
name = '{区域}'
default = '421181'
[[party]]
role = 'REPORTER'
phone = '{电话}'
[category]
list = '12345'
word = '{分类}'
[category.canonical]
'噪声' = 'environment'
";

#[test]
fn a_sound_file_is_read() {
    let mapping = read(SOUND).unwrap();
    assert_eq!((mapping.name.as_str(), mapping.source), ("hotline", Source::Hotline12345));
    assert_eq!(mapping.set.len(), 3);
    assert!(mapping.used.contains("分类") && mapping.known.contains("电话"));
}

#[test]
fn each_mistake_has_its_line() {
    for (right, wrong, line, said) in [
        ("'report'", "'rapport'", 1, "rapport"),
        ("HOTLINE_12345", "TELEGRAPH", 2, "TELEGRAPH"),
        ("title =", "titel =", 5, "titel is no field of Report"),
        ("{标题|分类}", "{标题|分类", 5, "without a }"),
        ("'421181'", "'421182'", 9, "no area"),
        ("'REPORTER'", "'CALLER'", 11, "CALLER"),
        ("'environment'", "'noise'", 17, "noise"),
        ("title =", "county =", 5, "by its own part"),
        ("title =", "details =", 5, "cannot be set"),
        ("source =", "times = ['%H:%M']\nsource =", 2, "form of a time"),
        ("[area]\nname = '{区域}'\ndefault = '421181'\n", "", 1, "needs [area]"),
        ("phone =", "telephone =", 12, "telephone"),
    ] {
        assert!(SOUND.contains(right), "{right}");
        let found = read(&SOUND.replacen(right, wrong, 1)).unwrap_err();
        assert_eq!(found[0].0, line, "{wrong}: {found:?}");
        assert!(found[0].1.contains(said), "{wrong}: {found:?}");
    }
}

#[test]
fn the_mistakes_of_a_county_s_mappings_are_those_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["county.toml", "areas.csv", "categories.csv"] {
        fs::copy(macheng().join(file), folder.path().join(file)).unwrap();
    }
    assert_eq!(County::load(folder.path()).unwrap().mappings.iter().count(), 0);
    let mappings = folder.path().join(MAPPINGS_FOLDER);
    fs::create_dir(&mappings).unwrap();
    fs::write(mappings.join("good.toml"), SOUND).unwrap();
    fs::write(mappings.join("README.md"), "no mapping").unwrap();
    assert!(County::load(folder.path()).unwrap().mappings.get("good").is_some());
    fs::write(mappings.join("bad.toml"), SOUND.replace("title", "titel")).unwrap();
    let Mistakes(found) = County::load(folder.path()).unwrap_err();
    assert!(found[0].file.ends_with("bad.toml") && found[0].line == 5, "{found:?}");
}

#[test]
fn every_mapping_of_the_sample_county_is_sound() {
    let county = County::load(&macheng()).unwrap();
    let names: Vec<_> = county.mappings.iter().map(|mapping| mapping.name.as_str()).collect();
    assert!(names.len() >= 13, "{names:?}");
    // Every door but that of the police's has at least one of reports.
    for number in 1..=11 {
        let source = Source::try_from(number).unwrap();
        assert!(county.mappings.iter().any(|mapping| mapping.source == source), "{source:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "(record|source|set|=|'|\\{|\\}|\\[|\\]|\\n|\\PC){0,60}") {
        let _ = Template::read(&text);
        let county = CategoryDictionary::load(&macheng().join("categories.csv")).unwrap();
        let areas = AreaTree::load(&macheng(), "421181").unwrap();
        let _ = Mapping::read("x", &text, &areas, &county);
    }
}
