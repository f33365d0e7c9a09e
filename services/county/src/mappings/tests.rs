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
    assert!(mapping.known.contains("分类") && mapping.known.contains("电话"));
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

const DETAILED: &str = "\
record = 'report'
source = 'HOTLINE_12345'
[set]
'details.hotlineTicket.urgency' = '{紧急程度}'
'details.hotlineTicket.solved' = '{是否解决}'
[meaning.'details.hotlineTicket.urgency']
'急' = 'URGENT'
'[set]' = 'NORMAL'
[[list]]
into = 'details.hotlineTicket.handlers'
each = '{单位@}'
numbered = 3
set = { unit = '{.}', role = '{角色@}' }
[meaning.'details.hotlineTicket.handlers.role']
'主办' = 'LEAD'
[area]
default = '421181'
[[party]]
role = 'REPORTER'
unless = '{姓名}'
name = '{上报人}'
";

#[test]
fn words_of_the_contract_and_lists_are_read() {
    let mapping = read(DETAILED).unwrap();
    let words = |path: &str| &mapping.set.iter().find(|one| one.path.ends_with(path)).unwrap().words;
    assert_eq!(words("urgency")["急"], "TICKET_URGENCY_URGENT");
    assert_eq!(words("urgency")["NORMAL"], "TICKET_URGENCY_NORMAL");
    assert_eq!(words("solved")["是"], "TICKET_FINDING_YES");
    assert_eq!(mapping.lists.len(), 3);
    assert!(mapping.known.contains("单位3") && mapping.known.contains("角色1"));
    assert!(!mapping.known.contains("单位@") && !mapping.known.contains(PART));
    assert_eq!(mapping.lists[0].set[0].words["主办"], "TICKET_HANDLER_ROLE_LEAD");
    assert!(mapping.parties[0].unless.is_some());
}

#[test]
fn each_mistake_in_words_and_lists_has_its_line() {
    for (right, wrong, line, said) in [
        ("'URGENT'", "'HURRIED'", 7, "HURRIED is none of"),
        ("'HOTLINE_12345'", "'GRID'", 5, "HOTLINE_12345 only"),
        ("Ticket.urgency' = '{", "Ticket.handlers' = '{", 4, "set by a [[list]]"),
        ("hotlineTicket.solved'", "ownFields'", 5, "by its own part"),
        ("into = 'details.hotlineTicket.handlers'", "into = 'details.hotlineTicket'", 10, "is no list"),
        ("into = 'details.hotlineTicket.handlers'", "into = 'parties'", 10, "by its own part"),
        ("each = ", "when = ", 13, "by `each`"),
        ("each = '{单位@}'\n", "", 10, "either `when` or `each`"),
        ("numbered = 3", "numbered = 99", 12, "1 to 50"),
        ("unit = ", "office = ", 13, "office is no field of TicketHandler"),
        ("[meaning.'details.hotlineTicket.handlers.role']", "[meaning.'details.x']", 15, "set nowhere"),
        ("'{是否解决}'", "'{.}'", 5, "by `each`"),
    ] {
        assert!(DETAILED.contains(right), "{right}");
        let found = read(&DETAILED.replacen(right, wrong, 1)).unwrap_err();
        assert!(found[0].0 == line && found[0].1.contains(said), "{wrong}: {found:?}");
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
