use std::{fs, sync::Arc, time::Instant};

use fengqiao_county::AREA_CHANGES_FILE;
use fengqiao_county::AreaLevel;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{
    fixture::{AGENCIES, bundle, county, macheng, mistakes, with},
    *,
};

const DAY: Date = date(2026, 11, 24);

#[test]
fn area_and_category_decide_who_is_told() {
    let (_, directory) = macheng();
    let responsible = directory.responsible("421181105202", "marriage_family", "", DAY);
    assert_eq!(responsible.lead, "womens_federation");
    assert_eq!(responsible.town.as_deref(), Some("town-421181105"));
    assert_eq!(responsible.justice.as_deref(), Some("justice-421181105"));
    assert_eq!(responsible.community.as_deref(), Some("community-421181105202"));
    let grid = directory.responsible("421181111207002", "traffic", "", DAY);
    assert_eq!(grid.community.as_deref(), Some("community-421181111207"));
}

#[test]
fn the_smaller_area_wins() {
    let (_, directory) = macheng();
    assert_eq!(directory.responsible("421181001002", "contract", "", DAY).lead, "court");
    assert_eq!(directory.responsible("421181105202", "contract", "", DAY).lead, "justice");
}

#[test]
fn what_nobody_answers_for_is_the_centres_own() {
    let (_, directory) = macheng();
    let responsible = directory.responsible("421181", "other", "", DAY);
    assert_eq!(
        responsible,
        Responsible { lead: "centre".into(), town: None, justice: None, community: None }
    );
}

#[test]
fn every_town_has_its_two_agencies_and_every_community_its_own() {
    let (county, directory) = macheng();
    for area in county.areas.now().iter() {
        let responsible = directory.responsible(&area.code, "other", "", DAY);
        let expected = match area.level {
            AreaLevel::County => (false, false),
            AreaLevel::Town => (true, false),
            _ => (true, true),
        };
        assert_eq!((responsible.town.is_some(), responsible.community.is_some()), expected, "{}", area.code);
        assert_eq!(responsible.town.is_some(), responsible.justice.is_some());
    }
}

#[test]
fn area_then_category_then_source_decide() {
    let directory = with(&[(
        "responsibility.csv",
        "area_code,category,agency,source\n\
         ,*,police,\n\
         ,*,court,COURT\n\
         ,traffic,justice,*\n\
         ,traffic,police,POLICE_110\n\
         421181105000,*,town,\n\
         421181105000,contract,court,PETITION\n",
    )])
    .unwrap();
    let lead = |area, category, source| directory.responsible(area, category, source, DAY).lead;
    assert_eq!(lead("421181001", "other", "GRID"), "police");
    assert_eq!(lead("421181001", "other", ""), "police");
    assert_eq!(lead("421181001", "other", "COURT"), "court");
    assert_eq!(lead("421181001", "traffic", "COURT"), "justice", "the exact category before any");
    assert_eq!(lead("421181001", "traffic", "POLICE_110"), "police", "there the exact source");
    assert_eq!(lead("421181105202", "traffic", "POLICE_110"), "town", "the smaller area before all");
    assert_eq!(lead("421181105202", "contract", "PETITION"), "court");
    assert_eq!(lead("421181105202", "contract", "GRID"), "town");
    assert_eq!(lead("nowhere", "contract", "GRID"), "centre");
    let bare = with(&[("responsibility.csv", "")]).unwrap();
    assert_eq!(bare.responsible("421181001", "traffic", "", DAY).lead, "centre");
}

#[test]
fn the_column_of_the_source_may_be_missing() {
    let directory =
        with(&[("responsibility.csv", "area_code,category,agency\n,*,police\n,traffic,court\n")]).unwrap();
    assert_eq!(directory.responsible("421181001", "traffic", "GRID", DAY).lead, "court");
}

#[test]
fn mistakes_name_file_line_and_reason() {
    let good = "centre,中心,centre,\n";
    for (agencies, responsibility, file, line, said) in [
        (format!("{good}x,,functional,\n"), "", "agencies.csv", 3, "name"),
        (format!("{good}centre,又,centre,\n"), "", "agencies.csv", 3, "twice"),
        (format!("{good}x,某,mayor,\n"), "", "agencies.csv", 3, "mayor"),
        (format!("{good}x,某,town,\n"), "", "agencies.csv", 3, "area"),
        (format!("{good}x,某,town,999999\n"), "", "agencies.csv", 3, "999999"),
        (format!("{good}x,某,town,421181105202\n"), "", "agencies.csv", 3, "Town"),
        (format!("{good}x,某,town,421181105000\ny,某,town,421181105000\n"), "", "agencies.csv", 4, "already"),
        (format!("{good}a b,某,functional,\n"), "", "agencies.csv", 3, "code"),
        ("x,某,functional,\n".to_owned(), "", "agencies.csv", 0, "centre"),
        (good.to_owned(), ",traffic,nobody\n", "responsibility.csv", 2, "nobody"),
        (good.to_owned(), ",飞行,centre\n", "responsibility.csv", 2, "飞行"),
        (good.to_owned(), "330681,traffic,centre\n", "responsibility.csv", 2, "330681"),
        (good.to_owned(), ",traffic,centre\n421181,traffic,centre\n", "responsibility.csv", 3, "twice"),
    ] {
        let agencies = format!("code,name,kind,area_code\n{agencies}");
        let responsibility = format!("area_code,category,agency\n{responsibility}");
        let found = mistakes(&[("agencies.csv", &agencies), ("responsibility.csv", &responsibility)]);
        assert!(found[0].starts_with(&format!("{file}:{line}: ")), "{found:?}");
        assert!(found[0].contains(said), "{found:?}");
    }
}

#[test]
fn mistakes_of_all_files_are_said_at_once_and_none_follows_from_another() {
    let found = mistakes(&[
        ("agencies.csv", &AGENCIES.replace("police,公安局", "police,")),
        ("responsibility.csv", "area_code,category,agency,source\n,*,police,\n,*,police,POLICE\n"),
        ("posts.csv", "code,name,agency,rank,superior\nchief,所长,police,mayor,\nofficer,,police,officer,\n"),
        ("people.csv", "person,name,post,from,to\nli,,officer,2024-01-01,\n"),
        (
            "roster.csv",
            "date,half,agency,seat,person\n2026-11-24,am,police,窗口,li\n2026-11-24,am,x,窗口,li\n",
        ),
        ("mediators.csv", "code,name,kind,members,area_code,skills\na,甲,volunteer,0,,\n"),
        ("contacts.csv", "code,name,kind,area_code,phone\na,甲,property,,\n"),
        ("grids.csv", "grid_code,group_code,head,officer\n421181105200001,g,li,nobody\n"),
        ("poeple.csv", ""),
    ]);
    let said = [
        "agencies.csv:3: an agency needs a name",
        "contacts.csv:2: a contact needs a phone number",
        "grids.csv:2: the person nobody",
        "mediators.csv:2: a mediator has at least one member",
        "people.csv:2: a person needs a name",
        "poeple.csv:0: is not a file of the directory",
        "posts.csv:2: unknown variant `mayor`",
        "posts.csv:3: a post needs a name",
        "responsibility.csv:3: POLICE is not the short name of a source",
        "roster.csv:3: the agency x is not in agencies.csv",
    ];
    assert_eq!(found.len(), said.len(), "{found:#?}");
    for (found, said) in found.iter().zip(said) {
        assert!(found.starts_with(said), "{said}: {found}");
    }
}

#[test]
fn names_are_limited() {
    let name = |chars| format!("{AGENCIES}x,{},functional,\n", "名".repeat(chars));
    assert!(with(&[("agencies.csv", &name(100))]).is_ok());
    assert!(mistakes(&[("agencies.csv", &name(101))])[0].contains("at most 100 characters"));
}

#[test]
fn a_folder_is_a_bundle_and_its_mistakes_name_its_path() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["county.toml", "areas.csv", "categories.csv"] {
        fs::copy(county().folder.join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("agencies.csv"), AGENCIES).unwrap();
    let read = || Directory::load(&County::load(folder.path()).unwrap(), Timestamp::UNIX_EPOCH);
    let first = read().unwrap();
    assert_eq!(first.agency("police").unwrap().name, "公安局");
    fs::write(folder.path().join("posts.csv"), "code,name,agency,rank\nchief,所长,police,leader\n").unwrap();
    let second = read().unwrap();
    assert_ne!(first.version(), second.version());
    fs::write(folder.path().join("posts.csv"), "code,name,agency,rank\nchief,所长,nobody,leader\n").unwrap();
    let found = read().unwrap_err();
    assert_eq!(found.0[0].file, folder.path().join("posts.csv").display().to_string());
}

#[test]
fn a_bundle_may_bring_new_areas_and_one_without_any_leaves_those_that_hold() {
    let areas = fs::read_to_string(county().folder.join("areas.csv")).unwrap();
    let more = format!("{areas}421181199000,town,新镇,421181000000\n");
    let agencies = format!("{AGENCIES}new,新镇,town,421181199000\n");
    let changes = "code,valid_from,valid_to,successor\n421181105000,,2026-12-31,421181199000\n";
    let files = bundle(&[("areas.csv", &more), ("agencies.csv", &agencies), (AREA_CHANGES_FILE, changes)]);
    let directory = Directory::from_files(county(), &files, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(directory.areas().find("421181199").unwrap().name, "新镇");
    let town = |day| directory.responsible("421181105202", "other", "", day).town;
    assert_eq!(town(date(2026, 12, 31)).as_deref(), Some("town"));
    assert_eq!(town(date(2027, 1, 1)).as_deref(), Some("new"), "the successor's");
    let without = with(&[]).unwrap();
    assert!(Arc::ptr_eq(without.areas(), &county().areas.now()));

    let broken = bundle(&[
        ("areas.csv", &more.replace("421181199000,town,", "421181199000,town,,")),
        ("agencies.csv", &agencies),
    ]);
    assert!(Directory::from_files(county(), &broken, Timestamp::UNIX_EPOCH).is_err());
    let lonely = bundle(&[(AREA_CHANGES_FILE, changes)]);
    let found = Directory::from_files(county(), &lonely, Timestamp::UNIX_EPOCH).unwrap_err().to_string();
    assert!(found.contains("areas.csv:0: the county 421181 itself is missing"), "{found}");
}

#[test]
fn the_sample_county_loads_in_milliseconds() {
    let began = Instant::now();
    for _ in 0..10 {
        Directory::load(county(), Timestamp::UNIX_EPOCH).unwrap();
    }
    let each = began.elapsed() / 10;
    // Some 16 ms where it is not optimized and runs alone; the rest is for tests beside it.
    assert!(each.as_millis() < 200, "{each:?}");
}

proptest! {
    /// Whatever stands in a file, it is read or refused, and never more than that.
    #[test]
    fn any_text_is_read_or_refused(
        file in prop::sample::select(vec!["posts.csv", "people.csv", "roster.csv", "mediators.csv", "grids.csv"]),
        text in "(code|person|镇|,|\n|\"|[0-9]{1,3}|#| ){0,60}",
    ) {
        let _ = with(&[(file, &text)]);
    }
}
